#include "sim/kernel/MemoryPayload.h"

namespace garam::sim {

void PayloadPool::grow() {
  for (int i = 0; i < 16; ++i) {
    all.push_back(std::make_unique<MemoryPayload>(this));
    all.back()->set_data_ptr(nullptr);
    all.back()->set_byte_enable_ptr(nullptr);
    idle.push_back(all.back().get());
  }
}

} // namespace garam::sim
