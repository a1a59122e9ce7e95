"""garam chips [CHIP]"""
from __future__ import annotations

import argparse

from rich.table import Table

from ..dtypes import MLIR_NAMES
from ..files import write_json
from .console import console, number

HELP = "the chips there are, or one chip in full"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chip", nargs="?", metavar="CHIP", help="a name, or a .toml file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override one key of the chip file")


def run(arguments: argparse.Namespace) -> int:
    from ..chip import Chip, keys, names

    if arguments.chip:
        chip = Chip(arguments.chip, tuple(arguments.set))
        _show(arguments, chip, keys())
        described = chip.table
    else:
        chips = [Chip(name, tuple(arguments.set)) for name in names()]
        _list(arguments, chips)
        described = {"chips": [chip.table for chip in chips]}
    if arguments.json:
        write_json(arguments.json, described)
    return 0


def _list(arguments: argparse.Namespace, chips: list) -> None:
    table = Table("chip", "what", "cores", "clock", "bf16 peak", "memory peak", box=None, header_style="bold")
    for chip in chips:
        known = not chip.ideal
        table.add_row(chip.title, chip.table["title"], str(chip.cores), f"{chip.hertz / 1e6:g} MHz",
                      number(chip.peak_flops("bf16"), "FLOPS") if known else "–",
                      number(chip.peak_hbm, "B/s") if known else "–")
    console(arguments).print(table)


def _show(arguments: argparse.Namespace, chip, keys: list[dict]) -> None:
    out = console(arguments)
    out.print(f"[bold]{chip.title}[/]  {chip.table['title']}\n{chip.table['path']}\n")
    table = Table("key", "value", "", box=None, header_style="bold")
    for entry in keys:
        value = chip.table[entry["table"]][entry["key"]]
        table.add_row(f"{entry['table']}.{entry['key']}", f"{value:,}" if isinstance(value, int) else f"{value}", entry["text"])
    out.print(table)
    peaks = ", ".join(f"{name} {number(chip.peak_flops(name), 'FLOPS')}" for name in MLIR_NAMES if chip.peak_flops(name))
    if not chip.ideal:
        out.print(f"\npeaks: {peaks}; memory {number(chip.peak_hbm, 'B/s')}")
