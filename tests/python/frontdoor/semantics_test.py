"""Each lowering with arguments of every kind that PyTorch takes: the graph computes what eager PyTorch computes, or the front door
refuses in one line that names the op."""
from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from frontdoor.values import by_graph, differences, eager
from torch import Tensor
from torch.nn import functional as F

from garam import InputError

LONG = os.environ.get("GARAM_LONG") == "1"
SEED = int(os.environ["GARAM_SEED"])
NAN, INF = float("nan"), float("inf")

Case = tuple[str, Callable[..., Any], dict[str, Any]]

FLOATS = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
TYPES = {**FLOATS, "i64": torch.int64, "i32": torch.int32, "bool": torch.bool}
SPECIAL = torch.tensor([[0.0, -0.0, 1.0, -1.5, 2.5], [0.5, -0.5, 3.0, INF, -INF], [NAN, 1e-3, 7.0, -2.0, 0.1]])
WHOLE = torch.tensor([[0, 1, -1, 2, 5], [-7, 8, 3, -3, 100], [4, 4, 0, 0, 1]])


def like(dtype: torch.dtype) -> Tensor:
    return SPECIAL.to(dtype) if dtype.is_floating_point else WHOLE.to(dtype)


def unary() -> Iterator[Case]:
    functions = {name: getattr(torch, name) for name in (
        "neg", "abs", "exp", "log", "sqrt", "rsqrt", "tanh", "sigmoid", "erf", "sin", "cos", "floor", "round", "relu", "reciprocal",
        "logical_not", "bitwise_not")}
    functions |= {"silu": F.silu, "gelu": F.gelu, "gelu tanh": lambda x: F.gelu(x, approximate="tanh"), "hardtanh": F.hardtanh,
                  "clone": torch.clone, "dropout": lambda x: F.dropout(x, 0.5, False)}
    for name, function in functions.items():
        for kind, dtype in TYPES.items():
            value = like(dtype).clamp(-9, 9) if name.startswith("gelu") else like(dtype)  # PyTorch's own of infinity is NaN in f32
            yield f"{name} {kind}", lambda x, f=function: f(x), {"x": value}
        yield f"{name} of rank 0", lambda x, f=function: f(x), {"x": torch.tensor(0.7)}


def two() -> Iterator[Case]:
    names = ("add", "sub", "mul", "div", "maximum", "minimum", "lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or",
             "bitwise_and", "bitwise_or", "rsub", "floor_divide", "pow")
    for name in names:
        function = getattr(torch, name)
        for a, one in TYPES.items():
            for b, other in TYPES.items():
                y = like(other)
                yield f"{name} {a} {b}", lambda x, y, f=function: f(x, y), {"x": like(one), "y": y.roll(1, 0)}
                yield f"{name} {a} {b} of rank 0", lambda x, y, f=function: f(x, y), {"x": like(one), "y": y[2, 3]}
                yield f"{name} {a} column {b} row", lambda x, y, f=function: f(x, y), {"x": like(one)[:, :1], "y": y[0]}
            for number in (0, 1, 2, 3, -1, 0.0, -0.0, 0.1, 0.5, -0.5, 1.0, 2.0, 3.0, True, 1e9, -3, 16777217, NAN, INF):
                yield f"{name} {a} {number!r}", lambda x, f=function, n=number: f(x, n), {"x": like(one)}
        for number in (2, 0.1, True):
            yield f"{name} {number!r} left", lambda x, f=function, n=number: f(torch.tensor(n), x), {"x": like(torch.float32)}
    for alpha in (0, 2, -1, 0.5):
        yield f"add alpha {alpha}", lambda x, y, a=alpha: torch.add(x, y, alpha=a), {"x": SPECIAL, "y": SPECIAL.t().reshape(3, 5)}
        yield f"sub alpha {alpha}", lambda x, a=alpha: torch.sub(x, 3, alpha=a), {"x": SPECIAL}
        yield f"rsub alpha {alpha}", lambda x, y, a=alpha: torch.rsub(x, y, alpha=a), {"x": SPECIAL, "y": SPECIAL[0]}
    yield "add alpha of integers", lambda n: torch.add(n, n, alpha=3), {"n": WHOLE}
    yield "add of truths with alpha", lambda m: torch.add(m, m, alpha=True), {"m": WHOLE.bool()}
    for mode in ("floor", "trunc"):
        yield f"div {mode}", lambda x, m=mode: torch.div(x, 2.0, rounding_mode=m), {"x": SPECIAL}
    for low, high in ((None, 1.0), (0.1, None), (0.1, 0.3), (2.0, -1.0), (NAN, None), (None, NAN), (-INF, INF), (1, 3), (0, None)):
        for kind in ("f32", "bf16", "i64"):
            yield f"clamp {kind} {low} {high}", lambda x, a=low, b=high: torch.clamp(x, a, b), {"x": like(TYPES[kind])}
    yield "clamp tensors", lambda x, a: torch.clamp(x, a, a + 1), {"x": SPECIAL[0], "a": SPECIAL}
    yield "clamp_min tensor", lambda x, a: torch.clamp_min(x, a), {"x": SPECIAL, "a": SPECIAL[0]}
    big = torch.tensor([16777217, -16777217, 2**40 + 1, 9007199254740993])
    for name in ("add", "sub", "mul", "maximum", "minimum"):
        for number in (16777217, 2**31 + 1, 2**40 + 3, -(2**53) - 1):
            yield f"{name} of large integers {number}", lambda n, f=getattr(torch, name), k=number: f(n, torch.tensor(k)), {"n": big}
            yield f"{name} of a large number {number}", lambda n, f=getattr(torch, name), k=number: f(torch.full((4,), k), n), {"n": big}
    for name in ("lt", "eq", "ge", "ne"):
        yield f"{name} of large integers", lambda n, f=getattr(torch, name): (f(n, 16777217), f(n, 2**40), f(n, n.roll(1))), {"n": big}


def choices() -> Iterator[Case]:
    mask = torch.tensor([[True, False, True, True, False]])
    for a, one in TYPES.items():
        yield f"where {a} number", lambda m, x: (torch.where(m, x, 2), torch.where(m, 0.1, x)), {"m": mask, "x": like(one)}
        yield f"masked_fill {a}", lambda m, x: x.masked_fill(m, 1), {"m": mask, "x": like(one)}
        for b, other in TYPES.items():
            yield f"where {a} {b}", lambda m, x, y: torch.where(m, x, y), {"m": mask, "x": like(one), "y": like(other)[0]}
            yield f"cast {a} {b}", lambda x, t=other: x.to(t), {"x": like(one)[2:, 1:] if one.is_floating_point else like(one)}
            yield f"cat {a} {b}", lambda x, y: (torch.cat((x, y)), torch.cat((x, y), -1), torch.stack((x, y), 1)), {
                "x": like(one), "y": like(other)}
    yield "where of two numbers", lambda m: (torch.where(m, 1.0, 0.0), torch.where(m, 1, 2), torch.where(m, 1, 0.5)), {"m": mask}
    yield "where broadcast", lambda m, x: torch.where(m, x, x[:, :1]), {"m": mask, "x": SPECIAL}
    yield "masked_fill larger mask", lambda m, x: torch.masked_fill(x, m, NAN), {"m": mask.expand(3, 5), "x": SPECIAL[0]}
    yield "masked_fill tensor", lambda m, x, v: x.masked_fill(m, v), {"m": mask, "x": SPECIAL, "v": torch.tensor(4.0)}
    for kind in (torch.uint8, torch.int8, torch.int16, torch.float64, torch.complex64):
        yield f"input of {kind}", lambda x: x.float() + 1 if not x.is_complex() else x.real, {"x": torch.ones(3).to(kind)}
        yield f"inside {kind}", lambda x, t=kind: (x.abs() + 1).to(t).float() if not t.is_complex else x.to(t).real, {"x": SPECIAL[0, :3]}
        yield f"constant of {kind}", lambda x, t=kind: (x * torch.tensor([1, 2, 3]).to(t)).real, {"x": SPECIAL[0, :3]}
    yield "compare with an f64 constant", lambda x: x > torch.tensor([0.1, 0.1, 0.1], dtype=torch.float64), {"x": torch.full((3,), 0.1)}
    for name in ("zeros_like", "ones_like"):
        yield name, lambda x, f=getattr(torch, name): (f(x) + x, f(x, dtype=torch.int64), f(x, dtype=torch.bool)), {"x": SPECIAL}
    yield "full_like", lambda x: (torch.full_like(x, 3), torch.full_like(x, 2.7, dtype=torch.int64), torch.full_like(x, 1, dtype=torch.bool)), {
        "x": SPECIAL}
    yield "new", lambda x: (x.new_zeros(2), x.new_ones(2, 3), x.new_full((2,), 0.1), x.new_full((2,), 7, dtype=torch.int64)), {"x": SPECIAL}
    yield "full of large integers", lambda n: n + torch.full((2,), 16777217), {"n": torch.tensor([1, 2])}
    yield "random numbers", lambda x: x + torch.rand(5), {"x": SPECIAL}
    yield "random kinds", lambda x: (x + torch.randint(0, 3, (5,)), x + torch.randn_like(x)), {"x": SPECIAL}


def reductions() -> Iterator[Case]:
    x = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1))
    n = torch.randint(-9, 9, (2, 3, 5), generator=torch.Generator().manual_seed(2))
    for name in ("sum", "mean", "amax", "amin", "var", "std"):
        function = getattr(torch, name)
        for kind in ("f32", "bf16", "i64", "i32", "bool"):
            value = (x if kind in FLOATS else n).to(TYPES[kind])
            for dim in (0, 1, -1, (0, 1), (-1, 0), (0, 1, 2), (), None):
                for keep in (False, True):
                    arguments = {} if dim is None else {"dim": dim, "keepdim": keep}
                    yield f"{name} {kind} {dim} {keep}", lambda x, f=function, a=arguments: f(x, **a), {"x": value}
        yield f"{name} of rank 0", lambda x, f=function: (f(x), f(x, dim=-1), f(x, dim=0)), {"x": torch.tensor(2.5)}
        yield f"{name} with NaN", lambda x, f=function: (f(x, dim=0), f(x, dim=1)), {"x": SPECIAL}
    for correction in (0, 1, 2, 0.5, 5, 7):
        yield f"var correction {correction}", lambda x, c=correction: (torch.var(x, -1, correction=c), torch.var(x, correction=c)), {"x": x}
        yield f"var of one {correction}", lambda x, c=correction: torch.var(x, -1, correction=c), {"x": x[..., :1]}
    for dtype in (torch.float32, torch.bfloat16, torch.int64, torch.float64):
        yield f"sum to {dtype}", lambda x, t=dtype: (x.sum(-1, dtype=t), x.sum(dtype=t)), {"x": x.bfloat16()}
        yield f"sum of integers to {dtype}", lambda x, t=dtype: (x.sum(-1, dtype=t), x.cumsum(-1, dtype=t)), {"x": n}
        yield f"softmax to {dtype}", lambda x, t=dtype: torch.softmax(x, -1, dtype=t), {"x": x.bfloat16()}
        yield f"mean to {dtype}", lambda x, t=dtype: x.mean(-1, dtype=t), {"x": n}
    for order in (1, 2, 2.0, 0, 3, INF, -INF):
        for dim in (None, -1, (0, 1), (), 0):
            yield f"norm {order} {dim}", lambda x, o=order, d=dim: torch.linalg.vector_norm(x, o, d), {"x": x}
            yield f"norm bf16 {order} {dim}", lambda x, o=order, d=dim: torch.linalg.vector_norm(x, o, d, True), {"x": x.bfloat16() * 9}
    for dim in (None, 0, 1, -1, -2):
        for keep in (False, True):
            yield f"argmax {dim} {keep}", lambda x, d=dim, k=keep: torch.argmax(x, d, k), {"x": x}
            yield f"argmax of integers {dim} {keep}", lambda x, d=dim, k=keep: torch.argmax(x, d, k), {"x": n}
    yield "argmax of rank 0", lambda x: (x.argmax(), x.argmax(0), x.argmax(-1, True)), {"x": torch.tensor(1.0)}
    yield "argmax of NaN and ties", lambda x: (x.argmax(-1), torch.ones_like(x).argmax(-1)), {"x": SPECIAL}
    for dim in (0, 1, -1):
        for kind in ("f32", "bf16", "i64", "i32", "bool"):
            yield f"cumsum {kind} {dim}", lambda x, d=dim: x.cumsum(d), {"x": (x if kind in FLOATS else n).to(TYPES[kind])}
        yield f"softmax {dim}", lambda x, d=dim: (x.softmax(d), torch.softmax(x[0], 0)), {"x": x}
    yield "rank 0 rows", lambda x: (x.softmax(0), x.cumsum(0), x.softmax(-1)), {"x": torch.tensor(3.0)}
    yield "softmax of infinities", lambda x: x.softmax(-1), {"x": torch.tensor([[-INF, -INF], [INF, 1.0], [NAN, 1.0], [-INF, 0.0]])}
    yield "bool reductions", lambda m: (m.sum(), m.sum(-1), m.amax(-1), m.amin(0), m.float().mean()), {"m": n > 0}
    yield "any and all", lambda m: (m.any(-1), m.all()), {"m": n > 0}
    big = torch.tensor([[2**40 + 1, 3, -(2**24) - 1], [16777217, 1, 1]])
    yield "sum of large integers", lambda n: (n.sum(-1), n.sum(0), n.sum(), n.cumsum(-1), n.amax(-1), n.argmax(-1)), {"n": big}


def moves() -> Iterator[Case]:
    x = torch.arange(60.0).reshape(3, 4, 5)
    for begin, end, step in ((None, None, 1), (1, None, 1), (-3, -1, 1), (0, 100, 2), (-100, 3, 1), (2, 2, 1), (None, None, 3), (3, 1, 1), (4, 9, 1)):
        for dim in (0, 1, -1):
            yield f"slice {begin} {end} {step} {dim}", lambda x, s=slice(begin, end, step), d=dim: x.transpose(0, d)[s] * 2, {"x": x}
    for index in (0, 1, -1, -3):
        yield f"select {index}", lambda x, i=index: (x[i], x[:, i], x.select(-1, i), x[0, 0, i]), {"x": x}
    for size in (1, 2, 3, 4, 7):
        for dim in (0, 1, -1):
            yield f"split {size} {dim}", lambda x, n=size, d=dim: [p * 2 for p in (*x.split(n, d), *x.chunk(n, d))], {"x": x}
    yield "split by sizes", lambda x: (*x.split([1, 3], 1), *x.split((2, 0, 3), -1)[::2]), {"x": x}
    yield "unbind", lambda x: (*x.unbind(), *x.unbind(-1), *x[0].unbind(1)), {"x": x}
    for shape in ((2, -1, -1, 5), (3, 4, 5), (2, 3, 4, 5), (-1, 4, 5)):
        yield f"expand {shape}", lambda x, s=shape: (x.expand(*s) + 1, x[:, :1].expand(-1, 6, -1), x[..., :1].expand(3, 4, 8)), {"x": x}
    yield "expand of rank 0", lambda x: (x.expand(3), x.expand(2, 3) * 2), {"x": torch.tensor(2.0)}
    yield "transposes", lambda x: (x.transpose(0, -1), x.transpose(1, 1), x.permute(-1, 0, 1), x[0].t(), x.mT, x[0, 0].t()), {"x": x}
    yield "transposes of rank 0", lambda x: (x.transpose(0, -1), x.t(), x.permute(())), {"x": torch.tensor(1.0)}
    yield "reshapes", lambda x: (x.flatten(), x.flatten(1), x.unsqueeze(-1), x[:1].squeeze(0), x[:1, :1].squeeze(), x.squeeze(1), x.unflatten(1, (2, 2)),
                                 x.view(-1, 2), x.reshape(5, 4, 3), x[:1, :1, :1].reshape(())), {"x": x}
    for widths in ((1, 2), (1, 2, 0, 1), (-1, 2), (-1, -1), (0, 0), (2, -2, -1, 3), (1, 0, 0, 1, 2, 0), (0, -4)):
        for number in (None, 0, 1.5, -INF):
            yield f"pad {widths} {number}", lambda x, w=widths, n=number: F.pad(x, w, value=n) * 2, {"x": x}
        yield f"pad integers {widths}", lambda x, w=widths: (F.pad(x, w, value=3), F.pad(x > 3, w), F.pad(x > 3, w, value=1)), {"x": x.long()}
    for mode in ("reflect", "replicate", "circular"):
        for width in ((1, 1), (0, 0), (2, 1)):
            yield f"pad {mode} {width}", lambda x, m=mode, w=width: F.pad(x, w, mode=m) * 2, {"x": x}
    yield "cat of empty pieces", lambda x: (torch.cat((x, x[:0])), torch.cat((torch.zeros(0), x[0, 0])), torch.cat((x[..., 5:], x, x[:, :, :0]), -1)), {"x": x}
    yield "index in order", lambda x: x[torch.arange(3)[:, None, None], torch.arange(4)[:, None], torch.arange(5)], {"x": x}
    yield "index not in order", lambda x: x[torch.tensor([0, 0, 1])], {"x": x}
    yield "index by truth", lambda x: x[torch.tensor([False, True])], {"x": x[:2, 0, 0]}
    yield "index negative", lambda x: x[torch.tensor([-3, -2, -1])], {"x": x[:, 0, 0]}
    yield "index by an input", lambda x, i: x[i], {"x": x, "i": torch.tensor([0, 2])}
    yield "embedding", lambda t, i: (F.embedding(i, t), F.embedding(i, t, padding_idx=1), F.embedding(i[0, 0], t)), {
        "t": x[0], "i": torch.tensor([[0, 1], [3, 2]])}
    yield "embedding of integers", lambda t, i: F.embedding(i, t), {"t": x[0].long() * 16777217, "i": torch.tensor([[0, 1]], dtype=torch.int32)}


def products() -> Iterator[Case]:
    g = torch.Generator().manual_seed(3)

    def r(*shape: int) -> Tensor:
        return torch.randn(shape, generator=g)

    shapes = ((4,), (3, 4), (1, 3, 4), (2, 3, 4), (2, 1, 3, 4), (1, 2, 3, 4), (2, 2, 2, 3, 4))
    for a in shapes:
        for b in shapes:
            y = r(*b).transpose(-1, -2).contiguous() if len(b) > 1 else r(*b)
            yield f"matmul {a} {b}", lambda x, y: x @ y, {"x": r(*a), "y": y}
            if len(b) > 1:
                yield f"matmul {a} transposed {b}", lambda x, y: x @ y.transpose(-1, -2), {"x": r(*a), "y": r(*b)}
    for alpha in (1, 0, 2.0, -0.5):
        for beta in (1, 0, 0.3):
            given = {"x": r(3, 4), "y": r(4, 5)}
            for name, bias in {"row": r(5), "full": r(3, 5), "column": r(3, 1), "nan": torch.full((5,), NAN if beta == 0 else 1.0)}.items():
                yield f"addmm {alpha} {beta} {name}", lambda c, x, y, a=alpha, b=beta: torch.addmm(c, x, y, alpha=a, beta=b), {"c": bias, **given}
            yield f"baddbmm {alpha} {beta}", lambda c, x, y, a=alpha, b=beta: torch.baddbmm(c, x, y, alpha=a, beta=b), {
                "c": r(2, 1, 5), "x": r(2, 3, 4), "y": r(2, 4, 5)}
    for lead in ((), (3,), (2, 3), (2, 2, 3)):
        yield f"linear {lead}", lambda x, w, c: (F.linear(x, w), F.linear(x, w, c)), {"x": r(*lead, 4), "w": r(5, 4), "c": r(5)}
        yield f"linear to one {lead}", lambda x, w: F.linear(x, w), {"x": r(*lead, 4), "w": r(4)}
        yield f"linear of one {lead}", lambda x, w: F.linear(x, w), {"x": r(*lead, 1), "w": r(1, 1)}
    for kind in (torch.int64, torch.int32, torch.bfloat16, torch.float16):
        yield f"products of {kind}", lambda x, y: (x @ y, torch.mm(x, y), F.linear(x, y.t()), torch.bmm(x[None], y[None])), {
            "x": (r(3, 4) * 4).to(kind), "y": (r(4, 5) * 4).to(kind)}
        yield f"addmm of {kind}", lambda c, x, y: torch.addmm(c, x, y, alpha=2), {
            "c": (r(5) * 4).to(kind), "x": (r(3, 4) * 4).to(kind), "y": (r(4, 5) * 4).to(kind)}
    for shape in ((5,), (4, 5), (3, 4, 5)):
        for eps in (1e-5, 1e-1):
            for kind in FLOATS.values():
                given = {"x": (r(2, 3, 4, 5) * 3).to(kind), "w": r(*shape).to(kind), "c": r(*shape).to(kind)}
                yield f"layer_norm {shape} {eps} {kind}", lambda x, w, c, s=shape, e=eps: (
                    F.layer_norm(x, s, w, c, e), F.layer_norm(x, s, w, None, e), F.layer_norm(x, s)), given
                yield f"rms_norm {shape} {eps} {kind}", lambda x, w, s=shape, e=eps: (
                    F.rms_norm(x, s, w, e), F.rms_norm(x, s, w), F.rms_norm(x * 1e-3, s)), {n: v for n, v in given.items() if n != "c"}
    yield "native layer norm", lambda x: torch.native_layer_norm(x, (5,), None, None, 1e-5)[0], {"x": r(3, 5)}
    yield "native layer norm, all of it", lambda x: torch.native_layer_norm(x, (5,), None, None, 1e-5), {"x": r(3, 5)}
    yield "native dropout", lambda x: torch.native_dropout(x, 0.5, False), {"x": r(3, 5)}
    yield "dropout in training", lambda x: F.dropout(x, 0.5, True), {"x": r(3, 5)}
    q, k, v = r(2, 4, 3, 8), r(2, 4, 5, 8), r(2, 4, 5, 6)
    masks = {"none": None, "bool": r(3, 5) > -1, "bool rows": (r(2, 1, 1, 5) > -2), "float": r(3, 5), "per head": r(4, 3, 5), "one batch": r(1, 1, 3, 5),
             "all seen": torch.ones(3, 5, dtype=torch.bool), "infinite": torch.zeros(3, 5).masked_fill(r(3, 5) < -1, -INF)}
    for name, mask in masks.items():
        for scale in (None, 0.3, -1.0):
            extra = {} if mask is None else {"m": mask}
            for lead in (4, 3, 2):
                given = {"q": q[(0,) * (4 - lead)], "k": k[(0,) * (4 - lead)], "v": v[(0,) * (4 - lead)]}
                if mask is not None and mask.dim() > lead:
                    continue
                yield f"sdpa {name} {scale} rank {lead}", lambda q, k, v, m=None, s=scale: F.scaled_dot_product_attention(q, k, v, m, scale=s), {
                    **given, **extra}
            yield f"sdpa bf16 {name} {scale}", lambda q, k, v, m=None, s=scale: F.scaled_dot_product_attention(q, k, v, m, scale=s), {
                "q": q.bfloat16(), "k": k.bfloat16(), "v": v.bfloat16(), **extra}
    yield "sdpa causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), {"q": q, "k": k[:, :, :3], "v": v[:, :, :3]}
    yield "sdpa causal, more keys", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), {"q": q, "k": k, "v": v}
    yield "sdpa grouped", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True), {"q": q, "k": k[:, :2], "v": v[:, :2]}
    yield "sdpa of one batch", lambda q, k, v: F.scaled_dot_product_attention(q, k, v), {"q": q, "k": k[:1], "v": v[:1]}
    yield "sdpa with dropout", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, dropout_p=0.5), {"q": q, "k": k, "v": v}


def arguments() -> Iterator[Case]:
    x = torch.randn(3, 4)
    yield "a number among the arguments", lambda x, n, y: x * n + y, {"x": x, "n": 0.5, "y": x + 1}
    yield "an integer and a truth value", lambda x, n, flag: x.reshape(n, -1) if flag else x, {"x": x, "n": 2, "flag": True}
    yield "None among the arguments", lambda x, m, y: x * 2 if m is None else x * m + y, {"x": x, "m": None, "y": None}
    yield "a list of tensors", lambda xs: torch.cat(xs) * 2, {"xs": [x, x + 1]}
    yield "a string", lambda x, mode: x.sum() if mode == "sum" else x, {"x": x, "mode": "sum"}
    yield "rank 0", lambda x, s: (x * s, s * 2, s + 1.5, s.reshape(1)), {"x": x, "s": torch.tensor(0.7)}


GROUPS: dict[str, Callable[[], Iterator[Case]]] = {f.__name__: f for f in (unary, two, choices, reductions, moves, products, arguments)}


#: Which of two zeros is the larger depends on PyTorch's vector width.
_EITHER_ZERO = ("max", "min", "relu", "clamp", "hardtanh", "sum", "mean", "norm", "softmax", "matmul", "addmm", "baddbmm", "linear", "products")


def wrong(name: str, function: Callable[..., Any], inputs: dict[str, Any]) -> list[str]:
    try:
        want = eager(function, inputs)
    except (RuntimeError, TypeError, IndexError, NotImplementedError, ValueError):
        return []  # PyTorch itself refuses
    if any(w.numel() == 0 for w in want) or any(isinstance(v, Tensor) and v.numel() == 0 for v in inputs.values()):
        return []
    try:
        return differences(by_graph(function, inputs), want, signs=not any(word in name for word in _EITHER_ZERO))
    except InputError as error:
        text = str(error)
        return [] if "\n" not in text and "; " in text and len(text) < 300 else [f"refused by {text}"]
    except Exception as error:
        return [f"{type(error).__name__}: {str(error)[:300]}"]


@pytest.mark.parametrize("group", GROUPS)
def test_graph_computes_what_torch_computes(group: str) -> None:
    torch.manual_seed(0)
    cases = list(GROUPS[group]())
    chosen = cases if LONG else random.Random(SEED).sample(cases, min(len(cases), 40))
    failures = {name: bad for name, function, inputs in chosen if (bad := wrong(name, function, inputs))}
    assert not failures, f"{len(failures)} of {len(chosen)}:\n" + "\n".join(f"{name}: {bad}" for name, bad in failures.items())
