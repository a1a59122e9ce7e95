"""The importer's picture of a graph-dialect program: values, ops in order, functions. docs/graph.md has the meaning."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

MLIR_TYPES = {
    torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16", torch.int64: "i64", torch.int32: "i32",
    torch.bool: "i1",
}


@dataclasses.dataclass(frozen=True)
class Enum:
    """An enumeration attribute: #graph.kind<value>."""

    kind: str
    value: str


@dataclasses.dataclass(frozen=True)
class Location:
    """node: name in the exported graph; path: of the module; file and line: of the model's source, or None."""

    node: str
    path: str
    file: str | None = None
    line: int = 0


@dataclasses.dataclass(eq=False)
class Value:
    """A tensor (or, with dtype None, a run-time scalar of type index). Compared by identity."""

    shape: tuple[int, ...]
    dtype: torch.dtype | None
    op: Op | None = None

    @property
    def type(self) -> str:
        if self.dtype is None:
            return "index"
        return f"tensor<{''.join(f'{n}x' for n in self.shape)}{MLIR_TYPES[self.dtype]}>"


@dataclasses.dataclass(eq=False)
class Constant(Value):
    """A tensor known at compile time; printed in each function that uses it."""

    data: torch.Tensor = None  # type: ignore[assignment]
    location: Location = Location("", "")


@dataclasses.dataclass(eq=False)
class Argument(Value):
    """An argument of a function. kind: input, weight, state or value; in a layer also operand, a tensor that the caller computes.
    file_dtype: of a weight, its type in the file; file: which that is. range: of a value, or of an input that indexes a table, least and greatest."""

    kind: str = "input"
    name: str = ""
    file_dtype: torch.dtype | None = None
    file: Path | None = None
    range: tuple[int, int] | None = None


@dataclasses.dataclass(eq=False)
class Op:
    """One op. callee is set for func.call, whose results may be several. implied: a cast that the importer put around one op of the
    module, to compute it in f32; the module itself asks for no rounding there."""

    name: str
    operands: list[Value]
    properties: dict[str, Any]
    location: Location
    results: list[Value] = dataclasses.field(default_factory=list)
    callee: str | None = None
    instance: str = ""
    implied: bool = False


@dataclasses.dataclass
class Result:
    """A returned value. state: the name of the state argument that it replaces, or None."""

    value: Value
    name: str
    state: str | None = None


@dataclasses.dataclass
class Function:
    name: str
    arguments: list[Argument]
    ops: list[Op]
    results: list[Result]
    private: bool = False


@dataclasses.dataclass
class Program:
    """functions: the layers, then main. instances: for each outlined instance, the node name of the first instance -> its own.
    flat: main before layers became functions, for the reference."""

    functions: list[Function]
    attributes: dict[str, Any]
    flat: Function
    instances: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)

    @property
    def weight_files(self) -> tuple[Path, ...]:
        """Those of main's weights, each once, in order of use: the text names them by number."""
        return tuple(dict.fromkeys(a.file for a in self.functions[-1].arguments if a.file is not None))


def remove_dead(ops: list[Op], results: list[Result]) -> list[Op]:
    """The ops that some result depends on, in the same order."""
    live = {id(r.value) for r in results}
    kept = []
    for op in reversed(ops):
        if any(id(r) in live for r in op.results):
            live.update(id(v) for v in op.operands)
            kept.append(op)
    return kept[::-1]
