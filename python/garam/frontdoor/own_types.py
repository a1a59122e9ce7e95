"""The float types that a module came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy
from torch.utils import _pytree as pytree

from garam.frontdoor.weights import persistent_buffers


def own_types(module: torch.nn.Module, inputs: Mapping[str, Any]) -> list[torch.dtype]:
    """Of its parameters and stored buffers, that of most elements first; of its inputs where it has none."""
    stored = [*module.parameters(), *persistent_buffers(module).values()]
    given = [leaf for leaf in pytree.tree_leaves(dict(inputs)) if isinstance(leaf, Tensor)]
    counts: Counter[torch.dtype] = Counter()
    for tensor in [t for t in stored if t.is_floating_point() and not is_lazy(t)] or [t for t in given if t.is_floating_point()]:
        counts[tensor.dtype] += tensor.numel()
    return [dtype for dtype, _ in counts.most_common()]
