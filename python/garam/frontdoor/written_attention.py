"""Attention written out in a module's own code, recognised from the ops that were imported so far.

Nothing is taken from names: where one precondition does not hold, the ops stay as they are, which is correct and slower.
"""

from __future__ import annotations

import dataclasses
import math

import torch

from garam.frontdoor.attention import additive, attention, four_dimensional, split
from garam.frontdoor.builder import Builder
from garam.frontdoor.ir import Constant, Value
from garam.frontdoor.operands import uniform
from garam.frontdoor.written import is_op, same_numbers

# A hidden key's score may stand for "no weight" from here down: f32 scores of this size are 32 apart, so weights among them mean
# nothing. -1e4 is not low enough: scores of that size are ordinary ones of unscaled vectors.
_HIDDEN = -5e8
# Down here a finite score that is added to changes by less than its rounding.
_ABSORBS = -1e30


@dataclasses.dataclass
class _Scores:
    """scale · q·kᵀ + added, with `low` instead where one of `seen` does not hold. product: q·kᵀ."""

    product: Value
    q: Value
    k: Value
    scale: float
    added: list[Value]
    seen: list[Value]
    low: float


def match_attention(b: Builder, weights: Value, v: Value) -> Value | None:
    """softmax(scale · q·kᵀ + …)·v as one op, for the product `weights`·v that is being lowered.

    Preconditions: the softmax itself is the left factor (over the last dimension; nothing between, no cast), nothing added to the
    scores makes them larger than q·kᵀ, all of one type, ranks 3 or 4, and the same leading dimensions everywhere.
    """
    scores = _scores(b, weights.op.operands[0]) if is_op(weights, "softmax") else None
    if scores is None or scores.product.shape != weights.shape or len(weights.shape) not in (3, 4):
        return None
    if not scores.q.dtype == scores.k.dtype == weights.dtype == v.dtype == b.dtype or v.shape[:-2] != weights.shape[:-2]:
        return None
    mask = _mask(b, scores)
    rows = "nan" if scores.low == -math.inf else "average"
    q, k, value = (four_dimensional(b, x, piece) for x, piece in ((scores.q, "q"), (scores.k, "k"), (v, "v")))
    padding, bias = split(b, mask, q, k, rows)
    for term in scores.added:
        term = additive(b, same_numbers(term), q, k)
        both = None if bias is None else torch.broadcast_shapes(bias.shape, term.shape)
        bias = term if bias is None else b.op("add", [b.cast(bias, term.dtype), term], both, term.dtype, "bias")
    output = attention(b, q, k, value, scale=scores.scale, mask=padding, bias=bias, masked_rows=rows,
                       shape=q.shape[:-1] + value.shape[-1:], piece=None if len(b.shape) == 4 else "attention")
    return b.reshape(output, b.shape, None)


def _scores(b: Builder, x: Value) -> _Scores | None:
    """From the softmax inwards: keys hidden, then terms added, then numbers multiplied, then the product. In another order (a scale
    over a bias, a term over hidden keys) the fused op would compute something else."""
    scale, added, seen, low = 1.0, [], [], 0.0
    stage = "hide"
    while not is_op(x := same_numbers(x), "matmul"):
        if is_op(x, "select") and stage == "hide":
            found = _hides(b, x)
            if found is None or seen and found[1] != low:
                return None
            truth, low, x = found
            seen.append(truth)
        elif is_op(x, "add") and stage != "scale":
            stage = "add"
            left, right = x.op.operands
            x, term = (left, right) if _leads_to_product(left) else (right, left)
            added.append(term)
        elif is_op(x, "mul", "div"):
            stage = "scale"
            factored = _factor(x)
            if factored is None:
                return None
            x, factor = factored
            scale *= factor
        else:
            return None
    if seen and added and low != -math.inf and not (low == torch.finfo(torch.float32).min and x.dtype == torch.float32):
        return None  # a hidden key could still weigh more than one with a very low term
    q, k = x.op.operands
    if not x.op.properties["transpose_b"] or q.shape[:-2] != k.shape[:-2]:
        return None
    (q, of_q), (k, of_k) = _unscaled(q), _unscaled(k)
    return _Scores(x, q, k, scale * of_q * of_k, added, seen, low)


def _hides(b: Builder, x: Value) -> tuple[Value, float, Value] | None:
    """(what is seen, the number elsewhere, the scores) of a select between scores and one number that is low enough."""
    condition, yes, no = x.op.operands
    scores, other = (yes, no) if _leads_to_product(yes) else (no, yes)
    while is_op(condition, "broadcast"):
        condition = condition.op.operands[0]
    low = uniform(other) if isinstance(other, Constant) else None
    if low is None or low > _HIDDEN and low != torch.finfo(x.dtype).min or not _leads_to_product(scores):
        return None
    return condition if yes is scores else _inverted(b, condition), low, scores


def _inverted(b: Builder, hidden: Value) -> Value:
    """Where `hidden` does not hold. `tokens == 0` is the common form, whose inverse is the tokens themselves as truth values."""
    if is_op(hidden, "compare") and hidden.op.properties["predicate"].value == "eq":
        tested, zero = hidden.op.operands
        if isinstance(zero, Constant) and uniform(zero) == 0 and tested.shape == hidden.shape:
            return b.cast(tested, torch.bool, "seen")
    if isinstance(hidden, Constant):
        return b.constant(~hidden.data, "seen")
    return b.op("logical_not", [hidden], hidden.shape, torch.bool, "seen")


def _mask(b: Builder, scores: _Scores) -> Value | None:
    """Truth values of the keys that are seen. Also of the only added term, where it is select(condition, 0, low) and what is added to
    low vanishes in it; beside other terms it stays a number."""
    if not scores.seen and len(scores.added) == 1 and (found := _truth_of(scores.added[0])) is not None:
        scores.seen, scores.added, scores.low = [found[0]], [], found[1]
    mask = None
    for truth in scores.seen:
        both = truth.shape if mask is None else torch.broadcast_shapes(mask.shape, truth.shape)
        if isinstance(mask, Constant) and isinstance(truth, Constant):
            mask = b.constant(mask.data & truth.data, "seen")
        else:
            mask = truth if mask is None else b.op("logical_and", [mask, truth], both, torch.bool, "seen")
    return mask


def _truth_of(term: Value) -> tuple[Value, float] | None:
    while is_op(term, "broadcast"):
        term = term.op.operands[0]
    if not is_op(term, "select"):
        return None
    condition, yes, no = term.op.operands
    zero, low = (uniform(x) if isinstance(x, Constant) else None for x in (yes, no))
    return (condition, low) if zero == 0 and low is not None and low <= _ABSORBS else None


def _factor(x: Value) -> tuple[Value, float] | None:
    """x as a value of the same shape times one finite number that is not 0."""
    left, right = x.op.operands
    if is_op(x, "mul") and isinstance(left, Constant):
        left, right = right, left
    number = uniform(right) if isinstance(right, Constant) else None
    if number is None or number == 0 or not math.isfinite(number) or left.shape != x.shape:
        return None
    return left, float(number) if is_op(x, "mul") else 1.0 / number


def _unscaled(x: Value) -> tuple[Value, float]:
    """x without numbers that multiply it (models scale q before the product)."""
    inner, factor = same_numbers(x), 1.0
    while is_op(inner, "mul", "div") and (found := _factor(inner)) is not None:
        inner, factor = same_numbers(found[0]), factor * found[1]
    return (inner, factor) if inner.dtype == x.dtype and factor != 1.0 else (x, 1.0)


def _leads_to_product(x: Value) -> bool:
    pending, seen = [x], set()
    while pending:
        x = same_numbers(pending.pop())
        if is_op(x, "matmul"):
            return True
        if id(x) not in seen and is_op(x, "select", "add", "mul", "div"):
            pending += x.op.operands[1:] if is_op(x, "select") else x.op.operands
        seen.add(id(x))
    return False
