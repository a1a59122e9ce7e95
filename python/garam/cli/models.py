"""garam models [MODEL]"""
from __future__ import annotations

import argparse

from rich.table import Table

from ..errors import input_error
from ..files import write_json
from .console import console

HELP = "the models that come with Garam, or one of them"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a name of the list")


def run(arguments: argparse.Namespace) -> int:
    from ..frontdoor.registry import names

    known = names()
    if arguments.model and arguments.model not in known:
        raise input_error(arguments.model, "no such model", ", ".join(known))
    shown = {arguments.model: known[arguments.model]} if arguments.model else known
    table = Table("model", "what", box=None, header_style="bold")
    for name, summary in shown.items():
        table.add_row(name, summary)
    out = console(arguments)
    out.print(table)
    if not arguments.model:
        out.print("\nAlso: a Hugging Face directory, a .gguf file, file.py:function, or a .mlir file that --emit printed.")
    if arguments.json:
        write_json(arguments.json, {"models": [{"name": name, "summary": summary} for name, summary in shown.items()]})
    return 0
