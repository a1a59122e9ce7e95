// The dialect, and the checks of its tables.
#include "dialects/isa/Isa.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace garam;
using namespace garam::isa;

#include "dialects/isa/IsaDialect.cpp.inc"
#include "dialects/isa/IsaEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/isa/IsaAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/isa/IsaOps.cpp.inc"

void IsaDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/isa/IsaAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/isa/IsaOps.cpp.inc"
      >();
}

Type garam::isa::typeOf(MLIRContext *context, rt::DType dtype) {
  switch (dtype) {
  case rt::DType::F32:
    return Float32Type::get(context);
  case rt::DType::F16:
    return Float16Type::get(context);
  case rt::DType::BF16:
    return BFloat16Type::get(context);
  case rt::DType::F8E4M3:
    return Float8E4M3FNType::get(context);
  case rt::DType::F8E5M2:
    return Float8E5M2Type::get(context);
  case rt::DType::I8:
    return IntegerType::get(context, 8);
  case rt::DType::I1:
    return IntegerType::get(context, 1);
  case rt::DType::I32:
    return IntegerType::get(context, 32);
  case rt::DType::I64:
    return IntegerType::get(context, 64);
  }
  return {};
}

std::optional<rt::DType> garam::isa::dtypeOf(Type type) {
  for (auto dtype : {rt::DType::F32, rt::DType::F16, rt::DType::BF16, rt::DType::F8E4M3, rt::DType::F8E5M2,
                     rt::DType::I8, rt::DType::I1, rt::DType::I32, rt::DType::I64})
    if (typeOf(type.getContext(), dtype) == type)
      return dtype;
  return std::nullopt;
}

/// Entries of a kind are numbered by their place among them, so that the text says what an index names.
template <typename... Ops> static LogicalResult verifyNumbers(Block &block, StringRef what) {
  int64_t next = 0;
  for (Operation &op : block) {
    if (!llvm::isa<Ops...>(op))
      continue;
    int64_t number = op.getAttrOfType<IntegerAttr>("index").getInt();
    if (number != next)
      return op.emitOpError() << what << " " << number << " is number " << next << " in order";
    ++next;
  }
  return success();
}

LogicalResult KernelOp::verifyRegions() {
  bool code = false;
  llvm::SmallBitVector seen(rt::kSemaphores);
  for (Operation &op : getBody().front()) {
    code |= isInsn(&op) || llvm::isa<OriginOp>(op);
    if (llvm::isa<SemaphoreOp, DmaShapeOp, VectorChainOp>(op) && code)
      return op.emitOpError() << "must come before the instructions";
    if (!isInsn(&op) && !llvm::isa<OriginOp, SemaphoreOp, DmaShapeOp, VectorChainOp>(op))
      return op.emitOpError()
             << "is no entry of an isa.kernel; those are semaphores, descriptors, origins and instructions";
    if (auto semaphore = dyn_cast<SemaphoreOp>(op)) {
      if (seen.test(semaphore.getNumber()))
        return op.emitOpError() << "semaphore " << semaphore.getNumber() << " is there twice";
      seen.set(semaphore.getNumber());
    }
  }
  return verifyNumbers<DmaShapeOp, VectorChainOp>(getBody().front(), "descriptor");
}

LogicalResult SemaphoreOp::verify() {
  if (getNumber() >= uint32_t(rt::kSemaphores))
    return emitOpError() << "semaphore " << getNumber() << "; there are 0 to " << rt::kSemaphores - 1;
  if (getTokens() > uint32_t(rt::kMaxTokens))
    return emitOpError() << getTokens() << " tokens; a semaphore holds at most " << rt::kMaxTokens;
  return success();
}

LogicalResult DmaShapeOp::verify() {
  if (getCounts().size() != 5 || getFrom().size() != 5 || getTo().size() != 5)
    return emitOpError() << "needs five counts and five strides on each side";
  return success();
}

static LogicalResult verifyTensor(Operation *op, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || !dtypeOf(tensor.getElementType()))
    return op->emitOpError()
           << "type must be a static tensor of f32, f16, bf16, f8E4M3FN, f8E5M2, i8, i1, i32 or i64, got " << type;
  return success();
}

LogicalResult BoundaryOp::verify() { return verifyTensor(*this, getType()); }

LogicalResult SegmentOp::verify() {
  if (failed(verifyTensor(*this, getType())))
    return failure();
  if (auto weights = getWeights())
    for (auto weight : weights->getAsRange<WeightAttr>()) {
      if (failed(verifyTensor(*this, weight.getType())))
        return failure();
      if (!dtypeOf(weight.getTo()))
        return emitOpError() << "weight " << weight.getTensor() << " becomes " << weight.getTo()
                             << "; an element type of the machine";
    }
  if (auto range = getRange(); range && range->size() != 2)
    return emitOpError() << "range must be the lowest and the highest value, both included";
  if (auto data = getData()) {
    auto dense = dyn_cast<DenseIntElementsAttr>(*data);
    if (!dense || dense.getType().getRank() != 1 || !dense.getElementType().isInteger(8))
      return emitOpError() << "data must be a dense vector of i8";
  }
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  Block &block = getBody().front();
  if (failed(verifyNumbers<KernelOp>(block, "kernel")) || failed(verifyNumbers<SegmentOp>(block, "segment")) ||
      failed(verifyNumbers<LocationOp>(block, "location")))
    return failure();
  for (Operation &op : block)
    if (!llvm::isa<ValueOp, SegmentOp, OutputOp, LaunchOp, BoundaryOp, LocationOp, KernelOp>(op))
      return op.emitOpError()
             << "is no entry of an isa.program; those are value, segment, output, location, kernel, launch, boundary";
  const size_t files = std::max<size_t>(1, getWeightFiles().size());
  for (auto segment : block.getOps<SegmentOp>())
    for (auto weight : segment.getWeights().value_or(ArrayAttr::get(getContext(), {})).getAsRange<WeightAttr>())
      if (weight.getFile() >= files)
        return segment.emitOpError() << "weight " << weight.getTensor() << " is in file " << weight.getFile()
                                     << "; the program has " << getWeightFiles().size();
  if (auto keys = getChipKeys())
    for (NamedAttribute key : *keys)
      if (!llvm::isa<StringAttr>(key.getValue()))
        return emitOpError() << "chip key " << key.getName() << " must be text";
  return success();
}
