"""Attention and RMSNorm written out in a module's own code, recognised from the ops that were imported so far.

Nothing is taken from names: a pattern that does not hold to the last op stays decomposed, which is correct and slower.
"""

from __future__ import annotations

import dataclasses

import torch

from garam.frontdoor.attention import additive, attention, split
from garam.frontdoor.builder import Builder
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.operands import Operand, uniform

_NOTHING = -1e4  # an additive mask at or below this leaves no weight: exp(-1e4) is 0 in f32


@dataclasses.dataclass
class _Scores:
    """scale · q·kᵀ + terms; a term of truth values says which keys are seen."""

    q: Value
    k: Value
    scale: float
    terms: list[Value]


def match_attention(b: Builder, weights: Value, v: Value) -> Value | None:
    """softmax(scale · q·kᵀ + …)·v as one op, for the product `weights`·v that is being lowered."""
    scores = _scores(b, weights.op.operands[0]) if _is(weights, "softmax") else None
    if scores is None or len(scores.q.shape) not in (3, 4) or len(v.shape) != len(scores.q.shape):
        return None
    q, k, value = (b.reshape(x, (1,) * (4 - len(x.shape)) + x.shape, piece)
                   for x, piece in ((scores.q, "q"), (scores.k, "k"), (v, "v")))
    if q.shape[:2] != k.shape[:2] or q.shape[:2] != value.shape[:2] or not (q.dtype == k.dtype == v.dtype == weights.dtype):
        return None
    mask, bias = None, None
    for term in scores.terms:
        truth = term if term.dtype == torch.bool else _truth_of(term)
        if truth is not None and mask is None:
            mask, term = split(b, truth, q, k)
            if term is None:
                continue
        elif len(term.shape) > 4 or len(scores.q.shape) == 3 and len(term.shape) == 3 and term.shape[0] not in (1, q.shape[1]):
            return None
        term = additive(b, term, q, k)
        both = None if bias is None else torch.broadcast_shapes(bias.shape, term.shape)
        bias = term if bias is None else b.op("add", [bias, term], both, term.dtype, "bias")
    output = attention(b, q, k, value, scale=scores.scale, mask=mask, bias=bias, shape=q.shape[:-1] + value.shape[-1:],
                       piece=None if len(b.shape) == 4 else "attention")
    return b.reshape(output, b.shape, None)


def _scores(b: Builder, x: Value) -> _Scores | None:
    scale, terms = 1.0, []
    while True:
        x = _bare(x)
        if _is(x, "matmul"):
            break
        if _is(x, "select") and scale == 1.0 and (kept := _masked(b, x)) is not None:
            terms.append(kept)
            x = x.op.operands[2]
            continue
        if not _is(x, "add", "mul", "div"):
            return None
        left, right = x.op.operands
        if x.op.name == "graph.add":
            if _leads_to_product(left):
                x, term = left, right
            elif _leads_to_product(right):
                x, term = right, left
            else:
                return None
            if scale != 1.0:
                return None
            terms.append(term)
            continue
        number = uniform(right) if isinstance(right, Constant) else None
        if number is None:
            return None
        scale = scale * number if x.op.name == "graph.mul" else scale / number
        x = left
    a, k = x.op.operands
    if not x.op.properties["transpose_b"] or a.shape[:-2] != k.shape[:-2]:
        return None
    a, inner = _unscaled(a)
    k, outer = _unscaled(k)
    return _Scores(a, k, scale * inner * outer, terms)


def _masked(b: Builder, x: Value) -> Value | None:
    """What select(hidden, very low, scores) leaves seen."""
    hidden, low, scores = x.op.operands
    number = uniform(low) if isinstance(low, Constant) else None
    if number is None or number > _NOTHING or not _leads_to_product(scores):
        return None
    if _is(hidden, "broadcast"):
        hidden = hidden.op.operands[0]
    if _is(hidden, "compare") and hidden.op.properties["predicate"].value == "eq":
        tested, zero = hidden.op.operands
        if isinstance(zero, Constant) and uniform(zero) == 0 and tested.shape == hidden.shape:
            return b.cast(tested, torch.bool, "seen")
    return b.op("logical_not", [hidden], hidden.shape, torch.bool, "seen")


def _unscaled(x: Value) -> tuple[Value, float]:
    """x without a factor that is one number (models scale q before the product)."""
    factor, inner = 1.0, _bare(x)
    while _is(inner, "mul", "div") and isinstance(inner.op.operands[1], Constant) and (n := uniform(inner.op.operands[1])) is not None:
        factor = factor * n if inner.op.name == "graph.mul" else factor / n
        inner = _bare(inner.op.operands[0])
    return (inner, factor) if inner.dtype == x.dtype and factor != 1.0 else (x, 1.0)


def _bare(x: Value) -> Value:
    """x before repetitions and conversions between floats, which one fused op need not make."""
    while _is(x, "broadcast", "cast") and x.op.operands[0].dtype.is_floating_point:
        x = x.op.operands[0]
    return x


def _leads_to_product(x: Value) -> bool:
    while _is(x, "broadcast", "cast", "add", "mul", "div", "select"):
        x = x.op.operands[2 if x.op.name == "graph.select" else 0]
    return _is(x, "matmul")


def _truth_of(term: Value) -> Value | None:
    """The condition of an additive mask: select(condition, 0, very low)."""
    while _is(term, "broadcast"):
        term = term.op.operands[0]
    if not _is(term, "select"):
        return None
    condition, yes, no = term.op.operands
    values = [uniform(x) if isinstance(x, Constant) else None for x in (yes, no)]
    if values[0] == 0 and values[1] is not None and values[1] <= _NOTHING:
        return condition
    if values[1] == 0 and values[0] is not None and values[0] <= _NOTHING and _is(condition, "logical_not"):
        return condition.op.operands[0]
    return None


def match_rms_norm(b: Builder, x: Operand, y: Operand) -> Value | None:
    """weight · (x · rsqrt(mean(x²) + eps)), the product that is being lowered; a rounding of the inner factor makes it `llama`."""
    if not isinstance(x, Value) or not isinstance(y, Value):
        return None
    for scaled, weight in ((x, y), (y, x)):
        weight = _bare(weight)
        if len(weight.shape) != 1:
            continue
        inner, style = scaled, "plain"
        if _is(inner, "cast") and inner.op.operands[0].dtype == torch.float32:
            inner, style = inner.op.operands[0], "llama"
        found = _normalised(inner)
        if found is None:
            continue
        source, eps = found
        if _is(source, "cast") and source.dtype == torch.float32:
            source = source.op.operands[0]
        if source.dtype == weight.dtype == b.dtype and source.shape == b.shape and weight.shape[0] == source.shape[-1]:
            return b.op("rms_norm", [source, weight], b.shape, b.dtype, eps=eps, style=Enum("norm_style", style))
    return None


def _normalised(x: Value) -> tuple[Value, float] | None:
    """(source, eps) of source · rsqrt(mean(source²) + eps)."""
    if not _is(x, "mul"):
        return None
    for source, factor in (x.op.operands, x.op.operands[::-1]):
        if not _is(factor, "rsqrt") or not _is(factor.op.operands[0], "add"):
            continue
        mean, eps = factor.op.operands[0].op.operands
        square = mean.op.operands[0] if _is(mean, "reduce") else None
        last = square is not None and mean.op.properties["kind"].value == "mean" and (
            mean.op.properties["dim"] == len(square.shape) - 1)
        if last and isinstance(eps, Constant) and uniform(eps) is not None and _is(square, "mul") and all(
                operand is source for operand in square.op.operands):
            return source, float(uniform(eps))
    return None


def _is(x: Value, *names: str) -> bool:
    return isinstance(x, Value) and x.op is not None and x.op.name.removeprefix("graph.") in names
