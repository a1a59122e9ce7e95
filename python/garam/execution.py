"""A program on the simulator: inputs in, outputs and counters out."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import _sim, tensors
from .errors import input_error
from .result import Result

if TYPE_CHECKING:
    import torch

    from .program import Program

MODES = ("both", "cycles", "values")


def run(program: Program, inputs: Mapping[str, Any], *, mode: str = "both", values: Mapping[str, int] | None = None,
        records: bool = True, boundaries: bool = False, progress: Callable[[float], None] | None = None) -> Result:
    """`boundaries` reads every boundary tensor back as well (validation)."""
    if mode not in MODES:
        raise input_error("mode", f"unknown mode '{mode}'", ", ".join(MODES))
    chosen = _values(program, values or {})
    device = _sim.Device(*program.chip.arguments)
    device.load(program.data, mode, program.where)
    generated = _write_inputs(device, program, inputs, mode)
    counters = device.run(mode, chosen, records, False, progress)
    outputs: dict[str, torch.Tensor] = {}
    tensors_inside: dict[str, torch.Tensor] = {}
    if mode != "cycles":
        outputs = {segment["name"]: _read(device, segment["name"], 0, segment) for segment in program.segments("output")}
        if boundaries:
            tensors_inside = dict(read_boundaries(device, program))
    return Result(program, mode, counters, outputs, tensors_inside, dict(chosen), generated)


def _values(program: Program, values: Mapping[str, int]) -> dict[str, int]:
    """Run-time values, each checked against its declared range."""
    declared = {value["name"]: (value["low"], value["high"]) for value in program.info["values"]}
    for name, value in values.items():
        if name not in declared:
            raise input_error(name, "no run-time value of this program", ", ".join(declared) or "it has none")
        low, high = declared[name]
        if not low <= value <= high:
            raise input_error(name, f"{value} is outside its range", f"{low} to {high}")
    missing = sorted(set(declared) - set(values))
    if missing:
        raise input_error(missing[0], "run-time value not given", "{} to {}".format(*declared[missing[0]]))
    return {name: int(value) for name, value in values.items()}


def _write_inputs(device: Any, program: Program, inputs: Mapping[str, Any], mode: str) -> list[str]:
    """Names of the inputs that were generated because nobody gave them."""
    segments = {segment["name"]: segment for segment in program.segments("input", "state")}
    for name in inputs:
        if name not in segments:
            raise input_error(name, "no input of this program", ", ".join(program.input_names))
    generated = []
    for name, segment in segments.items():
        if name in inputs:
            data = tensors.to_bytes(inputs[name], segment)
        elif segment["kind"] == "input":
            data = tensors.to_bytes(tensors.generated(segment), segment)
            generated.append(name)
        else:
            continue
        if mode != "cycles":
            device.write(name, data)
    return generated


def _read(device: Any, segment: str, offset: int, shaped: Mapping[str, Any]) -> torch.Tensor:
    from .dtypes import byte_size

    elements = 1
    for size in shaped["shape"]:
        elements *= size
    data = device.read(segment, elements * byte_size(shaped["dtype"]), offset)
    return tensors.from_bytes(data, shaped["dtype"], list(shaped["shape"]))


def read_boundaries(device: Any, program: Program) -> Iterable[tuple[str, torch.Tensor]]:
    """Every tensor that a group wrote to memory, by the name of its node."""
    segments = program.info["segments"]
    for boundary in program.info["boundaries"]:
        yield boundary["node"], _read(device, segments[boundary["segment"]]["name"], boundary["offset"], boundary)
