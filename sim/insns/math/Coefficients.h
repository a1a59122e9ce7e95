// Printed by fit.py: coefficients, lowest power first, for evaluation in f64.
#pragma once

#include <cstdint>

namespace garam::sim::insns {

// (exp(r) - 1) / r, |r| <= ln(2) / 2: relative error 2^-43.3
inline constexpr double kExpm1[] = {0x1.0000000000000p+0,  0x1.fffffffff71cfp-2,  0x1.5555555553b7dp-3,
                                    0x1.5555557428d91p-5,  0x1.1111111c45d5bp-7,  0x1.6c164df443c8cp-10,
                                    0x1.a019adabfb6abp-13, 0x1.a15a4f98eb4a5p-16, 0x1.72c720b2e07bfp-19};

// log(m) / t, in t^2 with t = (m - 1) / (m + 1), sqrt(1/2) <= m < sqrt(2): relative error 2^-52.4
inline constexpr double kLog[] = {0x1.0000000000001p+1, 0x1.5555555552d50p-1, 0x1.999999a435066p-2,
                                  0x1.249240b87155dp-2, 0x1.c722cceee92f4p-3, 0x1.732320a9c93b0p-3,
                                  0x1.58d5d4a93822dp-3};

// erf(x) / x, in x^2, |x| <= 1: relative error 2^-51.1
inline constexpr double kErf[] = {0x1.20dd750429b6bp+0,   -0x1.812746b037352p-2,  0x1.ce2f21a000d30p-4,
                                  -0x1.b82ce3026aae0p-6,  0x1.565bcb082cca2p-8,   -0x1.c02d67e37081ep-11,
                                  0x1.f99c295886f05p-14,  -0x1.f4684782919e8p-17, 0x1.b5d3ea9fd0b5ap-20,
                                  -0x1.462a758d4591dp-23, 0x1.43f6d0dee7032p-27};

// log(erfc(x)), 1 <= x <= 4.25: relative error 2^-40.5
inline constexpr double kLogErfc[] = {0x1.d1f80ea962122p-21,  -0x1.20dd79705805ap+0,  -0x1.45f66a50c8079p-1,
                                      -0x1.a47197e46ab09p-4,  0x1.345401c412b58p-6,   0x1.71d8144586433p-11,
                                      -0x1.2825f564c5d92p-9,  0x1.16478251cef27p-10,  -0x1.5022a30688c18p-12,
                                      0x1.2793131c3ac0ep-14,  -0x1.818c07ee76273p-17, 0x1.6daaf62fad4fep-20,
                                      -0x1.de388be8009c7p-24, 0x1.8205f187e3a30p-28,  -0x1.21f2e351ad0f5p-33};

// sin(x) / x, in x^2, |x| <= pi/4: relative error 2^-47.6
inline constexpr double kSin[] = {0x1.fffffffffffd9p-1,   -0x1.5555555550efep-3, 0x1.1111110bde5e3p-7,
                                  -0x1.a019f8a207d3fp-13, 0x1.71d7317b8ee33p-19, -0x1.a9507f3711e2dp-26};

// cos(x), in x^2, |x| <= pi/4: relative error 2^-53.7
inline constexpr double kCos[] = {0x1.0000000000000p+0,   -0x1.fffffffffff79p-2, 0x1.555555554e7ebp-5,
                                  -0x1.6c16c163c5a72p-10, 0x1.a019f7fd878ecp-16, -0x1.27df400a3c797p-22,
                                  0x1.1b8af554d31b3p-29};

// The first 224 bits of 2/pi after the point.
inline constexpr uint32_t kTwoOverPi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                          0xdb629599, 0x3c439041, 0xfe5163ab};

} // namespace garam::sim::insns
