// A hardware unit: an sc_module that takes messages at its ports and decides once per tick.
//
// `take` notes what arrived and may not send; its effect must not depend on the order of messages from different ports.
// `decide` runs when all messages of the tick are taken. A message reaches its receiver at a later tick.
#pragma once

#include "runtime/Error.h"
#include "sim/kernel/Kernel.h"

#include <deque>
#include <string>
#include <string_view>

namespace garam::sim {

enum class Edge : uint8_t { Rising, Falling };

/// An input: its number within the unit, and the edge of the core clock that its unit acts on.
struct InPort {
  std::string name;
  uint16_t number;
  Edge edge;
};

/// An output: bound to one input of another unit at elaboration.
class OutPort {
public:
  explicit OutPort(std::string name) : name(std::move(name)) {}

  /// The receiver takes it at its edge of `cycle`.
  void send(int64_t cycle, uint64_t payload) const { kernel->post(cycle * 2 + falling, {unit, port, lane, payload}); }
  void bind(Kernel &toKernel, uint32_t toUnit, const InPort &to, uint16_t toLane) {
    kernel = &toKernel, unit = toUnit, port = to.number, lane = toLane, falling = to.edge == Edge::Falling;
  }
  bool bound() const { return kernel; }

  const std::string name;

private:
  Kernel *kernel = nullptr;
  uint32_t unit = 0;
  uint16_t port = 0, lane = 0;
  bool falling = false;
};

class Unit : public sc_core::sc_module {
public:
  Unit(sc_core::sc_module_name name, Kernel &kernel) : sc_module(name), kernel(kernel), self(kernel.enroll(*this)) {}

  virtual void take(const Message &message) = 0;
  virtual void decide(int64_t cycle) = 0;
  /// What the unit waits for, for the report of a machine that cannot progress; empty: nothing.
  virtual std::string waitingFor() const { return {}; }
  /// Closes counters at the end of the run.
  virtual void finish(int64_t cycle) {}

  const InPort &input(std::string_view name) const;
  OutPort &output(std::string_view name);
  const std::deque<OutPort> &outPorts() const { return outputs; }
  uint32_t number() const { return self; }

  /// Every output must be bound before the simulation starts.
  void end_of_elaboration() override;

protected:
  void addInput(std::string name, uint16_t number, Edge edge = Edge::Rising) {
    inputs.push_back({std::move(name), number, edge});
  }
  OutPort *addOutput(std::string name) { return &outputs.emplace_back(std::move(name)); }

  /// A message to oneself.
  void wakeAt(Tick tick, uint16_t port, uint64_t payload = 0, uint16_t lane = 0) {
    kernel.post(tick, {self, port, lane, payload});
  }

  Kernel &kernel;

private:
  friend class Kernel;
  friend void connect(Unit &from, std::string_view out, Unit &to, std::string_view in, int lane);
  const uint32_t self;
  Tick marked = -1; ///< the tick it last decided at
  std::deque<InPort> inputs;
  std::deque<OutPort> outputs;
};

/// Binds `from.out` to `to.in`.
void connect(Unit &from, std::string_view out, Unit &to, std::string_view in, int lane = 0);

} // namespace garam::sim
