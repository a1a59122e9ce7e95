"""Attention written out, and its near misses: what is fused and what is not computes the same as eager PyTorch."""
from __future__ import annotations

import dataclasses
import itertools
import math
import os
import random
from typing import Any

import pytest
import torch
from frontdoor.values import by_graph, differences, eager
from torch import Tensor

from garam import InputError

LONG = os.environ.get("GARAM_LONG") == "1"
SEED = int(os.environ["GARAM_SEED"])
INFINITY = float("inf")


@dataclasses.dataclass(frozen=True)
class Form:
    """One way to write attention down. The first value of each list in CHOICES is the plain form."""

    rank: str
    scaled: str
    mask: str
    second: str
    low: float
    bias: str
    order: str
    rounded: str
    axis: int
    after: str
    keys: str
    size: float

    def __str__(self) -> str:
        return ", ".join(f"{n} {v}" for n, v in vars(self).items() if v != CHOICES[n][0]) or "plain"


CHOICES: dict[str, list[Any]] = {
    "rank": ["4", "3", "5", "2"],
    "scaled": ["after", "q", "k", "divided", "q and k", "left", "tensor", "negative", "zero", "vector", "twice"],
    "mask": ["none", "padding fill", "causal fill", "rows fill", "where", "added select", "added product", "one row sees nothing"],
    "second": ["none", "padding fill", "causal fill", "added select", "rows fill"],
    "low": [-INFINITY, torch.finfo(torch.float32).min, -1e9, -1e4, -50.0],
    "bias": ["none", "heads", "square", "row", "number", "wide batch", "masked"],
    "order": ["scale, bias, mask", "bias, scale, mask", "mask, scale, bias", "scale, mask, bias", "mask, bias, scale"],
    "rounded": ["no", "scores to f16 and back", "weights to f16 and back", "q to f16 and back", "softmax in f32", "scores to bf16 and back"],
    "axis": [-1, -2],
    "after": ["product", "weights returned", "heads weighed", "weights squared", "weights dropped out", "transposed weights"],
    "keys": ["transposed", "as they are", "repeated heads", "heads swapped", "one batch"],
    "size": [1.0, 40.0],
}
PLAIN = Form(**{name: values[0] for name, values in CHOICES.items()})


def inputs_of(form: Form, dtype: torch.dtype, seed: int) -> dict[str, Tensor]:
    """Square, so that a wrong axis is no error of shapes: 5 queries, keys and channels."""
    g = torch.Generator().manual_seed(seed)
    lead = {"2": (), "3": (4,), "4": (2, 3), "5": (2, 2, 3)}[form.rank]
    one = {"2": (), "3": (1,), "4": (2, 1), "5": (2, 2, 1)}[form.rank] if form.keys == "repeated heads" else (
        (1,) * (len(lead) > 0) + lead[1:] if form.keys == "one batch" else lead)
    x = {name: (torch.randn(*(lead if name == "q" else one), 5, 5, generator=g) * form.size).to(dtype) for name in "qkv"}
    x["padding"] = torch.tensor([1, 1, 1, 0, 0]) if not lead else torch.stack([torch.arange(5) < 5 - 2 * i for i in range(lead[0])]).reshape(
        lead[0], *(1,) * len(lead), 5).long()
    seen = torch.rand(*lead, 5, 5, generator=g) > 0.4
    x["seen"] = seen | torch.eye(5, dtype=torch.bool)
    if "sees nothing" in form.mask:
        x["seen"][..., 2, :] = False
    heads = lead[-1:] if lead else (1,)
    x["bias"] = torch.randn({"heads": (*heads, 1, 1), "square": (5, 5), "row": (5,), "number": (), "wide batch": (3, *(1,) * len(lead), 5),
                              "masked": (5, 5), "none": ()}[form.bias], generator=g).to(dtype)
    if form.bias == "masked":
        x["bias"] = x["bias"].masked_fill(torch.ones(5, 5).triu(1).bool(), torch.finfo(dtype).min)
    x["heads"] = torch.randn(*heads, 1, 1, generator=g).to(dtype)
    return {n: v for n, v in x.items() if n in used(form)}


def used(form: Form) -> set[str]:
    masks = form.mask + form.second
    return {"q", "k", "v", *(["padding"] if "padding" in masks or "added" in masks else []), *(["bias"] if form.bias != "none" else []),
            *(["seen"] if "rows" in masks or "where" in masks or "sees nothing" in masks else []),
            *(["heads"] if form.after == "heads weighed" or form.scaled in ("tensor", "vector") else [])}


def masked(form: Form, kind: str, s: Tensor, x: dict[str, Tensor]) -> Tensor:
    low = max(form.low, torch.finfo(s.dtype).min) if form.low != -INFINITY else form.low
    causal = torch.ones(5, 5).tril().bool()
    if kind == "padding fill":
        return s.masked_fill(x["padding"] == 0, low)
    if kind == "causal fill":
        return s.masked_fill(causal == 0, low)
    if kind in ("rows fill", "one row sees nothing"):
        return s.masked_fill(~x["seen"], low)
    if kind == "where":
        return torch.where(x["seen"], s, low)
    if kind == "added select":
        return s + torch.where(x["padding"] != 0, torch.zeros((), dtype=s.dtype), torch.full((), low, dtype=s.dtype))
    if kind == "added product":
        return s + (1.0 - x["padding"].to(s.dtype)) * max(low, -1e9)
    return s


def scale_of(form: Form, s: Tensor, x: dict[str, Tensor]) -> Tensor:
    number = 0.37
    match form.scaled:
        case "divided": return s / 2.7
        case "left": return number * s
        case "tensor": return s * x["heads"]
        case "vector": return s * x["heads"].flatten()[:1]
        case "negative": return s * -number
        case "zero": return s * 0.0
        case "twice": return s * number / 3
        case "after": return s * number
        case _: return s


def attention(form: Form, **x: Tensor) -> Any:
    q, k, v = x["q"], x["k"], x["v"]
    q = q * 0.37 if form.scaled in ("q", "q and k") else q
    k = k / 2.7 if form.scaled in ("k", "q and k") else k
    if form.rounded == "q to f16 and back":
        q = q.half().to(v.dtype)
    if form.keys == "repeated heads":
        k, v = (t.expand(*q.shape[:-2], *t.shape[-2:]) for t in (k, v))
    if form.keys == "heads swapped" and q.dim() > 2:
        k = k.flip(-3) if q.dim() < 0 else torch.cat((k[..., 1:, :, :], k[..., :1, :, :]), -3)
    s = q @ (k if form.keys == "as they are" else k.transpose(-1, -2))
    if form.rounded.startswith("scores to"):
        s = s.to(torch.float16 if "f16 and" in form.rounded and "bf16" not in form.rounded else torch.bfloat16).to(v.dtype)
    for step in form.order.split(", "):
        if step == "scale":
            s = scale_of(form, s, x)
        elif step == "bias" and form.bias != "none":
            s = s + x["bias"]
        elif step == "mask":
            s = masked(form, form.second, masked(form, form.mask, s, x), x)
    w = s.softmax(form.axis, dtype=torch.float32).to(v.dtype) if form.rounded == "softmax in f32" else s.softmax(form.axis)
    if form.rounded == "weights to f16 and back":
        w = w.half().to(v.dtype)
    w = {"heads weighed": lambda: w * x["heads"], "weights squared": lambda: w * w, "transposed weights": lambda: w.transpose(-1, -2),
         "weights dropped out": lambda: torch.nn.functional.dropout(w, 0.5, False)}.get(form.after, lambda: w)()
    y = w @ v
    return (y, w) if form.after == "weights returned" else y


def near_misses() -> list[Form]:
    """Every form that differs from the plain one, or from one with a mask, in one or two choices."""
    masks = [{}, {"mask": "padding fill"}, {"mask": "causal fill"}, {"mask": "added select"}]
    changes = [{n: v} for n, values in CHOICES.items() for v in values[1:]]
    pairs = [{**a, **b} for a, b in itertools.combinations(changes, 2) if not a.keys() & b.keys()]
    return sorted({dataclasses.replace(PLAIN, **{**m, **c}) for m in masks for c in [{}, *changes, *pairs]}, key=str)


FORMS = near_misses()
ALWAYS = [PLAIN, *(dataclasses.replace(PLAIN, **change) for change in (
    {"mask": "padding fill", "second": "causal fill"}, {"mask": "causal fill", "second": "padding fill"}, {"mask": "one row sees nothing"},
    {"mask": "causal fill", "low": -1e4, "size": 40.0}, {"rounded": "scores to f16 and back"}, {"scaled": "q", "rounded": "q to f16 and back"}))]


def wrong(form: Form, dtype: torch.dtype, seed: int) -> list[str]:
    inputs = inputs_of(form, dtype, seed)

    def function(**x: Tensor) -> Any:
        return attention(form, **x)

    try:
        want = eager(function, inputs)
    except RuntimeError:
        return []  # shapes that do not fit
    if dtype != torch.float32 and form.size > 1:
        return []  # in bf16 such scores are so far apart that PyTorch's own weights mean nothing
    try:
        return differences(by_graph(function, inputs), want)
    except InputError as error:
        return [] if "rank 5" in str(error) else [str(error)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["f32", "bf16"])
def test_forms_of_attention(dtype: torch.dtype) -> None:
    rng = random.Random(SEED)
    chosen = FORMS if LONG else [*ALWAYS, *rng.sample(FORMS, 20)]
    failures = {str(f): bad for f in chosen if (bad := wrong(f, dtype, rng.randrange(1 << 20)))}
    assert not failures, f"{len(failures)} of {len(chosen)} forms:\n" + "\n".join(f"{f}: {bad}" for f, bad in failures.items())
