"""Values with a bound on how far the machine's f32 arithmetic may be from them. docs/numerics.md derives the rules."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor

F32 = 2.0 ** -24  # unit roundoff
FUNCTION = 4 * F32  # functions are within 2 ulp, and an ulp is at most two unit roundoffs
DIVISION = 4 * F32

UNIT = {torch.float32: F32, torch.float16: 2.0 ** -11, torch.bfloat16: 2.0 ** -8}
# Half the least positive number: the error of rounding where the relative one no longer holds.
TINY = {torch.float32: 2.0 ** -150, torch.float16: 2.0 ** -25, torch.bfloat16: 2.0 ** -134}


@dataclasses.dataclass
class Bounded:
    """v: in f64 (integers and truth values in their type). e: |machine − v| is at most this; None: they are equal.
    stored: v is a value of the tensor's own type, so that rounding to it changes nothing."""

    v: Tensor
    e: Tensor | None = None
    stored: bool = False

    @property
    def error(self) -> Tensor:
        return torch.zeros_like(self.v, dtype=torch.float64) if self.e is None else self.e

    def map(self, function: Callable[[Tensor], Tensor]) -> Bounded:
        """A function that only moves elements."""
        return Bounded(function(self.v), None if self.e is None else function(self.e), self.stored)


def gamma(n: int) -> float:
    """Relative error of n roundings in f32."""
    return n * F32 / (1 - n * F32)


def row_depth(n: int) -> int:
    """Roundings that one element of a row of n passes through: 64 partial sums, folded in halves, a few pieces added up."""
    return math.ceil(n / 64) + 8


def rounded(x: Bounded, dtype: torch.dtype | None) -> Bounded:
    """x after a rounding to `dtype` that may or may not take place."""
    if dtype not in UNIT or x.stored or not x.v.is_floating_point():
        return x
    return Bounded(x.v, x.error + UNIT[dtype] * (x.v.abs() + x.error) + TINY[dtype])


def add(a: Bounded, b: Bounded, sign: float = 1.0) -> Bounded:
    v = a.v + sign * b.v
    e = a.error + b.error
    return Bounded(v, e + F32 * (v.abs() + e))


def mul(a: Bounded, b: Bounded) -> Bounded:
    v = a.v * b.v
    e = a.v.abs() * b.error + b.v.abs() * a.error + a.error * b.error
    return Bounded(v, e + F32 * (v.abs() + e))


def div(a: Bounded, b: Bounded) -> Bounded:
    v = a.v / b.v
    least = (b.v.abs() - b.error).clamp(min=0)  # 0: the quotient may be anything
    e = (a.error + v.abs() * b.error) / least
    e = torch.where((a.error == 0) & (b.error == 0), 0.0, e)
    return Bounded(v, e + DIVISION * (v.abs() + e))


def monotone(x: Bounded, function: Callable[[Tensor], Tensor], relative: float = FUNCTION) -> Bounded:
    """A monotone function: the largest change is at an end of the interval."""
    v = function(x.v)
    e = torch.zeros_like(v) if x.e is None else torch.maximum((function(x.v + x.e) - v).abs(), (function(x.v - x.e) - v).abs())
    e = torch.where(e.isnan(), float("inf"), e)  # the interval leaves the function's domain
    return Bounded(v, e + relative * (v.abs() + e))


def lipschitz(x: Bounded, function: Callable[[Tensor], Tensor], constant: float, own: Tensor | float) -> Bounded:
    """A function whose derivative is at most `constant`, computed with the absolute error `own`."""
    return Bounded(function(x.v), constant * x.error + own)


def matmul(a: Bounded, b: Bounded) -> Bounded:
    """Sum over k in any order, in f32."""
    size = a.v.abs() @ b.v.abs()
    e = gamma(a.v.shape[-1] + 1) * size
    if b.e is not None:
        e = e + a.v.abs() @ b.e
    if a.e is not None:
        e = e + a.e @ (b.v.abs() + b.error)
    return Bounded(a.v @ b.v, e)


def total(x: Bounded, dim: int, keepdim: bool) -> Bounded:
    """Sum over a dimension: along rows in partial sums, over rows in ascending order."""
    n = x.v.shape[dim]
    depth = row_depth(n) if dim % x.v.dim() == x.v.dim() - 1 else n
    size = x.v.abs().sum(dim, keepdim=keepdim)
    return Bounded(x.v.sum(dim, keepdim=keepdim), x.error.sum(dim, keepdim=keepdim) * (1 + gamma(depth)) + gamma(depth) * size)


def scaled(x: Bounded, factor: float) -> Bounded:
    """Times a number that f32 may round."""
    v = x.v * factor
    e = x.error * abs(factor)
    return Bounded(v, e + 2 * F32 * (v.abs() + e))
