"""PyTorch's own samples of its operators as modules: tensors among the arguments are inputs, all else is part of the module."""
from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from garam.frontdoor import Source, bring_in
from garam.frontdoor.model import Model
from sweep.outcome import Outcome, outcome

DTYPES = (torch.float32, torch.int64, torch.bool)
MOST = 12  # samples of one operator and type
_OPEN = "empty"  # in the name of what PyTorch leaves unfilled: its values are whatever was there


class Operator(torch.nn.Module):
    """function(sample) with the sample's tensors given by name: x0, x1, …"""

    def __init__(self, function: Any, sample: tuple[Any, ...]) -> None:
        super().__init__()
        leaves, self.spec = pytree.tree_flatten(sample)
        self.function = function
        self.inputs = {f"x{i}": leaf for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)}
        self.fixed = [None if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]

    def forward(self, **tensors: torch.Tensor) -> Any:
        leaves = [tensors.get(f"x{i}", fixed) for i, fixed in enumerate(self.fixed)]
        first, args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        return self.function(first, *args, **kwargs)


@functools.cache
def operators() -> dict[str, Any]:
    """Name and variant -> its entry of PyTorch's own table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    return {f"{op.name}/{op.variant_test_name}" if op.variant_test_name else op.name: op for op in op_db}


def cases(most: int = MOST) -> list[str]:
    """`NAME TYPE NUMBER`; not every number has a sample."""
    return [f"{name} {str(dtype).removeprefix('torch.')} {number}" for name, op in operators().items() for dtype in DTYPES
            if _OPEN not in name and op.supports_dtype(dtype, "cpu") for number in range(most)]


def run(case: str) -> Outcome:
    name, dtype, number = case.rsplit(" ", 2)
    modules: list[Operator] = []

    def source() -> Source | None:
        found = _module(operators()[name], getattr(torch, dtype), int(number))
        if found is None:
            return None
        modules.append(found)
        return bring_in(Model(name, found.eval(), found.inputs, phase=""), "f32")

    def expected() -> dict[str, torch.Tensor]:
        with torch.no_grad():
            results = [leaf for leaf in pytree.tree_leaves(modules[0](**modules[0].inputs)) if isinstance(leaf, torch.Tensor)]
        return {f"output_{i}": tensor for i, tensor in enumerate(results)}

    return outcome(case, source, expected)


def _module(op: Any, dtype: torch.dtype, number: int) -> Operator | None:
    """None where there is no such sample, it has no tensors, or eager PyTorch itself does not run it or gives no tensor."""
    torch.manual_seed(0)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            sample = next(itertools.islice(op.sample_inputs("cpu", dtype), number, None), None)
            if sample is None:
                return None
            module = Operator(op.op, (sample.input, tuple(sample.args), dict(sample.kwargs)))
            module.inputs = {key: value.detach().clone() for key, value in module.inputs.items()}
            returned = pytree.tree_leaves(module(**{key: value.clone() for key, value in module.inputs.items()}))
    except Exception:  # whatever the sample's own code raises
        return None
    return module if module.inputs and any(isinstance(leaf, torch.Tensor) for leaf in returned) else None


def drawn(seed: int, count: int) -> Sequence[str]:
    """Cases of `count` operators and types, one sample of each."""
    import random

    chooser = random.Random(seed)
    pairs = sorted({case.rsplit(" ", 1)[0] for case in cases(1)})
    return [f"{pair} {chooser.randrange(4)}" for pair in chooser.sample(pairs, min(count, len(pairs)))]
