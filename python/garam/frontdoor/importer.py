"""From an exported program to a graph-dialect program."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.export.graph_signature import InputKind, OutputKind
from torch.fx import Node

from garam.errors import input_error
from garam.frontdoor import attention, contraction, elementwise, norms, rotary, shape  # noqa: F401  (they register lowerings)
from garam.frontdoor.builder import LOWERINGS, Builder
from garam.frontdoor.exporter import ExportedModel
from garam.frontdoor.fold import constants, is_random
from garam.frontdoor.ir import MLIR_TYPES, Argument, Constant, Function, Program, Result, Value, remove_dead
from garam.frontdoor.outline import outline
from garam.frontdoor.ranges import bound_indices


@dataclasses.dataclass(frozen=True)
class FileTensor:
    """Where a weight is read from."""

    name: str
    dtype: torch.dtype
    file: Path


def import_model(exported: ExportedModel, weights: Mapping[str, FileTensor], attributes: dict[str, Any], *,
                 ranges: Mapping[str, tuple[int, int]] | None = None) -> Program:
    """weights: parameter -> tensor of a weight file. ranges: inputs that are launch parameters, with their least and
    greatest value. attributes: of the module."""
    return _Importer(exported, weights, ranges or {}).run(attributes)


def _nearest(target: str) -> str:
    """Of what is supported, the op whose name is like this one's: another overload where there is one."""
    own, names = target.rpartition(".")[0], sorted({t.rpartition(".")[0] for t in LOWERINGS})
    close = sorted(t for t in LOWERINGS if t.startswith(own + ".")) or difflib.get_close_matches(own, names, 1, 0.0)
    return f"the nearest supported is {close[0]}; docs/graph.md lists the ops"


class _Importer:
    def __init__(self, exported: ExportedModel, weights: Mapping[str, FileTensor],
                 ranges: Mapping[str, tuple[int, int]]) -> None:
        self.exported, self.program, self.weights, self.ranges = exported, exported.program, weights, ranges
        self.signature = self.program.graph_signature
        self.builder = Builder()
        self.folded = constants(self.program)
        self.values: dict[Node, Value | tuple[Value, ...]] = {}
        self.arguments: list[Argument] = []
        self.by_source: dict[FileTensor, Argument] = {}

    def run(self, attributes: dict[str, Any]) -> Program:
        specs = {s.arg.name: s for s in self.signature.input_specs}
        for node in self.program.graph.nodes:
            self.builder.enter(node)
            if node.op == "placeholder":
                self._placeholder(node, specs[node.name])
            elif node.op == "call_function" and node not in self.folded and (node.users or not is_random(node)):
                self.values[node] = self._lower(node)
        results = self._results()
        ops = remove_dead(self.builder.ops, results)
        bound_indices(ops)
        used = {id(v) for op in ops for v in op.operands} | {id(r.value) for r in results}
        arguments = [a for a in self.arguments if a.kind != "weight" or id(a) in used]
        main = Function("main", arguments, ops, results)
        flat = Function("main", arguments, [dataclasses.replace(op, operands=list(op.operands)) for op in ops],
                        [dataclasses.replace(r) for r in results])
        layers, instances = outline(main, self.builder.paths)
        return Program([*layers, main], attributes, flat, instances)

    def _placeholder(self, node: Node, spec: Any) -> None:
        if node in self.folded or spec.kind is InputKind.CUSTOM_OBJ:
            return
        meta = node.meta.get("val")
        if spec.kind is InputKind.USER_INPUT and not isinstance(meta, torch.Tensor):
            if meta is not None and not isinstance(meta, (bool, int, float, str)):
                raise input_error(node.name, f"argument of type {type(meta).__name__}", "tensors, numbers and None")
            return
        shape, dtype = tuple(int(n) for n in meta.shape), meta.dtype
        if dtype not in MLIR_TYPES:
            raise input_error(node.name, f"type {dtype}", "f32, bf16, f16, i64, i32 and bool")
        if spec.kind is InputKind.PARAMETER:
            self.values[node] = self._weight(spec.target, shape, dtype)
        elif spec.kind is InputKind.BUFFER:
            self.values[node] = self._argument(Argument(shape, dtype, kind="state", name=spec.target))
        elif node.name in self.ranges:
            low, high = self.ranges[node.name]
            self.values[node] = self._argument(Argument((), None, kind="value", name=node.name, range=(low, high)))
        else:
            self.values[node] = self._argument(Argument(shape, dtype, kind="input", name=node.name))

    def _weight(self, parameter: str, shape: tuple[int, ...], dtype: torch.dtype) -> Argument:
        """Parameters that share a tensor of a file (tied embeddings) are one argument."""
        if parameter not in self.weights:
            raise input_error(parameter, "the weight files have no such tensor", ", ".join(list(self.weights)[:3]) + ", …")
        source = self.weights[parameter]
        if source not in self.by_source:
            self.by_source[source] = self._argument(Argument(shape, dtype, kind="weight", name=source.name, file_dtype=source.dtype,
                                                             file=source.file))
        return self.by_source[source]

    def _argument(self, argument: Argument) -> Argument:
        self.arguments.append(argument)
        return argument

    def _lower(self, node: Node) -> Value | tuple[Value, ...]:
        target = str(node.target)
        if target == "<built-in function getitem>":
            chosen = self.values[node.args[0]][node.args[1]]
            if chosen is None:
                raise self.builder.unsupported(f"result {node.args[1]} of {node.args[0].target}", "result 0")
            return chosen
        if target not in LOWERINGS and is_random(node):
            raise self.builder.unsupported("draws random numbers, which a program cannot", "random numbers among the inputs; modules in evaluation mode")
        if target not in LOWERINGS:
            raise self.builder.unsupported("no such op", _nearest(target))
        args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), self._value)
        result = LOWERINGS[target](self.builder, *args, **kwargs)
        return tuple(result) if isinstance(result, (list, tuple)) else result

    def _value(self, node: Node) -> Value | tuple[Value, ...]:
        if node not in self.values:  # a folded node, at its first use
            self.values[node] = self.builder.constant(self.folded[node], "constant")
        return self.values[node]

    def _results(self) -> list[Result]:
        states, outputs = [], []
        names = iter(self.exported.outputs)
        nodes = {n.name: n for n in self.program.graph.nodes}
        for spec in self.signature.output_specs:
            if spec.kind is OutputKind.BUFFER_MUTATION:
                states.append(Result(self._value(nodes[spec.arg.name]), spec.target, spec.target))
            elif spec.kind is OutputKind.USER_OUTPUT:
                name = next(names)
                if getattr(spec.arg, "name", None) in nodes:
                    outputs.append(Result(self._value(nodes[spec.arg.name]), name))
            elif spec.kind is OutputKind.USER_INPUT_MUTATION:
                raise input_error(str(spec.target), "an input that the module writes to", "modules that return results")
            else:
                raise input_error(str(spec.target), f"output of kind {spec.kind.name}", "values and buffers")
        return states + outputs
