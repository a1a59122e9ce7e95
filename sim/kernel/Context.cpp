#include "sim/kernel/Context.h"

namespace garam::sim {
namespace {

std::recursive_mutex &oneAtATime() {
  static std::recursive_mutex only;
  return only;
}

} // namespace

FreshContext::FreshContext()
    : alone(oneAtATime()), before(sc_core::sc_curr_simcontext), own(new sc_core::sc_simcontext) {
  sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = own;
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
}

FreshContext::~FreshContext() {
  sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = before;
  delete own;
}

} // namespace garam::sim

/// The distribution's library refers to it; this project's programs have a main of their own.
extern "C" __attribute__((visibility("default"))) int sc_main(int, char **) { return 0; }
