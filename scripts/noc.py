"""Latency and throughput of a die's mesh against the load, beside flit-level models: a table, and the picture of docs/hardware/noc.md.

    .venv/bin/python scripts/noc.py [--cycles 20000] [-o docs/images/noc.png]

Loads are shares of what the busiest link of the pattern could carry. `noc-curves` offers every model the same packets.
"""
from __future__ import annotations

import argparse
import io
import subprocess
from pathlib import Path

import pandas
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
MESHES = {"rebel100": "8 × 8 (rebel100)", "atom": "4 × 4 (atom)"}


def curves(chip: str, cycles: int) -> pandas.DataFrame:
    tool = ROOT / "build" / "bin" / "noc-curves"
    text = subprocess.run([tool, "--chip", chip, "--cycles", str(cycles)], check=True, capture_output=True, text=True).stdout
    return pandas.read_csv(io.StringIO(text)).assign(chip=chip)


def picture(points: pandas.DataFrame) -> Figure:
    patterns = list(points["pattern"].unique())
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    grid = figure.subplots(2, len(patterns), sharex=True, sharey="row")
    for column, pattern in enumerate(patterns):
        for row, (value, label) in enumerate((("latency", "latency, cycles"), ("accepted", "accepted, share of the bound"))):
            axes = grid[row][column]
            for color, (chip, title) in zip(("tab:blue", "tab:orange"), MESHES.items()):
                own = points[(points["pattern"] == pattern) & (points["chip"] == chip)]
                for model, style, name in (("garam", "o", "Garam"), ("slots", "-", "flit-level, slots"), ("wormhole", "--", "flit-level, wormhole")):
                    line = own[own["model"] == model]
                    axes.plot(line["share"], line[value], style, color=color, markersize=4, linewidth=1.2, label=f"{title}: {name}")
            axes.grid(alpha=0.3)
            if row == 0:
                axes.set(title=pattern, yscale="log")
            else:
                axes.set(xlabel="offered, share of the bound")
            if column == 0:
                axes.set(ylabel=label)
    figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=20000, help="in which packets are offered")
    parser.add_argument("-o", "--output", default=None, help="picture to write")
    arguments = parser.parse_args()
    points = pandas.concat([curves(chip, arguments.cycles) for chip in MESHES])
    table = points.pivot_table(index=["chip", "pattern", "share"], columns="model", values=["latency", "accepted"], sort=False)
    print(table.to_string(float_format=lambda value: f"{value:.3f}"))
    if arguments.output:
        picture(points).savefig(arguments.output, dpi=110)


main()
