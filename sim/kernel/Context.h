// SystemC keeps one context for a process; this renews it, so that runs follow one another. Of several threads, one at
// a time has a context, from its construction to its end; the others wait. Within a thread contexts may be nested.
#pragma once

#include <systemc>

#include <mutex>

namespace garam::sim {

class FreshContext {
public:
  FreshContext();
  ~FreshContext();
  FreshContext(const FreshContext &) = delete;
  FreshContext &operator=(const FreshContext &) = delete;

private:
  std::unique_lock<std::recursive_mutex> alone;
  sc_core::sc_simcontext *before, *own;
};

} // namespace garam::sim
