"""What people see: tables and progress. Progress appears on a terminal only, and never on standard output."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


def quiet(arguments: Any) -> bool:
    """Standard output belongs to --json -."""
    return arguments.json == "-"


def console(arguments: Any) -> Console:
    """Where tables go: standard output, or nowhere when it carries JSON."""
    return Console(quiet=quiet(arguments), width=None if sys.stdout.isatty() else 120, highlight=False)


#: What was chosen or left out, to be told when the command has done its work: of bad input nothing is told but the error.
remarks: list[str] = []


def tell() -> None:
    """On standard error, so that it is in no result."""
    for remark in remarks:
        print(f"remark: {remark}", file=sys.stderr)
    remarks.clear()


@contextmanager
def progress(label: str) -> Iterator[Callable[[float], None]]:
    """Yields a function that takes the share done."""
    if not sys.stderr.isatty():
        yield lambda share: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True),
                  transient=True) as shown:
        task = shown.add_task(label, total=1.0)
        yield lambda share: shown.update(task, completed=share)


def number(value: float | int | None, unit: str = "") -> str:
    """Three digits and a prefix: 1.23 M. A dash for None."""
    if value is None:
        return "–"
    for limit, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            scale = 1e3 if prefix == "k" else limit
            return f"{value / scale:.3g} {prefix}{unit}"
    return f"{value:,.4g} {unit}".strip()


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for limit, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= limit:
            return f"{seconds / limit:.4g} {unit}"
    return f"{seconds * 1e9:.4g} ns"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"
