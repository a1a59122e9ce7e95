// Plays a list of requests on the memory of a chip alone, as fast as the queues take them.
#pragma once

#include "runtime/chip/Chip.h"
#include "sim/memory/Channel.h"

#include <string>
#include <string_view>
#include <vector>

namespace garam::sim {

/// A request of 64 bytes.
struct MemoryRequest {
  int64_t cycle;   ///< clock of the memory controllers
  int64_t address; ///< byte of the chip: die x bytes_per_die + offset
  bool write;
};

inline constexpr int64_t kRequestBytes = 64;

/// Lines `CYCLE R|W HEX_ADDRESS`. Throws Error (Input) with `where` and the line.
std::vector<MemoryRequest> parseRequests(std::string_view text, const rt::Chip &chip, const std::string &where);

struct ChannelCommand {
  int32_t channel; ///< of the chip: (die x stacks + stack) x channels_per_stack + channel
  DramCommand command;
};

struct ReplayResult {
  int64_t cycles = 0; ///< from the first request's cycle to the last data beat
  int64_t dies = 0;   ///< that requests went to
  ChannelCounters counters;
  std::vector<BurstTimes> times; ///< by request; only if asked for
};

/// Each request enters the queue of its channel in the order of the list, at its cycle or as soon as there is room. All
/// channels of a die that has requests refresh until the last data beat.
/// `commands`, if not null, takes all DRAM commands in time order.
ReplayResult replay(const rt::Chip &chip, const std::vector<MemoryRequest> &requests,
                    std::vector<ChannelCommand> *commands, bool keepTimes = false);

/// By time; commands of one tick keep their order.
void sortByTime(std::vector<ChannelCommand> &commands);

/// The commands as CSV with the columns ps, stack, channel, pseudo_channel, stack_id, bank_group, bank, row, column,
/// command.
std::string commandsAsCsv(const rt::Chip &chip, const std::vector<ChannelCommand> &commands);

} // namespace garam::sim
