"""Modules whose parameters have no values: made on the meta device, exported as they are, filled when values are asked for."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode


@contextlib.contextmanager
def without_values() -> Iterator[None]:
    """Parameters that modules register inside go to the meta device; buffers, which no checkpoint may hold, keep their values."""
    original = torch.nn.Module.register_parameter

    def register(self: torch.nn.Module, name: str, parameter: torch.nn.Parameter | None) -> None:
        original(self, name, parameter)
        if parameter is not None and not parameter.is_meta:
            # In place: a module may register one parameter twice.
            empty = torch.empty_like(parameter, device="meta")
            torch.utils.swap_tensors(parameter, torch.nn.Parameter(empty, parameter.requires_grad))

    torch.nn.Module.register_parameter = register
    try:
        yield
    finally:
        torch.nn.Module.register_parameter = original


def is_valueless(module: torch.nn.Module) -> bool:
    return any(tensor.is_meta for tensor in (*module.parameters(), *module.buffers()))


@contextlib.contextmanager
def on_cpu(module: torch.nn.Module) -> Iterator[Callable[[Tensor], Tensor]]:
    """What lies on the meta device poses as tensors of the CPU while the module is traced, so that its code may mix it with others.
    Gives what makes such a tensor of another one, for the arguments; where nothing is on the meta device they stay as they are."""
    if not is_valueless(module):
        yield lambda tensor: tensor
        return
    mode = FakeTensorMode(allow_non_fake_inputs=True)

    def fake(tensor: Tensor) -> Tensor:
        with mode:
            return torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")

    undo = _replace(module, lambda p: torch.nn.Parameter(fake(p), requires_grad=False), fake)
    try:
        yield fake
    finally:
        for table, name, tensor in undo:
            table[name] = tensor


def filled(module: torch.nn.Module, value: Callable[[str], Tensor]) -> torch.nn.Module:
    """A copy with values. value: of a parameter, by name; a buffer without values is a cache and starts as zeros."""
    module = copy.deepcopy(module)
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    _replace(module, lambda p: torch.nn.Parameter(value(names[id(p)]), requires_grad=False),
             lambda b: torch.zeros(b.shape, dtype=b.dtype))
    return module


def _replace(module: torch.nn.Module, parameter: Callable[[Tensor], Tensor],
             buffer: Callable[[Tensor], Tensor]) -> list[tuple[dict[str, Tensor | None], str, Tensor]]:
    """Replaces what lies on the meta device, each tensor by one, wherever it is registered; gives what was where."""
    made: dict[int, Tensor] = {}
    undo = []
    for child in module.modules():
        for table, make in ((child._parameters, parameter), (child._buffers, buffer)):
            for name, tensor in table.items():
                if tensor is not None and tensor.is_meta:
                    undo.append((table, name, tensor))
                    table[name] = made[id(tensor)] if id(tensor) in made else made.setdefault(id(tensor), make(tensor))
    return undo
