// Packets that are offered to a mesh: who sends what to whom in which cycle. Drawn once, carried by any model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace garam::noc {

/// A mesh with one node at each router, numbered row by row.
struct Shape {
  int columns, rows;
  int64_t hopCycles;
  int packetSlots;
  int dataFlits; ///< flits of a whole burst with its header

  int nodes() const { return columns * rows; }
};

enum class Pattern : uint8_t {
  Uniform,   ///< to any other node
  Transpose, ///< from (x, y) to (y, x); the diagonal is silent
  Hotspot,   ///< one packet in ten to the node in the middle, the others to any other node
  AllToOne,  ///< all to the node in the middle
};
inline constexpr Pattern kPatterns[] = {Pattern::Uniform, Pattern::Transpose, Pattern::Hotspot, Pattern::AllToOne};
std::string_view nameOf(Pattern pattern);

enum class Network : uint8_t { Request, Response };
/// Queues of a node at its router, in the order in which the router asks them.
enum class Queue : uint8_t { DmaIn, DmaOut, Signals, L1 };
inline constexpr int kQueues = 4;

struct Offer {
  int64_t cycle; ///< at its router
  int from, to;
  int flits;
  Network network;
  Queue queue;
};

enum class Sizes : uint8_t {
  Bursts, ///< one flit or a whole burst, as often
  Any,    ///< any number of flits up to a burst
  Whole,  ///< whole bursts
};

struct Load {
  Pattern pattern;
  double share; ///< of `capacity`
  int64_t cycles;
  uint64_t seed;
  Sizes sizes = Sizes::Bursts;
};

/// Independent trials in every cycle, at every node, in both networks: read requests (one flit) and writes, responses
/// and acknowledgements. In order of cycles. Throws std::invalid_argument for a transpose of a mesh that is not square.
std::vector<Offer> draw(const Shape &shape, const Load &load);

/// Flits in a cycle that each node that sends may offer in each network before a link, or the way to a node, would have
/// to carry more than one flit in a cycle. No mesh with these ways can take more.
double capacity(const Shape &shape, Pattern pattern);
/// Nodes that send.
int senders(const Shape &shape, Pattern pattern);

} // namespace garam::noc
