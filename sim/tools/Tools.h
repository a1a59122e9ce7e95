// What the subcommands of garam-sim share.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>

namespace garam::sim {

/// Each adds its subcommand; its callback does the work and throws rt::Error.
void addRunCommand(CLI::App &app);
void addHbmCommand(CLI::App &app);

/// Writes a file whole or not at all; `-` is standard output. Throws rt::Error (Input).
void writeWhole(const std::string &path, std::string_view text);

} // namespace garam::sim
