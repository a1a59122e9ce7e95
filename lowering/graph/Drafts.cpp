// Roots open a draft; elementwise ops follow the root whose only use they are, and ops on the same rows flow together.
#include "lowering/graph/Drafts.h"

#include "lowering/graph/RowInsns.h"
#include "runtime/isa/Isa.h"

using namespace mlir;

namespace garam::lowering {

/// Whether the one element is a number that a chain holds, an f32.
static bool isChainNumber(DenseElementsAttr splat) {
  if (!isa<IntegerType>(splat.getElementType()))
    return true;
  APFloat number(APFloat::IEEEsingle());
  return number.convertFromAPInt(splat.getSplatValue<APInt>(), true, APFloat::rmNearestTiesToEven) == APFloat::opOK;
}

bool isSplat(Value value) {
  while (isViewOp(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  auto constant = value.getDefiningOp<graph::ConstantOp>();
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  return elements && elements.isSplat() && isChainNumber(elements);
}

bool isElementwise(Operation *op) { return isa<graph::StepOpInterface>(op); }

std::optional<GroupKind> kindOf(Operation *op) {
  if (isa<graph::MatmulOp>(op))
    return GroupKind::Matmul;
  if (isa<graph::AttentionOp>(op))
    return GroupKind::Attention;
  if (isa<graph::ConcatOp>(op))
    return GroupKind::Concat;
  if (isa<graph::KvUpdateOp>(op))
    return GroupKind::Update;
  if (auto reduce = dyn_cast<graph::ReduceOp>(op))
    return reduce.getDim() == int64_t(shapeOf(reduce.getX()).size()) - 1 ? GroupKind::Rows : GroupKind::ReduceRows;
  if (isElementwise(op) || rowInsnOf(op) ||
      isa<graph::RmsNormOp, graph::LayerNormOp, graph::SoftmaxOp, graph::RopeOp, graph::EmbeddingOp>(op))
    return GroupKind::Rows;
  return std::nullopt;
}

ArrayRef<int64_t> spaceOf(Operation *op) {
  if (isa<graph::ReduceOp>(op) || givesColumn(op))
    return shapeOf(op->getOperand(0));
  return shapeOf(op->getResult(0));
}

/// Sizes before the last, without leading ones.
static ArrayRef<int64_t> rowsOf(ArrayRef<int64_t> space) {
  return space.empty() ? space : space.drop_back().drop_while([](int64_t size) { return size == 1; });
}
static int64_t columnsOf(ArrayRef<int64_t> space) { return space.empty() ? 1 : space.back(); }

/// Whether `members` move few enough tensors to be one group: what they read from outside, and results that others use.
/// Each tensor takes three registers at most: where it begins, the place in its ring of buffers, and the address of a
/// tile. Four are left to the loops.
static bool movesFew(ArrayRef<Operation *> members) {
  constexpr size_t kMostTensors = (rt::kRegisters - 4) / 3;
  llvm::SmallDenseSet<Operation *> inside(members.begin(), members.end());
  llvm::SmallDenseSet<Value> moved;
  for (Operation *op : members) {
    for (Value operand : op->getOperands())
      if (!inside.contains(operand.getDefiningOp()) && isa<RankedTensorType>(operand.getType()) && !isSplat(operand))
        moved.insert(operand);
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !inside.contains(user); }))
        moved.insert(result);
  }
  return moved.size() <= kMostTensors;
}

/// The members of `draft`, and `more`.
static SmallVector<Operation *> with(const Draft &draft, ArrayRef<Operation *> more) {
  SmallVector<Operation *> all(draft.members.begin(), draft.members.end());
  all.append(more.begin(), more.end());
  return all;
}

Drafts::Drafts(func::FuncOp function) : function(function) {
  for (Operation &op : function.getBody().front())
    if (kindOf(&op))
      assign(&op);
  joinProducts();
  SmallVector<Value> results(function.getBody().front().getTerminator()->getOperands());
  for (size_t i = 0; i < drafts.size(); ++i) // copies that are added read nothing new
    if (drafts[i].kind != GroupKind::Copy)
      for (Value read : reads(drafts[i]))
        store(read, false);
  for (Value result : results)
    store(result, true);
  // A copy is where the views of all its readers begin, of those too that were decided before it.
  for (size_t before = 0; before != drafts.size();) {
    before = drafts.size();
    for (size_t i = 0; i < drafts.size(); ++i)
      for (Value read : reads(drafts[i])) {
        SmallVector<Operation *> chain;
        Value begin = read;
        while (isViewOp(begin.getDefiningOp()) && (begin == drafts[i].copied || !stored.contains(begin))) {
          chain.push_back(begin.getDefiningOp());
          begin = chain.back()->getOperand(0);
        }
        View view = View::dense(begin);
        for (Operation *op : llvm::reverse(chain)) {
          std::optional<View> next = through(op, view);
          if (!next)
            copy(op->getOperand(0));
          view = next.value_or(View::dense(op->getResult(0)));
        }
      }
  }
}

int Drafts::draftOf(Operation *op) const {
  auto found = op ? member.find(op) : member.end();
  return found == member.end() ? -1 : found->second;
}

void Drafts::join(Operation *op, int draft) {
  drafts[draft].members.push_back(op);
  member[op] = draft;
  if (drafts[draft].kind == GroupKind::Rows && columnsOf(drafts[draft].space) == 1)
    drafts[draft].space = SmallVector<int64_t>(spaceOf(op));
}

void Drafts::merge(int into, int from) {
  for (Operation *op : drafts[from].members)
    member[op] = into;
  auto &members = drafts[into].members;
  members.insert(members.end(), drafts[from].members.begin(), drafts[from].members.end());
  llvm::sort(members, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  if (columnsOf(drafts[into].space) == 1)
    drafts[into].space = drafts[from].space;
  drafts[from].members.clear();
}

void Drafts::assign(Operation *op) {
  GroupKind kind = *kindOf(op);
  if (kind == GroupKind::Rows) {
    for (Value operand : op->getOperands()) {
      int draft = draftOf(operand.getDefiningOp());
      if (draft < 0 || draft == draftOf(op) || drafts[draft].members.empty())
        continue;
      bool rows = drafts[draft].kind == GroupKind::Rows;
      if (int mine = draftOf(op); mine >= 0) {
        if (rows && drafts[mine].kind == GroupKind::Rows && canJoinRows(op, draft) && canMergeRows(mine, draft) &&
            !cyclic(mine, draft) && movesFew(with(drafts[mine], drafts[draft].members)))
          merge(mine, draft);
      } else if ((rows ? canJoinRows(op, draft) : canFollow(op, draft)) && !cyclic(op, draft) &&
                 movesFew(with(drafts[draft], op))) {
        join(op, draft);
      }
    }
    if (draftOf(op) >= 0)
      return;
  }
  drafts.push_back(
      {kind, {}, Value(), kind == GroupKind::Rows ? SmallVector<int64_t>(spaceOf(op)) : SmallVector<int64_t>()});
  join(op, int(drafts.size()) - 1);
}

bool Drafts::canFollow(Operation *op, int draft) const {
  Operation *tail = drafts[draft].members.back();
  GroupKind kind = drafts[draft].kind;
  return kind == GroupKind::Matmul && isElementwise(op) && tail->hasOneUse() &&
         llvm::is_contained(op->getOperands(), tail->getResult(0)) &&
         shapeOf(op->getResult(0)) == shapeOf(tail->getResult(0));
}

/// Whether ops on rows of `a` and of `b` columns can share a group: the narrower repeat one value along the row, which
/// an op that looks along its row must not see.
static bool fitBeside(int64_t a, ArrayRef<Operation *> of, int64_t b, ArrayRef<Operation *> others) {
  if (a == b)
    return true;
  return (a == 1 && llvm::all_of(of, isElementwise)) || (b == 1 && llvm::all_of(others, isElementwise));
}

bool Drafts::canJoinRows(Operation *op, int draft) const {
  ArrayRef<int64_t> mine = spaceOf(op), theirs = drafts[draft].space;
  if (rowsOf(mine) != rowsOf(theirs))
    return false;
  int64_t a = columnsOf(mine), b = columnsOf(theirs);
  if (!fitBeside(a, op, b, drafts[draft].members))
    return false;
  // Inside a group a value has all rows, and all columns or one.
  for (Value operand : op->getOperands()) {
    if (draftOf(operand.getDefiningOp()) != draft)
      continue;
    ArrayRef<int64_t> shape = shapeOf(operand);
    if (isa<graph::EmbeddingOp>(op) || rowsOf(shape) != rowsOf(mine) || givesColumn(operand.getDefiningOp()) ||
        (columnsOf(shape) != a && columnsOf(shape) != 1))
      return false;
    if (isa<graph::RopeOp>(op) && operand != op->getOperand(0))
      return false;
    if (isa<graph::RmsNormOp, graph::LayerNormOp>(op) && operand != op->getOperand(0))
      return false;
  }
  return true;
}

bool Drafts::canMergeRows(int a, int b) const {
  return fitBeside(columnsOf(drafts[a].space), drafts[a].members, columnsOf(drafts[b].space), drafts[b].members);
}

bool Drafts::canJoinProducts(const Draft &a, const Draft &b) const {
  auto first = cast<graph::MatmulOp>(a.members.front()), second = dyn_cast<graph::MatmulOp>(b.members.front());
  if (!second || first.getA() != second.getA() || first.getTransposeB() != second.getTransposeB() ||
      shapeOf(first.getB()).size() != 2 || shapeOf(second.getB()).size() != 2 ||
      cast<RankedTensorType>(first.getB().getType()).getElementType() !=
          cast<RankedTensorType>(second.getB().getType()).getElementType())
    return false;
  auto reads = [&](const Draft &reader, const Draft &writer) {
    return llvm::any_of(reader.members, [&](Operation *op) {
      return llvm::any_of(op->getOperands(), [&](Value operand) {
        llvm::DenseSet<Value> seen;
        return draftOf(operand.getDefiningOp()) != int(&reader - drafts.data()) &&
               reaches(operand, int(&writer - drafts.data()), seen);
      });
    });
  };
  return !reads(a, b) && !reads(b, a);
}

void Drafts::joinProducts() {
  constexpr size_t kMostProducts = 4; // each keeps tiles of its own in L1 and in the accumulator
  for (size_t i = 0; i < drafts.size(); ++i) {
    size_t products = 1;
    for (size_t j = i + 1; j < drafts.size() && products < kMostProducts; ++j)
      if (drafts[i].kind == GroupKind::Matmul && drafts[j].kind == GroupKind::Matmul && !drafts[i].members.empty() &&
          !drafts[j].members.empty() && canJoinProducts(drafts[i], drafts[j]) &&
          movesFew(with(drafts[i], drafts[j].members))) {
        merge(int(i), int(j));
        ++products;
      }
  }
}

bool Drafts::reaches(Value value, int draft, llvm::DenseSet<Value> &seen) const {
  Operation *op = value.getDefiningOp();
  if (!op || !seen.insert(value).second)
    return false;
  int own = draftOf(op);
  if (own == draft)
    return true;
  if (own < 0)
    return llvm::any_of(op->getOperands(), [&](Value operand) { return reaches(operand, draft, seen); });
  return llvm::any_of(drafts[own].members, [&](Operation *other) {
    return llvm::any_of(other->getOperands(), [&](Value operand) {
      return draftOf(operand.getDefiningOp()) != own && reaches(operand, draft, seen);
    });
  });
}

/// Whether `op` reads something of `draft` by a way through memory.
bool Drafts::cyclic(Operation *op, int draft) const {
  llvm::DenseSet<Value> seen;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return draftOf(operand.getDefiningOp()) != draft && reaches(operand, draft, seen);
  });
}

bool Drafts::cyclic(int a, int b) const {
  for (auto [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    llvm::DenseSet<Value> seen;
    for (Operation *op : drafts[from].members)
      for (Value operand : op->getOperands()) {
        int own = draftOf(operand.getDefiningOp());
        if (own != from && own != to && reaches(operand, to, seen))
          return true;
      }
  }
  return false;
}

std::vector<Value> Drafts::reads(const Draft &draft) const {
  std::vector<Value> values;
  auto add = [&](Value value) {
    if (isa<RankedTensorType>(value.getType()) && !isSplat(value) && !llvm::is_contained(values, value))
      values.push_back(value);
  };
  if (draft.copied)
    add(draft.copied);
  for (Operation *op : draft.members)
    for (Value operand : op->getOperands())
      if (int own = draftOf(operand.getDefiningOp()); own < 0 || &drafts[own] != &draft)
        add(operand);
  return values;
}

Value Drafts::inMemory(Value value) const {
  while (!stored.contains(value) && isViewOp(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

void Drafts::copy(Value value) {
  if (stored.contains(value))
    return;
  drafts.push_back({GroupKind::Copy, {}, value, SmallVector<int64_t>(shapeOf(value))});
  stored.insert({value, int(drafts.size()) - 1});
}

/// Makes `read` available as a strided view of something in memory; a result of the function must itself be in memory.
void Drafts::store(Value read, bool result) {
  SmallVector<Operation *> chain; // views, from the value in memory to `read`
  Value source = read;
  for (; isViewOp(source.getDefiningOp()) && !stored.contains(source); source = source.getDefiningOp()->getOperand(0))
    chain.insert(chain.begin(), source.getDefiningOp());
  int draft = draftOf(source.getDefiningOp());

  // The length of the beginning of the chain whose result the draft can store in place of its own.
  auto canAbsorb = [&](size_t length) {
    if (draft < 0 || drafts[draft].kind == GroupKind::Update || stored.contains(source))
      return false;
    Value value = source;
    for (size_t i = 0; i < length; value = chain[i++]->getResult(0))
      if (!value.hasOneUse() || !isa<graph::ReshapeOp, graph::TransposeOp>(chain[i]))
        return false;
    std::optional<View> view = View::dense(value);
    for (size_t i = length; i-- > 0 && view;)
      view = back(chain[i], *view);
    return view.has_value();
  };
  auto absorb = [&](size_t length) { stored.insert({chain[length - 1]->getResult(0), draft}); };

  if (result && !chain.empty()) {
    if (canAbsorb(chain.size()))
      return absorb(chain.size());
    store(read, false);
    return copy(read);
  }
  if (result && !source.getDefiningOp())
    return; // an argument handed through
  if (draft >= 0)
    if (chain.empty()) {
      stored.insert({source, draft});
      return;
    }
  std::optional<View> view = View::dense(source);
  for (size_t i = 0; i < chain.size(); ++i) {
    std::optional<View> next = through(chain[i], *view);
    if (!next) {
      if (canAbsorb(i + 1)) {
        absorb(i + 1);
        source = Value();
      } else {
        copy(chain[i]->getOperand(0));
      }
      next = View::dense(chain[i]->getResult(0));
    }
    view = next;
  }
  if (source && draft >= 0)
    stored.insert({source, draft});
}

std::vector<int> Drafts::order() const {
  std::vector<int> result, state(drafts.size(), 0);
  auto visit = [&](auto &&self, int draft) -> void {
    if (state[draft]++)
      return;
    for (Value read : reads(drafts[draft])) {
      Value memory = read;
      if (memory == drafts[draft].copied) // a copy does not read itself
        memory =
            memory.getDefiningOp() && isViewOp(memory.getDefiningOp()) ? memory.getDefiningOp()->getOperand(0) : memory;
      if (auto found = stored.find(inMemory(memory)); found != stored.end() && found->second != draft)
        self(self, found->second);
    }
    result.push_back(draft);
  };
  for (size_t i = 0; i < drafts.size(); ++i)
    if (!drafts[i].members.empty() || drafts[i].copied)
      visit(visit, int(i));
  return result;
}

} // namespace garam::lowering
