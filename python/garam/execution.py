"""A program on the simulator: inputs in, outputs and counters out."""
from __future__ import annotations

import math
import os
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


class Session:
    """A program loaded once and run often. The memory, caches among it, keeps its contents between the runs."""

    def __init__(self, program: Program, mode: str = "both", check_unwritten: bool | None = None):
        """With `check_unwritten`, runs stop where memory that nobody wrote reaches a result, an index or a count; by default as the
        environment's GARAM_CHECK_UNWRITTEN=1 says."""
        if mode not in MODES:
            raise input_error("mode", f"unknown mode '{mode}'", ", ".join(MODES))
        self.program, self.mode = program, mode
        if mode != "cycles":
            program.make_weights()
        self.device = _sim.Device(*program.chip.arguments)
        if check_unwritten and mode == "cycles":
            raise input_error("check_unwritten", "a run in mode cycles has no values", "mode both or values")
        if check_unwritten is None:
            check_unwritten = mode != "cycles" and os.environ.get("GARAM_CHECK_UNWRITTEN") == "1"
        self.device.load(program.data, mode, program.where, check_unwritten)

    def run(self, inputs: Mapping[str, Any], *, states: Mapping[str, Any] | None = None, values: Mapping[str, int] | None = None,
            records: bool = True, boundaries: bool = False, progress: Callable[[float], None] | None = None) -> Result:
        """`states` are the contents of caches before the run; those not named stay as they are, zero at first. `boundaries` reads
        every boundary tensor back as well (validation). Inputs are all given, but in mode cycles, which needs none."""
        chosen = run_values(self.program, values or {})
        self._write("input", inputs)
        self._write("state", states or {})
        kept: list[tuple[str, str, torch.Tensor]] = []
        # Memory is used again by the launches that follow: what a launch wrote is read when it has completed.
        after = (lambda launch: kept.extend(self._read_boundaries(launch))) if boundaries and self.mode != "cycles" else None
        counters = self.device.run(self.mode, chosen, records, False, progress, after)
        result = Result(self.program, self.mode, counters, chosen)
        if self.mode != "cycles":
            segments = self.program.info["segments"]
            result.outputs = {output["name"]: self._read_whole(segments[output["segment"]]) for output in self.program.info["outputs"]}
            result.boundaries = kept
        return result

    def states(self) -> dict[str, torch.Tensor]:
        """Contents of the caches."""
        return {} if self.mode == "cycles" else {own["name"]: self._read_whole(own) for own in self.program.segments("state")}

    def _write(self, kind: str, given: Mapping[str, Any]) -> None:
        """Copies tensors into the segments of a kind; all are checked before the first is written."""
        segments = {segment["name"]: segment for segment in self.program.segments(kind)}
        for name in given:
            if name not in segments:
                raise input_error(name, f"no {kind} of this program", ", ".join(segments) or "it has none")
        checked = {name: tensors.check(given[name], segment) for name, segment in segments.items() if name in given}
        if self.mode == "cycles":
            return
        missing = [name for name in segments if name not in given]
        if missing and kind == "input":
            raise input_error(", ".join(missing), f"not given, and inputs of {self.program.where}",
                              "a tensor for each; random_inputs(seed), or --random-inputs SEED on the command line, draws them")
        for name, tensor in checked.items():
            self.device.write(segments[name]["number"], tensors.to_bytes(tensor, segments[name]))

    def _read(self, segment: Mapping[str, Any], offset: int, dtype: str, shape: list[int]) -> torch.Tensor:
        return tensors.from_bytes(self.device.read(segment["number"], math.prod(shape) * byte_size(dtype), offset), dtype, shape)

    def _read_whole(self, segment: Mapping[str, Any]) -> torch.Tensor:
        return self._read(segment, 0, segment["dtype"], list(segment["shape"]))

    def _read_boundary(self, segment: Mapping[str, Any], boundary: Mapping[str, Any]) -> torch.Tensor:
        """A split segment gives all its parts at once: those of a split tensor are put together, of another each has all of it."""
        parts, shape, split = segment["dies"] if segment["split"] else 1, list(boundary["shape"]), boundary["split"]
        if split >= 0:
            shape[split] //= parts
        parted = self._read(segment, boundary["offset"], boundary["dtype"], [parts, *shape])
        return parted[0] if split < 0 else parted.movedim(0, split).reshape(boundary["shape"])

    def _read_boundaries(self, launch: int) -> Iterable[tuple[str, str, torch.Tensor]]:
        """Launch, node and value of every tensor that a group of this launch wrote to memory."""
        segments, launches = self.program.info["segments"], self.program.info["launches"]
        for boundary in self.program.info["boundaries"]:
            if boundary["launch"] != launch:
                continue
            segment = segments[boundary["segment"]]
            tensor = self._read_boundary(segment, boundary)
            yield launches[boundary["launch"]]["name"], boundary["node"], tensor


def run_values(program: Program, values: Mapping[str, int]) -> dict[str, int]:
    """Run-time values, each checked against its declared range; one that can have a single value need not be given."""
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
