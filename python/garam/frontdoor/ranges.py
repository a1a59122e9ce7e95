"""Inputs that index a table say what they may hold, so that a wrong index is refused before a run."""

from __future__ import annotations

from collections.abc import Iterable

from garam.frontdoor.ir import Argument, Op, Value

#: Ops whose result holds all elements of their operands, unchanged, and nothing else. A slice drops some, which may hold anything.
_SAME_ELEMENTS = ("graph.reshape", "graph.transpose", "graph.broadcast", "graph.concat")


def bound_indices(ops: Iterable[Op]) -> None:
    """Gives an input whose elements, all of them and as they are, are indices the range of the smallest table that they index. What
    is computed on the way to a table is the machine's to check."""
    for op in ops:
        if op.name == "graph.embedding":
            table, ids = op.operands
            _bound(ids, max(table.shape[0] - 1, 0))


def _bound(value: Value, high: int) -> None:
    if isinstance(value, Argument):
        if value.kind == "input":
            value.range = (0, high if value.range is None else min(high, value.range[1]))
    elif value.op is not None and (value.op.name in _SAME_ELEMENTS or _is_integer_cast(value.op)):
        for operand in value.op.operands:
            _bound(operand, high)


def _is_integer_cast(op: Op) -> bool:
    types = [value.dtype for value in (op.operands[0], op.results[0])] if op.name == "graph.cast" else []
    return bool(types) and not any(dtype is None or dtype.is_floating_point or dtype.itemsize == 1 for dtype in types)
