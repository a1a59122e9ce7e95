#include "runtime/device/Device.h"

#include "runtime/Error.h"

namespace garam::rt {

std::string_view name(Stall stall) {
  static constexpr std::array<std::string_view, kStalls> kNames{
      "queue_empty", "wait_semaphore", "wait_barrier", "operand_l1", "output_l1",     "noc",   "memory_queue",
      "row_miss",    "refresh",        "turnaround",   "die_to_die", "shared_memory", "fetch", "launch"};
  return kNames[size_t(stall)];
}

std::string_view name(IndexSource source) {
  static constexpr std::array<std::string_view, 3> kNames{"none", "memory", "drawn"};
  return kNames[size_t(source)];
}

static std::map<std::string, DeviceFactory, std::less<>> &factories() {
  static std::map<std::string, DeviceFactory, std::less<>> map;
  return map;
}

void registerDevice(std::string_view name, DeviceFactory factory) {
  if (!factories().emplace(name, factory).second)
    throw Error(ErrorKind::Internal, "device", fmt::format("`{}` is registered twice", name));
}

std::unique_ptr<Device> openDevice(std::string_view name, const Chip &chip) {
  auto found = factories().find(name);
  if (found != factories().end())
    return found->second(chip);
  std::string known;
  for (const auto &[key, factory] : factories())
    known += (known.empty() ? "" : ", ") + key;
  throw inputError("device", fmt::format("no `{}`", name), fmt::format("allowed: {}", known));
}

} // namespace garam::rt
