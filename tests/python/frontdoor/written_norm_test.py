"""RMSNorm written out, and its near misses; and the small matchers: what is replaced computes the same as eager PyTorch."""
from __future__ import annotations

import dataclasses
import itertools
import os
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from frontdoor.values import by_graph, differences, eager, graph_of
from torch import Tensor

LONG = os.environ.get("GARAM_LONG") == "1"
SEED = int(os.environ["GARAM_SEED"])


@dataclasses.dataclass(frozen=True)
class Form:
    """One way to write the norm down. The first value of each list in CHOICES is the plain form."""

    wide: str
    square: str
    mean: str
    eps: str
    root: str
    order: str
    rounded: str
    weight: str
    after: str

    def __str__(self) -> str:
        return ", ".join(f"{n} {v}" for n, v in vars(self).items() if v != CHOICES[n][0]) or "plain"


CHOICES: dict[str, list[str]] = {
    "wide": ["float", "as it is", "through f16"],
    "square": ["pow", "product", "of another", "absolute", "rounded"],
    "mean": ["last", "last without keepdim", "first", "both", "sum", "sum over another count", "of a vector without keepdim"],
    "eps": ["number", "input", "vector", "left", "none", "large"],
    "root": ["rsqrt", "divided", "twice"],
    "order": ["x first", "factor first", "of another", "scaled x"],
    "rounded": ["weight first", "cast first", "no cast", "cast to f16"],
    "weight": ["vector", "left", "one number", "matrix", "none", "f16 and back", "expanded", "column"],
    "after": ["nothing", "inner returned", "mean returned", "added"],
}
PLAIN = Form(**{n: v[0] for n, v in CHOICES.items()})


def norm(form: Form, x: Tensor, y: Tensor, w: Tensor, e: Tensor) -> Any:
    wide = {"float": x.float, "as it is": lambda: x, "through f16": lambda: x.half().float()}[form.wide]()
    other = y.to(wide.dtype)
    square = {"pow": lambda: wide.pow(2), "product": lambda: wide * wide, "of another": lambda: wide * other, "absolute": wide.abs,
              "rounded": lambda: wide.pow(2).to(torch.bfloat16).to(wide.dtype)}[form.square]()
    mean = {"last": lambda: square.mean(-1, keepdim=True), "last without keepdim": lambda: square.mean(-1),
            "first": lambda: square.mean(0, keepdim=True), "both": lambda: square.mean((0, 1), keepdim=True),
            "sum": lambda: square.sum(-1, keepdim=True), "sum over another count": lambda: square.sum(-1, keepdim=True) / 4,
            "of a vector without keepdim": lambda: square[0].mean(-1)}[form.mean]()
    shifted = {"number": lambda: mean + 1e-5, "input": lambda: mean + e.abs(), "vector": lambda: mean + torch.full((8,), 1e-5).to(mean.dtype),
               "left": lambda: 1e-5 + mean, "none": lambda: mean, "large": lambda: mean + 0.5}[form.eps]()
    factor = {"rsqrt": lambda: shifted.rsqrt(), "divided": lambda: 1 / shifted.sqrt(), "twice": lambda: shifted.rsqrt().rsqrt()}[form.root]()
    inner = {"x first": lambda: wide * factor, "factor first": lambda: factor * wide, "of another": lambda: other * factor,
             "scaled x": lambda: (wide * 2.0) * factor}[form.order]()
    w = {"one number": lambda: w[:1], "matrix": lambda: w * torch.ones(8, 1, dtype=w.dtype), "f16 and back": lambda: w.half().to(w.dtype),
         "expanded": lambda: w.expand(8, 8), "column": lambda: w[:, None]}.get(form.weight, lambda: w)()
    cast = {"cast first": lambda t: t.to(x.dtype), "cast to f16": lambda t: t.half()}.get(form.rounded, lambda t: t)(inner)
    y = cast if form.weight == "none" else w * cast if form.weight == "left" else cast * w
    y = y if form.rounded == "no cast" else y.to(x.dtype)
    return {"nothing": y, "inner returned": (y, inner), "mean returned": (y, mean), "added": y + inner.to(y.dtype)}[form.after]


def near_misses() -> list[Form]:
    changes = [{n: v} for n, values in CHOICES.items() for v in values[1:]]
    pairs = [{**a, **b} for a, b in itertools.combinations(changes, 2) if not a.keys() & b.keys()]
    return [dataclasses.replace(PLAIN, **c) for c in [{}, *changes, *pairs]]


FORMS = near_misses()
NO_KEEPDIM = dataclasses.replace(PLAIN, mean="last without keepdim")
SINGLE = 1 + sum(len(v) - 1 for v in CHOICES.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["f32", "bf16"])
def test_forms_of_the_norm(dtype: torch.dtype) -> None:
    rng = random.Random(SEED)
    chosen = FORMS if LONG else [FORMS[0], NO_KEEPDIM, *rng.sample(FORMS[1:SINGLE], 8), *rng.sample(FORMS[SINGLE:], 8)]
    failures = {}
    for form in chosen:
        g = torch.Generator().manual_seed(rng.randrange(1 << 20))
        inputs = {"x": torch.randn(8, 8, generator=g), "y": torch.randn(8, 8, generator=g), "w": torch.rand(8, generator=g) + 0.5,
                  "e": torch.rand((), generator=g)}
        inputs = {n: v.to(dtype) for n, v in inputs.items()}

        def function(**tensors: Tensor) -> Any:
            return norm(form, **tensors)

        if bad := differences(by_graph(function, inputs), eager(function, inputs)):
            failures[str(form)] = bad
    assert not failures, f"{len(failures)} of {len(chosen)}:\n" + "\n".join(f"{f}: {bad}" for f, bad in failures.items())


ROWS = torch.arange(12)
TABLE, ZEROS = torch.randn(12, 8), torch.tensor([[0.0, -0.0, 1.0, -1.0, float("nan"), float("inf")]])
TRUTH = torch.tensor([[True, False, True]])

#: Function, inputs, and ops that must not be in the graph, where the matcher applies.
SMALL: dict[str, tuple[Callable[..., Any], dict[str, Tensor], tuple[str, ...]]] = {
    "rows in order": (lambda t: torch.nn.functional.embedding(torch.arange(3, 7), t), {"t": TABLE}, ("embedding",)),
    "one row": (lambda t: torch.nn.functional.embedding(torch.zeros(2, 3, dtype=torch.long), t), {"t": TABLE}, ("embedding",)),
    "the last row twice": (lambda t: torch.nn.functional.embedding(torch.full((2, 2), 11), t), {"t": TABLE}, ("embedding",)),
    "equal batches of rows": (lambda t: torch.nn.functional.embedding(torch.arange(4).expand(3, 4), t), {"t": TABLE}, ("embedding",)),
    "unequal batches": (lambda t: torch.nn.functional.embedding(torch.tensor([[0, 1], [1, 2]]), t), {"t": TABLE}, ()),
    "rows backwards": (lambda t: torch.nn.functional.embedding(torch.tensor([3, 2, 1]), t), {"t": TABLE}, ()),
    "every other row": (lambda t: torch.nn.functional.embedding(torch.tensor([0, 2, 4]), t), {"t": TABLE}, ()),
    "rows with padding": (lambda t: torch.nn.functional.embedding(torch.tensor([0, 1, 2]), t, padding_idx=1), {"t": TABLE}, ()),
    "one id": (lambda t: torch.nn.functional.embedding(torch.tensor(5), t), {"t": TABLE}, ()),
    "elements in order": (lambda t: t[torch.arange(12)[:, None], torch.arange(8)], {"t": TABLE}, ()),
    "negative elements": (lambda t: t[torch.arange(-12, 0)[:, None], torch.arange(8)], {"t": TABLE}, ()),
    "plus 0": (lambda x: 1 / (x + 0), {"x": ZEROS}, ()),
    "plus 0.0": (lambda x: 1 / (x + 0.0), {"x": ZEROS}, ()),
    "plus -0.0": (lambda x: 1 / (x + -0.0), {"x": ZEROS}, ("add",)),
    "minus 0": (lambda x: 1 / (x - 0), {"x": ZEROS}, ("sub",)),
    "minus -0.0": (lambda x: 1 / (x - -0.0), {"x": ZEROS}, ()),
    "0 plus": (lambda x: 1 / (0 + x), {"x": ZEROS}, ()),
    "0 minus": (lambda x: 1 / (0 - x), {"x": ZEROS}, ()),
    "both zeros": (lambda x: x * 0.0 + x * -0.0, {"x": ZEROS}, ()),
    "times 1": (lambda x: x * 1, {"x": ZEROS}, ("mul",)),
    "times True": (lambda x: x * True, {"x": ZEROS}, ()),
    "integers plus 0.0": (lambda n: (n + 0.0, n + 0, n * 1, n * 1.0, n / 1), {"n": ROWS}, ()),
    "truth plus 0": (lambda m: (m + 0, m * 1, m + False, m * True), {"m": TRUTH}, ()),
    "True and a row": (lambda m: torch.ones(4, 3, dtype=torch.bool) & m, {"m": TRUTH}, ("logical_and",)),
    "a row and True": (lambda m: m & torch.ones(4, 1, dtype=torch.bool), {"m": TRUTH}, ("logical_and",)),
    "False and a row": (lambda m: torch.zeros(4, 3, dtype=torch.bool) & m, {"m": TRUTH}, ()),
    "causal and a row": (lambda m: torch.ones(3, 3, dtype=torch.bool).tril() & m, {"m": TRUTH}, ()),
    "1 and a row": (lambda m: torch.logical_and(torch.ones(4, 3), m), {"m": TRUTH}, ()),
    "a gather of equal elements": (lambda i: torch.full((2, 6), 0.5).gather(1, i), {"i": torch.tensor([[1, 2], [0, 5]])}, ()),
    "rounded and back": (lambda x: (x.half().float(), x.bfloat16().float(), x.bfloat16().half().float()), {"x": TABLE}, ()),
    "truth through numbers": (lambda m: (m.long().float(), m.half().bool(), m.int().bool().float()), {"m": TRUTH}, ()),
    "fraction to integer to truth": (lambda x: (x.long().bool(), x.bool().long().float(), x.long().half().float()), {"x": TABLE}, ()),
    "large integers through numbers": (lambda n: (n.int().long(), n.float().long(), n.bool().long()), {"n": ROWS * 12345678901}, ()),
    "repeated repetitions": (lambda x: x[:, :1].expand(12, 4).unsqueeze(0).expand(3, 12, 4) + 1, {"x": TABLE}, ()),
    "reshaped and back": (lambda x: x.reshape(8, 12).reshape(12, 8).t().reshape(12, 8), {"x": TABLE}, ()),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_matchers(name: str) -> None:
    function, inputs, gone = SMALL[name]
    try:
        got = by_graph(function, inputs)
    except Exception as error:
        assert "not the elements in order" in str(error) or "gather" in str(error), error
        return
    assert not differences(got, eager(function, inputs))
    found = {op.name.removeprefix("graph.") for op in graph_of(function, inputs).flat.ops}
    assert not found & set(gone)
