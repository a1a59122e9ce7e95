"""Measures the shares of the roofline limit that the project aims at, beside their targets; fails where one is missed.

    .venv/bin/python scripts/figures.py
"""
from __future__ import annotations

import contextlib
import io
import json

from garam.cli import main

FIGURES = (
    ("minilm, batch 8 x 128, atom", ("run", "minilm", "--chip", "atom", "--batch", "8", "--seq", "128"), 0.45),
    ("minilm, batch 8 x 128, rebel100, one die",
     ("run", "minilm", "--chip", "rebel100", "--dies", "1", "--batch", "8", "--seq", "128"), 0.25),
    ("matmul 2048, atom", ("op", "matmul", "--shape", "2048,2048,2048", "--chip", "atom"), 0.65),
    ("matmul 4096, rebel100", ("op", "matmul", "--shape", "4096,4096,4096", "--chip", "rebel100"), 0.5),
)
#: Of the matrix engine of the busiest core, what that of the least busy one must reach.
LEAST_BALANCE = 0.5


def measure(arguments: tuple[str, ...]) -> dict:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main([*arguments, "--mode", "cycles", "--json", "-"])
    if status:
        raise SystemExit(status)
    return json.loads(printed.getvalue())


missed = 0
for title, arguments, target in FIGURES:
    document = measure(arguments)
    busy = [engine["busy_cycles"] for engine in document["engines"] if engine["engine"] == "matrix"]
    share, balance = document["roofline"]["share"], min(busy) / max(busy)
    reached = share >= target and balance >= LEAST_BALANCE
    missed += not reached
    print(f"{title:42} share {share:.3f} (target {target}), least/most busy core {balance:.2f} "
          f"(target {LEAST_BALANCE}), {document['cycles']} cycles, {document['host_seconds']:.2f} s: "
          f"{'reached' if reached else 'MISSED'}", flush=True)
raise SystemExit(1 if missed else 0)
