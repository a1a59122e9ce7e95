"""What the hooks need to know about the trace in progress and cannot read from their arguments."""

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
    capacity: number of positions that a position table must cover, or None when it covers the positions of the step."""

    pos: Tensor | None = None
    write: Tensor | None = None
    capacity: int | None = None


_current: contextvars.ContextVar[Trace] = contextvars.ContextVar("garam_trace", default=Trace())


def current() -> Trace:
    return _current.get()


@contextlib.contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)
