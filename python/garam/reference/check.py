"""Holds tensors that the machine wrote against the graph: each is recomputed from the nearest tensors that the machine wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import torch
from torch import Tensor

from garam.errors import input_error
from garam.frontdoor.ir import Argument, Constant, Op, Result, Value
from garam.frontdoor.source import Source
from garam.reference import attention, rules  # noqa: F401  (attention registers its rule)
from garam.reference.bounded import TINY, UNIT, Bounded, finite
from garam.reference.held import Comparison, Held, choice, hold, integers, largest, refused

_OPERANDS_ARE_ROUNDED = ("graph.matmul", "graph.attention", "graph.kv_update")
_MOVES = ("graph.reshape", "graph.transpose", "graph.broadcast", "graph.slice")


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
        self.held: dict[str, Held] = {}  # of the last check, by the comparison's name
        self.results: dict[str, Held] = {}  # of the last check, by the result's name
        given = {**source.inputs, **(inputs or {})}
        kept = states if states is not None else source.states
        numbers = {**source.values, **(values or {})}
        weights = source.weights
        for argument in self.flat.arguments:
            self.leaves[id(argument)] = _leaf(_argument(argument, given, kept, numbers, weights))

    def check(self, written: Iterable[tuple[str, str, Tensor]], outputs: Mapping[str, Tensor] | None = None,
              states: Mapping[str, Tensor] | None = None, covered: Collection[str] = ()) -> list[Comparison]:
        """written: (instance, node, tensor) of each boundary tensor, in the order of the run; instance: the launch's name, "" for the
        main function. outputs and states: by name, after the run; those given must be complete. covered: outputs that are held
        against the model itself as well; vacuous elements are bad where another result follows from them, or none."""
        self.memo, self.held, self.results = {}, {}, {}
        tensors = self._boundaries(written)
        results = self._results(outputs, states)
        known = {id(op): tensor for op, tensor in tensors}
        for op, tensor in [*((op, t) for _, op, t in results), *tensors]:
            if op is not None and tensor is not None and tensor.shape == op.results[0].shape:
                self.leaves[id(op.results[0])] = _leaf(tensor)
        follow = self._followers()
        compared = [(op, self._compare(op, tensor, op.location.node, follow, covered)) for op, tensor in tensors]
        for result, op, tensor in results:
            twin = None if op is None else known.get(id(op))
            if twin is not None and tensor is not None and _identical(twin, tensor):
                self.results[result.name] = self.held[op.location.node]
            else:
                compared.append((op, self._compare_result(result, op, tensor, twin is not None, follow, covered)))
        place = {id(op): i for i, op in enumerate(self.flat.ops)}
        return [found for op, found in sorted(compared, key=lambda pair: place.get(id(pair[0]), len(place)))]

    def _boundaries(self, written: Iterable[tuple[str, str, Tensor]]) -> list[tuple[Op, Tensor]]:
        seen: dict[str, int] = {}
        found = []
        for instance, node, tensor in written:
            name = self._view(self._name(instance, node, seen), tuple(tensor.shape))
            if name not in self.by_name:
                raise input_error(name, "the graph has no such node", f"one of its {len(self.by_name)} nodes")
            op = self.by_name[name]
            found.append((op, _shaped(tensor, op.results[0].shape)))
        return found

    def _results(self, outputs: Mapping[str, Tensor] | None,
                 states: Mapping[str, Tensor] | None) -> list[tuple[Result, Op | None, Tensor | None]]:
        """With the op that computes it, if any does, and the tensor, if the run gave it."""
        found = []
        for result in self.flat.results:
            table = outputs if result.state is None else states
            if table is not None:
                tensor = table.get(result.name)
                found.append((result, self.producer.get(id(result.value)), None if tensor is None else _shaped(tensor, result.value.shape)))
        return found

    def _followers(self) -> dict[int, set[str]]:
        """The results that follow from each value, by the value's id."""
        follow: dict[int, set[str]] = {}
        for result in self.flat.results:
            follow.setdefault(id(result.value), set()).add(result.name)
        for op in reversed(self.flat.ops):
            names = set().union(*(follow.get(id(r), ()) for r in op.results))
            for operand in op.operands:
                follow.setdefault(id(operand), set()).update(names)
        return follow

    def types(self, name: str) -> set[torch.dtype]:
        """Of the result and of all that it follows from."""
        queue = [result.value for result in self.flat.results if result.name == name and result.state is None]
        seen: dict[int, Value] = {}
        while queue:
            value = queue.pop()
            if id(value) not in seen:
                seen[id(value)] = value
                queue += self.producer[id(value)].operands if id(value) in self.producer else []
        return {value.dtype for value in seen.values()}

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

    def _value(self, value: Value, reader: Op | None = None) -> Bounded:
        leaf = self.leaves.get(id(value))
        if leaf is not None:
            return leaf if reader is None or reader.name in _OPERANDS_ARE_ROUNDED + _MOVES else self._before_store(leaf, value)
        if isinstance(value, Constant):
            return self.leaves.setdefault(id(value), _leaf(value.data))
        if id(value) not in self.memo:
            self.memo[id(value)] = self.expected(self.producer[id(value)])
        return self.memo[id(value)]

    def _before_store(self, leaf: Bounded, value: Value) -> Bounded:
        """Where a group reads what it also stores, it may use the value from before the rounding of the store."""
        if isinstance(value, (Argument, Constant)) or value.dtype not in UNIT or value.dtype == torch.float32:
            return leaf
        error = UNIT[value.dtype] * leaf.size + TINY[value.dtype]
        if bool(leaf.v.isfinite().all()):
            return Bounded(leaf.v, error)
        before = self.expected(self.producer[id(value)])  # what became an infinity in the store may have been a number
        return Bounded(leaf.v, torch.where(leaf.v.isinf() & before.v.isfinite(), torch.inf, torch.where(leaf.v.isfinite(), error, 0.0)))

    def _compare(self, op: Op, machine: Tensor, name: str, follow: Mapping[int, set[str]], covered: Collection[str]) -> Comparison:
        self.held[name] = held = self._hold(op, machine)
        names, at = follow.get(id(op.results[0]), set()), op.location
        return held.comparison(name, bool(names) and names <= set(covered), at.path, f"{at.file}:{at.line}" if at.file else "")

    def _compare_result(self, result: Result, op: Op | None, tensor: Tensor | None, again: bool, follow: Mapping[int, set[str]],
                        covered: Collection[str]) -> Comparison:
        """again: the value was compared as a boundary tensor already, and the output is another."""
        if tensor is not None and op is not None:
            name = f"{result.name} (output)" if again else op.location.node
            found = self._compare(op, tensor, name, follow, covered)
        else:
            name = result.name if tensor is not None else f"{result.name} (missing)"
            expected = self._value(result.value)
            alike = tensor is not None and tensor.shape == expected.v.shape
            self.held[name] = hold(tensor, expected) if alike else refused(expected.v)
            found = self.held[name].comparison(name, False)
        self.results[result.name] = self.held[name]
        return found

    def _hold(self, op: Op, machine: Tensor) -> Held:
        if machine.shape != op.results[0].shape:
            return refused(machine)
        chosen = self._choice(op)
        if chosen is None:
            return hold(machine, self.expected(op))
        return choice(machine.reshape(chosen.results[0].shape), self._value(chosen.operands[0], chosen))

    def _choice(self, op: Op) -> Op | None:
        """The argmax that this op only reshapes, if it does."""
        while op.name == "graph.reshape" and id(op.operands[0]) not in self.leaves and id(op.operands[0]) in self.producer:
            op = self.producer[id(op.operands[0])]
        return op if op.name == "graph.argmax" else None

    def decide(self, result: Result, machine: Tensor, other: Tensor, rooms: Mapping[str, Tensor], floor: float) -> Held:
        """An integer or truth value that PyTorch gives otherwise: right where floats decided that are nearer than the room that end
        results have. rooms: that of float results, by name; of other floats it is `floor` times the largest of the tensor."""
        by_value = {id(r.value): rooms[r.name] for r in self.flat.results if r.name in rooms}
        memo: dict[int, Bounded] = {}

        def doubted(value: Value) -> Bounded:
            if id(value) in memo:
                return memo[id(value)]
            leaf = self.leaves.get(id(value))
            if id(value) not in self.producer:
                return self._value(value)
            if leaf is not None and leaf.v.is_floating_point():
                room = by_value.get(id(value), torch.tensor(floor * largest(finite(leaf.v).abs())))
                found = Bounded(leaf.v, room.expand(leaf.v.shape))
            else:
                producer = self.producer[id(value)]
                found = rules.apply(producer, [doubted(v) for v in producer.operands])
                found = found if leaf is None else Bounded(leaf.v, found.e)
            memo[id(value)] = found
            return found

        op = self.producer.get(id(result.value))
        while op is not None and op.name == "graph.reshape":
            op = self.producer.get(id(op.operands[0]))
        if op is None or op.name != "graph.argmax":
            return integers(other, doubted(result.value))
        mine, found = (choice(t.reshape(op.results[0].shape), doubted(op.operands[0])) for t in (machine, other))
        error = torch.where(mine.bad, torch.inf, found.error)
        return Held(*(t.reshape(other.shape) for t in (found.got, found.want, error, found.bound)))


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


def _shaped(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Dimensions of one element do not count in memory."""
    tensor = tensor.detach().cpu()
    return tensor.reshape(shape) if [n for n in tensor.shape if n != 1] == [n for n in shape if n != 1] else tensor


def _identical(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and bool(((a == b) | (a != a) & (b != b)).all())
