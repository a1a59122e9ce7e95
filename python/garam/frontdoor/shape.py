"""Lowerings that move, cut and reduce."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from garam.frontdoor import integers
from garam.frontdoor.builder import Builder, lowers
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.moves import cut
from garam.frontdoor.operands import binary


@lowers("aten.view.default", "aten.reshape.default", "aten._unsafe_view.default", "aten.unsqueeze.default", "aten.squeeze.dim",
        "aten.squeeze.dims", "aten.squeeze.default", "aten.flatten.using_ints", "aten.unflatten.int")
def _reshape(b: Builder, x: Value, *_: object) -> Value:
    return b.reshape(x, b.shape, None)


@lowers("aten.permute.default")
def _permute(b: Builder, x: Value, dims: Sequence[int]) -> Value:
    return transpose(b, x, [d % len(x.shape) for d in dims])


@lowers("aten.transpose.int")
def _transpose(b: Builder, x: Value, first: int, second: int) -> Value:
    perm = [*range(len(x.shape))]
    if perm:
        perm[first], perm[second] = perm[second], perm[first]
    return transpose(b, x, perm)


@lowers("aten.t.default", "aten.numpy_T.default")
def _t(b: Builder, x: Value) -> Value:
    return transpose(b, x, [*range(len(x.shape))][::-1])


def transpose(b: Builder, x: Value, perm: list[int]) -> Value:
    if perm == sorted(perm):
        return x
    return b.op("transpose", [x], [x.shape[p] for p in perm], x.dtype, perm=perm)


@lowers("aten.expand.default", "aten.broadcast_to.default")
def _expand(b: Builder, x: Value, *_: object, **__: object) -> Value:
    if x.op is not None and x.op.name == "graph.broadcast":
        x = x.op.operands[0]
    return x if x.shape == b.shape else b.op("broadcast", [x], b.shape, b.dtype)


@lowers("aten.slice.Tensor")
def _slice(b: Builder, x: Value, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Value:
    begin, stop, _ = slice(start, end).indices(x.shape[dim])
    return cut(b, x, dim, begin, max(begin, stop), step)


@lowers("aten.select.int")
def _select(b: Builder, x: Value, dim: int, index: int) -> Value:
    index %= x.shape[dim]
    return b.reshape(cut(b, x, dim, index, index + 1, piece="row"), b.shape, None)


@lowers("aten.split.Tensor", "aten.split_with_sizes.default", "aten.chunk.default", "aten.split.sizes", "aten.unbind.int")
def _split(b: Builder, x: Value, *rest: object, dim: int = 0) -> list[Value]:
    target = str(b.node.target)
    dim = (rest[0] if rest else dim) if "unbind" in target else rest[1] if len(rest) > 1 else dim
    begin, parts = 0, []
    for i, meta in enumerate(b.node.meta["val"]):
        width = 1 if "unbind" in target else int(meta.shape[dim])
        part = cut(b, x, dim, begin, begin + width, piece=f"part_{i}")
        parts.append(b.reshape(part, tuple(meta.shape), f"part_{i}") if "unbind" in target else part)
        begin += width
    return parts


@lowers("aten.cat.default")
def _cat(b: Builder, parts: Sequence[Value], dim: int = 0) -> Value:
    parts = [b.cast(p, b.dtype) for p in parts if p.shape != (0,)] or [b.cast(parts[0], b.dtype)]
    return parts[0] if len(parts) == 1 else b.op("concat", parts, b.shape, b.dtype, dim=dim % len(b.shape))


@lowers("aten.stack.default")
def _stack(b: Builder, parts: Sequence[Value], dim: int = 0) -> Value:
    dim %= len(b.shape)
    single = b.shape[:dim] + (1,) + b.shape[dim + 1:]
    return b.op("concat", [b.reshape(b.cast(p, b.dtype), single) for p in parts], b.shape, b.dtype, dim=dim)


def reduce(b: Builder, kind: str, x: Value, dims: Sequence[int], keepdim: bool, piece: str | None = None) -> Value:
    """One op per dimension, the last one first; only the node's last op has its name."""
    dims = sorted((d % len(x.shape) for d in dims), reverse=True)
    for i, dim in enumerate(dims):
        shape = list(x.shape)
        shape[dim:dim + 1] = [1] if keepdim else []
        if not integers.stays_exact(x, x.shape[dim]):
            x = b.reshape(integers.halved(b, kind, x, dim), shape, piece if i + 1 == len(dims) else f"dim_{dim}")
            continue
        x = b.op("reduce", [x], shape, x.dtype, piece if i + 1 == len(dims) else f"dim_{dim}", kind=Enum("reduce_kind", kind), dim=dim, keepdim=keepdim)
    return x


def _dims(x: Value, dims: Sequence[int] | None) -> list[int]:
    """None and an empty list are all dimensions; a number without dimensions has none, whatever is named."""
    return list(dims) if dims and x.shape else [*range(len(x.shape))]


def _inside(b: Builder, x: Value, inner: torch.dtype, compute: Callable[[Value, str | None], Value]) -> Value:
    """compute(x, piece) in another type, then in the node's."""
    if inner == b.dtype:
        return compute(b.cast(x, inner), None)
    value = b.cast(compute(b.cast(x, inner), "wide"), b.dtype, None)
    value.op.implied = b.dtype.is_floating_point
    return value


def _wide(b: Builder) -> torch.dtype:
    """PyTorch sums in f32 and rounds once, where several steps here would round each time."""
    return torch.float32 if b.dtype in (torch.bfloat16, torch.float16) else b.dtype


def _reduction(kind: str, *targets: str) -> None:
    @lowers(*targets)
    def lower(b: Builder, x: Value, dims: Sequence[int] | None = None, keepdim: bool = False, *, dtype: object = None) -> Value:
        every = _dims(x, dims)
        kept = torch.int32 if b.dtype == torch.bool else _wide(b) if len(every) > 1 else b.dtype
        return _inside(b, b.cast(x, b.dtype), kept, lambda wide, piece: reduce(b, kind, wide, every, keepdim, piece))


_reduction("sum", "aten.sum.dim_IntList", "aten.sum.default")
_reduction("mean", "aten.mean.dim", "aten.mean.default")
_reduction("max", "aten.amax.default")
_reduction("min", "aten.amin.default")


def _variance(b: Builder, x: Value, dims: list[int], correction: float | None, keepdim: bool, piece: str | None) -> Value:
    """Of x in f32. Where no element is left to divide by, PyTorch gives infinity, or NaN for 0 / 0."""
    left = math.prod(x.shape[d] for d in dims) - (1 if correction is None else correction)
    centred = binary(b, "sub", x, reduce(b, "mean", x, dims, True, "mean"), "centred", x.shape, x.dtype)
    square = binary(b, "mul", centred, centred, "square", x.shape, x.dtype)
    return binary(b, "mul", reduce(b, "sum", square, dims, keepdim, "sum"), 1.0 / left if left > 0 else math.inf, piece, b.shape, x.dtype)


@lowers("aten.var.correction")
def _var(b: Builder, x: Value, dims: Sequence[int] | None = None, *, correction: float | None = None, keepdim: bool = False) -> Value:
    return _inside(b, x, torch.float32, lambda wide, piece: _variance(b, wide, _dims(x, dims), correction, keepdim, piece))


@lowers("aten.linalg_vector_norm.default")
def _vector_norm(b: Builder, x: Value, order: float = 2, dims: Sequence[int] | None = None, keepdim: bool = False, *,
                 dtype: torch.dtype | None = None) -> Value:
    if order not in (1, 2):
        raise b.unsupported(f"norm of order {order}", "orders 1 and 2")
    every = _dims(x, dims)

    def compute(wide: Value, piece: str | None) -> Value:
        if order == 1:
            return reduce(b, "sum", b.op("abs", [wide], wide.shape, wide.dtype, "abs"), every, keepdim, piece)
        square = binary(b, "mul", wide, wide, "square", wide.shape, wide.dtype)
        return b.op("sqrt", [reduce(b, "sum", square, every, keepdim, "sum")], b.shape, wide.dtype, piece)

    return _inside(b, x, torch.float32, compute)


@lowers("aten.index.Tensor")
def _index(b: Builder, x: Value, indices: Sequence[Value | None]) -> Value:
    """Indices known at compile time that take the elements in order (masks of Transformers): a reshape."""
    if any(isinstance(i, Value) and not isinstance(i, Constant) for i in indices):
        raise b.unsupported("indices that depend on the inputs", "embedding for rows of a table")
    if any(i is None or i.dtype == torch.bool for i in indices) or len(indices) != len(x.shape):
        raise b.unsupported("a list or a mask as index", "slices, and indices of all dimensions that keep the order")
    flat = 0
    for index, size in zip(torch.broadcast_tensors(*(i.data for i in indices)), x.shape):
        flat = flat * size + torch.where(index < 0, index + size, index)
    if not torch.equal(flat.flatten(), torch.arange(flat.numel())) or flat.numel() != torch.Size(x.shape).numel():
        raise b.unsupported("indices that are not the elements in order", "slices, or embedding for rows of a table")
    return b.reshape(x, b.shape, None)


@lowers("aten.cumsum.default")
def _cumsum(b: Builder, x: Value, dim: int, dtype: torch.dtype | None = None) -> Value:
    x = b.cast(x, b.dtype)
    if not x.shape:
        return x
    if dim % len(x.shape) != len(x.shape) - 1:
        raise b.unsupported(f"dimension {dim}", "the last dimension")
    return b.op("cumsum", [x], b.shape, b.dtype) if integers.stays_exact(x, x.shape[-1]) else integers.running_sum(b, x)


@lowers("aten.argmax.default")
def _argmax(b: Builder, x: Value, dim: int | None = None, keepdim: bool = False) -> Value:
    if dim is None or not x.shape:  # the number of the element in row-major order
        x = b.reshape(x, (math.prod(x.shape),), "flat")
    elif dim % len(x.shape) != len(x.shape) - 1:
        raise b.unsupported(f"dimension {dim}", "the last dimension")
    x = x if x.dtype.is_floating_point else integers.first_largest(b, x)
    chosen = b.op("argmax", [x], x.shape[:-1], torch.int64, None if x.shape[:-1] == b.shape else "argmax")
    return b.reshape(chosen, b.shape, None)


@lowers("aten.full_like.default", "aten.zeros_like.default", "aten.ones_like.default", "aten.new_zeros.default", "aten.new_ones.default",
        "aten.new_full.default", "aten.empty_like.default", "aten.new_empty.default")
def _filled(b: Builder, x: Value, *rest: object, **_: object) -> Value:
    """What nobody has written may be anything, 0 as well."""
    target = str(b.node.target)
    number = 0 if "zeros" in target or "empty" in target else 1 if "ones" in target else rest[-1]
    return b.constant(torch.full(b.shape, number, dtype=b.dtype))


@lowers("aten.pad.default")
def _pad(b: Builder, x: Value, widths: Sequence[int], mode: str = "constant", value: float | None = None) -> Value:
    if mode != "constant":
        raise b.unsupported(f"mode {mode}", "mode constant")
    return _constant_pad(b, x, widths, 0 if value is None else value)


@lowers("aten.constant_pad_nd.default")
def _constant_pad(b: Builder, x: Value, widths: Sequence[int], number: float = 0) -> Value:
    for i in range(0, len(widths), 2):
        dim = len(x.shape) - 1 - i // 2
        before, after = widths[i:i + 2]
        x = cut(b, x, dim, max(0, -before), x.shape[dim] - max(0, -after), piece=f"cut_{dim}")
        shape = list(x.shape)
        parts = [x]
        for width, at in ((before, 0), (after, 2)):
            if width > 0:
                fill = (*x.shape[:dim], width, *x.shape[dim + 1:])
                parts.insert(at, b.constant(torch.full(fill, number, dtype=x.dtype), "pad"))
                shape[dim] += width
        if len(parts) > 1:
            x = b.op("concat", parts, shape, x.dtype, None if i + 2 >= len(widths) else f"dim_{dim}", dim=dim)
    return x
