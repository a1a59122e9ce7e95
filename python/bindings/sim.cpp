// garam._sim: the simulator as a device. The interpreter's lock is released while it loads and runs.
#include "python/bindings/Chips.h"
#include "python/bindings/Errors.h"
#include "runtime/device/Device.h"
#include "runtime/program/Program.h"

#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>

namespace py = pybind11;
using namespace garam;

// SystemC's library asks its program for this entry; here the interpreter is the program.
extern "C" __attribute__((visibility("default"))) int sc_main(int, char *[]) { return 0; }

namespace {

rt::Mode modeOf(const std::string &name) {
  if (name == "both")
    return rt::Mode::Both;
  if (name == "cycles")
    return rt::Mode::Cycles;
  if (name == "values")
    return rt::Mode::Values;
  throw rt::inputError("--mode", "unknown mode '" + name + "'", "both, cycles, values");
}

template <class T, class Get> py::array_t<T> column(const std::vector<rt::InsnRecord> &records, Get get) {
  py::array_t<T> out(py::ssize_t(records.size()));
  T *data = out.mutable_data();
  for (size_t i = 0; i < records.size(); ++i)
    data[i] = T(get(records[i]));
  return out;
}

/// One array for each field; engines by their number in rt::Engine.
py::dict recordTable(const std::vector<rt::InsnRecord> &records) {
  py::dict out;
  out["launch"] = column<uint32_t>(records, [](auto &r) { return r.launch; });
  out["kernel"] = column<uint32_t>(records, [](auto &r) { return r.kernel; });
  out["core"] = column<uint16_t>(records, [](auto &r) { return r.core; });
  out["engine"] = column<uint8_t>(records, [](auto &r) { return r.engine; });
  out["index"] = column<uint32_t>(records, [](auto &r) { return r.index; });
  out["issue"] = column<int64_t>(records, [](auto &r) { return r.issue; });
  out["start"] = column<int64_t>(records, [](auto &r) { return r.start; });
  out["end"] = column<int64_t>(records, [](auto &r) { return r.end; });
  return out;
}

/// Columns launch, kernel, index, and one for each action, a row for each instruction that asks for any.
py::dict actionTable(const std::vector<rt::InsnActions> &actions) {
  auto column = [&](auto get) {
    py::array_t<int64_t> out(py::ssize_t(actions.size()));
    std::transform(actions.begin(), actions.end(), out.mutable_data(), get);
    return out;
  };
  py::dict out;
  out["launch"] = column([](const rt::InsnActions &a) { return int64_t(a.launch); });
  out["kernel"] = column([](const rt::InsnActions &a) { return int64_t(a.kernel); });
  out["index"] = column([](const rt::InsnActions &a) { return int64_t(a.index); });
  for (int i = 0; i < rt::kActions; ++i)
    out[py::str(std::string(rt::name(rt::Action(i))))] =
        column([i](const rt::InsnActions &a) { return a.actions.counts[size_t(i)]; });
  return out;
}

py::dict countsOf(const rt::ActionCounts &actions) {
  py::dict out;
  for (int i = 0; i < rt::kActions; ++i)
    out[py::str(std::string(rt::name(rt::Action(i))))] = actions.counts[size_t(i)];
  return out;
}

/// Actions by bucket.
py::array_t<int64_t> curveOf(const std::vector<rt::ActionCounts> &buckets) {
  py::array_t<int64_t> out({py::ssize_t(rt::kActions), py::ssize_t(buckets.size())});
  for (size_t i = 0; i < size_t(rt::kActions); ++i)
    for (size_t b = 0; b < buckets.size(); ++b)
      out.mutable_at(py::ssize_t(i), py::ssize_t(b)) = buckets[b].counts[i];
  return out;
}

py::list engineTable(const std::vector<rt::EngineCounters> &engines) {
  py::list out;
  for (const rt::EngineCounters &e : engines) {
    py::dict stalls;
    for (int i = 0; i < rt::kStalls; ++i)
      stalls[py::str(std::string(rt::name(rt::Stall(i))))] = e.stalls[size_t(i)];
    out.append(py::dict(py::arg("core") = e.core, py::arg("engine") = std::string(rt::name(e.engine)),
                        py::arg("busy_cycles") = e.busy, py::arg("stalls") = stalls, py::arg("idle_cycles") = e.idle,
                        py::arg("instructions") = e.instructions));
  }
  return out;
}

py::dict resultTable(const rt::RunResult &result) {
  const rt::HbmCounters &hbm = result.hbm;
  const size_t channels = result.channelBytes.size();
  size_t buckets = 0;
  for (const auto &channel : result.channelBytes)
    buckets = std::max(buckets, channel.size());
  py::array_t<int64_t> bytes({py::ssize_t(channels), py::ssize_t(buckets)});
  std::fill_n(bytes.mutable_data(), channels * buckets, int64_t(0));
  for (size_t c = 0; c < channels; ++c)
    std::copy(result.channelBytes[c].begin(), result.channelBytes[c].end(), bytes.mutable_data() + c * buckets);

  py::dict out;
  out["cycles"] = result.cycles;
  out["engines"] = engineTable(result.engines);
  out["hbm"] = py::dict(py::arg("read_bytes") = hbm.readBytes, py::arg("write_bytes") = hbm.writeBytes,
                        py::arg("row_hits") = hbm.rowHits, py::arg("row_misses") = hbm.rowMisses,
                        py::arg("activates") = hbm.activates, py::arg("precharges") = hbm.precharges,
                        py::arg("refreshes") = hbm.refreshes);
  out["gather_indices"] = result.gatherIndices == rt::IndexSource::None
                              ? py::object(py::none())
                              : py::str(std::string(rt::name(result.gatherIndices)));
  out["host_seconds"] = result.hostSeconds;
  out["host_link_seconds"] = result.hostLinkSeconds;
  out["records"] = recordTable(result.records);
  out["bucket_cycles"] = result.bucketCycles;
  out["channel_bytes"] = bytes;
  out["actions"] = actionTable(result.actions);
  out["other_actions"] = countsOf(result.otherActions);
  out["actions_over_time"] = curveOf(result.actionsOverTime);
  return out;
}

class Device {
public:
  Device(const std::string &chip, const std::vector<std::string> &overrides, int64_t dies)
      : device(rt::openDevice("sim", python::openChip(chip, overrides, dies))) {}

  void load(const py::bytes &data, const std::string &mode, const std::string &where, bool checkUnwritten) {
    const std::string_view view = data;
    const rt::Mode chosen = modeOf(mode);
    const py::gil_scoped_release unlocked;
    device->load(rt::deserialize({reinterpret_cast<const uint8_t *>(view.data()), view.size()}, where), chosen,
                 checkUnwritten);
  }

  void write(uint32_t segment, const py::buffer &data, uint64_t offset) {
    const py::buffer_info info = data.request();
    const std::span bytes(static_cast<const uint8_t *>(info.ptr), size_t(info.size * info.itemsize));
    const py::gil_scoped_release unlocked;
    device->write(segment, bytes, offset);
  }

  py::bytearray read(uint32_t segment, uint64_t bytes, uint64_t offset) {
    py::bytearray out(nullptr, 0);
    PyByteArray_Resize(out.ptr(), py::ssize_t(bytes));
    const std::span target(reinterpret_cast<uint8_t *>(PyByteArray_AsString(out.ptr())), bytes);
    const py::gil_scoped_release unlocked;
    device->read(segment, target, offset);
    return out;
  }

  py::dict run(const std::string &mode, const std::map<std::string, int64_t> &values, bool records, bool reverseUnits,
               std::optional<py::function> progress, std::optional<py::function> afterLaunch) {
    rt::RunOptions options;
    options.mode = modeOf(mode);
    options.values = values;
    options.records = records;
    options.reverseUnits = reverseUnits;
    if (progress)
      options.progress = [&progress](double share) {
        const py::gil_scoped_acquire locked;
        (*progress)(share);
      };
    if (afterLaunch)
      options.afterLaunch = [&afterLaunch](uint32_t launch) {
        const py::gil_scoped_acquire locked;
        (*afterLaunch)(launch);
      };
    rt::RunResult result;
    {
      const py::gil_scoped_release unlocked;
      result = device->run(options);
    }
    return resultTable(result);
  }

private:
  std::unique_ptr<rt::Device> device;
};

} // namespace

PYBIND11_MODULE(_sim, m) {
  python::translateErrors();
  m.doc() = "The simulator.";
  py::class_<Device>(m, "Device")
      .def(py::init<const std::string &, const std::vector<std::string> &, int64_t>(), py::arg("chip"),
           py::arg("overrides") = std::vector<std::string>{}, py::arg("dies") = 0)
      .def("load", &Device::load, py::arg("data"), py::arg("mode"), py::arg("where"),
           py::arg("check_unwritten") = false,
           "Loads program and weights; weights are not read in mode cycles. `check_unwritten`: runs stop where memory "
           "that nobody wrote reaches a result, an index or a count.")
      .def("write", &Device::write, py::arg("segment"), py::arg("data"), py::arg("offset") = 0,
           "Copies a contiguous buffer into a segment, by its number.")
      .def("read", &Device::read, py::arg("segment"), py::arg("bytes"), py::arg("offset") = 0, "Bytes of a segment, by its number.")
      .def("run", &Device::run, py::arg("mode"), py::arg("values") = std::map<std::string, int64_t>{},
           py::arg("records") = false, py::arg("reverse_units") = false, py::arg("progress") = py::none(),
           py::arg("after_launch") = py::none(),
           "Runs every launch; counters, records and channel traffic as a dict. `after_launch` is told each launch "
           "that has completed.");
}
