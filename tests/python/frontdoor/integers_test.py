"""Integers beyond what f32 holds, from PyTorch through the front door to the instructions: exact to the last bit."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from frontdoor.values import differences, eager, on_machine
from torch import Tensor
from torch.nn import functional as F

LARGE = torch.tensor([[2**40 + 1, 3, -(2**24) - 1], [16777217, 1, 1]])
SMALL = torch.tensor([[1, 0, 2], [2, 2, 1]])


def any_integers(count: int, dtype: torch.dtype = torch.int64) -> Tensor:
    limits = torch.iinfo(dtype)
    return torch.randint(limits.min, limits.max, (3, count), dtype=dtype, generator=torch.Generator().manual_seed(count))


FUNCTIONS: dict[str, tuple[Callable[..., Any], Tensor]] = {
    "sums": (lambda n: (n.sum(-1), n.sum(0), n.sum(), n.sum(1, keepdim=True)), LARGE),
    "running sums": (lambda n: n.cumsum(-1), LARGE),
    "extrema": (lambda n: (n.amax(-1), n.amin(0), n.amax(), n.argmax(-1), n.argmax()), LARGE),
    "numbers": (lambda n: (n + 16777217, n - (2**40 + 3), n * (2**33 + 1), torch.full((3,), -(2**40) - 1) + n), LARGE),
    "comparisons": (lambda n: (n > 16777217, n == 2**40 + 1, torch.where(n > 3, 2**40 + 1, n)), LARGE),
    "pieces": (lambda n: (F.pad(n, (1, 1), value=2**30 + 1), torch.cat((n, torch.full((1, 3), 2**30 + 1)))), LARGE),
    "odd rows": (lambda n: (n.sum(-1), n.cumsum(-1), n.amin(-1), n.argmax(-1)), any_integers(37)),
    "one column": (lambda n: (n.sum(-1), n.cumsum(-1), n.amax(-1)), any_integers(1)),
    "i32": (lambda n: (n * n, n.sum(-1), n.sum(), n.amax(), n.cumsum(-1)), any_integers(5, torch.int32)),
    "truth values": (lambda n: ((n > 1).sum(-1), (n > 1).cumsum(-1), (n > 1).amax(-1)), SMALL),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_integers_are_exact(name: str) -> None:
    function, n = FUNCTIONS[name]
    assert not differences(on_machine(function, {"n": n}), eager(function, {"n": n}))
