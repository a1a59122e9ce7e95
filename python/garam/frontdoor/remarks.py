"""What the front door did that nobody asked for: said once, in one line each, with the source that it led to."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator

from garam.errors import one_line

_said: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("garam_remarks", default=None)


def remark(where: str, what: str) -> None:
    """Outside of `collected` nobody listens."""
    said, text = _said.get(), one_line(f"{where}: {what}")
    if said is not None and text not in said:
        said.append(text)


@contextlib.contextmanager
def collected() -> Iterator[list[str]]:
    """The remarks made meanwhile; those of an inner use belong to the outer one."""
    outer = _said.get()
    if outer is not None:
        yield outer
        return
    token = _said.set([])
    try:
        yield _said.get()
    finally:
        _said.reset(token)
