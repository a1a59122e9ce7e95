"""What PyTorch's kernels say of operands of several float types: export, which sees shapes alone, does not ask them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.export import ExportedProgram
from torch.fx import Node

from garam.dtypes import listed
from garam.errors import brief
from garam.frontdoor.builder import Builder


def check_kernels(program: ExportedProgram, instead: str) -> None:
    """Raises InputError at the first op that PyTorch itself would not run. instead: what else is allowed."""
    asked: set[object] = set()
    for node in program.graph.nodes:
        if not _several_types(node):
            continue
        kind = (node.target, tuple((n.meta["val"].dtype, n.meta["val"].dim()) for n in node.all_input_nodes))
        if kind not in asked:
            asked.add(kind)
            _ask(node, instead)


def _several_types(node: Node) -> bool:
    if not isinstance(node.target, torch._ops.OpOverload) or node.target.namespace != "aten":
        return False
    operands = [n.meta.get("val") for n in node.all_input_nodes]
    return all(isinstance(t, Tensor) for t in operands) and len({t.dtype for t in operands if t.is_floating_point()}) > 1


def _ask(node: Node, instead: str) -> None:
    args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), _zeros)
    try:
        with torch.no_grad():
            node.target(*args, **kwargs)
    except RuntimeError as error:
        builder = Builder()
        builder.enter(node)
        types = dict.fromkeys(n.meta["val"].dtype for n in node.all_input_nodes if n.meta["val"].is_floating_point())
        raise builder.unsupported(f"PyTorch does not run it on {listed(types)} ({brief(error)})",
                                  f"operands of one type{instead}") from error


def _zeros(node: Node) -> Tensor:
    """Of one element, however large the operand is."""
    operand = node.meta["val"]
    return torch.zeros((), dtype=operand.dtype).expand(tuple(int(n) for n in operand.shape))
