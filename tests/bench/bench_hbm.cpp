// Host speed of a memory controller, and what share of the peak its traffic reaches: the channel alone, and the same
// channel inside SystemC, where each burst goes through a TLM-2.0 handshake of its own.
#include "runtime/chip/Chip.h"
#include "sim/kernel/Context.h"
#include "sim/kernel/MemoryPayload.h"
#include "sim/kernel/MemoryUnit.h"
#include "sim/kernel/Registry.h"
#include "sim/memory/Channel.h"

#include <benchmark/benchmark.h>

#include <random>

namespace {

using namespace garam;

enum Pattern { kSequential, kRandom, kAlternating };
constexpr int64_t kInterleave = 0;

/// HBM3 as rebel100 maps it: bank groups in turn, so that 64 bytes lie in two rows, and a burst runs at the full rate.
const std::vector<rt::Override> kHbm3{"memory.preset=hbm3_6400"};
/// HBM3 with 64 bytes in a row, as suits random ones.
const std::vector<rt::Override> kHbm3Rows{
    "memory.preset=hbm3_6400",
    "memory.address_map=[\"column:1\", \"bank_group:2\", \"pseudo_channel\", \"column:2\", \"channel\", \"column\", "
    "\"bank\", \"stack_id\", \"row\"]"};

rt::Chip chipOf(const std::string &name) {
  if (name == "hbm3" || name == "hbm3_rows")
    return rt::loadChip("rebel100", name == "hbm3" ? kHbm3 : kHbm3Rows);
  return rt::loadChip(name);
}

/// `bytes` in each burst, kInterleave: as many as lie in a channel; alternating: 8 KB of reads, then 8 KB of writes
/// half the channel away.
class Traffic {
public:
  Traffic(const rt::DramParams &dram, Pattern pattern, int64_t bytes)
      : pattern(pattern), bytes(bytes == kInterleave ? dram.interleaveBytes : bytes),
        blocks(dram.bytesPerChannel() / this->bytes) {}
  sim::MemoryBurst next() {
    const bool write = pattern == kAlternating && count * bytes / 8192 % 2;
    const int64_t block =
        pattern == kRandom ? int64_t(random() % uint64_t(blocks)) : (count + (write ? blocks / 2 : 0)) % blocks;
    return {uint64_t(count++), write, block * bytes, bytes, 0};
  }
  void report(benchmark::State &state, const rt::DramParams &dram, double clocks) const {
    state.SetItemsProcessed(count);
    state.counters["requests_64B"] = benchmark::Counter(double(count * bytes) / 64, benchmark::Counter::kIsRate);
    const double peak = dram.peakBytesPerSecond() / double(dram.channels()) / double(dram.timing.clockHz);
    state.counters["share"] = double(count * bytes) / (clocks * peak);
  }

private:
  const Pattern pattern;
  const int64_t bytes, blocks;
  int64_t count = 0;
  std::mt19937_64 random{1};
};

void channel(benchmark::State &state, const char *chipName, Pattern pattern, int64_t bytes) {
  const rt::Chip chip = chipOf(chipName);
  Traffic traffic(chip.dram, pattern, bytes);
  int64_t end = 0, clock = 0;
  sim::Channel channel(chip.dram, 0, [&](const sim::BurstTimes &times) { end = std::max(end, times.done); });
  for (auto _ : state)
    clock = channel.pushFrom(clock, traffic.next());
  channel.drain();
  traffic.report(state, chip.dram, double(end));
}

/// Sends the next request when the last one has its queue entry.
class Initiator : public sc_core::sc_module, public tlm::tlm_bw_transport_if<> {
public:
  tlm::tlm_initiator_socket<> socket{"socket"};
  int64_t lastFs = 0;

  Initiator(sc_core::sc_module_name name, Traffic &traffic, int64_t clockHz)
      : sc_module(name), traffic(traffic), clock(1'000'000'000'000'000, clockHz) {
    socket.bind(*this);
  }
  void send(int64_t count) {
    left = count;
    request(nowFs());
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                     sc_core::sc_time &delay) override {
    const int64_t at = nowFs() + int64_t(delay.value());
    if (phase == tlm::END_REQ) {
      request(at);
      return tlm::TLM_ACCEPTED;
    }
    lastFs = std::max(lastFs, at);
    payload.release();
    phase = tlm::END_RESP;
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

private:
  Traffic &traffic;
  const sim::Clock clock;
  sim::PayloadPool payloads;
  int64_t left = 0;

  static int64_t nowFs() { return int64_t(sc_core::sc_time_stamp().value()); }
  void request(int64_t after) {
    while (left) {
      --left;
      const sim::MemoryBurst burst = traffic.next();
      sim::MemoryPayload *payload = payloads.take();
      payload->set_command(burst.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
      payload->set_address(sc_dt::uint64(burst.offset));
      payload->set_data_length(unsigned(burst.bytes));
      payload->set_streaming_width(unsigned(burst.bytes));
      payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay = sc_core::sc_time::from_value(sc_dt::uint64(clock.edge(clock.after(after)) - nowFs()));
      if (socket->nb_transport_fw(*payload, phase, delay) != tlm::TLM_UPDATED)
        return;
      after = nowFs() + int64_t(delay.value());
    }
  }
};

void systemc(benchmark::State &state, const char *chipName, Pattern pattern, int64_t bytes) {
  sim::FreshContext context;
  const rt::Chip chip = chipOf(chipName);
  sim::Storage storage(chip);
  sim::ProgramImage image;
  sim::Machine machine(chip, rt::Mode::Cycles, image, storage);
  sim::Kernel kernel("kernel", sim::Clock::ofMhz(chip.clock.coreMhz));
  Traffic traffic(chip.dram, pattern, bytes);
  std::unique_ptr<sim::Unit> controller = sim::makeUnit("memory", "memory", {kernel, machine});
  Initiator initiator("initiator", traffic, chip.dram.timing.clockHz);
  initiator.socket.bind(dynamic_cast<sim::MemoryTarget &>(*controller).memorySocket());
  sc_core::sc_start(1, sc_core::SC_FS);
  for (auto _ : state) {
    initiator.send(100'000);
    sc_core::sc_start();
  }
  if (kernel.failure())
    std::rethrow_exception(kernel.failure());
  traffic.report(state, chip.dram, double(initiator.lastFs) * 1e-15 * double(chip.dram.timing.clockHz));
}

#define GARAM_BENCH(where, chip)                                                                                       \
  BENCHMARK_CAPTURE(where, chip##_sequential, #chip, kSequential, kInterleave);                                        \
  BENCHMARK_CAPTURE(where, chip##_random, #chip, kRandom, kInterleave);                                                \
  BENCHMARK_CAPTURE(where, chip##_alternating_8KB, #chip, kAlternating, kInterleave);                                  \
  BENCHMARK_CAPTURE(where, chip##_sequential_64B, #chip, kSequential, 64);                                             \
  BENCHMARK_CAPTURE(where, chip##_random_64B, #chip, kRandom, 64)

GARAM_BENCH(channel, hbm3);
GARAM_BENCH(channel, hbm3_rows);
GARAM_BENCH(channel, rebel100);
GARAM_BENCH(channel, atom);
GARAM_BENCH(systemc, hbm3);
GARAM_BENCH(systemc, hbm3_rows);
GARAM_BENCH(systemc, rebel100);

} // namespace

BENCHMARK_MAIN();
