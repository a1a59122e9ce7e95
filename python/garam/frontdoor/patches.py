"""Reversible swaps that make RMSNorm and rotary embedding single ops while a Transformers model is traced.

They are found from the classes of the loaded model and accepted only where they give what the original gives on random input; whatever
does not match stays as it is and reaches the importer decomposed, with a remark.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import torch

from garam.frontdoor.norm_patch import rms_norms
from garam.frontdoor.remarks import remark
from garam.frontdoor.rotary_patch import rotary_rows, rotation


@contextlib.contextmanager
def patched(model: torch.nn.Module) -> Iterator[None]:
    """Swaps for every class of `model`, undone at the end. What is left as it is gets a remark."""
    undo: list[tuple[object, str, object]] = []

    def swap(owner: object, name: str, new: Callable | None, what: str) -> None:
        if new is None:
            remark(what, "stays written out, since no single op gives the same")
            return
        undo.append((owner, name, owner.__dict__[name]))
        setattr(owner, name, new)

    kinds: dict[type, list[torch.nn.Module]] = {}
    for module in model.modules():
        kinds.setdefault(type(module), []).append(module)
    try:
        for kind, instances in kinds.items():
            if "forward" not in kind.__dict__ or kind.__module__.startswith("torch."):
                continue
            if kind.__name__.endswith("RMSNorm"):
                swap(kind, "forward", rms_norms(kind, instances), kind.__name__)
            if kind.__name__.endswith("RotaryEmbedding"):
                modeling = sys.modules[kind.__module__]
                swap(kind, "forward", rotary_rows(kind, instances), kind.__name__)
                apply = modeling.__dict__.get("apply_rotary_pos_emb")
                if apply is not None and not any(owner is modeling for owner, _, _ in undo):
                    swap(modeling, "apply_rotary_pos_emb", rotation(apply), f"{modeling.__name__}.apply_rotary_pos_emb")
        yield
    finally:
        for owner, name, original in reversed(undo):
            setattr(owner, name, original)
