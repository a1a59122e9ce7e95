// The arithmetic of mma on one host core beside OpenBLAS sgemm in the same run: `bench-matmul`. Each shape runs as the
// machine would run it, in one instruction, with an array of 128 rows. The table that it prints at the end has the
// medians of the repetitions.
#include "sim/insns/Insns.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cblas.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <random>
#include <string>
#include <vector>

// Declared by OpenBLAS' own header only.
extern "C" void openblas_set_num_threads(int);

namespace garam {

namespace {

struct Shape {
  int64_t m, n, k;
  std::string text() const { return fmt::format("{}x{}x{}", m, n, k); }
};

const Shape kShapes[] = {{128, 384, 384},    {1024, 1536, 384}, {64, 384, 2048}, {128, 128, 64}, {512, 512, 512},
                         {1024, 1024, 1024}, {64, 64, 128},     {1, 1536, 384},  {4, 1536, 384}, {8, 1536, 384}};

/// Seconds of every repetition, by shape and kind.
std::map<std::string, std::map<std::string, std::vector<double>>> times;

double operations(const Shape &s) { return 2.0 * double(s.m) * double(s.n) * double(s.k); }

/// The median: the clock of a shared host now and then counts too little.
double rate(const Shape &s, const std::string &kind) {
  std::vector<double> &all = times[s.text()][kind];
  if (all.empty())
    return 0;
  std::nth_element(all.begin(), all.begin() + std::ptrdiff_t(all.size() / 2), all.end());
  return operations(s) / all[all.size() / 2];
}

/// Time of this thread alone, so that a host with other work to do gives the same ratios.
double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

template <class F> void measure(benchmark::State &state, const Shape &s, const std::string &kind, F &&once) {
  for (auto _ : state) {
    const double start = threadSeconds();
    once();
    const double seconds = threadSeconds() - start;
    state.SetIterationTime(seconds);
    times[s.text()][kind].push_back(seconds);
  }
  state.counters["GFLOP/s"] = rate(s, kind) * 1e-9;
}

void runMma(benchmark::State &state, Shape s, rt::DType type, bool transposed, const std::string &kind) {
  const int64_t size = rt::byteSize(type);
  std::vector<uint8_t> l1(size_t((s.m + s.n) * s.k * size)), acc(size_t(s.m * s.n * 4));
  std::mt19937 random(1);
  for (size_t i = 0; i < l1.size(); ++i) // exponents near that of 1, so that nothing overflows
    l1[i] = i % size_t(size) == size_t(size) - 1 ? (random() & 0x80) | 0x3f : random() & 0x7f;
  sim::insns::Memory memory{l1, acc};
  sim::insns::Result result;
  const rt::SlotValues values{0,
                              s.k * size,
                              s.m * s.k * size,
                              (transposed ? s.k : s.n) * size,
                              rt::kAccBase,
                              s.n * 4,
                              s.m,
                              s.k,
                              s.n,
                              0,
                              int64_t(type) | int64_t(type) << 4 | int64_t(transposed) << 8};
  measure(state, s, kind, [&] {
    sim::insns::execute(rt::Opcode::Mma, {memory, values, nullptr, 128}, result);
    result.commit(memory);
  });
}

void runBlas(benchmark::State &state, Shape s) {
  std::vector<float> a(size_t(s.m * s.k), 1.5f), b(size_t(s.k * s.n), 0.75f), c(size_t(s.m * s.n));
  measure(state, s, "sgemm", [&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(s.m), int(s.n), int(s.k), 1, a.data(), int(s.k),
                b.data(), int(s.n), 0, c.data(), int(s.n));
  });
}

void registerShape(const Shape &s) {
  const auto add = [&](const std::string &kind, auto run) {
    benchmark::RegisterBenchmark((kind + "/" + s.text()).c_str(), run)->UseManualTime()->MinTime(0.3);
  };
  add("sgemm", [s](benchmark::State &state) { runBlas(state, s); });
  add("bf16", [s](benchmark::State &state) { runMma(state, s, rt::DType::BF16, false, "bf16"); });
  add("bf16-transposed", [s](benchmark::State &state) { runMma(state, s, rt::DType::BF16, true, "bf16-transposed"); });
  add("f32", [s](benchmark::State &state) { runMma(state, s, rt::DType::F32, false, "f32"); });
  add("i8", [s](benchmark::State &state) { runMma(state, s, rt::DType::I8, false, "i8"); });
}

void printTable() {
  fmt::print("\n{:>16} {:>10} {:>16} {:>16} {:>16} {:>16}\n", "m x n x k", "sgemm", "bf16", "bf16-transposed", "f32",
             "i8");
  for (const Shape &s : kShapes) {
    const double sgemm = rate(s, "sgemm");
    fmt::print("{:>16} {:>10.1f}", s.text(), sgemm * 1e-9);
    for (const char *kind : {"bf16", "bf16-transposed", "f32", "i8"})
      fmt::print(" {:>9.1f} {:>5.0f}%", rate(s, kind) * 1e-9, 100 * rate(s, kind) / sgemm);
    fmt::print("\n");
  }
}

} // namespace

} // namespace garam

int main(int argc, char **argv) {
  openblas_set_num_threads(1);
  garam::sim::insns::start();
  for (const auto &shape : garam::kShapes)
    garam::registerShape(shape);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  garam::printTable();
}
