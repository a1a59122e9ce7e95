"""Lowerings of rotary positions: one op where all sequences take the same rows of a table, written out where they do not."""

from __future__ import annotations

import torch

from garam.frontdoor.builder import Builder, lowers
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.moves import cut


@lowers("garam.rotary_rows.default")
def _rotary_rows(b: Builder, table: Value, positions: Value) -> Value:
    return b.op("embedding", [table, positions], b.shape, b.dtype)


@lowers("garam.rope.default")
def _rope(b: Builder, x: Value, cos: Value, sin: Value, pos: Value | None, style: str) -> Value:
    cos, sin = (_shared(b, b.cast(t, torch.float32, "table")) for t in (cos, sin))
    width = cos.shape[-1]
    turned = x if width == x.shape[-1] else cut(b, x, 3, 0, width, piece="turned")
    if len(cos.shape) == len(sin.shape) == 2:
        shape, piece = (*x.shape[:-1], width), None if turned is x else "rope"
        turned = b.op("rope", [turned, cos, sin, *([] if pos is None else [pos])], shape, b.dtype, piece, style=Enum("rope_style", style))
    else:
        turned = _written_out(b, turned, cos, sin, style, last=turned is x)
    if width == x.shape[-1]:
        return turned
    return b.op("concat", [turned, cut(b, x, 3, width, x.shape[-1], piece="passed")], b.shape, b.dtype, dim=3)


def _shared(b: Builder, rows: Value) -> Value:
    """Rows [B,S,R] that are known and the same for all sequences, as a table [S,R]."""
    if len(rows.shape) == 3 and isinstance(rows, Constant) and bool((rows.data == rows.data[:1]).all()):
        return b.constant(rows.data[0].contiguous(), "table")
    return rows


def _written_out(b: Builder, x: Value, cos: Value, sin: Value, style: str, last: bool) -> Value:
    """x · cos + partner(x) · sin in f32 with rows [1 or B,S,R] that differ, or are known at run time only."""
    cos, sin = (b.reshape(t, (1,) * (3 - len(t.shape)) + t.shape, "rows") for t in (cos, sin))
    cos, sin = (b.reshape(t, (t.shape[0], 1, *t.shape[1:]), "rows") for t in (cos, sin))
    wide = b.cast(x, torch.float32, "wide")
    products = [b.op("mul", [y, t], x.shape, torch.float32, piece)
                for y, t, piece in ((wide, cos, "straight"), (_partner(b, wide, style), sin, "across"))]
    if b.dtype == torch.float32:
        return b.op("add", products, x.shape, torch.float32, None if last else "rope")
    return b.op("cast", [b.op("add", products, x.shape, torch.float32, "sum")], x.shape, b.dtype, None if last else "rope")


def _partner(b: Builder, x: Value, style: str) -> Value:
    """Of a pair's first channel the negated second, of its second the first."""
    if style == "half":
        axis, pairs = 3, x
        middle = x.shape[-1] // 2
    else:
        axis, pairs = 4, b.reshape(x, (*x.shape[:-1], x.shape[-1] // 2, 2), "pairs")
        middle = 1
    first = cut(b, pairs, axis, 0, middle, piece="first")
    second = cut(b, pairs, axis, middle, 2 * middle, piece="second")
    negated = b.op("neg", [second], second.shape, second.dtype, "negated")
    return b.reshape(b.op("concat", [negated, first], pairs.shape, pairs.dtype, "partner", dim=axis), x.shape, "partner")
