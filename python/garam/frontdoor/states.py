"""What a decoder's cache holds before a step: the keys and values of a prompt, computed in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from garam.frontdoor.cache import DecoderStep, Prefill
from garam.frontdoor.exporter import cast, traceable


def initial_states(module: torch.nn.Module, with_values: Callable[[], torch.nn.Module], dtype: torch.dtype | None, batch: int,
                   kv_length: int | None) -> dict[str, Tensor]:
    """By name, in `dtype` or with None in the cache's own. Of a decode step: the first kv_length rows come from a seeded prompt; the
    others are 0. with_values: gives `module` with the values of its weights, which the prompt needs."""
    if not isinstance(module, DecoderStep):
        return {}
    states = {f"kv.{i}.{name}": torch.zeros(buffer.shape, dtype=dtype or buffer.dtype)
              for i, layer in enumerate(module.kv) for name, buffer in layer.named_buffers()}
    if not kv_length:
        return states
    step = cast(with_values(), dtype)
    prefill = Prefill(step.model, list(step.kv))
    generator = torch.Generator().manual_seed(2)
    prompt = torch.randint(0, step.model.config.vocab_size, (batch, kv_length), generator=generator)
    with traceable(prefill):
        prefill(input_ids=prompt, pos=torch.tensor(0))
    return {name: dict(prefill.named_buffers())[name] for name in states}
