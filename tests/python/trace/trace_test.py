"""The trace parses as Perfetto's, its tracks are there, and no slice leaves its track's order."""
from __future__ import annotations

from collections import defaultdict

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent
from samples import sample_result


def written(tmp_path):
    result = sample_result()
    result.trace(tmp_path / "t.pftrace")
    trace = Trace()
    trace.ParseFromString((tmp_path / "t.pftrace").read_bytes())
    return result, trace


def test_a_track_for_each_engine_and_channel(tmp_path):
    result, trace = written(tmp_path)
    names = [packet.track_descriptor.name for packet in trace.packet if packet.HasField("track_descriptor")]
    cores = result.program.chip.cores
    for engine in ("matrix", "vector", "dma_in", "dma_out"):
        assert names.count(engine) == cores
    assert [name for name in names if name.startswith("channel")] == [f"channel {i}" for i in range(8)]
    assert names.count("launches") == 1
    processes = [packet.track_descriptor.process.process_name for packet in trace.packet if packet.track_descriptor.HasField("process")]
    assert [name for name in processes if name.startswith("core")] == [f"core {i}" for i in range(cores)]


def test_slices_close_in_order_and_carry_ops(tmp_path):
    result, trace = written(tmp_path)
    names: dict[int, str] = {}
    open_slices: dict[int, int] = {}
    slices = defaultdict(list)
    for packet in trace.packet:
        for entry in packet.interned_data.event_names:
            names[entry.iid] = entry.name
        event = packet.track_event
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            assert event.track_uuid not in open_slices
            open_slices[event.track_uuid] = packet.timestamp
            slices[event.track_uuid].append((packet.timestamp, names[event.name_iid]))
        elif event.type == TrackEvent.TYPE_SLICE_END:
            assert packet.timestamp >= open_slices.pop(event.track_uuid)
    assert not open_slices
    for begun in slices.values():
        assert begun == sorted(begun, key=lambda entry: entry[0])
    seen = {name for begun in slices.values() for _, name in begun}
    assert {"attention", "layer_norm", "encoder.layer.0", "encoder.layer.1"} <= seen
    assert sum(len(begun) for begun in slices.values()) == len(result.records["end"]) + 2


def areas(trace, unit):
    """Value times nanoseconds, summed over every counter track of a unit."""
    tracks = {packet.track_descriptor.uuid for packet in trace.packet if packet.track_descriptor.counter.unit_name == unit}
    samples = defaultdict(list)
    for packet in trace.packet:
        if packet.track_event.type == TrackEvent.TYPE_COUNTER and packet.track_event.track_uuid in tracks:
            samples[packet.track_event.track_uuid].append((packet.timestamp, packet.track_event.double_counter_value))
    assert samples
    return sum(value * (following[0] - at) for points in samples.values() for (at, value), following in zip(points, points[1:]))


def test_bandwidth_adds_up(tmp_path):
    result, trace = written(tmp_path)
    counted = result.counters["channel_bytes"].sum()
    assert abs(areas(trace, "GB/s") - counted) < 0.01 * counted


def test_power_adds_up_to_the_energy(tmp_path):
    result, trace = written(tmp_path)
    joules = result.document["energy_joules"]
    assert abs(areas(trace, "W") * 1e-9 - joules) < 0.01 * joules
