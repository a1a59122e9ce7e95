// Registration of the task dialect, its attributes and what it knows about buffers.
#include "dialects/task/Task.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "dialects/task/TaskDialect.cpp.inc"
#include "dialects/task/TaskEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/task/TaskTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/task/TaskAttributes.cpp.inc"
#include "dialects/task/TaskInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/task/TaskOps.cpp.inc"

using namespace mlir;

namespace garam::task {

void TaskDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/task/TaskTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/task/TaskAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/task/TaskOps.cpp.inc"
      >();
}

void TokensAttr::print(AsmPrinter &printer) const {
  printer << "<";
  llvm::interleaveComma(getTokens(), printer, [&](const Token &token) {
    printer << token.semaphore;
    if (token.count != 1)
      printer << ":" << token.count;
  });
  printer << ">";
}

Attribute TokensAttr::parse(AsmParser &parser, Type) {
  SmallVector<Token> tokens;
  auto one = [&]() -> ParseResult {
    Token token{0, 1};
    if (parser.parseInteger(token.semaphore) ||
        (succeeded(parser.parseOptionalColon()) && parser.parseInteger(token.count)))
      return failure();
    tokens.push_back(token);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, one))
    return {};
  return get(parser.getContext(), tokens);
}

tile::Mem memOf(Value buffer) {
  Operation *op = buffer.getDefiningOp();
  if (auto alloc = dyn_cast_or_null<AllocOp>(op))
    return alloc.getMem();
  if (auto workspace = dyn_cast_or_null<WorkspaceOp>(op))
    return workspace.getMem();
  return tile::Mem::hbm;
}

bool isTensor(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.hasStaticShape() && tile::dtypeOf(memref.getElementType());
}

int64_t bytesOf(MemRefType type) { return type.getNumElements() * rt::byteSize(*tile::dtypeOf(type.getElementType())); }

} // namespace garam::task
