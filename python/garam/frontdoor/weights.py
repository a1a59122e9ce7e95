"""Weight files: names, types and shapes in them, loading into a module, writing those of a module that came with values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.parameter import UninitializedTensorMixin

from garam.errors import input_error
from garam.frontdoor.importer import FileTensor
from garam.frontdoor.weight_cache import cached
from garam.frontdoor.weight_files import FILE_TYPES, WeightFiles


def file_tensors(held: WeightFiles, module: torch.nn.Module, names: Mapping[str, str]) -> dict[str, FileTensor]:
    """Where each parameter of `module` is, with its presence, type and shape checked. names: parameter -> tensor."""
    found: dict[str, FileTensor] = {}
    for parameter, value in module.named_parameters(remove_duplicate=False):
        name = names.get(parameter, parameter)
        if name not in held.files:
            raise input_error(str(held.place), f"no tensor {name}", f"{len(held.files)} tensors, such as {min(held.files, default='none')}")
        dtype = _checked(held, name, value)
        if dtype not in FILE_TYPES:
            raise input_error(f"{held.files[name]}: {name}", f"type {dtype}", ", ".join(FILE_TYPES))
        found[parameter] = FileTensor(name, FILE_TYPES[dtype], held.files[name])
    return found


def _checked(held: WeightFiles, name: str, value: Tensor) -> str:
    """The type of a tensor, as safetensors names it. Throws if its shape is not that of `value`."""
    shape, dtype = held.entry(name)
    if shape != tuple(value.shape):
        raise input_error(f"{held.files[name]}: {name}", f"shape {list(shape)}", f"{list(value.shape)} by the model")
    return dtype


def load_buffers(module: torch.nn.Module, held: WeightFiles, names: Mapping[str, str]) -> list[str]:
    """Copies every persistent buffer from the files, converted to its own type. names: buffer -> tensor. Gives the buffers that the
    files lack, which keep what the module made them."""
    missing = []
    for buffer, value in persistent_buffers(module).items():
        name = names.get(buffer, buffer)
        if name not in held.files:
            missing.append(buffer)
            continue
        _checked(held, name, value)
        tensor = _of_kind(f"{held.files[name]}: {name}", held.tensor(name), value)
        if value.is_meta:
            path, _, own = buffer.rpartition(".")
            module.get_submodule(path)._buffers[own] = tensor.to(value.dtype)
        else:
            value.copy_(tensor)
    return missing


def check_buffers(module: torch.nn.Module) -> None:
    """Refuses buffers that the module made of its parameters, which had no values then, unless a checkpoint gave them theirs."""
    for name, value in module.named_buffers():
        if value.is_meta:
            raise input_error(f"{type(module).__name__}.{name}", "a buffer that follows from parameters, which have no values when it is made",
                              "models whose buffers follow from their configuration, or a checkpoint that holds them")


def _of_kind(where: str, tensor: Tensor, like: Tensor) -> Tensor:
    """Throws where one is a float and the other is none: no conversion is meant."""
    if tensor.is_floating_point() != like.is_floating_point():
        raise input_error(where, f"type {str(tensor.dtype).removeprefix('torch.')}", f"{str(like.dtype).removeprefix('torch.')} by the model")
    return tensor


def persistent_buffers(module: torch.nn.Module) -> dict[str, Tensor]:
    """Buffers that a checkpoint holds, by name."""
    return {f"{path}.{name}" if path else name: buffer for path, child in module.named_modules()
            for name, buffer in child.named_buffers(recurse=False) if name not in child._non_persistent_buffers_set}


def check_storable(where: str, module: torch.nn.Module) -> None:
    """Refuses parameters whose values cannot become a weight file."""
    allowed = "parameters of f32, bf16, f16 or f64 that hold their values, dense, on the CPU or a GPU"
    for name, parameter in module.named_parameters():
        place = f"{where}.{name}"
        if isinstance(parameter, UninitializedTensorMixin):
            raise input_error(place, "a parameter without a shape (a lazy module that never ran)", allowed)
        if parameter.is_meta:
            raise input_error(place, "a parameter on device meta has no values", allowed)
        if parameter.layout is not torch.strided or parameter.is_quantized or type(parameter.data) is not Tensor:
            raise input_error(place, f"a parameter of layout {parameter.layout}, {type(parameter.data).__name__}", allowed)
        if parameter.dtype not in (*FILE_TYPES.values(), torch.float64):
            raise input_error(place, f"a parameter of type {str(parameter.dtype).removeprefix('torch.')}", allowed)


def check_constants(where: str, module: torch.nn.Module) -> None:
    """Refuses buffers without values: they would be taken for zeros."""
    for name, buffer in module.named_buffers():
        if buffer.is_meta:
            raise input_error(f"{where}.{name}", "a buffer on device meta has no values", "buffers that hold their values")


def write_cached(module: torch.nn.Module, key: dict[str, object]) -> Path:
    """The module's parameters, each once, as a safetensors file of the cache, named by `key`."""
    first = set(tied_names(module).values())
    return cached(key, lambda file: save_file({n: _apart(p) for n, p in module.named_parameters() if n in first}, file))


def _apart(parameter: Tensor) -> Tensor:
    """Dense, with no other tensor in its storage: safetensors writes no views."""
    tensor = parameter.detach().cpu().contiguous()
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()


def tied_names(module: torch.nn.Module) -> dict[str, str]:
    """Parameters that are the same memory read in the same way -> the first name, under which `write_cached` stores it."""
    first: dict[object, str] = {}
    return {n: first.setdefault(_memory(p), n) for n, p in module.named_parameters(remove_duplicate=False)}


def untie(module: torch.nn.Module, held: WeightFiles, names: Mapping[str, str]) -> dict[str, str]:
    """Parameters that the module shares and whose values differ in the files become apart in the module, as in Transformers.
    Gives `names` with one tensor for those that stay shared."""
    found = dict(names)
    for parameter, first in tied_names(module).items():
        own, shared = names[parameter], names[first]
        if own == shared or own not in held.files or shared not in held.files:
            continue
        if _equal(held.tensor(own), held.tensor(shared)):
            found[parameter] = shared
        else:
            path, _, name = parameter.rpartition(".")
            child = module.get_submodule(path)
            setattr(child, name, torch.nn.Parameter(torch.empty_like(child.get_parameter(name))))
    return found


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and torch.equal(a, b)


def _memory(tensor: Tensor) -> object:
    if tensor.is_meta or not tensor.numel():
        return id(tensor)
    return tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride()


def content_key(module: torch.nn.Module) -> dict[str, object]:
    content = hashlib.sha256()
    for name, parameter in module.named_parameters():
        content.update(f"{name}:{tuple(parameter.shape)}:{parameter.dtype}".encode())
        content.update(parameter.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return {"content": content.hexdigest(), "tied": sorted(tied_names(module).items())}
