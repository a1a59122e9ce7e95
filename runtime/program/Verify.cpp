#include "runtime/program/Verify.h"

#include "runtime/Error.h"
#include "runtime/isa/Address.h"

#include <set>

namespace garam::rt {
namespace {

class Checker {
public:
  Checker(const Program &program, const std::string &where) : program(program), where(where) {}

  void run() {
    for (const auto &kernel : program.kernels)
      checkKernel(present(kernel, "kernel"));
    for (const auto &segment : program.segments)
      checkSegment(present(segment, "segment"));
    for (const auto &value : program.values) {
      const auto &known = present(value, "run-time value");
      require(known.low <= known.high, known.name, "has an empty range");
    }
    for (const auto &launch : program.launches)
      checkLaunch(present(launch, "launch"));
    for (const auto &boundary : program.boundaries)
      checkBoundary(present(boundary, "boundary tensor"));
    checkNames();
    for (const auto &location : program.locations)
      present(location, "location");
  }

private:
  const Program &program;
  const std::string &where;

  void require(bool holds, std::string_view name, std::string_view what) {
    if (!holds)
      throw inputError(where, fmt::format("`{}` {}", name, what), "compile it again");
  }
  template <class T> const T &present(const std::unique_ptr<T> &entry, std::string_view what) {
    require(entry != nullptr, what, "is missing");
    return *entry;
  }

  void checkKernel(const Kernel &kernel) {
    require(!kernel.code.empty() && kernel.code.size() % kWordBytes == 0, kernel.name,
            "has code that is no whole number of words");
    require(kernel.initial_tokens.size() == kSemaphores && kernel.waiters.size() == kSemaphores, kernel.name,
            "has semaphore tables of the wrong size");
    for (uint8_t tokens : kernel.initial_tokens)
      require(tokens <= kMaxTokens, kernel.name, "starts with too many tokens in a semaphore");
    for (uint8_t waiter : kernel.waiters)
      require(waiter < kEngines || waiter == 255, kernel.name, "names an engine that does not exist");
    std::vector<Descriptor> descriptors;
    std::vector<Insn> insns;
    try {
      for (const auto &table : kernel.descriptors)
        descriptors.push_back(fromTable(present(table, "descriptor")));
      insns = decodeKernel(kernel);
    } catch (const Error &error) {
      throw Error(error.kind, fmt::format("{}: `{}`", where, kernel.name), error.what());
    }
    require(insns.back().opcode == Opcode::SeqEnd, kernel.name, "does not finish with seq.end");
    for (size_t i = 0; i < insns.size(); ++i)
      checkInsn(kernel, descriptors, insns, i);
    checkLoops(kernel, insns);
    for (const auto &entry : kernel.debug)
      require(present(entry, "debug entry").location < program.locations.size(), kernel.name,
              "has a debug entry without location");
  }

  void checkInsn(const Kernel &kernel, const std::vector<Descriptor> &descriptors, const std::vector<Insn> &insns,
                 size_t i) {
    const Insn &insn = insns[i];
    const InsnInfo &record = info(insn);
    for (const Token &wait : insn.waits)
      require(!wait.valid || kernel.waiters[wait.semaphore] == uint8_t(record.engine), kernel.name,
              fmt::format("instruction {} waits on semaphore {} of another engine", i, wait.semaphore));
    for (size_t f = 0; f < record.fields.size(); ++f) {
      if (record.fields[f].kind != FieldKind::Desc)
        continue;
      size_t index = size_t(insn.slots[f]);
      require(index < descriptors.size(), kernel.name, fmt::format("instruction {} names descriptor {}", i, index));
      require(std::holds_alternative<Chain>(descriptors[index]) == (record.engine == Engine::Vector), kernel.name,
              fmt::format("instruction {} names a descriptor of the wrong kind", i));
    }
    bool typed = record.engine == Engine::Matrix || record.engine == Engine::Vector;
    for (size_t f = 0; f < record.fields.size(); ++f) {
      std::string_view field = record.fields[f].name;
      if (field == "index_type" || field == "type")
        require(insn.slots[f] == int(DType::I32) || insn.slots[f] == int(DType::I64), kernel.name,
                fmt::format("instruction {} reads integers that are neither i32 nor i64", i));
      if (field == "scope")
        require(insn.slots[f] <= 1, kernel.name, fmt::format("instruction {} names an unknown scope", i));
      if (typed && field == "types")
        require(byteSize(DType(insn.slots[f] & 15)) && byteSize(DType(insn.slots[f] >> 4 & 15)) &&
                    insn.slots[f] >> 9 == 0,
                kernel.name, fmt::format("instruction {} names an unknown type", i));
    }
  }

  /// Bodies lie inside the loops and skips around them.
  void checkLoops(const Kernel &kernel, const std::vector<Insn> &insns) {
    std::vector<size_t> ends;
    int loops = 0;
    std::vector<bool> isLoop;
    for (size_t i = 0; i < insns.size(); ++i) {
      while (!ends.empty() && ends.back() == i) {
        loops -= isLoop.back();
        ends.pop_back();
        isLoop.pop_back();
      }
      const Insn &insn = insns[i];
      require(insn.opcode != Opcode::SeqEnd || i + 1 == insns.size(), kernel.name,
              "has seq.end before its last instruction");
      bool loop = insn.opcode == Opcode::SeqLoop;
      if (!loop && insn.opcode != Opcode::SeqSkip)
        continue;
      size_t end = i + 1 + size_t(insn.slots[loop ? 4 : 1]);
      require(end < insns.size() && (ends.empty() || end <= ends.back()), kernel.name,
              fmt::format("instruction {} has a body that leaves the one around it", i));
      require(!loop || insn.isReg(3) || insn.slots[3] > 0, kernel.name,
              fmt::format("instruction {} has a step that is not above zero", i));
      ends.push_back(end);
      isLoop.push_back(loop);
      loops += loop;
      require(loops <= kLoopDepth, kernel.name, "nests loops deeper than 8");
    }
  }

  /// What people name is there, and once; the segments have been checked.
  void checkNames() {
    std::set<std::string> files;
    for (const std::string &file : program.weight_files) {
      require(!file.empty(), "", "is no name of a weight file");
      require(files.insert(file).second, file, "is a weight file twice");
    }
    std::set<std::string> outputs;
    for (const auto &entry : program.outputs) {
      const fb::OutputT &output = present(entry, "output");
      require(output.segment < program.segments.size(), output.name, "is an output in a segment that is not there");
      require(program.segments[output.segment]->kind != fb::SegmentKind::Workspace, output.name,
              "is an output in workspace, which is used again");
      require(outputs.insert(output.name).second, output.name, "names two outputs");
    }
    std::set<std::pair<fb::SegmentKind, std::string>> tensors;
    for (const auto &segment : program.segments)
      if (segment->kind == fb::SegmentKind::Input || segment->kind == fb::SegmentKind::State)
        require(tensors.insert({segment->kind, segment->name}).second, segment->name, "names two inputs or two states");
    for (size_t i = 0; i < program.chip_keys.size(); ++i) {
      const fb::ChipKeyT &key = present(program.chip_keys[i], "key of the chip");
      require(i == 0 || program.chip_keys[i - 1]->key < key.key, key.key, "is a key of the chip out of order");
    }
  }

  static bool fits(uint64_t offset, uint64_t bytes, uint64_t total) {
    return offset <= total && bytes <= total - offset;
  }

  /// Bytes of a shape; false if it is absurd.
  static bool bytesOf(uint8_t dtype, const std::vector<int64_t> &shape, uint64_t &bytes) {
    bytes = uint64_t(byteSize(DType(dtype)));
    for (int64_t size : shape) {
      if (size < 0 || (size > 0 && bytes > (uint64_t(1) << 48) / uint64_t(size)))
        return false;
      bytes *= uint64_t(size);
    }
    return bytes != 0 || !shape.empty();
  }

  void checkSegment(const Segment &segment) {
    require(segment.bytes <= uint64_t(1) << 48 && segment.address >= 0, segment.name, "has an absurd size or address");
    require(segment.kind <= fb::SegmentKind::Workspace, segment.name, "is of an unknown kind");
    require(segment.data.size() <= segment.bytes, segment.name, "holds more data than its size");
    require(segment.dies >= 1 && segment.dies <= std::max(1u, program.dies), segment.name,
            "is on dies that the program does not have");
    require(segment.dies == 1 || homeOf(segment.address) == 0, segment.name,
            "is on several dies and does not begin on the first");
    require(!segment.split || (!segment.shape.empty() && segment.shape.front() % segment.dies == 0), segment.name,
            "is split and has no equal parts");
    if (segment.range) {
      DType type = DType(segment.dtype);
      require(segment.kind == fb::SegmentKind::Input && (type == DType::I32 || type == DType::I64), segment.name,
              "has a range and is no input of i32 or i64");
      require(segment.range->low <= segment.range->high, segment.name, "has an empty range");
    }
    for (const auto &entry : segment.weights) {
      const fb::WeightSourceT &weight = present(entry, "weight");
      uint64_t bytes = 0, stored = 0;
      require(byteSize(DType(weight.dtype)) && byteSize(DType(weight.to_dtype)), weight.tensor, "has an unknown type");
      require(bytesOf(weight.dtype, weight.shape, stored) && bytesOf(weight.to_dtype, weight.shape, bytes),
              weight.tensor, "has an absurd shape");
      require(weight.file < std::max<size_t>(1, program.weight_files.size()), weight.tensor,
              fmt::format("is in weight file {}, which is not there", weight.file));
      size_t rank = weight.shape.size();
      require(weight.permutation.empty() || weight.permutation.size() == rank, weight.tensor,
              "has a permutation of another rank");
      std::vector<bool> seen(rank);
      for (int64_t axis : weight.permutation) {
        require(axis >= 0 && axis < int64_t(rank) && !seen[size_t(axis)], weight.tensor,
                "has a permutation that is none");
        seen[size_t(axis)] = true;
      }
      require(weight.slice_begin.size() == weight.slice_end.size() &&
                  (weight.slice_begin.empty() || weight.slice_begin.size() == rank),
              weight.tensor, "has a slice of another rank");
      for (size_t d = 0; d < weight.slice_begin.size(); ++d) {
        require(weight.slice_begin[d] >= 0 && weight.slice_begin[d] <= weight.slice_end[d] &&
                    weight.slice_end[d] <= weight.shape[d],
                weight.tensor, "has a slice out of range");
        bytes = weight.shape[d]
                    ? bytes / uint64_t(weight.shape[d]) * uint64_t(weight.slice_end[d] - weight.slice_begin[d])
                    : 0;
      }
      require(fits(weight.offset, bytes, segment.bytes), weight.tensor, "does not fit its segment");
    }
  }

  void checkLaunch(const fb::LaunchT &launch) {
    require(launch.kernel < program.kernels.size(), launch.name, "launches a kernel that is not there");
    require(launch.parameters.size() <= size_t(kLaunchParameters), launch.name, "has more than 16 parameters");
    for (const auto &entry : launch.parameters) {
      const fb::ParameterT &parameter = present(entry, "parameter");
      require(parameter.segment < int64_t(program.segments.size()), launch.name, "names a segment that is not there");
      if (parameter.segment >= 0)
        continue;
      bool known = parameter.value.empty();
      for (const auto &value : program.values)
        known |= value->name == parameter.value;
      require(known, launch.name, "names a run-time value that is not declared");
    }
  }

  void checkBoundary(const fb::BoundaryT &boundary) {
    uint64_t bytes = 0;
    require(boundary.segment < program.segments.size() && boundary.launch < program.launches.size(), boundary.node,
            "names a segment or launch that is not there");
    require(byteSize(DType(boundary.dtype)) && bytesOf(boundary.dtype, boundary.shape, bytes), boundary.node,
            "has an absurd shape");
    const Segment &segment = *program.segments[boundary.segment];
    const int64_t rank = int64_t(boundary.shape.size());
    require(boundary.split == -1 || (boundary.split >= 0 && boundary.split < rank && segment.split), boundary.node,
            "is split in a dimension that it does not have, or in a segment that is not");
    if (boundary.split >= 0) {
      require(boundary.shape[size_t(boundary.split)] % segment.dies == 0, boundary.node,
              "is split and has no equal parts");
      bytes /= segment.dies;
    }
    require(fits(boundary.offset, bytes, segment.bytes), boundary.node, "does not fit its segment");
  }
};

} // namespace

void verify(const Program &program, const std::string &where) { Checker(program, where).run(); }

} // namespace garam::rt
