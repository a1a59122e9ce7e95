"""Rows of rotary tables at the run-time position of a step, recognised from their values whatever the model does to get them."""

from __future__ import annotations

import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node

_TRIED = (0, 1, 7)  # run-time positions


def resolve(program: ExportedProgram) -> None:
    """A rotation by rows of a table at positions pos, pos + 1, … of every sequence takes the table and pos itself."""
    rows = torch.ops.garam.rotary_rows.default
    found: dict[Node, Node | None] = {}
    for node in program.graph.nodes:
        if node.target is not torch.ops.garam.rope.default:
            continue
        x, cos, sin, _, style = node.args
        if cos.target is not rows or sin.target is not rows or cos.args[1] is not sin.args[1]:
            continue
        positions = cos.args[1]
        if positions not in found:
            found[positions] = _start(program, positions)
        if found[positions] is not None:
            node.args = (x, cos.args[0], sin.args[0], found[positions], style)


def _start(program: ExportedProgram, positions: Node) -> Node | None:
    """The input `pos` for which these positions [B,S] are pos + 0 … S − 1 in every row."""
    order = _ancestors(positions)
    users = {s.arg.name for s in program.graph_signature.input_specs if s.kind is InputKind.USER_INPUT}
    starts = [n for n in order if n.op == "placeholder"]
    if len(starts) != 1 or starts[0].name not in users or tuple(starts[0].meta["val"].shape) != ():
        return None
    for start in _TRIED:
        got = _evaluate(order, starts[0], torch.tensor(start))
        if got is None or not torch.equal(got, (torch.arange(got.shape[-1]) + start).expand(got.shape)):
            return None
    return starts[0]


def _ancestors(node: Node) -> list[Node]:
    """Everything that `node` depends on, and itself, in the order of the graph."""
    needed, queue = {node}, [node]
    for reader in queue:
        for source in reader.all_input_nodes:
            if source not in needed:
                needed.add(source)
                queue.append(source)
    return [n for n in node.graph.nodes if n in needed]


def _evaluate(order: list[Node], given: Node, value: torch.Tensor) -> torch.Tensor | None:
    values: dict[Node, object] = {given: value}
    for node in order:
        if node is given:
            continue
        if node.op != "call_function":
            return None
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: values[n])
        values[node] = node.target(*args, **kwargs)
    return values[order[-1]]
