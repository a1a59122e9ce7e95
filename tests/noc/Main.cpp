// noc-curves: latency and throughput of a die's mesh against the load, of Garam's model and of flit-level models. A
// line of CSV for each pattern, load and model; scripts/noc.py draws them.
#include "runtime/Error.h"
#include "tests/noc/Models.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

using namespace garam;
using namespace garam::noc;

namespace {

struct Options {
  std::string chip = "rebel100";
  int columns = 0, rows = 0;
  int64_t cycles = 20000;
  uint64_t seed = 1;
};

void run(const Options &options) {
  const rt::NocParams mesh = rt::loadChip(options.chip).noc;
  const rt::Chip chip =
      rt::loadChip(options.chip, oneCorePerRouter(options.columns ? options.columns : int(mesh.meshColumns),
                                                  options.rows ? options.rows : int(mesh.meshRows)));
  const Shape shape = shapeOf(chip);
  fmt::print("pattern,share,capacity,model,latency,accepted\n");
  for (Pattern pattern : kPatterns) {
    if (pattern == Pattern::Transpose && shape.columns != shape.rows)
      continue;
    for (int percent = 5; percent <= 120; percent += percent < 40 || percent >= 100 ? 10 : 5) {
      const Load load{pattern, percent / 100.0, options.cycles, options.seed};
      const std::vector<Offer> offers = draw(shape, load);
      auto print = [&](const char *model, const std::vector<int64_t> &arrivals) {
        const Point point = pointOf(shape, load, offers, arrivals);
        fmt::print("{},{:.2f},{:.6f},{},{:.3f},{:.4f}\n", nameOf(pattern), load.share, capacity(shape, pattern), model,
                   point.latency, point.accepted);
      };
      print("garam", throughMesh(chip, offers));
      print("slots", throughFlits(shape, Room::Slots, offers));
      print("packet", throughFlits(shape, Room::Packet, offers));
      print("wormhole", throughFlits(shape, Room::Wormhole, offers));
      std::fflush(stdout);
    }
  }
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  CLI::App app("Latency and throughput of a die's mesh against the load.");
  app.add_option("--chip", options.chip, "chip whose links, hops and slots it has");
  app.add_option("--columns", options.columns, "of the mesh; 0: the chip's");
  app.add_option("--rows", options.rows, "of the mesh; 0: the chip's");
  app.add_option("--cycles", options.cycles, "in which packets are offered; the second half is measured");
  app.add_option("--seed", options.seed, "of the traffic");
  try {
    app.parse(argc, argv);
    run(options);
    return 0;
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const rt::Error &error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 2;
  }
}
