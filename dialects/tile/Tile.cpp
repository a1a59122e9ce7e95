// Registration of the tile dialect, and the attributes that functions of this level carry.
#include "dialects/tile/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

#include "dialects/tile/TileDialect.cpp.inc"
#include "dialects/tile/TileEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/tile/TileAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/tile/TileOps.cpp.inc"

using namespace mlir;

namespace garam::tile {

void TileDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/tile/TileAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/tile/TileOps.cpp.inc"
      >();
}

LogicalResult TileDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() != kKernelAttr)
    return success();
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitOpError("'tile.kernel' marks functions only");
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto kind = function.getArgAttrOfType<StringAttr>(index, kArgAttr);
    if (!kind || !llvm::is_contained({"weight", "input", "output", "state", "value"}, kind.getValue()))
      return op->emitOpError() << "argument " << index
                               << " needs 'tile.arg': \"weight\", \"input\", \"output\", \"state\" or \"value\"";
    bool isValue = kind.getValue() == "value";
    if (isValue ? !isa<IndexType>(type) : memOf(type) != Mem::hbm)
      return op->emitOpError() << "argument " << index << " is " << type << "; a "
                               << (isValue ? "value is an index" : "tensor is a memref in #tile.mem<hbm>");
  }
  return success();
}

std::optional<Mem> memOf(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return std::nullopt;
  if (auto space = dyn_cast_or_null<MemAttr>(memref.getMemorySpace()))
    return space.getValue();
  return std::nullopt;
}

std::optional<rt::DType> dtypeOf(Type element) {
  if (element.isF32())
    return rt::DType::F32;
  if (element.isF16())
    return rt::DType::F16;
  if (element.isBF16())
    return rt::DType::BF16;
  if (isa<Float8E4M3FNType>(element))
    return rt::DType::F8E4M3;
  if (isa<Float8E5M2Type>(element))
    return rt::DType::F8E5M2;
  if (element.isInteger(1))
    return rt::DType::I1;
  if (element.isInteger(8))
    return rt::DType::I8;
  if (element.isInteger(32))
    return rt::DType::I32;
  if (element.isInteger(64))
    return rt::DType::I64;
  return std::nullopt;
}

Type typeOf(MLIRContext *context, rt::DType dtype) {
  Builder b(context);
  switch (dtype) {
  case rt::DType::F32:
    return b.getF32Type();
  case rt::DType::F16:
    return b.getF16Type();
  case rt::DType::BF16:
    return b.getBF16Type();
  case rt::DType::F8E4M3:
    return Float8E4M3FNType::get(context);
  case rt::DType::F8E5M2:
    return Float8E5M2Type::get(context);
  case rt::DType::I8:
    return b.getI8Type();
  case rt::DType::I1:
    return b.getI1Type();
  case rt::DType::I32:
    return b.getI32Type();
  case rt::DType::I64:
    return b.getI64Type();
  }
  return {};
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto kernel = tables.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getKernelAttr());
  // Kernels are lowered before the launches that name them.
  if (kernel && kernel->hasAttr("task.kernel"))
    return kernel.getNumArguments() == getArguments().size() ? success()
                                                             : emitOpError("has operands that do not match the kernel");
  if (!kernel || !kernel->hasAttr(kKernelAttr))
    return emitOpError() << "'" << getKernel() << "' is not a function with 'tile.kernel'";
  if (kernel.getArgumentTypes() != getArguments().getTypes())
    return emitOpError() << "operand types differ from the arguments of '" << getKernel() << "'";
  return success();
}

} // namespace garam::tile
