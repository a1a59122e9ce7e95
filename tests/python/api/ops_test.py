"""Every operation of `garam op`, random shapes, each tensor inside its bound."""
from __future__ import annotations

import os
import random

import pytest

from garam import frontdoor, ops
from garam.checking import check
from garam.chip import Chip
from garam.compiler import compile_source
from garam.frontdoor.model import Model

CHIPS, DTYPES = ("unit", "atom", "rebel100"), ("bf16", "f16", "f32")
EACH = 12 if os.environ.get("GARAM_LONG") != "1" else 60


def cases() -> list[tuple[str, tuple[int, ...], str, str, ops.Options]]:
    """Shapes around one, around tiles and far from both; chips and types in turn."""
    chosen = random.Random(0)
    out = []
    for name in ops.OPERATIONS:
        for number in range(EACH):
            chip, dtype = CHIPS[number % 3], DTYPES[number // 3 % 3]
            size = lambda high: chosen.choice((1, chosen.randint(2, 9), chosen.randint(10, high), chosen.choice((16, 32, 64, 128))))  # noqa: E731
            options = ops.Options()
            if name == "matmul":
                shape = (size(150), size(150), size(150))
            elif name == "attention":
                kv_heads = chosen.randint(1, 3)
                keys = size(140)
                shape = (kv_heads * chosen.randint(1, 3), kv_heads, chosen.randint(1, keys), keys, chosen.choice((1, 8, 33, 64)))
                options = ops.Options(chosen.random() < 0.5, chosen.choice((None, 1, 7)) if chosen.random() < 0.4 else None,
                                      chosen.choice((None, 2)))
            else:
                shape = (size(200), size(600))
            out.append((name, shape, chip, dtype, options))
    return out


@pytest.mark.parametrize("name, shape, chip, dtype, options", cases())
def test_inside_its_bound(name, shape, chip, dtype, options):
    operation = ops.build(name, list(shape), dtype, options)
    source = frontdoor.bring_in(Model(operation.name, operation.module, operation.inputs, phase=""), dtype)
    program = compile_source(source, Chip(chip))
    result, validation = check(program)
    assert validation.ok, validation.first_bad
    for entry in result.counters["engines"]:
        assert entry["busy_cycles"] + sum(entry["stalls"].values()) + entry["idle_cycles"] == result.cycles
