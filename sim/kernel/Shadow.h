// Which bytes of the machine anybody wrote: a mark beside each, carried along by transfers and instructions, and the
// places where one that nobody wrote ends the run. It exists only where a program is loaded to be checked.
//
// The host writes weights, constants, states (zero at first) and, once they are given, inputs. What a run leaves in
// workspace and outputs is as unwritten to the next; what a launch leaves in L1 and acc, to the next launch; and
// workspace to the first launch that is given it.
#pragma once

#include "sim/insns/Insns.h"
#include "sim/insns/Shadow.h"
#include "sim/kernel/Storage.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace garam::rt {
struct Transfer;
}

namespace garam::sim {

struct Issued;
struct Machine;
struct ProgramImage;
class StagedCopy;

class Shadow {
public:
  Shadow(const rt::Chip &chip, const ProgramImage &image);

  void beginRun();
  void beginLaunch(uint32_t launch);

  /// The host wrote these bytes.
  void define(int64_t address, int64_t bytes) { fill(address, bytes, insns::kWritten); }
  /// What a transfer of a core reads, and what it then writes to the L1 of `core` or to a global address.
  void read(StagedCopy &copy, int core, const rt::Transfer &transfer, const Machine &machine, const Issued &issued);
  void write(const StagedCopy &copy, int core, const rt::Transfer &transfer);
  /// Marks of an instruction's results; `call` is that of its values, which have not been committed.
  void execute(const insns::Call &call, int core, const Machine &machine, const Issued &issued, insns::Result &result);
  void commit(const insns::Result &result, int core) { result.commit(marks.local(core)); }

  // Each throws rt::Error (Undefined) where a byte was written by nobody or comes of one; it names the byte and the
  // first instruction that read it.
  /// The boundary tensors of a launch.
  void checkLaunch(uint32_t launch) const;
  /// Outputs and states.
  void checkRun() const;
  /// Numbers in L1 that the program goes by.
  void checkLocal(int core, int64_t address, int64_t bytes) const;

private:
  using Place = std::function<std::string(size_t)>; ///< names the n-th byte

  void claim(std::span<uint8_t> found, const Machine &machine, const Issued &issued, const Place &place);
  void fill(int64_t address, int64_t bytes, insns::Mark mark);
  void checkStretch(const std::string &where, int64_t address, int64_t bytes) const;
  std::string story(insns::Mark mark) const;
  std::string nameOf(int64_t address) const;

  const rt::Chip chip;
  const ProgramImage &image;
  Storage marks;
  std::vector<uint32_t> firstLaunch;                          ///< that is given a segment, by segment
  std::map<std::pair<uint32_t, uint32_t>, insns::Mark> known; ///< origins by kernel and index
  std::vector<std::string> origins;                           ///< of marks 1 and up
};

} // namespace garam::sim
