"""What a run gave: outputs, cycles, tables, and the pictures made of them."""
from __future__ import annotations

import os
import resource
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import attribution, energy
from .errors import input_error

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from matplotlib.figure import Figure

    from .program import Program
    from .roofline import Work


class Result:
    """`outputs` by name (empty in mode cycles); `counters` is what the simulator counted, as it gave it.

    `drawn` names the inputs that were random numbers, where that was asked for.
    `states` are the contents of caches after the run, by name; `boundaries` (launch, node, tensor) are there after a run that was
    asked to read them back.
    """

    def __init__(self, program: Program, mode: str, counters: dict[str, Any], values: dict[str, int]):
        self.program, self.mode, self.counters, self.values = program, mode, counters, values
        self.drawn: list[str] = []
        self.outputs: dict[str, torch.Tensor] = {}
        self.boundaries: list[tuple[str, str, torch.Tensor]] = []
        self.states: dict[str, torch.Tensor] = {}
        self.peak_host_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    @property
    def output(self) -> torch.Tensor:
        """The only output, or the first."""
        if not self.outputs:
            raise input_error("mode", "a run in mode cycles has no outputs", "both or values")
        return next(iter(self.outputs.values()))

    @property
    def cycles(self) -> int:
        return self.counters["cycles"]

    @property
    def seconds(self) -> float | None:
        """The time on the chip; None in mode values, where latencies are not modelled."""
        return None if self.mode == "values" else self.cycles / self.program.chip.hertz

    @property
    def moved_bytes(self) -> int:
        """That the memory read and wrote."""
        return self.counters["hbm"]["read_bytes"] + self.counters["hbm"]["write_bytes"]

    @property
    def records(self) -> dict[str, Any]:
        return self.counters["records"]

    @cached_property
    def ops(self) -> pd.DataFrame:
        """Where the cycles went, a row for each op of each launch."""
        joules = energy.joules_by_instruction(self.program.chip, self.counters["actions"])
        return attribution.ops_table(self.program.info, self.records, self.cycles, joules)

    @cached_property
    def engines(self) -> pd.DataFrame:
        """Busy, stalls by cause and idle, a row for each engine of each core."""
        return attribution.engines_table(self.counters["engines"])

    @cached_property
    def work(self) -> Work | None:
        """What the model asks for; None where it is not known (a program from a file with run-time lengths)."""
        from .roofline import Work, count

        source = self.program.source
        if source is not None:
            return count(source.exported.program, self.values.get("pos"))
        info = self.program.info
        if info["flops"] and not info["values"]:
            return Work(info["flops"], info["compulsory_bytes"])
        return None

    @property
    def limit_seconds(self) -> float | None:
        """No schedule on this chip can be faster."""
        return self.work.limit_seconds(self.program.chip, self.program.info["dtype"]) if self.work else None

    @cached_property
    def document(self) -> dict[str, Any]:
        """The object of `run --json`, with `details` for reports."""
        from .document import run_document

        return run_document(self)

    def report(self, path: str | os.PathLike[str]) -> None:
        """One self-contained HTML file."""
        from .report import write_report

        write_report(self.document, path)

    def trace(self, path: str | os.PathLike[str]) -> None:
        """A trace that opens in Perfetto."""
        from .trace import write_trace

        write_trace(self, path)

    def roofline(self) -> Figure:
        """Operations per byte against operations per second, with the chip's limits."""
        from .figures import roofline_figure

        return roofline_figure([self.document])

    def __repr__(self) -> str:
        return f"<garam.Result {self.program.info['model']} on {self.program.info['chip']}: {self.cycles} cycles>"
