"""garam run MODEL|OUT.garam --chip CHIP"""
from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.table import Table

from ..errors import input_error
from ..files import replacing, write_json
from .console import console, duration, number, percent, progress
from .loading import load_program, load_tensors, run_values
from .options import add_chip, add_compiler, add_model, add_shape
from .parser import not_negative

if TYPE_CHECKING:
    from ..result import Result

HELP = "compile a model and run it: values and cycles"
MODES = ("both", "cycles", "values")


def add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check-unwritten", action="store_true",
                        help="stop where memory that nobody wrote reaches a result, an index or a count")


def add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", choices=MODES, default="both", help="what is simulated (both)")
    add_check(parser)
    parser.add_argument("--outputs", metavar="FILE.safetensors", help="where the outputs go, by name")
    parser.add_argument("--trace", metavar="FILE.pftrace", help="a trace that opens in Perfetto")
    parser.add_argument("--report", metavar="FILE.html", help="one self-contained page about the run")


def add(parser: argparse.ArgumentParser) -> None:
    add_model(parser, ", or a compiled .garam")
    add_chip(parser)
    parser.add_argument("--inputs", metavar="FILE.safetensors", help="inputs by name; by default the model's own examples")
    parser.add_argument("--random-inputs", type=not_negative, metavar="SEED",
                        help="draw the inputs that --inputs does not give: floats normal, indices from their range, other integers one")
    add_outputs(parser)
    add_shape(parser)
    add_compiler(parser)


def run(arguments: argparse.Namespace) -> int:
    check_outputs(arguments)
    inputs = load_tensors(arguments.inputs) if arguments.inputs else {}
    with progress("compiling"):
        program = load_program(arguments, inputs)
    drawn = {}
    if arguments.random_inputs is not None:
        drawn = program.random_inputs(arguments.random_inputs, leave=inputs)
    with progress("simulating") as shown:
        result = program.run(mode=arguments.mode, values=run_values(arguments, program), progress=shown,
                             records=wants_records(arguments), check_unwritten=arguments.check_unwritten or None, inputs=inputs | drawn)
    result.drawn = list(drawn)
    finish(arguments, result)
    return 0


def check_outputs(arguments: argparse.Namespace) -> None:
    if arguments.outputs and arguments.mode == "cycles":
        raise input_error("--outputs", "a run in mode cycles has no values", "--mode both, values")
    if arguments.check_unwritten and arguments.mode == "cycles":
        raise input_error("--check-unwritten", "a run in mode cycles has no values", "--mode both, values")
    if getattr(arguments, "random_inputs", None) is not None and arguments.mode == "cycles":
        raise input_error("--random-inputs", "a run in mode cycles has no values", "--mode both, values")


def wants_records(arguments: argparse.Namespace) -> bool:
    """Records cost memory; only files that hold them ask for them."""
    return bool(arguments.json or arguments.trace or arguments.report)


def finish(arguments: argparse.Namespace, result: Result) -> None:
    """Files, and a table for people."""
    if arguments.outputs:
        from safetensors.torch import save

        with replacing(arguments.outputs) as temporary:
            temporary.write_bytes(save({name: tensor.contiguous() for name, tensor in result.outputs.items()}))
    if arguments.trace:
        result.trace(arguments.trace)
    if arguments.report:
        result.report(arguments.report)
    _show(arguments, result)
    if arguments.json:
        write_json(arguments.json, result.document)


def _show(arguments: argparse.Namespace, result: Result) -> None:
    document = result.document
    limits, hbm = document["roofline"], document["hbm"]
    matrix = [entry["busy_cycles"] for entry in document["engines"] if entry["engine"] == "matrix"]
    table = Table(box=None, show_header=False, title=f"{document['model']} on {document['chip']}, {document['dtype']}",
                  title_justify="left", title_style="bold")
    table.add_row("time", f"{duration(document['seconds'])}   {document['cycles']:,} cycles")
    if document["tokens_per_second"]:
        table.add_row("throughput", f"{number(document['tokens_per_second'])} tokens/s")
    if limits["limit_seconds"] is not None:
        table.add_row("of the roofline limit", f"{percent(limits['share'])}   limit {duration(limits['limit_seconds'])}")
    if matrix and document["cycles"]:
        table.add_row("matrix engines busy", percent(sum(matrix) / len(matrix) / document["cycles"]))
    table.add_row("memory", f"{number(hbm['read_bytes'], 'B')} read, {number(hbm['write_bytes'], 'B')} written"
                  + (f", {percent(hbm['achieved_share'])} of its bandwidth" if hbm["achieved_share"] is not None else ""))
    compiled = f"compiled in {duration(document['compile_seconds'])}, " if document["compile_seconds"] is not None else ""
    table.add_row("host", f"{compiled}simulated in {duration(document['host_seconds'])}")
    if result.drawn:
        table.add_row("inputs", f"random numbers: {', '.join(result.drawn)}")
    out = console(arguments)
    out.print(table)
    for path in (arguments.outputs, arguments.trace, arguments.report):
        if path:
            out.print(f"{path}: written")
