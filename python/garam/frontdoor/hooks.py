"""Attention as one op while a Transformers model is traced.

Where a model's attention calls an implementation through Transformers' interface (PyTorch's function, or its own written-out one),
the call becomes torch.ops.garam.attention if all its arguments are understood, and stays what it is if not.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from garam.frontdoor import context, ops  # noqa: F401  (ops registers torch.ops.garam)
from garam.frontdoor.masks import Visible, remembering

# Arguments that change no value: what they say is in the mask, in the positions already applied, or about other results.
_SILENT = frozenset({"sliding_window", "position_ids", "cache_position", "use_cache", "deterministic", "output_hidden_states",
                     "return_dict", "encoder_hidden_states"})


@contextlib.contextmanager
def installed(model: torch.nn.Module) -> Iterator[None]:
    """The hooks in place of what Transformers has registered, undone at the end."""
    written_out = {getattr(sys.modules[type(m).__module__], "eager_attention_forward", None) for m in model.modules()} - {None}
    plain = {function for function in written_out if _is_plain(function)}  # tried out before a trace is in progress
    interface, masks = AttentionInterface.get_interface, AttentionMaskInterface._global_mapping
    before = dict(masks)

    def get_interface(self: AttentionInterface, name: str, default: Callable) -> Callable:
        chosen = interface(self, name, default)
        if chosen is sdpa_attention_forward:
            return functools.partial(_attend, chosen, True)
        return functools.partial(_attend, chosen, False) if chosen is default and default in plain else chosen

    try:
        AttentionInterface.get_interface = get_interface
        masks.update({name: remembering(before[name]) for name in ("sdpa", "eager")})
        yield
    finally:
        AttentionInterface.get_interface = interface
        masks.update(before)


def _attend(original: Callable, sdpa: bool, module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor,
            attention_mask: Tensor | None, dropout: float = 0.0, scaling: float | None = None, softcap: float | None = None,
            position_bias: Tensor | None = None, is_causal: bool | None = None, **others: object) -> tuple[Tensor, Tensor | None]:
    """Transformers' attention interface; gives [B,S,H,Dv]. sdpa: PyTorch's function, where masked rows give zeros and, without a
    mask, the module says whether it is causal."""
    given = {"dropout": dropout, "scaling": scaling, "softcap": softcap, "position_bias": position_bias, "is_causal": is_causal}
    seen = context.notes().meaning(attention_mask)
    if seen is None and attention_mask is None:
        causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
        seen = Visible(causal=sdpa and bool(causal) and query.shape[2] > 1)
    pos = _position(key)
    understood = not dropout and _plain_operands(query, key, value) and _mask_fits(attention_mask, seen, sdpa) and (
        sdpa and not softcap or not sdpa and scaling is not None and _takes(original, given)) and all(
            v is None or n in _SILENT or n == "output_attentions" and not v for n, v in others.items())
    if isinstance(seen, Visible) and seen.causal and pos is None and query.shape[2] != key.shape[2]:
        understood = False  # PyTorch aligns the first query with the first key
    if not understood:
        return original(module, query, key, value, _with_position(attention_mask, query, key, pos), **_named(original, given), **others)
    rows = "zero" if sdpa and position_bias is None else "average"
    bias = None
    if not isinstance(seen, Visible):
        bias, seen = _elements(attention_mask.expand(query.shape[0], -1, -1, -1), rows, query.dtype)
    if position_bias is not None:
        bias = position_bias if bias is None else bias + position_bias
    context.notes().attended += pos is not None
    context.notes().windowed += pos is not None and seen.window > 0
    output = torch.ops.garam.attention(query, key, value, query.shape[-1] ** -0.5 if scaling is None else float(scaling),
                                       seen.causal, seen.window, float(softcap or 0.0), seen.padding, bias, pos, rows)
    return output.transpose(1, 2).contiguous(), None


def _position(key: Tensor) -> Tensor | None:
    """Of the step's first query, where the keys are a cache's."""
    step = context.current()
    return step.pos if step.pos is not None and key.shape[2] == step.capacity else None


def _plain_operands(query: Tensor, key: Tensor, value: Tensor) -> bool:
    return all(x.dim() == 4 and x.shape[0] == query.shape[0] and x.dtype == query.dtype for x in (query, key, value)) and (
        key.shape[:3] == value.shape[:3] and query.shape[1] % key.shape[1] == 0)


def _mask_fits(mask: Tensor | None, seen: object | None, sdpa: bool) -> bool:
    """Truth values are PyTorch's function's; written-out attention adds whatever it is given."""
    return seen is not None or mask.dim() == 4 and (mask.is_floating_point() or sdpa and mask.dtype == torch.bool)


def _elements(mask: Tensor, rows: str, dtype: torch.dtype) -> tuple[Tensor | None, Visible]:
    """A mask of the model's own or the user's making: an additive term, or the same keys for all queries."""
    if mask.dtype != torch.bool:
        return mask, Visible()
    if mask.shape[1:3] == (1, 1):
        return None, Visible(padding=mask[:, 0, 0])
    low = -torch.inf if rows == "zero" else torch.finfo(dtype).min
    return torch.where(mask, torch.zeros((), dtype=dtype, device=mask.device), low), Visible()


def _with_position(mask: Tensor | None, query: Tensor, key: Tensor, pos: Tensor | None) -> Tensor | None:
    """Without a mask, the rows of a cache that no step has written yet stay unseen."""
    if pos is None or mask is not None:
        return mask
    return ops.visible_keys(query.shape[2], key.shape[2], True, 0, None, pos, query.device).expand(query.shape[0], -1, -1, -1)


def _takes(function: Callable, given: dict[str, object]) -> bool:
    """Whether a written-out attention has the arguments that change its scores."""
    accepts = inspect.signature(function).parameters
    return all(given[name] is None or name in accepts for name in ("softcap", "position_bias"))


def _named(original: Callable, given: dict[str, object]) -> dict[str, object]:
    """Arguments that the caller gave; a function's own default stands for the others."""
    return {n: v for n, v in given.items() if v is not None or n == "dropout"}


@functools.cache
def _is_plain(function: Callable) -> bool:
    """Whether a model's written-out attention is softmax(scale · q·kᵀ + mask)·v on random operands, reading nothing of its module but
    the number of queries' heads for each key's. With a cap and a position bias too, where it has such arguments."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, heads, length, 8, generator=generator) for heads, length in ((4, 3), (2, 5), (2, 5)))
    mask = torch.randn(2, 1, 3, 5, generator=generator)
    mask[0, :, 1], mask[1, :, :, 3:] = torch.finfo(torch.float32).min, torch.finfo(torch.float32).min
    bias = torch.randn(1, 4, 3, 5, generator=generator)
    module = types.SimpleNamespace(num_key_value_groups=2, training=False)
    accepts = inspect.signature(function).parameters
    for extra in ({}, {"softcap": 1.5}, {"position_bias": bias}):
        if not all(name in accepts for name in extra):
            continue
        wanted = torch.ops.garam.attention(q, k, v, 0.3, False, 0, extra.get("softcap", 0.0), None,
                                           mask + extra.get("position_bias", 0.0))
        try:
            with torch.no_grad():
                got = function(module, q, k, v, mask, scaling=0.3, dropout=0.0, **extra)[0]
        except Exception:  # whatever a function does that reads more of its module than this one has
            return False
        if got.shape != (2, 3, 4, 8) or not torch.allclose(got.transpose(1, 2), wanted, atol=1e-5):
            return False
    return True
