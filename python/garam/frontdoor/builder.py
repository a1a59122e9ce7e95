"""What a lowering of one exported node sees: its arguments as values, and how to append graph ops."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.fx import Node

from garam.errors import InputError, input_error
from garam.frontdoor.ir import MLIR_TYPES, Constant, Location, Op, Value

Lowering = Callable[..., Value | Sequence[Value]]
LOWERINGS: dict[str, Lowering] = {}

#: Ops that take a run-time scalar as it is.
_RUN_TIME = ("attention", "rope", "kv_update")

#: Folders of code that is nobody's model.
_TORCH, _LIBRARY = (f"{Path(module.__file__).parent}/" for module in (torch, os))
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


def lowers(*targets: str) -> Callable[[Lowering], Lowering]:
    """Registers a lowering of aten or garam ops, by name with overload. It is called with the builder and the node's arguments,
    in which nodes are values."""

    def register(function: Lowering) -> Lowering:
        for target in targets:
            assert target not in LOWERINGS, target
            LOWERINGS[target] = function
        return function

    return register


class Builder:
    """Appends ops for one node at a time; `node` is the one being lowered."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.paths: dict[int, tuple[str, ...]] = {}  # id(op) -> module paths, outermost first
        self.node: Node | None = None
        self._names: dict[str, int] = {}
        self._scalars: dict[tuple[str, torch.dtype], Constant] = {}

    def enter(self, node: Node) -> None:
        self.node = node

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the node's result."""
        return tuple(int(n) for n in self.node.meta["val"].shape)

    @property
    def dtype(self) -> torch.dtype:
        return self.node.meta["val"].dtype

    def op(self, name: str, operands: Sequence[Value], shape: Sequence[int], dtype: torch.dtype,
           piece: str | None = None, **properties: Any) -> Value:
        """One op with one result. piece: what it is of the node, when it is not the node's last op."""
        self.check_type(dtype)
        scalar = next((v for v in operands if v.dtype is None), None)
        if scalar is not None and name not in _RUN_TIME:
            raise self.unsupported(f"computes with the run-time value {scalar.name}",
                                   "rotary positions, attention over a cache and its updates; --phase prefill has none")
        value = Value(tuple(int(n) for n in shape), dtype)
        op = Op(f"graph.{name}", list(operands), properties, self._unique(self.location(piece)), [value])
        value.op = op
        self.ops.append(op)
        self.paths[id(op)] = module_paths(self.node)
        return value

    def scalar(self, number: float | int | bool, dtype: torch.dtype) -> Constant:
        """A constant of rank 0, converted as PyTorch converts a Python number."""
        key = (repr(number), dtype)  # 0.0, -0.0, 0 and False are equal as numbers
        if key not in self._scalars:
            self._scalars[key] = self.constant(torch.tensor(number).to(dtype), "constant")
        return self._scalars[key]

    def constant(self, data: torch.Tensor, piece: str | None = None) -> Constant:
        """A number in f64 is one in f32: PyTorch counts it as a number, not as a tensor of that type."""
        if data.dtype == torch.float64 and data.dim() == 0:
            data = data.float()
        self.check_type(data.dtype)
        return Constant(tuple(data.shape), data.dtype, data=data.detach().cpu(), location=self.location(piece))

    def cast(self, value: Value, dtype: torch.dtype, piece: str | None = "cast") -> Value:
        if value.dtype == dtype:
            return value
        self.check_type(dtype)
        if isinstance(value, Constant):
            return self.constant(value.data.to(dtype), "constant")
        inner = value.op.operands[0] if value.op is not None and value.op.name == "graph.cast" else None
        if inner is not None and inner.dtype == torch.bool and dtype != torch.bool:
            value = inner  # 0 and 1 are the same numbers in every type
        return self.op("cast", [value], value.shape, dtype, piece)

    def reshape(self, value: Value, shape: Sequence[int], piece: str | None = "reshape") -> Value:
        if tuple(shape) == value.shape:
            return value
        if isinstance(value, Constant):
            return self.constant(value.data.reshape(tuple(shape)), "constant")
        if value.op is not None and value.op.name == "graph.reshape":
            value = value.op.operands[0]
            return value if tuple(shape) == value.shape else self.op("reshape", [value], shape, value.dtype, piece)
        return self.op("reshape", [value], shape, value.dtype, piece)

    def _unique(self, at: Location) -> Location:
        """Every op has a node name of its own: validation finds tensors by it."""
        count = self._names[at.node] = self._names.get(at.node, 0) + 1
        return at if count == 1 else dataclasses.replace(at, node=f"{at.node}.{count}")

    def location(self, piece: str | None = None) -> Location:
        node = self.node
        name = node.name if piece is None else f"{node.name}.{piece}"
        paths = module_paths(node)
        return Location(name, paths[-1] if paths else "", *source_line(node))

    def check_type(self, dtype: torch.dtype) -> None:
        if dtype not in MLIR_TYPES:
            raise self.unsupported(f"type {str(dtype).removeprefix('torch.')}", "f32, bf16, f16, i64, i32 and bool")

    def unsupported(self, what: str, allowed: str) -> InputError:
        """The one-line error, at the node's module and source line."""
        paths = module_paths(self.node)
        file, line = source_line(self.node)
        where = f"{paths[-1] if paths and paths[-1] else 'model'}{f' ({file}:{line})' if file else ''}"
        return input_error(where, f"{self.node.target}: {what}", allowed)


def module_paths(node: Node) -> tuple[str, ...]:
    """Paths of the modules around a node, outermost first."""
    return tuple(path for path, _ in (node.meta.get("nn_module_stack") or {}).values())


def source_line(node: Node) -> tuple[str | None, int]:
    """The innermost frame of the model's own code."""
    for file, line in reversed(_FRAME.findall(node.meta.get("stack_trace") or "")):
        if own := own_line(file):
            return own, int(line)
    return None, 0


def own_line(file: str) -> str | None:
    """The name of a file of the model's own code; None for PyTorch's and ours."""
    library = file.startswith(_LIBRARY) and "site-packages/" not in file
    return None if library or file.startswith(_TORCH) or "/garam/frontdoor/" in file or file.startswith("<") else _short(file)


def _short(file: str) -> str:
    """The same on every machine for installed packages and for this project's own models."""
    for root in ("site-packages/", f"{Path(__file__).resolve().parents[3]}/"):
        file = file.rpartition(root)[2]
    return file
