"""What a model asks for, whatever the chip: operations of its matrix products, and bytes that must cross the memory once.

Counted on the exported graph. A gathered table counts the rows that its indices can touch; a cache counts the keys and values that
the step attends to, and those it writes. Padding masks take nothing away: the work is asked for all the same.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from .chip import Chip


@dataclass(frozen=True)
class Work:
    """`flops` is 2 × multiply-adds."""

    flops: int
    bytes: int

    def limit_seconds(self, chip: Chip, dtype: str) -> float | None:
        """The larger of the two times that no schedule can beat; None where the chip states no peak."""
        peak = chip.peak_flops(dtype)
        if chip.ideal or not peak:
            return None
        return max(self.flops / peak, self.bytes / chip.peak_hbm)


def attention_pairs(queries: int, keys: int, causal: bool, window: int, first: int | None = None) -> int:
    """Pairs of a query and a key it may see. Query i stands at `first` + i, by default aligned with the last keys."""
    start = keys - queries if first is None else first
    bounded = causal or first is not None
    total = 0
    for position in range(start, start + queries):
        high = min(position, keys - 1) if bounded else keys - 1
        low = 0
        if window:
            low = max(0, position - window + 1)
            if not bounded:
                high = min(high, position + window - 1)
        total += max(0, high - low + 1)
    return total


def count(exported: torch.export.ExportedProgram, position: int | None = None) -> Work:
    """Work of one run. `position` is the number of tokens that the cache holds already, in a decode step."""
    graph = exported.graph_module.graph
    flops = sum(_flops(node, position) for node in graph.nodes if node.op == "call_function")
    return Work(flops, _bytes(exported, position))


def _shape(node: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in node.meta["val"].shape)


def _product(sizes: Any) -> int:
    total = 1
    for size in sizes:
        total *= int(size)
    return total


def _name(node: Any) -> str:
    return getattr(node.target, "_qualname", None) or str(node.target).removesuffix(".default").replace("::", ".")


def _contracted(node: Any, operand: int) -> int:
    """2 × elements of the result × length of the contraction, the last size of an operand."""
    return 2 * _product(_shape(node)) * _shape(node.args[operand])[-1]


def _attention(node: Any, position: int | None) -> int:
    names = ("q", "k", "v", "scale", "causal", "window", "softcap", "mask", "bias", "pos")
    given = dict(zip(names, node.args)) | dict(node.kwargs)
    batch, heads, queries, depth = _shape(given["q"])
    first = None if given.get("pos") is None else position
    keys = _shape(given["k"])[2]
    pairs = attention_pairs(queries, keys, bool(given.get("causal")), int(given.get("window") or 0), first)
    return 2 * batch * heads * pairs * (depth + _shape(given["v"])[-1])


def _scaled_dot_product(node: Any, position: int | None) -> int:
    query, key, value = node.args[:3]
    causal = bool(node.kwargs.get("is_causal", node.args[5] if len(node.args) > 5 else False))
    *batch, queries, depth = _shape(query)
    keys = _shape(key)[-2]
    # PyTorch aligns the mask with the first keys.
    pairs = attention_pairs(queries, keys, causal, 0, 0 if causal else None)
    return 2 * _product(batch) * pairs * (depth + _shape(value)[-1])


_RULES: dict[str, Callable[[Any, int | None], int]] = {
    "aten.linear": lambda node, position: _contracted(node, 0),
    "aten.matmul": lambda node, position: _contracted(node, 0),
    "aten.mm": lambda node, position: _contracted(node, 0),
    "aten.bmm": lambda node, position: _contracted(node, 0),
    "aten.mv": lambda node, position: _contracted(node, 0),
    "aten.dot": lambda node, position: _contracted(node, 0),
    "aten.addmm": lambda node, position: _contracted(node, 1),
    "aten.baddbmm": lambda node, position: _contracted(node, 1),
    "aten.scaled_dot_product_attention": _scaled_dot_product,
    "garam.attention": _attention,
}


def _flops(node: Any, position: int | None) -> int:
    rule = _RULES.get(_name(node).replace("::", "."))
    return rule(node, position) if rule else 0


def _bytes(exported: torch.export.ExportedProgram, position: int | None) -> int:
    total = 0
    outputs = {spec.arg.name for spec in exported.graph_signature.output_specs
               if str(spec.kind).endswith("USER_OUTPUT") and hasattr(spec.arg, "name")}
    for node in exported.graph_module.graph.nodes:
        value = node.meta.get("val")
        if not hasattr(value, "element_size"):
            continue
        if node.op == "placeholder":
            total += sum(_read_bytes(node, user, position) for user in _distinct_kinds(node))
        if node.name in outputs:
            total += _product(_shape(node)) * value.element_size()
    return total


def _distinct_kinds(node: Any) -> list[Any]:
    """One user for each way a placeholder is read; a plain read covers every other one."""
    ways = {_name(user).replace("::", "."): user for user in node.users if user.op != "output"}
    plain = [user for way, user in ways.items() if way not in ("aten.embedding", "garam.kv_update")]
    return plain[:1] or list(ways.values())


def _read_bytes(node: Any, user: Any, position: int | None) -> int:
    value = node.meta["val"]
    way = _name(user).replace("::", ".")
    if way == "aten.embedding" and user.args[0] is node:
        rows = min(_shape(node)[0], _product(_shape(user.args[1])))
        return rows * _product(_shape(node)[1:]) * value.element_size()
    if way == "garam.kv_update" and user.args[0] is node:
        # The new rows are written once; what the cache held before is read once, in a decode step.
        batch, heads, capacity, depth = _shape(node)
        held = 0 if position is None else min(position, capacity)
        return batch * heads * (held + _shape(user.args[1])[2]) * depth * value.element_size()
    return _product(_shape(node)) * value.element_size()
