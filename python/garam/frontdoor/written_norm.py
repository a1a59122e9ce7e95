"""RMSNorm written out in a module's own code, recognised from the ops that were imported so far."""

from __future__ import annotations

import torch

from garam.frontdoor.builder import Builder
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.operands import Operand, uniform
from garam.frontdoor.written import is_op, same_numbers


def match_rms_norm(b: Builder, x: Operand, y: Operand) -> Value | None:
    """weight · (x · rsqrt(mean(x²) + eps)), the product that is being lowered; a rounding of the inner factor to the type of x makes
    it `llama`. Preconditions: a weight of the last dimension alone; x, weight and result of one type and x of the result's shape."""
    if not isinstance(x, Value) or not isinstance(y, Value):
        return None
    for scaled, weight in ((x, y), (y, x)):
        weight = _vector(weight)
        inner, style = scaled, "plain"
        if is_op(inner, "cast") and not inner.op.implied and inner.op.operands[0].dtype == torch.float32 and inner.dtype == b.dtype:
            inner, style = inner.op.operands[0], "llama"
        found = None if weight is None else _normalised(same_numbers(inner))
        if found is None:
            continue
        source, eps = found
        source = same_numbers(source)
        if source.dtype == weight.dtype == b.dtype and source.shape == b.shape and weight.shape == source.shape[-1:]:
            return b.op("rms_norm", [source, weight], b.shape, b.dtype, eps=eps, style=Enum("norm_style", style))
    return None


def _vector(x: Value) -> Value | None:
    """x as a vector along the last dimension: repeated or not, and in a wider type or not."""
    x = same_numbers(x)
    if is_op(x, "broadcast"):
        x = same_numbers(x.op.operands[0])
    return x if len(x.shape) == 1 else None


def _normalised(x: Value) -> tuple[Value, float] | None:
    """(source, eps) of source · rsqrt(mean(source²) + eps), the mean being over the last dimension, which it keeps: without it, the
    factors of a square matrix would stand along its columns."""
    if not is_op(x, "mul"):
        return None
    for source, factor in (x.op.operands, x.op.operands[::-1]):
        root = same_numbers(factor)
        if not is_op(root, "rsqrt") or root.shape != source.shape[:-1] + (1,) or source.shape != x.shape:
            continue
        total = same_numbers(root.op.operands[0])
        if not is_op(total, "add"):
            continue
        mean, eps = (same_numbers(v) for v in total.op.operands)
        if isinstance(mean, Constant):
            mean, eps = eps, mean
        if isinstance(eps, Constant) and uniform(eps) is not None and mean.shape == root.shape and _is_mean_square(mean, source):
            return source, float(uniform(eps))
    return None


def _is_mean_square(x: Value, source: Value) -> bool:
    if not is_op(x, "reduce") or x.op.properties["kind"].value != "mean" or x.op.properties["dim"] != len(source.shape) - 1:
        return False
    square = same_numbers(x.op.operands[0])
    return is_op(square, "mul") and all(same_numbers(v) is same_numbers(source) for v in square.op.operands)
