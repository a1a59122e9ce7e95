"""Tensors into and out of the bytes of a segment: dense, row-major, in the segment's element type."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from .dtypes import torch_dtype
from .errors import input_error

_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)  # for which PyTorch has hardly a function


def as_tensor(name: str, value: Any) -> torch.Tensor:
    """On the CPU, without a gradient; one that has no data (device meta) stays where it is. `name` is for errors."""
    if not isinstance(value, torch.Tensor):
        try:
            array = np.asarray(value)
            return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))
        except (TypeError, ValueError):
            raise input_error(name, f"a {type(value).__name__} is no tensor", "a torch or NumPy tensor, or numbers in lists") from None
    if value.layout != torch.strided or value.is_quantized:
        raise input_error(name, f"layout {str(value.layout).removeprefix('torch.')}", "a dense tensor")
    return value.detach() if value.is_meta else value.detach().cpu()


def check(value: Any, segment: Mapping[str, Any]) -> torch.Tensor:
    """The tensor. Throws if its shape or kind of number differ from the segment's, or if integers are outside of its type or range."""
    name, shape, wanted = segment["name"], list(segment["shape"]), torch_dtype(segment["dtype"])
    tensor = as_tensor(name, value)
    if list(tensor.shape) != shape:
        raise input_error(name, f"shape {list(tensor.shape)}", f"{shape}")
    if _kind(tensor.dtype) != _kind(wanted):
        raise input_error(name, f"type {str(tensor.dtype).removeprefix('torch.')}", str(wanted).removeprefix("torch."))
    if _kind(wanted) == "integer" and tensor.numel() and not tensor.is_meta:
        limits = torch.iinfo(wanted)
        low, high = segment.get("range") or (limits.min, limits.max)
        numbers = tensor.numpy()
        least, most = int(numbers.min()), int(numbers.max())
        if least < low or most > high:
            outside = least if least < low else most
            what = "the rows of the table that it indexes" if segment.get("range") else f"what {segment['dtype']} holds"
            raise input_error(name, f"{outside} is outside its range", f"{low} to {high}, {what}")
    return tensor


def _kind(dtype: torch.dtype) -> str:
    if dtype == torch.bool:
        return "truth value"
    if dtype.is_complex:
        return "complex"
    return "float" if dtype.is_floating_point else "integer"


def to_bytes(value: Any, segment: Mapping[str, Any]) -> np.ndarray:
    """A flat uint8 array. Throws as `check` does, or if the tensor has no data."""
    tensor = check(value, segment)
    if tensor.is_meta:
        raise input_error(segment["name"], "a tensor on device meta has no data", "a tensor with data, or mode cycles")
    if tensor.dtype in _UNSIGNED:
        tensor = torch.from_numpy(tensor.numpy().astype(np.int64))
    return tensor.to(torch_dtype(segment["dtype"])).contiguous().reshape(-1).view(torch.uint8).numpy()


def from_bytes(data: bytearray, dtype: str, shape: list[int]) -> torch.Tensor:
    """Takes over the buffer."""
    if not data:
        return torch.empty(shape, dtype=torch_dtype(dtype))
    return torch.frombuffer(data, dtype=torch_dtype(dtype)).reshape(shape)


def drawn(segment: Mapping[str, Any], generator: torch.Generator) -> torch.Tensor:
    """Floats from a standard normal distribution, indices uniformly from their range, other integers and truth values all one."""
    dtype, shape = torch_dtype(segment["dtype"]), list(segment["shape"])
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(dtype)
    if segment.get("range"):
        low, high = segment["range"]
        return torch.randint(low, high + 1, shape, generator=generator, dtype=dtype)
    return torch.ones(shape, dtype=dtype)
