"""The bounds bite: a compiler broken on purpose fails validation, at the op that it broke."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from garam.frontdoor.source import Source


def first(text: str, pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> str:
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1, f"nothing to break: {pattern}"
    return changed


def drop_last_k(text: str) -> str:
    """The product reads all but the last of its k: both operands are cut."""
    def cut(match: re.Match[str]) -> str:
        result, a, b, batch, rows, depth, columns, kind = match.group(1, 2, 3, 4, 5, 6, 7, 8)
        short = int(depth) - 1
        left, right = f"tensor<{batch}x{rows}x{depth}x{kind}>", f"tensor<{columns}x{depth}x{kind}>"
        cut_left, cut_right = f"tensor<{batch}x{rows}x{short}x{kind}>", f"tensor<{columns}x{short}x{kind}>"
        return (f'%brk_a = "graph.slice"({a}) <{{begin = array<i64: 0, 0, 0>, end = array<i64: {batch}, {rows}, {short}>, '
                f'step = array<i64: 1, 1, 1>}}> : ({left}) -> {cut_left}\n'
                f'    %brk_b = "graph.slice"({b}) <{{begin = array<i64: 0, 0>, end = array<i64: {columns}, {short}>, '
                f'step = array<i64: 1, 1>}}> : ({right}) -> {cut_right}\n'
                f'    {result} = "graph.matmul"(%brk_a, %brk_b) <{{transpose_b = true}}> : ({cut_left}, {cut_right}) -> ')

    return first(text, r'(%\w+) = "graph\.matmul"\((%\w+), (%\w+)\) <\{transpose_b = true\}> \{[^}]*\} : '
                       r'\(tensor<(\d+)x(\d+)x(\d+)x(\w+)>, tensor<(\d+)x\d+x\w+>\) -> ',
                 lambda m: cut(_reorder(m)))


class _Groups:
    def __init__(self, groups: tuple[str, ...]):
        self._groups = groups

    def group(self, *indices: int) -> tuple[str, ...]:
        return tuple(self._groups[i - 1] for i in indices)


def _reorder(match: re.Match[str]) -> _Groups:
    result, a, b, batch, rows, depth, kind, columns = match.groups()
    return _Groups((result, a, b, batch, rows, depth, columns, kind))


def leave_bias_out(text: str) -> str:
    """y = x + b becomes y = max(x, x)."""
    return first(text, r'"graph\.add"\((%\w+), %\w+\) (\{[^}]*\}) : \((tensor<[^>]+>), tensor<\d+xbf16>\)', r'"graph.max"(\1, \1) \2 : (\3, \3)')


def swap_heads(text: str) -> str:
    """Keys of head h are read as those of the next one: slices of the key tensor change places."""
    def swap(match: re.Match[str]) -> str:
        indent, result, q, k, rest, kind = match.groups()
        batch, heads, rows, width, element = re.fullmatch(r"tensor<(\d+)x(\d+)x(\d+)x(\d+)x(\w+)>", kind).groups()
        one, rest_heads = f"tensor<{batch}x1x{rows}x{width}x{element}>", f"tensor<{batch}x{int(heads) - 1}x{rows}x{width}x{element}>"
        part = ('"graph.slice"({k}) <{{begin = array<i64: 0, {begin}, 0, 0>, end = array<i64: {batch}, {end}, {rows}, {width}>, '
                'step = array<i64: 1, 1, 1, 1>}}> : ({kind}) -> {to}')
        a = part.format(k=k, begin=0, end=1, batch=batch, rows=rows, width=width, kind=kind, to=one)
        b = part.format(k=k, begin=1, end=heads, batch=batch, rows=rows, width=width, kind=kind, to=rest_heads)
        return (f'{indent}%brk_a = {a}\n{indent}%brk_b = {b}\n'
                f'{indent}%brk_k = "graph.concat"(%brk_b, %brk_a) <{{dim = 1 : i64}}> : ({rest_heads}, {one}) -> {kind}\n'
                f'{indent}{result} = "graph.attention"({q}, %brk_k, {rest}({kind}')

    return first(text, r'( +)(%\w+) = "graph\.attention"\((%\w+), (%\w+), (.*?: )\((tensor<[^>]+>)', swap)


def ignore_mask(text: str) -> str:
    text = first(text, r'("graph\.attention"\(%\w+, %\w+, %\w+), %\w+\)(.*?)array<i32: 1, 1, 1, 1, 0, 0>(.*?), tensor<[^>]+xi64>\)',
                 r'\1)\2array<i32: 1, 1, 1, 0, 0, 0>\3)')
    return text


def double_epsilon(text: str) -> str:
    return first(text, r"eps = ([0-9.eE+-]+)", lambda m: f"eps = {2 * float(m.group(1)):e}")


BREAKS = {drop_last_k: "linear", leave_bias_out: "linear", swap_heads: "attention|scaled_dot", ignore_mask: "attention|scaled_dot"}


@pytest.mark.parametrize("broken", BREAKS, ids=lambda function: function.__name__)
def test_a_broken_compiler_is_caught_at_the_op(garam, monkeypatch: pytest.MonkeyPatch, broken: Callable[[str], str]) -> None:
    original = Source.mlir.func
    monkeypatch.setattr(Source, "mlir", property(lambda self: broken(original(self))))
    document = garam("validate", "minilm", "--chip", "unit", "--batch", 2, "--seq", 24, "--layers", 1, expect=1)
    assert not document["ok"]
    assert re.search(BREAKS[broken], str(document["first_bad"])), document["first_bad"]


NORM = """
import torch
def norm():
    torch.manual_seed(0)
    return torch.nn.LayerNorm(96, eps=1e-2), (0.1 * torch.randn(13, 96),)
"""


def test_a_doubled_epsilon_is_caught(garam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "norm.py").write_text(NORM)
    model = f"{tmp_path / 'norm.py'}:norm"
    assert garam("validate", model, "--chip", "unit")["ok"]
    original = Source.mlir.func
    monkeypatch.setattr(Source, "mlir", property(lambda self: double_epsilon(original(self))))
    document = garam("validate", model, "--chip", "unit", expect=1)
    assert "layer_norm" in str(document["first_bad"])
