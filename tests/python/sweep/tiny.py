"""Small configurations of the classes of Transformers' auto mappings, made from the defaults of each family by the names of its sizes."""
from __future__ import annotations

import re
import warnings
from typing import Any

import torch
import transformers
from transformers import PretrainedConfig
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

_MOST_PARAMETERS = 4_000_000
_LAYERS = 2
_VOCABULARY = 99

#: What a field of such a name becomes, the first that matches; numbers only, and only where the default is larger.
_SIZES: tuple[tuple[str, int], ...] = (
    (r"(num_hidden_layers|n_layers?|num_layers|(en|de)coder_layers|num_(en|de)coder_layers|num_blocks|depth)", _LAYERS),
    (r"(num_key_value_heads|num_kv_heads|n_head_kv|n_kv_heads|multi_query_group_num)", 2),
    (r"(n_heads?|num_heads|num_attention_heads|(en|de)coder_attention_heads|num_(en|de)coder_attention_heads|.*_num_heads|.*_heads)", 4),
    (r"(qk_nope_head_dim|v_head_dim|head_dim|kv_channels|d_kv|attention_head_dim|.*head_dim|.*_head_size|head_size)", 8),
    (r"qk_rope_head_dim", 4),
    (r"(q_lora_rank|kv_lora_rank|.*_rank)", 16),
    (r"(moe_intermediate_size|.*expert.*_size|.*expert.*_dim)", 24),
    (r"(intermediate_size|ffn_dim|d_ff|n_inner|.*ffn_dim|.*ffn_embed_dim|hidden_dim|dim_ff|ffn_hidden_size|.*intermediate_(size|dim))", 48),
    (r"(num_experts_per_tok|moe_topk|top_?k|num_experts_per_token|experts_per_token|.*_topk|index_topk)", 2),
    (r"(n_routed_experts|num_(local_)?experts|moe_num_experts|.*num_experts)", 4),
    (r"(vocab_size.*|.*vocab_size|n_vocab|num_embeddings)", _VOCABULARY),
    (r"(max_position_embeddings|n_positions|max_sequence_length|max_seq_len|n_ctx|max_seq_length|max_.*_positions|block_size|context_length)", 64),
    (r"(hidden_size.*|d_model|n_embd|dim|embed_dim|emb_dim|embedding_size|.*_hidden_size|.*embed_dim|.*embedding_size|.*_proj_dim|"
     r"projection_dim|proj_size|.*hidden_dim|cross_attention_dim|.*_model_dim|lru_width|d_embed|model_dim)", 32),
    (r"(image_size|crop_size|input_size)", 32),
    (r"(state_size|mamba_d_state|ssm_state_size|linear_.*_head_dim)", 8),
    (r"(sliding_window|attention_window|local_attention|window_size)", 4),
)


def classes() -> dict[str, str]:
    """Class name -> its model type, of every auto mapping."""
    found: dict[str, str] = {}
    for name in dir(modeling_auto):
        if not name.startswith("MODEL_") or not name.endswith("MAPPING_NAMES"):
            continue
        for kind, values in getattr(modeling_auto, name).items():
            for value in values if isinstance(values, (tuple, list)) else (values,):
                if kind in CONFIG_MAPPING_NAMES:
                    found.setdefault(value, kind)
    return dict(sorted(found.items()))


def configuration(name: str) -> PretrainedConfig:
    """Of a class: small, with the vocabulary, layers, heads and widths of a toy. Raises whatever the family's own checks raise."""
    kind = getattr(transformers, name).config_class
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fields = kind().to_dict()
        return kind(**_shrunk(fields), architectures=[name])


#: Not of the model's sizes.
_KEPT = ("transformers_version", "architectures", "dtype", "_name_or_path", "model_type", "id2label", "label2id")

#: Sizes that some families leave to their checkpoints.
_UNSTATED = {"vocab_size": _VOCABULARY, "head_dim": 8, "num_key_value_heads": 4}


def _shrunk(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value, fields) for name, value in fields.items() if name not in _KEPT}


def _value(name: str, value: Any, fields: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if value and all(isinstance(key, int) or key.isdigit() for key in value):  # by layer
            return {key: inner for key, inner in value.items() if int(key) < _LAYERS}
        return _shrunk(value) | ({"model_type": value["model_type"]} if "model_type" in value else {})
    if isinstance(value, list) and len(value) > _LAYERS and len(value) == fields.get("num_hidden_layers", fields.get("num_layers")):
        return [value[0], value[-1]]
    if name in ("out_features", "out_indices"):  # names of layers that a small backbone may not have
        return None
    if value is None:
        return _UNSTATED.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    if name.endswith("token_id"):
        return value if value < _VOCABULARY else 3
    for pattern, size in _SIZES:
        if re.fullmatch(pattern, name):
            return min(value, _fitting(name, size, fields))
    return value


def _fitting(name: str, size: int, fields: dict[str, Any]) -> int:
    """As many key heads as query heads where the default has that."""
    heads = fields.get("num_attention_heads")
    return 4 if size == 2 and name.startswith("num_k") and heads is not None and fields.get(name) == heads else size


def buildable(name: str, config: PretrainedConfig) -> bool:
    """The class has a small model of this configuration, counted without values."""
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        model = getattr(transformers, name)._from_config(config)
    return sum(parameter.numel() for parameter in model.parameters()) <= _MOST_PARAMETERS
