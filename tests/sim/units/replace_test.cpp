// [replace] of a chip file: a foreign unit stands in for one of the netlist's; unknown names list what there is.
#include "Run.h"
#include "runtime/Error.h"
#include "sim/kernel/Registry.h"

using namespace garam;
using namespace garam::test;

namespace {

/// Stands behind the die's shared banks and counts how often it was built.
int built = 0;

class Witness : public sim::Unit {
public:
  Witness(sc_core::sc_module_name name, const sim::UnitPlace &place) : Unit(name, place.kernel) {
    ++built;
    addInput("packetIn", 0);
    addOutput("packetOut");
  }
  void take(const sim::Message &) override {}
  void decide(int64_t) override {}
};
GARAM_UNIT(Witness, "test_witness");

rt::RunResult runOn(const std::vector<rt::Override> &overrides) {
  KernelBuilder kernel;
  ProgramBuilder program;
  program.kernel(kernel).launch();
  sim::SimDevice device(rt::loadChip("unit", overrides));
  device.load(program.program, rt::Mode::Cycles);
  rt::RunOptions options;
  options.mode = rt::Mode::Cycles;
  return device.run(options);
}

std::string messageOf(const std::vector<rt::Override> &overrides) {
  try {
    runOn(overrides);
  } catch (const rt::Error &error) {
    EXPECT_EQ(error.kind, rt::ErrorKind::Input);
    return error.what();
  }
  return "ran";
}

} // namespace

TEST(Replace, BuildsTheNamedUnitForEachOfTheKind) {
  int64_t cycles = runOn({}).cycles;
  EXPECT_EQ(built, 0);
  EXPECT_EQ(runOn({"replace.shared_bank=test_witness"}).cycles, cycles);
  EXPECT_EQ(built, rt::loadChip("unit").shared.banks);
}

TEST(Replace, UnknownNamesListWhatThereIs) {
  std::string unit = messageOf({"replace.memori=memory_plain"}), kind = messageOf({"replace.memory=memory_plane"});
  EXPECT_NE(unit.find("unit.toml: replace.memori: no unit `memori`; allowed: barrier, "), std::string::npos) << unit;
  EXPECT_EQ(unit.find("test_witness"), std::string::npos) << "it is not of the netlist: " << unit;
  EXPECT_NE(kind.find("unit.toml: replace.memory: no unit `memory_plane`; allowed: barrier, "), std::string::npos)
      << kind;
  EXPECT_NE(kind.find("memory_plain"), std::string::npos) << kind;
}

TEST(Replace, AUnitWithoutTheSocketsOrPortsIsNamed) {
  EXPECT_NE(messageOf({"replace.memory=test_witness"})
                .find("die 0, channel 0: port and memory are not joined by TLM-2.0 sockets; needed: "),
            std::string::npos);
  std::string ports = messageOf({"replace.matrix=test_witness"});
  EXPECT_NE(ports.find("core0_matrix: no input `commandIn`; its inputs: packetIn"), std::string::npos) << ports;
}
