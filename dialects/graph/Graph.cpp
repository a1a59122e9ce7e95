// The dialect: what it holds, and the attributes people hang on functions and arguments.
#include "dialects/graph/EmptyTensors.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace garam::graph;

#include "dialects/graph/GraphDialect.cpp.inc"
#include "dialects/graph/GraphEnums.cpp.inc"
#include "dialects/graph/GraphInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/graph/GraphAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/graph/GraphOps.cpp.inc"

void GraphDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/graph/GraphAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/graph/GraphOps.cpp.inc"
      >();
  addEmptyTensorFolds(*this);
}

Operation *GraphDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}

LogicalResult GraphDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  auto expects = [&](bool holds, StringRef what) -> LogicalResult {
    if (holds)
      return success();
    return op->emitOpError() << "'" << attribute.getName().getValue() << "' must be " << what;
  };
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == kChip)
    return expects(isa<ChipAttr>(value) && isa<ModuleOp>(op), "a #graph.chip on a module");
  if (name == kNode || name == kSource || name == kModel || name == kInstance)
    return expects(isa<StringAttr>(value), "a string");
  if (name == kSplit)
    return expects(isa<IntegerAttr>(value), "a dimension of the results");
  return success();
}

LogicalResult GraphDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                     NamedAttribute attribute) {
  auto fails = [&](StringRef what) {
    return op->emitOpError() << "argument " << index << ": '" << attribute.getName().getValue() << "' must be " << what;
  };
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == kKind) {
    auto kind = dyn_cast<StringAttr>(value);
    if (!kind || !llvm::is_contained({"input", "weight", "state", "value"}, kind.getValue()))
      return fails("one of \"input\", \"weight\", \"state\", \"value\"");
  } else if (name == kRange) {
    auto range = dyn_cast<DenseI64ArrayAttr>(value);
    if (!range || range.size() != 2 || range[0] > range[1])
      return fails("array<i64: low, high> with low <= high");
  } else if (name == kName && !isa<StringAttr>(value)) {
    return fails("a string");
  } else if (name == kSourceDType && !isa<TypeAttr>(value)) {
    return fails("a type");
  } else if (name == kFile) {
    auto file = dyn_cast<IntegerAttr>(value);
    if (!file || !file.getType().isInteger(64) || file.getInt() < 0)
      return fails("the number of a weight file, an i64 from 0 on");
  } else if (name == kSplit && !isa<IntegerAttr>(value)) {
    return fails("a dimension");
  }
  return success();
}

LogicalResult GraphDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned index,
                                                        NamedAttribute attribute) {
  auto fails = [&](StringRef what) {
    return op->emitOpError() << "result " << index << ": '" << attribute.getName().getValue() << "' must be " << what;
  };
  if (attribute.getName() == kName && !isa<StringAttr>(attribute.getValue()))
    return fails("a string");
  if (attribute.getName() == kAlias && !isa<IntegerAttr>(attribute.getValue()))
    return fails("the index of a state argument");
  if (attribute.getName() == kSplit && !isa<IntegerAttr>(attribute.getValue()))
    return fails("a dimension");
  return success();
}
