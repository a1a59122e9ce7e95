// Assembler text of one instruction, and back.
#include "runtime/Error.h"
#include "runtime/isa/Isa.h"

#include <charconv>

namespace garam::rt {

static void appendToken(std::string &out, const char *key, const Token &token) {
  if (!token.valid)
    return;
  fmt::format_to(std::back_inserter(out), " {}={}{}", key, token.remote ? "remote:" : "", token.semaphore);
  if (token.count != 1)
    fmt::format_to(std::back_inserter(out), "*{}", token.count);
}

std::string print(const Insn &insn) {
  const InsnInfo &record = info(insn);
  std::string out(record.mnemonic);
  for (size_t i = 0; i < record.fields.size(); ++i)
    fmt::format_to(std::back_inserter(out), " {}={}{}", record.fields[i].name, insn.isReg(int(i)) ? "r" : "",
                   insn.slots[i]);
  for (const Token &token : insn.waits)
    appendToken(out, "wait", token);
  for (const Token &token : insn.signals)
    appendToken(out, "signal", token);
  return out;
}

static int64_t number(std::string_view where, std::string_view key, std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw inputError(where, fmt::format("`{}={}` is not a number", key, text), "allowed: a decimal integer");
  return value;
}

static Token parseToken(std::string_view where, std::string_view key, std::string_view text) {
  Token token{true, false, 0, 1};
  if (text.starts_with("remote:")) {
    token.remote = true;
    text.remove_prefix(7);
  }
  size_t star = text.find('*');
  int64_t semaphore = number(where, key, text.substr(0, star));
  int64_t count = star == text.npos ? 1 : number(where, key, text.substr(star + 1));
  if (semaphore < 0 || semaphore >= kSemaphores || count < 1 || count > kMaxTokens)
    throw inputError(where, fmt::format("`{}={}` is out of range", key, text),
                     "allowed: semaphore 0 to 63, count 1 to 63");
  token.semaphore = uint8_t(semaphore);
  token.count = uint8_t(count);
  return token;
}

static void addToken(std::array<Token, 2> &tokens, std::string_view where, std::string_view key,
                     std::string_view text) {
  Token token = parseToken(where, key, text);
  for (Token &place : tokens)
    if (!place.valid) {
      place = token;
      return;
    }
  throw inputError(where, fmt::format("a third `{}`", key), "allowed: two");
}

static std::string fields(const InsnInfo &record) {
  std::string names;
  for (const FieldInfo &field : record.fields)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", field.name);
  return names.empty() ? "none" : names;
}

Insn parse(std::string_view text) {
  auto nextWord = [&] {
    size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos)
      return std::string_view();
    text.remove_prefix(begin);
    std::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    return word;
  };
  std::string_view mnemonic = nextWord();
  const InsnInfo *record = find(mnemonic);
  if (!record)
    throw inputError("instruction", fmt::format("`{}` is unknown", mnemonic),
                     "see the instruction manual for what there is");
  Insn insn;
  insn.opcode = record->opcode;
  std::array<bool, kSlots> seen{};
  for (std::string_view word = nextWord(); !word.empty(); word = nextWord()) {
    size_t equals = word.find('=');
    if (equals == word.npos)
      throw inputError(mnemonic, fmt::format("`{}` is not a field", word), "allowed: key=value");
    std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    if (key == "wait" || key == "signal") {
      addToken(key == "wait" ? insn.waits : insn.signals, mnemonic, key, value);
      continue;
    }
    int slot = -1;
    for (size_t i = 0; i < record->fields.size(); ++i)
      if (record->fields[i].name == key)
        slot = int(i);
    if (slot < 0)
      throw inputError(mnemonic, fmt::format("no field `{}`", key), "allowed: " + fields(*record));
    if (seen[slot])
      throw inputError(mnemonic, fmt::format("field `{}` twice", key), "allowed: each field once");
    seen[slot] = true;
    if (value.starts_with('r')) {
      insn.regs |= uint16_t(1 << slot);
      value.remove_prefix(1);
    }
    int64_t parsed = number(mnemonic, key, value);
    if (parsed < INT32_MIN || parsed > INT32_MAX)
      throw inputError(mnemonic, fmt::format("field `{}` is {}", key, parsed), "allowed: 32 bits, signed");
    insn.slots[slot] = int32_t(parsed);
  }
  for (size_t i = 0; i < record->fields.size(); ++i)
    if (!seen[i])
      throw inputError(mnemonic, fmt::format("field `{}` is missing", record->fields[i].name),
                       "needed: " + fields(*record));
  verify(insn);
  return insn;
}

} // namespace garam::rt
