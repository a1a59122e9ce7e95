"""A broadcast as an operand of every op that reads more than one element at a time: rows, columns, heads and single numbers that are
repeated are what they would be if they were written out."""
from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence

import pytest
import torch

from garam.frontdoor.ir import Enum, Value

from golden.graphs import Graph

SEEDS = 20 if os.environ.get("GARAM_LONG") == "1" else 2
CHIPS = ("unit", "atom", "rebel100")


def repeated(g: Graph, *shape: int, dtype: torch.dtype | None = None, integers: int = 0) -> Value:
    """A broadcast to `shape`, of some of its dimensions, sometimes computed before."""
    lead = g.rng.randint(0, len(shape) - 1)
    kept = [size if g.rng.random() < 0.5 else 1 for size in shape[lead:]]
    if integers:
        return spread(g, g.given(torch.randint(0, integers, kept)), shape)
    x = g.normal(*kept, dtype=dtype)
    return spread(g, g.give("abs", [x], kept, dtype) if g.rng.random() < 0.3 else x, shape)


def spread(g: Graph, x: Value, shape: Sequence[int]) -> Value:
    return x if tuple(x.shape) == tuple(shape) else g.give("broadcast", [x], shape, x.dtype)


def reductions(g: Graph) -> None:
    shape = [g.rng.randint(1, 7), g.rng.randint(1, 12), g.rng.randint(1, 150)]
    for dim in range(3):
        x, kind = repeated(g, *shape), g.rng.choice(["sum", "mean", "max", "min"])
        rest = [size for d, size in enumerate(shape) if d != dim]
        g.give("reduce", [x], rest, kind=Enum("reduce_kind", kind), dim=dim, keepdim=False)
    inner = g.give("tanh", [repeated(g, *shape)], shape)
    g.give("reduce", [inner], [*shape[:2], 1], kind=Enum("reduce_kind", "sum"), dim=2, keepdim=True)
    mixed = g.give("add", [g.normal(*shape[:2], 1), g.normal(shape[2])], shape)
    g.give("reduce", [mixed], shape[:2], kind=Enum("reduce_kind", "sum"), dim=2, keepdim=False)
    g.give("cumsum", [repeated(g, *shape)], shape)
    g.give("argmax", [repeated(g, *shape)], shape[:2], torch.int64)


def norms(g: Graph) -> None:
    shape = [g.rng.randint(1, 6), g.rng.randint(1, 9), g.rng.randint(2, 90)]
    g.give("softmax", [repeated(g, *shape)], shape)
    g.give("layer_norm", [repeated(g, *shape), repeated(g, shape[-1]), repeated(g, shape[-1])], shape, eps=1e-2)
    for style in ("plain", "llama", "gemma"):
        g.give("rms_norm", [repeated(g, *shape), repeated(g, shape[-1])], shape, eps=1e-2, style=Enum("norm_style", style))


def products(g: Graph) -> None:
    batch, m, n, k = (g.rng.choice([1, 2, g.rng.randint(1, most)]) for most in (4, 40, 40, 90))
    g.give("matmul", [repeated(g, batch, m, k), repeated(g, k, n)], [batch, m, n], transpose_b=False)
    g.give("matmul", [repeated(g, batch, m, k), repeated(g, batch, n, k)], [batch, m, n], transpose_b=True)
    g.give("matmul", [g.normal(2, batch, m, k), repeated(g, 2, batch, k, n)], [2, batch, m, n], transpose_b=False)


def attention(g: Graph) -> None:
    batch, heads, queries, keys = (g.rng.randint(1, most) for most in (3, 3, 20, 30))
    dim = g.rng.choice([4, 20])
    mask = spread(g, g.given(torch.ones(batch if g.rng.random() < 0.5 else 1, 1, dtype=torch.int64)), (batch, keys))
    operands = [repeated(g, batch, heads, queries, dim), repeated(g, batch, heads, keys, dim), repeated(g, batch, heads, keys, dim), mask,
                repeated(g, batch, heads, queries, keys)]
    g.give("attention", operands, [batch, heads, queries, dim], scale=0.3, causal=False, window=0, softcap=0.0,
           masked_rows=Enum("masked_rows", "average"),
           operandSegmentSizes=(1, 1, 1, 1, 1, 0))


def rows(g: Graph) -> None:
    """Rows of a table, rotated rows, rows that enter a cache."""
    count, columns = g.rng.randint(2, 40), g.rng.randint(1, 60)
    g.give("embedding", [repeated(g, count, columns), repeated(g, 3, 5, integers=count)], [3, 5, columns])
    x, tables = repeated(g, 2, 3, 5, 8), [repeated(g, 9, 8, dtype=torch.float32) for _ in "cs"]
    g.give("rope", [x, *tables], x.shape, style=Enum("rope_style", g.rng.choice(["half", "interleaved"])))
    kept, pos = g.given(torch.randn(2, 3, 11, 8).to(g.dtype), "state"), g.position(g.rng.randint(0, 6), 6)
    g.give("kv_update", [kept, repeated(g, 2, 3, 5, 8), pos], kept.shape, state=kept.name)
    g.give("kv_update", [repeated(g, 2, 3, 11, 8), repeated(g, 2, 3, 5, 8), pos], kept.shape)


def pieces(g: Graph) -> None:
    shape, dim = [g.rng.randint(1, 5), g.rng.randint(1, 6), g.rng.choice([1, 12, 16, 70])], g.rng.randint(0, 2)
    parts = [repeated(g, *(g.rng.randint(1, 20) if d == dim else size for d, size in enumerate(shape))) for _ in range(3)]
    whole = [sum(p.shape[d] for p in parts) if d == dim else size for d, size in enumerate(shape)]
    g.give("concat", parts, whole, dim=dim)
    ids = [repeated(g, *shape, integers=9) for _ in range(2)]
    g.give("concat", ids, [2 * size if d == dim else size for d, size in enumerate(shape)], torch.int64, dim=dim)


CASES = (reductions, norms, products, attention, rows, pieces)


@pytest.mark.parametrize("number", range(SEEDS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_broadcasts_are_as_if_written_out(case: Callable[[Graph], None], dtype: torch.dtype, number: int) -> None:
    seed = int(os.environ["GARAM_SEED"]) + number
    torch.manual_seed(seed)
    graph = Graph(random.Random(seed), dtype)
    case(graph)
    bad = [c for c in graph.compare(graph.on_machine(CHIPS[seed % 3])) if not c.ok]
    assert not bad, (f"GARAM_SEED={seed - number}", bad[0])
