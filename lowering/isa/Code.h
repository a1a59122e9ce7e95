// A kernel between tasks and instructions: instructions over virtual registers, then over the machine's.
#pragma once

#include "dialects/task/Task.h"
#include "runtime/isa/Isa.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>
#include <vector>

namespace garam::lowering {

/// A field's content: an immediate or a register.
struct Slot {
  int64_t value = 0;
  bool reg = false;
  static Slot imm(int64_t value) { return {value, false}; }
  static Slot of(int reg) { return {reg, true}; }
};

/// `slots` in the order of the record's fields. The fields of kind `dest` hold a register's number too.
struct VirtualInsn {
  rt::Opcode opcode;
  llvm::SmallVector<Slot, 8> slots;
  llvm::SmallVector<task::Token, 2> waits, signals;
  mlir::Location loc;
};

struct Code {
  std::string name;
  std::vector<VirtualInsn> insns;
  std::vector<rt::Descriptor> descriptors;
  std::array<std::optional<task::Engine>, rt::kSemaphores> waiters;
  int registers = 0; ///< virtual ones, until assigned

  /// Index of a descriptor; equal ones share a place.
  int64_t descriptor(const rt::Descriptor &descriptor);
};

/// Instructions of a kernel whose addresses are lowered; registers are virtual. Fails with a diagnostic on what the
/// sequencer cannot compute.
mlir::FailureOr<Code> emitCode(mlir::func::FuncOp kernel);

/// Gives every virtual register one of the machine's (linear scan over the loops). If they do not suffice, the place
/// where they run out, and `code` is as before.
std::optional<mlir::Location> assignRegisters(Code &code);

/// Undoes hoisting, so that fewer registers live at a time.
void sinkArithmetic(mlir::func::FuncOp kernel);

/// The instruction with its registers assigned. Throws rt::Error for a field out of range.
rt::Insn encoded(const VirtualInsn &insn);

} // namespace garam::lowering
