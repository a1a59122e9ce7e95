// Attention. All keys in one tile: one pass of softmax, several heads loaded together and taken in turn, so that the
// array multiplies one head while the vector engine weighs another. More keys, or a run-time length: a running maximum,
// sum and output over tiles of keys.
#include "lowering/graph/AttentionGroup.h"
#include "lowering/graph/Lower.h"
#include "runtime/timing/Timing.h"

#include <limits>

using namespace mlir;
using garam::rt::Reduction;
using garam::rt::StepArg;
using garam::rt::StepOp;

namespace garam::lowering {

namespace {
/// Below the scores that a scale multiplies in the exponent. A power of two: times any scale it stays exact, so that a row
/// without keys weighs all of them alike.
constexpr float kLowProduct = -0x1p100f;
/// Below all finite scores, where the exponent takes them as they are.
constexpr float kLowest = std::numeric_limits<float>::lowest();

class AttentionLowering {
public:
  AttentionLowering(Lowering &lowering, AttentionGroup &group)
      : lowering(lowering), emit(lowering.emit), group(group),
        tiles{lowering.size("tile", "heads"), std::min(lowering.size("tile", "q"), group.queries),
              std::min(lowering.size("tile", "kv"), group.keys)},
        single(singlePass(group, tiles)), rows(scoreRows(group, tiles)), loads(lowering.size("depth", "loads")),
        copies(lowering.size("depth", "scores")) {
    // A positive scale commutes with the maximum, and goes into the exponent for free.
    folded = group.op.getScale().convertToFloat() > 0 && !group.bias && group.op.getSoftcap().isZero();
    least = folded ? kLowProduct : kLowest;
    bool average = group.op.getMaskedRows() == graph::MaskedRows::Average;
    hidden = average ? least : -std::numeric_limits<float>::infinity();
  }

  LogicalResult run() {
    auto supports = [&](Type a, Type b) {
      return rt::timing::supportsMma(lowering.chip.matrix, *tile::dtypeOf(a), *tile::dtypeOf(b));
    };
    if (!supports(group.qType, group.kType) || !supports(group.vType, group.vType))
      return group.op.emitOpError() << "multiplies " << group.qType << " by " << group.kType << ", which chip '"
                                    << lowering.chip.name << "' cannot; supported are f32, f16 and bf16";
    lowering.at(group.op);
    bool merged = !single && group.queries == 1;
    SmallVector<int64_t> work{group.batch,
                              single   ? group.kvHeads / tiles.heads
                              : merged ? group.kvHeads
                                       : group.heads,
                              ceilDiv(group.queries, tiles.q)};
    SmallVector<int64_t> grid = spread(work, lowering.size("grid", "cores"));
    emit.phase(grid, [&](ArrayRef<Value> core) {
      emit.share(core[0], work[0], grid[0], [&](OpFoldResult b) {
        batch = b;
        emit.share(core[1], work[1], grid[1], [&](OpFoldResult index) {
          if (single) {
            OpFoldResult kvHead = emit.mul(index, tiles.heads);
            Value k = load(group.k, group.kType, kvHead, tiles.heads, group.dim, emit.number(0),
                           emit.number(group.keys), tiles.kv);
            Value mask = loadMask(emit.number(0), emit.number(group.keys)), v;
            auto values = [&] {
              v = load(group.v, group.vType, kvHead, tiles.heads, group.valueDim, emit.number(0),
                       emit.number(group.keys), tiles.kv);
            };
            // Scores need queries and keys: values come behind them, if they stay for one tile of queries only.
            bool once = work[2] == 1;
            if (!once)
              values();
            emit.share(core[2], work[2], grid[2], [&](OpFoldResult q) {
              placeQueries(q);
              OpFoldResult firstHead = emit.mul(kvHead, group.perKvHead());
              Value rowsOfQ = load(group.q, group.qType, firstHead, tiles.heads * group.perKvHead(), group.dim,
                                   firstQuery, queries, rows);
              if (once)
                values();
              onePass(firstHead, rowsOfQ, k, v, mask);
            });
          } else {
            emit.share(core[2], work[2], grid[2], [&](OpFoldResult q) {
              placeQueries(q);
              running(index, merged);
            });
          }
        });
      });
    });
    return success();
  }

private:
  Type f32() { return emit.builder.getF32Type(); }
  MLIRContext *context() { return emit.builder.getContext(); }
  OpFoldResult clamp(int64_t size, int64_t whole, OpFoldResult at) {
    return whole % size == 0 ? emit.number(size) : emit.min(emit.number(size), emit.sub(emit.number(whole), at));
  }
  void placeQueries(OpFoldResult index) {
    firstQuery = emit.mul(index, tiles.q);
    queries = clamp(tiles.q, group.queries, firstQuery);
    height = rows == tiles.q ? queries : emit.number(rows);
  }

  /// [rows, heads, dim] of a tensor [B, H, rows, dim], as memory.
  Value window(Value base, const View &view, OpFoldResult head, int64_t heads, int64_t dim, OpFoldResult first,
               OpFoldResult count) {
    OpFoldResult at = emit.add(emit.number(view.offset), emit.mul(batch, view.strides[0]));
    at = emit.add(at, emit.add(emit.mul(head, view.strides[1]), emit.mul(first, view.strides[2])));
    SmallVector<OpFoldResult> sizes{count, emit.number(heads), emit.number(dim)};
    SmallVector<int64_t> strides{view.strides[2], view.strides[1], view.strides[3]};
    for (auto [size, stride] : llvm::zip(sizes, strides))
      if (constantOf(size) == 1)
        stride = 1;
    return emit.window(base, at, sizes, strides);
  }
  /// A buffer [rows, heads · dim] seen as [rows, heads, dim].
  Value byHeads(Value buffer, OpFoldResult count, int64_t heads, int64_t dim) {
    return emit.window(buffer, emit.number(0), {count, emit.number(heads), emit.number(dim)},
                       {constantOf(count) == 1 ? 1 : heads * dim, heads == 1 ? 1 : dim, 1});
  }
  Value load(const View &view, Type type, OpFoldResult head, int64_t heads, int64_t dim, OpFoldResult first,
             OpFoldResult count, int64_t most) {
    Value buffer = emit.alloc({most, heads * dim}, type, tile::Mem::l1, loads);
    Value memory = window(lowering.memory.lookup(view.base), view, head, heads, dim, first, count);
    tile::LoadOp::create(emit.builder, emit.loc, memory, byHeads(buffer, count, heads, dim));
    return buffer;
  }
  Value loadMask(OpFoldResult first, OpFoldResult count) {
    if (!group.mask)
      return Value();
    const View &view = *group.mask;
    OpFoldResult at = emit.add(emit.number(view.offset),
                               emit.add(emit.mul(batch, view.strides[0]), emit.mul(first, view.strides[1])));
    Value buffer = emit.alloc({1, tiles.kv}, group.maskType, tile::Mem::l1, loads);
    Value memory = emit.window(lowering.memory.lookup(view.base), at, {emit.number(1), count},
                               {1, constantOf(count) == 1 ? 1 : view.strides[1]});
    tile::LoadOp::create(emit.builder, emit.loc, memory, emit.head(buffer, {emit.number(1), count}));
    return buffer;
  }

  /// Buffers of one head's scores: reused by the heads that follow.
  struct Scores {
    Value acc, scores, weights, bias, maximum, negated, sum, inverse, output;
  };
  Scores allocScores() {
    Scores s;
    s.acc = emit.alloc({rows, tiles.kv}, f32(), tile::Mem::acc);
    s.output = emit.alloc({rows, group.valueDim}, f32(), tile::Mem::acc);
    if (storesScores())
      s.scores = emit.alloc({rows, tiles.kv}, f32());
    s.weights = emit.alloc({rows, tiles.kv}, group.vType);
    if (group.bias)
      s.bias = emit.alloc({rows, tiles.kv}, group.biasType);
    for (Value *column : {&s.maximum, &s.negated, &s.sum, &s.inverse})
      *column = emit.alloc({rows, 1}, f32());
    return s;
  }
  bool masks() { return group.mask || group.causal() || group.op.getWindow() > 0; }
  /// Whether scores differ from the product in the accumulator.
  bool storesScores() { return masks() || !folded; }

  Value column(Value buffer) { return emit.head(buffer, {height, emit.number(1)}); }
  Value wide(Value buffer, OpFoldResult count) { return emit.head(buffer, {height, count}); }
  Value heads(Value buffer, OpFoldResult head, OpFoldResult count, int64_t dim) {
    return emit.part(buffer, {emit.number(0), emit.mul(head, dim)}, {count, emit.number(dim)});
  }

  /// Product, scale, bias and mask of one tile, and its maximum.
  void score(const Scores &s, Value q, Value k, Value mask, OpFoldResult head, OpFoldResult firstKey,
             OpFoldResult keys) {
    tile::MatmulOp::create(emit.builder, emit.loc, q, k, wide(s.acc, keys), Value(), true);
    SmallVector<Value> sources{wide(s.acc, keys)};
    tile::ChainBuilder chain;
    StepArg maskArg = StepArg::None, biasArg = StepArg::None;
    Value scalar;
    if (mask) {
      sources.push_back(emit.head(mask, {emit.number(1), keys}));
      maskArg = StepArg(int(StepArg::S0) + int(sources.size()) - 1);
    }
    if (group.bias) {
      loadBias(s.bias, head, firstKey, keys);
      sources.push_back(wide(s.bias, keys));
      biasArg = StepArg(int(StepArg::S0) + int(sources.size()) - 1);
    }
    int64_t window = group.op.getWindow();
    if (group.causal() || window > 0) {
      // v = key − position of the query of this row.
      scalar = emit.value(emit.sub(position(), firstKey));
      chain.step(StepOp::Set, StepArg::Col);
      if (rows == tiles.q && rows > 1)
        chain.step(StepOp::Sub, StepArg::Row);
      chain.step(StepOp::Sub, StepArg::Scalar);
      if (!group.causal())
        chain.step(StepOp::Abs).step(StepOp::Lt, float(window));
      else if (window > 0) // −window < v ≤ 0
        chain.step(StepOp::Add, float(window - 1) / 2).step(StepOp::Abs).step(StepOp::Le, float(window - 1) / 2);
      else
        chain.step(StepOp::Le, 0.0f);
      if (mask)
        chain.step(StepOp::And, maskArg);
    } else if (mask) {
      chain.step(StepOp::Set, maskArg);
    }
    if (masks())
      chain.step(StepOp::SaveT0).step(StepOp::Set, StepArg::S0);
    float scale = group.op.getScale().convertToFloat(), cap = group.op.getSoftcap().convertToFloat();
    if (!folded) {
      if (cap != 0)
        chain.step(StepOp::Mul, scale / cap).step(StepOp::Tanh).step(StepOp::Mul, cap);
      else
        chain.step(StepOp::Mul, scale);
      if (group.bias)
        chain.step(StepOp::Add, biasArg);
    }
    if (masks())
      chain.step(StepOp::Select, hidden);
    chain.reduce(Reduction::Max);
    emit.map(sources, storesScores() ? wide(s.scores, keys) : Value(), column(s.maximum), chain.get(context()), scalar);
  }

  void loadBias(Value buffer, OpFoldResult head, OpFoldResult firstKey, OpFoldResult keys) {
    const View &view = *group.bias;
    Value base = lowering.memory.lookup(view.base);
    bool merged = rows != tiles.q; // rows are heads
    OpFoldResult at = emit.add(emit.number(view.offset), emit.mul(batch, view.strides[0]));
    at = emit.add(at, emit.add(emit.mul(head, view.strides[1]), emit.mul(firstKey, view.strides[3])));
    at = emit.add(at, emit.mul(firstQuery, view.strides[2]));
    SmallVector<int64_t> strides{merged ? view.strides[1] : view.strides[2], view.strides[3]};
    SmallVector<OpFoldResult> sizes{height, keys};
    for (auto [size, stride] : llvm::zip(sizes, strides))
      if (constantOf(size) == 1)
        stride = 1;
    tile::LoadOp::create(emit.builder, emit.loc, emit.window(base, at, sizes, strides), wide(buffer, keys));
  }

  /// Position of the tile's first query among the keys.
  OpFoldResult position() {
    OpFoldResult base = group.op.getPos() ? OpFoldResult(lowering.memory.lookup(group.op.getPos()))
                                          : emit.number(group.keys - group.queries);
    return emit.add(base, firstQuery);
  }
  float exponentScale() { return folded ? group.op.getScale().convertToFloat() : 1.0f; }

  bool zero() { return group.op.getMaskedRows() == graph::MaskedRows::Zero; }

  /// weights = exp(scale · (scores − maximum)) rounded for the array, and their sum.
  void weigh(const Scores &s, Value maximum, OpFoldResult keys) {
    tile::ChainBuilder negate, chain;
    if (zero()) // a row of −∞ has the weights exp(−∞)
      negate.step(StepOp::Max, least);
    emit.map({column(maximum)}, column(s.negated), Value(),
             negate.step(StepOp::Mul, -exponentScale()).get(context()));
    chain.step(StepOp::Set, exponentScale()).step(StepOp::SaveT0).step(StepOp::Set, StepArg::S0);
    chain.step(StepOp::Fma, StepArg::S1).step(StepOp::Exp).reduce(Reduction::Sum);
    emit.map({wide(storesScores() ? s.scores : s.acc, keys), column(s.negated)}, wide(s.weights, keys), column(s.sum),
             chain.get(context()));
  }
  void invert(Value sum, Value inverse) {
    tile::ChainBuilder chain;
    if (zero()) // the sum of any other row is at least about one, that of its largest score
      chain.step(StepOp::Max, std::numeric_limits<float>::min());
    emit.map({sum}, inverse, Value(), chain.step(StepOp::Recip).get(context()));
  }
  void value(const Scores &s, Value v, OpFoldResult keys) {
    tile::MatmulOp::create(emit.builder, emit.loc, wide(s.weights, keys), v,
                           wide(s.output, emit.number(group.valueDim)), Value(), false);
  }

  void onePass(OpFoldResult firstHead, Value q, Value k, Value v, Value mask) {
    int64_t count = tiles.heads * group.perKvHead();
    OpFoldResult keys = emit.number(group.keys), dim = emit.number(group.valueDim);
    Value out = emit.alloc({rows, count * group.valueDim}, group.outType, tile::Mem::l1, 2);
    SmallVector<Scores> turns;
    for (int64_t i = 0; i < std::min(copies, count); ++i)
      turns.push_back(allocScores());
    auto turn = [&](int64_t head) -> Scores & { return turns[head % turns.size()]; };
    auto begin = [&](int64_t head) {
      OpFoldResult kvHead = emit.number(head / group.perKvHead());
      score(turn(head), heads(q, emit.number(head), height, group.dim), heads(k, kvHead, keys, group.dim), mask,
            emit.add(firstHead, emit.number(head)), emit.number(0), keys);
      weigh(turn(head), turn(head).maximum, keys);
    };
    auto finish = [&](int64_t head) {
      const Scores &s = turn(head);
      OpFoldResult kvHead = emit.number(head / group.perKvHead());
      value(s, heads(v, kvHead, keys, group.valueDim), keys);
      invert(column(s.sum), column(s.inverse));
      emit.map({wide(s.output, dim), column(s.inverse)}, heads(out, emit.number(head), height, group.valueDim), Value(),
               tile::ChainBuilder().step(StepOp::Mul, StepArg::S1).get(context()));
    };
    // The next head's product and softmax stand before this head's output, so that neither engine waits for the other.
    if (turns.size() < 2) {
      for (int64_t head = 0; head < count; ++head)
        begin(head), finish(head);
    } else {
      begin(0);
      for (int64_t head = 0; head < count; ++head) {
        if (head + 1 < count)
          begin(head + 1);
        finish(head);
      }
    }
    Value target = window(lowering.results.front(), group.out, firstHead, count, group.valueDim, firstQuery, queries);
    tile::StoreOp::create(emit.builder, emit.loc, byHeads(out, queries, count, group.valueDim), target);
  }

  /// Keys that any query of the tile may see: all, unless causality alone decides. A row of which all others have the score
  /// −∞ weighs hidden keys where those have a finite one.
  OpFoldResult keysInUse() {
    bool emptyRows = group.mask || (!group.op.getPos() && group.queries > group.keys) || (group.bias && hidden == least);
    if (!group.causal() || emptyRows)
      return emit.number(group.keys);
    return emit.min(emit.number(group.keys), emit.add(position(), queries));
  }

  void running(OpFoldResult index, bool merged) {
    int64_t shared = group.perKvHead();
    OpFoldResult head = merged ? emit.mul(index, shared) : index, kvHead = index, dim = emit.number(group.valueDim);
    if (!merged && shared > 1) {
      if (auto known = constantOf(index))
        kvHead = emit.number(*known / shared);
      else
        kvHead = arith::DivUIOp::create(emit.builder, emit.loc, emit.value(index), emit.value(emit.number(shared)))
                     .getResult();
    }
    // Rows are the queries of one head, or the heads of one query.
    Value q = emit.alloc({rows, group.dim}, group.qType, tile::Mem::l1, loads);
    if (merged)
      tile::LoadOp::create(emit.builder, emit.loc,
                           rowsOfHeads(lowering.memory.lookup(group.q.base), group.q, head, group.dim), q);
    else
      tile::LoadOp::create(
          emit.builder, emit.loc,
          window(lowering.memory.lookup(group.q.base), group.q, head, 1, group.dim, firstQuery, queries),
          byHeads(q, queries, 1, group.dim));
    Value total = emit.alloc({rows, 1}, f32()), maximum = emit.alloc({rows, 1}, f32()),
          output = emit.alloc({rows, group.valueDim}, f32());
    auto fill = [&](Value buffer, float number) {
      emit.map({}, buffer, Value(), tile::ChainBuilder().step(StepOp::Set, number).get(context()));
    };
    fill(column(maximum), least), fill(column(total), 0), fill(wide(output, dim), 0);

    OpFoldResult limit = keysInUse();
    emit.loop(emit.number(0), limit, tiles.kv, [&](OpFoldResult first) {
      OpFoldResult keys = clamp(tiles.kv, group.keys, first);
      Value k = load(group.k, group.kType, kvHead, 1, group.dim, first, keys, tiles.kv);
      Value v = load(group.v, group.vType, kvHead, 1, group.valueDim, first, keys, tiles.kv);
      Value mask = loadMask(first, keys);
      Scores s = allocScores();
      Value next = column(emit.alloc({rows, 1}, f32())), fade = column(emit.alloc({rows, 1}, f32()));
      score(s, wide(q, emit.number(group.dim)), emit.head(k, {keys, emit.number(group.dim)}), mask, head, first, keys);
      emit.map({column(maximum), column(s.maximum)}, next, Value(),
               tile::ChainBuilder().step(StepOp::Max, StepArg::S1).get(context()));
      weigh(s, next, keys);
      // What is there so far fades by exp(scale · (old maximum − new)).
      tile::ChainBuilder chain;
      chain.step(StepOp::Sub, StepArg::S1).step(StepOp::Mul, exponentScale()).step(StepOp::Exp);
      emit.map({column(maximum), next}, fade, Value(), chain.get(context()));
      auto faded = tile::ChainBuilder().step(StepOp::Mul, StepArg::S1).step(StepOp::Add, StepArg::S2).get(context());
      emit.map({column(total), fade, column(s.sum)}, column(total), Value(), faded);
      emit.map({next}, column(maximum), Value(), tile::ChainBuilder().get(context()));
      value(s, emit.head(v, {keys, dim}), keys);
      emit.map({wide(output, dim), fade, wide(s.output, dim)}, wide(output, dim), Value(), faded);
    });
    Value inverse = column(emit.alloc({rows, 1}, f32()));
    invert(column(total), inverse);
    Value out = emit.alloc({rows, group.valueDim}, group.outType, tile::Mem::l1, 2);
    emit.map({wide(output, dim), inverse}, wide(out, dim), Value(),
             tile::ChainBuilder().step(StepOp::Mul, StepArg::S1).get(context()));
    if (merged)
      tile::StoreOp::create(emit.builder, emit.loc, out,
                            rowsOfHeads(lowering.results.front(), group.out, head, group.valueDim));
    else
      tile::StoreOp::create(emit.builder, emit.loc, byHeads(out, queries, 1, group.valueDim),
                            window(lowering.results.front(), group.out, head, 1, group.valueDim, firstQuery, queries));
  }

  /// [heads that share a key head, dim] of the only query.
  Value rowsOfHeads(Value base, const View &view, OpFoldResult head, int64_t dim) {
    OpFoldResult at =
        emit.add(emit.number(view.offset), emit.add(emit.mul(batch, view.strides[0]), emit.mul(head, view.strides[1])));
    return emit.window(base, at, {emit.number(rows), emit.number(dim)},
                       {rows == 1 ? 1 : view.strides[1], dim == 1 ? 1 : view.strides[3]});
  }

  Lowering &lowering;
  Emit &emit;
  AttentionGroup &group;
  AttentionTiles tiles;
  bool single, folded;
  int64_t rows, loads, copies;
  float least;  ///< below the scores of keys that take part, unless they are −∞
  float hidden; ///< score of a key that takes no part
  OpFoldResult batch, firstQuery, queries;
  OpFoldResult height; ///< rows of the score tile in use
};
} // namespace

LogicalResult lowerAttention(Lowering &lowering) {
  FailureOr<AttentionGroup> group = attentionGroup(lowering.info);
  return failed(group) ? failure() : AttentionLowering(lowering, *group).run();
}

} // namespace garam::lowering
