"""GGUF files of small random models, written by the gguf package as llama.cpp's converter writes them."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor
from transformers import (AutoModelForCausalLM, Gemma2Config, GPT2Config, LlamaConfig, PretrainedConfig, PreTrainedModel, Qwen2Config,
                          Qwen3Config, Starcoder2Config)

Change = Callable[[gguf.GGUFWriter, dict[str, np.ndarray]], None]

#: A byte each, and some pairs.
VOCABULARY = 320

#: A row is one block of the widest types.
_SIZES = {"hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2,
          "vocab_size": VOCABULARY, "max_position_embeddings": 64}

CONFIGS: dict[str, PretrainedConfig] = {
    "llama": LlamaConfig(**_SIZES, rope_theta=500.0),
    "llama-tied": LlamaConfig(**_SIZES, tie_word_embeddings=True),
    "llama-scaled": LlamaConfig(**_SIZES, tie_word_embeddings=True,
                                rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0,
                                                 "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}),
    "qwen2": Qwen2Config(**_SIZES, tie_word_embeddings=True),
    "qwen3": Qwen3Config(**_SIZES, head_dim=128),
    "gemma2": Gemma2Config(**_SIZES, head_dim=64, sliding_window=16),
    "gpt2": GPT2Config(vocab_size=VOCABULARY, n_embd=256, n_layer=2, n_head=4, n_positions=1024, n_ctx=1024, n_inner=1024),
    "starcoder2": Starcoder2Config(**_SIZES, use_bias=True),
}


def model_of(name: str) -> PreTrainedModel:
    """Values that bf16 and f16 both hold, none of them what a model starts from."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIGS[name], dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape).mul(0.1).bfloat16().half().bfloat16())
    return model


def write(path: Path, name: str, kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32, *,
          change: Change = lambda *_: None, tokens: bool = True) -> PreTrainedModel:
    """Matrices in `kind`, the others in f32, and a list of tokens without a tokenizer, by which Transformers counts them for some.
    `change` may add keys, and take tensors away or put others. Gives the model."""
    model = model_of(name)
    architecture = name.partition("-")[0]
    writer = gguf.GGUFWriter(path, architecture)
    _add_config(writer, architecture, model.config)
    if tokens:
        writer.add_token_list([f"t{number}" for number in range(model.config.vocab_size)])
    tensors = _tensors(architecture, model)
    change(writer, tensors)
    for stored, values in tensors.items():
        if values.ndim < 2:
            writer.add_tensor(stored, values)
        else:
            writer.add_tensor(stored, blocks(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def blocks(values: np.ndarray, kind: gguf.GGMLQuantizationType) -> np.ndarray:
    """The values in `kind`; where the package only widens it, any bytes whose scales are finite."""
    try:
        return gguf.quantize(values, kind)
    except NotImplementedError:
        shape = gguf.quant_shape_to_byte_shape(values.shape, kind)
        return np.random.default_rng(values.size).integers(0, 0x3C, shape, dtype=np.uint8)


def _add_config(writer: gguf.GGUFWriter, architecture: str, config: PretrainedConfig) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    if architecture == "gpt2":
        writer.add_feed_forward_length(config.n_inner)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_rope_dimension_count(head)
    if architecture == "starcoder2":
        writer.add_layer_norm_eps(config.norm_epsilon)
        return
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if architecture in ("qwen3", "gemma2"):
        writer.add_key_length(head)
        writer.add_value_length(head)
    if architecture == "gemma2":
        writer.add_sliding_window(config.sliding_window)
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)


def _tensors(architecture: str, model: PreTrainedModel) -> dict[str, np.ndarray]:
    kind = next(key for key, value in gguf.MODEL_ARCH_NAMES.items() if value == architecture)
    names = gguf.get_tensor_name_map(kind, model.config.num_hidden_layers)
    found = {}
    for name, tensor in model.named_parameters():  # each once: a tied head has no tensor
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        found[stored] = _as_stored(architecture, stored, tensor.detach(), model.config).numpy()
    rope = getattr(model.config, "rope_parameters", None) or {}
    if rope.get("rope_type") == "llama3":
        plain = rope["rope_theta"] ** -(torch.arange(0, model.config.head_dim, 2) / model.config.head_dim)
        found["rope_freqs.weight"] = np.array([_factor(rope, frequency) for frequency in plain.tolist()], dtype=np.float32)
    return found


def _as_stored(architecture: str, name: str, tensor: Tensor, config: PretrainedConfig) -> Tensor:
    if architecture == "llama" and ("attn_q" in name or "attn_k" in name):  # the two halves of a head become pairs of neighbours
        heads = config.num_attention_heads if "attn_q" in name else config.num_key_value_heads
        return tensor.reshape(heads, 2, -1, *tensor.shape[1:]).transpose(1, 2).reshape(tensor.shape).contiguous()
    if architecture == "gemma2" and name.endswith("norm.weight"):
        return tensor + 1
    if architecture == "gpt2" and name.endswith(("attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight")):
        return tensor.T.contiguous()
    return tensor


def _factor(rope: Mapping[str, float], frequency: float) -> float:
    length = 2 * np.pi / frequency
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    if length < original / high:
        return 1.0
    if length > original / low:
        return rope["factor"]
    smooth = (original / length - low) / (high - low)
    return 1 / ((1 - smooth) / rope["factor"] + smooth)
