"""Broadcasts, pieces, views and degenerate sizes, drawn anew in each run: equal to PyTorch, bit for bit.

`GARAM_SEED` names the first seed; a failure says its own.
"""
from __future__ import annotations

import os

import pytest
import torch

from garam.chip import Chip
from garam.compiler import compile_source
from garam.frontdoor.model import Model
from garam.frontdoor.source import Source, bring_in

from drawn.modules import DTYPES, Drawn, inputs

CHIPS = ("unit", "atom", "rebel100")
COUNT = 120 if os.environ.get("GARAM_LONG") == "1" else 8
FIRST = int(os.environ["GARAM_SEED"])


def agrees(seed: int, programs: int, empty: bool, chips: tuple[str, ...]) -> None:
    dtype = list(DTYPES)[seed % len(DTYPES)]
    given = inputs(seed, DTYPES[dtype], empty)
    module = Drawn(seed, programs)
    wanted = module(**given)
    source = bring_in(Model(f"drawn{seed}", module, given), dtype)
    for chip in chips:
        results = run(source, chip, given)
        for name, want in zip(source.outputs, wanted, strict=True):
            got = results[name]
            assert got.shape == want.shape and got.dtype == want.dtype, f"seed {seed}, {chip}: {name} of {module.text}"
            assert torch.equal(got, want), f"seed {seed}, {chip}: {name} of {module.text}\n{got}\n{want}"


def run(source: Source, chip: str, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    program = compile_source(source, Chip(chip))
    return program.run(mode="values", **{name: given[name] for name in program.input_names}).outputs


@pytest.mark.parametrize("number", range(COUNT))
def test_equals_pytorch(number: int) -> None:
    agrees(FIRST + number, 4, number % 3 == 2, CHIPS if COUNT > 8 else (CHIPS[number % 3],))
