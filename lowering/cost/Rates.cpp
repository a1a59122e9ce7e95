#include "lowering/cost/Rates.h"

#include "runtime/chip/Placement.h"
#include "runtime/timing/Bursts.h"

#include <numeric>

using namespace mlir;

namespace garam::lowering {

Transfers &Transfers::operator+=(const Transfers &other) {
  core += other.core, hbm += other.hbm, shared += other.shared, noc += other.noc;
  return *this;
}

/// Links that a byte passes on its way from a core to where it lies, on average over all dies.
static double meanLinks(const rt::Chip &chip) {
  int64_t dies = chip.topology.dies, links = 0;
  for (int64_t a = 0; a < dies; ++a)
    for (int64_t b = 0; b < dies; ++b)
      links += rt::linksBetween(chip, a, b);
  return double(links) / double(dies * dies);
}

Rates::Rates(const rt::Chip &chip) : chip(chip) {
  const rt::DramTiming &dram = chip.dram.timing;
  double hertz = chip.clock.coreMhz * 1e6, dies = double(chip.topology.dies), link = double(chip.noc.linkBytes);
  int64_t channels = chip.topology.dies * chip.dram.channels();
  // Refresh takes a twentieth.
  hbm = 0.95 * chip.peakHbmBytesPerSecond() / hertz;
  channelRate = hbm / double(channels);
  // Half of a die's traffic crosses the middle of its mesh, half of that each way. Of several dies each byte takes one
  // link between them on average, of two for each die. Both reach some eight tenths of what their wires could.
  double edge = double(std::min(chip.noc.meshColumns, chip.noc.meshRows)) * link;
  noc = 0.85 * dies * 4 * edge / 2;
  if (chip.topology.dies > 1)
    noc = std::min(noc, 0.75 * dies * std::min(edge, chip.dieToDie.gigabytesPerSecond * 1e9 / hertz));
  hasShared = chip.shared.bytesPerDie > 0 && chip.topology.dies == 1;
  shared = hasShared ? 0.85 * double(chip.shared.banks * chip.shared.bytesPerCycle) : hbm;
  // A read goes a third of the mesh each way in both directions; the memory closes and opens a row and answers, and its
  // clock is entered and left. Under load a burst is away half as long again.
  double clock = hertz / double(std::max<int64_t>(1, dram.clockHz));
  double hops = double(chip.noc.meshColumns + chip.noc.meshRows) / 3;
  double toMemory = 2 * hops * double(chip.noc.hopCycles) + double(4 * chip.clock.syncCycles) + 10;
  hbmLatency = 1.5 * (toMemory + double(dram.rp + dram.rcdRead + dram.cl) * clock);
  // Over the links there and back. Behind a switch this is most of it: short bursts then leave the links idle.
  if (chip.topology.dies > 1)
    hbmLatency += 2 * meanLinks(chip) * double(chip.cyclesOf(chip.dieToDie.latencyNs));
  sharedLatency = 1.5 * toMemory;
  // Activates follow each other by tRRD and tFAW; half of them meet an open row.
  activateTime = 0.5 * std::max(double(dram.rrdS), double(dram.faw) / 4) * clock / double(chip.dram.pseudoChannels);
  core = std::min(link * 16 / 17, noc / double(chip.cores()));
}

bool Rates::inShared(const GroupInfo &info, Value base) const {
  auto argument = dyn_cast<BlockArgument>(base);
  auto result = argument ? dyn_cast<OpResult>(info.group.getInputs()[argument.getArgNumber()]) : OpResult();
  auto writer = result ? dyn_cast<graph::GroupOp>(result.getOwner()) : graph::GroupOp();
  if (!hasShared || !writer || !writer.getMapping())
    return false;
  return writer.getMapping()->place("result" + std::to_string(result.getResultNumber())) == StringRef("shared");
}

/// Bursts of a piece on average: one more where it begins inside a grain.
static double burstsOf(const Pattern &pattern, int64_t grain) {
  int64_t step = std::gcd(pattern.pitch, grain);
  return std::max(1.0, double(pattern.piece - std::min(step, pattern.piece)) / double(grain) + 1);
}

double Rates::shareOf(const Pattern &pattern) const {
  int64_t interleave = chip.dram.interleaveBytes, channels = chip.topology.dies * chip.dram.channels();
  constexpr int64_t kMostRows = 128, kMostBytes = 1 << 17; // the pattern repeats
  std::vector<int64_t> load(channels, 0);
  int64_t region = std::min({pattern.piece * pattern.together, std::max(pattern.pitch, pattern.piece), kMostBytes});
  int64_t total = 0;
  for (int64_t row = 0; row < std::min(pattern.rows, kMostRows); ++row)
    for (int64_t at = row * pattern.pitch, end = at + region; at < end;) {
      int64_t next = std::min(end, (at / interleave + 1) * interleave);
      load[at / interleave % channels] += next - at;
      total += next - at;
      at = next;
    }
  double balance = double(total) / double(channels * *std::max_element(load.begin(), load.end()));
  const rt::DramTiming &dram = chip.dram.timing;
  double burst = double(pattern.piece) / burstsOf(pattern, rt::burstGrain(chip));
  double opens = std::min(double(dram.bankGroups), std::ceil(burst / double(dram.accessBytes))) * activateTime;
  return balance * std::min(1.0, burst / channelRate / opens);
}

double Rates::bursts(double bytes, const Pattern &pattern) const {
  return bytes / double(pattern.piece) * burstsOf(pattern, rt::burstGrain(chip));
}

Transfers Rates::transfer(double bytes, const Pattern &pattern, int64_t cores) const {
  double count = bursts(bytes, pattern), burst = bytes / std::max(count, 1.0), link = double(chip.noc.linkBytes);
  double served = burst / (pattern.shared ? double(chip.shared.bytesPerCycle) : channelRate);
  double away = (pattern.shared ? sharedLatency : hbmLatency) + served + burst / link;
  double each = std::max(burst / link + 1, away / double(chip.dma.outstandingBursts));
  // An instruction prepares while the one before issues.
  Transfers result;
  result.core = std::max(double(chip.dma.startupCycles), count * each);
  if (pattern.shared)
    result.shared = bytes * double(cores) / shared;
  else
    result.hbm = bytes * double(cores) / (hbm * shareOf(pattern));
  result.noc = bytes * double(cores) / noc;
  return result;
}

} // namespace garam::lowering
