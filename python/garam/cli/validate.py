"""garam validate MODEL --chip CHIP [--reference cpu|gpu|recorded]"""
from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from ..errors import input_error
from ..files import write_json
from .console import console, duration, number, progress
from .loading import compiler_options, is_program, is_text, load_source, load_tensors
from .options import add_chip, add_compiler, add_model, add_shape, chip_of
from .run import add_check

if TYPE_CHECKING:
    from ..result import Result

HELP = "run a model and hold every tensor against PyTorch"
_SHOWN = 12


def add(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_chip(parser)
    parser.add_argument("--reference", choices=("cpu", "gpu", "recorded"), default="cpu", help="what the end result is held against (cpu)")
    parser.add_argument("--inputs", metavar="FILE.safetensors", help="inputs by name; by default seeded ones")
    parser.add_argument("--all", action="store_true", help="show every tensor, not the worst only")
    add_check(parser)
    add_shape(parser)
    add_compiler(parser)
    parser.set_defaults(mode="both")


def run(arguments: argparse.Namespace) -> int:
    if is_program(arguments.model) or is_text(arguments.model):
        raise input_error(arguments.model, "carries no model to compare with", "a name, a Hugging Face directory, or file.py:function")
    from ..compiler import compile_source

    chip = chip_of(arguments)
    inputs = load_tensors(arguments.inputs) if arguments.inputs else {}
    with progress("compiling"):
        source = load_source(arguments, inputs)
        program = compile_source(source, chip, **compiler_options(arguments))
    return finish_check(arguments, program, arguments.reference, inputs)


def finish_check(arguments: argparse.Namespace, program: Any, reference: str, inputs: Any = None) -> int:
    """Runs, compares, prints; 1 where a tensor left its bound."""
    from ..checking import check, document

    with progress("simulating") as shown:
        result, validation = check(program, reference=reference, mode=arguments.mode, inputs=inputs, progress=shown,
                                   check_unwritten=arguments.check_unwritten or None)
    found = document(result, validation)
    _show(arguments, result, found)
    if arguments.json:
        write_json(arguments.json, found)
    return 0 if found["ok"] else 1


def _show(arguments: argparse.Namespace, result: Result, found: dict[str, Any]) -> None:
    out = console(arguments)
    rows = found["tensors"]
    whole = [row for row in rows if row["against"]]
    inside = [row for row in rows if row not in whole]
    listed = inside if getattr(arguments, "all", False) else sorted(inside, key=lambda row: (row["ok"], -row["ratio"]))[:_SHOWN]
    out.print(f"[bold]{found['model']} on {found['chip']}, {found['dtype']}[/]: each tensor against PyTorch on the operands the machine used")
    out.print(_tensors(listed))
    hidden = len(inside) - len(listed)
    if hidden:
        out.print(f"  and {hidden} more, all nearer to the reference (--all shows them)")
    if whole:
        out.print(f"\n[bold]End result[/] against {whole[0]['against']}, run in PyTorch as it is")
        out.print(_tensors(whole))
    vacuous = sum(row["vacuous"] for row in rows)
    if vacuous:
        out.print(f"[yellow]{vacuous} elements have an infinite bound[/] (a pole or an overflow inside their intervals): "
                  "the end result alone holds them, and where there is none they are bad")
    out.print(_speed(result, found))
    if found["ok"]:
        out.print(f"[green]ok[/]: {len(rows)} tensors inside their bounds")
    else:
        _blame(out, found["first_bad"], sum(not row["ok"] for row in rows), len(rows))


def _tensors(rows: list[dict[str, Any]]) -> Table:
    table = Table("tensor", "of the module", "largest error", "bound", "error/bound", "cosine", "", "", box=None, header_style="bold")
    for row in rows:
        vacuous = f"{row['vacuous']} unbounded" if row["vacuous"] else ""
        table.add_row(escape(row["name"]), escape(row["module"]), f"{row['max_abs_error']:.3g}", f"{row['bound']:.3g}", f"{row['ratio']:.2f}",
                      f"{row['cosine']:.7f}", "[green]ok[/]" if row["ok"] else "[red]bad[/]", vacuous)
    return table


def _speed(result: Result, found: dict[str, Any]) -> Table:
    table = Table("", "time", "tokens/s", box=None, header_style="bold", title="\nTime", title_justify="left", title_style="bold")
    table.add_row(f"{found['chip']} (simulated)", duration(found["seconds"]), number(found["tokens_per_second"]))
    reference = found["reference"]
    tokens = None
    if found["tokens_per_second"] and reference["seconds"]:
        tokens = found["tokens_per_second"] * found["seconds"] / reference["seconds"]
    table.add_row(f"{reference['name']}, PyTorch {reference['torch']}, {reference['dtype']}", duration(reference["seconds"]), number(tokens))
    return table


def _blame(out: Any, bad: dict[str, Any], count: int, total: int) -> None:
    out.print(f"[red]{count} of {total} tensors left their bounds[/]; the first:")
    unbounded = f", {bad['vacuous']} elements without one that no end result holds" if bad["vacuous"] else ""
    out.print(f"  tensor       {escape(bad['name'])}: error {bad['max_abs_error']:.4g}, bound {bad['bound']:.4g}{unbounded}")
    made = bad.get("instruction")
    if made:
        cycles = "" if made["start_cycle"] is None else f", core {made['core']}, cycles {made['start_cycle']:,} to {made['end_cycle']:,}"
        out.print(f"  instruction  {made['index']} ({made['mnemonic']}) of kernel {escape(made['kernel'])}, launch {escape(made['launch'])}{cycles}")
    if bad["source"]:
        out.print(f"  source       {escape(bad['source'])}" + (f" in {escape(bad['module'])}" if bad["module"] else ""))
