"""How the host's time and memory grow with the bytes that a run moves: a table, and the picture of docs/benchmarks.md.

    .venv/bin/python scripts/growth.py [--chip rebel100] [-o docs/images/growth.png]

Sums of two tensors from 1 MB to 1 GB each, cycles only: every byte passes the memory, the network and an L1 once. Time is that of the
process, so that other work on the host does not count; memory is what the process has more, at most, than before it compiled, or ran.
"""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

import garam


class Add(torch.nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


def resident(which: str) -> int:
    """Bytes of the process: `VmRSS` now, `VmHWM` at most since it was last forgotten."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(which))
    return int(line.split()[1]) * 1024


def growth_in(work: Callable[[], Any]) -> tuple[Any, int]:
    """What the work gives, and the bytes that the process had more, at most, than before it."""
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    return work(), resident("VmHWM") - before


def measure(chip: str, rows: int) -> tuple[int, float, int, int]:
    """Bytes moved, seconds of the host for the run, and bytes of memory that compiling and the run took."""
    shape = torch.empty(rows, 4096, dtype=torch.bfloat16, device="meta")
    with torch.device("meta"):
        exported = torch.export.export(Add(), (shape, shape))
    program, compiling = growth_in(lambda: garam.compile(exported, chip=chip, dtype="bf16"))
    began = time.process_time()
    run, running = growth_in(lambda: program.run(mode="cycles", records=False))
    spent = time.process_time() - began
    hbm = run.counters["hbm"]
    return hbm["read_bytes"] + hbm["write_bytes"], spent, compiling, running


def picture(points: list[tuple[int, float, int, int]], chip: str) -> Figure:
    moved = [bytes_ / 1e6 for bytes_, *_ in points]
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(moved, [seconds for _, seconds, *_ in points], "o-", label="time of the host")
    last = points[-1][1] / moved[-1]
    axes.plot(moved, [last * each for each in moved], "--", alpha=0.6, label="in proportion")
    axes.set(xscale="log", yscale="log", xlabel=f"megabytes moved on {chip}", ylabel="seconds of one core")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chip", default="rebel100")
    parser.add_argument("-o", "--output", default=None, help="picture to write")
    arguments = parser.parse_args()
    measure(arguments.chip, 1)  # imports and first uses
    print(f"{resident('VmRSS') / 1e6:.0f} MB are the interpreter, PyTorch and MLIR")
    points = []
    for power in range(7, 18):
        points.append(measure(arguments.chip, 1 << power))
        bytes_, seconds, compiling, running = points[-1]
        print(f"{bytes_ / 1e6:9.1f} MB moved  {seconds:7.3f} s  {bytes_ / seconds / 1e6:7.0f} MB/s  compiling {compiling / 1e6:5.1f} MB, the run "
              f"{running / 1e6:4.1f} MB", flush=True)
    if arguments.output:
        picture(points, arguments.chip).savefig(arguments.output, dpi=110)


main()
