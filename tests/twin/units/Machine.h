// The whole chip, ticked: every unit looks at every cycle. Written from docs/hardware, shares with the simulator the
// contract in runtime/ and the arithmetic of instructions, nothing else. Slow, and meant to be read beside the page.
#pragma once

#include "runtime/program/Program.h"
#include "tests/twin/units/Channel.h"
#include "tests/twin/units/Clock.h"
#include "tests/twin/units/Dma.h"
#include "tests/twin/units/L1Port.h"
#include "tests/twin/units/Lane.h"
#include "tests/twin/units/Matrix.h"
#include "tests/twin/units/Memory.h"
#include "tests/twin/units/Mesh.h"
#include "tests/twin/units/Semaphores.h"
#include "tests/twin/units/Sequencer.h"
#include "tests/twin/units/Shared.h"
#include "tests/twin/units/Switch.h"
#include "tests/twin/units/Vector.h"

namespace garam::twin {

struct Core {
  Core(Machine &machine, int id, int die, int index);
  const int id, die, index; ///< in the program, its die, its number there
  Semaphores semaphores;
  Sequencer sequencer;
  DmaEngine dmaIn, dmaOut;
  MatrixEngine matrix;
  VectorEngine vector;
  L1Port l1;

  Engine &engine(rt::Engine kind);
  bool quiet() const { return dmaIn.quiet() && dmaOut.quiet() && matrix.quiet() && vector.quiet(); }
  /// Banks of one cycle, in the order of A3.
  void access(int64_t t);
};

class Machine {
public:
  Machine(const rt::Chip &chip, const rt::Program &program);
  /// Runs all launches. Throws rt::Error if it takes longer than `limit` cycles.
  void run(int64_t limit);

  const rt::Chip chip;
  const Clock clock;
  Memory memory;
  sim::insns::Path path = sim::insns::Path::Plain;
  std::vector<rt::InsnRecord> completed;
  std::vector<std::unique_ptr<Core>> cores;
  std::vector<std::unique_ptr<Channel>> channels; ///< of all dies
  std::vector<int64_t> parameters;
  int64_t cycles = 0;
  std::vector<std::pair<int64_t, int64_t>>
      launchSpans; ///< of each launch: the cycle of its first instruction, that of its last seq.end

  // What units ask for.
  Mesh &mesh(int die) { return *meshes[size_t(die)]; }
  uint32_t launchNumber() const { return launchIndex; }
  uint32_t kernelNumber() const { return kernelIndex; }
  const std::vector<rt::Insn> &code() const { return kernels[kernelIndex].code; }
  const rt::Descriptor &descriptor(int64_t index) const { return kernels[kernelIndex].descriptors.at(size_t(index)); }
  sim::insns::Memory local(int core) { return {memory.l1[size_t(core)], memory.acc[size_t(core)]}; }
  bool isOwnL1(int64_t globalAddress, int core) const;
  void sendRead(const Core &core, const BurstPtr &burst, int64_t cycle);
  void sendWrite(const Core &core, const BurstPtr &burst, int64_t cycle);
  /// What a memory answers to a burst it has served (D3, D6), at its router in a cycle.
  void respond(const Endpoint &from, const BurstPtr &burst, int64_t cycle);
  /// A flit from a core to the one that asked.
  void answer(const Core &core, CoreInput part, const BurstPtr &burst, PacketKind kind, int64_t cycle);
  void arriving(const Endpoint &to, const PacketPtr &packet, int64_t head, int64_t tail);
  void fireSignals(Core &core, const Op &op, int64_t t);
  void arriveAtBarrier(DmaEngine &engine, int scope, int64_t t);

private:
  struct KernelImage {
    std::vector<rt::Insn> code;
    std::vector<rt::Descriptor> descriptors;
    std::vector<uint8_t> initialTokens;
    int64_t bytes;
  };
  struct Delivery {
    Endpoint to;
    PacketPtr packet;
    int64_t cycle;
  };
  const rt::Program &program;
  std::vector<KernelImage> kernels;
  std::vector<std::unique_ptr<Mesh>> meshes;
  std::map<Endpoint, std::unique_ptr<SharedBank>> banks;
  std::map<Endpoint, std::unique_ptr<Lane>> lanes;
  std::unique_ptr<Switch> between; ///< null in a grid
  std::vector<Delivery> deliveries;
  std::map<int, std::vector<DmaEngine *>> barriers; ///< those that have arrived, by die; -1: all cores
  uint32_t launchIndex = 0, kernelIndex = 0;
  int64_t held = -1; ///< kernel in the instruction memories

  void loadKernels();
  Endpoint endpointOf(int64_t globalAddress) const;
  Endpoint ofCore(int core) const;
  int64_t dataFlits(int64_t bytes) const { return 1 + (bytes + chip.noc.linkBytes - 1) / chip.noc.linkBytes; }
  void deliver(int64_t t);
  void cycle(int64_t t);
  void accountAll(uint8_t cause, int64_t count);
};

} // namespace garam::twin
