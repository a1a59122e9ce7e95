// The numbered rules of docs/hardware, counted where a ticked model lets one decide something: what random programs
// exercise.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace garam::test {

// In the order of machine.md and memory.md.
#define GARAM_RULES(f)                                                                                                 \
  f(M1) f(M2) f(M4) f(M5) f(L1) f(L2) f(L3) f(L4) f(S1) f(S2) f(S3) f(S4) f(Y1) f(Y2) f(Y3) f(Y4) f(B1) f(E1) f(E2)    \
      f(E3) f(X1) f(X2) f(X3) f(X4) f(V1) f(V2) f(V3) f(D1) f(D2) f(D3) f(D4) f(D5) f(D6) f(D7) f(A1) f(A2) f(A3)      \
          f(A4) f(A5) f(A6) f(N1) f(N2) f(N3) f(N4) f(N5) f(N6) f(N7) f(N8) f(N9) f(N10) f(R1) f(H1) f(H2) f(H3) f(C1) \
              f(C2) f(C3) f(C4) f(C5) f(T1) f(T3) f(MT1) f(MT2) f(MT3) f(MA1) f(MA2) f(MA3) f(MA4) f(MQ1) f(MQ2)       \
                  f(MQ3) f(MW1) f(MC1) f(MC2) f(MC3) f(MC4) f(MC5) f(MR1) f(MR2) f(MR3) f(MR4) f(MR5) f(MF1) f(MF2)    \
                      f(MF3) f(MS1) f(MS2)

#define GARAM_RULE_ENUM(rule) rule,
enum class Rule : uint8_t { GARAM_RULES(GARAM_RULE_ENUM) };
#undef GARAM_RULE_ENUM

#define GARAM_RULE_NAME(rule) #rule,
inline constexpr std::string_view kRuleNames[] = {GARAM_RULES(GARAM_RULE_NAME)};
#undef GARAM_RULE_NAME
inline constexpr size_t kRules = std::size(kRuleNames);

using RuleCounts = std::array<int64_t, kRules>;
/// Since it was last cleared; of all models of this process.
inline RuleCounts ruleCounts{};
inline void cite(Rule rule) { ++ruleCounts[size_t(rule)]; }

} // namespace garam::test
