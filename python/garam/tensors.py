"""Tensors into and out of the bytes of a segment: dense, row-major, in the segment's element type."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from .dtypes import torch_dtype
from .errors import input_error


def as_tensor(value: Any) -> torch.Tensor:
    """On the CPU, without a gradient; one that has no data (device meta) stays where it is."""
    if not isinstance(value, torch.Tensor):
        return torch.as_tensor(np.asarray(value))
    return value.detach() if value.is_meta else value.detach().cpu()


def check(value: Any, segment: Mapping[str, Any]) -> torch.Tensor:
    """Throws if shape or kind of number differ from the segment's."""
    tensor, wanted = as_tensor(value), torch_dtype(segment["dtype"])
    name, shape = segment["name"], list(segment["shape"])
    if list(tensor.shape) != shape:
        raise input_error(name, f"shape {list(tensor.shape)}", f"{shape}")
    if tensor.is_floating_point() != wanted.is_floating_point:
        raise input_error(name, f"type {str(tensor.dtype).removeprefix('torch.')}", str(wanted).removeprefix("torch."))
    return tensor


def to_bytes(value: Any, segment: Mapping[str, Any]) -> np.ndarray:
    """A flat uint8 array. Throws if the tensor is not the segment's kind, holds values outside its type, or no data."""
    tensor, name, wanted = check(value, segment), segment["name"], torch_dtype(segment["dtype"])
    if tensor.is_meta:
        raise input_error(name, "a tensor on device meta has no data", "a tensor with data, or mode cycles")
    if wanted == torch.bool:
        tensor = tensor != 0
    elif not wanted.is_floating_point and tensor.numel():
        limits = torch.iinfo(wanted)
        if int(tensor.min()) < limits.min or int(tensor.max()) > limits.max:
            raise input_error(name, f"values outside {wanted}", f"{limits.min} to {limits.max}")
    return tensor.to(wanted).contiguous().reshape(-1).view(torch.uint8).numpy()


def from_bytes(data: bytearray, dtype: str, shape: list[int]) -> torch.Tensor:
    """Takes over the buffer."""
    if not data:
        return torch.empty(shape, dtype=torch_dtype(dtype))
    return torch.frombuffer(data, dtype=torch_dtype(dtype)).reshape(shape)


def generated(segment: Mapping[str, Any], seed: int = 0) -> torch.Tensor:
    """What stands for an input that nobody gave: floats from a standard normal distribution, integers all one."""
    dtype, shape = torch_dtype(segment["dtype"]), list(segment["shape"])
    if not dtype.is_floating_point:
        return torch.ones(shape, dtype=dtype)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
