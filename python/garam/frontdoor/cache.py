"""A key-value cache of fixed capacity that torch.export lifts as buffers, and the step of a decoder that uses it."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache

from garam.errors import input_error
from garam.frontdoor import context


class KVLayer(CacheLayerMixin, torch.nn.Module):
    """Buffers keys and values [B, heads, capacity, dim] without values; both a cache layer of Transformers and a module, so that
    export records the buffers' new values."""

    is_compileable, is_sliding = True, False

    def __init__(self, batch: int, heads: int, capacity: int, key_dim: int, value_dim: int, dtype: torch.dtype) -> None:
        torch.nn.Module.__init__(self)
        self.is_initialized, self.capacity = True, capacity
        self.added: int = 0  # tokens that this step has written
        self.register_buffer("keys", torch.empty(batch, heads, capacity, key_dim, dtype=dtype, device="meta"), persistent=False)
        self.register_buffer("values", torch.empty(batch, heads, capacity, value_dim, dtype=dtype, device="meta"), persistent=False)

    def lazy_initialization(self, *_: object) -> None:
        """The buffers exist from the start."""

    def update(self, key: Tensor, value: Tensor, *_: object, **__: object) -> tuple[Tensor, Tensor]:
        """Writes the step's keys and values. A prefill attends to its own; a decode step to the whole cache."""
        pos = context.current().pos
        self.keys.copy_(torch.ops.garam.kv_update(self.keys, key, context.current().write))
        self.values.copy_(torch.ops.garam.kv_update(self.values, value, context.current().write))
        self.added = key.shape[2]
        return (key, value) if pos is None else (self.keys, self.values)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return (query_length if context.current().pos is None else self.capacity), 0

    def get_seq_length(self) -> int | Tensor:
        """Tokens that the cache holds: before a decode step a tensor of rank 0, so that no position becomes a constant."""
        pos = context.current().pos
        return self.added if pos is None else pos + self.added if self.added else pos

    def get_max_length(self) -> int:
        return self.capacity


class DecoderStep(torch.nn.Module):
    """One step of a causal language model: logits [B, V] of the last position and the greedy choice [B, 1]."""

    def __init__(self, model: torch.nn.Module, layers: list[KVLayer]) -> None:
        super().__init__()
        self.model, self.kv = model, torch.nn.ModuleList(layers)

    def _step(self, input_ids: Tensor, trace: context.Trace) -> dict[str, Tensor]:
        for layer in self.kv:
            layer.added = 0
        with context.tracing(trace):  # positions are the model's affair: families count from different numbers
            logits = self.model(input_ids=input_ids, past_key_values=Cache(layers=list(self.kv)), use_cache=True,
                                logits_to_keep=1).logits[:, -1]
        if trace.pos is not None:
            self._check_attention()
        return {"logits": logits, "next_token": logits.argmax(-1, keepdim=True)}

    def _check_attention(self) -> None:
        """Attention of a model's own may take the number of keys for the number of tokens, which a cache of fixed capacity makes wrong.
        Transformers marks the models made for such caches. Raises InputError for others."""
        written = sum(layer.added > 0 for layer in self.kv)
        if not getattr(self.model, "_can_compile_fullgraph", False) and context.notes().attended < written:
            raise input_error(type(self.model).__name__, "a decode step, whose attention is the model's own and not made for a cache of fixed size",
                              "models that Transformers marks as fit for static caches, or attention through its interface")
        # Transformers' own cache forgets what a window no longer sees, also where the model's mask has no window.
        sliding = sum(layer.is_sliding and layer.sliding_window < self.kv[0].capacity
                      for layer in DynamicCache(config=self.model.config).layers)
        if context.notes().windowed + max(0, written - context.notes().attended) < sliding:
            raise input_error(type(self.model).__name__, "a decode step over a cache that slides under a mask without a window",
                              "models whose mask has the window of their cache, or a capacity within the window")


class Prefill(DecoderStep):
    def forward(self, input_ids: Tensor, pos: Tensor) -> dict[str, Tensor]:
        """input_ids [B, S] from position 0 on; pos: rank 0, the row of the cache that takes the first key, always 0."""
        return self._step(input_ids, context.Trace(write=pos, length=input_ids.shape[1]))


class Decode(DecoderStep):
    def __init__(self, model: torch.nn.Module, layers: list[KVLayer], length: int | None = None) -> None:
        """length: tokens after the step, where it decides frequencies."""
        super().__init__(model, layers)
        self.length = length

    def forward(self, input_ids: Tensor, pos: Tensor) -> dict[str, Tensor]:
        """input_ids [B, 1]; pos: rank 0, the number of tokens that the cache holds already."""
        return self._step(input_ids, context.Trace(pos, pos, self.kv[0].capacity, self.length))
