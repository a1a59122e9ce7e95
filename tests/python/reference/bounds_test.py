"""The bounds hold for machines that sum in other orders and round where they may, on random shapes."""
from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from garam.frontdoor import bring_in, ops  # noqa: F401
from garam.frontdoor.ir import Location, Op
from garam.frontdoor.model import Model
from garam.reference import Checker
from garam.reference import bounded as B
from garam.reference import rules
from garam.reference.bounded import Bounded
from garam.reference.held import hold
from garam.reference.rules import softmax

SEEDS = st.integers(0, 2**31)


def rand(seed, *shape, scale=1.0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * scale


def exact(x):
    return Bounded(x.double(), None, True)


def inside(x, bounded):
    return not hold(x.float(), bounded).bad.any()


@given(SEEDS, st.integers(1, 700), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_sequential_sum_of_products(seed, k, chunk):
    """One addition after the other, in chunks as an array of that many rows does."""
    a, b = rand(seed, 3, k), rand(seed + 1, k, 4)
    total = torch.zeros(3, 4)
    for start in range(0, k, chunk):
        part = torch.zeros(3, 4)
        for i in range(start, min(k, start + chunk)):
            part = part + a[:, i:i + 1] * b[i:i + 1]
        total = total + part
    assert inside(total, B.matmul(exact(a), exact(b)))


@given(SEEDS, st.integers(1, 2000))
@settings(max_examples=40, deadline=None)
def test_row_sum_in_64_parts(seed, n):
    x = rand(seed, 2, n)
    parts = torch.zeros(2, 64)
    for start in range(0, n, 64):
        piece = x[:, start:start + 64]
        parts[:, :piece.shape[1]] += piece
    width = 64
    while width > 1:
        width //= 2
        parts = parts[:, :width] + parts[:, width:2 * width]
    assert inside(parts[:, 0], B.total(exact(x), -1, False))


@given(SEEDS, st.floats(0, 30))
@settings(max_examples=40, deadline=None)
def test_functions_of_uncertain_arguments(seed, size):
    x = rand(seed, 64, scale=size)
    off = rand(seed + 1, 64).clamp(-0.99, 0.99) * 1e-3
    given_ = Bounded(x.double(), torch.full((64,), 1e-3, dtype=torch.float64))
    for function in (torch.exp, torch.tanh, torch.sigmoid, torch.erf, torch.relu):
        assert inside(function(x.double() + off), B.monotone(given_, function))
    assert inside((x.double() + off) * (x.double() + off), B.mul(given_, given_))
    assert inside(3 / (x.double() + off), B.div(Bounded(torch.tensor(3.0).double()), given_))


EDGES = torch.tensor([0.0, -0.0, 1e-45, 1e-40, 1e-38, 1e-3, 0.5, 1.0, 3.0, 88.7, 104.0, 1e19, 2e19, 1.7e38, 3.4e38, float("inf"),
                      float("nan")])
UNARY = {"exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "tanh": torch.tanh,
         "sigmoid": torch.sigmoid, "erf": torch.erf, "floor": torch.floor}
BINARY = {"add": (torch.add, B.add), "mul": (torch.mul, B.mul), "div": (torch.div, B.div),
          "sub": (torch.sub, lambda a, b: B.add(a, b, -1.0))}


def uncertain(seed, count):
    """Numbers at the edges of f32 of either sign, with errors of all sizes; and what a machine may have: anything inside."""
    g = torch.Generator().manual_seed(seed)
    v = EDGES[torch.randint(len(EDGES), (count,), generator=g)] * (1 - 2 * torch.randint(2, (count,), generator=g))
    e = v.abs().nan_to_num(0.0, 0.0) * torch.tensor([0.0, 0.0, 1e-7, 1e-3, 1.0, 2.0])[torch.randint(6, (count,), generator=g)]
    given_ = Bounded(v.double(), e.double())
    got = (v.double() + e.double() * (2 * torch.rand(count, generator=g, dtype=torch.float64) - 1)).float()
    got = torch.where(torch.rand(count, generator=g) < 0.2, v, got)
    return given_, torch.where((e > 0) & ((got.double() - v.double()).abs() <= e.double()), got, v)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_no_machine_inside_its_operands_bounds_is_blamed(seed):
    """Zeros, subnormals, overflow and what is no number among them: NaN apart where nothing is known of the result."""
    a, x = uncertain(seed, 400)
    b, y = uncertain(seed + 1, 400)
    for name, (machine, bound) in BINARY.items():
        blamed(name, machine(x, y), bound(a, b), x, y)
    for name, machine in UNARY.items():
        op = Op(f"graph.{name.replace('reciprocal', 'recip')}", [], {}, Location(name, ""))
        blamed(name, machine(x.double()).float(), rules.apply(op, [a]), x, x)
    blamed("sum", x.reshape(40, 10).cumsum(-1)[:, -1], B.total(a.map(lambda t: t.reshape(40, 10)), -1, False), x.reshape(40, 10), y)
    product = torch.zeros(20, 20)
    for k in range(20):
        product = product + x.reshape(20, 20)[:, k:k + 1] * y.reshape(20, 20)[k:k + 1]
    bound = B.matmul(a.map(lambda t: t.reshape(20, 20)), b.map(lambda t: t.reshape(20, 20)))
    blamed("matmul", product, bound, x, y)


def blamed(name, got, bounded, x, y):
    held = hold(got, bounded)
    bad = (held.bad & ~held.vacuous).nonzero()
    assert not len(bad), (name, got[tuple(bad[0])], bounded.v[tuple(bad[0])], bounded.e[tuple(bad[0])], bad[0])


def test_what_is_not_known_is_vacuous():
    """An interval with a pole in it, or that leaves f32, or 0 · ∞."""
    def one(v, e):
        return Bounded(torch.tensor([v]).double(), torch.tensor([e]).double())

    sharp = one(2.0, 0.0)
    for x in (B.div(sharp, one(0.1, 0.2)), B.mul(one(0.0, 1e-9), one(float("inf"), 0.0)), B.mul(one(1e38, 1e38), one(2.0, 0.0)),
              B.monotone(one(88.7, 0.1), torch.exp), B.monotone(one(0.1, 0.2), torch.log), B.add(one(3.4e38, 1e37), one(0.0, 0.0))):
        assert x.e.isinf().all()
    for x in (B.div(sharp, one(0.0, 0.0)), B.mul(one(0.0, 0.0), one(float("inf"), 0.0)), B.mul(one(1e38, 1e30), one(4.0, 0.0)),
              B.monotone(one(100.0, 1.0), torch.exp), B.monotone(one(-1.0, 0.1), torch.log), B.add(one(float("inf"), 0.0), one(1.0, 5.0))):
        assert not x.v.isfinite().any() and not x.e.any()


@given(SEEDS, st.integers(1, 300), st.floats(0.1, 40))
@settings(max_examples=40, deadline=None)
def test_softmax_in_f32(seed, n, size):
    x = rand(seed, 3, n, scale=size)
    assert inside(torch.softmax(x, -1), softmax(exact(x))[0])
    off = rand(seed + 1, 3, n).clamp(-0.99, 0.99) * 1e-3
    uncertain = Bounded(x.double(), torch.full((3, n), 1e-3, dtype=torch.float64))
    assert inside(torch.softmax(x.double() + off, -1), softmax(uncertain)[0])


class Attend(torch.nn.Module):
    def __init__(self, causal):
        super().__init__()
        self.causal = causal

    def forward(self, q, k, v, mask):
        return torch.ops.garam.attention(q, k, v, q.shape[-1] ** -0.5, self.causal, 0, 0.0, mask)


def online(q, k, v, mask, causal, tile, dtype):
    """As a machine with tiles of keys: running maximum and sum, probabilities rounded to the type."""
    score = q.float() @ k.float().transpose(-1, -2) * torch.tensor(q.shape[-1] ** -0.5, dtype=torch.float32)
    seen = mask[:, None, None, :].bool()
    if causal:
        seen = seen & torch.ones(q.shape[2], k.shape[2]).tril(k.shape[2] - q.shape[2]).bool()
    score = torch.where(seen, score, -3e38)
    top = torch.full((*score.shape[:-1], 1), -3e38)
    total, out = torch.zeros_like(top), torch.zeros(*score.shape[:-1], v.shape[-1])
    for start in range(0, k.shape[2], tile):
        piece = score[..., start:start + tile]
        new = torch.maximum(top, piece.amax(-1, keepdim=True))
        p, factor = torch.exp(piece - new), torch.exp(top - new)
        total = total * factor + p.sum(-1, keepdim=True)
        out = out * factor + p.to(dtype).float() @ v[:, :, start:start + tile].float()
        top = new
    return (out / total).to(dtype)


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("keys, tile", [(7, 16), (65, 16), (200, 64)])
def test_online_attention(dtype, causal, keys, tile):
    kind = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[dtype]
    mask = torch.ones(2, keys, dtype=torch.long)
    mask[1, keys // 2 + 1:] = 0
    inputs = {"q": rand(1, 2, 3, 5, 16, scale=2), "k": rand(2, 2, 3, keys, 16, scale=2), "v": rand(3, 2, 3, keys, 16), "mask": mask}
    source = bring_in(Model("attend", Attend(causal), inputs), dtype)
    written = online(*(source.inputs[n] for n in ("q", "k", "v", "mask")), causal, tile, kind)
    found = Checker(source).check([("", "attention", written)])
    assert found[0].ok and (dtype == "f32" or found[0].ratio > 0.02)


class Norms(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.rms = torch.nn.LayerNorm(50, eps=1e-5), torch.nn.RMSNorm(50, eps=1e-5)

    def forward(self, x):
        return torch.softmax(self.layer(x), -1), self.rms(x)


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("size", [1e-2, 1.0, 30.0])
def test_norms_of_wide_and_narrow_rows(dtype, size):
    source = bring_in(Model("norms", Norms(), {"x": rand(5, 40, 50, scale=size) + size}), dtype)
    from garam.reference import named_tensors

    found = Checker(source).check(("", n, t) for n, t in named_tensors(source).items())
    assert [c.ok for c in found] == [True] * 3


def test_comparison_reports_the_worst_element():
    source = bring_in(Model("norms", Norms(), {"x": rand(5, 40, 50)}), "f32")
    from garam.reference import named_tensors

    tensors = named_tensors(source)
    tensors["rms_norm"][3, 7] += 0.5
    bad = Checker(source).check([("", "rms_norm", tensors["rms_norm"])])[0]
    assert not bad.ok and bad.index == (3, 7) and bad.max_abs_error == pytest.approx(0.5, abs=1e-5) and bad.path == "rms"
    assert dataclasses.asdict(bad)["bound"] < 1e-4
