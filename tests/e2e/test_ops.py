"""`garam op` for each name, at shapes that divide by nothing, on every chip: values inside the bound."""
from __future__ import annotations

import os
import random

import pytest

CHIPS = ("unit", "atom", "rebel100")
OTHERS = ("atom_max", "rngd", "tpuv3")
LONG = os.environ.get("GARAM_LONG") == "1"


def shapes(name: str, rng: random.Random) -> list[object]:
    size = lambda high: rng.choice([1, 2, 3, rng.randint(1, high), rng.randint(1, high), 64, 128])  # noqa: E731
    if name == "matmul":
        return ["--shape", f"{size(300)},{size(500)},{size(500)}"]
    if name == "attention":
        kv = rng.choice([1, 2, 3])
        query, key = size(90), size(200)
        extra: list[object] = ["--batch", rng.choice([1, 3])]
        if rng.random() < 0.5:
            key = max(key, query)
            extra += ["--causal"]
            if rng.random() < 0.5:
                extra += ["--window", rng.randint(1, 60)]
        return ["--shape", f"{kv * rng.choice([1, 2, 4])},{kv},{query},{key},{rng.choice([1, 7, 8, 20, 32, 64])}", *extra]
    return ["--shape", f"{size(200)},{size(1500)}"]


def cases() -> list[tuple[str, str, str, list[object]]]:
    rng = random.Random(7)
    names = ("matmul", "layer_norm", "rms_norm", "softmax", "attention", "gelu", "silu", "add", "mul")
    return [(name, chip, rng.choice(["bf16", "bf16", "f16", "f32"]), shapes(name, rng))
            for repeats, chips in ((60 if LONG else 8, CHIPS), (10 if LONG else 1, OTHERS))
            for _ in range(repeats) for name in names for chip in chips]


#: Ones, primes, and shapes that are long in one dimension only.
EDGES = [("matmul", "1,1,1"), ("matmul", "997,13,1"), ("matmul", "1,1,5003"), ("matmul", "4099,1,7"), ("matmul", "1,4099,1"),
         ("matmul", "1,3,20011"), ("layer_norm", "1,1"), ("layer_norm", "1,100003"), ("layer_norm", "20011,1"), ("rms_norm", "1,100003"),
         ("rms_norm", "20011,1"), ("softmax", "1,1"), ("softmax", "1,100003"), ("softmax", "20011,1"), ("gelu", "1,300007"),
         ("gelu", "100003,1"), ("silu", "3,100003"), ("add", "1,300007"), ("add", "100003,1"), ("mul", "1,1"),
         ("attention", "1,1,1,1,1"), ("attention", "3,1,1,1009,7"), ("attention", "1,1,1009,1,8"), ("attention", "2,2,7,31,257"),
         ("attention", "31,31,1,1,3"), ("attention", "1,1,3,4099,16"), ("attention", "5,5,127,127,33")]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("name, shape", EDGES)
def test_edges(garam, name: str, shape: str, chip: str) -> None:
    document = garam("op", name, "--shape", shape, "--chip", chip, "--validate", "--mode", "values")
    assert document["ok"], document["first_bad"]


@pytest.mark.parametrize("name, chip, dtype, shape", cases(), ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else str(value))
def test_op(garam, name: str, chip: str, dtype: str, shape: list[object]) -> None:
    document = garam("op", name, *shape, "--chip", chip, "--dtype", dtype, "--validate")
    assert document["ok"], document["first_bad"]
