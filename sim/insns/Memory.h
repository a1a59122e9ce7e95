// What an instruction sees of its core's memory, and what it leaves to be written when it completes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace garam::sim::insns {

/// Local addresses from 0 are `l1`, from rt::kAccBase `acc`.
struct Memory {
  std::span<uint8_t> l1, acc;
};

/// A strided piece of local memory named by an instruction, for checks and messages.
struct Operand {
  std::string_view insn, name;
  int64_t address, stride, rows, rowBytes;
  int align;            ///< bytes of an element
  bool accOnly = false; ///< must lie in accumulator memory
};

/// First byte of an operand's row 0. Throws rt::Error (Undefined) naming the operand if a byte of it lies outside of
/// its memory, or if an address is not a multiple of the element. Null if it has no bytes.
uint8_t *resolve(const Memory &memory, const Operand &operand);

/// Throws rt::Error (Undefined) if a count is negative or too large for any memory.
void checkCount(std::string_view insn, std::string_view name, int64_t count);

/// Throws rt::Error (Undefined) if an instruction that does not store its elements goes through more of them than its
/// memory has bytes, as strides of zero allow.
void checkElements(std::string_view insn, const Memory &memory, int64_t rows, int64_t cols);

/// Results of an instruction, computed at its start and written when it completes. Reused from one instruction to the
/// next without touching the heap once it has grown.
class Result {
public:
  struct Write {
    int64_t address, stride, rows, rowBytes;
    size_t offset; ///< of the dense rows in the pool
  };

  void clear();
  /// Adds a write of the operand's shape, checked as `resolve` does, and that its rows do not overlap; false if it has
  /// no bytes.
  bool add(const Memory &memory, const Operand &operand);
  /// Dense rows of a write, to be filled; valid until the next `add`.
  uint8_t *data(size_t write) { return pool.get() + writes_[write].offset; }
  const std::vector<Write> &writes() const { return writes_; }
  /// Writes everything, in order.
  void commit(const Memory &memory) const;

private:
  std::vector<Write> writes_;
  std::unique_ptr<uint8_t[]> pool;
  size_t used = 0, capacity = 0;
};

} // namespace garam::sim::insns
