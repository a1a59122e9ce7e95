"""Configurations of small models of many types, and mutations of their files."""
from __future__ import annotations

import copy
import json
import random
from functools import cache
from typing import Any

from transformers import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_MAPPING_NAMES

TYPES = ("albert", "bart", "bert", "bloom", "camembert", "clip", "deberta-v2", "distilbert", "electra", "falcon", "gemma", "gemma3", "gpt2",
         "gpt_neox", "gptj", "llama", "mamba", "mistral", "mixtral", "modernbert", "mpnet", "olmo2", "opt", "phi3", "qwen2", "qwen3", "roberta",
         "t5", "vit", "whisper", "xlm-roberta")

_SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48, "vocab_size": 50,
          "max_position_embeddings": 32, "head_dim": 8, "embedding_size": 32, "pad_token_id": 1, "bos_token_id": 2, "eos_token_id": 3,
          "hidden_dim": 48, "ffn_dim": 48, "encoder_layers": 2, "decoder_layers": 2, "num_local_experts": 2, "num_layers": 2, "d_ff": 48, "d_kv": 8,
          "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "word_embed_proj_dim": 32, "rotary_dim": 4, "global_attn_every_n_layers": 2,
          "sep_token_id": 3, "cls_token_id": 2}

#: What stands in place of a value: of another type, negative, none, zero, odd, huge, nested.
VALUES: tuple[Any, ...] = (None, "text", "", -1, 0, 1, 3, 2.5, True, False, 10 ** 6, 2 ** 40, -2 ** 63, 10 ** 30, float("nan"), float("inf"), [], [1], [None],
                           [8, 8], {}, {"a": {"b": [1]}}, "\ud800", "ü\n\x1b[2J", "__class__", "../x")


@cache
def plain(model_type: str) -> str:
    """A valid configuration, as JSON."""
    kind = CONFIG_MAPPING[model_type]
    found = _settled(kind)
    names = [table[model_type] for table in (MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_MAPPING_NAMES) if model_type in table]
    architecture = names[0] if isinstance(names[0], str) else names[0][0]
    found.update(model_type=model_type, architectures=[architecture])
    return json.dumps(found, default=str)


def _settled(kind: Any) -> dict[str, Any]:
    known = set(kind().to_dict()) | set(kind.attribute_map)
    sizes = {name: value for name, value in _SIZES.items() if name in known}
    try:
        return kind(**sizes).to_dict()
    except Exception:  # a size that this type checks against another
        return kind(**{name: sizes[name] for name in ("hidden_size", "num_hidden_layers", "vocab_size") if name in sizes}).to_dict()


def mutated(model_type: str, draw: random.Random) -> tuple[str, str]:
    """The text of a config.json, and what was done to it."""
    found = json.loads(plain(model_type))
    done = [_mutate(found, draw) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    text = json.dumps(found)
    if draw.random() < 0.05:
        cut = draw.randrange(len(text))
        return text[:cut], f"{model_type}: cut at {cut}"
    return text, f"{model_type}: {'; '.join(done)}"


def _mutate(found: dict[str, Any], draw: random.Random) -> str:
    keys = [key for key in found if key not in ("transformers_version", "torch_dtype")]
    structural = [key for key in keys if any(part in key for part in ("size", "num_", "n_", "layer", "head", "dim", "max_", "type", "arch", "vocab", "config",
                                                                       "d_", "rope", "token_id", "dtype"))]
    key = draw.choice(structural or keys) if draw.random() < 0.7 else draw.choice(keys)
    if isinstance(found[key], dict) and found[key] and draw.random() < 0.6:
        return f"{key}." + _mutate(found[key], draw)
    if draw.random() < 0.25:
        del found[key]
        return f"no {key}"
    found[key] = copy.deepcopy(draw.choice(VALUES))
    return f"{key}={found[key]!r}"
