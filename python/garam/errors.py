"""What the package raises. Every message is one line: `WHERE: WHAT; ALLOWED`."""
from __future__ import annotations

from pathlib import Path


class InputError(ValueError):
    """What the reader gave is wrong: a chip, a program, a model, an option."""


class MachineError(RuntimeError):
    """The program did what the instruction set leaves undefined, or the simulator found a mistake of its own."""


class InternalError(RuntimeError):
    """A fault of Garam's own. `reproducer` is the file that keeps what repeats it, where it could be written."""

    def __init__(self, message: str, reproducer: Path | None = None):
        super().__init__(message)
        self.reproducer = reproducer


def one_line(text: str) -> str:
    """Without line breaks, and without what a terminal would take for a command."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else f"\\x{ord(c):02x}" for c in text).split())


def brief(error: BaseException) -> str:
    """The beginning of what an error says, on one line, or its kind where it says nothing."""
    text = one_line(str(error))
    return (text[:197] + "…" if len(text) > 200 else text) or type(error).__name__


def input_error(where: str, what: str, allowed: str = "") -> InputError:
    """The error of this one form that the whole project uses."""
    return InputError(one_line(f"{where}: {what}; {allowed}" if allowed else f"{where}: {what}"))
