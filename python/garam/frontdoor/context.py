"""What the hooks need to know about the trace in progress and cannot read from their arguments.

A hook hands the model a tensor that is right wherever it is used, and notes here what that tensor means. Where it comes back as the
same object, another hook takes the meaning in its place; where the model has changed it, its elements count.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator

from torch import Tensor


@dataclasses.dataclass(frozen=True)
class Trace:
    """pos: position of the first token of this step (rank 0, i64), or None when it is 0 and keys and values are those of the step.
    write: the row of the cache that the step's first key goes to (rank 0, i64).
    capacity: number of positions that a position table must cover, or None when it covers the positions of the step.
    length: tokens that the run has when the step is done, where frequencies that follow from it may be taken as constants."""

    pos: Tensor | None = None
    write: Tensor | None = None
    capacity: int | None = None
    length: int | None = None


class Notes:
    """Meanings of tensors by identity; each is kept alive, so that no other takes its place. One that was written to has none."""

    def __init__(self) -> None:
        self._meanings: dict[int, tuple[Tensor, int, object]] = {}
        self.attended = 0  # times that attention over a cache has become one op
        self.windowed = 0  # those of them that see a window

    def note(self, tensor: Tensor, meaning: object) -> Tensor:
        self._meanings[id(tensor)] = (tensor, tensor._version, meaning)
        return tensor

    def meaning(self, tensor: Tensor | None) -> object | None:
        kept, version, meaning = self._meanings.get(id(tensor), (None, 0, None))
        return meaning if kept is not None and kept._version == version else None


_current: contextvars.ContextVar[Trace] = contextvars.ContextVar("garam_trace", default=Trace())


_notes: contextvars.ContextVar[Notes] = contextvars.ContextVar("garam_notes")


def current() -> Trace:
    return _current.get()


def notes() -> Notes:
    """Those of the innermost `taking_notes`."""
    return _notes.get()


@contextlib.contextmanager
def taking_notes() -> Iterator[None]:
    token = _notes.set(Notes())
    try:
        yield
    finally:
        _notes.reset(token)


@contextlib.contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)
