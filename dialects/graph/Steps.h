// What an elementwise op is told, and what it answers, when it becomes steps of a vector chain.
#pragma once

#include "runtime/isa/Descriptor.h"

#include "llvm/Support/LogicalResult.h"

#include <vector>

namespace garam::graph {

/// The chain being built and the places of one op's operands in it. An operand is the running value v (StepArg::None)
/// or stands in a source, a saved value or a constant. Temporaries that hold values still needed are marked busy.
class StepBuilder {
public:
  explicit StepBuilder(rt::Chain &chain) : chain(chain) {}

  /// Places of the operands of the op that is asked next, in its operand order.
  void setOperands(std::vector<rt::StepArg> places) { operands = std::move(places); }
  rt::StepArg operand(int index) const { return operands[index]; }
  bool isRunning(int index) const { return operands[index] == rt::StepArg::None; }

  void setBusy(rt::StepArg temporary, bool value) { busy[index(temporary)] = value; }
  bool isBusy(rt::StepArg temporary) const { return busy[index(temporary)]; }

  void step(rt::StepOp op, rt::StepArg arg = rt::StepArg::None) { chain.steps.push_back({op, arg}); }
  /// The place of a constant, added if it is new. Fails by full table at the end: see fits().
  rt::StepArg constant(float value);
  /// Saves v in a temporary that is not busy; StepArg::None if there is none. t0 first.
  rt::StepArg save();

  /// Whether steps and constants are within what a chain holds.
  bool fits() const {
    return int(chain.steps.size()) <= rt::Chain::kMaxSteps && int(chain.constants.size()) <= rt::Chain::kMaxConstants;
  }

private:
  static int index(rt::StepArg temporary) { return temporary == rt::StepArg::T1; }

  rt::Chain &chain;
  std::vector<rt::StepArg> operands;
  bool busy[2] = {false, false};
};

} // namespace garam::graph
