"""What a GGUF file states of its model, held against the configuration that Transformers makes of it: what it leaves out must say
nothing, or what the configuration says already."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import torch
from transformers import PretrainedConfig
from transformers.integrations.ggml import GGUF_CONFIG_MAPPING
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from garam.errors import input_error

#: A tensor that stands for a way to scale rotary positions: [head_dim / 2], by which each frequency is divided.
ROTARY_FACTORS = "rope_freqs.weight"

#: Of Llama 3.1 and later; a GGUF states only what follows from them.
_LLAMA3 = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}

_EPSILONS = ("rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_eps", "norm_epsilon")


def text_of(reader: gguf.GGUFReader, key: str) -> str | None:
    field = reader.get_field(key)
    found = None if field is None else field.contents()
    return found if isinstance(found, str) else None


def check_metadata(file: Path, reader: gguf.GGUFReader, architecture: str, config: PretrainedConfig) -> None:
    """Raises InputError for a key of the model that the configuration does not follow."""
    kinds = (architecture, config.model_type, config.model_type.removesuffix("_text"))
    mapping = next((GGUF_CONFIG_MAPPING[kind] for kind in kinds if kind in GGUF_CONFIG_MAPPING), {})
    taken = {key for key, name in mapping.items() if name is not None}
    for key, field in reader.fields.items():
        prefix, _, what = key.partition(".")
        if prefix != architecture or what in taken or what in _SHOWN_BY_SHAPES:
            continue
        value, agrees = field.contents(), _AGREES.get(what)
        if agrees is None or not agrees(config, value):
            raise input_error(f"{file}: {key}", f"{_shown(value)}, which Transformers leaves out of its configuration",
                              "models whose configuration it makes whole; the Hugging Face folder has all of it")


def use_rotary_factors(file: Path, reader: gguf.GGUFReader, config: PretrainedConfig) -> None:
    """Llama 3.1 and later: Transformers has the scaling in the configuration, a GGUF its result. Raises InputError for other factors."""
    tensor = next((tensor for tensor in reader.tensors if tensor.name == ROTARY_FACTORS), None)
    if tensor is None:
        return
    factors = torch.tensor(gguf.dequantize(tensor.data, tensor.tensor_type).reshape(-1))
    scaled = copy.deepcopy(config)
    scaled.rope_parameters = {**config.rope_parameters, **_LLAMA3, "factor": factors.max().item()}
    wanted, _ = ROPE_INIT_FUNCTIONS["llama3"](scaled, torch.device("cpu"))
    plain = config.rope_parameters["rope_theta"] ** -(torch.arange(len(factors)) / len(factors))
    if wanted.shape != factors.shape or not torch.allclose(plain / factors, wanted, rtol=1e-5, atol=0):
        raise input_error(f"{file}: {ROTARY_FACTORS}", "factors that are not those of Llama 3", "the Hugging Face folder of this model")
    config.rope_parameters = scaled.rope_parameters


def _rotated(config: PretrainedConfig, value: Any) -> bool:
    """Channels of a head that are rotated."""
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return value == int(head * (_rotary(config, "partial_rotary_factor") or 1.0))


def _rotary(config: PretrainedConfig, name: str) -> Any:
    found = (getattr(config, "rope_parameters", None) or {}).get(name)
    return getattr(config, name, None) if found is None else found


def _equal(*names: str) -> Callable[[PretrainedConfig, Any], bool]:
    """One of these of the configuration is the file's, which has it in f32."""
    return lambda config, value: any(_close(_rotary(config, name), value) for name in names)


def _is(only: Any) -> Callable[[PretrainedConfig, Any], bool]:
    return lambda _, value: value == only


def _close(a: Any, b: Any) -> bool:
    return a == b or isinstance(a, float | int) and isinstance(b, float | int) and math.isclose(a, b, rel_tol=1e-6)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


#: Were they others, a tensor would have another shape.
_SHOWN_BY_SHAPES = {"attention.key_length", "attention.value_length", "feed_forward_length", "vocab_size", "tensor_data_layout",
                    "expert_feed_forward_length"}

#: Keys that some families leave to the configuration's own defaults -> whether these are what the file says.
_AGREES: dict[str, Callable[[PretrainedConfig, Any], bool]] = {
    "attention.causal": _is(True),
    "attention.layer_norm_epsilon": _equal(*_EPSILONS),
    "attention.layer_norm_rms_epsilon": _equal(*_EPSILONS),
    "attention.sliding_window": _equal("sliding_window"),
    "attn_logit_softcapping": _equal("attn_logit_softcapping"),
    "context_length": _equal("max_position_embeddings", "n_positions"),
    "expert_count": _is(0),
    "expert_used_count": _is(0),
    "final_logit_softcapping": _equal("final_logit_softcapping"),
    "rope.dimension_count": _rotated,
    "rope.freq_base": _equal("rope_theta"),
    "rope.scaling.attn_factor": _is(1.0),
    "rope.scaling.factor": _is(1.0),
    "rope.scaling.finetuned": lambda *_: True,
    "rope.scaling.type": _is("none"),
    "use_parallel_residual": _equal("use_parallel_residual"),
}
