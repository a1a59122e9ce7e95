"""GGUF checkpoints: each becomes a Hugging Face folder of the cache once, and nothing after that knows GGUF.

Transformers maps names, configurations and tokenizers, the gguf package reads the file and widens its types. Weights are stored in bf16.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedModel
from transformers.integrations.gguf import GGUF_CONFIG_ARCHS
from transformers.integrations.ggml import GGUF_CONFIG_MAPPING
from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from garam.errors import InputError, brief, input_error
from garam.frontdoor.checkpoint import INDEX, SINGLE
from garam.frontdoor.gguf_metadata import ROTARY_FACTORS, check_metadata, text_of, use_rotary_factors
from garam.frontdoor.gguf_tokenizer import split_as_trained
from garam.frontdoor.remarks import remark
from garam.frontdoor.weight_cache import cached_checkpoint
from garam.frontdoor.weights import tied_names

#: Changes whenever the same file becomes another folder.
_LAYOUT = 1

#: A shard is written when it has this many bytes.
_SHARD_BYTES = 2 << 30


def gguf_file(path: Path) -> Path | None:
    """The GGUF file that `path` is, or is the folder of; None for anything else."""
    if path.is_file():
        return path if path.suffix == ".gguf" else None
    if not path.is_dir() or (path / "config.json").exists():
        return None
    found = sorted(path.glob("*.gguf"))
    if len(found) > 1:
        listed = ", ".join(file.name for file in found[:4]) + (", …" if len(found) > 4 else "")
        raise input_error(str(path), f"{len(found)} GGUF files: {listed}", "the path of one of them")
    return found[0] if found else None


def prepared(file: Path) -> Path:
    """The Hugging Face folder of a GGUF file: config.json, weights in bf16, and the tokenizer with its chat template where the file has
    one that Transformers can build. Raises InputError."""
    file = file.absolute()
    try:
        stamp = file.stat()
    except OSError as error:
        raise input_error(str(file), f"cannot read: {error.strerror}", "a GGUF file") from error
    by = [_LAYOUT, transformers.__version__, version("gguf")]
    return cached_checkpoint({"gguf": str(file.resolve()), "size": stamp.st_size, "changed": stamp.st_mtime_ns, "by": by},
                             lambda folder: _write(file, folder))


def _write(file: Path, folder: Path) -> None:
    transformers.logging.set_verbosity_error()
    with _parsed_once():
        reader = _opened(file)
        try:
            config = _config(file, reader)
            model = _without_values(file, config)
            _save(folder, _tensors(file, reader, config, model))
            config.save_pretrained(folder)
            _save_tokenizer(file, reader, folder)
        except (InputError, OSError):
            raise
        except Exception as error:  # of whatever Transformers and the gguf package make of a damaged file
            raise input_error(str(file), f"not readable ({brief(error)})", "a whole GGUF file") from error


@contextlib.contextmanager
def _parsed_once() -> Iterator[None]:
    """Transformers parses the file again for all that it asks of it, and makes the table of names again for each module."""
    names = ("GGUFReader", "get_tensor_name_map")
    originals = {name: getattr(gguf, name) for name in names}
    try:
        for name, original in originals.items():
            setattr(gguf, name, functools.cache(original))
        yield
    finally:
        for name, original in originals.items():
            setattr(gguf, name, original)


def _opened(file: Path) -> gguf.GGUFReader:
    try:
        reader = gguf.GGUFReader(str(file))
    except OSError as error:
        raise input_error(str(file), f"cannot read: {error.strerror}", "a GGUF file") from error
    except Exception as error:  # of a file that is no GGUF, or not whole, or has types of a later version
        allowed = f"tensors of {_readable_types()}" if "GGMLQuantizationType" in str(error) else "a whole GGUF file"
        raise input_error(str(file), f"not readable ({brief(error)})", allowed) from error
    if (parts := reader.get_field("split.count")) is not None and parts.contents() > 1:
        raise input_error(str(file), f"one of {parts.contents()} parts", "one file: llama-gguf-split --merge FIRST OUT")
    return reader


def _readable_types() -> str:
    """Types that the gguf package widens."""
    found = []
    for kind, (_, size) in gguf.GGML_QUANT_SIZES.items():
        with contextlib.suppress(NotImplementedError):
            gguf.dequantize(np.zeros((1, size), dtype=np.uint8), kind)
            found.append(kind.name)
    return ", ".join(found)


def _config(file: Path, reader: gguf.GGUFReader) -> PretrainedConfig:
    architecture = text_of(reader, "general.architecture")
    known = sorted(set(GGUF_CONFIG_MAPPING) - {"general", "tokenizer"} - set(GGUF_CONFIG_ARCHS))
    if architecture is None or architecture in GGUF_CONFIG_ARCHS:
        raise input_error(str(file), f"architecture {architecture}", ", ".join(known))
    try:
        config = AutoConfig.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
    except Exception as error:  # of an architecture that is not known, or of a key that is missing
        raise input_error(str(file), brief(error), f"{', '.join(known)}, with all that makes a configuration") from error
    named = config.architectures or [MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.get(config.model_type)]
    if not isinstance(named[0], str):
        raise input_error(str(file), f"architecture {architecture}, of which Transformers has no causal language model", ", ".join(known))
    config.architectures, config.dtype = named, torch.bfloat16
    check_metadata(file, reader, architecture, config)
    use_rotary_factors(file, reader, config)
    return config


def _without_values(file: Path, config: PretrainedConfig) -> PreTrainedModel:
    """The model that the tensors belong to."""
    kind = getattr(transformers, config.architectures[0])
    try:
        with torch.device("meta"):
            model = kind(config)
        model.tie_weights()
    except Exception as error:  # sizes that do not fit each other, out of the model's own code
        raise input_error(str(file), f"no {kind.__name__} of this configuration ({brief(error)})", "sizes that fit each other") from error
    return model


def _tensors(file: Path, reader: gguf.GGUFReader, config: PretrainedConfig, model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """Parameters in bf16 by name, as Transformers loads them from the file. Raises InputError where one is left over, missing, or of
    another shape."""
    processor = TENSOR_PROCESSORS.get(text_of(reader, "general.architecture"), TensorProcessor)(config=config.to_dict())
    names, joined = get_gguf_hf_weights_map(model, processor), {}
    shapes, made = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}, set()

    def checked(name: str, tensor: Tensor) -> tuple[str, Tensor]:
        if name in shapes and tuple(tensor.shape) != shapes[name]:
            raise input_error(f"{file}: {name}", f"shape {list(tensor.shape)}", f"{list(shapes[name])} by the model")
        made.add(name)
        return name, tensor.to(torch.bfloat16).contiguous()

    for tensor in reader.tensors:
        if tensor.name == ROTARY_FACTORS:
            continue
        found = processor.process(weights=_widened(file, tensor), name=tensor.name, tensor_key_mapping=names,
                                  parsed_parameters={"tensors": joined})
        if found.name is None:  # several of the file become one, which `joined` holds
            continue
        if found.name not in names:
            raise input_error(str(file), f"tensor {tensor.name}, of which {type(model).__name__} has none",
                              "tensors that Transformers has a place for")
        yield checked(names[found.name], torch.from_numpy(np.copy(found.weights)))
    yield from (checked(name, tensor) for name, tensor in joined.items())
    tied = tied_names(model)
    missing = set(tied.values()) - {tied.get(name) for name in made}
    if missing:
        there = {name: stored for stored, name in names.items()}
        raise input_error(str(file), f"no tensor {min(there.get(name, name) for name in missing)}", f"all of {type(model).__name__}")


def _widened(file: Path, tensor: gguf.ReaderTensor) -> np.ndarray:
    """[rows, columns] in f32."""
    try:
        return gguf.dequantize(tensor.data, tensor.tensor_type)
    except NotImplementedError as error:
        raise input_error(f"{file}: {tensor.name}", f"type {tensor.tensor_type.name}", _readable_types()) from error


def _save(folder: Path, tensors: Iterable[tuple[str, Tensor]]) -> None:
    """No more than a shard is in memory at a time."""
    part: dict[str, Tensor] = {}
    table: dict[str, str] = {}

    def flush(file: str) -> None:
        save_file(part, folder / file, {"format": "pt"})
        table.update(dict.fromkeys(part, file))
        part.clear()

    for name, tensor in tensors:
        part[name] = tensor
        if sum(held.nbytes for held in part.values()) >= _SHARD_BYTES:
            flush(f"model-{len(set(table.values())) + 1:05}.safetensors")
    if not table:
        flush(SINGLE)
        return
    if part:
        flush(f"model-{len(set(table.values())) + 1:05}.safetensors")
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": table}))


def _save_tokenizer(file: Path, reader: gguf.GGUFReader, folder: Path) -> None:
    """A file whose tokenizer cannot be built gives a model of token ids."""
    if text_of(reader, "tokenizer.ggml.model") is None:
        return
    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
    except Exception as error:  # of a kind of tokenizer, or of tables that do not fit each other
        remark(str(file), f"its tokenizer is left out ({brief(error)}): prompts are token ids")
        return
    split_as_trained(file, reader, tokenizer)
    tokenizer.save_pretrained(folder)
