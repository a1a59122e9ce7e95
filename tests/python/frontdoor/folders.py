"""Hugging Face folders of small configurations, one for each family that the front door takes."""
from __future__ import annotations

from pathlib import Path

from transformers import (AlbertConfig, BertConfig, DistilBertConfig, ElectraConfig, LlamaConfig, MistralConfig, ModernBertConfig,
                          MPNetConfig, PretrainedConfig, Qwen3Config, RobertaConfig, RobertaPreLayerNormConfig, XLMRobertaConfig)

_SIZES = {"hidden_size": 48, "intermediate_size": 80, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 99,
          "max_position_embeddings": 40}

ENCODERS: dict[str, PretrainedConfig] = {
    "bert": BertConfig(**_SIZES, architectures=["BertModel"]),
    "bert-masked": BertConfig(**_SIZES, architectures=["BertForMaskedLM"]),
    "distilbert": DistilBertConfig(dim=48, hidden_dim=80, n_heads=4, n_layers=2, vocab_size=99, max_position_embeddings=40,
                                   architectures=["DistilBertModel"]),
    "roberta": RobertaConfig(**_SIZES, pad_token_id=1, architectures=["RobertaModel"]),
    "xlm-roberta": XLMRobertaConfig(**_SIZES, pad_token_id=1, architectures=["XLMRobertaModel"]),
    "mpnet": MPNetConfig(**_SIZES, architectures=["MPNetModel"]),
    "prenorm": RobertaPreLayerNormConfig(**_SIZES, pad_token_id=1, architectures=["RobertaPreLayerNormModel"]),
    "odd": BertConfig(hidden_size=200, num_attention_heads=5, intermediate_size=777, num_hidden_layers=2, vocab_size=101,
                      max_position_embeddings=37, architectures=["BertModel"]),
}

# Taken as well: parameters shared by all layers, windows to both sides with rotary positions, an embedding of another width.
OTHERS: dict[str, PretrainedConfig] = {
    "albert": AlbertConfig(**_SIZES, embedding_size=32, architectures=["AlbertModel"]),
    "electra": ElectraConfig(**_SIZES, embedding_size=32, architectures=["ElectraModel"]),
    "modernbert": ModernBertConfig(**_SIZES, local_attention=8, global_attn_every_n_layers=2, pad_token_id=0, cls_token_id=1, bos_token_id=1,
                                   sep_token_id=2, eos_token_id=2, architectures=["ModernBertModel"]),
    "classifier": BertConfig(**_SIZES, architectures=["BertForSequenceClassification"]),
}

DECODERS: dict[str, PretrainedConfig] = {
    "llama": LlamaConfig(**_SIZES, num_key_value_heads=2, architectures=["LlamaForCausalLM"]),
    "llama-tied": LlamaConfig(**_SIZES, num_key_value_heads=1, tie_word_embeddings=True, architectures=["LlamaForCausalLM"]),
    "mistral": MistralConfig(**_SIZES, num_key_value_heads=2, sliding_window=6, architectures=["MistralForCausalLM"]),
    "qwen3": Qwen3Config(**_SIZES, num_key_value_heads=2, head_dim=16, architectures=["Qwen3ForCausalLM"]),
}


def write(config: PretrainedConfig, folder: Path) -> Path:
    config.save_pretrained(folder)
    return folder
