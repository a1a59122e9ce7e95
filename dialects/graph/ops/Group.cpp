// graph.group: text and rules.
//   %0 = graph.group "ffn" (%a = %x, %b = %w) : (tensor<8x16xf32>, tensor<16x4xf32>) -> (tensor<8x4xf32>) { …
//   graph.yield … }
#include "dialects/graph/Graph.h"

using namespace mlir;
using namespace garam::graph;

YieldOp GroupOp::yield() { return cast<YieldOp>(block().getTerminator()); }

ParseResult GroupOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  FunctionType type;
  if (parser.parseAttribute(name, "name", result.attributes) || parser.parseAssignmentList(arguments, operands) ||
      parser.parseColonType(type))
    return failure();
  if (type.getNumInputs() != operands.size())
    return parser.emitError(parser.getCurrentLocation())
           << "expected " << operands.size() << " operand types, got " << type.getNumInputs();
  for (auto [argument, input] : llvm::zip(arguments, type.getInputs()))
    argument.type = input;
  result.addTypes(type.getResults());
  return failure(parser.resolveOperands(operands, type.getInputs(), parser.getCurrentLocation(), result.operands) ||
                 parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), arguments));
}

void GroupOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getNameAttr() << " (";
  llvm::interleaveComma(llvm::zip(block().getArguments(), getInputs()), printer,
                        [&](auto pair) { printer << std::get<0>(pair) << " = " << std::get<1>(pair); });
  printer << ") : ";
  printer.printFunctionalType(*this);
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {"name"});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult GroupOp::verify() {
  if (block().getArgumentTypes() != getInputs().getTypes())
    return emitOpError() << "block arguments must have the types of the operands, in order";
  auto yield = dyn_cast<YieldOp>(block().getTerminator());
  if (!yield)
    return emitOpError() << "must end with graph.yield";
  if (yield.getValues().getTypes() != getResultTypes())
    return emitOpError() << "results must have the types of the yielded values";
  return success();
}
