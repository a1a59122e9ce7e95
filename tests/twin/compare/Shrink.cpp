#include "tests/twin/compare/Shrink.h"

#include <algorithm>

namespace garam::twin {
namespace {

class Shrinker {
public:
  Shrinker(const rt::Chip &chip, Plan plan) : chip(chip), best(std::move(plan)), broken(!compare(chip, best).error.empty()) {}

  Plan run() {
    for (size_t before = 0; before != size();) {
      before = size();
      list([](Plan &plan) -> auto & { return plan.launches; }, 1);
      for (size_t k = 0; k < best.kernels.size(); ++k) {
        // The first block brings the tables that others read.
        list([k](Plan &plan) -> auto & { return plan.kernels[k].blocks; }, 0, 1);
        for (size_t b = 1; b < best.kernels[k].blocks.size(); ++b) {
          list([k, b](Plan &plan) -> auto & { return plan.kernels[k].blocks[b].tasks; }, 0);
          attempt([&](Plan &plan) { plan.kernels[k].blocks[b].loop = false, plan.kernels[k].blocks[b].trips = 1; });
          attempt([&](Plan &plan) {
            if (plan.kernels[k].blocks[b].core == Block::kAll && !plan.kernels[k].blocks[b].rotating)
              for (Task &task : plan.kernels[k].blocks[b].tasks)
                task.multicastWaiter.reset();
          });
        }
        attempt([&](Plan &plan) { plan.kernels[k].initialTokens = plan.kernels[k].trailing = 0; });
      }
    }
    return best;
  }

private:
  const rt::Chip &chip;
  Plan best;
  const bool broken; ///< a model threw: that is what must stay

  size_t size() const {
    size_t all = best.launches.size();
    for (const KernelPlan &kernel : best.kernels)
      for (const Block &block : kernel.blocks)
        all += 1 + block.tasks.size() + block.loop;
    return all;
  }
  bool fails(const Plan &plan) const {
    Comparison result = compare(chip, plan);
    return !result.same() && broken == !result.error.empty();
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

Plan shrink(const rt::Chip &chip, Plan plan) { return Shrinker(chip, std::move(plan)).run(); }

} // namespace garam::twin
