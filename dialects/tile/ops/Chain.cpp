// #tile.chain: text, checks, and conversion to the chain of the machine.
#include "dialects/FloatText.h"
#include "dialects/tile/Tile.h"

#include "mlir/IR/DialectImplementation.h"

#include <bit>

using namespace mlir;
using garam::rt::Reduction;
using garam::rt::Step;
using garam::rt::StepArg;
using garam::rt::StepOp;

namespace garam::tile {

namespace {
constexpr std::pair<StepArg, StringLiteral> kArgs[] = {
    {StepArg::S0, "s0"}, {StepArg::S1, "s1"},   {StepArg::S2, "s2"},   {StepArg::T0, "t0"},
    {StepArg::T1, "t1"}, {StepArg::Row, "row"}, {StepArg::Col, "col"}, {StepArg::Scalar, "scalar"}};
constexpr StringLiteral kReductions[] = {"none", "sum", "max", "min"};

StepArg constantArg(SmallVectorImpl<float> &constants, float value) {
  auto *found =
      llvm::find_if(constants, [&](float c) { return std::bit_cast<uint32_t>(c) == std::bit_cast<uint32_t>(value); });
  if (found == constants.end()) {
    constants.push_back(value);
    found = std::prev(constants.end());
  }
  return StepArg(int(StepArg::Const0) + (found - constants.begin()));
}
} // namespace

StringRef stepName(StepOp op) { return rt::find(op)->text; }

std::optional<StepOp> stepFromName(StringRef name) {
  for (const rt::StepInfo &step : rt::kSteps)
    if (name == StringRef(step.text))
      return step.op;
  return std::nullopt;
}

ChainBuilder &ChainBuilder::step(StepOp op, float constant) {
  steps.push_back({op, constantArg(constants, constant)});
  return *this;
}

ChainAttr ChainBuilder::get(MLIRContext *context) const {
  return ChainAttr::get(context, steps, DenseF32ArrayAttr::get(context, constants), isInteger, reduction, reduceRows);
}

void ChainAttr::print(AsmPrinter &printer) const {
  printer << "<";
  StringRef separator = "";
  auto item = [&]() -> AsmPrinter & {
    printer << separator;
    separator = ", ";
    return printer;
  };
  if (getInteger())
    item() << "integer";
  for (const Step &step : getSteps()) {
    item() << stepName(step.op);
    if (step.arg == StepArg::None)
      continue;
    printer << " ";
    if (step.arg >= StepArg::Const0)
      printFloat(printer, getConstants()[int(step.arg) - int(StepArg::Const0)]);
    else
      printer << llvm::find_if(kArgs, [&](auto &entry) { return entry.first == step.arg; })->second;
  }
  if (getReduction() != Reduction::None)
    item() << "reduce " << kReductions[int(getReduction())] << (getReduceRows() ? " rows" : " columns");
  printer << ">";
}

Attribute ChainAttr::parse(AsmParser &parser, Type) {
  SmallVector<Step> steps;
  SmallVector<float> constants;
  bool integer = false, reduceRows = false;
  Reduction reduction = Reduction::None;
  auto item = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    StringRef word;
    if (parser.parseKeyword(&word))
      return failure();
    if (word == "integer") {
      integer = true;
      return success();
    }
    if (word == "reduce") {
      StringRef kind, axis;
      if (parser.parseKeyword(&kind) || parser.parseKeyword(&axis))
        return failure();
      const StringLiteral *found = llvm::find(kReductions, kind);
      if (found == std::end(kReductions) || found == kReductions || (axis != "rows" && axis != "columns"))
        return parser.emitError(loc, "a reduction is sum, max or min, then rows or columns");
      reduction = Reduction(found - kReductions);
      reduceRows = axis == "rows";
      return success();
    }
    std::optional<StepOp> op = stepFromName(word);
    if (!op)
      return parser.emitError(loc) << "'" << word << "' is no step of a chain";
    StepArg arg = StepArg::None;
    if (rt::stepTakesOperand(*op)) {
      StringRef name;
      SMLoc at = parser.getCurrentLocation();
      if (succeeded(parser.parseOptionalKeyword(&name))) {
        const auto *found = llvm::find_if(kArgs, [&](auto &entry) { return entry.second == name; });
        if (found == std::end(kArgs))
          return parser.emitError(at) << "'" << name
                                      << "' is no operand; s0, s1, s2, t0, t1, row, col, scalar or a number";
        arg = found->first;
      } else {
        float value = 0;
        if (parseFloat(parser, value))
          return failure();
        arg = constantArg(constants, value);
      }
    }
    steps.push_back({*op, arg});
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::OptionalLessGreater, item))
    return {};
  MLIRContext *context = parser.getContext();
  return ChainAttr::getChecked([&] { return parser.emitError(parser.getNameLoc()); }, context, ArrayRef<Step>(steps),
                               DenseF32ArrayAttr::get(context, constants), integer, reduction, reduceRows);
}

LogicalResult ChainAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<Step> steps,
                                DenseF32ArrayAttr constants, bool, Reduction, bool) {
  if (steps.size() > rt::Chain::kMaxSteps)
    return emitError() << steps.size() << " steps; a chain has at most " << rt::Chain::kMaxSteps;
  if (constants.size() > rt::Chain::kMaxConstants)
    return emitError() << constants.size() << " constants; a chain has at most " << rt::Chain::kMaxConstants;
  return success();
}

} // namespace garam::tile
