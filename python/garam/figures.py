"""Figures for papers and notebooks, with matplotlib."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from .errors import input_error


def roofline_figure(runs: Sequence[Mapping[str, Any]]) -> Figure:
    """Operations per compulsory byte against operations per second: the limits of each run's chip, and what the runs reached."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    drawn: set[tuple[float, float]] = set()
    for run in runs:
        limits, peak_bytes = run["roofline"], run["hbm"]["peak_bytes_per_second"]
        if limits["flops"] is None or not peak_bytes or not run["seconds"]:
            raise input_error(run["model"], f"no roofline on {run['chip']}", "a chip that states its peaks and a run with counted work")
        peak = run["details"]["peak_flops"]
        ratio = limits["flops"] / limits["hbm_bytes"]
        if (peak, peak_bytes) not in drawn:
            drawn.add((peak, peak_bytes))
            ridge = peak / peak_bytes
            line = axes.plot([ridge / 100, ridge, ridge * 100], [peak / 100, peak, peak], label=f"{run['chip']}, {run['dtype']}")[0]
            axes.fill_between([ridge / 100, ridge, ridge * 100], [peak / 100, peak, peak], peak / 1e4, alpha=0.08, color=line.get_color())
        axes.plot([ratio], [limits["flops"] / run["seconds"]], "o", label=f"{run['model']}: {limits['share']:.1%} of the limit")
    axes.set(xscale="log", yscale="log", xlabel="operations per compulsory byte", ylabel="operations per second")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure
