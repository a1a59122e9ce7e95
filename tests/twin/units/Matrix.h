// The matrix engine: rules X1 to X4.
#pragma once

#include "sim/insns/Insns.h"
#include "tests/twin/units/Engine.h"

namespace garam::twin {

class MatrixEngine : public Engine {
public:
  using Engine::Engine;
  void tick(int64_t t) override;
  uint8_t causeNow(int64_t t) const override;
  void access(TakenBanks &taken, int64_t t);

private:
  struct Stage {
    OpPtr op;
    Steps steps;
    size_t next = 0;
    bool over() const { return next == steps.size(); }
  };
  struct Draining {
    OpPtr op;
    int64_t until;
  };
  Stage preload, stream;
  Steps streamNext; ///< of the instruction in preload
  int64_t drainNext = 0, drain = 0;
  std::deque<Draining> draining;
  bool refused = false;
  sim::insns::Result result;

  void begin();
  void move();
  void leave(int64_t t);
};

} // namespace garam::twin
