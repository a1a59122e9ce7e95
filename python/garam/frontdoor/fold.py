"""Nodes whose value no input, weight or state can change, computed once in PyTorch."""

from __future__ import annotations

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node

from garam.errors import input_error
from garam.frontdoor.operands import same_elements

_STATEFUL = ("garam.kv_update",)
#: Arguments of ops that may draw, and the value at which they do not.
_DRAWS_NOTHING = {"train": False, "training": False, "dropout_p": 0.0}


def constants(program: ExportedProgram) -> dict[Node, torch.Tensor]:
    """Values of the constant nodes: buffers that are never written, lifted tensors, and what depends on these alone."""
    signature, values = program.graph_signature, {}
    written = set(signature.buffers_to_mutate.values())
    specs = {s.arg.name: s for s in signature.input_specs}
    for node in program.graph.nodes:
        if node.op == "placeholder":
            spec = specs[node.name]
            if spec.kind is InputKind.BUFFER and spec.target not in written:
                values[node] = _held(program, spec.target, bool(node.users))
            elif spec.kind is InputKind.CONSTANT_TENSOR:
                values[node] = program.constants[spec.target]
        elif node.op == "call_function" and not str(node.target).startswith(_STATEFUL) and not is_random(node):
            _fold(node, values)
    return values


def is_random(node: Node) -> bool:
    """An op that may draw random numbers: its value is no constant, even where its operands are. Some that PyTorch marks draw none in
    evaluation mode, or where they drop nothing."""
    if torch.Tag.nondeterministic_seeded not in getattr(node.target, "tags", ()):
        return False
    given = {a.name: a.default_value for a in node.target._schema.arguments}
    given |= dict(zip(given, node.args)) | node.kwargs
    return not any(given.get(name) == value for name, value in _DRAWS_NOTHING.items())


def stored(program: ExportedProgram, name: str) -> torch.Tensor:
    """A buffer as the module holds it."""
    return program.state_dict[name] if name in program.state_dict else program.constants[name]


def _held(program: ExportedProgram, name: str, is_read: bool) -> torch.Tensor:
    """A buffer that is never written. A cache has no values of its own: what reads one that nothing writes would read zeros."""
    value = stored(program, name)
    if is_read and isinstance(value, FakeTensor):
        raise input_error(name, "a cache that is read and never written", "caches whose layer writes them")
    return value


def _fold(node: Node, values: dict[Node, torch.Tensor]) -> None:
    meta = node.meta.get("val")
    if not isinstance(meta, torch.Tensor) or not all(isinstance(size, int) for size in meta.shape):
        return
    if all(n in values for n in node.all_input_nodes):
        with torch.no_grad():
            args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: values[n])
            values[node] = node.target(*args, **kwargs)
    elif node.target is torch.ops.aten.gather.default and node.args[0] in values:
        source = values[node.args[0]]  # picking from equal elements needs no index (RoBERTa's token types)
        if same_elements(source):
            values[node] = source.flatten()[0].expand(tuple(meta.shape))
