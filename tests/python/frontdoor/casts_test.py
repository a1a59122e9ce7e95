"""A cast to a 16-bit type rounds wherever it stands, from PyTorch to the instructions."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from frontdoor.values import differences, eager, on_machine
from torch import Tensor

X = torch.randn(5, 33, generator=torch.Generator().manual_seed(0)) * 3000

FUNCTIONS: dict[str, Callable[[Tensor], Any]] = {
    "there and back": lambda x: (x.half().float(), x.bfloat16().float(), x.bfloat16().half().float()),
    "after an op": lambda x: (x * 3).half().float(),
    "before an op": lambda x: x.bfloat16().float() * 2 + 1,
    "between ops": lambda x: (x.abs() + 0.5).bfloat16().float().sqrt(),
    "before a sum": lambda x: (x.half().float().sum(-1), x.bfloat16().float().mean(0), x.bfloat16().float().amax(-1)),
    "before a norm": lambda x: torch.nn.functional.layer_norm(x.bfloat16().float(), (33,)),
    "before a softmax": lambda x: (x * 1e-3).bfloat16().float().softmax(-1),
    "used twice": lambda x: (lambda y: y - y.half().float())(x * 0.1),
    "as a result too": lambda x: (lambda y: (y, y.float() + 1))((x * 3).bfloat16()),
    "of integers": lambda x: (x.long().half().float(), x.long().bfloat16().float(), (x * 1e7).long().float()),
    "of truth values": lambda x: (x > 0).half().float() + 1,
    "behind a product": lambda x: (lambda y: y - (y @ y.t()).bfloat16().float())(x[:, :5] * 1e-3),
    "what was rounded away": lambda x: x - x.bfloat16().float(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_casts_round(name: str) -> None:
    function = FUNCTIONS[name]
    assert not differences(on_machine(function, {"x": X}), eager(function, {"x": X}))
