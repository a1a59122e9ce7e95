"""Every graph op at random shapes by two roads that share nothing, `linalg` on this host and instructions on the machine: both inside
the bound of docs/numerics.md around the value in f64, hence equal within it."""
from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from garam.frontdoor.ir import Constant, Enum

from golden.graphs import Graph

SEEDS = range(12 if os.environ.get("GARAM_LONG") == "1" else 2)
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
UNARY = ("neg", "abs", "exp", "tanh", "sigmoid", "erf", "sin", "cos", "floor", "round", "relu", "silu")
POSITIVE = ("log", "sqrt", "rsqrt", "recip")
BINARY = ("add", "sub", "mul", "div", "max", "min")


def unary(g: Graph) -> None:
    x = g.normal(*g.shape(3, 20))
    for name in UNARY:
        g.give(name, [x], x.shape)


def functions(g: Graph) -> None:
    shape = g.shape(3, 20)
    x, positive = g.normal(*shape), g.given((torch.rand(shape) * 4 + 0.01).to(g.dtype))
    for name in POSITIVE:
        g.give(name, [positive], shape)
    for approximate in ("none", "tanh"):
        g.give("gelu", [x], shape, approximate=Enum("gelu_approximation", approximate))


def binary(g: Graph) -> None:
    shape = g.shape(3, 20)
    other = [1 if g.rng.random() < 0.4 else size for size in shape[g.rng.randint(0, 2):]]
    x, y = g.normal(*shape), g.normal(*other)
    number = Constant((), g.dtype, data=torch.tensor(1.25, dtype=g.dtype))
    for name in BINARY:
        g.give(name, [x, y], shape)
        g.give(name, [x, number], shape)


def logic(g: Graph) -> None:
    shape = g.shape(2, 30)
    x, y = g.given(torch.randint(-2, 3, shape).to(g.dtype)), g.given(torch.randint(-2, 3, shape).to(g.dtype))
    a = g.give("compare", [x, y], shape, torch.bool, predicate=Enum("predicate", "lt"))
    b = g.give("compare", [x, y], shape, torch.bool, predicate=Enum("predicate", "ne"))
    for predicate in ("le", "gt", "ge", "eq"):
        g.give("compare", [x, y], shape, torch.bool, predicate=Enum("predicate", predicate))
    g.give("logical_and", [a, b], shape, torch.bool)
    g.give("logical_or", [a, b], shape, torch.bool)
    g.give("logical_not", [a], shape, torch.bool)
    g.give("select", [b, x, y], shape)


def casts(g: Graph) -> None:
    shape = g.shape(2, 30)
    x, whole = g.normal(*shape), g.given(torch.randint(-9, 9, shape))
    for target in (torch.float32, torch.bfloat16, torch.float16, torch.int32, torch.int64, torch.bool):
        if target != g.dtype:
            g.give("cast", [x], shape, target)
    g.give("cast", [whole], shape)
    g.give("cast", [whole], shape, torch.int32)


def norms(g: Graph) -> None:
    shape = g.shape(2) + [g.rng.randint(2, 300)]
    x, w, b = g.normal(*shape), g.normal(shape[-1]), g.normal(shape[-1], dtype=torch.float32)
    g.give("layer_norm", [x, w, b], shape, eps=1e-3)
    for style in ("plain", "llama", "gemma"):
        g.give("rms_norm", [x, w], shape, eps=1e-3, style=Enum("norm_style", style))
    g.give("softmax", [x], shape)


def products(g: Graph) -> None:
    batch, m, n, k = (g.rng.randint(1, most) for most in (4, 60, 60, 200))
    a, shared, own = g.normal(batch, m, k), g.normal(k, n), g.normal(batch, n, k)
    g.give("matmul", [a, shared], [batch, m, n], transpose_b=False)
    g.give("matmul", [a, own], [batch, m, n], transpose_b=True)
    g.give("matmul", [a, shared], [batch, m, n], torch.float32, transpose_b=False)


def embedding(g: Graph) -> None:
    rows, columns = g.shape(2, 90)
    ids = g.given(torch.randint(0, rows, g.shape(2)))
    g.give("embedding", [g.normal(rows, columns), ids], [*ids.shape, columns])


def _attention(g: Graph, queries: int, keys: int, parts: str, hide: bool = False, **properties: object) -> None:
    """parts: which of mask, bias and pos are there. hide: the mask hides all keys of the last sequence, the bias those of the first
    query behind −∞ and those of the last behind the lowest number."""
    batch, shared, group = g.shape(3, 3)
    dim, width = g.rng.choice([4, 8, 20, 32]), g.rng.choice([4, 16, 24])
    q, k, v = g.normal(batch, shared * group, queries, dim), g.normal(batch, shared, keys, dim), g.normal(batch, shared, keys, width)
    operands = [q, k, v]
    if "m" in parts:
        mask = torch.randint(0, 2, (batch, keys))
        mask[:, 0] = 1
        mask[-1] *= not hide
        operands.append(g.given(mask))
    if "b" in parts:
        bias = torch.randn(1, shared * group, queries, keys).to(g.dtype)
        if hide:
            bias[:, :, 0], bias[:, :, -1] = -torch.inf, torch.finfo(g.dtype).min
        operands.append(g.given(bias))
    if "p" in parts:
        operands.append(g.position(g.rng.randint(0, keys - queries), keys - queries))
    defaults = {"scale": 0.25, "causal": False, "window": 0, "softcap": 0.0, "masked_rows": Enum("masked_rows", "average")}
    g.give("attention", operands, [batch, shared * group, queries, width], **(defaults | properties),
           operandSegmentSizes=(1, 1, 1, *(int(letter in parts) for letter in "mbp")))


def attention(g: Graph) -> None:
    queries = g.rng.randint(1, 40)
    keys = queries + g.rng.randint(0, 60)
    _attention(g, queries, keys, g.rng.choice(["", "m", "b", "mb"]), softcap=g.rng.choice([0.0, 5.0]))
    _attention(g, queries, keys, g.rng.choice(["", "m"]), causal=True, window=g.rng.choice([0, 1, 7]))
    _attention(g, queries, keys, "", window=g.rng.randint(1, keys))


def hidden_rows(g: Graph) -> None:
    """Rows in which no key takes part: hidden by the mask, by the bias, or before the first key."""
    for rows in ("average", "zero", "nan"):
        queries, keys, what = g.rng.randint(1, 40), g.rng.randint(1, 70), Enum("masked_rows", rows)
        for parts in ("m", "b", "mb"):
            _attention(g, queries, keys, parts, hide=True, masked_rows=what)
        _attention(g, queries + keys, keys, "", causal=True, window=g.rng.choice([0, 3]), masked_rows=what)
        _attention(g, queries, keys, "b", hide=True, causal=True, softcap=g.rng.choice([0.0, 4.0]), masked_rows=what)


def cached(g: Graph) -> None:
    """What a decode step does: rows enter the cache, attention and rotation follow a run-time position."""
    queries = g.rng.randint(1, 3)
    _attention(g, queries, queries + g.rng.randint(1, 60), "p", causal=True)


def rotation(g: Graph) -> None:
    batch, heads, rows = g.shape(3)
    dim, most = 2 * g.rng.randint(1, 20), rows + g.rng.randint(0, 9)
    x, tables = g.normal(batch, heads, rows, dim), [g.normal(most, dim, dtype=torch.float32) for _ in "cs"]
    pos = g.position(g.rng.randint(0, most - rows), most - rows)
    for style in ("half", "interleaved"):
        g.give("rope", [x, *tables], x.shape, style=Enum("rope_style", style))
        g.give("rope", [x, *tables, pos], x.shape, style=Enum("rope_style", style))


def cache(g: Graph) -> None:
    batch, heads, rows, dim = g.shape(4)
    most = rows + g.rng.randint(0, 9)
    kept = g.given(torch.randn(batch, heads, most, dim).to(g.dtype), "state")
    pos = g.position(g.rng.randint(0, most - rows), most - rows)
    g.give("kv_update", [kept, g.normal(batch, heads, rows, dim), pos], kept.shape, state=kept.name)


def moves(g: Graph) -> None:
    shape = [g.rng.randint(2, 6) for _ in range(4)]
    x, perm = g.normal(*shape), g.rng.sample(range(4), 4)
    begin, step = [g.rng.randint(0, size - 1) for size in shape], [g.rng.randint(1, 3) for _ in shape]
    dim = g.rng.randint(0, 3)
    g.give("transpose", [x], [shape[d] for d in perm], perm=perm)
    g.give("slice", [x], [len(range(b, size, s)) for b, size, s in zip(begin, shape, step)], begin=begin, end=shape, step=step)
    g.give("concat", [x, x], [size * (2 if d == dim else 1) for d, size in enumerate(shape)], dim=dim)
    g.give("reshape", [x], [shape[0] * shape[1] * shape[2], shape[3]])
    g.give("broadcast", [x], [2, *shape])
    g.give("iota", [], shape, g.rng.choice([torch.int64, torch.float32]), dim=dim)


def reductions(g: Graph) -> None:
    shape = [*g.shape(2, 12), g.rng.randint(1, 200)]
    x, dim = g.normal(*shape), g.rng.randint(0, 2)
    for kind in ("sum", "mean", "max", "min"):
        keep = g.rng.random() < 0.5
        rest = [1 if d == dim else size for d, size in enumerate(shape) if keep or d != dim]
        g.give("reduce", [x], rest, kind=Enum("reduce_kind", kind), dim=dim, keepdim=keep)
    g.give("cumsum", [x], shape)
    g.give("argmax", [x], shape[:-1], torch.int64)


CASES = (unary, functions, binary, logic, casts, norms, products, embedding, attention, hidden_rows, cached, rotation, cache, moves, reductions)


def build(case: Callable[[Graph], None], seed: int, dtype: str) -> Graph:
    torch.manual_seed(seed)
    graph = Graph(random.Random(f"{case.__name__} {seed} {dtype}"), DTYPES[dtype])
    case(graph)
    return graph


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_machine_and_linalg_agree(case: Callable[[Graph], None], seed: int, dtype: str) -> None:
    graph = build(case, seed, dtype)
    for road, results in (("linalg", graph.through_linalg()), ("machine", graph.on_machine(("unit", "atom", "rebel100")[seed % 3]))):
        bad = [c for c in graph.compare(results) if not c.ok]
        assert not bad, (road, bad[0])


def test_every_op_has_a_case() -> None:
    """The ops of the dialect's record, but for those that hold others."""
    record = (Path(__file__).parents[3] / "dialects/graph/GraphOps.td").read_text()
    known = set(re.findall(r"def Graph_\w+Op\s*: Graph_\w*Op<\"(\w+)\"", record)) - {"group", "yield", "constant"}
    tried = {op.name.removeprefix("graph.") for case in CASES for op in build(case, 0, "f32").ops}
    assert len(known) > 35 and tried == known
