"""`garam op`: one operation as a module with seeded operands, which then takes the road of every other model."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .dtypes import torch_dtype
from .errors import input_error


@dataclass(frozen=True)
class Options:
    """What may stand beside a shape. Only attention takes any of them."""

    causal: bool = False
    window: int | None = None
    batch: int | None = None


@dataclass(frozen=True)
class Operation:
    """A module, its arguments by name, and the name that reports show."""

    name: str
    module: nn.Module
    inputs: dict[str, torch.Tensor]


class Binary(nn.Module):
    def __init__(self, function: Callable[..., torch.Tensor]):
        super().__init__()
        self.function = function

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return self.function(a, b)


class Unary(nn.Module):
    def __init__(self, function: Callable[..., torch.Tensor]):
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


class Attention(nn.Module):
    """Queries align with the last keys; scale is 1/√dim."""

    def __init__(self, dim: int, causal: bool, window: int):
        from .frontdoor import ops  # noqa: F401  (registers torch.ops.garam)

        super().__init__()
        self.scale, self.causal, self.window = dim ** -0.5, causal, window

    def forward(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        return torch.ops.garam.attention(query, key, value, self.scale, self.causal, self.window, 0.0)


def _randomise(module: nn.Module, generator: torch.Generator) -> nn.Module:
    """Weights away from 1 and 0, so that one left out shows."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5 + 0.25)
    return module


def _matmul(shape: list[int], options: Options) -> tuple[nn.Module, dict[str, list[int]]]:
    m, n, k = shape
    return Binary(torch.matmul), {"a": [m, k], "b": [k, n]}


def _attention(shape: list[int], options: Options) -> tuple[nn.Module, dict[str, list[int]]]:
    heads, kv_heads, query, key, dim = shape
    if heads % kv_heads:
        raise input_error("--shape", f"{heads} heads do not divide by {kv_heads} KV heads", "a multiple of KV_HEADS")
    if options.causal and query > key:
        raise input_error("--causal", f"{query} queries see {key} keys: the first rows would see none", "QUERY <= KEY")
    batch = options.batch or 1
    module = Attention(dim, options.causal, options.window or 0)
    return module, {"query": [batch, heads, query, dim], "key": [batch, kv_heads, key, dim],
                    "value": [batch, kv_heads, key, dim]}


def _unary(function: Callable[..., torch.Tensor]) -> Any:
    return lambda shape, options: (Unary(function), {"x": shape})


def _binary(function: Callable[..., torch.Tensor]) -> Any:
    return lambda shape, options: (Binary(function), {"a": shape, "b": shape})


#: Name → what the shape says, and what builds it.
OPERATIONS: dict[str, tuple[str, Callable[[list[int], Options], tuple[nn.Module, dict[str, list[int]]]]]] = {
    "matmul": ("M,N,K", _matmul),
    "layer_norm": ("ROWS,COLUMNS", lambda shape, options: (nn.LayerNorm(shape[1]), {"input": shape})),
    "rms_norm": ("ROWS,COLUMNS", lambda shape, options: (nn.RMSNorm(shape[1], eps=1e-6), {"x": shape})),
    "softmax": ("ROWS,COLUMNS", _unary(lambda x: torch.softmax(x, -1))),
    "attention": ("HEADS,KV_HEADS,QUERY,KEY,DIM", _attention),
    "gelu": ("ROWS,COLUMNS", _unary(nn.functional.gelu)),
    "silu": ("ROWS,COLUMNS", _unary(nn.functional.silu)),
    "add": ("ROWS,COLUMNS", _binary(torch.add)),
    "mul": ("ROWS,COLUMNS", _binary(torch.mul)),
}


def parse_shape(name: str, text: str) -> list[int]:
    """`M,N,K` as numbers; every operation takes any positive ones."""
    names = OPERATIONS[name][0]
    try:
        shape = [int(part) for part in text.split(",")]
    except ValueError:
        raise input_error("--shape", f"'{text}' is not a list of whole numbers", f"{names} for {name}") from None
    if len(shape) != len(names.split(",")) or min(shape) < 1:
        raise input_error("--shape", f"'{text}' does not fit {name}", f"{names}, each at least 1")
    return shape


def build(name: str, shape: list[int], dtype: str = "bf16", options: Options = Options(), seed: int = 0) -> Operation:
    """The operation with operands from a standard normal distribution, weights included, all of `dtype`."""
    if name not in OPERATIONS:
        raise input_error("op", f"unknown operation '{name}'", ", ".join(OPERATIONS))
    if name != "attention":
        for flag, given in (("--causal", options.causal), ("--window", options.window), ("--batch", options.batch)):
            if given:
                raise input_error(flag, f"means nothing for {name}", "attention")
    module, shapes = OPERATIONS[name][1](shape, options)
    generator = torch.Generator().manual_seed(seed)
    kind = torch_dtype(dtype)
    inputs = {key: torch.randn(size, generator=generator).to(kind) for key, size in shapes.items()}
    module = _randomise(module, generator).to(kind).eval()
    return Operation(f"{name} {','.join(map(str, shape))}", module, inputs)
