"""The bound of attention: scores, softmax, and the product with values, whose left operand is rounded to the compute type."""

from __future__ import annotations

import math

import torch

from garam.frontdoor.ir import Op
from garam.frontdoor.ops import visible_keys
from garam.reference import bounded as B
from garam.reference.bounded import F32, FUNCTION, Bounded
from garam.reference.rules import rule

_TILE = 16  # fewest keys between two corrections of the running maximum


@rule("attention")
def attention(op: Op, *operands: Bounded) -> Bounded:
    given = iter(operands)
    q, k, v, mask, bias, pos = (next(given) if present else None for present in op.properties["operandSegmentSizes"])
    q, k, v = (B.rounded(x, value.dtype) for x, value in zip((q, k, v), op.operands))
    p = op.properties
    groups = q.v.shape[1] // k.v.shape[1]
    k, v = (x.map(lambda t: t.repeat_interleave(groups, 1)) for x in (k, v))
    position = None if pos is None else pos.v
    seen = visible_keys(q.v.shape[2], k.v.shape[2], p["causal"], p["window"], None if mask is None else mask.v,
                        position, q.v.device)
    some = seen.any(-1, keepdim=True)
    seen = seen | ~some  # a row that sees nothing is the average of all
    live = seen.any(-2).unsqueeze(-1)  # rows of a cache that nobody sees may hold anything
    k, v = (Bounded(torch.where(live, x.v, 0.0), x.e, x.stored) for x in (k, v))
    score = B.scaled(B.matmul(q, k.map(lambda t: t.transpose(-1, -2))), p["scale"])
    if p["softcap"]:
        score = B.scaled(B.monotone(B.scaled(score, 1 / p["softcap"]), torch.tanh), p["softcap"])
    if bias is not None:
        score = B.add(score, bias)
    score = Bounded(torch.where(some, score.v, 0.0), torch.where(some, score.error, 0.0))
    output = _weighted(score, seen, v, op.operands[2].dtype)
    return Bounded(output.v, torch.where(some, output.error, v.v.abs().amax(-2, keepdim=True) * 2))


def _weighted(score: Bounded, seen: torch.Tensor, v: Bounded, dtype: torch.dtype) -> Bounded:
    from garam.reference.rules import softmax

    probability, _ = softmax(score, seen)
    keys = score.v.shape[-1]
    # Each correction multiplies by an exponential; the probabilities may be rounded to the type before the product, divided or not.
    running = math.ceil(keys / _TILE) * (FUNCTION + 2 * F32)
    operand = B.UNIT[dtype] if dtype != torch.float32 else 0.0
    relative = (1 + running) * (1 + operand) * (1 + B.gamma(2 * keys)) - 1
    value = probability.v @ v.v
    size = v.v.abs()
    error = probability.v @ (size * relative) + probability.error @ (size * (1 + relative))
    if v.e is not None:
        error = error + (probability.v + probability.error) @ v.e * (1 + relative)
    if operand:
        error = error + B.TINY[dtype] * size.sum(-2, keepdim=True)
    return Bounded(value, error + B.DIVISION * (value.abs() + error))
