"""Models from a Hugging Face folder: config.json, and safetensors where values are wanted."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.initialization import no_init_weights
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from garam.errors import InputError, brief, input_error
from garam.frontdoor import weights
from garam.frontdoor.cache import Decode, KVLayer, Prefill
from garam.frontdoor.checkpoint import check_kind, weight_files, what_lacks
from garam.frontdoor.conversion import converted, unexpected
from garam.frontdoor.configuration import longest, padding, size, text_part, use_layers
from garam.frontdoor.longrope import reach
from garam.frontdoor.model import Model, Options, check_length, choose_phase
from garam.frontdoor.random_weights import RandomWeights
from garam.frontdoor.remarks import remark
from garam.frontdoor.valueless import without_values
from garam.frontdoor.weight_files import NAMES, AbsentWeights, WeightFiles


#: Positions of a family that has no largest number of them.
_ENDLESS = 1 << 20
#: A cache's size in positions, where it follows from the run.
_ROUNDING = 256


class Encoder(torch.nn.Module):
    """An encoder of token ids with a padding mask; gives the tensors of the model's output by name."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        output = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return {name: value for name, value in output.items() if isinstance(value, Tensor)}


def build(folder: Path, options: Options, name: str) -> Model:
    config = load_config(folder, options.layers)
    architecture = _architecture(name, config)
    if architecture is not None and _decodes(config, architecture):
        return causal(name, folder, config, architecture, options)
    choose_phase(name, options.phase, ("encode",))
    model, held, names = load_model(folder, config, architecture, options.random_weights)
    positions = _positions(config, model, _ENDLESS)
    seq = check_length(name, "sequence length", options.seq or min(128, positions), 1, positions)
    return Model(name, Encoder(model), encoder_inputs(config, options.batch, seq), held, _prefixed("model.", names))


def causal(name: str, folder: Path | None, config: PretrainedConfig, architecture: str, options: Options) -> Model:
    """A decoder in one of its phases."""
    phase = choose_phase(name, options.phase, ("prefill", "decode"))
    model, held, names = load_model(folder, config, architecture, options.random_weights)
    positions = _positions(config, model, _ENDLESS)
    text = text_part(config)
    heads = getattr(text, "num_key_value_heads", None) or size(config, "num_attention_heads")
    dim = getattr(text, "head_dim", None) or size(config, "hidden_size") // size(config, "num_attention_heads")
    if not all(isinstance(number, int) and number > 0 for number in (heads, dim)):
        raise input_error(name, f"{heads!r} key-value heads of {dim!r} channels", "one number for all layers")
    names = _prefixed("model.", names)
    if phase == "prefill":
        length, seq = None, check_length(name, "sequence length", options.seq or min(128, positions), 1, positions)
    else:
        if options.seq not in (None, 1):
            raise input_error(name, f"sequence length {options.seq} of a decode step", "1")
        length, seq = check_length(name, "KV length", 1 if options.kv_len is None else options.kv_len, 0, positions - 1), 1
    capacity = _capacity(name, options, (length or 0) + seq, positions)
    layers = [KVLayer(options.batch, heads, capacity, dim, dim, torch.float32) for _ in range(size(config, "num_hidden_layers"))]
    if phase == "prefill":
        inputs = {"input_ids": random_ids(config, options.batch, seq), "pos": torch.tensor(0)}
        return Model(name, Prefill(model, layers), inputs, held, names, phase, {"pos": (0, 0)}, capacity=capacity)
    inputs = {"input_ids": random_ids(config, options.batch, 1), "pos": torch.tensor(length)}
    return Model(name, Decode(model, layers, length + 1), inputs, held, names, phase, {"pos": reach(text, length + 1, capacity)}, length, capacity)


def _capacity(name: str, options: Options, needed: int, positions: int) -> int:
    """Positions of the cache: as stated, or what the run needs, rounded up, as far as the model has them."""
    needed = max(needed, check_length(name, "prompt and new tokens together", options.kv_least, 0, positions))
    if options.kv_capacity is None:
        return min(positions, -(-needed // _ROUNDING) * _ROUNDING)
    return check_length(name, "KV capacity", options.kv_capacity, needed, positions)


def _architecture(name: str, config: PretrainedConfig) -> str | None:
    """The class that the checkpoint was saved from, where the configuration names one."""
    named = config.architectures
    if not named:
        return None
    if not isinstance(named, list) or not isinstance(named[0], str):
        raise input_error(name, f"architectures {named!r}", "a list of names of classes of Transformers")
    return named[0]


def _decodes(config: PretrainedConfig, architecture: str) -> bool:
    """A causal language model with a cache, whatever its class is called; BERT's language model is one only where its configuration
    says so."""
    if architecture.endswith("ForCausalLM"):
        return True
    kind = getattr(transformers, architecture, None)
    return (architecture in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values() and architecture.endswith("LMHeadModel")
            and getattr(config, "is_decoder", True) and {"past_key_values", "logits_to_keep"} <= set(inspect.signature(kind.forward).parameters))


def load_config(folder: Path, layers: int | None) -> PretrainedConfig:
    file = folder / "config.json"
    check_kind(folder)
    try:
        found = json.loads(file.read_text())
        if not isinstance(found, dict) or not isinstance(found.get("model_type"), str):
            raise input_error(str(file), "no model_type", "a Transformers configuration")
        with contextlib.redirect_stderr(io.StringIO()):  # Transformers warns of fields that it ignores
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except FileNotFoundError as error:
        raise input_error(str(folder), "no config.json", "a Hugging Face folder") from error
    except OSError as error:
        raise input_error(str(file), f"cannot read: {error.strerror}", "a file that may be read") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise input_error(str(file), f"not JSON ({error})", "a Transformers configuration") from error
    except InputError:
        raise
    except Exception as error:  # of whatever check of Transformers the file fails
        raise input_error(str(file), brief(error), "a configuration that Transformers knows") from error
    use_layers(str(folder), config, layers)
    return config


def load_model(folder: Path | None, config: PretrainedConfig, architecture: str | None, seed: int | None,
               **options: Any) -> tuple[PreTrainedModel, WeightFiles, dict[str, str]]:
    """The model, whose parameters have no values, where these are, and parameter -> tensor there."""
    kind = getattr(transformers, architecture, None) if architecture else None
    if architecture and not (isinstance(kind, type) and issubclass(kind, PreTrainedModel)):
        raise input_error(str(folder or architecture), f"architecture {architecture}", "a class of this Transformers release")
    stored = config.dtype if config.dtype in NAMES else torch.float32
    torch.manual_seed(0)
    config.dtype = torch.float32
    try:
        with no_init_weights(), without_values():
            model = (kind._from_config(config, **options) if kind else AutoModel.from_config(config)).float().eval()
        model.tie_weights()  # Transformers does so as it initialises them
    except Exception as error:  # sizes that do not fit each other, out of the model's own code
        raise input_error(str(folder or architecture), f"no {architecture or 'model'} of this configuration ({brief(error)})",
                          "sizes that fit each other") from error
    own = weights.tied_names(model)
    if seed is not None:
        weights.check_buffers(model)
        return model, RandomWeights(model, own, seed, stored), own
    held = weight_files(folder)
    if held is None:
        weights.check_buffers(model)
        shapes = {own[name]: tuple(p.shape) for name, p in model.named_parameters()}
        return model, AbsentWeights(folder, shapes, stored, what_lacks(folder)), own
    if (quantized := getattr(config, "quantization_config", None)) is not None:
        method = quantized.get("quant_method") if isinstance(quantized, dict) else getattr(quantized, "quant_method", None)
        raise input_error(str(folder), f"a checkpoint quantized by {getattr(method, 'value', method)}", "weights of f32, bf16 or f16, or a GGUF file")
    held, found, left = converted(model, held)
    names = weights.untie(model, held, _shared(model, found))
    if missing := weights.load_buffers(model, held, names):
        remark(str(held.place), f"no {_some(missing)}: as the model makes {'them' if missing[1:] else 'it'}")
    weights.check_buffers(model)
    if more := [*unexpected(model, left, found)]:
        remark(str(held.place), f"{_some(more)} left over: {type(model).__name__} has no place for {'them' if more[1:] else 'it'}")
    return model, held, names


def _shared(model: PreTrainedModel, found: dict[str, str]) -> dict[str, str]:
    """Of each parameter the tensor found for it, or for one that it is shared with; and those of buffers."""
    shared = weights.tied_names(model)
    of_first = {shared[name]: tensor for name, tensor in found.items() if name in shared}
    return {buffer: buffer for buffer in weights.persistent_buffers(model)} | found | {
        name: found.get(name, of_first.get(first, name)) for name, first in shared.items()}


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:4])}{', …' if len(names) > 4 else ''}"


def _prefixed(prefix: str, names: dict[str, str]) -> dict[str, str]:
    return {prefix + parameter: name for parameter, name in names.items()}


def _positions(config: PretrainedConfig, model: PreTrainedModel, otherwise: int) -> int:
    """Longest sequence, by the configuration or `otherwise`. Where a table of positions has a row for padding, positions count from the
    row behind it on."""
    lengths = [longest(config, otherwise)]
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Embedding) and "position" in name.rpartition(".")[2] and module.padding_idx is not None:
            lengths.append(module.num_embeddings - module.padding_idx - 1)
    return min(lengths)


def random_ids(config: PretrainedConfig, batch: int, seq: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    count, pad = size(config, "vocab_size"), padding(config)
    ids = torch.randint(0, count, (batch, seq), generator=generator)
    return ids if pad is None else torch.where(ids == pad, (pad + 1) % count, ids)


def encoder_inputs(config: PretrainedConfig, batch: int, seq: int) -> dict[str, Tensor]:
    """Seeded ids; the first row is full, the others end in padding."""
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint((seq + 1) // 2, seq + 1, (batch,), generator=generator)
    lengths[0] = seq
    mask = (torch.arange(seq)[None, :] < lengths[:, None]).long()
    return {"input_ids": torch.where(mask == 1, random_ids(config, batch, seq), padding(config) or 0), "attention_mask": mask}
