"""Rotary embeddings with two sets of frequencies, of which the length of a run decides (longrope): Transformers asks at each
step how far the positions go; a program has the set of its run."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator

import torch
from transformers import PretrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

_KIND = "longrope"


def lengths(module: torch.nn.Module) -> tuple[int | None, ...]:
    """Of a rotary module: a length for each set of frequencies; (None,) where it has one."""
    limit = switch(getattr(module, "config", None))
    return (None,) if limit is None else (1, limit + 1)


def switch(config: PretrainedConfig | None) -> int | None:
    """Tokens up to which a run has the short set; None where there are not two."""
    parameters = getattr(config, "rope_parameters", None) or {}
    each = [p for p in (parameters, *parameters.values()) if isinstance(p, dict) and p.get("rope_type") == _KIND]
    return min((p["original_max_position_embeddings"] for p in each), default=None)


def reach(config: PretrainedConfig, length: int, capacity: int) -> tuple[int, int]:
    """The least and greatest position of a step that a program of a run of `length` tokens serves, in a cache of
    `capacity`."""
    limit = switch(config)
    if limit is None:
        return 0, capacity - 1
    return (0, min(limit, capacity) - 1) if length <= limit else (limit, capacity - 1)


@contextlib.contextmanager
def of_length(module: torch.nn.Module, forward: Callable, length: int | None,
              layer_type: str | None = None) -> Iterator[Callable]:
    """Gives `forward` of a rotary module; where the length decides its frequencies, without asking, with those of this
    length in place."""
    kind = getattr(module, "rope_type", None)
    if isinstance(kind, dict):
        kind = kind.get(layer_type)
    if length is None or kind != _KIND:
        yield forward
        return
    name = "inv_freq" if layer_type is None else f"{layer_type}_inv_freq"
    named = {} if layer_type is None else {"layer_type": layer_type}
    before = module._buffers[name]
    module._buffers[name], _ = ROPE_INIT_FUNCTIONS[kind](module.config, torch.device("cpu"), seq_len=length, **named)
    try:
        yield inspect.unwrap(forward)
    finally:
        module._buffers[name] = before
