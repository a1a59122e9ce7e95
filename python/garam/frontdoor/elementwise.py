"""Lowerings of elementwise ops. Operands of other types are cast to the type that PyTorch's promotion gives."""

from __future__ import annotations

import math

import torch

from garam.frontdoor.builder import Builder, lowers
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.operands import Operand, binary, broadcasting, operand, promoted, uniform
from garam.frontdoor.written_norm import match_rms_norm


def _scaled(b: Builder, y: Operand, alpha: float | int) -> Operand:
    if alpha == 1:
        return y
    return binary(b, "mul", y, alpha, "alpha", y.shape) if isinstance(y, Value) else y * alpha


@lowers("aten.add.Tensor", "aten.add.Scalar")
def _add(b: Builder, x: Operand, y: Operand, alpha: float = 1) -> Value:
    return x if _same(b, x, y, -0.0) else binary(b, "add", x, _scaled(b, y, alpha))


@lowers("aten.sub.Tensor", "aten.sub.Scalar")
def _sub(b: Builder, x: Operand, y: Operand, alpha: float = 1) -> Value:
    return x if _same(b, x, y, 0.0) else binary(b, "sub", x, _scaled(b, y, alpha))


@lowers("aten.rsub.Scalar", "aten.rsub.Tensor")
def _rsub(b: Builder, x: Operand, y: Operand, alpha: float = 1) -> Value:
    return binary(b, "sub", y, _scaled(b, x, alpha))


@lowers("aten.mul.Tensor", "aten.mul.Scalar")
def _mul(b: Builder, x: Operand, y: Operand) -> Value:
    if _same(b, x, y, 1):
        return x
    return match_rms_norm(b, x, y) or binary(b, "mul", x, y)


@lowers("aten.div.Tensor", "aten.div.Scalar")
def _div(b: Builder, x: Operand, y: Operand) -> Value:
    return binary(b, "div", x, y) if not _same(b, x, y, 1) else x


def _same(b: Builder, x: Operand, y: Operand, neutral: float) -> bool:
    """x op y is x: y is the neutral number and neither shape nor type changes. Of floats a zero has to have the sign that leaves
    both zeros as they are: -0.0 + 0.0 is 0.0."""
    if not isinstance(x, Value) or isinstance(y, Value) or y != neutral or x.shape != b.shape or x.dtype != b.dtype:
        return False
    return not x.dtype.is_floating_point or math.copysign(1.0, y) == math.copysign(1.0, neutral)


@lowers("aten.maximum.default", "aten.clamp_min.default", "aten.clamp_min.Tensor")
def _maximum(b: Builder, x: Operand, y: Operand) -> Value:
    return binary(b, "max", x, y)


@lowers("aten.minimum.default", "aten.clamp_max.default", "aten.clamp_max.Tensor")
def _minimum(b: Builder, x: Operand, y: Operand) -> Value:
    return binary(b, "min", x, y)


@lowers("aten.clamp.default", "aten.clamp.Tensor", "aten.hardtanh.default")
def _clamp(b: Builder, x: Value, low: Operand | None = None, high: Operand | None = None) -> Value:
    if low is not None:
        x = binary(b, "max", x, low, None if high is None else "low")
    return x if high is None else binary(b, "min", x, high)


@lowers("aten.pow.Tensor_Scalar", "aten.pow.Tensor_Tensor")
def _pow(b: Builder, x: Value, y: Operand) -> Value:
    if isinstance(y, Constant) and x.shape == b.shape:
        y = uniform(y)
    simple = {1: None, 0.5: "sqrt", -0.5: "rsqrt", -1: "recip"}
    if y is None or isinstance(y, Value) or y not in (*simple, 2, 3):
        raise b.unsupported(f"exponent {'of a tensor' if isinstance(y, Value) or y is None else y}", "-1, -0.5, 0.5, 1, 2 and 3")
    x = b.cast(x, b.dtype)
    if y == 2:
        return binary(b, "mul", x, x)
    if y == 3:
        return binary(b, "mul", binary(b, "mul", x, x, "square"), x)
    return x if simple[y] is None else b.op(simple[y], [x], b.shape, b.dtype)


COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


def _comparison(predicate: str) -> None:
    @lowers(f"aten.{predicate}.Tensor", f"aten.{predicate}.Scalar")
    def lower(b: Builder, x: Operand, y: Operand) -> Value:
        dtype = promoted(x, y)  # PyTorch rounds a number to this type before it compares
        if dtype == torch.bool:
            dtype = torch.int32
        operands = [operand(b, x, dtype), operand(b, y, dtype)]
        return broadcasting(b, "compare", operands, torch.bool, predicate=Enum("predicate", predicate))


for _predicate in COMPARISONS:
    _comparison(_predicate)


def _unary(name: str, *targets: str) -> None:
    @lowers(*targets)
    def lower(b: Builder, x: Value) -> Value:
        x = b.cast(x, b.dtype)
        if not b.dtype.is_floating_point and name in ("floor", "round"):
            return x
        if not b.dtype.is_floating_point and name == "relu":
            return binary(b, "max", x, 0)
        return b.op(name, [x], b.shape, b.dtype)


for _name in ("neg", "abs", "exp", "log", "sqrt", "rsqrt", "tanh", "sigmoid", "erf", "sin", "cos", "floor", "round", "relu", "silu"):
    _unary(_name, f"aten.{_name}.default")
_unary("recip", "aten.reciprocal.default")


@lowers("aten.gelu.default")
def _gelu(b: Builder, x: Value, approximate: str = "none") -> Value:
    return b.op("gelu", [x], b.shape, b.dtype, approximate=Enum("gelu_approximation", approximate))


@lowers("aten.bitwise_and.Tensor", "aten.logical_and.default", "aten.__and__.Tensor")
def _and(b: Builder, x: Value, y: Operand) -> Value:
    for one, other in ((x, y), (y, x)):
        if isinstance(one, Constant) and uniform(one) is True and isinstance(other, Value) and other.dtype == torch.bool:
            other = other.op.operands[0] if other.op is not None and other.op.name == "graph.broadcast" else other
            return other if other.shape == b.shape else b.op("broadcast", [other], b.shape, torch.bool)
    return binary(b, "logical_and", _truth(b, x), _truth(b, y), dtype=torch.bool)


@lowers("aten.bitwise_or.Tensor", "aten.logical_or.default", "aten.__or__.Tensor")
def _or(b: Builder, x: Value, y: Operand) -> Value:
    return binary(b, "logical_or", _truth(b, x), _truth(b, y), dtype=torch.bool)


@lowers("aten.bitwise_not.default", "aten.logical_not.default")
def _not(b: Builder, x: Value) -> Value:
    return b.op("logical_not", [_truth(b, x)], b.shape, torch.bool)


def _truth(b: Builder, x: Operand) -> Operand:
    if "bitwise" in str(b.node.target) or "__" in str(b.node.target):
        if b.dtype != torch.bool:
            raise b.unsupported("bits of integers", "truth values")
    return b.cast(x, torch.bool) if isinstance(x, Value) else x


@lowers("aten.where.self", "aten.where.ScalarSelf", "aten.where.ScalarOther", "aten.where.Scalar")
def _where(b: Builder, condition: Value, x: Operand, y: Operand) -> Value:
    condition = b.cast(condition, torch.bool)
    return broadcasting(b, "select", [condition, operand(b, x, b.dtype), operand(b, y, b.dtype)], b.dtype)


@lowers("aten.masked_fill.Scalar", "aten.masked_fill.Tensor")
def _masked_fill(b: Builder, x: Value, mask: Value, value: Operand) -> Value:
    return _where(b, mask, value, x)


@lowers("aten._to_copy.default", "aten.type_as.default", "aten.to.dtype")
def _to_copy(b: Builder, x: Value, *_: object, **__: object) -> Value:
    if x.dtype == torch.float32 and b.dtype in (torch.bfloat16, torch.float16) and x.op is not None and x.op.name == "graph.mul":
        fused = match_rms_norm(b, *x.op.operands)
        if fused is not None:
            return fused
    return b.cast(x, b.dtype, None)


@lowers("aten.clone.default", "aten.alias.default", "aten.contiguous.default", "aten.detach.default", "aten.lift_fresh_copy.default")
def _identity(b: Builder, x: Value, *_: object, **__: object) -> Value:
    return x


@lowers("aten.dropout.default", "aten.native_dropout.default")
def _dropout(b: Builder, x: Value, p: float, train: bool | None) -> Value | tuple[Value, Value]:
    if train is not False:
        raise b.unsupported("dropout in training", "evaluation mode")
    return (x, b.constant(torch.ones(x.shape, dtype=torch.bool))) if "native" in str(b.node.target) else x
