"""garam explain MODEL [OP] --chip CHIP"""
from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from rich.table import Table

from ..errors import input_error
from ..files import write_json
from .console import console, percent, progress
from .loading import load_program, run_values
from .options import add_chip, add_compiler, add_model, add_shape

if TYPE_CHECKING:
    from ..result import Result

HELP = "what each op became: mapping, cycles, instructions"


def add(parser: argparse.ArgumentParser) -> None:
    add_model(parser, ", or a compiled .garam")
    parser.add_argument("op", nargs="?", metavar="OP", help="one op, by the name that the list shows")
    add_chip(parser)
    add_shape(parser)
    add_compiler(parser)
    parser.set_defaults(mode="cycles")


def run(arguments: argparse.Namespace) -> int:
    with progress("compiling"):
        program = load_program(arguments)
    with progress("simulating") as shown:
        result = program.run(mode="cycles", values=run_values(arguments, program), progress=shown)
    found = _rows(result)
    if arguments.op:
        found = [row for row in found if row["node"] == arguments.op]
        if not found:
            nodes = list(dict.fromkeys(row["node"] for row in _rows(result)))
            raise input_error(arguments.op, "no such op", ", ".join(nodes[:12]) + (", …" if len(nodes) > 12 else ""))
        _one(arguments, result, found)
    else:
        _all(arguments, found)
    if arguments.json:
        write_json(arguments.json, {"model": program.info["model"], "chip": program.info["chip"], "cycles": result.cycles, "ops": found})
    return 0


def _rows(result: Result) -> list[dict[str, Any]]:
    """Ops with their instructions by mnemonic, over all launches."""
    rows = json.loads(result.ops.to_json(orient="records"))
    counts = _instructions(result)
    for row in rows:
        row["mnemonics"] = counts.get((row["kernel"], row["node"]), {})
    return rows


def _instructions(result: Result) -> dict[tuple[str, str], dict[str, int]]:
    """Kernel and node → mnemonic → instructions in the program."""
    from ..attribution import node_of

    info = result.program.info
    out: dict[tuple[str, str], dict[str, int]] = {}
    for kernel in info["kernels"]:
        for mnemonic, place in zip(kernel["mnemonics"], kernel["locations"]):
            counts = out.setdefault((kernel["name"], node_of(info, place)), {})
            counts[mnemonic] = counts.get(mnemonic, 0) + 1
    return out


def _all(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    table = Table("launch", "op", "kernel", "cycles", "of the run", "cores", "source", box=None, header_style="bold")
    for row in rows:
        table.add_row(row["name"], row["node"], row["kernel"], f"{row['cycles']:,}", percent(row["share"]), str(row["cores"]),
                      row["source"].rsplit("/", 1)[-1])
    console(arguments).print(table)


def _one(arguments: argparse.Namespace, result: Result, rows: list[dict[str, Any]]) -> None:
    from ..attribution import ENGINES

    first = rows[0]
    cores = len({entry["core"] for entry in result.counters["engines"]})
    cycles = sum(row["cycles"] for row in rows)
    out = console(arguments)
    out.print(f"[bold]{first['node']}[/] of {first['kernel']}  {first['source']}")
    out.print(f"{len(rows)} uses, {cycles:,} cycles, {percent(sum(row['share'] for row in rows))} of the run, on {first['cores']} of {cores} cores")
    for engine in ENGINES[1:]:
        busy = sum(row[f"{engine}_cycles"] for row in rows)
        out.print(f"  {engine:8} at work {percent(busy / (cycles * cores) if cycles else None)}")
    out.print("instructions: " + ", ".join(f"{count} {name}" for name, count in sorted(first["mnemonics"].items())))
    for entry in _mappings_of(result, first["node"]):
        out.print(f"mapping in {entry.pop('kernel')}: {json.dumps(entry, ensure_ascii=False)}", markup=False)


def _mappings_of(result: Result, node: str) -> list[dict[str, Any]]:
    """Entries of the mapping file for the group that writes this node."""
    groups = json.loads(result.program.mapping)["groups"] if result.program.mapping else []
    return [dict(entry) for entry in groups if entry["group"] == node]
