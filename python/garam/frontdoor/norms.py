"""Lowerings of norms, softmax, embedding, rotary positions and the cache."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from garam.frontdoor.builder import Builder, lowers
from garam.frontdoor.ir import Constant, Enum, Value


def _norm(b: Builder, name: str, x: Value, shape: Sequence[int], operands: Sequence[tuple[Value | None, float, str]],
          **properties: object) -> Value:
    """Over the last dimensions, of `shape`, as one. operands: each with what stands for one that is not given, and its name."""
    count = math.prod(shape)
    rows = b.reshape(x, (*x.shape[:len(x.shape) - len(shape)], count), "rows")
    vectors = [b.constant(torch.full((count,), other, dtype=x.dtype), piece) if v is None else b.reshape(v, (count,), piece)
               for v, other, piece in operands]
    value = b.op(name, [rows, *vectors], rows.shape, x.dtype, None if rows.shape == x.shape else name, **properties)
    return b.reshape(value, x.shape, None)


@lowers("aten.layer_norm.default")
def _layer_norm(b: Builder, x: Value, shape: Sequence[int], weight: Value | None = None, bias: Value | None = None,
                eps: float = 1e-5, _: bool = True) -> Value:
    return _norm(b, "layer_norm", x, shape, [(weight, 1.0, "weight"), (bias, 0.0, "bias")], eps=float(eps))


@lowers("aten.native_layer_norm.default")
def _native_layer_norm(b: Builder, x: Value, shape: Sequence[int], weight: Value | None, bias: Value | None,
                       eps: float) -> tuple[Value, None, None]:
    """Mean and reciprocal deviation are for gradients."""
    return _layer_norm(b, x, shape, weight, bias, eps), None, None


@lowers("aten.rms_norm.default")
def _aten_rms_norm(b: Builder, x: Value, shape: Sequence[int], weight: Value | None = None, eps: float | None = None) -> Value:
    eps = torch.finfo(torch.float32).eps if eps is None else eps  # PyTorch takes that of the type it computes in
    return _norm(b, "rms_norm", x, shape, [(weight, 1.0, "weight")], eps=float(eps), style=Enum("norm_style", "plain"))


@lowers("garam.rms_norm.default")
def _rms_norm(b: Builder, x: Value, weight: Value, eps: float, style: str) -> Value:
    return b.op("rms_norm", [x, weight], b.shape, b.dtype, eps=float(eps), style=Enum("norm_style", style))


@lowers("aten.softmax.int", "aten._softmax.default")
def _softmax(b: Builder, x: Value, dim: int, dtype: torch.dtype | bool | None = None) -> Value:
    rank = len(x.shape)
    x = b.cast(x, b.dtype)
    if rank == 0:
        return b.reshape(b.op("softmax", [b.reshape(x, (1,), "row")], (1,), b.dtype, "softmax"), (), None)
    if dim % rank == rank - 1:
        return b.op("softmax", [x], b.shape, b.dtype)
    perm = [*range(rank)]
    perm[dim % rank], perm[-1] = perm[-1], perm[dim % rank]
    moved = [x.shape[p] for p in perm]
    turned = b.op("transpose", [x], moved, b.dtype, "turned", perm=perm)
    return b.op("transpose", [b.op("softmax", [turned], moved, b.dtype, "softmax")], b.shape, b.dtype, perm=perm)


@lowers("aten.embedding.default")
def _embedding(b: Builder, table: Value, ids: Value, *_: object) -> Value:
    """A gather; where the ids are known and follow one another, a slice of the table."""
    run = _run_of_rows(ids)
    if run is None:
        return b.op("embedding", [table, ids], b.shape, b.dtype)
    first, count = run
    width = table.shape[1]
    if not 0 <= first <= table.shape[0] - count:
        raise b.unsupported(f"rows {first} to {first + count - 1} of a table of {table.shape[0]}", "rows that the table has")
    rows = b.op("slice", [table], (count, width), b.dtype, "rows", begin=[first, 0], end=[first + count, width], step=[1, 1])
    rank = len(b.shape)
    small = (1,) * (rank - 2) + (count, width)
    if small == b.shape:
        return b.reshape(rows, small, None)
    return b.op("broadcast", [b.reshape(rows, small)], b.shape, b.dtype)


def _run_of_rows(ids: Value) -> tuple[int, int] | None:
    """(first, count) when the ids along the last dimension are first, first + 1, … in each row, or all the same (count 1)."""
    if not isinstance(ids, Constant) or ids.data.dim() == 0 or ids.data.numel() == 0:
        return None
    rows = ids.data.reshape(-1, ids.data.shape[-1])
    if not bool((rows == rows[:1]).all()):
        return None
    row, first = rows[0], int(rows[0, 0])
    if bool((row == first).all()):
        return first, 1
    return (first, len(row)) if bool((row == torch.arange(first, first + len(row))).all()) else None


@lowers("garam.kv_update.default")
def _kv_update(b: Builder, cache: Value, new: Value, pos: Value) -> Value:
    return b.op("kv_update", [cache, new, pos], b.shape, b.dtype)
