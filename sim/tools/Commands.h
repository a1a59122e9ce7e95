// Subcommands of garam-sim: each adds itself to the application and runs when it is parsed.
#pragma once

namespace CLI {
class App;
}

namespace garam::sim {

/// `garam-sim hbm`: drives the memory of a chip alone.
void addHbmCommand(CLI::App &app);

}  // namespace garam::sim
