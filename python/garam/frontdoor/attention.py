"""Lowerings of attention: the hooked op and PyTorch's scaled_dot_product_attention."""

from __future__ import annotations

import torch

from garam.frontdoor.builder import Builder, lowers
from garam.frontdoor.ir import Constant, Enum, Value
from garam.frontdoor.operands import broadcasting, uniform


def attention(b: Builder, q: Value, k: Value, v: Value, *, scale: float, causal: bool = False, window: int = 0,
              softcap: float = 0.0, mask: Value | None = None, bias: Value | None = None, pos: Value | None = None,
              masked_rows: str = "average", shape: tuple[int, ...] | None = None, piece: str | None = None) -> Value:
    optional = [mask, bias, pos]
    segments = (1, 1, 1, *(int(v is not None) for v in optional))
    operands = [q, k, v, *(v for v in optional if v is not None)]
    return b.op("attention", operands, b.shape if shape is None else shape, q.dtype, piece, scale=float(scale), causal=bool(causal),
                window=int(window), softcap=float(softcap), masked_rows=Enum("masked_rows", masked_rows), operandSegmentSizes=segments)


@lowers("garam.attention.default")
def _attention(b: Builder, q: Value, k: Value, v: Value, scale: float, causal: bool, window: int, softcap: float,
               mask: Value | None = None, bias: Value | None = None, pos: Value | None = None,
               masked_rows: str = "average") -> Value:
    return attention(b, q, k, v, scale=scale, causal=causal, window=window, softcap=softcap, mask=_padding(b, mask),
                     bias=None if bias is None else additive(b, bias, q, k), pos=pos, masked_rows=masked_rows)


def _padding(b: Builder, mask: Value | None) -> Value | None:
    """[B,T] of i1 or i64; a constant mask of ones is none."""
    if mask is None or (isinstance(mask, Constant) and uniform(mask)):
        return None
    if mask.dtype == torch.bool and mask.op is not None and mask.op.name == "graph.cast" and mask.op.operands[0].dtype == torch.int64:
        return mask.op.operands[0]
    return mask if mask.dtype == torch.int64 else b.cast(mask, torch.bool, "mask")


def additive(b: Builder, bias: Value, q: Value, k: Value) -> Value:
    """As the operand wants it: [1 or B, 1 or H, S, T], in its own type: PyTorch adds it to scores in f32."""
    if bias.op is not None and bias.op.name == "graph.broadcast":
        bias = bias.op.operands[0]
    wanted = (q.shape[2], k.shape[2])
    bias = b.reshape(bias, (1,) * (4 - len(bias.shape)) + bias.shape, "bias")
    if isinstance(bias, Constant):
        return b.constant(bias.data.expand(*bias.shape[:2], *wanted).contiguous(), "bias")
    return bias if bias.shape[2:] == wanted else b.op("broadcast", [bias], bias.shape[:2] + wanted, bias.dtype, "bias")


@lowers("aten.scaled_dot_product_attention.default")
def _sdpa(b: Builder, q: Value, k: Value, v: Value, mask: Value | None = None, dropout: float = 0.0, causal: bool = False,
          scale: float | None = None, enable_gqa: bool = False) -> Value:
    if dropout:
        raise b.unsupported(f"dropout {dropout}", "0 in evaluation mode")
    if causal and q.shape[-2] != k.shape[-2]:
        raise b.unsupported(f"is_causal with {q.shape[-2]} queries and {k.shape[-2]} keys", "as many queries as keys")
    if not q.shape[-1]:
        raise b.unsupported("queries without channels", "one channel or more")
    scale = q.shape[-1] ** -0.5 if scale is None else float(scale)
    result = b.shape
    q, k, v = (four_dimensional(b, x, piece) for x, piece in ((q, "q"), (k, "k"), (v, "v")))
    batch = max(x.shape[0] for x in (q, k, v))
    q, k, v = (x if x.shape[0] == batch else b.op("broadcast", [x], (batch, *x.shape[1:]), x.dtype, piece)
               for x, piece in ((q, "q"), (k, "k"), (v, "v")))
    padding, bias = split(b, mask, q, k, "zero")
    value = attention(b, q, k, v, scale=scale, causal=causal, mask=padding, bias=bias, masked_rows="zero",
                      shape=q.shape[:-1] + v.shape[-1:], piece=None if len(result) == 4 else "attention")
    return b.reshape(value, result, None)


def four_dimensional(b: Builder, x: Value, piece: str) -> Value:
    if len(x.shape) > 4:
        raise b.unsupported(f"operand of rank {len(x.shape)}", "ranks 2 to 4")
    return b.reshape(x, (1,) * (4 - len(x.shape)) + x.shape, piece)


def split(b: Builder, mask: Value | None, q: Value, k: Value, masked_rows: str = "average") -> tuple[Value | None, Value | None]:
    """A mask that broadcasts over heads and queries is a padding mask [B,T]; any other becomes an additive bias, whose scores where
    it hides a key are those of a masked one."""
    if mask is None or (isinstance(mask, Constant) and mask.dtype == torch.bool and uniform(mask)):
        return None, None
    source = mask.op.operands[0] if mask.op is not None and mask.op.name == "graph.broadcast" else mask
    full = b.reshape(source, (1,) * (4 - len(source.shape)) + source.shape, "mask")
    if full.dtype != torch.bool:
        return None, additive(b, full, q, k)
    if full.shape[1:3] == (1, 1):
        flat = b.reshape(full, (full.shape[0], full.shape[3]), "mask")
        wanted = (q.shape[0], k.shape[2])
        return (flat if flat.shape == wanted else b.op("broadcast", [flat], wanted, torch.bool, "mask")), None
    kind = torch.float32 if q.dtype == torch.float16 else q.dtype  # the lowest number of f16 does not swallow a score
    low = torch.finfo(kind).min if masked_rows == "average" else -torch.inf
    bias = broadcasting(b, "select", [full, b.scalar(0.0, kind), b.scalar(low, kind)], kind, "bias", full.shape)
    return None, additive(b, bias, q, k)
