"""garam compare RUN.json RUN.json …"""
from __future__ import annotations

import argparse
import json

from rich.table import Table

from ..comparison import compare, load_run
from ..files import write_json
from .console import console, duration, number, percent

HELP = "runs side by side"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN.json", help="files that run --json wrote")


def run(arguments: argparse.Namespace) -> int:
    frame = compare([load_run(path) for path in arguments.runs])
    table = Table("run", "model", "chip", "dtype", "batch × seq", "cycles", "time", "of the first", "of the limit", "matrix busy",
                  "HBM", box=None, header_style="bold")
    rows = json.loads(frame.to_json(orient="records"))
    for path, row in zip(arguments.runs, rows):
        ratio = row["seconds"] / rows[0]["seconds"] if row["seconds"] and rows[0]["seconds"] else None
        table.add_row(path, row["model"], row["chip"], row["dtype"], _size(row), f"{row['cycles']:,}", duration(row["seconds"]),
                      "–" if ratio is None else f"{ratio:.3g} ×", percent(row["roofline_share"]), percent(row.get("matrix_busy")),
                      number(row["hbm_read_bytes"] + row["hbm_write_bytes"], "B"))
    console(arguments).print(table)
    if arguments.json:
        write_json(arguments.json, {"runs": [{"file": path} | row for path, row in zip(arguments.runs, rows)]})
    return 0


def _size(row: dict) -> str:
    length = row["kv_length"] if row["phase"] == "decode" else row["sequence_length"]
    return " × ".join("–" if value is None else f"{value:g}" for value in (row["batch"], length))
