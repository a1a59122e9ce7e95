"""`torch.compile(model, backend="garam", options={"chip": "atom"})`.

The captured graph is exported again, so both doors lead to one importer. Parameters become weights of the program; what is left are
its inputs.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from .chip import Chip
from .compiler import compile_source
from .dtypes import compute_dtype
from .errors import input_error

#: Options of torch.compile, and what each is when not given.
_OPTIONS = {"chip": "atom", "dies": 0, "set": (), "dtype": None, "mapping": None, "mode": "both", "on_result": None}


class _Bound(torch.nn.Module):
    """The captured graph with its parameters inside; takes the other arguments by name."""

    def __init__(self, graph: torch.fx.GraphModule, examples: Sequence[Any]):
        super().__init__()
        self.graph, self.order = graph, []
        for number, (example, node) in enumerate(zip(examples, graph.graph.find_nodes(op="placeholder"))):
            name = f"input_{number}"
            if isinstance(example, torch.nn.Parameter):
                name = node.name
                self.register_parameter(name, example)
            self.order.append(name)

    @property
    def inputs(self) -> list[int]:
        return [number for number, name in enumerate(self.order) if name not in self._parameters]

    def forward(self, **inputs: torch.Tensor) -> Any:
        return self.graph(*(inputs[name] if name in inputs else self._parameters[name] for name in self.order))


def backend(graph: torch.fx.GraphModule, examples: Sequence[Any], options: dict[str, Any] | None = None) -> Callable[..., Any]:
    """What torch.compile calls. `on_result` takes each run's garam.Result."""
    from .frontdoor import bring_in
    from .frontdoor.model import OWN, Model

    chosen = _OPTIONS | (options or {})
    unknown = sorted(set(chosen) - set(_OPTIONS))
    if unknown:
        raise input_error(unknown[0], "no option of backend garam", ", ".join(_OPTIONS))
    if chosen["mode"] == "cycles":
        raise input_error("mode", "a run in mode cycles has no values to give back", "both, values")
    symbolic = [example for example in examples if not isinstance(example, torch.Tensor)]
    if symbolic:
        raise input_error("torch.compile", f"a graph with the run-time size {symbolic[0]}", "dynamic=False")
    bound = _Bound(graph, examples).eval()
    inputs = {bound.order[number]: examples[number].detach() for number in bound.inputs}
    source = bring_in(Model("torch.compile", bound, inputs, phase=""), compute_dtype(chosen["dtype"]) if chosen["dtype"] else OWN)
    chip = Chip(chosen["chip"], tuple(chosen["set"]), chosen["dies"])
    session = compile_source(source, chip, mapping=chosen["mapping"]).open(chosen["mode"])
    returned = _outputs(graph)

    def run(*arguments: Any) -> tuple[Any, ...]:
        result = session.run({bound.order[number]: arguments[number] for number in bound.inputs}, states=source.states,
                             records=chosen["on_result"] is not None)
        if chosen["on_result"]:
            chosen["on_result"](result)
        tensors = iter(result.outputs.values())  # numbers and None are none of the machine's
        return tuple(next(tensors).to(each.meta["example_value"].dtype) if isinstance(each, torch.fx.Node) else each for each in returned)

    return run


def _outputs(graph: torch.fx.GraphModule) -> list[Any]:
    returned = graph.graph.output_node().args[0]
    return list(returned) if isinstance(returned, (tuple, list)) else [returned]
