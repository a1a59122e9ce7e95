#include "tests/twin/programs/Order.h"

#include <algorithm>

namespace garam::twin {

std::pair<Area, int> Order::keyOf(const Stream &stream, const Access &access) {
  bool local = access.area == Area::L1 || access.area == Area::Acc;
  return {access.area, local && access.home == kThisCore ? stream.core : access.home};
}

bool Order::harmless(const Touch &earlier, const Stream &stream, const Access &access) const {
  if (!earlier.write && !access.write)
    return true;
  if (earlier.number <= knows(stream, earlier.stream))
    return true;
  if (earlier.stream.core != stream.core)
    return false;
  // What the sequencer read before it issued this.
  if (earlier.stream.engine == rt::Engine::Seq)
    return true;
  if (earlier.stream.engine != stream.engine)
    return false;
  // One engine: sources are read at the start, results appear at completion, both in order. Only reading what is not
  // written yet is a race, and the vector engine holds one instruction at a time.
  return !earlier.write || access.write ? earlier.sums == access.sums || !earlier.write
                                        : stream.engine == rt::Engine::Vector;
}

std::vector<Stream> Order::needs(const Stream &stream, const std::vector<Access> &accesses) const {
  std::vector<Stream> found;
  for (const Access &access : accesses) {
    auto list = touched.find(keyOf(stream, access));
    if (list == touched.end())
      continue;
    int64_t low = access.low + access.perCore * stream.core, high = access.high + access.perCore * stream.core;
    for (const Touch &touch : list->second) {
      if (touch.high <= low || touch.low >= high || harmless(touch, stream, access))
        continue;
      if (std::none_of(found.begin(), found.end(), [&](const Stream &s) { return at(s) == at(touch.stream); }))
        found.push_back(touch.stream);
    }
  }
  return found;
}

void Order::add(const Stream &stream, const std::vector<Access> &accesses) {
  int number = ++counts[at(stream)];
  for (const Access &access : accesses)
    touched[keyOf(stream, access)].push_back({access.low + access.perCore * stream.core,
                                              access.high + access.perCore * stream.core, access.write, access.sums,
                                              stream, number});
}

void Order::learnAll() {
  for (size_t a = 0; a < counts.size(); ++a)
    for (size_t b = 0; b < counts.size(); ++b)
      known[a * counts.size() + b] = counts[b];
  touched.clear();
}

} // namespace garam::twin
