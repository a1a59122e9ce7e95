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
_ABSORBING = -1e30  # a bias in which scores vanish


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
    average = p["masked_rows"].value == "average"
    if pos is not None:  # rows of the cache that were never written may hold anything
        live = visible_keys(q.v.shape[2], k.v.shape[2], True, 0, None, position, q.v.device).any(-2).unsqueeze(-1)
        k, v = (Bounded(torch.where(live, x.v, 0.0), x.e, x.stored) for x in (k, v))
    score = B.scaled(B.matmul(q, k.map(lambda t: t.transpose(-1, -2))), p["scale"])
    if p["softcap"]:
        score = B.scaled(B.monotone(B.scaled(score, 1 / p["softcap"]), torch.tanh), p["softcap"])
    if bias is not None:
        absorbed = bias.v <= _ABSORBING  # the sum is the bias, to the bit
        total = B.add(score, bias)
        score = Bounded(torch.where(absorbed, bias.v, total.v), torch.where(absorbed, 0.0, total.error))
    value = torch.where(seen, score.v, torch.finfo(torch.float32).min if average else -torch.inf)
    score = Bounded(value, torch.where(seen, score.error, 0.0))
    top = value.amax(-1, keepdim=True)
    some = top > -torch.inf
    low = some & (top <= _ABSORBING)  # scores differ by what the machine computes exactly
    score = Bounded(torch.where(some, torch.where(low, value - top, value), 0.0), torch.where(some, score.error, 0.0))
    output = _weighted(score, score.v > -torch.inf, v, op.operands[2].dtype)
    otherwise = 0.0 if p["masked_rows"].value == "zero" else torch.nan
    return Bounded(torch.where(some, output.v, otherwise), torch.where(some, output.error, 0.0))


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
