"""Lowerings of matrix products."""

from __future__ import annotations

from garam.frontdoor.builder import Builder, lowers
from garam.frontdoor.ir import Value
from garam.frontdoor.operands import Operand, binary
from garam.frontdoor.written_attention import match_attention


def matmul(b: Builder, x: Value, y: Value, piece: str | None = None) -> Value:
    """NumPy's matmul for ranks of at least 2; a transposition of y's last two dimensions is folded into the op."""
    shape = _product_shape(x.shape, y.shape)
    y, transposed = _untransposed(y)
    if len(y.shape) > 2:
        x, y = (b.reshape(v, (1,) * (len(shape) - len(v.shape)) + v.shape, "rank") for v in (x, y))
        x, y = (v if v.shape[:-2] == shape[:-2] else b.op("broadcast", [v], shape[:-2] + v.shape[-2:], v.dtype, "batch")
                for v in (x, y))
    return _product(b, x, y, shape, piece, transposed)


def _product(b: Builder, x: Value, y: Value, shape: tuple[int, ...], piece: str | None, transposed: bool) -> Value:
    if not b.dtype.is_floating_point:
        raise b.unsupported(f"type {str(b.dtype).removeprefix('torch.')}", "f32, bf16 and f16")
    return b.op("matmul", [x, y], shape, b.dtype, piece, transpose_b=transposed)


def _product_shape(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(x), len(y))
    x, y = (1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y
    return tuple(n if m == 1 else m for m, n in zip(x[:-2], y[:-2])) + (x[-2], y[-1])


def _untransposed(y: Value) -> tuple[Value, bool]:
    if y.op is not None and y.op.name == "graph.transpose":
        perm = list(y.op.properties["perm"])
        rank = len(perm)
        if perm == [*range(rank - 2), rank - 1, rank - 2]:
            return y.op.operands[0], True
    return y, False


@lowers("aten.linear.default")
def _linear(b: Builder, x: Value, weight: Value, bias: Value | None = None) -> Value:
    rows = b.reshape(x, (1, *x.shape), "row") if len(x.shape) == 1 else x
    columns = b.reshape(weight, (1, *weight.shape), "column") if len(weight.shape) == 1 else weight
    shape = (*rows.shape[:-1], columns.shape[0])
    last = None if bias is None else "matmul"
    product = b.reshape(_product(b, rows, columns, shape, last if shape == b.shape else "product", True), b.shape, last)
    return product if bias is None else binary(b, "add", product, bias)


@lowers("aten.matmul.default", "aten.mm.default", "aten.bmm.default")
def _matmul(b: Builder, x: Value, y: Value) -> Value:
    if len(x.shape) >= 2 and len(y.shape) >= 2:
        return match_attention(b, x, y) or matmul(b, x, y)
    left = b.reshape(x, (1, *x.shape), "row") if len(x.shape) == 1 else x
    right = b.reshape(y, (*y.shape, 1), "column") if len(y.shape) == 1 else y
    return b.reshape(matmul(b, left, right, "matmul"), b.shape, None)


@lowers("aten.addmm.default", "aten.baddbmm.default")
def _addmm(b: Builder, bias: Value, x: Value, y: Value, beta: Operand = 1, alpha: Operand = 1) -> Value:
    product = matmul(b, x, y, None if beta == 0 and alpha == 1 else "matmul")
    if alpha != 1:
        product = binary(b, "mul", product, alpha, None if beta == 0 else "alpha")
    if beta == 0:  # PyTorch ignores the bias then, NaN in it too
        return product
    return binary(b, "add", product, bias if beta == 1 else binary(b, "mul", bias, beta, "beta", bias.shape))
