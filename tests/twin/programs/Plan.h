// A random program before it is one: what each core does and which bytes it touches. Waits, signals, registers and
// guards are added by assemble(), so that a plan from which anything was taken away is still a valid program.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace garam::twin {

/// A memory, or a part of one with a name of its own, that accesses are compared in.
enum class Area : uint8_t { L1, Acc, Data, Own, Swap, Shared };
inline constexpr int kThisCore = -1;

struct Access {
  Area area;
  int home;          ///< core of L1 and Acc (or kThisCore), die of Swap and Shared; else 0
  int64_t low, high; ///< of all trips of a loop
  int64_t perCore = 0;
  bool write = false;
  bool sums = false; ///< acc of a product: engine order is enough
};

/// A field of an instruction. What does not fit an immediate, or varies, goes through a register.
struct Field {
  int slot;
  int64_t base;
  int64_t perCore = 0, perTrip = 0;
  bool reg = false; ///< asked for a register
  bool own = false; ///< counts from launch parameter 0
};

struct Task {
  rt::Opcode opcode;
  std::vector<Field> fields;
  std::optional<rt::Descriptor> descriptor;
  int descriptorSlot = 0;
  std::vector<Access> accesses;
  std::vector<int>
      targets; ///< cores that its signals go to, other than by `tell`: those of a multicast, the peer of a store
  std::vector<rt::Engine> waiters; ///< up to two; each waits on every target for a signal of its own
};

enum class BlockKind : uint8_t { Tasks, ChipBarrier, DieBarrier, Scalars };

/// Tasks that follow one another on one core, or on all.
struct Block {
  static constexpr int kAll = -1;
  BlockKind kind = BlockKind::Tasks;
  int core = kAll;
  int die = kAll; ///< of a DieBarrier: whose cores come to it
  int64_t trips = 1, step = 1;
  bool loop = false;
  bool rotating = false; ///< each trip has places of its own; else a fence ends each trip
  std::vector<Task> tasks;
  uint64_t seed = 0; ///< of scalar instructions
};

struct KernelPlan {
  std::vector<Block> blocks;
  int initialTokens = 0; ///< of the semaphore that starts with some
  int trailing = 0;      ///< signals that nothing waits for
};

struct Segment {
  std::string name;
  int64_t address, bytes;
};

/// Where a program's bytes lie.
struct Layout {
  int64_t l1Tables = 4096, l1Bytes, accBytes; ///< of each core: tables at 0, then the arena up to l1Bytes
  int64_t dataBytes, ownBytes, swapBytes, sharedBytes;
  explicit Layout(const rt::Chip &chip);
  std::vector<Segment> segments(const rt::Chip &chip) const;
  int64_t ownAddress(const rt::Chip &chip, int which) const;
  static int64_t dataAddress();
  int64_t swapAddress(const rt::Chip &chip, int die) const;
  static int64_t sharedAddress(int die);
};

struct Plan {
  uint64_t seed;
  bool loads =
      true; ///< sequencer loads, gathers and scatters: false, and nothing in memory decides what the program does
  Layout layout;
  std::vector<KernelPlan> kernels;
  struct Launch {
    uint32_t kernel;
    int own; ///< which own segment
  };
  std::vector<Launch> launches;
};

/// Index lists and integers that lie in the first bytes of every L1 from the first block on.
namespace tables {
inline constexpr int64_t kEntries = 64;
inline constexpr int64_t kNarrow = 0;          ///< a permutation of 0 … 63 as i32
inline constexpr int64_t kWide = 4 * kEntries; ///< as i64
inline constexpr int64_t kBytes = kWide + 8 * kEntries;
std::vector<uint8_t> bytes(uint64_t seed);
} // namespace tables

} // namespace garam::twin
