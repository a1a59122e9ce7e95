"""A program on the simulator: inputs in, outputs and counters out."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import _sim, tensors
from .dtypes import byte_size
from .errors import input_error
from .result import Result

if TYPE_CHECKING:
    import torch

    from .program import Program

MODES = ("both", "cycles", "values")


def run(program: Program, inputs: Mapping[str, Any], *, states: Mapping[str, Any] | None = None, mode: str = "both",
        values: Mapping[str, int] | None = None, records: bool = True, boundaries: bool = False,
        progress: Callable[[float], None] | None = None) -> Result:
    """`states` are the contents of caches before the run, zero where nothing is said. `boundaries` reads every boundary tensor
    and every state back as well (validation)."""
    if mode not in MODES:
        raise input_error("mode", f"unknown mode '{mode}'", ", ".join(MODES))
    chosen = run_values(program, values or {})
    device = _sim.Device(*program.chip.arguments)
    device.load(program.data, mode, program.where)
    generated = _write(device, program, "input", inputs, mode)
    _write(device, program, "state", states or {}, mode)
    counters = device.run(mode, chosen, records, False, progress)
    result = Result(program, mode, counters, chosen, generated)
    if mode != "cycles":
        result.outputs = _read_all(device, program, "output")
        if boundaries:
            result.boundaries = list(read_boundaries(device, program))
            result.states = _read_all(device, program, "state")
    return result


def run_values(program: Program, values: Mapping[str, int]) -> dict[str, int]:
    """Run-time values, each checked against its declared range."""
    declared = {value["name"]: (value["low"], value["high"]) for value in program.info["values"]}
    for name, value in values.items():
        if name not in declared:
            raise input_error(name, "no run-time value of this program", ", ".join(declared) or "it has none")
        low, high = declared[name]
        if not low <= value <= high:
            raise input_error(name, f"{value} is outside its range", f"{low} to {high}")
    only = {name: low for name, (low, high) in declared.items() if low == high and name not in values}
    missing = sorted(set(declared) - set(values) - set(only))
    if missing:
        raise input_error(missing[0], "run-time value not given", "{} to {}".format(*declared[missing[0]]))
    return only | {name: int(value) for name, value in values.items()}


def _write(device: Any, program: Program, kind: str, given: Mapping[str, Any], mode: str) -> list[str]:
    """Copies tensors into the segments of a kind. Names of the inputs that were generated because nobody gave them."""
    segments = {segment["name"]: segment for segment in program.segments(kind)}
    for name in given:
        if name not in segments:
            raise input_error(name, f"no {kind} of this program", ", ".join(segments) or "it has none")
    generated = []
    for name, segment in segments.items():
        if name in given:
            value = given[name]
        elif kind == "input":
            value = tensors.generated(segment)
            generated.append(name)
        else:
            continue
        data = tensors.to_bytes(value, segment)
        if mode != "cycles":
            device.write(name, data)
    return generated


def _read_all(device: Any, program: Program, kind: str) -> dict[str, torch.Tensor]:
    return {segment["name"]: _read(device, segment["name"], 0, segment) for segment in program.segments(kind)}


def _read(device: Any, segment: str, offset: int, shaped: Mapping[str, Any]) -> torch.Tensor:
    data = device.read(segment, math.prod(shaped["shape"]) * byte_size(shaped["dtype"]), offset)
    return tensors.from_bytes(data, shaped["dtype"], list(shaped["shape"]))


def read_boundaries(device: Any, program: Program) -> Iterable[tuple[str, str, torch.Tensor]]:
    """Launch, node and value of every tensor that a group wrote to memory, in the order of the run."""
    segments, launches = program.info["segments"], program.info["launches"]
    for boundary in program.info["boundaries"]:
        tensor = _read(device, segments[boundary["segment"]]["name"], boundary["offset"], boundary)
        yield launches[boundary["launch"]]["name"], boundary["node"], tensor
