"""What Transformers' mask functions mean in flags of attention.

A mask is read off the function that the model gave to the mask interface; where that is none of those below, or keys and queries
do not start together, its elements count.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable

from torch import Tensor
from transformers import masking_utils as hf

from garam.frontdoor import context


@dataclasses.dataclass(frozen=True)
class Visible:
    """Which keys a query sees: flags of graph.attention, and the padding mask [B,T]."""

    causal: bool = False
    window: int = 0
    padding: Tensor | None = None


def remembering(make: Callable[..., Tensor | None]) -> Callable[..., Tensor | None]:
    """A mask function of Transformers (sdpa_mask, eager_mask) whose masks [B,1,S,T] come with their meaning."""

    def mask(*, q_length: int, kv_length: int, q_offset: int | Tensor = 0, kv_offset: int = 0,
             mask_function: Callable = hf.causal_mask_function, attention_mask: Tensor | None = None, **options: object) -> Tensor | None:
        options["allow_is_causal_skip"] = False  # a skipped mask would leave causality to guesses
        made = make(q_length=q_length, kv_length=kv_length, q_offset=q_offset, kv_offset=kv_offset, mask_function=mask_function,
                    attention_mask=attention_mask, **options)
        flags = _flags(mask_function)
        if made is None or flags is None or kv_offset != 0:
            return made
        stepping = isinstance(q_offset, Tensor) and context.current().pos is not None
        together = not isinstance(q_offset, Tensor) and q_offset == 0 and q_length == kv_length
        if not (stepping or together or flags == (False, 0)):
            return made
        padding = hf.prepare_padding_mask(attention_mask, kv_length, kv_offset)
        return context.notes().note(made, Visible(*flags, None if padding is None else padding[:, :kv_length]))

    return mask


def _flags(function: Callable) -> tuple[bool, int] | None:
    """(causal, window) of a mask function; None where flags cannot say it."""
    if function is hf.causal_mask_function:
        return True, 0
    if function is hf.bidirectional_mask_function:
        return False, 0
    if not _made_by(function, hf.and_masks(hf.causal_mask_function)):
        return None
    parts = inspect.getclosurevars(function).nonlocals["mask_functions"]
    if len(parts) != 2:
        return None
    overlay, base = parts
    for causal, wanted, made in ((True, hf.causal_mask_function, hf.sliding_window_overlay),
                                 (False, hf.bidirectional_mask_function, hf.sliding_window_bidirectional_overlay)):
        if base is wanted and _made_by(overlay, made(1)):
            width = inspect.getclosurevars(overlay).nonlocals["sliding_window"]
            return (causal, width + (not causal)) if isinstance(width, int) and width > 0 else None
    return None


def _made_by(function: Callable, example: Callable) -> bool:
    """Whether a closure is of the same code as another."""
    return getattr(function, "__code__", None) is example.__code__
