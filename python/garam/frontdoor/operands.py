"""Operands of elementwise ops, brought to one type and shape."""

from __future__ import annotations

import torch

from garam.frontdoor import integers
from garam.frontdoor.builder import Builder
from garam.frontdoor.ir import Constant, Value

Operand = Value | float | int | bool


def operand(b: Builder, x: Operand, dtype: torch.dtype) -> Value:
    """As an operand of an op on `dtype`. Broadcasts are left to the op."""
    if isinstance(x, Constant) and (len(x.shape) == 0 or not dtype.is_floating_point and uniform(x) is not None):
        x = x.data.flatten()[0].item()
    if not isinstance(x, Value):
        return b.scalar(x, dtype) if dtype.is_floating_point or dtype == torch.bool else integers.number(b, int(x), dtype)
    if x.op is not None and x.op.name == "graph.broadcast":
        x = x.op.operands[0]
    return b.cast(x, dtype)


def uniform(x: Constant) -> float | int | bool | None:
    """The one value of all elements, or None: also where they are zeros of both signs, or NaN."""
    flat = x.data.flatten()
    return flat[0].item() if same_elements(flat) and not flat[:1].isnan().any() else None


def same_elements(x: torch.Tensor) -> bool:
    """Whether all elements have the same bits; zeros of both signs do not."""
    flat = x.flatten()
    return flat.numel() > 0 and bool((flat == flat[0]).all()) and not (
        flat.is_floating_point() and bool((flat.signbit() != flat[0].signbit()).any()))


def promoted(*operands: Operand) -> torch.dtype:
    """PyTorch's type promotion, rank-0 tensors and Python numbers counting as it says."""
    return torch.result_type(*(_example(x) for x in operands))


def _example(x: Operand) -> torch.Tensor | float | int | bool:
    return torch.empty((1,) * len(x.shape), dtype=x.dtype) if isinstance(x, Value) else x


def broadcasting(b: Builder, name: str, operands: list[Value], dtype: torch.dtype, piece: str | None = None,
                 shape: tuple[int, ...] | None = None, **properties: object) -> Value:
    """One elementwise op, brought to `shape` (of the node unless given) where its operands alone are smaller."""
    shape = b.shape if shape is None else shape
    small = tuple(torch.broadcast_shapes(*(v.shape for v in operands)))
    if small == tuple(shape):
        return b.op(name, operands, shape, dtype, piece, **properties)
    value = b.op(name, operands, small, dtype, piece or name, **properties)
    return b.op("broadcast", [value], shape, dtype, piece)


_ON_TRUTH = {"add": "logical_or", "max": "logical_or", "mul": "logical_and", "min": "logical_and"}


def binary(b: Builder, name: str, x: Operand, y: Operand, piece: str | None = None, shape: tuple[int, ...] | None = None,
           dtype: torch.dtype | None = None) -> Value:
    dtype = dtype or b.dtype
    if dtype == torch.bool:
        name = _ON_TRUTH.get(name, name)
    wide = exact_type(dtype, x, y)
    operands = [operand(b, x, wide), operand(b, y, wide)]
    if wide == dtype:
        return broadcasting(b, name, operands, dtype, piece, shape)
    value = b.cast(broadcasting(b, name, operands, wide, f"{piece}.{name}" if piece else name, shape), dtype, piece)
    value.op.implied = True
    return value


def exact_type(dtype: torch.dtype, *operands: Operand) -> torch.dtype:
    """f32 where a number beside 16-bit floats is none of their values: PyTorch does not round it."""
    numbers = [x.data.item() if isinstance(x, Constant) else x for x in operands if not isinstance(x, Value) or (
        isinstance(x, Constant) and x.shape == ())]
    inexact = dtype in (torch.bfloat16, torch.float16) and any(torch.tensor(float(n)).to(dtype).item() != n for n in numbers)
    return torch.float32 if inexact else dtype
