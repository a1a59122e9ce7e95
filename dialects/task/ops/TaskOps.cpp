// What each task op reads and writes, and its checks.
#include "dialects/task/Task.h"

using namespace mlir;
using garam::tile::dtypeOf;

namespace garam::task {

namespace {
int64_t bytes(Type element) { return rt::byteSize(*dtypeOf(element)); }

/// Static and dynamic sizes, in order.
SmallVector<AccessDim> sizesOf(ValueRange dynamic, ArrayRef<int64_t> fixed) {
  SmallVector<AccessDim> sizes;
  unsigned next = 0;
  for (int64_t size : fixed)
    sizes.push_back(ShapedType::isDynamic(size) ? AccessDim{0, dynamic[next++], 0} : AccessDim{size, {}, 0});
  return sizes;
}

AccessDim times(AccessDim size, int64_t stride) {
  size.stride = stride;
  return size;
}

/// rows × columns of `element`, rows `stride` bytes apart.
SmallVector<AccessDim, 5> plane(AccessDim rows, AccessDim columns, int64_t stride, int64_t element) {
  return {times(rows, stride), times(columns, element), {element, {}, 1}};
}

void add(SmallVectorImpl<Access> &accesses, Operation *op, Value buffer, Value offset, bool reads, bool writes,
         SmallVector<AccessDim, 5> dims, bool indexed = false) {
  unsigned place = 0;
  // A value may occur twice among the operands; the offset of a buffer is looked for from the ones not taken yet.
  SmallVector<bool> taken(op->getNumOperands(), false);
  for (const Access &access : accesses)
    taken[access.offsetOperand] = true;
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() == offset && !taken[operand.getOperandNumber()]) {
      place = operand.getOperandNumber();
      break;
    }
  accesses.push_back({buffer, offset, reads, writes, std::move(dims), place, indexed});
}

LogicalResult checkLists(Operation *op, size_t sizes, size_t wantedSizes, size_t strides, size_t wantedStrides) {
  if (sizes != wantedSizes || strides != wantedStrides)
    return op->emitOpError() << "has " << sizes << " sizes and " << strides << " strides; needs " << wantedSizes
                             << " and " << wantedStrides;
  return success();
}

template <class Op> void transferAccesses(Op op, SmallVectorImpl<Access> &accesses, bool load) {
  SmallVector<AccessDim> counts = sizesOf(op.getCounts(), op.getStaticCounts());
  auto side = [&](ArrayRef<int64_t> strides) {
    SmallVector<AccessDim, 5> dims;
    for (int i = 4; i >= 0; --i)
      dims.push_back(times(counts[i], strides[i]));
    return dims;
  };
  bool indexed = bool(op.getIndices());
  add(accesses, op, op.getSource(), op.getSourceOffset(), true, false, side(op.getSourceStrides()), indexed && load);
  add(accesses, op, op.getTarget(), op.getTargetOffset(), false, true, side(op.getTargetStrides()), indexed && !load);
  if (indexed)
    add(accesses, op, op.getIndices(), op.getIndicesOffset(), true, false,
        {times(counts[4], bytes(*op.getIndexType())), {bytes(*op.getIndexType()), {}, 1}});
}

template <class Op> LogicalResult verifyTransfer(Op op) {
  if (op.getStaticCounts().size() != 5 || op.getSourceStrides().size() != 5 || op.getTargetStrides().size() != 5)
    return op.emitOpError("needs five counts, source strides and target strides");
  if (op.getSourceStrides()[0] != 1 || op.getTargetStrides()[0] != 1)
    return op.emitOpError("dimension 0 is bytes: its strides are 1");
  if (op.getIndices() &&
      (!op.getIndexType() || (!op.getIndexType()->isInteger(32) && !op.getIndexType()->isInteger(64))))
    return op.emitOpError("needs indices of i32 or i64");
  return success();
}

template <class Op> void rowsAccesses(Op op, SmallVectorImpl<Access> &accesses, rt::RowsResult result) {
  SmallVector<AccessDim> sizes = sizesOf(op.getSizes(), op.getStaticSizes());
  bool transposed = result == rt::RowsResult::Transposed;
  AccessDim rows = sizes[transposed],
            columns = result == rt::RowsResult::Column ? AccessDim{1, {}, 0} : sizes[!transposed];
  add(accesses, op, op.getX(), op.getXOffset(), true, false,
      plane(sizes[0], sizes[1], op.getStrides()[0], bytes(op.getXType())));
  add(accesses, op, op.getOut(), op.getOutOffset(), false, true,
      plane(rows, columns, op.getStrides()[1], bytes(op.getOutType())));
}
} // namespace

int64_t AllocOp::getSlotBytes() { return (int64_t(getBytes()) + 63) / 64 * 64; }

Engine LoadOp::getEngine() { return Engine::dma_in; }
void LoadOp::getAccesses(SmallVectorImpl<Access> &accesses) { transferAccesses(*this, accesses, true); }
LogicalResult LoadOp::verify() { return verifyTransfer(*this); }

Engine StoreOp::getEngine() { return Engine::dma_out; }
void StoreOp::getAccesses(SmallVectorImpl<Access> &accesses) { transferAccesses(*this, accesses, false); }
LogicalResult StoreOp::verify() { return verifyTransfer(*this); }

Engine MmaOp::getEngine() { return Engine::matrix; }
void MmaOp::getAccesses(SmallVectorImpl<Access> &accesses) {
  SmallVector<AccessDim> mkn = sizesOf(getSizes(), getStaticSizes());
  ArrayRef<int64_t> strides = getStrides();
  int64_t w = bytes(getWType());
  add(accesses, *this, getA(), getAOffset(), true, false, plane(mkn[0], mkn[1], strides[0], bytes(getAType())));
  add(accesses, *this, getW(), getWOffset(), true, false,
      getTransposed() ? plane(mkn[2], mkn[1], strides[1], w) : plane(mkn[1], mkn[2], strides[1], w));
  add(accesses, *this, getAcc(), getAccOffset(), true, true, plane(mkn[0], mkn[2], strides[2], 4));
}
LogicalResult MmaOp::verify() { return checkLists(*this, getStaticSizes().size(), 3, getStrides().size(), 3); }

Engine MapOp::getEngine() { return Engine::vector; }
void MapOp::getAccesses(SmallVectorImpl<Access> &accesses) {
  SmallVector<AccessDim> sizes = sizesOf(getSizes(), getStaticSizes());
  AccessDim one{1, {}, 0};
  for (auto [i, source, offset] : llvm::enumerate(getSources(), getSourceOffsets())) {
    int64_t element = bytes(cast<TypeAttr>(getSourceTypes()[i]).getValue());
    add(accesses, *this, source, offset, true, false,
        plane(sizes[0], getPerRow()[i] ? one : sizes[1], getSourceStrides()[i], element));
  }
  if (getTarget())
    add(accesses, *this, getTarget(), getTargetOffset(), false, true,
        plane(sizes[0], sizes[1], getTargetStride(), bytes(*getTargetType())));
  if (getReduced())
    add(accesses, *this, getReduced(), getReducedOffset(), false, true,
        {times(getChain().getReduceRows() ? sizes[1] : sizes[0], 4), {4, {}, 1}});
}
LogicalResult MapOp::verify() {
  if (getSources().size() > 3 || getSourceOffsets().size() != getSources().size() ||
      getSourceTypes().size() != getSources().size() || getPerRow().size() != getSources().size())
    return emitOpError("needs an offset, type, stride and 'columns' entry for each of at most 3 sources");
  if (bool(getTarget()) != bool(getTargetType()))
    return emitOpError("needs a type with a target, and none without");
  return checkLists(*this, getStaticSizes().size(), 2, getSourceStrides().size(), getSources().size());
}
rt::Chain MapOp::getRuntimeChain() {
  rt::Chain chain;
  for (unsigned i = 0; i < getSources().size(); ++i)
    chain.sources[i] = {*dtypeOf(cast<TypeAttr>(getSourceTypes()[i]).getValue()), true, getPerRow()[i]};
  if (getTargetType())
    chain.dst = {*dtypeOf(*getTargetType()), true, false};
  tile::ChainAttr attr = getChain();
  chain.integer = attr.getInteger();
  chain.reduction = attr.getReduction();
  chain.reduceRows = attr.getReduceRows();
  chain.steps.assign(attr.getSteps().begin(), attr.getSteps().end());
  ArrayRef<float> constants = attr.getConstants().asArrayRef();
  chain.constants.assign(constants.begin(), constants.end());
  return chain;
}

Engine RotateOp::getEngine() { return Engine::vector; }
void RotateOp::getAccesses(SmallVectorImpl<Access> &accesses) {
  AccessDim rows = sizesOf(getSizes(), getStaticSizes())[0];
  AccessDim columns{int64_t(getHeads() * getDim()), {}, 0}, dim{int64_t(getDim()), {}, 0};
  ArrayRef<int64_t> strides = getStrides();
  add(accesses, *this, getX(), getXOffset(), true, false, plane(rows, columns, strides[0], bytes(getXType())));
  add(accesses, *this, getCos(), getCosOffset(), true, false, plane(rows, dim, strides[1], 4));
  add(accesses, *this, getSin(), getSinOffset(), true, false, plane(rows, dim, strides[2], 4));
  add(accesses, *this, getOut(), getOutOffset(), false, true, plane(rows, columns, strides[3], bytes(getOutType())));
}
LogicalResult RotateOp::verify() { return checkLists(*this, getStaticSizes().size(), 1, getStrides().size(), 4); }

#define GARAM_ISA_ROWS(name, opcode, result, integers)                                                                 \
  Engine name##Op::getEngine() { return Engine::vector; }                                                              \
  void name##Op::getAccesses(SmallVectorImpl<Access> &accesses) {                                                      \
    rowsAccesses(*this, accesses, rt::RowsResult::result);                                                             \
  }                                                                                                                    \
  LogicalResult name##Op::verify() { return checkLists(*this, getStaticSizes().size(), 2, getStrides().size(), 2); }
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS

Engine ReadOp::getEngine() { return Engine::seq; }
void ReadOp::getAccesses(SmallVectorImpl<Access> &accesses) {
  add(accesses, *this, getBuffer(), getOffset(), true, false, {{bytes(getType()), {}, 1}});
}

Engine BarrierOp::getEngine() { return Engine::dma_out; }
void BarrierOp::getAccesses(SmallVectorImpl<Access> &) {}

Engine SyncOp::getEngine() { return getOn(); }
void SyncOp::getAccesses(SmallVectorImpl<Access> &) {}

} // namespace garam::task
