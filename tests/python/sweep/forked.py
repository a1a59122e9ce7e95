"""Many cases in few processes: each batch runs in a fork of this one, which has PyTorch loaded; a case that kills its process is
found dead, and the rest of the batch goes on in another. What is done is kept in a file, so that a long sweep can be taken up again."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

import garam
from sweep.outcome import Outcome

Run = Callable[[str], Outcome]
_BATCH = 40


def sweep(cases: Sequence[str], run: Run, *, seconds: float = 120.0, kept: Path | None = None) -> list[Outcome]:
    """The outcome of each case. seconds: more than that for one case is `slow`. kept: where outcomes are kept and taken from."""
    torch.set_num_threads(1)  # threads do not live through a fork
    done = _kept(kept)
    for start in range(0, len(cases), _BATCH):
        waiting = [case for case in cases[start:start + _BATCH] if case not in done]
        while waiting:
            for outcome in _child(waiting, run, seconds):
                done[outcome.case] = outcome
                if kept:
                    with kept.open("a") as file:
                        file.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
            waiting = [case for case in waiting if case not in done]
    return [done[case] for case in cases]


def state_file(name: str) -> Path:
    """Where a long sweep of this state of the package is kept."""
    package = Path(garam.__file__).parent
    state = hashlib.sha256()
    for file in sorted(f for f in package.rglob("*") if f.suffix in (".py", ".so")):
        state.update(file.read_bytes())
    folder = package.parent.parent / "sweeps"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}-{state.hexdigest()[:12]}.jsonl"


def _kept(file: Path | None) -> dict[str, Outcome]:
    if file is None or not file.exists():
        return {}
    with contextlib.suppress(json.JSONDecodeError):  # the last line of a sweep that was cut off
        return {found["case"]: Outcome(**found) for found in map(json.loads, file.read_text().splitlines())}
    return {}


def _child(cases: Sequence[str], run: Run, seconds: float) -> Iterator[Outcome]:
    """Outcomes until the child ends or dies; the case that it died of is the last."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(cases, run, writing)
    os.close(writing)
    finished = 0
    with os.fdopen(reading) as lines:
        for line in _lines(lines, child, seconds):
            yield Outcome(**json.loads(line))
            finished += 1
    _, status = os.waitpid(child, 0)
    if finished < len(cases):
        slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        how = f"signal {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        yield Outcome(cases[finished], "slow" if slow else "dead", f"over {seconds:g} s" if slow else how)


def _work(cases: Sequence[str], run: Run, writing: int) -> None:
    """In the child; it never comes back."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    status = 1
    try:
        for case in cases:
            os.write(writing, (json.dumps(dataclasses.asdict(run(case))) + "\n").encode())
        status = 0
    finally:
        os._exit(status)


def _lines(lines, child: int, seconds: float) -> Iterator[str]:
    while True:
        deadline = time.monotonic() + seconds
        while not select.select([lines], [], [], 1.0)[0]:
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
        line = lines.readline()
        if not line:
            return
        yield line
