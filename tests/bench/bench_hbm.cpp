// Host speed of one channel controller: bursts per second, and what share of the peak the traffic reached.
#include "runtime/chip/Chip.h"
#include "sim/memory/Channel.h"

#include <benchmark/benchmark.h>

#include <random>

namespace {

using namespace garam;

enum Pattern { kSequential, kRandom, kAlternating };
constexpr int64_t kInterleave = 0;

/// `bytes` in each burst, kInterleave: as many as lie in a channel; alternating: 8 KB of reads, then 8 KB of writes
/// half the channel away.
void traffic(benchmark::State &state, const char *chipName, Pattern pattern, int64_t bytes) {
  const rt::Chip chip = rt::loadChip(chipName);
  const rt::DramParams &dram = chip.dram;
  if (bytes == kInterleave)
    bytes = dram.interleaveBytes;
  const int64_t blocks = dram.bytesPerChannel() / bytes;
  int64_t end = 0, clock = 0, i = 0;
  std::mt19937_64 random(1);
  sim::Channel channel(dram, 0, [&](const sim::BurstTimes &times) { end = std::max(end, times.done); });
  for (auto _ : state) {
    bool write = pattern == kAlternating && i * bytes / 8192 % 2;
    int64_t block = pattern == kRandom ? int64_t(random() % uint64_t(blocks)) : (i + (write ? blocks / 2 : 0)) % blocks;
    sim::MemoryBurst burst{uint64_t(i++), write, block * bytes, bytes, clock};
    while (!channel.canAccept(burst)) {
      clock = channel.nextEvent();
      channel.advance(clock++);
    }
    burst.arrival = clock;
    channel.push(burst);
  }
  while (channel.queued())
    channel.advance(channel.nextEvent());
  state.SetItemsProcessed(i);
  state.counters["requests_64B"] = benchmark::Counter(double(i * bytes) / 64, benchmark::Counter::kIsRate);
  double peak = dram.peakBytesPerSecond() / double(dram.channels()) / double(dram.timing.clockHz);
  state.counters["share"] = double(i * bytes) / (double(end) * peak);
}

#define GARAM_BENCH(chip)                                                                                              \
  BENCHMARK_CAPTURE(traffic, chip##_sequential, #chip, kSequential, kInterleave);                                      \
  BENCHMARK_CAPTURE(traffic, chip##_random, #chip, kRandom, kInterleave);                                              \
  BENCHMARK_CAPTURE(traffic, chip##_alternating_8KB, #chip, kAlternating, kInterleave);                                \
  BENCHMARK_CAPTURE(traffic, chip##_sequential_64B, #chip, kSequential, 64);                                           \
  BENCHMARK_CAPTURE(traffic, chip##_random_64B, #chip, kRandom, 64)

GARAM_BENCH(rebel100);
GARAM_BENCH(atom);

} // namespace

BENCHMARK_MAIN();
