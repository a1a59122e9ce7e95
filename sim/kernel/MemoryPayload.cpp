#include "sim/kernel/MemoryPayload.h"

namespace garam::sim {

void PayloadPool::grow() {
  for (int i = 0; i < 16; ++i) {
    auto payload = std::make_unique<tlm::tlm_generic_payload>(this);
    payload->set_extension(new MemoryTimes);
    payload->set_data_ptr(nullptr);
    payload->set_byte_enable_ptr(nullptr);
    idle.push_back(payload.get());
    all.push_back(std::move(payload));
  }
}

// The extensions belong to the payloads, whose destructors delete them.
PayloadPool::~PayloadPool() = default;

} // namespace garam::sim
