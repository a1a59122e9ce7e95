"""Operators that PyTorch has no name for: what the hooks trace, the importer reads and the reference runs.

Each computes in f32 (f64 when given f64) and rounds its result once to the type of its first operand, as the graph dialect does.
"""

from __future__ import annotations

import torch
from torch import Tensor


def _wide(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()


@torch.library.custom_op("garam::attention", mutates_args=())
def attention(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool, window: int, softcap: float,
              mask: Tensor | None = None, bias: Tensor | None = None, pos: Tensor | None = None,
              masked_rows: str = "average") -> Tensor:
    """q [B,H,S,D], k [B,Hkv,T,D], v [B,Hkv,T,Dv] -> [B,H,S,Dv]; mask [B,T], nonzero where a key may be seen. masked_rows: average,
    zero or nan, as docs/graph.md has it."""
    groups = q.shape[1] // k.shape[1]
    seen = visible_keys(q.shape[2], k.shape[2], causal, window, mask, pos, q.device)
    key, value = (_wide(t).repeat_interleave(groups, 1) for t in (k, v))
    if pos is not None:  # rows of the cache that were never written may hold anything
        live = visible_keys(q.shape[2], k.shape[2], True, 0, None, pos, q.device)
        value = torch.where(live.any(-2).unsqueeze(-1), value, value.new_zeros(()))
    score = torch.matmul(_wide(q), key.transpose(-1, -2)) * scale
    if softcap:
        score = softcap * torch.tanh(score / softcap)
    if bias is not None:
        score = score + bias
    score = torch.where(seen, score, torch.finfo(torch.float32).min if masked_rows == "average" else -torch.inf)
    probability = torch.softmax(score, -1)
    if masked_rows == "zero":
        probability = torch.where(score.amax(-1, keepdim=True) == -torch.inf, 0.0, probability)
    probability = probability.to(q.dtype)
    return torch.matmul(_wide(probability), value).to(q.dtype)


def visible_keys(queries: int, keys: int, causal: bool, window: int, mask: Tensor | None, pos: Tensor | None,
                 device: torch.device) -> Tensor:
    """Truth [1 or B, 1, S, T]: which keys each query may see."""
    key = torch.arange(keys, device=device)[None, :]
    query = torch.arange(queries, device=device)[:, None] + (keys - queries if pos is None else pos)
    seen = torch.ones(queries, keys, dtype=torch.bool, device=device)
    causal = causal or pos is not None  # a cache holds no keys of the future
    if causal:
        seen = seen & (key <= query)
    if window:
        seen = seen & (key > query - window)
    if window and not causal:
        seen = seen & (key < query + window)
    seen = seen[None, None]
    return seen if mask is None else seen & (mask != 0)[:, None, None, :]


@attention.register_fake
def _(q, k, v, scale, causal, window, softcap, mask=None, bias=None, pos=None, masked_rows="average"):
    return q.new_empty(*q.shape[:-1], v.shape[-1])


@torch.library.custom_op("garam::rms_norm", mutates_args=())
def rms_norm(x: Tensor, weight: Tensor, eps: float, style: str) -> Tensor:
    """x · rsqrt(mean(x²) + eps) · weight over the last dimension; style "gemma": · (1 + weight); "llama" rounds before the weight."""
    wide = _wide(x)
    scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    if style == "llama":
        return weight * scaled.to(x.dtype)
    return (scaled * (_wide(weight) + 1 if style == "gemma" else _wide(weight))).to(x.dtype)


@rms_norm.register_fake
def _(x, weight, eps, style):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


@torch.library.custom_op("garam::rope", mutates_args=())
def rope(x: Tensor, cos: Tensor, sin: Tensor, pos: Tensor | None, style: str) -> Tensor:
    """x [B,H,S,D]; cos, sin: tables [P,R], of which row i takes row pos + i, or the rows of each sequence [1 or B,S,R] (no pos).
    Channels from R on pass unchanged."""
    if cos.dim() == 2:
        rows = torch.arange(x.shape[2], device=x.device) + (0 if pos is None else pos)
        cos, sin = _wide(cos)[rows], _wide(sin)[rows]
    else:
        cos, sin = _wide(cos).unsqueeze(1), _wide(sin).unsqueeze(1)
    turned, passed = _wide(x[..., : cos.shape[-1]]), _wide(x[..., cos.shape[-1]:])
    if style == "half":
        low, high = turned.chunk(2, -1)
        other = torch.cat((-high, low), -1)
    else:
        other = torch.stack((-turned[..., 1::2], turned[..., 0::2]), -1).flatten(-2)
    return torch.cat((turned * cos + other * sin, passed), -1).to(x.dtype)


@rope.register_fake
def _(x, cos, sin, pos, style):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


@torch.library.custom_op("garam::rotary_rows", mutates_args=())
def rotary_rows(table: Tensor, positions: Tensor) -> Tensor:
    """Rows [B,S,R] of a table [P,R] at integer positions [B,S]."""
    return table[positions]


@rotary_rows.register_fake
def _(table, positions):
    return table.new_empty(*positions.shape, table.shape[-1])


@torch.library.custom_op("garam::kv_update", mutates_args=())
def kv_update(cache: Tensor, new: Tensor, pos: Tensor) -> Tensor:
    """The cache [B,H,P,D] with rows pos … pos + S − 1 replaced by new [B,H,S,D]."""
    rows = torch.arange(new.shape[2], device=cache.device) + pos
    return cache.index_copy(2, rows, new)


@kv_update.register_fake
def _(cache, new, pos):
    return torch.empty_like(cache)
