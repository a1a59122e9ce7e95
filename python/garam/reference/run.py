"""Runs the exported graph node by node in PyTorch, on the CPU or on a GPU, and keeps every named tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.export.graph_signature import InputKind
from torch.fx import Node

from garam.frontdoor.fold import stored
from garam.frontdoor.source import Source


def named_tensors(source: Source, inputs: Mapping[str, Tensor] | None = None, values: Mapping[str, int] | None = None,
                  states: Mapping[str, Tensor] | None = None, device: str = "cpu",
                  replace: Mapping[str, Callable[..., Tensor]] | None = None) -> dict[str, Tensor]:
    """Node name -> tensor in the compute type, on the CPU, in the order of execution. replace: nodes computed by another function
    of the same arguments."""
    program = source.exported.program
    given = {**source.inputs, **(inputs or {}), **{n: torch.tensor(v) for n, v in {**source.values, **(values or {})}.items()}}
    kept = source.states if states is None else states
    specs = {s.arg.name: s for s in program.graph_signature.input_specs}
    found: dict[Node, object] = {}
    tensors: dict[str, Tensor] = {}
    with torch.no_grad():
        for node in program.graph.nodes:
            if node.op == "placeholder":
                found[node] = _moved(_placeholder(specs[node.name], source, given, kept), device)
            elif node.op == "call_function":
                args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: found[n])
                found[node] = (replace or {}).get(node.name, node.target)(*args, **_on(kwargs, device))
                if isinstance(found[node], Tensor):
                    tensors[node.name] = found[node].cpu()
    return tensors


def _placeholder(spec: object, source: Source, given: Mapping[str, Tensor], states: Mapping[str, Tensor]) -> object:
    if spec.kind is InputKind.USER_INPUT:
        return given.get(spec.arg.name)
    if spec.kind is InputKind.BUFFER and spec.target in states:
        return states[spec.target]
    return source.parameter(spec.target) if spec.kind is InputKind.PARAMETER else stored(source.exported.program, spec.target)


def _moved(value: object, device: str) -> object:
    return value.to(device) if isinstance(value, Tensor) else value


def _on(kwargs: Mapping[str, object], device: str) -> dict[str, object]:
    """Factory functions were exported with the device of the export."""
    return {n: torch.device(device) if n == "device" else v for n, v in kwargs.items()}


def outputs(source: Source, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The model's outputs by name, from `named_tensors`."""
    return dict(zip(source.exported.outputs, (tensors[n] for n in source.exported.program.graph_signature.user_outputs)))
