// The semaphores of a core: rules Y1 to Y3.
#pragma once

#include "runtime/Error.h"
#include "runtime/isa/Isa.h"

#include "tests/twin/units/Clock.h"

#include <array>
#include <cstdint>
#include <vector>

namespace garam::twin {

class Semaphores {
public:
  struct Change {
    int64_t cycle;
    int semaphore, change, tokens;
  };
  std::vector<Change> history;

  void reset(const std::vector<uint8_t> &initial, uint32_t nextLaunch) {
    for (size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = initial[i];
    due.clear();
    launch = nextLaunch;
  }
  /// Tokens of a signal that add in a cycle. Those of another launch are lost (L3).
  void addAt(int64_t cycle, const rt::Token &token, uint32_t ofLaunch) {
    due.push_back({cycle, token.semaphore, token.count, ofLaunch});
  }
  void tick(int64_t t) {
    now = t;
    for (size_t i = 0; i < due.size();) {
      if (due[i].cycle > t) {
        ++i;
        continue;
      }
      if (due[i].launch == launch)
        change(due[i].semaphore, due[i].count);
      else
        cite(Rule::L3);
      due.erase(due.begin() + long(i));
    }
  }
  bool has(const std::array<rt::Token, 2> &waits) const {
    for (const rt::Token &wait : waits)
      if (wait.valid && tokens[wait.semaphore] < wait.count)
        return false;
    return true;
  }
  /// Takes the tokens of both waits if they are all there (Y3).
  bool take(const std::array<rt::Token, 2> &waits) {
    if (!has(waits))
      return false;
    for (const rt::Token &wait : waits)
      if (wait.valid)
        change(wait.semaphore, -int(wait.count));
    return true;
  }

private:
  struct Due {
    int64_t cycle;
    int semaphore, count;
    uint32_t launch;
  };
  std::array<int, rt::kSemaphores> tokens{};
  std::vector<Due> due;
  uint32_t launch = 0;
  int64_t now = 0;

  void change(int semaphore, int by) {
    tokens[size_t(semaphore)] += by;
    if (tokens[size_t(semaphore)] > rt::kMaxTokens)
      throw rt::Error(rt::ErrorKind::Undefined, "twin", "a semaphore holds more than 63 tokens");
    history.push_back({now, semaphore, by, tokens[size_t(semaphore)]});
  }
};

} // namespace garam::twin
