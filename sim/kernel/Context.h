// SystemC keeps one context for a process; this renews it, so that runs follow one another.
#pragma once

#include <systemc>

namespace garam::sim {

class FreshContext {
public:
  FreshContext();
  ~FreshContext();
  FreshContext(const FreshContext &) = delete;
  FreshContext &operator=(const FreshContext &) = delete;

private:
  sc_core::sc_simcontext *before, *own;
};

} // namespace garam::sim
