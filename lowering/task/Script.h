// A kernel as a flat program that one can run quickly for a core and a choice of run-time values: what the sequencer
// does, without time. The proofs of task-verify-schedule read the trace.
#pragma once

#include "dialects/task/Task.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <vector>

namespace garam::lowering {

struct ScriptBuffer {
  mlir::Value value;
  tile::Mem mem;
  int64_t bytes;
  int64_t address = 0, depth = 1, slotBytes = 0; ///< of allocs
  bool local() const { return mem == tile::Mem::l1 || mem == tile::Mem::acc; }
};

struct ScriptDim {
  int64_t count;
  int value; ///< place of a count that is in a register; -1: `count` holds
  int64_t stride;
};

struct ScriptAccess {
  int buffer, offset;
  bool reads, writes, indexed;
  llvm::SmallVector<ScriptDim, 5> dims; ///< outermost first
};

struct ScriptInsn {
  mutable task::EngineOp op; ///< to report with
  task::Engine engine;
  llvm::SmallVector<task::Token, 2> waits, signals;
  std::vector<ScriptAccess> accesses;
  bool barrier = false;
  int scope = 0;
};

/// An access of an executed instruction to global memory.
struct GlobalAccess {
  int event, insn, access;
  int counts; ///< place of its counts in `Trace::counts`
  int64_t offset;
};

/// Executed instructions of one core in issue order.
struct Trace {
  struct Event {
    int insn;
    int slots; ///< place of its accesses' slots in `slots`; one for each access, 0 for global memory
  };
  std::vector<Event> events;
  std::vector<int8_t> slots;
  std::vector<GlobalAccess> globals;
  std::vector<int64_t>
      counts; ///< of the dimensions of accesses to global memory, outermost first; kept once while they stay the same
  uint64_t hash = 0; ///< of events and slots: equal for cores that do the same on their own memory
  int64_t steps = 0;

  /// Once the engines of a core are proved, only its accesses to global memory are looked at again.
  void dropEvents() {
    std::vector<Event>().swap(events);
    std::vector<int8_t>().swap(slots);
    globals.shrink_to_fit();
  }
};

class Script {
public:
  /// Fails with a diagnostic on control flow or arithmetic that the sequencer does not have.
  static mlir::FailureOr<Script> build(mlir::func::FuncOp kernel);

  /// Runs the kernel as `core` with values for its index arguments (in order). Diagnoses accesses outside of their
  /// buffers, iterations that do not return their tokens, and runs of more than `limit` steps.
  mlir::LogicalResult run(int64_t core, llvm::ArrayRef<int64_t> arguments, int64_t limit, Trace &trace) const;

  std::vector<ScriptBuffer> buffers;
  std::vector<ScriptInsn> insns;

private:
  enum class Kind : uint8_t {
    Add,
    Sub,
    Mul,
    Min,
    Max,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Cmp,
    Select,
    Copy,
    Core,
    Loop,
    If,
    Insn,
    Ring
  };
  struct Node {
    Kind kind;
    int dst = 0, a = 0, b = 0, c = 0;
    int end = 0;    ///< of loops and branches: the first node after the body
    int middle = 0; ///< of branches: the first node of the else body
    int extra = 0;  ///< predicate, instruction, buffer
    mlir::Operation *op = nullptr;
  };
  struct Run;

  int place(mlir::Value value);
  mlir::LogicalResult addBlock(mlir::Block &block);
  mlir::LogicalResult addOp(mlir::Operation *op);
  mlir::LogicalResult addInsn(task::EngineOp op);
  int bufferOf(mlir::Value value);

  std::vector<Node> nodes;
  llvm::DenseMap<mlir::Value, int> places, bufferPlaces;
  std::vector<int64_t> initial; ///< constants at their places
  std::vector<int> argumentPlaces;
  mutable mlir::func::FuncOp kernel; ///< to report with
};

} // namespace garam::lowering
