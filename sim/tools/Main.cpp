// garam-sim: the simulator from the command line. Exit 0 on success, 2 on bad input with one line that says why.
#include "runtime/Error.h"
#include "sim/tools/Tools.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace garam::sim {

void writeWhole(const std::string &path, std::string_view text) {
  if (path == "-") {
    std::cout << text << std::flush;
    return;
  }
  const std::string temporary = path + ".part";
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  std::error_code code;
  if (file)
    std::filesystem::rename(temporary, path, code);
  if (!file || code) {
    std::filesystem::remove(temporary, code);
    throw rt::inputError(path, "cannot be written", "a file in a folder that exists");
  }
}

} // namespace garam::sim

int main(int argc, char **argv) {
  CLI::App app("Runs programs and memory traces on the simulated machine.", "garam-sim");
  app.require_subcommand(1);
  garam::sim::addRunCommand(app);
  garam::sim::addHbmCommand(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::CallForHelp &help) {
    return app.exit(help);
  } catch (const CLI::ParseError &error) {
    std::cerr << "error: command line: " << error.what() << "; see garam-sim --help\n";
  } catch (const garam::rt::Error &error) {
    std::cerr << "error: " << error.what() << "\n";
  } catch (const std::exception &error) {
    std::cerr << "error: garam-sim: " << error.what() << "; an error of the simulator itself\n";
  }
  return 2;
}
