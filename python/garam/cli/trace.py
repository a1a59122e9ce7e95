"""garam trace OUT.garam --chip CHIP -o FILE.pftrace"""
from __future__ import annotations

import argparse

from ..files import write_json
from ..program import Program
from .console import console, progress
from .loading import run_values
from .options import add_chip, chip_of, refuse_inapplicable
from .parser import not_negative

HELP = "run a program for its cycles and write a trace for Perfetto"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="OUT.garam", help="a compiled program")
    add_chip(parser)
    parser.add_argument("-o", dest="output", required=True, metavar="FILE.pftrace", help="the trace")
    parser.add_argument("--kv-len", type=not_negative, metavar="L", help="tokens that the cache holds already (decode)")


def run(arguments: argparse.Namespace) -> int:
    refuse_inapplicable(arguments)
    program = Program.load(arguments.model).on(chip_of(arguments))
    with progress("simulating") as shown:
        result = program.run(mode="cycles", values=run_values(arguments, program), progress=shown)
    result.trace(arguments.output)
    console(arguments).print(f"{arguments.output}: {result.cycles:,} cycles; open it in ui.perfetto.dev")
    if arguments.json:
        write_json(arguments.json, {"trace": arguments.output, "cycles": result.cycles, "instructions": len(result.records["end"])})
    return 0
