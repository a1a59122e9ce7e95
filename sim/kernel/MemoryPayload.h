// The payload between the NoC and a memory controller, TLM-2.0 base protocol: BEGIN_REQ is the arrival of a burst,
// END_REQ says that it has a queue entry, BEGIN_RESP is its last beat. Delays are annotated; data stays in Storage, the
// pointer is null. The extension is ignorable: a controller that knows where the time went says so in it.
#pragma once

#include <tlm>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace garam::sim {

struct Packet;

/// Clocks of the DRAM preset. `offered` is there from BEGIN_REQ on, `accepted` from END_REQ, the rest from BEGIN_RESP.
struct MemoryTimes : tlm::tlm_extension<MemoryTimes> {
  static constexpr int64_t kUnknown = -1;
  int64_t offered = kUnknown;
  int64_t accepted = kUnknown, done = kUnknown; ///< kUnknown: of a memory that does not say
  /// Of the clocks from `accepted` to `done`, by cause; they add up.
  int64_t memoryQueue = 0, rowMiss = 0, refresh = 0, turnaround = 0, transfer = 0;
  Packet *packet = nullptr; ///< of the initiator

  tlm_extension_base *clone() const override { return new MemoryTimes(*this); }
  void copy_from(const tlm_extension_base &other) override { *this = static_cast<const MemoryTimes &>(other); }
};

/// A payload of this project's initiators, its extension inside.
struct MemoryPayload : tlm::tlm_generic_payload {
  MemoryTimes times;
  explicit MemoryPayload(tlm::tlm_mm_interface *manager) : tlm_generic_payload(manager) { set_extension(&times); }
  ~MemoryPayload() override { clear_extension(&times); }
};

/// Payloads that come back when their last reference goes.
class PayloadPool : public tlm::tlm_mm_interface {
public:
  MemoryPayload *take() {
    if (idle.empty())
      grow();
    MemoryPayload *payload = idle.back();
    idle.pop_back();
    payload->acquire();
    return payload;
  }
  void free(tlm::tlm_generic_payload *payload) override { idle.push_back(static_cast<MemoryPayload *>(payload)); }

private:
  void grow();
  std::vector<std::unique_ptr<MemoryPayload>> all;
  std::vector<MemoryPayload *> idle;
};

} // namespace garam::sim
