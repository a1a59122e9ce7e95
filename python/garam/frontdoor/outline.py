"""Repeated modules become functions: a layer that occurs 80 times is compiled once.

A candidate is a module whose path ends in a number (a member of a ModuleList). Two are the same layer when their ops agree in
name, attributes, constants and shapes, and their values in how they are connected and what they come from.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping

import torch

from garam.frontdoor.ir import Argument, Constant, Function, Location, Op, Result, Value
from garam.frontdoor.text import attribute

_LEAST_OPS = 4  # below this a call costs more than it saves


def outline(main: Function, paths: Mapping[int, tuple[str, ...]]) -> tuple[list[Function], dict[str, dict[str, str]]]:
    """Rewrites `main` to call the functions that it returns. Second: for each instance, node of the first -> its own node.
    paths: id(op) -> module paths around it, outermost first."""
    functions: list[Function] = []
    instances: dict[str, dict[str, str]] = {}
    depth, pending = 0, True
    done: set[int] = set()
    while pending:  # outermost first; where nothing repeats, the next numbered level inside
        groups: dict[str, list[Op]] = {}
        pending = False
        for op in main.ops:
            numbered = [p for p in paths.get(id(op), ()) if p.rpartition(".")[2].isdigit()]
            if id(op) not in done and len(numbered) > depth:
                groups.setdefault(numbered[depth], []).append(op)
                pending = True
        _outline_level(main, groups, functions, instances, done)
        depth += 1
    return functions, instances


def _outline_level(main: Function, groups: dict[str, list[Op]], functions: list[Function],
                   instances: dict[str, dict[str, str]], done: set[int]) -> None:
    regions = {path: _Region(main, ops) for path, ops in groups.items() if len(ops) >= _LEAST_OPS}
    alike: dict[str, list[str]] = {}
    for path, region in regions.items():
        alike.setdefault(region.digest(), []).append(path)
    calls: list[tuple[_Region, Op]] = []
    for members in alike.values():
        if len(members) < 2 or not all(_convex(main, regions[m]) for m in members):
            continue
        first = regions[members[0]]
        function, name = None, f"layer_{len(functions)}"
        for path in members:
            region = regions[path]
            done.update(id(op) for op in region.ops)
            instances[path] = {a.location.node: b.location.node for a, b in zip(first.ops, region.ops)}
            calls.append((region, region.call(name, path)))
        function = first.function(name)
        functions.append(function)
    for region, call in calls:
        _replace(main, region, call)
    renamed = {id(old): new for region, call in calls for old, new in zip(region.given, call.results)}
    for op in main.ops:
        op.operands = [renamed.get(id(v), v) for v in op.operands]
    for result in main.results:
        result.value = renamed.get(id(result.value), result.value)


@dataclasses.dataclass
class _Region:
    """The ops of one module instance in their order, with what they take from outside and what is used outside."""

    main: Function
    ops: list[Op]

    def __post_init__(self) -> None:
        inside = {id(r) for op in self.ops for r in op.results}
        members = {id(op) for op in self.ops}
        self.taken: list[Value] = []
        seen: set[int] = set()
        for value in (v for op in self.ops for v in op.operands):
            if id(value) not in inside and id(value) not in seen and not isinstance(value, Constant):
                seen.add(id(value))
                self.taken.append(value)
        outside = {id(v) for op in self.main.ops if id(op) not in members for v in op.operands}
        outside |= {id(r.value) for r in self.main.results}
        self.given = [r for op in self.ops for r in op.results if id(r) in outside]
        states = {id(r.value): r.state for r in self.main.results if r.state is not None}
        self.given.sort(key=lambda v: id(v) not in states)  # states first, as in main
        self.states = [states.get(id(v)) for v in self.given]

    def digest(self) -> str:
        numbers = {id(v): i for i, v in enumerate(self.taken)}
        state_numbers = {v.name: i for i, v in enumerate(self.taken) if isinstance(v, Argument) and v.kind == "state"}
        lines = [f"{v.type} {_identity(v)}" for v in self.taken]
        for op in self.ops:
            for result in op.results:
                numbers[id(result)] = len(numbers)
            used = [f"c{_constant(v)}" if isinstance(v, Constant) else str(numbers[id(v)]) for v in op.operands]
            properties = [f"{k}={attribute(v)}" for k, v in op.properties.items()]
            lines.append(f"{op.name} {used} {properties} {[r.type for r in op.results]}")
        lines.append(str([(numbers[id(v)], state_numbers.get(s)) for v, s in zip(self.given, self.states)]))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def call(self, name: str, path: str) -> Op:
        results = [Value(v.shape, v.dtype) for v in self.given]
        call = Op("func.call", list(self.taken), {}, Location(path, path), results, callee=name, instance=path)
        for result in results:
            result.op = call
        return call

    def function(self, name: str) -> Function:
        """The body, from this region's ops; outside values become arguments. To be called once the calls are made."""
        arguments = [_argument(v) for v in self.taken]
        renamed: dict[int, Value] = {id(v): a for v, a in zip(self.taken, arguments)}
        for op in self.ops:
            op.operands = [renamed.get(id(v), v) for v in op.operands]
        results = [Result(v, v.op.location.node, s) for v, s in zip(self.given, self.states)]
        return Function(name, arguments, list(self.ops), results, private=True)


def _identity(value: Value) -> str:
    """What kind of value comes from outside. A run-time value is one by name: layers of one function share it."""
    if not isinstance(value, Argument):
        return "operand"
    if value.kind == "weight":
        return f"weight {value.file_dtype}"
    return f"value {value.name}" if value.kind == "value" else "state" if value.kind == "state" else "operand"


def _argument(value: Value) -> Argument:
    if isinstance(value, Argument) and value.kind in ("weight", "state", "value"):
        return Argument(value.shape, value.dtype, kind=value.kind, name=value.name, file_dtype=value.file_dtype, file=value.file,
                        range=value.range)
    name = value.name if isinstance(value, Argument) else value.op.location.node
    return Argument(value.shape, value.dtype, kind="operand", name=name)


def _constant(value: Constant) -> str:
    data = value.data.contiguous()
    raw = data.view(torch.uint8) if data.dim() else data.reshape(1).view(torch.uint8)
    return f"{value.type}:{hashlib.sha256(raw.numpy().tobytes()).hexdigest()}"


def _convex(main: Function, region: _Region) -> bool:
    """No path leaves the region and comes back: then it can run as one call."""
    members, tainted = {id(op) for op in region.ops}, {id(v) for v in region.given}
    for op in main.ops:
        if id(op) in members:
            if any(id(v) in tainted and v.op is not None and id(v.op) not in members for v in op.operands):
                return False
        elif any(id(v) in tainted for v in op.operands):
            tainted.update(id(r) for r in op.results)
    return True


def _replace(main: Function, region: _Region, call: Op) -> None:
    """The call stands where the last op of the region stood; ops between that wait for the region's values follow it."""
    members, last = {id(op) for op in region.ops}, region.ops[-1]
    ops: list[Op] = []
    late: list[Op] = []
    started, waiting = False, {id(v) for v in region.given}
    for op in main.ops:
        if id(op) in members:
            started = True
            if op is last:
                ops.append(call)
                ops.extend(late)
                started, late = False, []
            continue
        if started and any(id(v) in waiting for v in op.operands):
            late.append(op)
            waiting.update(id(r) for r in op.results)
        else:
            ops.append(op)
    main.ops = ops
