"""Graph programs of single ops with random operands, made without the front door, for every road that computes their values."""
from __future__ import annotations

import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from garam.chip import Chip
from garam.compiler import Facts, lower
from garam.dtypes import from_torch
from garam.frontdoor.ir import Argument, Function, Location, Op, Program, Result, Value
from garam.frontdoor.text import program_text
from garam.program import Program as Compiled
from garam.reference.check import Checker, Comparison


class Graph:
    """A function under construction; every op's result is an output."""

    def __init__(self, rng: random.Random, dtype: torch.dtype):
        self.rng, self.dtype = rng, dtype
        self.arguments: list[Argument] = []
        self.ops: list[Op] = []
        self.results: list[Result] = []
        self.inputs: dict[str, Tensor] = {}
        self.states: dict[str, Tensor] = {}
        self.values: dict[str, int] = {}

    def shape(self, rank: int, most: int = 9) -> list[int]:
        return [self.rng.randint(1, most) for _ in range(rank)]

    def normal(self, *shape: int, dtype: torch.dtype | None = None) -> Argument:
        return self.given(torch.randn(shape).to(dtype or self.dtype))

    def given(self, tensor: Tensor, kind: str = "input") -> Argument:
        name = f"x{len(self.arguments)}"
        (self.states if kind == "state" else self.inputs)[name] = tensor
        self.arguments.append(Argument(tuple(tensor.shape), tensor.dtype, kind=kind, name=name))
        return self.arguments[-1]

    def position(self, value: int, high: int) -> Argument:
        self.values["pos"] = value
        self.arguments.append(Argument((), None, kind="value", name="pos", range=(0, high)))
        return self.arguments[-1]

    def give(self, name: str, operands: Sequence[Value], shape: Sequence[int], dtype: torch.dtype | None = None, *,
             state: str | None = None, **properties: Any) -> Value:
        """One op. `state` is the argument that its result replaces."""
        value = Value(tuple(shape), dtype or self.dtype)
        value.op = Op(f"graph.{name}", list(operands), properties, Location(f"{name}_{len(self.ops)}", ""), [value])
        self.ops.append(value.op)
        self.results.append(Result(value, f"y{len(self.results)}", state))
        return value

    @property
    def source(self) -> Any:
        """What the reference takes a model as."""
        main = Function("main", self.arguments, self.ops, self.results)
        program = Program([main], {"graph.model": "ops"}, main)
        return SimpleNamespace(program=program, inputs=self.inputs, states=self.states, values=self.values, weights={},
                               resolve=lambda node, instance: node)

    @property
    def text(self) -> str:
        return program_text(self.source.program)

    def on_machine(self, chip: str) -> dict[str, Tensor]:
        """Results by name."""
        target = Chip(chip)
        facts = Facts(model="ops", dtype=from_torch(self.dtype))
        result = Compiled(lower(self.text, "ops", target, facts)["program"], target, None, "ops").run(
            mode="values", values=self.values, states=self.states, **self.inputs)
        found = result.outputs | result.states
        return {r.name: found[r.state or r.name] for r in self.results}

    def through_linalg(self) -> dict[str, Tensor]:
        from garam import _compiler

        out = _compiler.run_golden(self.text, {n: raw(t) for n, t in (self.inputs | self.states | self.values).items()})
        return {r.name: torch.frombuffer(bytearray(out[r.name]), dtype=r.value.dtype).reshape(r.value.shape) for r in self.results}

    def compare(self, results: dict[str, Tensor]) -> list[Comparison]:
        """Each result against its bound, which follows from the operands (docs/numerics.md)."""
        return Checker(self.source).check([], results, results)


def raw(value: Tensor | int) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(8, "little", signed=True)
    return value.contiguous().flatten().view(torch.uint8).numpy().tobytes()
