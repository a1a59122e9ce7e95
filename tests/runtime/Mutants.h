// Damage done to files: seeded, so that a failure repeats. What comes of it is an error of one line, or something that
// works.
#pragma once

#include "runtime/Error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace garam::test {

/// How many mutants a test makes: all of them in the long run (`scripts/test.sh --long`).
inline int mutants(int quick, int all) {
  const char *asked = std::getenv("GARAM_LONG");
  return asked && std::string_view(asked) == "1" ? all : quick;
}

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  uint64_t bits() { return engine(); }
  size_t below(size_t count) { return size_t(engine() % count); }
  bool chance(int inverse) { return engine() % uint64_t(inverse) == 0; }
  template <class T> const T &of(const std::vector<T> &list) { return list[below(list.size())]; }

  /// Numbers at which arithmetic breaks, and small ones.
  int64_t number() {
    static const std::vector<int64_t> kEdges{0,
                                             1,
                                             -1,
                                             2,
                                             3,
                                             7,
                                             63,
                                             64,
                                             255,
                                             256,
                                             4096,
                                             INT32_MAX,
                                             INT32_MIN,
                                             INT64_MAX,
                                             INT64_MIN,
                                             int64_t(1) << 40,
                                             int64_t(1) << 48,
                                             -(int64_t(1) << 40),
                                             int64_t(UINT32_MAX)};
    if (chance(3))
      return int64_t(bits() >> below(64));
    return int64_t(uint64_t(of(kEdges)) + (chance(4) ? below(3) : 1) - 1);
  }

private:
  std::mt19937_64 engine;
};

/// Flipped bits, other bytes, cut and copied stretches.
template <class Bytes> void damage(Bytes &bytes, Random &random) {
  using Byte = typename Bytes::value_type;
  for (size_t edits = 1 + random.below(4); edits; --edits) {
    if (bytes.empty())
      bytes.push_back(Byte(' '));
    auto at = bytes.begin() + std::ptrdiff_t(random.below(bytes.size()));
    auto stretch = [&] {
      return std::ptrdiff_t(random.below(size_t(std::min<std::ptrdiff_t>(bytes.end() - at, 40)) + 1));
    };
    switch (random.below(6)) {
    case 0:
      *at = Byte(*at ^ (1 << random.below(8)));
      break;
    case 1:
      *at = Byte(random.bits());
      break;
    case 2:
      bytes.erase(at, at + stretch());
      break;
    case 3: {
      Bytes copied(at, at + stretch());
      bytes.insert(bytes.begin() + std::ptrdiff_t(random.below(bytes.size() + 1)), copied.begin(), copied.end());
      break;
    }
    case 4:
      *at = Byte("0123456789.=[]{}\",:-e\n"[random.below(22)]);
      break;
    default:
      if (random.chance(4))
        bytes.erase(at, bytes.end());
    }
  }
}

/// Lines swapped, dropped, doubled and moved, and other numbers behind `=` or `:`.
inline void damageLines(std::string &text, Random &random) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  for (size_t edits = 1 + random.below(3); edits && !lines.empty(); --edits) {
    size_t a = random.below(lines.size()), b = random.below(lines.size());
    switch (random.below(6)) {
    case 0:
      std::swap(lines[a], lines[b]);
      break;
    case 1:
      lines.erase(lines.begin() + std::ptrdiff_t(a));
      break;
    case 2:
      lines.insert(lines.begin() + std::ptrdiff_t(b), std::string(lines[a]));
      break;
    default: {
      size_t sign = lines[a].find_first_of("=:");
      static const std::vector<std::string> kValues{"true", "\"\"", "[]",   "{}",  "1e400", "-0.0",
                                                    "nan",  "inf",  "0x7f", "1.5", "null",  "\"hbm\""};
      if (sign != std::string::npos)
        lines[a] = lines[a].substr(0, sign + 1) + " " +
                   (random.chance(3) ? random.of(kValues) : std::to_string(random.number())) +
                   (lines[a].ends_with(",") ? "," : "");
    }
    }
  }
  text.clear();
  for (const std::string &line : lines)
    text += line + "\n";
}

/// `WHERE: WHAT; ALLOWED` in one line.
inline void expectOneLine(const std::string &message) {
  size_t what = message.find(": "), allowed = message.find("; ", what);
  EXPECT_TRUE(what != 0 && what != message.npos && allowed != message.npos && allowed + 2 < message.size()) << message;
  EXPECT_EQ(message.find('\n'), message.npos) << message;
}
inline void expectRefusal(const rt::Error &error) {
  EXPECT_EQ(error.kind, rt::ErrorKind::Input) << error.what();
  expectOneLine(error.what());
}

} // namespace garam::test
