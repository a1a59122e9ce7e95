"""Values of a module by two roads that share nothing: eager PyTorch, and the graph of the front door through MLIR's own compiler."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from garam import _compiler
from garam.chip import Chip
from garam.compiler import Facts, lower
from garam.frontdoor.exporter import export
from garam.frontdoor.importer import import_model
from garam.frontdoor.ir import Program
from garam.frontdoor.text import program_text
from garam.program import Program as Compiled

#: Relative to the largest value: an op's own roundings, not those of a sum that cancels.
TOLERANCE = {torch.float32: 2e-5, torch.float16: 6e-3, torch.bfloat16: 4e-2}


class Plain(nn.Module):
    """A module of one function and no weights."""

    def __init__(self, function: Callable[..., Any]):
        super().__init__()
        self.function = function

    def forward(self, **tensors: Any) -> Any:
        return self.function(**tensors)


def graph_of(function: Callable[..., Any], inputs: dict[str, Any]) -> Program:
    return import_model(export(Plain(function), (), inputs), {}, {"graph.model": "case"})


def by_graph(function: Callable[..., Any], inputs: dict[str, Any]) -> list[Tensor]:
    """The results, in their order."""
    flat = graph_of(function, inputs).flat
    flat.results = [dataclasses.replace(result, name=f"result_{i}") for i, result in enumerate(flat.results)]
    tensors = {n: raw(v) for n, v in inputs.items() if isinstance(v, Tensor)}
    out = _compiler.run_golden(program_text(Program([flat], {"graph.model": "case"}, flat)), tensors)
    return [torch.frombuffer(bytearray(out[r.name]), dtype=r.value.dtype).reshape(r.value.shape) for r in flat.results]


def on_machine(function: Callable[..., Any], inputs: dict[str, Any], chip: str = "unit") -> list[Tensor]:
    """The same results from the instructions."""
    flat = graph_of(function, inputs).flat
    flat.results = [dataclasses.replace(result, name=f"result_{i}") for i, result in enumerate(flat.results)]
    text, target = program_text(Program([flat], {"graph.model": "case"}, flat)), Chip(chip)
    program = Compiled(lower(text, "case", target, Facts(model="case", dtype="f32"))["program"], target, None, "case")
    outputs = program.run(mode="values", **inputs).outputs
    return [outputs[result.name] for result in flat.results]


def raw(value: Tensor) -> bytes:
    return value.contiguous().flatten().view(torch.uint8).numpy().tobytes()


def eager(function: Callable[..., Any], inputs: dict[str, Any]) -> list[Tensor]:
    with torch.no_grad():
        found = function(**inputs)
    return list(found) if isinstance(found, (tuple, list)) else [found]


def differences(got: Sequence[Tensor], want: Sequence[Tensor], signs: bool = True) -> list[str]:
    """One line for each result that is wrong. Integers, truth values, NaN, infinities and, with `signs`, the signs of zeros are
    exact."""
    if len(got) != len(want):
        return [f"{len(got)} results, not {len(want)}"]
    return [f"result {i}: {text}" for i, (g, w) in enumerate(zip(got, want)) if (text := _difference(g, w, signs))]


def _difference(got: Tensor, want: Tensor, signs: bool) -> str:
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"{got.dtype} {list(got.shape)}, not {want.dtype} {list(want.shape)}"
    if not want.is_floating_point():
        wrong = got != want
    else:
        g, w = got.double(), want.double()
        finite = w.abs()[w.isfinite()]
        size = float(finite.max()) if finite.numel() else 0.0
        near = (g - w).abs() <= TOLERANCE[want.dtype] * size
        wrong = ~(near | (g == w) | (g.isnan() & w.isnan()))
        wrong |= (g == 0) & (w == 0) & (g.signbit() != w.signbit()) & signs
    if not wrong.any():
        return ""
    at = tuple(int(i) for i in wrong.nonzero()[0])
    return f"{int(wrong.sum())} of {wrong.numel()} wrong, first at {list(at)}: {got[at].item()}, not {want[at].item()}"
