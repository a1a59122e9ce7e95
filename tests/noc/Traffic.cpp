#include "tests/noc/Traffic.h"

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>

namespace garam::noc {
namespace {

constexpr double kToTheMiddle = 0.1;

int middleOf(const Shape &shape) { return shape.rows / 2 * shape.columns + shape.columns / 2; }

/// How likely a packet of `from` goes to each node; all 0 where it sends none.
std::vector<double> targets(const Shape &shape, Pattern pattern, int from) {
  const int nodes = shape.nodes(), middle = middleOf(shape);
  std::vector<double> share(size_t(nodes), 0.0);
  auto others = [&](double all) {
    for (int to = 0; to < nodes; ++to)
      if (to != from)
        share[size_t(to)] += all / (nodes - 1);
  };
  switch (pattern) {
  case Pattern::Uniform:
    others(1);
    break;
  case Pattern::Transpose: {
    if (shape.columns != shape.rows)
      throw std::invalid_argument("transpose: the mesh is not square");
    const int to = from % shape.columns * shape.columns + from / shape.columns;
    if (to != from)
      share[size_t(to)] = 1;
    break;
  }
  case Pattern::Hotspot:
    if (from == middle) {
      others(1);
    } else {
      others(1 - kToTheMiddle);
      share[size_t(middle)] += kToTheMiddle;
    }
    break;
  case Pattern::AllToOne:
    if (from != middle)
      share[size_t(middle)] = 1;
    break;
  }
  return share;
}

bool sends(const std::vector<double> &share) {
  return std::ranges::any_of(share, [](double each) { return each > 0; });
}

} // namespace

std::string_view nameOf(Pattern pattern) {
  constexpr std::string_view names[] = {"uniform", "transpose", "hotspot", "all-to-one"};
  return names[size_t(pattern)];
}

std::vector<Offer> draw(const Shape &shape, const Load &load) {
  std::mt19937_64 random(load.seed);
  std::vector<std::discrete_distribution<int>> target;
  std::vector<int> from;
  for (int node = 0; node < shape.nodes(); ++node)
    if (const std::vector<double> share = targets(shape, load.pattern, node); sends(share)) {
      from.push_back(node);
      target.emplace_back(share.begin(), share.end());
    }
  const double mean = load.sizes == Sizes::Whole ? shape.dataFlits : (1 + shape.dataFlits) / 2.0;
  std::bernoulli_distribution arrives(std::min(1.0, load.share * capacity(shape, load.pattern) / mean)), half(0.5);
  std::uniform_int_distribution<int> any(1, shape.dataFlits);
  std::vector<Offer> offers;
  for (int64_t cycle = 1; cycle <= load.cycles; ++cycle)
    for (Network network : {Network::Request, Network::Response})
      for (size_t i = 0; i < from.size(); ++i) {
        if (!arrives(random))
          continue;
        int flits = shape.dataFlits;
        if (load.sizes == Sizes::Bursts)
          flits = half(random) ? 1 : flits;
        else if (load.sizes == Sizes::Any)
          flits = any(random);
        const Queue queue = network == Network::Response ? Queue::L1 : flits > 1 ? Queue::DmaOut : Queue::DmaIn;
        offers.push_back({cycle, from[i], target[i](random), flits, network, queue});
      }
  return offers;
}

double capacity(const Shape &shape, Pattern pattern) {
  std::map<std::pair<int, int>, double> carried; // from router to router, or from one to itself: to its node
  for (int from = 0; from < shape.nodes(); ++from) {
    const std::vector<double> share = targets(shape, pattern, from);
    for (int to = 0; to < shape.nodes(); ++to) {
      if (share[size_t(to)] == 0)
        continue;
      int at = from;
      const int column = to % shape.columns;
      while (at != to) {
        const int step = at % shape.columns < column   ? 1
                         : at % shape.columns > column ? -1
                         : at < to                     ? shape.columns
                                                       : -shape.columns;
        carried[{at, at + step}] += share[size_t(to)];
        at += step;
      }
      carried[{to, to}] += share[size_t(to)];
    }
  }
  double most = 1; // what a node can send
  for (const auto &[link, flits] : carried)
    most = std::max(most, flits);
  return 1 / most;
}

int senders(const Shape &shape, Pattern pattern) {
  int count = 0;
  for (int node = 0; node < shape.nodes(); ++node)
    count += sends(targets(shape, pattern, node));
  return count;
}

} // namespace garam::noc
