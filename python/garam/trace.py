"""A run as a Perfetto trace: a track for each engine of each core, counters of bandwidth for each memory channel and of power, launches.

Times are those of the chip in nanoseconds. An engine takes an instruction while it completes the one before; on its track the
later slice begins where the earlier ends, and its own first cycle is in its arguments.
"""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import (  # type: ignore[import-not-found]
    CounterDescriptor, Trace, TracePacket, TrackEvent)

from .attribution import ENGINES, locations_of, node_of, served
from .energy import watts_over_time
from .files import replacing

if TYPE_CHECKING:
    from .result import Result

_SEQUENCE = 1
_LAUNCHES, _MEMORY, _POWER, _CORES = 1, 2, 3, 16  # processes of the trace; core c is process _CORES + c
_PACKETS_PER_WRITE = 4096


def write_trace(result: Result, path: str | os.PathLike[str]) -> None:
    """Packets are written as they are made, so memory does not grow with the run."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        pending = Trace()
        for packet in _Writer(result).packets():
            pending.packet.append(packet)
            if len(pending.packet) >= _PACKETS_PER_WRITE:
                file.write(pending.SerializeToString())
                pending = Trace()
        file.write(pending.SerializeToString())


class _Writer:
    def __init__(self, result: Result):
        self.result, self.info = result, result.program.info
        self.nanoseconds = 1e9 / result.program.chip.hertz
        self.interned: dict[tuple[str, str | bytes], int] = {}

    def at(self, cycle: int) -> int:
        return int(cycle * self.nanoseconds)

    def packets(self) -> Iterator[TracePacket]:
        yield from self._descriptors()
        yield from self._launches()
        yield from self._slices()
        yield from self._bandwidth()
        yield from self._power()

    def _packet(self, cycle: int | None = None) -> TracePacket:
        packet = TracePacket()
        packet.trusted_packet_sequence_id = _SEQUENCE
        if cycle is not None:
            packet.timestamp = self.at(cycle)
        return packet

    def _process(self, uuid: int, name: str) -> TracePacket:
        packet = self._packet()
        packet.track_descriptor.uuid = uuid
        packet.track_descriptor.process.pid = uuid
        packet.track_descriptor.process.process_name = name
        return packet

    def _track(self, uuid: int, parent: int, name: str) -> TracePacket:
        packet = self._packet()
        packet.track_descriptor.uuid = uuid
        packet.track_descriptor.parent_uuid = parent
        packet.track_descriptor.name = name
        return packet

    def _engine_track(self, core: int, engine: int) -> int:
        return (1 << 32) + core * len(ENGINES) + engine

    def _channel_track(self, channel: int) -> int:
        return (1 << 40) + channel

    def _descriptors(self) -> Iterator[TracePacket]:
        first = self._process(_LAUNCHES, f"{self.info['model']} on {self.info['chip']}")
        first.sequence_flags = TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
        yield first
        yield self._track(_LAUNCHES << 48, _LAUNCHES, "launches")
        yield self._process(_MEMORY, "HBM")
        for channel in range(len(self.result.counters["channel_bytes"])):
            packet = self._track(self._channel_track(channel), _MEMORY, f"channel {channel}")
            packet.track_descriptor.counter.unit_name = "GB/s"
            packet.track_descriptor.counter.unit = CounterDescriptor.UNIT_UNSPECIFIED
            yield packet
        yield self._process(_POWER, "power")
        packet = self._track(_POWER << 48, _POWER, "chip and memory")
        packet.track_descriptor.counter.unit_name = "W"
        yield packet
        seen: set[int] = set()
        for entry in self.result.counters["engines"]:
            core = entry["core"]
            if core not in seen:
                seen.add(core)
                yield self._process(_CORES + core, f"core {core}")
            engine = ENGINES.index(entry["engine"])
            yield self._track(self._engine_track(core, engine), _CORES + core, entry["engine"])

    def _number(self, packet: TracePacket, table: str, text: str) -> int:
        """Texts are sent once, with the first packet that has them, and then by number."""
        number = self.interned.get((table, text))
        if number is None:
            number = self.interned[table, text] = len(self.interned) + 1
            entry = getattr(packet.interned_data, table).add()
            entry.iid = number
            if table == "debug_annotation_string_values":
                entry.str = text.encode()
            else:
                entry.name = text
        return number

    def _begin(self, track: int, cycle: int, name: str, arguments: dict[str, Any]) -> TracePacket:
        packet = self._packet(cycle)
        event = packet.track_event
        event.type, event.track_uuid = TrackEvent.TYPE_SLICE_BEGIN, track
        packet.sequence_flags = TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
        event.name_iid = self._number(packet, "event_names", name)
        for key, value in arguments.items():
            note = event.debug_annotations.add()
            note.name_iid = self._number(packet, "debug_annotation_names", key)
            if isinstance(value, str):
                note.string_value_iid = self._number(packet, "debug_annotation_string_values", value)
            else:
                note.int_value = int(value)
        return packet

    def _end(self, track: int, cycle: int) -> TracePacket:
        packet = self._packet(cycle)
        packet.track_event.type = TrackEvent.TYPE_SLICE_END
        packet.track_event.track_uuid = track
        return packet

    def _launches(self) -> Iterator[TracePacket]:
        records = self.result.records
        for number, launch in enumerate(self.info["launches"]):
            mine = records["launch"] == number
            if not mine.any():
                continue
            yield self._begin(_LAUNCHES << 48, int(records["issue"][mine].min()), launch["name"],
                              {"kernel": self.info["kernels"][launch["kernel"]]["name"]})
            yield self._end(_LAUNCHES << 48, int(records["end"][mine].max()))

    def _slices(self) -> Iterator[TracePacket]:
        records, places = self.result.records, self.info["locations"]
        location = locations_of(self.info, records["kernel"], records["index"])
        names = {place: node_of(self.info, place) for place in range(-1, len(places))}
        starts, ends = served(records)
        order = np.lexsort((ends, starts, records["engine"], records["core"]))
        columns = [records[key][order].tolist() for key in ("core", "engine", "kernel", "index", "issue", "start", "launch")]
        rows = zip(*columns, location[order].tolist(), starts[order].tolist(), ends[order].tolist())
        for core, engine, kernel, index, issue, taken, launch, place, start, end in rows:
            mnemonic = self.info["kernels"][kernel]["mnemonics"][index]
            named = places[place] if place >= 0 else {}
            track = self._engine_track(core, engine)
            arguments = {"instruction": mnemonic, "index": index, "launch": launch, "issue_cycle": issue, "start_cycle": taken,
                         "end_cycle": end}
            arguments |= {key: named[key] for key in ("node", "source") if named.get(key)}
            yield self._begin(track, start, names[place], arguments)
            yield self._end(track, end)

    def _bandwidth(self) -> Iterator[TracePacket]:
        bucket = int(self.result.counters["bucket_cycles"])
        for channel, moved in enumerate(self.result.counters["channel_bytes"]):
            rates = moved / (bucket * self.nanoseconds)  # bytes per nanosecond are GB/s
            yield from self._counter(self._channel_track(channel), bucket, rates, bucket * len(rates))

    def _power(self) -> Iterator[TracePacket]:
        yield from self._counter(_POWER << 48, int(self.result.counters["bucket_cycles"]), watts_over_time(self.result),
                                 self.result.cycles)

    def _counter(self, track: int, bucket: int, values: np.ndarray, end: int) -> Iterator[TracePacket]:
        """A value for each bucket, said where it changes, and nought from cycle `end` on."""
        last = None
        for number, value in enumerate([*values.tolist(), 0.0]):
            if value == last:
                continue
            last = value
            packet = self._packet(min(number * bucket, end))
            packet.track_event.type = TrackEvent.TYPE_COUNTER
            packet.track_event.track_uuid = track
            packet.track_event.double_counter_value = value
            yield packet
