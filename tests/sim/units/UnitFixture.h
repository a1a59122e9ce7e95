// One unit alone, built by its kind, in a SystemC context of its own: the test sends messages, a probe keeps what comes
// out.
#pragma once

#include "sim/kernel/Context.h"
#include "sim/kernel/Registry.h"

#include <gtest/gtest.h>

#include <map>

namespace garam::test {

/// Takes everything that a unit sends.
class Probe : public sim::Unit {
public:
  struct Seen {
    std::string port;
    int64_t cycle;
    uint64_t payload;
  };
  std::vector<Seen> seen;

  Probe(const char *name, sim::Kernel &kernel) : Unit(name, kernel) { addInput("in", 0); }
  void take(const sim::Message &message) override {
    seen.push_back({ports[message.lane], kernel.cycle(), message.payload});
  }
  void decide(int64_t) override {}

  void attach(sim::Unit &unit) {
    for (const sim::OutPort &out : unit.outPorts()) {
      connect(unit, out.name, *this, "in", int(ports.size()));
      ports.push_back(out.name);
    }
  }

private:
  std::vector<std::string> ports;
};

class UnitFixture {
public:
  UnitFixture(const std::string &kind, const std::vector<rt::Override> &overrides, const std::string &chip = "unit",
              int die = 0)
      : storage(rt::loadChip(chip, overrides)),
        machine(rt::loadChip(chip, overrides), rt::Mode::Cycles, image, storage),
        kernel("kernel", sim::Clock::ofMhz(machine.chip.clock.coreMhz)),
        unit(sim::makeUnit(kind, "unit", {kernel, machine, die})), probe("probe", kernel) {
    probe.attach(*unit);
  }

  void send(const std::string &port, int64_t cycle, uint64_t payload, int lane = 0) {
    sim::OutPort out("out");
    out.bind(kernel, *unit, unit->input(port), uint16_t(lane));
    out.send(cycle, payload);
  }
  /// Up to and including `cycle`, for what may be sent only then.
  void runTo(int64_t cycle) {
    sc_core::sc_start(sc_core::sc_time::from_value(sc_dt::uint64(kernel.clock().edge(cycle))));
  }
  void run() {
    sc_core::sc_start();
    if (kernel.failure())
      std::rethrow_exception(kernel.failure());
  }
  const std::vector<Probe::Seen> &seen() const { return probe.seen; }
  /// Cycles in which something came out of a port.
  std::vector<int64_t> cyclesAt(const std::string &port) const {
    std::vector<int64_t> cycles;
    for (const Probe::Seen &seen : probe.seen)
      if (seen.port == port)
        cycles.push_back(seen.cycle);
    return cycles;
  }

private:
  sim::FreshContext context;
  sim::ProgramImage image;
  sim::Storage storage;

public:
  sim::Machine machine;

private:
  sim::Kernel kernel;
  std::unique_ptr<sim::Unit> unit;
  Probe probe;
};

} // namespace garam::test
