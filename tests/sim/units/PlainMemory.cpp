// A memory as a third party writes it: TLM-2.0 base protocol, approximately timed, SystemC processes of its own,
// nothing of this project but the name under which a chip finds it. So many bursts at a time, each a fixed latency.
#include "sim/kernel/MemoryUnit.h"
#include "sim/kernel/Registry.h"

#include <tlm_utils/peq_with_get.h>

#include <deque>

namespace garam::sim {
namespace {

class PlainMemory : public Unit, public MemoryTarget, public tlm::tlm_fw_transport_if<> {
public:
  PlainMemory(sc_core::sc_module_name name, const UnitPlace &place) : Unit(name, place.kernel) {
    target.bind(*this);
    SC_HAS_PROCESS(PlainMemory);
    SC_METHOD(arrive);
    sensitive << arriving.get_event();
    dont_initialize();
    SC_METHOD(answer);
    sensitive << answering.get_event();
    dont_initialize();
  }

  tlm::tlm_target_socket<> &memorySocket() override { return target; }
  void addCounters(rt::HbmCounters &counters) const override {
    counters.readBytes += readBytes;
    counters.writeBytes += writeBytes;
  }
  void take(const Message &) override {}
  void decide(int64_t) override {}

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                     sc_core::sc_time &delay) override {
    if (phase == tlm::BEGIN_REQ) {
      payload.acquire();
      arriving.notify(payload, delay);
    }
    return tlm::TLM_ACCEPTED;
  }
  void b_transport(tlm::tlm_generic_payload &, sc_core::sc_time &) override {}
  bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload &) override { return 0; }

private:
  static constexpr size_t kEntries = 4;

  void arrive() {
    while (tlm::tlm_generic_payload *payload = arriving.get_next_transaction())
      waiting.push_back(payload);
    admit();
  }
  void admit() {
    while (!waiting.empty() && busy < kEntries) {
      tlm::tlm_generic_payload *payload = waiting.front();
      waiting.pop_front();
      ++busy;
      answering.notify(*payload, sc_core::sc_time(50, sc_core::SC_NS));
      tlm::tlm_phase phase = tlm::END_REQ;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      target->nb_transport_bw(*payload, phase, delay);
    }
  }
  void answer() {
    while (tlm::tlm_generic_payload *payload = answering.get_next_transaction()) {
      (payload->is_write() ? writeBytes : readBytes) += payload->get_data_length();
      payload->set_response_status(tlm::TLM_OK_RESPONSE);
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      target->nb_transport_bw(*payload, phase, delay);
      payload->release();
      --busy;
    }
    admit();
  }

  tlm::tlm_target_socket<> target{"target"};
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> arriving{"arriving"}, answering{"answering"};
  std::deque<tlm::tlm_generic_payload *> waiting;
  size_t busy = 0;
  int64_t readBytes = 0, writeBytes = 0;
};

GARAM_UNIT(PlainMemory, "memory_plain");

} // namespace
} // namespace garam::sim
