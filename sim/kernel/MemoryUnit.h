// The two sides of the TLM-2.0 door to a memory. Whatever is a MemoryTarget, or has a target socket of its own, can
// stand behind a MemoryInitiator: rule H4.
#pragma once

#include "runtime/device/Device.h"

#include <tlm>

namespace garam::sim {

struct MemoryInitiator {
  virtual ~MemoryInitiator() = default;
  virtual tlm::tlm_initiator_socket<> &memorySocket() = 0;
};

struct MemoryTarget {
  virtual ~MemoryTarget() = default;
  virtual tlm::tlm_target_socket<> &memorySocket() = 0;
  /// Adds what it counted.
  virtual void addCounters(rt::HbmCounters &counters) const = 0;
};

} // namespace garam::sim
