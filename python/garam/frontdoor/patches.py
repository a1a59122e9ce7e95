"""Reversible swaps that make RMSNorm and rotary embedding single ops while a Transformers model is traced.

They are found from the classes of the loaded model and accepted only where they give what the original gives on random input;
whatever does not match stays as it is and reaches the importer decomposed.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from garam.frontdoor import context, ops  # noqa: F401

RMS_STYLES = ("llama", "plain", "gemma")
ROPE_STYLES = ("half", "interleaved")


@contextlib.contextmanager
def patched(model: torch.nn.Module) -> Iterator[None]:
    """Swaps for every class of `model`, undone at the end."""
    undo: list[tuple[object, str, object]] = []

    def swap(owner: object, name: str, new: Callable) -> None:
        undo.append((owner, name, owner.__dict__[name]))
        setattr(owner, name, new)

    try:
        for kind, example in {type(m): m for m in model.modules()}.items():
            if kind.__name__.endswith("RMSNorm") and (found := _rms_norm(example)):
                swap(kind, "forward", found)
            if kind.__name__.endswith("RotaryEmbedding") and "forward" in kind.__dict__:
                modeling = sys.modules[kind.__module__]
                if found := _apply_rotary(getattr(modeling, "apply_rotary_pos_emb", None)):
                    swap(modeling, "apply_rotary_pos_emb", found)
                    swap(kind, "forward", _rotary_tables(kind.forward))
        yield
    finally:
        for owner, name, original in reversed(undo):
            setattr(owner, name, original)


def _rms_norm(module: torch.nn.Module) -> Callable | None:
    """A forward that is one op, or None. The original is tried in f32 and bf16 on a copy's weight of random values."""
    weight, eps_name = getattr(module, "weight", None), next(
        (n for n in ("variance_epsilon", "eps") if hasattr(module, n)), None)
    if not isinstance(weight, Tensor) or weight.dim() != 1 or eps_name is None or "forward" not in type(module).__dict__:
        return None
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, weight.shape[0], generator=generator) * 3
    trial = torch.nn.Parameter(torch.randn(weight.shape, generator=generator), requires_grad=False)
    eps = float(getattr(module, eps_name))

    def original(dtype: torch.dtype) -> Tensor:
        with torch.no_grad(), _attribute(module, "weight", torch.nn.Parameter(trial.to(dtype), requires_grad=False)):
            return type(module).forward(module, x.to(dtype))

    for style in RMS_STYLES:
        if all(torch.equal(original(t), torch.ops.garam.rms_norm(x.to(t), trial.to(t), eps, style))
               for t in (torch.float32, torch.bfloat16)):
            return lambda self, x, s=style: torch.ops.garam.rms_norm(x, self.weight, float(getattr(self, eps_name)), s)
    return None


def _apply_rotary(original: Callable | None) -> Callable | None:
    """A replacement of apply_rotary_pos_emb(q, k, cos, sin), or None."""
    if original is None:
        return None
    generator = torch.Generator().manual_seed(0)
    q, k = (torch.randn(1, heads, 3, 8, generator=generator) for heads in (4, 2))
    cos, sin = (torch.randn(3, 4, generator=generator).repeat(1, 2) for _ in range(2))
    for style in ROPE_STYLES:
        tables = [t if style == "half" else t[:, :4].repeat_interleave(2, -1) for t in (cos, sin)]
        try:
            expected = original(q, k, tables[0][None], tables[1][None])
        except (TypeError, RuntimeError):
            return None
        if all(torch.allclose(e, torch.ops.garam.rope(x, *tables, None, style), atol=1e-6) for e, x in zip(expected, (q, k))):
            return _rope_pair(style)
    return None


def _rope_pair(style: str) -> Callable:
    def apply(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, *_: object, **__: object) -> tuple[Tensor, Tensor]:
        pos = context.current().pos
        return torch.ops.garam.rope(q, cos, sin, pos, style), torch.ops.garam.rope(k, cos, sin, pos, style)

    return apply


def _rotary_tables(original: Callable) -> Callable:
    """The module gives tables [P, R] in f32 instead of the rows of `position_ids`: their values depend on the configuration alone."""

    def forward(self: torch.nn.Module, x: Tensor, position_ids: Tensor, *rest: object, **named: object) -> tuple[Tensor, ...]:
        count = context.current().capacity or position_ids.shape[-1]
        wide = torch.empty(1, dtype=torch.float32, device=x.device)
        return tuple(t[0] for t in original(self, wide, torch.arange(count, device=x.device)[None, :], *rest, **named))

    return forward


@contextlib.contextmanager
def _attribute(module: torch.nn.Module, name: str, value: torch.nn.Parameter) -> Iterator[None]:
    original = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, original)
