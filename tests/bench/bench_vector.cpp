// Elements per second of typical chains of vec.map on one host core: `bench-vector`.
#include "runtime/isa/Descriptor.h"
#include "sim/insns/Insns.h"

#include <benchmark/benchmark.h>

#include <vector>

namespace garam {

namespace {

using enum rt::StepOp;
using rt::StepArg;

constexpr rt::DType kType = rt::DType::BF16;

rt::Chain chainOf(std::vector<rt::Step> steps, std::vector<float> constants, rt::Reduction reduction) {
  rt::Chain chain;
  chain.sources = {{{kType, true}, {kType, true}, {rt::DType::F32, true, true}}};
  chain.dst = {kType, true};
  chain.reduction = reduction;
  chain.steps = std::move(steps);
  chain.constants = std::move(constants);
  return chain;
}

void run(benchmark::State &state, const rt::Chain &chain) {
  const int64_t rows = state.range(0), cols = state.range(1), stride = cols * 2, tile = rows * stride;
  std::vector<uint8_t> l1(size_t(3 * tile + 8 * rows), 0x3c);
  sim::insns::Memory memory{l1, {}};
  sim::insns::Result result;
  const rt::SlotValues values{
      0, rows, cols, 0, stride, tile, stride, 3 * tile, 4, 2 * tile, stride, 3 * tile + 4 * rows, 0};
  for (auto _ : state) {
    sim::insns::execute(rt::Opcode::VecMap, {memory, values, &chain}, result);
    result.commit(memory);
  }
  state.SetItemsProcessed(state.iterations() * rows * cols);
}

void add(const char *name, rt::Chain chain) {
  benchmark::RegisterBenchmark(name, [chain](benchmark::State &state) { run(state, chain); })
      ->Args({128, 128})
      ->Args({128, 384})
      ->Args({64, 1536})
      ->Args({1024, 1});
}

} // namespace

} // namespace garam

int main(int argc, char **argv) {
  using namespace garam;
  const auto c0 = StepArg::Const0, c1 = StepArg(17);
  sim::insns::start();
  add("cast", chainOf({}, {}, rt::Reduction::None));
  add("add", chainOf({{Add, StepArg::S1}}, {}, rt::Reduction::None));
  add("maximum", chainOf({}, {}, rt::Reduction::Max));
  add("softmax-exp", chainOf({{Sub, StepArg::S2}, {Exp}}, {}, rt::Reduction::Sum));
  add("gelu",
      chainOf({{SaveT0}, {Mul, c0}, {Erf}, {Add, c1}, {Mul, StepArg::T0}}, {0.70710677f, 1.0f}, rt::Reduction::None));
  add("tanh", chainOf({{Tanh}}, {}, rt::Reduction::None));
  add("sigmoid", chainOf({{Sigmoid}}, {}, rt::Reduction::None));
  add("sin", chainOf({{Sin}}, {}, rt::Reduction::None));
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
