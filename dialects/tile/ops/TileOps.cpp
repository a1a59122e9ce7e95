// Verifiers of the tile ops: memory spaces, element types and shapes that the engines accept.
#include "dialects/tile/Tile.h"

#include "runtime/isa/Isa.h"

using namespace mlir;
using garam::rt::DType;
using garam::rt::StepArg;

namespace garam::tile {

namespace {
StringRef spaceName(Value value) {
  std::optional<Mem> mem = memOf(value);
  return mem ? stringifyMem(*mem) : "no memory space";
}

/// `what` must lie in one of `allowed`, have a type of the machine and static strides.
LogicalResult checkBuffer(Operation *op, StringRef what, Value value, std::initializer_list<Mem> allowed) {
  std::optional<Mem> mem = memOf(value);
  if (!mem || !llvm::is_contained(allowed, *mem)) {
    InFlightDiagnostic diag = op->emitOpError() << what << " is in " << spaceName(value) << "; allowed: ";
    llvm::interleaveComma(allowed, diag, [&](Mem m) { diag << stringifyMem(m); });
    return diag;
  }
  auto type = cast<MemRefType>(value.getType());
  if (!dtypeOf(type.getElementType()))
    return op->emitOpError() << what << " has elements of " << type.getElementType()
                             << ", which the machine does not have";
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || llvm::is_contained(strides, ShapedType::kDynamic))
    return op->emitOpError() << what << " has strides that are not static: " << type;
  return success();
}

/// As checkBuffer, with a contiguous innermost dimension and at most `rank` dimensions.
LogicalResult checkTile(Operation *op, StringRef what, Value value, std::initializer_list<Mem> allowed,
                        int64_t rank = 2) {
  if (failed(checkBuffer(op, what, value, allowed)))
    return failure();
  auto type = cast<MemRefType>(value.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)type.getStridesAndOffset(strides, offset);
  if (type.getRank() < 1 || type.getRank() > rank)
    return op->emitOpError() << what << " has rank " << type.getRank() << "; at most " << rank;
  if (strides.back() != 1 && type.getShape().back() != 1)
    return op->emitOpError() << what << " has innermost stride " << strides.back() << "; the engines need 1";
  return success();
}

bool differ(int64_t a, int64_t b) { return !ShapedType::isDynamic(a) && !ShapedType::isDynamic(b) && a != b; }
bool differ(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() != b.size() ||
         llvm::any_of(llvm::zip(a, b), [](auto p) { return differ(std::get<0>(p), std::get<1>(p)); });
}

MemRefType typeOf(Value value) { return cast<MemRefType>(value.getType()); }

LogicalResult checkCopy(Operation *op, Value source, Value target) {
  if (typeOf(source).getElementType() != typeOf(target).getElementType())
    return op->emitOpError() << "copies " << typeOf(source).getElementType() << " to "
                             << typeOf(target).getElementType() << "; a transfer does not convert";
  if (differ(typeOf(source).getShape(), typeOf(target).getShape()))
    return op->emitOpError("copies between different shapes");
  return success();
}

LogicalResult checkIndexed(Operation *op, Value table, Value indices, Value rows) {
  if (failed(checkBuffer(op, "table", table, {Mem::hbm})) || failed(checkTile(op, "indices", indices, {Mem::l1}, 1)) ||
      failed(checkBuffer(op, "rows", rows, {Mem::l1})))
    return failure();
  Type index = typeOf(indices).getElementType();
  if (!index.isInteger(32) && !index.isInteger(64))
    return op->emitOpError() << "indices are " << index << "; i32 or i64";
  if (typeOf(table).getElementType() != typeOf(rows).getElementType() || typeOf(rows).getRank() < 1 ||
      typeOf(table).getRank() != typeOf(rows).getRank() ||
      differ(typeOf(table).getShape().drop_front(), typeOf(rows).getShape().drop_front()) ||
      differ(typeOf(indices).getShape()[0], typeOf(rows).getShape()[0]))
    return op->emitOpError("needs a table [V, ...], indices [N] and rows [N, ...] of one element type");
  return success();
}
} // namespace

LogicalResult AllocOp::verify() {
  if (failed(checkBuffer(*this, "buffer", getBuffer(), {Mem::l1, Mem::acc})))
    return failure();
  if (getDepth() < 1)
    return emitOpError() << "depth is " << getDepth() << "; at least 1";
  if (!typeOf(getBuffer()).hasStaticShape() || !typeOf(getBuffer()).getLayout().isIdentity())
    return emitOpError("needs a static shape and the identity layout");
  return success();
}

LogicalResult LoadOp::verify() {
  if (failed(checkBuffer(*this, "source", getSource(), {Mem::hbm, Mem::shared})) ||
      failed(checkBuffer(*this, "target", getTarget(), {Mem::l1})))
    return failure();
  return checkCopy(*this, getSource(), getTarget());
}

LogicalResult StoreOp::verify() {
  if (failed(checkBuffer(*this, "source", getSource(), {Mem::l1, Mem::acc})) ||
      failed(checkBuffer(*this, "target", getTarget(), {Mem::hbm, Mem::shared})))
    return failure();
  return checkCopy(*this, getSource(), getTarget());
}

LogicalResult GatherOp::verify() { return checkIndexed(*this, getTable(), getIndices(), getTarget()); }
LogicalResult ScatterOp::verify() { return checkIndexed(*this, getTable(), getIndices(), getSource()); }

LogicalResult MatmulOp::verify() {
  if (failed(checkTile(*this, "a", getA(), {Mem::l1})) || failed(checkTile(*this, "w", getW(), {Mem::l1})) ||
      failed(checkTile(*this, "acc", getAcc(), {Mem::acc})))
    return failure();
  MemRefType a = typeOf(getA()), w = typeOf(getW()), acc = typeOf(getAcc());
  if (a.getRank() != 2 || w.getRank() != 2 || acc.getRank() != 2)
    return emitOpError("needs operands of rank 2");
  bool integer = a.getElementType().isInteger();
  if (integer != w.getElementType().isInteger() ||
      !(integer ? acc.getElementType().isInteger(32) : acc.getElementType().isF32()))
    return emitOpError("accumulates floats in f32 and integers in i32");
  int64_t k = w.getShape()[getTransposed()], n = w.getShape()[!getTransposed()];
  if (differ(a.getShape()[1], k) || differ(a.getShape()[0], acc.getShape()[0]) || differ(n, acc.getShape()[1]))
    return emitOpError("needs a [M,K], w [K,N] (transposed: [N,K]), acc [M,N]");
  return success();
}

Value MapOp::getShapeOperand() { return getOutputs().empty() ? getSources().front() : getOutputs().front(); }

std::pair<int64_t, int64_t> MapOp::getShape() {
  ArrayRef<int64_t> shape = typeOf(getShapeOperand()).getShape();
  return shape.size() == 1 ? std::pair{int64_t(1), shape[0]} : std::pair{shape[0], shape[1]};
}

rt::Chain MapOp::getRuntimeChain() {
  rt::Chain chain;
  int64_t columns = getShape().second;
  for (auto [index, source] : llvm::enumerate(getSources())) {
    MemRefType type = typeOf(source);
    bool perRow = type.getRank() == 2 && type.getShape()[1] == 1 && columns != 1;
    chain.sources[index] = {*dtypeOf(type.getElementType()), true, perRow};
  }
  if (!getOutputs().empty())
    chain.dst = {*dtypeOf(typeOf(getOutputs().front()).getElementType()), true, false};
  ChainAttr attr = getChain();
  chain.integer = attr.getInteger();
  chain.reduction = attr.getReduction();
  chain.reduceRows = attr.getReduceRows();
  chain.steps.assign(attr.getSteps().begin(), attr.getSteps().end());
  chain.constants.assign(attr.getConstants().asArrayRef().begin(), attr.getConstants().asArrayRef().end());
  return chain;
}

LogicalResult MapOp::verify() {
  if (getSources().size() > 3)
    return emitOpError() << "has " << getSources().size() << " sources; at most 3";
  if (getOutputs().size() > 1)
    return emitOpError() << "has " << getOutputs().size() << " results; at most 1";
  if (getOutputs().empty() && (getSources().empty() || !getReduced()))
    return emitOpError("needs a result, or a source and a reduction");
  if (bool(getReduced()) != (getChain().getReduction() != rt::Reduction::None))
    return emitOpError("has a reduction in its operands or its chain, but not in both");
  for (Value value : getOperands())
    if (isa<MemRefType>(value.getType()) && failed(checkTile(*this, "an operand", value, {Mem::l1, Mem::acc})))
      return failure();
  auto [rows, columns] = getShape();
  for (auto [index, source] : llvm::enumerate(getSources())) {
    ArrayRef<int64_t> shape = typeOf(source).getShape();
    bool row = shape.size() == 1 || shape[0] == 1;
    int64_t r = shape.size() == 1 ? 1 : shape[0], c = shape.back();
    bool full = !differ(r, rows) && !differ(c, columns);
    bool column = shape.size() == 2 && c == 1 && !differ(r, rows);
    if (!full && !column && !(row && !differ(c, columns)) && !(row && c == 1))
      return emitOpError() << "source " << index << " is " << typeOf(source)
                           << "; needs rows × columns, one row, or one column";
  }
  if (Value reduced = getReduced()) {
    MemRefType type = typeOf(reduced);
    int64_t wanted = getChain().getReduceRows() ? columns : rows;
    if (!type.getElementType().isF32() || memOf(type) != Mem::l1 || !type.hasRank() ||
        differ(type.getRank() == 1       ? type.getShape()[0]
               : type.getShape()[0] == 1 ? type.getShape()[1]
                                         : type.getShape()[0],
               wanted))
      return emitOpError("needs an f32 reduction result in l1, one element for each row (columns) or column (rows)");
  }
  auto sources = int(getSources().size());
  for (const rt::Step &step : getChain().getSteps()) {
    if (step.arg >= StepArg::S0 && step.arg <= StepArg::S2 && int(step.arg) - int(StepArg::S0) >= sources)
      return emitOpError() << "step '" << stepName(step.op) << "' names source " << int(step.arg) - int(StepArg::S0)
                           << " of " << sources;
    if (step.arg == StepArg::Scalar && !getScalar())
      return emitOpError() << "step '" << stepName(step.op) << "' names the scalar, which is absent";
  }
  return success();
}

LogicalResult RotateOp::verify() {
  for (auto [name, value] :
       {std::pair<StringRef, Value>{"x", getX()}, {"cos", getCos()}, {"sin", getSin()}, {"out", getOut()}})
    if (failed(checkTile(*this, name, value, {Mem::l1})))
      return failure();
  for (Value table : {getCos(), getSin()})
    if (!typeOf(table).getElementType().isF32() || typeOf(table).getRank() != 2 ||
        differ(typeOf(table).getShape()[1], getDim()))
      return emitOpError() << "needs cos and sin of f32 [rows, " << getDim() << "]";
  if (getDim() <= 0 || getDim() % 2 != 0)
    return emitOpError() << "dim is " << getDim() << "; even and above zero";
  if (typeOf(getX()).getRank() != 2 || differ(typeOf(getX()).getShape(), typeOf(getOut()).getShape()))
    return emitOpError("needs x and out of one shape [rows, heads · dim]");
  int64_t columns = typeOf(getX()).getShape()[1];
  if (ShapedType::isDynamic(columns) || columns % getDim() != 0)
    return emitOpError() << "has " << columns << " columns; a multiple of dim " << getDim();
  return success();
}

/// An op from rows to rows: the shape of its result, and whether it is one of i32 or i64.
template <class Op> static LogicalResult verifyRows(Op op, rt::RowsResult result, bool integers) {
  if (failed(checkTile(op, "x", op.getX(), {Mem::l1, Mem::acc})) ||
      failed(checkTile(op, "out", op.getOut(), {Mem::l1})))
    return failure();
  MemRefType x = typeOf(op.getX()), out = typeOf(op.getOut());
  switch (result) {
  case rt::RowsResult::Same:
    if (differ(x.getShape(), out.getShape()))
      return op.emitOpError("needs x and out of one shape");
    break;
  case rt::RowsResult::Transposed:
    if (x.getRank() != 2 || out.getRank() != 2 || differ(x.getShape()[0], out.getShape()[1]) ||
        differ(x.getShape()[1], out.getShape()[0]))
      return op.emitOpError("needs x [R,C] and out [C,R]");
    break;
  case rt::RowsResult::Column:
    if (differ(out.getShape()[0], x.getRank() == 2 ? x.getShape()[0] : 1) ||
        (out.getRank() == 2 && out.getShape()[1] != 1))
      return op.emitOpError("needs out [R] or [R,1]");
  }
  Type element = out.getElementType();
  if (integers && !element.isInteger(32) && !element.isInteger(64))
    return op.emitOpError() << "writes " << element << "; i32 or i64";
  return success();
}
#define GARAM_ISA_ROWS(name, opcode, result, integers)                                                                 \
  LogicalResult name##Op::verify() { return verifyRows(*this, rt::RowsResult::result, integers); }
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS

LogicalResult ReadOp::verify() {
  if (failed(checkBuffer(*this, "buffer", getBuffer(), {Mem::l1})))
    return failure();
  Type element = typeOf(getBuffer()).getElementType();
  if (!element.isInteger(32) && !element.isInteger(64))
    return emitOpError() << "reads " << element << "; i32 or i64";
  if (int64_t(getIndices().size()) != typeOf(getBuffer()).getRank())
    return emitOpError() << "has " << getIndices().size() << " indices for rank " << typeOf(getBuffer()).getRank();
  return success();
}

} // namespace garam::tile
