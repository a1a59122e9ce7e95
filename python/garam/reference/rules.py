"""The bound of each graph op from those of its operands. One function per op, by the op's name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from garam.frontdoor.ir import Op
from garam.reference import bounded as B
from garam.reference.bounded import F32, FUNCTION, TINY, Bounded

Rule = Callable[..., Bounded]
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        RULES.update({f"graph.{name}": function for name in names})
        return function

    return register


def apply(op: Op, operands: list[Bounded]) -> Bounded:
    for empty in (r for r in op.results if 0 in r.shape):  # nothing to bound, and some functions of PyTorch take no empty tensors
        return Bounded(torch.empty(empty.shape, dtype=torch.float64 if empty.dtype.is_floating_point else empty.dtype))
    x = RULES[op.name](op, *operands)
    return x if x.e is None or not x.v.is_floating_point() else dataclasses.replace(B.settled(x.v, x.e), stored=x.stored)


def _floats(op: Op) -> bool:
    return op.operands[-1].dtype.is_floating_point


def _integers(function: Callable[..., Tensor], error: Callable[[Bounded, Bounded], Tensor], a: Bounded, b: Bounded) -> Bounded:
    """Integers and truth values: the machine's result is the value, unless operands came from a choice between floats."""
    v = function(a.v, b.v)
    return Bounded(v, None, True) if a.e is None and b.e is None else Bounded(v, error(a, b).expand(v.shape))


# ---- contractions ----------------------------------------------------------------------------------------------------


@rule("matmul")
def _matmul(op: Op, a: Bounded, b: Bounded) -> Bounded:
    a, b = (B.rounded(x, v.dtype) for x, v in zip((a, b), op.operands))
    return B.matmul(a, b.map(lambda t: t.transpose(-1, -2)) if op.properties["transpose_b"] else b)


@rule("embedding")
def _embedding(op: Op, table: Bounded, ids: Bounded) -> Bounded:
    rows = table.map(lambda t: t[ids.v.long()])
    if ids.e is None or not bool((ids.e > 0).any()):
        return rows
    return Bounded(rows.v, torch.where((ids.e > 0).unsqueeze(-1), torch.inf, rows.error))


@rule("kv_update")
def _kv_update(op: Op, cache: Bounded, new: Bounded, pos: Bounded) -> Bounded:
    rows = torch.arange(new.v.shape[2]) + int(pos.v)
    new = B.rounded(new, op.results[0].dtype)
    e = None if new.e is None else cache.error.index_copy(2, rows, new.e)
    return Bounded(cache.v.index_copy(2, rows, new.v), e, new.stored)


# ---- norms and softmax -----------------------------------------------------------------------------------------------


def _mean(x: Bounded) -> Bounded:
    return B.scaled(B.total(x, -1, True), 1.0 / x.v.shape[-1])


def _inverse_root(x: Bounded, eps: float) -> Bounded:
    return B.monotone(B.add(x, Bounded(torch.tensor(eps, dtype=torch.float64), torch.tensor(F32 * eps))), torch.rsqrt)


@rule("layer_norm")
def _layer_norm(op: Op, x: Bounded, w: Bounded, b: Bounded) -> Bounded:
    centred = B.add(x, _mean(x), -1.0)
    inverse = _inverse_root(_mean(B.mul(centred, centred)), op.properties["eps"])
    return B.add(B.mul(B.mul(centred, inverse), w), b)


@rule("rms_norm")
def _rms_norm(op: Op, x: Bounded, w: Bounded) -> Bounded:
    style = op.properties["style"].value
    scaled = B.mul(x, _inverse_root(_mean(B.mul(x, x)), op.properties["eps"]))
    if style == "llama":
        scaled = B.rounded(scaled, op.results[0].dtype)
    return B.mul(scaled, B.add(w, Bounded(torch.ones(()))) if style == "gemma" else w)


def softmax(score: Bounded, seen: Tensor | None = None) -> tuple[Bounded, Tensor]:
    """Probabilities over the last dimension, and the relative error of each before its division. Errors of the maximum cancel.
    Where a score that takes part is not known, none of its row is."""
    v = score.v if seen is None else torch.where(seen, score.v, -torch.inf)
    error = score.error if seen is None else torch.where(seen, score.error, 0.0)
    top = v.amax(-1, keepdim=True)
    # A scale may go into the exponent, where it is rounded with each of the two. What has no error was not scaled.
    parts = torch.where(error > 0, B.finite(v).abs() + B.finite(top).abs(), 0.0)
    delta = error + F32 * (B.finite(v - top).abs() + parts)
    relative = torch.expm1(delta) * (1 + FUNCTION) + FUNCTION
    weight = torch.exp(v - top)
    sum_ = weight.sum(-1, keepdim=True)
    relative = torch.where(weight > 0, relative, 0.0)
    of_sum = (weight * relative).sum(-1, keepdim=True) / sum_ + B.gamma(B.row_depth(v.shape[-1]))
    each = (1 + relative) * (1 + of_sum / (1 - of_sum).clamp(min=1e-300)) - 1 + B.DIVISION
    p = weight / sum_
    least = 2.0 ** -126 / sum_  # where exp leaves the normal numbers of f32
    e = p * each + torch.where(weight > 0, least, 0.0)
    e = torch.where(e < 1, e, torch.inf)  # a probability is between 0 and 1: a larger error says nothing
    unknown = error.isinf().any(-1, keepdim=True)
    return B.settled(p, torch.where(unknown, torch.inf, torch.where(p.isnan(), 0.0, e))), relative


@rule("softmax")
def _softmax(op: Op, x: Bounded) -> Bounded:
    return softmax(x)[0]


# ---- elementwise -----------------------------------------------------------------------------------------------------


def _sum_of_errors(a: Bounded, b: Bounded) -> Tensor:
    return a.error + b.error


def _error_of_product(a: Bounded, b: Bounded) -> Tensor:
    return a.v.abs() * b.error + b.v.abs() * a.error + a.error * b.error


def _larger_error(a: Bounded, b: Bounded) -> Tensor:
    return torch.maximum(*torch.broadcast_tensors(a.error, b.error))


def _binary(name: str, floats: Callable[[Bounded, Bounded], Bounded], integers: Callable[[Tensor, Tensor], Tensor],
            error: Callable[[Bounded, Bounded], Tensor]) -> None:
    @rule(name)
    def lower(op: Op, a: Bounded, b: Bounded) -> Bounded:
        return floats(a, b) if _floats(op) else _integers(integers, error, a, b)


def _larger(sign: float) -> Callable[[Bounded, Bounded], Bounded]:
    def pick(a: Bounded, b: Bounded) -> Bounded:
        v = sign * torch.maximum(sign * a.v, sign * b.v)
        return Bounded(v, None if a.e is None and b.e is None else _larger_error(a, b), a.stored and b.stored)

    return pick


_binary("add", B.add, torch.add, _sum_of_errors)
_binary("sub", lambda a, b: B.add(a, b, -1.0), torch.sub, _sum_of_errors)
_binary("mul", B.mul, torch.mul, _error_of_product)
_binary("div", B.div, torch.div, _sum_of_errors)
_binary("max", _larger(1.0), torch.maximum, _larger_error)
_binary("min", _larger(-1.0), torch.minimum, _larger_error)


@rule("compare")
def _compare(op: Op, a: Bounded, b: Bounded) -> Bounded:
    v = getattr(torch, op.properties["predicate"].value)(a.v, b.v)
    if a.e is None and b.e is None:
        return Bounded(v, None, True)
    gap = torch.where(a.v == b.v, 0.0, (a.v.double() - b.v.double()).abs())
    room = a.error + b.error
    return Bounded(v, ((gap <= room) & (room > 0) | room.isinf()).double())  # 1: either outcome


@rule("logical_and", "logical_or", "logical_not")
def _logic(op: Op, *operands: Bounded) -> Bounded:
    v = getattr(torch, op.name.removeprefix("graph."))(*(x.v for x in operands))
    unsure = [x.e for x in operands if x.e is not None]
    return Bounded(v, sum(unsure).clamp(max=1).expand(v.shape) if unsure else None, not unsure)


@rule("select")
def _select(op: Op, condition: Bounded, a: Bounded, b: Bounded) -> Bounded:
    v = torch.where(condition.v, a.v, b.v)
    if a.e is None and b.e is None and condition.e is None:
        return Bounded(v, None, a.stored and b.stored)
    e = torch.where(condition.v, a.error, b.error)
    if condition.e is not None:
        apart = torch.where(a.v == b.v, 0.0, (a.v.double() - b.v.double()).abs())
        e = torch.where(condition.e > 0, apart + a.error + b.error, e)
        # A choice between a number and what is none may give either.
        e = torch.where((condition.e > 0) & ~(apart < torch.inf), torch.inf, e)
    return Bounded(v, e)


_MONOTONE: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "exp": (torch.exp, FUNCTION), "log": (torch.log, FUNCTION), "sqrt": (torch.sqrt, FUNCTION), "rsqrt": (torch.rsqrt, FUNCTION),
    "recip": (torch.reciprocal, B.DIVISION), "tanh": (torch.tanh, FUNCTION), "sigmoid": (torch.sigmoid, FUNCTION),
    "erf": (torch.erf, FUNCTION), "floor": (torch.floor, 0.0), "round": (torch.round, 0.0), "relu": (torch.relu, 0.0),
}


@rule(*_MONOTONE)
def _monotone(op: Op, x: Bounded) -> Bounded:
    function, relative = _MONOTONE[op.name.removeprefix("graph.")]
    if x.e is None and relative == 0.0:
        return Bounded(function(x.v), None, x.stored)
    found = B.monotone(x, function, relative)
    if function is torch.reciprocal:  # monotone on either side of zero only
        found.e = torch.where((x.v.abs() <= x.error) & (x.error > 0), torch.inf, found.e)
    return found


@rule("neg", "abs")
def _sign(op: Op, x: Bounded) -> Bounded:
    return Bounded(getattr(torch, op.name.removeprefix("graph."))(x.v), x.e, x.stored)


@rule("sin", "cos")
def _wave(op: Op, x: Bounded) -> Bounded:
    function = getattr(torch, op.name.removeprefix("graph."))
    return B.lipschitz(x, function, 1.0, FUNCTION * (B.finite(function(x.v)).abs() + F32))


@rule("silu")
def _silu(op: Op, x: Bounded) -> Bounded:
    function = torch.nn.functional.silu
    v = B.finite(function(x.v)).abs()
    return B.lipschitz(x, function, 1.1, (FUNCTION + 2 * F32) * v + 4 * TINY[torch.float32] * (x.size + 1))


@rule("gelu")
def _gelu(op: Op, x: Bounded) -> Bounded:
    """x/2 · (1 + f): f has its own error and that of its argument, and 1 + f cancels for negative x, so the error is absolute."""
    approximate = op.properties["approximate"].value
    v = torch.nn.functional.gelu(x.v, approximate=approximate)
    size = x.size
    if approximate == "none":
        t = x.v / math.sqrt(2)
        f, slope = torch.erf(t), 2 / math.sqrt(math.pi) * torch.exp(-t * t)
        argument = 2 * F32 * B.finite(t).abs()
    else:
        t = math.sqrt(2 / math.pi) * (x.v + 0.044715 * x.v ** 3)
        f, slope = torch.tanh(t), 1 - torch.tanh(t) ** 2
        argument = 8 * F32 * (size + 0.044715 * size ** 3)
    f, slope = B.finite(f), torch.where(slope > 0, slope * argument, 0.0)
    own = size / 2 * (FUNCTION * f.abs() + slope + F32 * (1 + f)) + 3 * F32 * B.finite(v).abs() + TINY[torch.float32] * (size + 1)
    return B.settled(v, 1.13 * x.error + own)


@rule("cast")
def _cast(op: Op, x: Bounded) -> Bounded:
    source, target = op.operands[0].dtype, op.results[0].dtype
    if target == torch.bool:
        return Bounded(x.v != 0, None if x.e is None else ((x.v.abs() <= x.e) & (x.e > 0)).double(), x.e is None)
    if not target.is_floating_point:
        return _to_integer(x, target) if source.is_floating_point else Bounded(x.v.to(target), x.e, True)
    if x.e is None:
        return Bounded(x.v.float().to(target).double(), None, True)
    if source.is_floating_point and B.UNIT[target] <= B.UNIT[source]:
        return Bounded(x.v.double(), x.e, x.stored)
    return B.converted(Bounded(x.v.double(), x.e), target)


def _to_integer(x: Bounded, target: torch.dtype) -> Bounded:
    """Towards zero; beyond the type its last number, of NaN 0."""
    limits = torch.iinfo(target)

    def convert(t: Tensor) -> Tensor:
        v = t.nan_to_num(0.0, torch.inf, -torch.inf).trunc()
        inside = v.clamp(-2.0 ** 62, 2.0 ** 62).to(torch.int64).clamp(limits.min, limits.max)
        return torch.where(v >= limits.max, limits.max, torch.where(v <= limits.min, limits.min, inside)).to(target)

    if x.e is None:
        return Bounded(convert(x.v), None, True)
    spread = convert(x.v + x.e).double() - convert(x.v - x.e).double()
    return Bounded(convert(x.v), torch.where(x.e.isfinite(), spread.abs(), torch.inf))


# ---- positions -------------------------------------------------------------------------------------------------------


@rule("rope")
def _rope(op: Op, x: Bounded, cos: Bounded, sin: Bounded, pos: Bounded | None = None) -> Bounded:
    rows = torch.arange(x.v.shape[-2]) + (0 if pos is None else int(pos.v))
    c, s = cos.map(lambda t: t[rows]), sin.map(lambda t: t[rows])

    def partner(t: Tensor, sign: float) -> Tensor:
        if op.properties["style"].value == "half":
            low, high = t.chunk(2, -1)
            return torch.cat((sign * high, low), -1)
        return torch.stack((sign * t[..., 1::2], t[..., 0::2]), -1).flatten(-2)

    other = Bounded(partner(x.v, -1.0), None if x.e is None else partner(x.e, 1.0))
    return B.add(B.mul(x, c), B.mul(other, s))


# ---- shapes ----------------------------------------------------------------------------------------------------------


@rule("reshape", "transpose", "broadcast", "slice")
def _move(op: Op, x: Bounded) -> Bounded:
    p, shape = op.properties, op.results[0].shape
    moves: dict[str, Callable[[Tensor], Tensor]] = {
        "graph.reshape": lambda t: t.reshape(shape),
        "graph.transpose": lambda t: t.permute(p["perm"]),
        "graph.broadcast": lambda t: t.expand(shape),
        "graph.slice": lambda t: t[tuple(slice(b, e, s) for b, e, s in zip(p["begin"], p["end"], p["step"]))],
    }
    return x.map(moves[op.name])


@rule("concat")
def _concat(op: Op, *parts: Bounded) -> Bounded:
    dim = op.properties["dim"]
    exact = all(p.e is None for p in parts)
    return Bounded(torch.cat([p.v for p in parts], dim), None if exact else torch.cat([p.error for p in parts], dim),
                   all(p.stored for p in parts))


@rule("reduce")
def _reduce(op: Op, x: Bounded) -> Bounded:
    kind, dim, keep = op.properties["kind"].value, op.properties["dim"], op.properties["keepdim"]
    if kind in ("max", "min"):
        pick = torch.amax if kind == "max" else torch.amin
        return Bounded(pick(x.v, dim, keep), None if x.e is None else x.e.amax(dim, keep), x.stored)
    if not _floats(op):
        return Bounded(x.v.sum(dim, keepdim=keep).to(op.results[0].dtype), None if x.e is None else x.e.sum(dim, keepdim=keep), True)
    if kind == "mean" and not x.v.shape[dim]:  # NaN, of nothing that could be off
        return Bounded(x.v.mean(dim, keepdim=keep))
    value = B.total(x, dim, keep)
    return B.scaled(value, 1.0 / x.v.shape[dim]) if kind == "mean" else value


@rule("cumsum")
def _cumsum(op: Op, x: Bounded) -> Bounded:
    if not _floats(op):
        return Bounded(x.v.cumsum(-1).to(op.results[0].dtype), None if x.e is None else x.e.cumsum(-1), True)
    g = B.gamma(x.v.shape[-1])
    return B.settled(x.v.cumsum(-1), x.error.cumsum(-1) * (1 + g) + g * x.size.cumsum(-1))


@rule("argmax")
def _argmax(op: Op, x: Bounded) -> Bounded:
    """The error is the distance of the farthest column that may be the largest as well."""
    v = x.v.argmax(-1)
    if x.e is None:
        return Bounded(v, None, True)
    return Bounded(v, (may_be_largest(x) * (torch.arange(x.v.shape[-1]) - v.unsqueeze(-1)).abs()).amax(-1).double())


def may_be_largest(x: Bounded) -> Tensor:
    """Which elements of a row an argmax may choose: the first of the largest, and those that lack no more than the errors of both."""
    first = x.v.argmax(-1, keepdim=True)
    best, slack = x.v.gather(-1, first), x.error + x.error.gather(-1, first)
    lacking = torch.where(x.v == best, 0.0, best - x.v)
    near = (lacking <= slack) & (slack > 0) & ~best.isnan()
    return near.scatter(-1, first, True)


@rule("iota")
def _iota(op: Op) -> Bounded:
    shape, dim = op.results[0].shape, op.properties["dim"]
    line = torch.arange(shape[dim]).reshape([-1 if d == dim else 1 for d in range(len(shape))])
    return Bounded(line.expand(shape).to(torch.float64 if op.results[0].dtype.is_floating_point else torch.int64), None, True)
