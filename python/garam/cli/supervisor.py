"""The command runs in a child of this process, so that a signal that stops it is told in one line too.

The child dies with its parent; what the reader's own signals stop is stopped as always.
"""
from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from typing import IO

from .. import faults

#: Signals that a process gets for what it does itself.
FAULTS = (signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS)

_PR_SET_PDEATHSIG = 1


def supervised(run: Callable[[], int]) -> int:
    """The status of `run`, 3 where a fault stopped it. Both processes return from here: the child with the status of `run`."""
    trace, text = (_shared(name) for name in ("garam-trace", "garam-text"))
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _follow(parent)
        faulthandler.enable(trace)
        faults.listeners.append(lambda compiled: _replace(text, compiled))
        return run()
    return _status(_wait(child), trace, text)


def _shared(name: str) -> IO[bytes]:
    """Memory that both processes see."""
    return os.fdopen(os.memfd_create(name), "w+b", buffering=0)


def _replace(file: IO[bytes], text: str) -> None:
    os.ftruncate(file.fileno(), 0)
    os.pwrite(file.fileno(), text.encode(), 0)


def _follow(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def _wait(child: int) -> int:
    """The child's wait status. What the reader sends to this process goes to the child; keys of the terminal reach both."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda sent, _: os.kill(child, sent))
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    return os.waitpid(child, 0)[1]


def _status(ended: int, trace: IO[bytes], text: IO[bytes]) -> int:
    if os.WIFEXITED(ended):
        return os.WEXITSTATUS(ended)
    number = signal.Signals(os.WTERMSIG(ended))
    if number in FAULTS:
        said = faults.internal_error(f"stopped by {number.name}", _content(trace), _content(text))
        print(f"error: {said}", file=sys.stderr)
        return 3
    if number == signal.SIGKILL:
        print("error: memory: the system killed the run, as it does where memory runs out; a smaller batch, length or model", file=sys.stderr)
        return 2
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="backslashreplace")
