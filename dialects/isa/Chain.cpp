// #isa.chain: text and checks.
#include "dialects/isa/Isa.h"

#include "dialects/FloatText.h"
#include "dialects/tile/Tile.h"

#include <bit>

using namespace mlir;
using namespace garam;
using garam::rt::ChainOperand;
using garam::rt::Reduction;
using garam::rt::Step;
using garam::rt::StepArg;

llvm::hash_code garam::rt::hash_value(const Chain &chain) {
  llvm::hash_code hash = llvm::hash_combine(chain.integer, chain.reduction, chain.reduceRows, chain.dst.type,
                                            chain.dst.present, chain.dst.perRow);
  for (const ChainOperand &source : chain.sources)
    hash = llvm::hash_combine(hash, source.type, source.present, source.perRow);
  for (const Step &step : chain.steps)
    hash = llvm::hash_combine(hash, step.op, step.arg);
  for (float constant : chain.constants)
    hash = llvm::hash_combine(hash, std::bit_cast<uint32_t>(constant));
  return hash;
}

static constexpr StringLiteral kPlaces[] = {"s0", "s1", "s2", "dst"};
static constexpr StringLiteral kReductions[] = {"none", "sum", "max", "min"};
static constexpr std::pair<StepArg, StringLiteral> kArgs[] = {
    {StepArg::S0, "s0"}, {StepArg::S1, "s1"},   {StepArg::S2, "s2"},   {StepArg::T0, "t0"},
    {StepArg::T1, "t1"}, {StepArg::Row, "row"}, {StepArg::Col, "col"}, {StepArg::Scalar, "scalar"}};

void isa::ChainAttr::print(AsmPrinter &printer) const {
  const rt::Chain chain = getChain();
  StringRef separator = "";
  auto item = [&]() -> AsmPrinter & {
    printer << std::exchange(separator, ", ");
    return printer;
  };
  printer << "<";
  for (auto [index, place] : llvm::enumerate(kPlaces)) {
    const ChainOperand &operand = index < 3 ? chain.sources[index] : chain.dst;
    if (operand == ChainOperand{})
      continue;
    item() << (operand.present ? "" : "absent ") << place << " " << isa::typeOf(getContext(), operand.type)
           << (operand.perRow ? " row" : "");
  }
  if (chain.integer)
    item() << "integer";
  for (const Step &step : chain.steps) {
    item() << tile::stepName(step.op);
    if (step.arg == StepArg::None)
      continue;
    if (step.arg >= StepArg::Const0)
      printer << " c" << int(step.arg) - int(StepArg::Const0);
    else
      printer << " " << llvm::find_if(kArgs, [&](auto &entry) { return entry.first == step.arg; })->second;
  }
  if (chain.reduction != Reduction::None || chain.reduceRows)
    item() << "reduce " << kReductions[int(chain.reduction)] << (chain.reduceRows ? " rows" : " columns");
  if (!chain.constants.empty()) {
    item() << "constants [";
    llvm::interleaveComma(chain.constants, printer, [&](float constant) { printFloat(printer, constant); });
    printer << "]";
  }
  printer << ">";
}

namespace {

class Reader {
public:
  explicit Reader(AsmParser &parser) : parser(parser) {}
  rt::Chain chain;

  ParseResult item() {
    SMLoc loc = parser.getCurrentLocation();
    StringRef word;
    if (parser.parseKeyword(&word))
      return failure();
    bool absent = word == "absent";
    if (absent && parser.parseKeyword(&word))
      return failure();
    if (const auto *place = llvm::find(kPlaces, word); place != std::end(kPlaces))
      return operand(place == kPlaces + 3 ? chain.dst : chain.sources[place - kPlaces], !absent);
    if (word == "integer") {
      chain.integer = true;
      return success();
    }
    if (word == "reduce")
      return reduction();
    if (word == "constants")
      return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                            [&] { return parseFloat(parser, chain.constants.emplace_back()); });
    std::optional<rt::StepOp> op = tile::stepFromName(word);
    if (!op)
      return parser.emitError(loc) << "'" << word << "' is no step of a chain";
    return step(*op);
  }

private:
  AsmParser &parser;

  ParseResult operand(ChainOperand &operand, bool present) {
    Type type;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseType(type))
      return failure();
    std::optional<rt::DType> dtype = isa::dtypeOf(type);
    if (!dtype)
      return parser.emitError(loc) << type << " is no element type";
    operand = {*dtype, present, succeeded(parser.parseOptionalKeyword("row"))};
    return success();
  }

  ParseResult reduction() {
    SMLoc loc = parser.getCurrentLocation();
    StringRef kind, axis;
    if (parser.parseKeyword(&kind) || parser.parseKeyword(&axis))
      return failure();
    const StringLiteral *found = llvm::find(kReductions, kind);
    if (found == std::end(kReductions) || (axis != "rows" && axis != "columns"))
      return parser.emitError(loc, "a reduction is none, sum, max or min, then rows or columns");
    chain.reduction = Reduction(found - kReductions);
    chain.reduceRows = axis == "rows";
    return success();
  }

  ParseResult step(rt::StepOp op) {
    StepArg arg = StepArg::None;
    if (rt::stepTakesOperand(op)) {
      SMLoc loc = parser.getCurrentLocation();
      StringRef word;
      unsigned number;
      if (parser.parseKeyword(&word))
        return failure();
      const auto *found = llvm::find_if(kArgs, [&](auto &entry) { return entry.second == word; });
      if (found != std::end(kArgs))
        arg = found->first;
      else if (word.consume_front("c") && !word.getAsInteger(10, number) && number < rt::Chain::kMaxConstants)
        arg = StepArg(int(StepArg::Const0) + int(number));
      else
        return parser.emitError(loc, "an operand is s0, s1, s2, t0, t1, row, col, scalar, or c0 to c7");
    }
    chain.steps.push_back({op, arg});
    return success();
  }
};

} // namespace

Attribute isa::ChainAttr::parse(AsmParser &parser, Type) {
  Reader reader(parser);
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, [&] { return reader.item(); }))
    return {};
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(), reader.chain);
}

LogicalResult isa::ChainAttr::verify(function_ref<InFlightDiagnostic()> emitError, rt::Chain chain) {
  if (chain.steps.size() > rt::Chain::kMaxSteps)
    return emitError() << chain.steps.size() << " steps; a chain has at most " << rt::Chain::kMaxSteps;
  if (chain.constants.size() > rt::Chain::kMaxConstants)
    return emitError() << chain.constants.size() << " constants; a chain has at most " << rt::Chain::kMaxConstants;
  for (const Step &step : chain.steps)
    if (step.arg >= StepArg::Const0 && size_t(step.arg) - size_t(StepArg::Const0) >= chain.constants.size())
      return emitError() << "a step names constant c" << int(step.arg) - int(StepArg::Const0) << ", of "
                         << chain.constants.size();
  return success();
}
