// Instructions as ops: attributes and text. The text is the assembler's, with `_` for the `.` of a mnemonic.
#include "dialects/isa/Isa.h"

#include "runtime/Error.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace garam;

namespace {

struct Record {
  const rt::InsnInfo *info;
  SmallVector<StringRef> keys; ///< fields, then wait and signal
};

/// Op names to records, made once.
const llvm::StringMap<Record> &records() {
  static const llvm::StringMap<Record> table = [] {
    llvm::StringMap<Record> made;
    for (const rt::InsnInfo &info : rt::instructions()) {
      std::string name = "isa." + std::string(info.mnemonic);
      std::replace(name.begin() + 4, name.end(), '.', '_');
      Record &record = made[name];
      record.info = &info;
      for (const rt::FieldInfo &field : info.fields)
        record.keys.push_back(field.name);
      record.keys.append({"wait", "signal"});
    }
    return made;
  }();
  return table;
}

const Record *recordOf(StringRef opName) {
  auto found = records().find(opName);
  return found == records().end() ? nullptr : &found->second;
}

// Tokens as in the instruction word: bit 15 valid, bit 14 remote, bits 11-6 count - 1, bits 5-0 semaphore.
int32_t encode(const rt::Token &token) {
  return 1 << 15 | token.remote << 14 | (token.count - 1) << 6 | token.semaphore;
}
rt::Token decode(int32_t bits) {
  return {true, bool(bits >> 14 & 1), uint8_t(bits & 63), uint8_t((bits >> 6 & 63) + 1)};
}

SmallVector<int32_t> encode(const std::array<rt::Token, 2> &tokens) {
  SmallVector<int32_t> bits;
  for (const rt::Token &token : tokens)
    if (token.valid)
      bits.push_back(encode(token));
  return bits;
}

} // namespace

bool isa::isInsn(Operation *op) { return recordOf(op->getName().getStringRef()); }

std::optional<rt::Insn> isa::insnOf(Operation *op) {
  const Record *record = recordOf(op->getName().getStringRef());
  auto slots = op->getAttrOfType<DenseI32ArrayAttr>("slots");
  auto regs = op->getAttrOfType<IntegerAttr>("regs");
  auto waits = op->getAttrOfType<DenseI32ArrayAttr>("waits"), signals = op->getAttrOfType<DenseI32ArrayAttr>("signals");
  if (!record || !slots || !regs || !waits || !signals || slots.size() != int64_t(record->info->fields.size()) ||
      waits.size() > 2 || signals.size() > 2 || !llvm::isUInt<rt::kSlots>(regs.getInt()))
    return std::nullopt;
  rt::Insn insn;
  insn.opcode = record->info->opcode;
  insn.regs = uint16_t(regs.getInt());
  llvm::copy(slots.asArrayRef(), insn.slots.begin());
  for (auto [token, word] : llvm::zip(insn.waits, waits.asArrayRef()))
    token = decode(word);
  for (auto [token, word] : llvm::zip(insn.signals, signals.asArrayRef()))
    token = decode(word);
  return insn;
}

void isa::fill(OperationState &state, const rt::Insn &insn) {
  Builder builder(state.getContext());
  auto slots = ArrayRef(insn.slots).take_front(rt::info(insn).fields.size());
  state.addAttribute("slots", builder.getDenseI32ArrayAttr(slots));
  state.addAttribute("regs", builder.getI32IntegerAttr(insn.regs));
  state.addAttribute("waits", builder.getDenseI32ArrayAttr(encode(insn.waits)));
  state.addAttribute("signals", builder.getDenseI32ArrayAttr(encode(insn.signals)));
}

Operation *isa::createInsn(OpBuilder &builder, Location loc, const rt::Insn &insn) {
  std::string name = "isa." + std::string(rt::info(insn).mnemonic);
  std::replace(name.begin() + 4, name.end(), '.', '_');
  OperationState state(loc, name);
  fill(state, insn);
  return builder.create(state);
}

/// The fields are gathered as the assembler's text, which rt::parse reads and checks.
ParseResult isa::parseInsn(OpAsmParser &parser, OperationState &result) {
  const Record *record = recordOf(result.name.getStringRef());
  SMLoc begin = parser.getCurrentLocation();
  std::string text(record->info->mnemonic);
  StringRef key;
  auto integer = [&]() -> ParseResult {
    int64_t value;
    if (parser.parseInteger(value))
      return failure();
    text += std::to_string(value);
    return success();
  };
  while (succeeded(parser.parseOptionalKeyword(&key, record->keys))) {
    text += ' ';
    text += key;
    text += '=';
    StringRef word;
    if (parser.parseEqual())
      return failure();
    if (succeeded(parser.parseOptionalKeyword(&word))) {
      text += word;
      if (word != "remote")
        continue;
      text += ":";
      if (parser.parseColon())
        return failure();
    }
    if (integer())
      return failure();
    if (succeeded(parser.parseOptionalStar())) {
      text += "*";
      if (integer())
        return failure();
    }
  }
  if (parser.parseOptionalAttrDict(result.attributes))
    return failure();
  try {
    fill(result, rt::parse(text));
  } catch (const rt::Error &error) {
    return parser.emitError(begin, error.what());
  }
  return success();
}

void isa::printInsn(OpAsmPrinter &printer, Operation *op) {
  if (std::optional<rt::Insn> insn = insnOf(op)) {
    std::string text = rt::print(*insn);
    size_t space = text.find(' ');
    if (space != std::string::npos)
      printer << StringRef(text).drop_front(space);
  }
  printer.printOptionalAttrDict(op->getAttrs(), {"slots", "regs", "waits", "signals"});
}

LogicalResult isa::verifyInsn(Operation *op) {
  std::optional<rt::Insn> insn = insnOf(op);
  if (!insn)
    return op->emitOpError() << "slots, regs, waits and signals do not have the sizes of the record";
  try {
    rt::verify(*insn);
  } catch (const rt::Error &error) {
    return op->emitOpError() << error.what();
  }
  return success();
}
