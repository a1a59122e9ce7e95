"""A module that runs in no one type, in f64: what its author casts is rounded there, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

WIDENED = "f64, rounded where it casts"


class Widened(TorchDispatchMode):
    """Every float that an op reads or gives is f64. A cast rounds to the type it names, and its result is f64 again."""

    def __torch_dispatch__(self, op: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        if not op._schema.is_mutable:  # what an op writes to must be the tensor itself
            args, kwargs = pytree.tree_map(_wide, (args, dict(kwargs or {})))
        return pytree.tree_map(_wide, op(*args, **(kwargs or {})))


def _wide(value: Any) -> Any:
    return value.double() if isinstance(value, Tensor) and value.is_floating_point() else value
