"""Models from a Hugging Face folder: config.json, and safetensors where values are wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.initialization import no_init_weights

from garam.errors import InputError, brief, input_error
from garam.frontdoor import weights
from garam.frontdoor.cache import Decode, KVLayer, Prefill
from garam.frontdoor.checkpoint import weights_file
from garam.frontdoor.model import Model, Options, check_layers, check_length, choose_phase
from garam.frontdoor.remarks import remark


class Encoder(torch.nn.Module):
    """An encoder of token ids with a padding mask; gives the tensors of the model's output by name."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        output = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return {name: value for name, value in output.items() if isinstance(value, Tensor)}


def build(folder: Path, options: Options) -> Model:
    config = load_config(folder, options.layers)
    name = folder.resolve().name
    architecture = (config.architectures or [None])[0]
    if architecture is not None and architecture.endswith("ForCausalLM"):
        return causal(name, folder, config, architecture, options)
    choose_phase(name, options.phase, ("encode",))
    seq = check_length(name, "sequence length", options.seq or 128, 1, _positions(config))
    model, file, names = load_model(folder, config, architecture, options.random_weights)
    return Model(name, Encoder(model), encoder_inputs(config, options.batch, seq), file, _prefixed("model.", names))


def causal(name: str, folder: Path | None, config: PretrainedConfig, architecture: str, options: Options) -> Model:
    """A decoder in one of its phases. The cache holds every position that the configuration allows."""
    phase = choose_phase(name, options.phase, ("prefill", "decode"))
    capacity = config.max_position_embeddings
    model, file, names = load_model(folder, config, architecture, options.random_weights)
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    layers = [KVLayer(options.batch, heads, capacity, dim, dim, torch.float32) for _ in range(config.num_hidden_layers)]
    names = _prefixed("model.", names)
    if phase == "prefill":
        seq = check_length(name, "sequence length", options.seq or min(128, capacity), 1, capacity)
        inputs = {"input_ids": random_ids(config, options.batch, seq), "pos": torch.tensor(0)}
        return Model(name, Prefill(model, layers), inputs, file, names, phase, {"pos": (0, 0)}, capacity=capacity)
    if options.seq not in (None, 1):
        raise input_error(name, f"sequence length {options.seq} of a decode step", "1")
    length = check_length(name, "KV length", 1 if options.kv_len is None else options.kv_len, 0, capacity - 1)
    inputs = {"input_ids": random_ids(config, options.batch, 1), "pos": torch.tensor(length)}
    return Model(name, Decode(model, layers), inputs, file, names, phase, {"pos": (0, capacity - 1)}, length, capacity)


def load_config(folder: Path, layers: int | None) -> PretrainedConfig:
    file = folder / "config.json"
    try:
        if "model_type" not in json.loads(file.read_text()):
            raise input_error(str(file), "no model_type", "a Transformers configuration")
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except FileNotFoundError as error:
        raise input_error(str(folder), "no config.json", "a Hugging Face folder") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise input_error(str(file), f"not JSON ({error})", "a Transformers configuration") from error
    except InputError:
        raise
    except Exception as error:  # of whatever check of Transformers the file fails
        raise input_error(str(file), brief(error), "a configuration that Transformers knows") from error
    check_length(str(file), "num_hidden_layers", config.num_hidden_layers, 1, 1 << 16)
    config.num_hidden_layers = check_layers(str(folder), layers, config.num_hidden_layers)
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:config.num_hidden_layers]
    return config


def load_model(folder: Path | None, config: PretrainedConfig, architecture: str | None, seed: int | None,
               **options: Any) -> tuple[PreTrainedModel, Path, dict[str, str]]:
    """The model in f32 with its values, the file that holds them, and parameter -> tensor in it."""
    kind = getattr(transformers, architecture, None) if architecture else None
    if architecture and kind is None:
        raise input_error(str(folder or architecture), f"architecture {architecture}", "a class of this Transformers release")
    torch.manual_seed(0)
    config.dtype = torch.float32
    try:
        with no_init_weights():
            model = (kind._from_config(config, **options) if kind else AutoModel.from_config(config)).float().eval()
    except Exception as error:  # sizes that do not fit each other, out of the model's own code
        raise input_error(str(folder or architecture), f"no {architecture or 'model'} of this configuration ({brief(error)})",
                          "sizes that fit each other") from error
    if seed is not None:
        weights.randomize(model, seed)
        sizes = {name: value for name, value in config.to_dict().items() if name != "_name_or_path"}  # in any folder
        file = weights.write_cached(model, {"config": sizes, "class": type(model).__name__, "seed": seed})
        return model, file, weights.tied_names(model)
    file = weights_file(folder)
    names = _names_in(file, model)
    if missing := weights.load_into(model, file, names):
        remark(str(file), f"no {', '.join(missing[:4])}{', …' if len(missing) > 4 else ''}: as the model makes {'them' if missing[1:] else 'it'}")
    return model, file, names


def _names_in(file: Path, model: PreTrainedModel) -> dict[str, str]:
    """Parameters and persistent buffers -> tensors. Checkpoints of a larger or smaller head carry or lack the base model's prefix; old ones call norms gamma and beta."""
    stored, prefix = weights.stored_names(file), model.base_model_prefix + "."
    tied = weights.tied_names(model) | {buffer: buffer for buffer in weights.persistent_buffers(model)}
    names: dict[str, str] = {}
    for parameter, first in tied.items():
        candidates = [c for base in (parameter, first) for c in (base, prefix + base, base.removeprefix(prefix))]
        candidates += [c.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta") for c in candidates]
        alias = [p for p, f in tied.items() if f == first]
        names[parameter] = next((c for c in [*candidates, *alias] if c in stored), parameter)
    return names


def _prefixed(prefix: str, names: dict[str, str]) -> dict[str, str]:
    return {prefix + parameter: name for parameter, name in names.items()}


def _positions(config: PretrainedConfig) -> int:
    """Longest sequence: RoBERTa and its kin count positions from the padding index on."""
    total = getattr(config, "max_position_embeddings", 1 << 20)
    offset = config.model_type in ("roberta", "xlm-roberta", "camembert", "roberta-prelayernorm", "mpnet", "xlm-roberta-xl")
    return total - (config.pad_token_id or 0) - 1 if offset else total


def random_ids(config: PretrainedConfig, batch: int, seq: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, config.vocab_size, (batch, seq), generator=generator)
    pad = getattr(config, "pad_token_id", None)
    return ids if pad is None else torch.where(ids == pad, (pad + 1) % config.vocab_size, ids)


def encoder_inputs(config: PretrainedConfig, batch: int, seq: int) -> dict[str, Tensor]:
    """Seeded ids; the first row is full, the others end in padding."""
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint((seq + 1) // 2, seq + 1, (batch,), generator=generator)
    lengths[0] = seq
    mask = (torch.arange(seq)[None, :] < lengths[:, None]).long()
    pad = getattr(config, "pad_token_id", None) or 0
    return {"input_ids": torch.where(mask == 1, random_ids(config, batch, seq), pad), "attention_mask": mask}
