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
# The least number that rounds to infinity.
OVERFLOW = {torch.float32: 2.0 ** 128 - 2.0 ** 103, torch.float16: 65520.0, torch.bfloat16: 2.0 ** 128 - 2.0 ** 119}
_LARGEST_COUNT = 2.0 ** 24  # sums of integers up to here are exact in f32


@dataclasses.dataclass
class Bounded:
    """v: in f64 (integers and truth values in their type). e: |machine − v| is at most this; None: they are equal; infinite: the
    machine's value is not known (the bound is vacuous). Where v is NaN or infinite, the machine has the same unless e is infinite.
    stored: v is a value of the tensor's own type, so that rounding to it changes nothing."""

    v: Tensor
    e: Tensor | None = None
    stored: bool = False

    @property
    def error(self) -> Tensor:
        return torch.zeros_like(self.v, dtype=torch.float64) if self.e is None else self.e

    @property
    def size(self) -> Tensor:
        """|v|; 0 where it is not finite, so that products with errors stay numbers."""
        return finite(self.v).abs()

    def map(self, function: Callable[[Tensor], Tensor]) -> Bounded:
        """A function that only moves elements."""
        return Bounded(function(self.v), None if self.e is None else function(self.e), self.stored)


def finite(t: Tensor) -> Tensor:
    return t.nan_to_num(0.0, 0.0, 0.0) if t.is_floating_point() else t


def gamma(n: int) -> float:
    """Relative error of n roundings in f32."""
    return n * F32 / (1 - n * F32)


def row_depth(n: int) -> int:
    """Roundings that one element of a row of n passes through: 64 partial sums, folded in halves, a few pieces added up."""
    return math.ceil(n / 64) + 8


def settled(v: Tensor, e: Tensor, rounding: Tensor | float = 0.0) -> Bounded:
    """v ± e as f32 holds it, after a rounding of the error `rounding`. Beyond its range the machine has an infinity; where only a part
    of the interval is beyond, or e is no number, nothing is known. v that is not finite came from operands that were not: e is 0
    unless it is infinite."""
    size, top = v.abs(), OVERFLOW[torch.float32]
    if not v.numel() or float((size + e).max()) < top:  # NaN is not below
        return Bounded(v, e + rounding)
    e = torch.where(e.isnan(), torch.inf, e).expand(v.shape)
    known = v.isfinite()
    beyond = known & (size >= top)
    sure = torch.where(known, beyond & (size - e >= top), e.isfinite())
    return Bounded(torch.where(beyond, torch.copysign(torch.full_like(v, torch.inf), v), v),
                   torch.where(known & (size + e < top), e + rounding, torch.where(sure, 0.0, torch.inf)))


def _computed(v: Tensor, e: Tensor) -> Bounded:
    """v ± e after one rounding to f32; a result of exact operands that f32 holds is exact."""
    held = (e == 0) & (v.float().double() == v)
    return settled(v, e, torch.where(held, 0.0, F32 * (finite(v).abs() + e) + TINY[torch.float32]))


def rounded(x: Bounded, dtype: torch.dtype | None) -> Bounded:
    """x after a rounding to `dtype` that may or may not take place."""
    if dtype not in UNIT or x.stored or not x.v.is_floating_point():
        return x
    e = stored_error(x, dtype)
    if dtype == torch.float32:
        return settled(x.v, x.error, e - x.error)
    # Beyond the range of the type the operand is an infinity, or is not rounded and stays what it is.
    return Bounded(x.v, torch.where(x.v.isfinite() & (x.v.abs() + x.error >= OVERFLOW[dtype]), torch.inf, e))


def converted(x: Bounded, dtype: torch.dtype) -> Bounded:
    """x after a rounding to `dtype` that does take place: exact where x is."""
    exact, once = x.error == 0, x.v.float().to(dtype).double()
    size, top = x.v.abs(), OVERFLOW[dtype]
    v, e = torch.where(exact, once, x.v), torch.where(exact, 0.0, stored_error(x, dtype))
    beyond = x.v.isfinite() & (size + x.error >= top) & ~exact
    sure = beyond & (size - x.error >= top)
    v = torch.where(sure, torch.copysign(torch.full_like(v, torch.inf), v), v)
    return Bounded(v, torch.where(sure, 0.0, torch.where(beyond, torch.inf, e)), True)


def stored_error(x: Bounded, dtype: torch.dtype) -> Tensor:
    """The error after a rounding to `dtype`, in its range; an exact value that the type holds keeps none."""
    e = x.error
    held = (e == 0) & (x.v.to(dtype).double() == x.v)
    return torch.where(held | (~x.v.isfinite() & e.isfinite()), e, e + UNIT[dtype] * (x.size + e) + TINY[dtype])


def add(a: Bounded, b: Bounded, sign: float = 1.0) -> Bounded:
    x = _computed(a.v + sign * b.v, a.error + b.error)
    for large, small, signed in ((a, b, a.v), (b, a, sign * b.v)):
        # Less than a quarter of the last place: the sum is the larger one, exactly.
        kept = (large.error == 0) & (small.v.abs() + small.error < F32 / 4 * large.size) & (signed.float().double() == signed)
        if bool(kept.any()):
            x = Bounded(torch.where(kept, signed, x.v), torch.where(kept, 0.0, x.error))
    return x


def mul(a: Bounded, b: Bounded) -> Bounded:
    e = a.size * b.error + b.size * a.error + a.error * b.error
    return _computed(a.v * b.v, torch.where(_unsure(a, b) | _unsure(b, a), torch.inf, e))


def _unsure(a: Bounded, b: Bounded) -> Tensor:
    """Whether an infinite a times b may have either sign, or be NaN: b may or may not be zero."""
    return a.v.isinf() & (b.v.abs() <= b.error) & (b.error > 0)


def div(a: Bounded, b: Bounded) -> Bounded:
    v = a.v / b.v
    least = (b.v.abs() - b.error).clamp(min=0)  # 0: the quotient may be anything
    e = (a.error + finite(v).abs() * b.error) / least
    e = torch.where((a.error == 0) & (b.error == 0), 0.0, e)
    # Zero divided by what is not zero is zero, however it is computed.
    e = torch.where((v == 0) & (e == 0), 0.0, e + DIVISION * (finite(v).abs() + e) + TINY[torch.float32])
    return settled(v, torch.where(_unsure(a, b), torch.inf, e))


def monotone(x: Bounded, function: Callable[[Tensor], Tensor], relative: float = FUNCTION) -> Bounded:
    """A monotone function: the largest change is at an end of the interval."""
    v = function(x.v)
    e = torch.zeros_like(v)
    if x.e is not None:
        high, low = function(x.v + x.e), function(x.v - x.e)
        e = torch.maximum(_change(high, v), _change(low, v))
        e = torch.where(torch.minimum(high, low) >= OVERFLOW[torch.float32], 0.0, e)  # infinite all over the interval
        e = torch.where(x.e.isfinite() & ~e.isnan(), e, torch.inf)  # NaN: the interval leaves the function's domain
    own = 0.0 if relative == 0.0 else relative * (finite(v).abs() + e) + 4 * TINY[torch.float32]
    return settled(v, e + own)


def _change(moved: Tensor, v: Tensor) -> Tensor:
    same = (moved == v) | (moved.isnan() & v.isnan())
    return torch.where(same, 0.0, (moved - v).abs())


def lipschitz(x: Bounded, function: Callable[[Tensor], Tensor], constant: float, own: Tensor | float) -> Bounded:
    """A function whose derivative is at most `constant`, computed with the absolute error `own`."""
    return settled(function(x.v), constant * x.error + own)


def matmul(a: Bounded, b: Bounded) -> Bounded:
    """Sum over k in any order, in f32."""
    v, size = a.v @ b.v, a.size @ b.size
    e = gamma(a.v.shape[-1] + 1) * size + TINY[torch.float32] * a.v.shape[-1] * (size > 0)
    if b.e is not None:
        e = e + a.size @ b.e
    if a.e is not None:
        e = e + a.e @ (b.size + b.error)

    def sides() -> tuple[Tensor, Tensor]:
        (p, q), (r, s) = (((x.size + finite(x.v)) / 2, (x.size - finite(x.v)) / 2) for x in (a, b))
        return p @ r + q @ s, p @ s + q @ r

    e = _overflowing(v, size, e, sides)
    for x, y, product in ((a, b, torch.matmul), (b, a, lambda s, t: t @ s)):
        if x.e is not None and not bool(y.v.isfinite().all()):  # what may or may not be zero, times an infinity
            doubtful = ((x.v.abs() <= x.e) & (x.e > 0)).double()
            e = torch.where(product(doubtful, y.v.isinf().double()) > 0, torch.inf, e)
    return settled(v, e)


def _overflowing(v: Tensor, size: Tensor, e: Tensor, sides: Callable[[], tuple[Tensor, Tensor]]) -> Tensor:
    """Of a sum: partial sums may leave the range that the whole stays in, meet an infinite term, or one of the other sign. sides: the
    sums of the positive terms and of the others."""
    top = OVERFLOW[torch.float32]
    if not v.numel() or float((size + e).max()) < top:
        return e
    smaller = torch.minimum(*sides())
    sure = v.isfinite() & (smaller + e < top) & (v.abs() - e >= top)
    return torch.where((size + e < top) | sure, e, torch.inf)


def total(x: Bounded, dim: int, keepdim: bool) -> Bounded:
    """Sum over a dimension: along rows in partial sums, over rows in ascending order."""
    n = x.v.shape[dim]
    depth = row_depth(n) if dim % x.v.dim() == x.v.dim() - 1 else n
    size, v = x.size.sum(dim, keepdim=keepdim), x.v.sum(dim, keepdim=keepdim)
    errors = x.error.sum(dim, keepdim=keepdim)
    counts = (x.v == x.v.floor()).all(dim, keepdim=keepdim) & (errors == 0) & (size <= _LARGEST_COUNT)
    e = torch.where(counts, 0.0, errors * (1 + gamma(depth)) + gamma(depth) * size)

    def sides() -> tuple[Tensor, Tensor]:
        return tuple(((x.size + sign * finite(x.v)) / 2).sum(dim, keepdim=keepdim) for sign in (1, -1))

    return settled(v, _overflowing(v, size, e, sides))


def scaled(x: Bounded, factor: float) -> Bounded:
    """Times a number that f32 may round."""
    v = x.v * factor
    e = x.error * abs(factor)
    if torch.tensor(factor, dtype=torch.float32).item() == factor:
        return _computed(v, e)
    return settled(v, e, 2 * F32 * (finite(v).abs() + e) + TINY[torch.float32])
