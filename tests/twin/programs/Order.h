// What is known to come before what while a program is written down, and which bytes were touched by whom: the
// happens-before that makes a random program free of races. What an engine knows of another is the number of that
// engine's instructions that have completed before the engine's next one starts.
#pragma once

#include "tests/twin/programs/Plan.h"

#include <map>
#include <utility>
#include <vector>

namespace garam::twin {

inline constexpr int kStreams = rt::kEngines; ///< of a core: the sequencer and its engines

struct Stream {
  int core;
  rt::Engine engine;
};

class Order {
public:
  explicit Order(int cores) : cores(cores), counts(size_t(cores * kStreams)), known(counts.size() * counts.size()) {}

  /// Streams that must have come further before an instruction of `stream` with these accesses may start.
  std::vector<Stream> needs(const Stream &stream, const std::vector<Access> &accesses) const;
  /// Notes an instruction and its accesses.
  void add(const Stream &stream, const std::vector<Access> &accesses);
  /// The next instruction of `waiter` starts after all that `signaller` has been given so far.
  void learn(const Stream &waiter, const Stream &signaller) { knows(waiter, signaller) = counts[at(signaller)]; }
  /// Everything given so far has completed before whatever follows on any core.
  void learnAll();

  using Knowledge = std::vector<int>;
  const Knowledge &knowledge() const { return known; }
  void forgetTo(const Knowledge &before) { known = before; }

private:
  struct Touch {
    int64_t low, high;
    bool write, sums;
    Stream stream;
    int number;
  };
  const int cores;
  std::vector<int> counts;
  Knowledge known;
  std::map<std::pair<Area, int>, std::vector<Touch>> touched;

  static size_t at(const Stream &stream) { return size_t(stream.core * kStreams + int(stream.engine)); }
  int &knows(const Stream &a, const Stream &b) { return known[at(a) * counts.size() + at(b)]; }
  int knows(const Stream &a, const Stream &b) const { return known[at(a) * counts.size() + at(b)]; }
  bool harmless(const Touch &earlier, const Stream &stream, const Access &access) const;
  static std::pair<Area, int> keyOf(const Stream &stream, const Access &access);
};

} // namespace garam::twin
