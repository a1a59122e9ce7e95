// L1Banks against rules A1 to A5 taken literally: every cycle, every client, every byte. Random banks, runs and starts;
// GARAM_L1_CASES and GARAM_L1_SEED choose how many and which.
#include "sim/kernel/L1Banks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>

using namespace garam;
using namespace garam::sim;

namespace {

int64_t setting(const char *name, int64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

/// A run to come: `gap` cycles after the run before it in its lane has ended.
struct Order {
  L1Run run;
  int64_t gap;
};
/// Lanes: two of the matrix engine, one of vector and dma_out each, three of arrivals.
constexpr int kLanes = 7;
using Work = std::array<std::vector<Order>, kLanes>;

struct Outcome {
  int64_t start, end, operand, output;
  bool operator==(const Outcome &) const = default;
};
using Outcomes = std::array<std::vector<Outcome>, kLanes>;

/// What a run touches in its present step, byte by byte.
void plainBanks(const rt::L1Params &l1, const L1Run &run, std::vector<bool> &reads, std::vector<bool> &writes) {
  for (int s = 0; s < run.piece.streams; ++s) {
    const L1Stream &own = run.piece.stream[size_t(s)];
    for (int64_t i = 0; i < own.count; ++i) {
      if (own.phase + i * own.every != run.position)
        continue;
      const int64_t outer = i / own.inner, inner = i % own.inner;
      for (int64_t row = 0; row < own.rows && outer * own.rows + row < own.totalRows; ++row)
        for (int64_t byte = 0; byte < own.bytes && inner * own.innerStride + byte < own.rowBytes; ++byte) {
          const int64_t address =
              own.base + outer * own.outerStride + inner * own.innerStride + row * own.rowStride + byte;
          (own.write ? writes : reads)[size_t(address / l1.beatBytes % l1.banks)] = true;
        }
    }
  }
}

bool meets(const std::vector<bool> &a, const std::vector<bool> &b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] && b[i])
      return true;
  return false;
}

Outcomes plain(const rt::Chip &chip, Work work) {
  Outcomes outcomes;
  std::array<int64_t, kLanes> start;
  std::array<L1Slips, kL1Clients> slips{};
  for (size_t lane = 0; lane < kLanes; ++lane)
    start[lane] = work[lane].empty() ? 0 : work[lane][0].gap;
  for (int64_t cycle = 0, left = 1; left; ++cycle) {
    left = 0;
    std::vector<bool> taken(size_t(chip.l1.banks));
    for (int c = 0; c < kL1Clients; ++c) {
      std::vector<bool> reads(taken.size()), writes(taken.size());
      std::vector<size_t> live;
      for (size_t lane = 0; lane < kLanes; ++lane) {
        if (work[lane].size() == outcomes[lane].size())
          continue;
        ++left;
        const L1Run &run = work[lane][outcomes[lane].size()].run;
        if (int(run.client) != c || start[lane] > cycle)
          continue;
        plainBanks(chip.l1, run, reads, writes);
        live.push_back(lane);
      }
      if (live.empty())
        continue;
      if (c && (meets(reads, taken) || meets(writes, taken))) {
        ++(meets(reads, taken) ? slips[size_t(c)].operand : slips[size_t(c)].output);
        continue;
      }
      for (size_t i = 0; i < taken.size(); ++i)
        taken[i] = taken[i] || reads[i] || writes[i];
      for (size_t lane : live) {
        L1Run &run = work[lane][outcomes[lane].size()].run;
        if (++run.position < run.piece.steps || nextPass(chip.matrix, run))
          continue;
        outcomes[lane].push_back({start[lane], cycle, slips[size_t(c)].operand, slips[size_t(c)].output});
        slips[size_t(c)] = {};
        if (outcomes[lane].size() < work[lane].size())
          start[lane] = cycle + 1 + work[lane][outcomes[lane].size()].gap;
      }
    }
  }
  return outcomes;
}

/// As the L1 drives it: runs are announced by their start, and it wakes when one can end; at other moments too.
Outcomes driven(const rt::Chip &chip, const Work &work, std::mt19937_64 &random) {
  Outcomes outcomes;
  L1Banks banks(chip.l1, chip.matrix);
  std::vector<std::unique_ptr<L1Run>> runs;
  std::map<L1Run *, size_t> laneOf;
  std::array<int64_t, kLanes> start;
  std::array<size_t, kLanes> added{};
  for (size_t lane = 0; lane < kLanes; ++lane)
    start[lane] = work[lane].empty() ? 0 : work[lane][0].gap;
  std::vector<L1Ended> ended;
  const int64_t never = int64_t(1) << 60;
  for (int64_t cycle = 0; cycle < never;) {
    for (size_t lane = 0; lane < kLanes; ++lane)
      if (added[lane] == outcomes[lane].size() && added[lane] < work[lane].size() &&
          (start[lane] <= cycle || random() % 4 == 0)) {
        runs.push_back(std::make_unique<L1Run>(work[lane][added[lane]].run));
        runs.back()->start = start[lane];
        laneOf[runs.back().get()] = lane;
        banks.add(runs.back().get());
        ++added[lane];
      }
    banks.play(cycle, ended);
    if (banks.engines() && random() % 2) {
      // What is foreseen leaves no trace if it is taken back, and happens if it is kept and nothing comes before.
      std::vector<L1Ended> ahead;
      const int64_t end = banks.playAhead(ahead);
      bool alone = true;
      for (size_t lane = 0; lane < kLanes; ++lane)
        alone &= added[lane] == work[lane].size() ||
                 (added[lane] == outcomes[lane].size() && start[lane] > end && ended.empty());
      if (alone && ended.empty() && random() % 2) {
        banks.keep();
        ended = ahead;
        cycle = end;
      } else {
        banks.takeBack();
      }
    }
    for (const L1Ended &own : ended) {
      const size_t lane = laneOf.at(own.run);
      // Arrivals answer nobody and may be found ended later.
      const int64_t end = own.run->client == L1Client::Dma ? own.run->start + own.run->piece.steps - 1 : cycle;
      outcomes[lane].push_back({own.run->start, end, own.slips.operand, own.slips.output});
      if (outcomes[lane].size() < work[lane].size())
        start[lane] = end + 1 + work[lane][outcomes[lane].size()].gap;
    }
    ended.clear();
    int64_t wake = banks.soonestEnd();
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (added[lane] == outcomes[lane].size() && added[lane] < work[lane].size())
        wake = std::min(wake, start[lane]);
      else if (added[lane] > outcomes[lane].size() && work[lane][added[lane] - 1].run.client == L1Client::Dma)
        wake = std::min(wake, start[lane] + work[lane][added[lane] - 1].run.piece.steps - 1);
    }
    EXPECT_GT(wake, cycle);
    cycle = random() % 8 || wake >= never ? wake : cycle + 1 + int64_t(random() % uint64_t(wake - cycle));
  }
  return outcomes;
}

/// Of two runs of the matrix engine that end in one cycle either may report the slips.
Outcomes joined(Outcomes outcomes) {
  for (Outcome &a : outcomes[0])
    for (Outcome &b : outcomes[1])
      if (a.end == b.end) {
        a.operand += b.operand, a.output += b.output;
        b.operand = b.output = 0;
      }
  return outcomes;
}

struct Random {
  std::mt19937_64 engine;
  int64_t below(int64_t n) { return int64_t(engine() % uint64_t(n)); }
  int64_t from(std::initializer_list<int64_t> list) { return list.begin()[below(int64_t(list.size()))]; }
  /// Strides that repeat soon, late, or not within a beat.
  int64_t stride(int64_t least) {
    switch (below(4)) {
    case 0:
      return (least + 1023) / 1024 * 1024;
    case 1:
      return (least + 63) / 64 * 64 + 64 * below(5);
    case 2:
      return least;
    default:
      return least + below(300);
    }
  }
};

L1Run product(Random &random, const rt::MatrixParams &matrix, bool stream) {
  rt::MmaArgs args{};
  args.m = 1 + random.below(150), args.k = 1 + random.below(2 * matrix.rows + 5),
  args.n = 1 + random.below(2 * matrix.columns + 5);
  const int64_t type = int64_t(random.below(2) ? rt::DType::BF16 : rt::DType::F32),
                bytes = rt::byteSize(rt::DType(type));
  const bool transposed = random.below(2);
  args.types = type | type << 4 | int64_t(transposed) << 8;
  args.a = random.below(1 << 15), args.w = random.below(1 << 15);
  args.aStride = random.stride(args.k * bytes), args.wStride = random.stride((transposed ? args.k : args.n) * bytes);
  L1Run run;
  stream ? beginStream(matrix, args, run) : beginPreload(matrix, args, run);
  return run;
}

L1Run map(Random &random, const rt::VectorParams &vector) {
  rt::Chain chain;
  chain.sources[0] = {rt::DType::BF16, true, false};
  chain.sources[1] = {rt::DType::F32, random.below(2) != 0, random.below(2) != 0};
  chain.dst = {rt::DType::F32, random.below(3) != 0};
  for (int64_t i = random.below(4); i; --i)
    chain.steps.push_back({random.below(2) ? rt::StepOp::Exp : rt::StepOp::SaveT0});
  const int64_t rows = 1 + random.below(120), cols = 1 + random.below(3 * vector.lanes);
  rt::SlotValues v{0,
                   rows,
                   cols,
                   random.below(1 << 15),
                   random.stride(cols * 2),
                   random.below(1 << 15),
                   random.stride(cols * 4),
                   0,
                   0,
                   random.below(1 << 15),
                   random.stride(cols * 4),
                   0,
                   0};
  L1Run run;
  beginVector(vector, rt::timing::vectorWork(vector, rt::Opcode::VecMap, v, &chain), run);
  return run;
}

L1Run linear(Random &random, L1Client client) {
  L1Run run;
  beginLinear(random.below(1 << 15), 1 + random.below(random.below(4) ? 2048 : 20000), random.from({32, 64, 96, 128}),
              random.below(2), run);
  run.client = client;
  return run;
}

} // namespace

TEST(L1Banks, PlaysAsStepByStep) {
  const int64_t cases = setting("GARAM_L1_CASES", 2000), seed = setting("GARAM_L1_SEED", 1);
  for (int64_t number = 0; number < cases; ++number) {
    Random random{std::mt19937_64(uint64_t(seed * 1000003 + number))};
    rt::Chip chip = rt::loadChip("unit");
    chip.l1.banks = random.from({1, 2, 8, 16, 32, 64, 12, 48, 80, 128});
    chip.l1.beatBytes = random.from({32, 64, 64, 64, 128, 48});
    chip.matrix.rows = random.from({8, 16, 64}), chip.matrix.columns = random.from({8, 16, 32});
    chip.matrix.weightRowsPerCycle = random.from({1, 2, 4}), chip.matrix.f32CyclesPerRow = random.from({1, 4});
    chip.vector.lanes = random.from({16, 64});
    Work work;
    for (size_t lane = 0; lane < kLanes; ++lane)
      for (int64_t i = random.below(5); i; --i) {
        Order order{lane == 0   ? product(random, chip.matrix, false)
                    : lane == 1 ? product(random, chip.matrix, true)
                    : lane == 2 ? map(random, chip.vector)
                                : linear(random, lane == 3 ? L1Client::DmaOut : L1Client::Dma),
                    random.below(random.below(2) ? 4 : 400)};
        if (order.run.piece.steps)
          work[lane].push_back(order);
      }
    const Outcomes expected = joined(plain(chip, work)), found = joined(driven(chip, work, random.engine));
    for (size_t lane = 0; lane < kLanes; ++lane)
      for (size_t i = 0; i < expected[lane].size(); ++i) {
        const Outcome a = expected[lane][i], b = i < found[lane].size() ? found[lane][i] : Outcome{};
        ASSERT_TRUE(a == b) << fmt::format(
            "case {}, run {} of lane {}: {} to {}, slips {} {}; found {} to {}, slips {} {}", number, i, lane, a.start,
            a.end, a.operand, a.output, b.start, b.end, b.operand, b.output);
      }
  }
}

TEST(L1Banks, WorkDoesNotGrowWithTheLengthOfAnOverlap) {
  rt::Chip chip = rt::loadChip("unit", {"l1.banks=32", "l1.beat_bytes=64"});
  int64_t stepped[2];
  for (int64_t rows : {2000, 200000}) {
    // A product whose rows take every third bank, a chain whose beats take every fifth, and a copy out of L1.
    L1Run a, b, c;
    rt::MmaArgs args{};
    args.m = rows, args.k = args.n = 16, args.aStride = 3 * 64, args.wStride = 64;
    args.types = int64_t(rt::DType::BF16) | int64_t(rt::DType::BF16) << 4;
    beginStream(chip.matrix, args, a);
    rt::Chain chain;
    chain.sources[0] = {rt::DType::F32, true, false};
    chain.dst = {rt::DType::F32, true, false};
    const rt::SlotValues map{0, 2 * rows, 64, 0, 5 * 64, 0, 0, 0, 0, rt::kAccBase, 256, 0, 0};
    beginVector(chip.vector, rt::timing::vectorWork(chip.vector, rt::Opcode::VecMap, map, &chain), b);
    beginLinear(4096, rows * 64, 64, false, c);
    c.client = L1Client::DmaOut;
    L1Banks banks(chip.l1, chip.matrix);
    std::vector<L1Ended> ended;
    for (L1Run *run : {&a, &b, &c})
      banks.add(run);
    int64_t slips = 0;
    for (int64_t cycle = 0; ended.size() < 3; cycle = banks.soonestEnd())
      banks.play(cycle, ended);
    for (const L1Ended &own : ended)
      slips += own.slips.operand + own.slips.output;
    EXPECT_GT(slips, rows / 10);
    stepped[rows > 2000] = banks.stepped();
  }
  EXPECT_LT(stepped[0], 2000);
  // The end is looked for in ever shorter strides, each of which leaves part of a period.
  EXPECT_LT(stepped[1], 5 * stepped[0]);
}
