#include "tests/twin/compare/Shrink.h"

#include "tests/twin/programs/Assemble.h"

#include <algorithm>
#include <set>

namespace garam::twin {
namespace {

class Shrinker {
public:
  Shrinker(const Models &models, Plan plan, bool modes) : models(models), best(std::move(plan)), modes(modes) {
    broken = !compare(models, assemble(models.simulator, best), modes).error.empty();
    // Mostly mode *both* differs already.
    this->modes = false;
    this->modes = modes && !fails(best);
  }

  Plan run() {
    for (size_t before = 0; before != size();) {
      before = size();
      list([](Plan &plan) -> auto & { return plan.launches; }, 1);
      for (size_t k = 0; k < best.kernels.size(); ++k)
        kernel(k);
    }
    return best;
  }

private:
  const Models models;
  Plan best;
  bool modes;
  bool broken = false; ///< a model threw: that is what must stay

  void kernel(size_t k) {
    auto own = [k](Plan &plan) -> KernelPlan & { return plan.kernels[k]; };
    // The first block brings the tables that others read.
    list([own](Plan &plan) -> auto & { return own(plan).blocks; }, 0, 1);
    std::set<int> busy;
    for (const Block &block : best.kernels[k].blocks)
      busy.insert(block.core);
    for (int core : busy)
      if (core != Block::kAll)
        attempt([&](Plan &plan) {
          std::erase_if(own(plan).blocks, [&](const Block &block) { return block.core == core; });
        });
    for (size_t b = 1; b < best.kernels[k].blocks.size(); ++b) {
      auto at = [own, b](Plan &plan) -> Block & { return own(plan).blocks[b]; };
      list([at](Plan &plan) -> auto & { return at(plan).tasks; }, 0);
      if (best.kernels[k].blocks[b].loop)
        attempt([&](Plan &plan) { at(plan).loop = false, at(plan).trips = 1; }) ||
            attempt([&](Plan &plan) { at(plan).trips = 1; });
      if (const Block &block = best.kernels[k].blocks[b]; block.kind == BlockKind::Tasks && block.core == Block::kAll)
        attempt([&](Plan &plan) { at(plan).core = 0; });
      for (size_t t = 0; t < best.kernels[k].blocks[b].tasks.size(); ++t)
        task([at, t](Plan &plan) -> Task & { return at(plan).tasks[t]; });
    }
    attempt([&](Plan &plan) { own(plan).initialTokens = own(plan).trailing = 0; });
  }

  template <class F> void task(F &&of) {
    list([of](Plan &plan) -> auto & { return of(plan).waiters; }, 0);
    if (of(best).descriptor && std::holds_alternative<rt::DmaShape>(*of(best).descriptor))
      for (size_t d = 1; d < 5; ++d)
        if (std::get<rt::DmaShape>(*of(best).descriptor).counts[d] > 1)
          attempt([&](Plan &plan) { std::get<rt::DmaShape>(*of(plan).descriptor).counts[d] = 1; });
    for (size_t f = 0; f < of(best).fields.size(); ++f)
      if (of(best).fields[f].reg)
        attempt([&](Plan &plan) { of(plan).fields[f].reg = false; });
  }

  size_t size() const {
    size_t all = best.launches.size();
    for (const KernelPlan &kernel : best.kernels)
      for (const Block &block : kernel.blocks)
        all += 1 + block.tasks.size() + block.loop;
    return all;
  }
  bool fails(const Plan &plan) const {
    try {
      Comparison result = compare(models, assemble(models.simulator, plan), modes);
      return !result.same() && broken == !result.error.empty();
    } catch (const std::exception &) {
      return false; // no program
    }
  }
  template <class F> bool attempt(F &&change) {
    Plan tried = best;
    change(tried);
    if (!fails(tried))
      return false;
    best = std::move(tried);
    return true;
  }
  /// Takes entries of a list away, many at a time first.
  template <class F> void list(F &&of, size_t least, size_t from = 0) {
    for (size_t many = std::max<size_t>(1, of(best).size() / 2); many; many /= 2)
      for (size_t at = from; at < of(best).size();) {
        size_t count = std::min(many, of(best).size() - at);
        bool gone = of(best).size() - count >= least && attempt([&](Plan &plan) {
                      auto &entries = of(plan);
                      entries.erase(entries.begin() + long(at), entries.begin() + long(at + count));
                    });
        if (!gone)
          at += many;
      }
  }
};

} // namespace

Plan shrink(const Models &models, Plan plan, bool modes) { return Shrinker(models, std::move(plan), modes).run(); }

} // namespace garam::twin
