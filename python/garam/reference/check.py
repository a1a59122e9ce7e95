"""Holds tensors that the machine wrote against the graph: each is recomputed from the nearest tensors that the machine wrote."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from garam.errors import input_error
from garam.frontdoor.ir import Argument, Constant, Op, Value
from garam.frontdoor.source import Source
from garam.reference import attention, rules  # noqa: F401  (attention registers its rule)
from garam.reference.bounded import TINY, UNIT, Bounded

_OPERANDS_ARE_ROUNDED = ("graph.matmul", "graph.attention", "graph.kv_update")
_MOVES = ("graph.reshape", "graph.transpose", "graph.broadcast", "graph.slice")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One tensor. bound: the largest over the elements; ratio: the largest error ÷ bound of an element, at `index`."""

    name: str
    max_abs_error: float
    bound: float
    cosine: float
    ratio: float
    ok: bool
    path: str = ""
    source: str = ""
    index: tuple[int, ...] = ()

    def row(self) -> dict[str, object]:
        """As in `validate --json`."""
        return {"name": self.name, "max_abs_error": self.max_abs_error, "bound": self.bound, "cosine": self.cosine, "ok": self.ok,
                "ratio": self.ratio, "module": self.path, "source": self.source}


class Checker:
    """inputs, values, states: what the run was given (states: contents before it)."""

    def __init__(self, source: Source, inputs: Mapping[str, Tensor] | None = None, values: Mapping[str, int] | None = None,
                 states: Mapping[str, Tensor] | None = None) -> None:
        self.source = source
        self.flat = source.program.flat
        self.by_name = {op.location.node: op for op in self.flat.ops}
        self.producer = {id(r): op for op in self.flat.ops for r in op.results}
        self.leaves: dict[int, Bounded] = {}
        self.memo: dict[int, Bounded] = {}
        given = {**source.inputs, **(inputs or {})}
        kept = states if states is not None else source.states
        numbers = {**source.values, **(values or {})}
        weights = source.weights
        for argument in self.flat.arguments:
            self.leaves[id(argument)] = _leaf(_argument(argument, given, kept, numbers, weights))

    def check(self, written: Iterable[tuple[str, str, Tensor]], outputs: Mapping[str, Tensor] | None = None,
              states: Mapping[str, Tensor] | None = None) -> list[Comparison]:
        """written: (instance, node, tensor) of each boundary tensor, in the order of the run; instance: the launch's name, "" for the
        main function. outputs and states: by name, after the run."""
        machine: dict[str, Tensor] = {}
        seen: dict[str, int] = {}
        for instance, node, tensor in written:
            name = self._name(instance, node, seen)
            machine[self._view(name, tuple(tensor.shape))] = tensor
        for result in self.flat.results:
            found = ((states or {}) if result.state is not None else (outputs or {})).get(result.name)
            if found is not None and result.value.op is not None:
                machine.setdefault(result.value.op.location.node, found)
        unknown = [name for name in machine if name not in self.by_name]
        if unknown:
            raise input_error(unknown[0], "the graph has no such node", f"one of its {len(self.by_name)} nodes")
        ordered = [op for op in self.flat.ops if op.location.node in machine]
        for op in ordered:
            tensor = machine[op.location.node].reshape(op.results[0].shape)
            self.leaves[id(op.results[0])] = _leaf(tensor)
        return [self._compare(op, machine[op.location.node].reshape(op.results[0].shape)) for op in ordered]

    def _name(self, instance: str, node: str, seen: dict[str, int]) -> str:
        """Where the launch does not say which instance of a layer it is, the uses of a layer come in the order of the model."""
        uses = [name for name, nodes in self.source.program.instances.items() if node in nodes]
        if instance in uses or not uses:
            return self.source.resolve(node, instance)
        count = seen[node] = seen.get(node, 0) + 1
        return self.source.resolve(node, uses[min(count, len(uses)) - 1])

    def _view(self, name: str, shape: tuple[int, ...]) -> str:
        """A group may store its result already transposed or reshaped for its readers: then the shape tells which view it is."""
        queue = [self.by_name[name]] if name in self.by_name else []
        for op in queue:
            if op.results[0].shape == shape:
                return op.location.node
            queue += [user for user in self.flat.ops if user.name in ("graph.reshape", "graph.transpose")
                      and user.operands[0] is op.results[0]]
        return name

    def expected(self, op: Op) -> Bounded:
        """Value and bound of an op from what is known before it, whether or not the machine wrote it."""
        operands = [self._value(v, op) for v in op.operands]
        return rules.apply(op, operands)

    def _value(self, value: Value, reader: Op) -> Bounded:
        leaf = self.leaves.get(id(value))
        if leaf is not None:
            return leaf if reader.name in _OPERANDS_ARE_ROUNDED + _MOVES else _before_store(leaf, value)
        if isinstance(value, Constant):
            return self.leaves.setdefault(id(value), _leaf(value.data))
        if id(value) not in self.memo:
            self.memo[id(value)] = self.expected(self.producer[id(value)])
        return self.memo[id(value)]

    def _compare(self, op: Op, machine: Tensor) -> Comparison:
        choice = self._choice(op)
        if choice is not None:
            return self._compare_argmax(op, choice, machine)
        expected = self.expected(op)
        bound = _with_store(expected, op.results[0].dtype)
        return _comparison(op, machine, expected.v, bound)

    def _choice(self, op: Op) -> Op | None:
        """The argmax that this op only reshapes, if it does."""
        while op.name == "graph.reshape" and id(op.operands[0]) not in self.leaves and id(op.operands[0]) in self.producer:
            op = self.producer[id(op.operands[0])]
        return op if op.name == "graph.argmax" else None

    def _compare_argmax(self, op: Op, choice: Op, machine: Tensor) -> Comparison:
        """Right where the chosen element may be the largest: its error is what it lacks."""
        x = self._value(choice.operands[0], choice)
        chosen = machine.long().reshape(choice.results[0].shape).unsqueeze(-1)
        inside = (chosen >= 0) & (chosen < x.v.shape[-1])
        chosen = chosen.clamp(0, x.v.shape[-1] - 1)
        lacking = x.v.amax(-1) - x.v.gather(-1, chosen).squeeze(-1)
        slack = x.error.amax(-1) + x.error.gather(-1, chosen).squeeze(-1)
        lacking = torch.where(inside.squeeze(-1), lacking, torch.inf)
        return _comparison(op, lacking, torch.zeros_like(lacking), slack)


def _argument(argument: Argument, inputs: Mapping[str, Tensor], states: Mapping[str, Tensor], values: Mapping[str, int],
              weights: Mapping[str, Tensor]) -> Tensor:
    tables = {"input": inputs, "state": states, "weight": weights, "value": values}
    table = tables[argument.kind]
    if argument.name not in table:
        raise input_error(argument.name, f"no value for this {argument.kind}", ", ".join(table) or "none given")
    found = table[argument.name]
    return torch.as_tensor(found) if argument.dtype is None else found.to(argument.dtype)


def _leaf(tensor: Tensor) -> Bounded:
    tensor = tensor.detach().cpu()
    return Bounded(tensor.double() if tensor.is_floating_point() else tensor, None, True)


def _before_store(leaf: Bounded, value: Value) -> Bounded:
    """Where a group reads what it also stores, it may use the value from before the rounding of the store."""
    if isinstance(value, (Argument, Constant)) or value.dtype not in UNIT or value.dtype == torch.float32:
        return leaf
    return Bounded(leaf.v, UNIT[value.dtype] * leaf.v.abs() + TINY[value.dtype])


def _with_store(x: Bounded, dtype: torch.dtype) -> Tensor:
    if x.stored or dtype not in UNIT:
        return x.error
    return x.error + UNIT[dtype] * (x.v.abs() + x.error) + TINY[dtype]


def _comparison(op: Op, machine: Tensor, value: Tensor, bound: Tensor) -> Comparison:
    got, want = machine.double().cpu(), value.double()
    same = (got == want) | (got.isnan() & want.isnan())
    error = torch.where(same, 0.0, (got - want).abs())
    error = torch.where(error.isnan(), torch.inf, error)
    bound = bound.double().expand(error.shape)
    bad = error > bound
    ratio = torch.where(error == 0, 0.0, error / bound)
    at = int(ratio.flatten().argmax()) if ratio.numel() else 0
    index = tuple(int(i) for i in torch.unravel_index(torch.tensor(at), error.shape)) if error.numel() else ()
    place = op.location
    return Comparison(place.node, _largest(error), _largest(bound), cosine(got, want), _largest(ratio), not bool(bad.any()), place.path,
                      f"{place.file}:{place.line}" if place.file else "", index)


def _largest(x: Tensor) -> float:
    return float(x.max()) if x.numel() else 0.0


def cosine(a: Tensor, b: Tensor) -> float:
    a, b = a.flatten().double(), b.flatten().double()
    size = float(a.norm() * b.norm())
    return 1.0 if size == 0.0 and torch.equal(a, b) else float(a @ b) / size if size else 0.0
