"""Weight files: reading names, types and shapes, loading into a module, writing seeded random ones."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from garam.errors import InputError, input_error
from garam.frontdoor.importer import FileTensor
from garam.frontdoor.weight_cache import cached

_FILE_TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}


def file_tensors(file: Path, module: torch.nn.Module, names: dict[str, str]) -> dict[str, FileTensor]:
    """Where each parameter of `module` is in `file`, with its presence, type and shape checked. names: parameter -> tensor."""
    found: dict[str, FileTensor] = {}
    with _open(file) as tensors:
        stored = set(tensors.keys())
        for parameter, value in module.named_parameters(remove_duplicate=False):
            name = names.get(parameter, parameter)
            if name not in stored:
                raise input_error(str(file), f"no tensor {name}", f"{len(stored)} tensors, such as {min(stored, default='none')}")
            entry = tensors.get_slice(name)
            if tuple(entry.get_shape()) != tuple(value.shape):
                raise input_error(f"{file}: {name}", f"shape {list(entry.get_shape())}", f"{list(value.shape)} by the model")
            if entry.get_dtype() not in _FILE_TYPES:
                raise input_error(f"{file}: {name}", f"type {entry.get_dtype()}", ", ".join(_FILE_TYPES))
            found[parameter] = FileTensor(name, _FILE_TYPES[entry.get_dtype()])
    return found


def load_into(module: torch.nn.Module, file: Path, names: dict[str, str]) -> None:
    """Copies every parameter from the file, widened to the parameter's type."""
    located = file_tensors(file, module, names)
    with _open(file) as tensors, torch.no_grad():
        for parameter, value in module.named_parameters():
            value.copy_(tensors.get_tensor(located[parameter].name))


def stored_names(file: Path) -> set[str]:
    with _open(file) as tensors:
        return set(tensors.keys())


@contextlib.contextmanager
def _open(file: Path) -> Iterator[safe_open]:
    try:
        with safe_open(str(file), framework="pt") as tensors:
            yield tensors
    except InputError:
        raise
    except FileNotFoundError as error:
        raise input_error(str(file), "no such file", "a safetensors file") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise input_error(str(file), f"not readable ({error})", "a whole safetensors file") from error


def randomize(module: torch.nn.Module, seed: int) -> None:
    """Seeded values under which every parameter matters: matrices with variance 1 / fan-in, tables with 1 / 4, scales around 1,
    biases around 0. The same names and shapes get the same values whatever else the model has."""
    tables = {id(m.weight) for m in module.modules() if isinstance(m, torch.nn.Embedding)}
    for name, parameter in module.named_parameters():
        salt = hashlib.sha256(f"{seed}:{name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(salt[:7], "little"))
        noise = torch.randn(parameter.shape, generator=generator)
        if id(parameter) in tables:
            values = 0.5 * noise
        elif parameter.dim() >= 2:
            values = noise * parameter[0].numel() ** -0.5
        else:
            values = 0.1 * noise + (1.0 if name.endswith("weight") else 0.0)
        parameter.data.copy_(values)


def write_cached(module: torch.nn.Module, key: dict[str, object]) -> Path:
    """The module's parameters as a safetensors file of the cache, named by `key`."""
    return cached(key, lambda file: save_file({n: p.detach().contiguous() for n, p in module.named_parameters()}, file))


def tied_names(module: torch.nn.Module) -> dict[str, str]:
    """Parameters that are the same tensor -> the first name, under which `write_cached` stores it."""
    first: dict[int, str] = {}
    return {n: first.setdefault(id(p), n) for n, p in module.named_parameters(remove_duplicate=False)}


def content_key(module: torch.nn.Module) -> dict[str, object]:
    content = hashlib.sha256()
    for name, parameter in module.named_parameters():
        content.update(f"{name}:{tuple(parameter.shape)}:{parameter.dtype}".encode())
        content.update(parameter.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return {"content": content.hexdigest()}
