"""The references of the graph ops against PyTorch in f64, on random shapes: one rounding to the result's type, and f32 inside."""
from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

compiler = pytest.importorskip("garam._compiler")

NAMES = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16", torch.int64: "i64", torch.bool: "i1"}
#: Half the distance of neighbours, relative to the lower end of a binade.
ROUNDOFF = {torch.float32: 2.0**-24, torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}


def mlir(tensor: Tensor) -> str:
    return f"tensor<{''.join(f'{size}x' for size in tensor.shape)}{NAMES[tensor.dtype]}>"


def raw(value: Tensor | int) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(8, "little", signed=True)
    return value.contiguous().flatten().view(torch.uint8).numpy().tobytes()


class Module:
    """A function under construction: its arguments, its lines and its results."""

    def __init__(self) -> None:
        self.inputs: list[Tensor | int] = []
        self.lines: list[str] = []
        self.results: list[tuple[str, Tensor]] = []

    def take(self, *values: Tensor | int) -> list[str]:
        self.inputs += values
        return [f"%a{i}" for i in range(len(self.inputs) - len(values), len(self.inputs))]

    def give(self, text: str, like: Tensor) -> None:
        """One more op, and the value that its result must have; `like` has the result's type and the reference's values."""
        self.lines.append(f"%r{len(self.results)} = graph.{text}")
        self.results.append((f"%r{len(self.results)}", like))

    def run(self) -> list[Tensor]:
        types = ["index" if isinstance(value, int) else mlir(value) for value in self.inputs]
        arguments = ", ".join(f"%a{i}: {t}" for i, t in enumerate(types))
        results = ", ".join(mlir(like) for _, like in self.results)
        text = (f"func.func @main({arguments}) -> ({results}) {{\n" + "\n".join(self.lines) +
                f"\nreturn {', '.join(name for name, _ in self.results)} : {results}\n}}")
        out = compiler.run_golden(text, {f"arg_{i}": raw(value) for i, value in enumerate(self.inputs)})
        return [torch.frombuffer(bytearray(out[f"output_{i}"]), dtype=like.dtype).reshape(like.shape)
                for i, (_, like) in enumerate(self.results)]


def shape(rng: random.Random, rank: int, most: int = 9) -> list[int]:
    return [rng.randint(1, most) for _ in range(rank)]


def check(module: Module, expected: list[Tensor], dtype: torch.dtype) -> None:
    """expected: in f64. f32 inside adds a few units of its own, more where sums cancel."""
    for got, want, line in zip(module.run(), expected, module.lines, strict=True):
        slack = 1e-5 * max(1.0, float(want.abs().max())) if want.is_floating_point() else 0.0
        torch.testing.assert_close(got.to(want.dtype), want, rtol=1.01 * ROUNDOFF[dtype] + 1e-5, atol=slack,
                                   msg=lambda m: f"{line}\n{m}")


Case = Callable[[random.Random, torch.dtype], tuple[Module, list[Tensor]]]


def elementwise(rng: random.Random, dtype: torch.dtype) -> tuple[Module, list[Tensor]]:
    module = Module()
    x = torch.randn(shape(rng, 3)).to(dtype)
    y = torch.randn([1 if rng.random() < 0.4 else size for size in x.shape[rng.randint(0, 2):]]).to(dtype)
    a, b = module.take(x, y)
    wide, other = x.double(), y.double()
    expected = []
    unary: dict[str, Callable[[Tensor], Tensor]] = {
        "neg": torch.neg, "abs": torch.abs, "exp": torch.exp, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "erf": torch.erf,
        "sin": torch.sin, "cos": torch.cos, "floor": torch.floor, "round": torch.round, "relu": torch.relu, "silu": F.silu, "gelu": F.gelu}
    for name, function in unary.items():
        module.give(f"{name} {a} : {mlir(x)}", x)
        expected.append(function(wide))
    binary: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "max": torch.maximum, "min": torch.minimum}
    for name, function in binary.items():
        module.give(f"{name} {a}, {b} : ({mlir(x)}, {mlir(y)}) -> {mlir(x)}", x)
        expected.append(function(wide, other))
    module.give(f"compare <ge> {a}, {b} : ({mlir(x)}, {mlir(y)}) -> {mlir(x.bool())}", x.bool())
    expected.append(x >= y)
    return module, expected


def norms(rng: random.Random, dtype: torch.dtype) -> tuple[Module, list[Tensor]]:
    module = Module()
    x = torch.randn(shape(rng, 2) + [rng.randint(2, 70)]).to(dtype)
    w, bias = torch.randn(x.shape[-1:]).to(dtype), torch.randn(x.shape[-1:])
    a, b, c = module.take(x, w, bias)
    module.give(f"layer_norm {a}, {b}, {c} {{eps = 1.0e-3 : f32}} : {mlir(x)}, {mlir(w)}, {mlir(bias)}", x)
    module.give(f"rms_norm {a}, {b} {{eps = 1.0e-3 : f32}} : {mlir(x)}, {mlir(w)}", x)
    module.give(f"rms_norm {a}, {b} {{eps = 1.0e-3 : f32, style = #graph.norm_style<gemma>}} : {mlir(x)}, {mlir(w)}", x)
    module.give(f"softmax {a} : {mlir(x)}", x)
    wide = x.double()
    return module, [F.layer_norm(wide, w.shape, w.double(), bias.double(), 1e-3), F.rms_norm(wide, w.shape, w.double(), 1e-3),
                    F.rms_norm(wide, w.shape, 1 + w.double(), 1e-3), wide.softmax(-1)]


def products(rng: random.Random, dtype: torch.dtype) -> tuple[Module, list[Tensor]]:
    module = Module()
    batch, m, k, n = shape(rng, 4, 40)
    a, b, c = torch.randn(batch, m, k).to(dtype), torch.randn(k, n).to(dtype), torch.randn(batch, n, k).to(dtype)
    names = module.take(a, b, c)
    like = torch.empty(batch, m, n, dtype=dtype)
    module.give(f"matmul {names[0]}, {names[1]} : ({mlir(a)}, {mlir(b)}) -> {mlir(like)}", like)
    module.give(f"matmul {names[0]}, {names[2]} {{transpose_b = true}} : ({mlir(a)}, {mlir(c)}) -> {mlir(like)}", like)
    ids = torch.randint(0, k, (2, 3))
    rows = torch.empty(2, 3, n, dtype=dtype)
    [at] = module.take(ids)
    module.give(f"embedding {names[1]}, {at} : ({mlir(b)}, {mlir(ids)}) -> {mlir(rows)}", rows)
    return module, [a.double() @ b.double(), a.double() @ c.double().mT, b[ids].double()]


def attention(rng: random.Random, dtype: torch.dtype) -> tuple[Module, list[Tensor]]:
    module = Module()
    batch, shared, group, dim, value = shape(rng, 5, 4)
    queries = rng.randint(1, 12)
    keys = queries + rng.randint(0, 9)
    q = torch.randn(batch, shared * group, queries, dim).to(dtype)
    k, v = torch.randn(batch, shared, keys, dim).to(dtype), torch.randn(batch, shared, keys, value).to(dtype)
    mask = torch.randint(0, 2, (batch, keys))
    mask[:, 0] = 1  # every query attends to something
    a, b, c, d = module.take(q, k, v, mask)
    like = torch.empty(batch, shared * group, queries, value, dtype=dtype)
    types = f"{mlir(q)}, {mlir(k)}, {mlir(v)}"
    module.give(f"attention {a}, {b}, {c} {{scale = 0.25 : f32, causal = true}} : ({types}) -> {mlir(like)}", like)
    module.give(f"attention {a}, {b}, {c} mask {d} {{scale = 0.25 : f32}} : ({types}, {mlir(mask)}) -> {mlir(like)}", like)
    wide = [t.double() for t in (q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1))]
    causal = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    expected = [F.scaled_dot_product_attention(*wide, attn_mask=allowed, scale=0.25)
                for allowed in (causal, mask.bool()[:, None, None, :])]
    return module, expected


def moves(rng: random.Random, dtype: torch.dtype) -> tuple[Module, list[Tensor]]:
    module = Module()
    x = torch.randn([rng.randint(2, 6) for _ in range(4)]).to(dtype)
    [a] = module.take(x)
    perm = rng.sample(range(4), 4)
    begin, step = [rng.randint(0, size - 1) for size in x.shape], [rng.randint(1, 3) for _ in x.shape]
    part = x[tuple(slice(b, None, s) for b, s in zip(begin, step, strict=True))]
    dim = rng.randint(0, 3)
    expected = [x.permute(perm), part, torch.cat([x, x], dim), x.reshape(-1, x.shape[-1]), x.expand(2, *x.shape),
                x.double().sum(dim), x.double().mean(dim), x.amax(dim), x.double().cumsum(-1), x.argmax(-1)]
    t = mlir(x)
    texts = [f"transpose {a} {perm} : {t} to", f"slice {a} {begin} to {list(x.shape)} step {step} : {t} to",
             f"concat {a}, {a} {{dim = {dim} : i64}} : ({t}, {t}) ->", f"reshape {a} : {t} to", f"broadcast {a} : {t} to",
             *(f"reduce <{kind}> {a} {{dim = {dim} : i64}} : {t} to" for kind in ("sum", "mean", "max")), f"cumsum {a} :",
             f"argmax {a} : {t} to"]
    for text, want in zip(texts, expected, strict=True):
        like = want.to(dtype) if want.is_floating_point() else want
        module.give(f"{text} {mlir(like)}", like)
    return module, [want.double() if want.is_floating_point() else want for want in expected]


@pytest.mark.parametrize("dtype", list(ROUNDOFF), ids=lambda d: NAMES[d])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", [elementwise, norms, products, attention, moves], ids=lambda c: c.__name__)
def test_reference_is_torch(case: Case, dtype: torch.dtype, seed: int) -> None:
    torch.manual_seed(seed)
    module, expected = case(random.Random(seed), dtype)
    check(module, expected, dtype)


def test_whole_model_matches_torch() -> None:
    """Everything at once: MiniLM's graph in f32 through the references against the f32 module."""
    frontdoor = pytest.importorskip("garam.frontdoor")
    source = frontdoor.load("minilm", batch=2, seq=9, dtype="f32")
    tensors = {**source.weights, **source.inputs, **source.states}
    out = compiler.run_golden(source.mlir, {name: raw(tensor) for name, tensor in tensors.items()})
    with torch.no_grad():
        want = source.module(**source.inputs)["sentence_embedding"]
    got = torch.frombuffer(bytearray(out["sentence_embedding"]), dtype=torch.float32).reshape(want.shape)
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)
