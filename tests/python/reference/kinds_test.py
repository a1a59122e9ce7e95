"""What is no number, what is too large and what is whole is held as strictly as the rest: each kind of corruption is noticed."""
from __future__ import annotations

import functools
import itertools

import pytest
import torch
from torch import Tensor, nn

from garam.frontdoor import bring_in
from garam.frontdoor.model import Model
from garam.reference import Checker, named_tensors

NAN, INF = float("nan"), float("inf")
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.5, -2.25, 1e30, -3e38, 1e-40, 7.0, -0.3]


class Floats(nn.Module):
    def forward(self, x, y):
        return {"add": x + y, "sub": x - y, "mul": x * y, "div": x / y, "max": torch.maximum(x, y), "min": torch.minimum(x, y),
                "exp": x.exp(), "log": x.log(), "sqrt": x.sqrt(), "rsqrt": x.rsqrt(), "recip": x.reciprocal(), "tanh": x.tanh(),
                "sigmoid": x.sigmoid(), "erf": x.erf(), "relu": x.relu(), "abs": x.abs(), "neg": -x, "floor": x.floor(),
                "where": torch.where(x > y, x, y), "sum": x.sum(-1), "mean": y.mean(0), "amax": x.amax(-1), "cumsum": y.cumsum(-1),
                "softmax": x.softmax(-1), "product": x @ y.T, "moved": x.T + 1.0}


class Whole(nn.Module):
    def forward(self, x, n, flag):
        return {"add": n + 3, "mul": n * n, "sub": n - 2 * n, "sum": n.sum(-1), "amax": n.amax(0), "greater": x > 0.2, "equal": n == 2,
                "and": flag & (n > 1), "not": ~flag, "argmax": x.argmax(-1), "where": torch.where(flag, n, -n), "count": flag.sum(-1)}


@functools.cache
def floats(dtype: str):
    """Every pair of special numbers."""
    pairs = torch.tensor(list(itertools.product(SPECIAL, SPECIAL))).reshape(len(SPECIAL), len(SPECIAL), 2)
    return bring_in(Model("floats", Floats(), {"x": pairs[..., 0].contiguous(), "y": pairs[..., 1].contiguous()}), dtype)


@functools.cache
def whole():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(5, 7, generator=g)
    x[2, 3] = x[2, 5] = 9.0
    n = torch.randint(-5, 5, (5, 7), generator=g)
    n[1, 1] = 2 ** 60
    return bring_in(Model("whole", Whole(), {"x": x, "n": n, "flag": torch.rand(5, 7, generator=g) > 0.4}), "f32")


def of_results(source) -> dict[str, Tensor]:
    # PyTorch's erf of 16-bit types flushes subnormals.
    tensors = named_tensors(source, replace={"erf": lambda x: torch.erf(x.double()).to(x.dtype)})
    nodes = source.exported.program.graph_signature.user_outputs
    return {name: tensors[node] for name, node in zip(source.exported.outputs, nodes)}


def judged(source, outputs: dict[str, Tensor]) -> dict[str, bool]:
    checker = Checker(source)
    checker.check([], outputs)
    return {name: not bool(held.bad.any()) for name, held in checker.results.items()}


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
def test_what_pytorch_gives_is_right(dtype):
    """NaN and infinities in the same places are no failures, nor is what overflows in the type."""
    source = floats(dtype)
    found = judged(source, of_results(source))
    assert set(found) == set(source.outputs)
    assert [name for name, ok in found.items() if not ok] == []


def test_whole_numbers_that_pytorch_gives_are_right():
    source = whole()
    assert all(judged(source, of_results(source)).values())


CORRUPTIONS = {
    "NaN where a number is": (lambda t: t.isfinite(), NAN), "infinity where a number is": (lambda t: t.isfinite(), INF),
    "a number where NaN is": (lambda t: t.isnan(), 1.0), "infinity where NaN is": (lambda t: t.isnan(), INF),
    "zero where NaN is": (lambda t: t.isnan(), 0.0), "a number where infinity is": (lambda t: t == INF, 1.0),
    "NaN where infinity is": (lambda t: t.isinf(), NAN), "the other infinity": (lambda t: t == INF, -INF),
    "a number where -infinity is": (lambda t: t == -INF, -1.0), "zero where -infinity is": (lambda t: t == -INF, 0.0),
}


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_each_kind_of_corruption_is_noticed(kind, dtype):
    source = floats(dtype)
    right = of_results(source)
    places, value = CORRUPTIONS[kind]
    count = 0
    for name, tensor in right.items():
        checker = Checker(source)
        checker.check([], right)
        sharp = ~checker.results[name].vacuous
        for index in (places(tensor) & sharp).nonzero()[:3].tolist():
            wrong = tensor.clone()
            wrong[tuple(index)] = value
            assert not judged(source, {**right, name: wrong})[name], (name, index, float(tensor[tuple(index)]))
            count += 1
    assert count >= 10


def test_whole_numbers_are_compared_exactly():
    source = whole()
    right = of_results(source)
    count = 0
    for name, tensor in right.items():
        for index in itertools.product(*(range(0, n, 2) for n in tensor.shape)):
            for shift in (1, -1, 2 ** 40):
                wrong = tensor.clone()
                wrong[index] = not tensor[index] if tensor.dtype == torch.bool else tensor[index] + shift
                assert not judged(source, {**right, name: wrong})[name], (name, index, shift)
                count += 1
    assert count > 300


def test_of_equal_elements_the_first_is_chosen():
    source = whole()
    right = of_results(source)
    assert int(right["argmax"][2]) == 3
    wrong = right["argmax"].clone()
    wrong[2] = 5
    assert not judged(source, {**right, "argmax": wrong})["argmax"]


def test_another_type_of_number_is_wrong():
    source = whole()
    right = of_results(source)
    assert not judged(source, {**right, "add": right["add"].float()})["add"]


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_an_output_that_is_missing_or_of_another_shape_is_wrong(change):
    source = whole()
    right = of_results(source)
    broken = {n: t for n, t in right.items() if n != "mul"} if change == "missing" else {**right, "mul": right["mul"].T}
    assert not all(c.ok for c in Checker(source).check([], broken))


ROWS = {"softmax": lambda x: x.softmax(-1), "softmax of columns": lambda x: x.softmax(0),
        "layer_norm": lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:]), "sum": lambda x: x.sum(-1), "mean": lambda x: x.mean(0), "amax": lambda x: x.amax(-1), "argmax": lambda x: x.argmax(-1),
        "cumsum": lambda x: x.cumsum(-1), "product": lambda x: x @ x.transpose(-1, -2), "gelu": torch.nn.functional.gelu,
        "attention": lambda x: torch.nn.functional.scaled_dot_product_attention(*[x[..., None, :, :]] * 3)}


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (2, 0, 3), (0, 2, 3)])
def test_tensors_without_elements_are_right(shape):
    """Of whatever PyTorch takes without elements."""
    x = torch.empty(shape)
    taken = {}
    for name, function in ROWS.items():
        try:
            function(x)
        except (IndexError, RuntimeError):
            continue
        if name != "attention" or shape[-1]:
            taken[name] = function
    forward = type("Empty", (nn.Module,), {"forward": lambda self, x: {name: function(x) for name, function in taken.items()}})
    source = bring_in(Model("empty", forward().eval(), {"x": x}), "f32")
    assert len(taken) > 4
    assert [name for name, ok in judged(source, of_results(source)).items() if not ok] == []
