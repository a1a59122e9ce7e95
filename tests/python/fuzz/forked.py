"""The command line in a fork of this process: what it prints, how it ends, and what it leaves, however it dies."""
from __future__ import annotations

import dataclasses
import os
import re
import resource
import signal
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

#: Sizes that a mutation made absurd must not take the machine along.
_MEMORY_BYTES = 12 << 30


@dataclasses.dataclass(frozen=True)
class Ended:
    """status: of the command, or the negative number of the signal that ended it; None: it was still running after its time."""

    status: int | None
    out: str
    err: str
    left: tuple[str, ...]

    def faults(self) -> list[str]:
        """What bad input must not do; empty for a run that is as it should be, or that takes its time."""
        found = []
        if self.status not in (None, 0, 1, 2):
            found.append(f"status {self.status}")
        if "Traceback" in self.out + self.err:
            found.append("a traceback")
        errors = [line for line in self.err.splitlines() if line.startswith("error:")]
        if self.status == 2 and self.err != f"{''.join(errors)}\n":
            found.append("more than one line")
        if self.status == 2 and len(errors) == 1 and not re.fullmatch(r"error: \S[^\n]*: [^\n]+", errors[0]):
            found.append("a line of another form")
        if self.status in (0, 1) and errors:
            found.append("an error and a status of success")
        if self.status == 2 and self.left:
            found.append(f"left {', '.join(self.left)}")
        return found


def command(arguments: Sequence[str], folder: Path, seconds: int = 60) -> Ended:
    """Runs `garam` with these arguments in an empty folder."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        _run(list(arguments), work, folder)
    status = _wait(child, seconds)
    left = tuple(sorted(str(path.relative_to(work)) for path in work.rglob("*")))
    for path in work.iterdir():
        path.unlink()
    return Ended(status, *((folder / name).read_text(errors="replace") for name in ("out", "err")), left)


def _run(arguments: list[str], work: Path, folder: Path) -> None:
    status = 70
    try:
        os.chdir(work)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(folder / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), number)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        import sys

        # Those of the test are the capturing ones.
        sys.stdout, sys.stderr = (os.fdopen(number, "w", errors="backslashreplace", closefd=False) for number in (1, 2))
        from garam.cli import main

        status = main(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 71
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _wait(child: int, seconds: int) -> int | None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
