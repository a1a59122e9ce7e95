"""Sums, extrema, prefix sums and positions of integers. The machine reduces in f32, which holds integers up to 2^24; its elementwise ops
compute on all 64 bits. So what is not known to stay below goes in elementwise steps, each over half of what is left."""

from __future__ import annotations

import torch

from garam.frontdoor.builder import Builder
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.moves import cut

EXACT = 1 << 24  # integers up to here are numbers of f32, as are their multiples by powers of two

_STEPS = {"sum": "add", "max": "max", "min": "min"}


def stays_exact(x: Value, count: int) -> bool:
    """Whether f32 holds each sum of `count` elements of x."""
    return x.dtype.is_floating_point or count == 0 or count <= EXACT and x.op is not None and x.op.name == "graph.cast" and (
        x.op.operands[0].dtype == torch.bool)


def halved(b: Builder, kind: str, x: Value, dim: int) -> Value:
    """The reduction over a dimension, which keeps the size 1."""
    left: list[Value] = []
    while (count := x.shape[dim]) > 1:
        half = count // 2
        if count % 2:
            left.append(cut(b, x, dim, count - 1, count, piece="odd"))
        pair = [cut(b, x, dim, begin, begin + half, piece="half") for begin in (0, half)]
        x = b.op(_STEPS[kind], pair, pair[0].shape, x.dtype, "halved")
    for one in left:
        x = b.op(_STEPS[kind], [x, one], x.shape, x.dtype, "halved")
    return x


def running_sum(b: Builder, x: Value) -> Value:
    """The inclusive prefix sum over the last dimension: each step adds what stands twice as far ahead."""
    dim, count, ahead = len(x.shape) - 1, x.shape[-1], 1
    while ahead < count:
        zeros = b.constant(torch.zeros((*x.shape[:-1], ahead), dtype=x.dtype), "zeros")
        moved = b.op("concat", [zeros, cut(b, x, dim, 0, count - ahead, piece="ahead")], x.shape, x.dtype, "moved", dim=dim)
        ahead *= 2
        x = b.op("add", [x, moved], x.shape, x.dtype, None if ahead >= count else "running")
    return x


def first_largest(b: Builder, x: Value) -> Value:
    """Floats whose first largest element, along the last dimension, is where that of x is."""
    largest = halved(b, "max", x, len(x.shape) - 1)
    equal = b.op("compare", [x, largest], x.shape, torch.bool, "largest", predicate=Enum("predicate", "eq"))
    return b.cast(equal, torch.float32, "largest")


def number(b: Builder, value: int, dtype: torch.dtype) -> Value:
    """A number of rank 0. One that f32 does not hold is put together from its digits in base 2^24."""
    if int(torch.tensor(value).float()) == value:
        return b.constant(torch.tensor(value, dtype=dtype), "constant")
    base: Constant = b.scalar(EXACT, dtype)
    high = b.op("mul", [number(b, value >> 24, dtype), base], (), dtype, "digits")
    return b.op("add", [high, b.scalar(value & (EXACT - 1), dtype)], (), dtype, "digits")
