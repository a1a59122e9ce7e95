// The vector engine: rules V1 to V3.
#pragma once

#include "sim/insns/Insns.h"
#include "tests/twin/units/Engine.h"

namespace garam::twin {

class VectorEngine : public Engine {
public:
  using Engine::Engine;
  void tick(int64_t t) override;
  uint8_t causeNow(int64_t t) const override;
  /// The second half of a cycle: makes its step if its banks are free (A3).
  void access(TakenBanks &taken, int64_t t);

private:
  OpPtr current;
  Steps steps;
  size_t next = 0;
  int64_t rest = 0, endAt = -1;
  std::optional<rt::Stall> refused;
  sim::insns::Result result;

  void begin(int64_t t);
};

} // namespace garam::twin
