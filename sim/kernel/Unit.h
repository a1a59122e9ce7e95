// A hardware unit: an sc_module that takes messages at its ports and decides once per tick.
//
// `take` notes what arrived and may not send; its effect must not depend on the order of messages from different ports.
// `decide` runs when all messages of the tick are taken. A message reaches its receiver at a later tick.
//
// An input may be *ahead*: its unit gets each message at once, with the cycle that it is for, and no event is spent on
// it. It is for inputs whose messages decide nothing by themselves, or all of whose effects can be told from that
// cycle.
#pragma once

#include "runtime/Error.h"
#include "sim/kernel/Kernel.h"

#include <deque>
#include <string>
#include <string_view>

namespace garam::sim {

enum class Edge : uint8_t { Rising, Falling };
enum class Delivery : uint8_t { InTime, Ahead };

/// An input: its number within the unit, and the edge of the core clock that its unit acts on.
struct InPort {
  std::string name;
  uint16_t number;
  Edge edge;
  Delivery delivery;
};

class Unit;

/// An output: bound to one input of another unit at elaboration.
class OutPort {
public:
  explicit OutPort(std::string name) : name(std::move(name)) {}

  /// The receiver takes it at its edge of `cycle`, a later one than the sender's.
  void send(int64_t cycle, uint64_t payload) const;
  void bind(Kernel &toKernel, Unit &to, const InPort &input, uint16_t toLane);
  bool bound() const { return kernel; }

  const std::string name;

private:
  Kernel *kernel = nullptr;
  Unit *ahead = nullptr; ///< the receiver, if its input is ahead
  uint32_t unit = 0;
  uint16_t port = 0, lane = 0;
  bool falling = false;
};

class Unit : public sc_core::sc_module {
public:
  Unit(sc_core::sc_module_name name, Kernel &kernel) : sc_module(name), kernel(kernel), self(kernel.enroll(*this)) {}

  virtual void take(const Message &message) = 0;
  virtual void decide(int64_t cycle) = 0;
  /// A message at an input that is ahead, for a cycle still to come; what the unit does before it stays the same.
  virtual void foresee(const Message &message, int64_t cycle);
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
  void addInput(std::string name, uint16_t number, Edge edge = Edge::Rising, Delivery delivery = Delivery::InTime) {
    inputs.push_back({std::move(name), number, edge, delivery});
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

inline void OutPort::send(int64_t cycle, uint64_t payload) const {
  const Message message{unit, port, lane, payload};
  if (ahead)
    ahead->foresee(message, cycle);
  else
    kernel->post(cycle * 2 + falling, message);
}

/// Binds `from.out` to `to.in`.
void connect(Unit &from, std::string_view out, Unit &to, std::string_view in, int lane = 0);

} // namespace garam::sim
