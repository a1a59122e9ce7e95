"""A small LlamaForCausalLM with seeded random weights: RMSNorm, rotary positions, grouped queries, gated feed-forward."""

from __future__ import annotations

import dataclasses

from transformers import LlamaConfig

from garam.frontdoor.huggingface import causal
from garam.frontdoor.model import Model, Options, check_layers

NAME = "llama-tiny"
SUMMARY = "LlamaForCausalLM, 4 layers, random; input_ids -> logits, next_token; prefill and decode with a cache of 256"
SEED = 0


def config(layers: int | None = None) -> LlamaConfig:
    return LlamaConfig(hidden_size=256, intermediate_size=688, num_hidden_layers=check_layers(NAME, layers, 4),
                       num_attention_heads=8, num_key_value_heads=4, vocab_size=512, max_position_embeddings=256,
                       architectures=["LlamaForCausalLM"], bos_token_id=1, eos_token_id=2)


def build(options: Options) -> Model:
    if options.random_weights is None:
        options = dataclasses.replace(options, random_weights=SEED)
    return causal(NAME, None, config(options.layers), "LlamaForCausalLM", options)
