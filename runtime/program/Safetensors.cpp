#include "runtime/program/Safetensors.h"

#include "runtime/Error.h"
#include "runtime/program/Sha256.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace garam::rt {
namespace {

struct FileType {
  std::string_view name;
  int bytes;
  std::optional<DType> dtype;
};
constexpr FileType kTypes[] = {
    {"BOOL", 1, DType::I1},        {"U8", 1, {}},          {"I8", 1, DType::I8}, {"F8_E4M3", 1, DType::F8E4M3},
    {"F8_E5M2", 1, DType::F8E5M2}, {"I16", 2, {}},         {"U16", 2, {}},       {"F16", 2, DType::F16},
    {"BF16", 2, DType::BF16},      {"I32", 4, DType::I32}, {"U32", 4, {}},       {"F32", 4, DType::F32},
    {"I64", 8, DType::I64},        {"U64", 8, {}},         {"F64", 8, {}}};

constexpr uint64_t kHeaderLimit = 100'000'000; // the format's own

/// A reader of the JSON that a header may hold.
class Header {
public:
  Header(std::string_view text, const std::string &where) : text(text), where(where) {}

  [[noreturn]] void fail(std::string_view what, std::string_view allowed = "a safetensors header") const {
    throw inputError(where, fmt::format("header byte {}: {}", at, what), allowed);
  }
  void space() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
      ++at;
  }
  bool eat(char c) {
    space();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!eat(c))
      fail(fmt::format("no `{}`", c));
  }
  bool atEnd() {
    space();
    return at == text.size();
  }

  std::string string() {
    expect('"');
    std::string out;
    while (at < text.size() && text[at] != '"') {
      auto c = static_cast<unsigned char>(text[at++]);
      if (c < 0x20)
        fail("a control character in a string");
      if (c != '\\') {
        out += char(c);
        continue;
      }
      if (at >= text.size())
        break;
      escape(out);
    }
    expect('"');
    return out;
  }

  uint64_t number() {
    space();
    size_t first = at;
    uint64_t value = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      if (value > (uint64_t(1) << 60) / 10)
        fail("a number is too large");
      value = value * 10 + uint64_t(text[at++] - '0');
    }
    if (at == first || (at - first > 1 && text[first] == '0') ||
        (at < text.size() && std::string_view(".eE+-").find(text[at]) != std::string_view::npos))
      fail("no whole number");
    return value;
  }

  std::vector<uint64_t> numbers() {
    std::vector<uint64_t> out;
    expect('[');
    if (eat(']'))
      return out;
    do
      out.push_back(number());
    while (eat(','));
    expect(']');
    return out;
  }

  /// The texts of `__metadata__`, unused.
  void texts() {
    expect('{');
    if (eat('}'))
      return;
    do {
      string();
      expect(':');
      string();
    } while (eat(','));
    expect('}');
  }

private:
  void escape(std::string &out) {
    char c = text[at++];
    static constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    if (size_t found = kFrom.find(c); found != std::string_view::npos) {
      out += kTo[found];
      return;
    }
    if (c != 'u' || text.size() - at < 4)
      fail("an unknown escape in a string");
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      char h = text[at++];
      int digit = h >= '0' && h <= '9'   ? h - '0'
                  : h >= 'a' && h <= 'f' ? h - 'a' + 10
                  : h >= 'A' && h <= 'F' ? h - 'A' + 10
                                         : -1;
      if (digit < 0)
        fail("an unknown escape in a string");
      code = code * 16 + unsigned(digit);
    }
    if (code < 0x80) {
      out += char(code);
    } else if (code < 0x800) {
      out += {char(0xc0 | code >> 6), char(0x80 | (code & 63))};
    } else {
      out += {char(0xe0 | code >> 12), char(0x80 | (code >> 6 & 63)), char(0x80 | (code & 63))};
    }
  }

  std::string_view text;
  const std::string &where;
  size_t at = 0;
};

SafetensorsEntry parseEntry(Header &header, const std::string &where, const std::string &name,
                            std::span<const uint8_t> data) {
  SafetensorsEntry entry;
  std::vector<uint64_t> shape, offsets;
  bool sawShape = false;
  header.expect('{');
  do {
    std::string key = header.string();
    header.expect(':');
    if (key == "dtype")
      entry.typeName = header.string();
    else if (key == "shape")
      shape = header.numbers(), sawShape = true;
    else if (key == "data_offsets")
      offsets = header.numbers();
    else
      header.fail(fmt::format("unknown key `{}`", key), "allowed: dtype, shape, data_offsets");
  } while (header.eat(','));
  header.expect('}');

  auto bad = [&](std::string_view what, std::string_view allowed) {
    throw inputError(where, fmt::format("tensor `{}` {}", name, what), allowed);
  };
  const FileType *type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const FileType &t) { return t.name == entry.typeName; });
  if (type == std::end(kTypes))
    bad(fmt::format("has the unknown type `{}`", entry.typeName), "a type of the format");
  if (!sawShape || offsets.size() != 2)
    bad("lacks its shape or its two offsets", "dtype, shape, data_offsets");
  entry.dtype = type->dtype;
  uint64_t bytes = uint64_t(type->bytes);
  for (uint64_t size : shape) {
    if (size && bytes > (uint64_t(1) << 60) / size)
      bad("has an absurd shape", "at most the file's size");
    bytes *= size;
    entry.shape.push_back(int64_t(size));
  }
  if (offsets[0] > offsets[1] || offsets[1] > data.size() || offsets[1] - offsets[0] != bytes)
    bad(fmt::format("lies at bytes {} to {}", offsets[0], offsets[1]),
        fmt::format("{} bytes within the {} of the file's data", bytes, data.size()));
  entry.bytes = data.subspan(offsets[0], bytes);
  return entry;
}

} // namespace

std::map<std::string, SafetensorsEntry, std::less<>> parseSafetensors(std::span<const uint8_t> bytes,
                                                                      const std::string &where) {
  uint64_t length = 0;
  if (bytes.size() < 8)
    throw inputError(where, "too short for a safetensors file", "8 bytes of length, a header, data");
  for (int i = 7; i >= 0; --i)
    length = length << 8 | bytes[size_t(i)];
  if (length > kHeaderLimit || length > bytes.size() - 8)
    throw inputError(where, fmt::format("a header of {} bytes", length),
                     fmt::format("at most {}", std::min<uint64_t>(kHeaderLimit, bytes.size() - 8)));
  std::span<const uint8_t> data = bytes.subspan(8 + length);
  Header header({reinterpret_cast<const char *>(bytes.data()) + 8, length}, where);
  std::map<std::string, SafetensorsEntry, std::less<>> entries;
  header.expect('{');
  if (!header.eat('}')) {
    do {
      std::string name = header.string();
      header.expect(':');
      if (name == "__metadata__")
        header.texts();
      else if (!entries.emplace(name, parseEntry(header, where, name, data)).second)
        header.fail(fmt::format("tensor `{}` occurs twice", name), "each name once");
    } while (header.eat(','));
    header.expect('}');
  }
  if (!header.atEnd())
    header.fail("text after the header");
  return entries;
}

SafetensorsFile::SafetensorsFile(const std::string &path) : name(path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    int reason = errno;
    if (file >= 0)
      close(file);
    throw inputError(path, file < 0 ? std::strerror(reason) : "not a regular file", "a safetensors file");
  }
  if (status.st_size > 0) {
    void *data = mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (data == MAP_FAILED)
      throw inputError(path, "cannot be mapped", "a safetensors file");
    mapped = {static_cast<const uint8_t *>(data), size_t(status.st_size)};
  } else {
    close(file);
  }
  try {
    entries = parseSafetensors(mapped, path);
  } catch (...) {
    if (!mapped.empty())
      munmap(const_cast<uint8_t *>(mapped.data()), mapped.size());
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() {
  if (!mapped.empty())
    munmap(const_cast<uint8_t *>(mapped.data()), mapped.size());
}

const SafetensorsEntry &SafetensorsFile::find(std::string_view tensor) const {
  auto found = entries.find(tensor);
  if (found == entries.end())
    throw inputError(name, fmt::format("no tensor `{}`", tensor), fmt::format("it holds {} tensors", entries.size()));
  return found->second;
}

const std::string &SafetensorsFile::digest(std::string_view tensor) const {
  const SafetensorsEntry &entry = find(tensor);
  auto [found, added] = digests.try_emplace(std::string(tensor));
  if (added) {
    found->second = sha256(entry.bytes);
    release(entry);
  }
  return found->second;
}

void SafetensorsFile::release(const SafetensorsEntry &entry) const {
  const auto page = uintptr_t(sysconf(_SC_PAGESIZE));
  const auto first = uintptr_t(entry.bytes.data()) / page * page;
  const auto last = uintptr_t(entry.bytes.data()) + entry.bytes.size();
  madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED);
}

} // namespace garam::rt
