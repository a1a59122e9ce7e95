"""Ops that only move elements, for any lowering."""

from __future__ import annotations

from garam.frontdoor.builder import Builder
from garam.frontdoor.ir import Value


def cut(b: Builder, x: Value, dim: int, begin: int, end: int, step: int = 1, piece: str | None = None) -> Value:
    rank = len(x.shape)
    dim %= rank
    begins, ends, steps = [0] * rank, list(x.shape), [1] * rank
    begins[dim], ends[dim], steps[dim] = begin, end, step
    shape = list(x.shape)
    shape[dim] = len(range(begin, end, step))
    if tuple(shape) == x.shape:
        return x
    return b.op("slice", [x], shape, x.dtype, piece, begin=begins, end=ends, step=steps)
