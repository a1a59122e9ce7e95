// What the checker of DRAM command logs knows of each DRAM: typed here from the public tables named beside each, apart
// from the presets.
//
// Sources: CMU-SAFARI/ramulator2 at commit c5b1c3a, python/ramulator/dram/{hbm2,hbm3,gddr6}.py (`Ramulator`), which
// cites JESD235, JESD238 and JESD250; tukl-msd/DRAMSys configs/memspec/HBM2.json (`DRAMSys`); JESD238B.01 table 93 as
// quoted in gem5 pull request 3271 (`gem5`).
//
// Edges. HBM3 (JESD238 table 35 as Ramulator has it since commit 278f1ef, after issue 116: hbm34_controller.cpp and
// test_hbm34_controller.py): columns, activates and refreshes start on rising edges; a precharge may start on a falling
// one. HBM3E: assumed to be as HBM3, whose standard covers it. HBM2: hbm12_controller.cpp and hbm2.py, whose ticks are
// whole clocks; an activate takes two. GDDR6: Micron's MT61K256M32 data sheet, truth table: each command has its first
// half on a rising edge, its second on the falling one; gddr6.py: one clock each. The spacing of commands that differ
// in length: dram/spec.py, "between when the DRAM finishes receiving each command".
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace garam::jedec {

/// Times in clocks.
struct Device {
  const char *name;
  int groups, banksPerGroup;
  double accessClocks;         ///< a column access on the data bus
  bool oneBus;                 ///< rows and columns share the command bus
  bool prechargesOnFalling;    ///< edges of the clock
  double actClocks, rowClocks; ///< on the bus: activate; precharge and refresh
  double CL, CWL, RCDRD, RCDWR, RP, RAS, RC, WR, RTP;
  double CCDS, CCDL, CCDR, RRDS, RRDL, FAW, WTRS, WTRL, RTW, PPD;
  double REFI, RFCAB, RFCPB, RREFD;

  /// Half clocks on the bus.
  int64_t halves(std::string_view command) const {
    const bool row = command == "ACT" || command.starts_with("PRE") || command.starts_with("REF");
    return int64_t(2 * (command == "ACT" ? actClocks : row ? rowClocks : 1));
  }
  /// Half clocks between the first edges of two commands that a timing of `clocks` keeps apart.
  double least(double clocks, std::string_view before, std::string_view after) const {
    return 2 * clocks + double(std::max<int64_t>(0, halves(before) - halves(after)));
  }
};

// Ramulator: HBM3_6400Mbps (tCK 625 ps), commands of 1.5, 0.5 and 1 CK from `command_cycles`.
inline const Device kHbm3{.name = "hbm3_6400",
                          .groups = 4,
                          .banksPerGroup = 4,
                          .accessClocks = 2,
                          .oneBus = false,
                          .prechargesOnFalling = true,
                          .actClocks = 1.5,
                          .rowClocks = 0.5,
                          .CL = 20,
                          .CWL = 10,
                          .RCDRD = 31,
                          .RCDWR = 15,
                          .RP = 26,
                          .RAS = 45,
                          .RC = 72,
                          .WR = 33,
                          .RTP = 9,
                          .CCDS = 2,
                          .CCDL = 4,
                          .CCDR = 3,
                          .RRDS = 4,
                          .RRDL = 5,
                          .FAW = 24,
                          .WTRS = 7,
                          .WTRL = 10,
                          .RTW = 20,
                          .PPD = 2,
                          .REFI = 6240, // 3,900 ns
                          .RFCAB = 560, // 350 ns: channel density up to 8 Gb, `_resolve_nRFC`
                          .RFCPB = 320, // 200 ns
                          .RREFD = 13}; // max(3 CK, 8 ns), `_resolve_nRREFD`

// HBM3's nanoseconds in clocks of 425.53 ps, rounded up, where the array decides; its clocks where the bus does.
inline const Device kHbm3e{.name = "hbm3e_9400",
                           .groups = 4,
                           .banksPerGroup = 4,
                           .accessClocks = 2,
                           .oneBus = false,
                           .prechargesOnFalling = true,
                           .actClocks = 1.5,
                           .rowClocks = 0.5,
                           .CL = 30,     // 12.5 ns
                           .CWL = 15,    // 6.25 ns
                           .RCDRD = 46,  // 19.375 ns
                           .RCDWR = 23,  // 9.375 ns
                           .RP = 39,     // 16.25 ns
                           .RAS = 67,    // 28.125 ns
                           .RC = 106,    // 45 ns
                           .WR = 49,     // 20.625 ns
                           .RTP = 14,    // 5.625 ns
                           .CCDS = 2,    // the data bus
                           .CCDL = 6,    // gem5: max(4 CK, 2.5 ns)
                           .CCDR = 3,    // HBM3 in clocks
                           .RRDS = 6,    // 2.5 ns
                           .RRDL = 8,    // 3.125 ns
                           .FAW = 36,    // 15 ns
                           .WTRS = 11,   // 4.375 ns
                           .WTRL = 15,   // 6.25 ns
                           .RTW = 30,    // 12.5 ns
                           .PPD = 2,     // HBM3 in clocks
                           .REFI = 9165, // 3,900 ns
                           .RFCAB = 823, // 350 ns
                           .RFCPB = 470, // 200 ns
                           .RREFD = 19}; // 8 ns

// Ramulator: HBM2_2000Mbps (tCK 1 ns).
inline const Device kHbm2{.name = "hbm2",
                          .groups = 4,
                          .banksPerGroup = 4,
                          .accessClocks = 2,
                          .oneBus = false,
                          .prechargesOnFalling = false,
                          .actClocks = 2,
                          .rowClocks = 1,
                          .CL = 14,
                          .CWL = 5,
                          .RCDRD = 14,
                          .RCDWR = 12,
                          .RP = 14,
                          .RAS = 34,
                          .RC = 48,
                          .WR = 16,
                          .RTP = 5,
                          .CCDS = 2,
                          .CCDL = 4,
                          .CCDR = 2, // DRAMSys
                          .RRDS = 4,
                          .RRDL = 4,
                          .FAW = 15,
                          .WTRS = 6,
                          .WTRL = 8,
                          .RTW = 18, // DRAMSys
                          .PPD = 1,  // none stated
                          .REFI = 3900,
                          .RFCAB = 350,
                          .RFCPB = 160,
                          .RREFD = 8};

// Ramulator: GDDR6_14000_1350mV (tCK 570 ps), the array's as nanoseconds at 2 GHz.
inline const Device kGddr6{.name = "gddr6_16000",
                           .groups = 4,
                           .banksPerGroup = 4,
                           .accessClocks = 2,
                           .oneBus = true,
                           .prechargesOnFalling = false,
                           .actClocks = 1,
                           .rowClocks = 1,
                           .CL = 24,
                           .CWL = 6,
                           .RCDRD = 30, // 15 ns
                           .RCDWR = 18, // 9 ns
                           .RP = 30,    // 15 ns
                           .RAS = 60,   // 30 ns
                           .RC = 90,    // 45 ns
                           .WR = 30,    // 15 ns
                           .RTP = 4,
                           .CCDS = 2,
                           .CCDL = 4,
                           .CCDR = 2,
                           .RRDS = 8,  // 4 ns
                           .RRDL = 8,  // 4 ns
                           .FAW = 32,  // 16 ns
                           .WTRS = 10, // 5 ns
                           .WTRL = 12, // 6 ns
                           .RTW = 25,
                           .PPD = 1,
                           .REFI = 3800, // 1,900 ns
                           .RFCAB = 240, // 120 ns
                           .RFCPB = 120, // 60 ns
                           .RREFD = 32}; // max(2 CK, 16 ns)

// HBM3's nanoseconds in clocks of 666.67 ps, rounded up; column to column as Furiosa's RNGD documentation has it.
inline const Device kHbm3At6000{.name = "hbm3_6000",
                                .groups = 4,
                                .banksPerGroup = 4,
                                .accessClocks = 2,
                                .oneBus = false,
                                .prechargesOnFalling = true,
                                .actClocks = 1.5,
                                .rowClocks = 0.5,
                                .CL = 19,
                                .CWL = 10,
                                .RCDRD = 30,
                                .RCDWR = 15,
                                .RP = 25,
                                .RAS = 43,
                                .RC = 68,
                                .WR = 31,
                                .RTP = 9,
                                .CCDS = 2,
                                .CCDL = 4,
                                .CCDR = 3,
                                .RRDS = 4,
                                .RRDL = 5,
                                .FAW = 23,
                                .WTRS = 7,
                                .WTRL = 10,
                                .RTW = 19,
                                .PPD = 2,
                                .REFI = 5850,
                                .RFCAB = 525,
                                .RFCPB = 300,
                                .RREFD = 12};

// HBM2's nanoseconds in clocks of 1137.66 ps, rounded up.
inline const Device kHbm2At1758{.name = "hbm2_1758",
                                .groups = 4,
                                .banksPerGroup = 4,
                                .accessClocks = 2,
                                .oneBus = false,
                                .prechargesOnFalling = false,
                                .actClocks = 2,
                                .rowClocks = 1,
                                .CL = 13,
                                .CWL = 5,
                                .RCDRD = 13,
                                .RCDWR = 11,
                                .RP = 13,
                                .RAS = 30,
                                .RC = 43,
                                .WR = 15,
                                .RTP = 5,
                                .CCDS = 2,
                                .CCDL = 4,
                                .CCDR = 2,
                                .RRDS = 4,
                                .RRDL = 4,
                                .FAW = 14,
                                .WTRS = 6,
                                .WTRL = 8,
                                .RTW = 16,
                                .PPD = 1,
                                .REFI = 3429,
                                .RFCAB = 308,
                                .RFCPB = 141,
                                .RREFD = 8};

inline const std::array<const Device *, 6> kDevices{&kHbm2, &kHbm2At1758, &kHbm3, &kHbm3At6000, &kHbm3e, &kGddr6};

} // namespace garam::jedec
