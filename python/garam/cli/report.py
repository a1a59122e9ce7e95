"""garam report RUN.json -o FILE.html"""
from __future__ import annotations

import argparse

from ..comparison import load_run
from ..files import write_json
from .console import console

HELP = "one self-contained HTML page about a run"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN.json", help="a file that run --json wrote")
    parser.add_argument("-o", dest="output", required=True, metavar="FILE.html", help="the page")


def run(arguments: argparse.Namespace) -> int:
    from ..report import write_report

    write_report(load_run(arguments.run), arguments.output)
    console(arguments).print(f"{arguments.output}: written")
    if arguments.json:
        write_json(arguments.json, {"report": arguments.output})
    return 0
