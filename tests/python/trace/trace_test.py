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


def test_bandwidth_adds_up(tmp_path):
    result, trace = written(tmp_path)
    samples = defaultdict(list)
    for packet in trace.packet:
        if packet.track_event.type == TrackEvent.TYPE_COUNTER:
            samples[packet.track_event.track_uuid].append((packet.timestamp, packet.track_event.double_counter_value))
    moved = 0.0
    for points in samples.values():
        moved += sum(rate * (following[0] - at) for (at, rate), following in zip(points, points[1:]))
    counted = result.counters["channel_bytes"].sum()
    assert abs(moved - counted) < 0.01 * counted
