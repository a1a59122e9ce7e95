"""Attention and mask functions registered with Transformers under the name "garam".

They replace S × S masks by the padding mask [B, T] and flags; what flags cannot say is refused.
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface

from garam.errors import input_error
from garam.frontdoor import context, ops  # noqa: F401  (ops registers torch.ops.garam)

NAME = "garam"


def attend(module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, *,
           scaling: float | None = None, sliding_window: int | None = None, softcap: float | None = None,
           is_causal: bool | None = None, s_aux: Tensor | None = None, indices: Tensor | None = None,
           **_: object) -> tuple[Tensor, None]:
    """Transformers' attention interface; gives [B,S,H,Dv]."""
    name = type(module).__name__
    if s_aux is not None or indices is not None:
        raise input_error(name, "attention with sinks or key indices",
                         "scale, causal, sliding window, softcap, padding mask and additive bias")
    causal = is_causal if is_causal is not None else getattr(module, "is_causal", True)
    mask, bias = split_mask(name, attention_mask)
    output = torch.ops.garam.attention(query, key, value, query.shape[-1] ** -0.5 if scaling is None else float(scaling),
                                       bool(causal), sliding_window or 0, float(softcap or 0.0), mask, bias,
                                       context.current().pos)
    return output.transpose(1, 2).contiguous(), None


def split_mask(name: str, mask: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """A padding mask [B,T], or an additive bias [B,H,S,T]."""
    if mask is None or mask.dim() == 2:
        return mask, None
    if mask.dim() == 4 and mask.is_floating_point():
        return None, mask
    raise input_error(name, f"attention mask of rank {mask.dim()} and type {mask.dtype}", "[B,T], or a float [B,H,S,T]")


def padding_mask(attention_mask: Tensor | None = None, config: object = None, **_: object) -> Tensor | None:
    """Transformers' mask interface: causality and windows are flags of attention, so only the padding is left."""
    if getattr(config, "attention_chunk_size", None):
        raise input_error(type(config).__name__, "chunked attention", "full and sliding-window attention")
    return attention_mask


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, padding_mask)
