"""Rotary embedding: rows of cosines and sines in f32, and the rotation of queries and keys by them as one op."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from garam.frontdoor import context, ops  # noqa: F401
from garam.frontdoor.longrope import lengths, of_length
from garam.frontdoor.valueless import is_valueless

STYLES = ("half", "interleaved")


def rotary_rows(kind: type, instances: list[torch.nn.Module]) -> Callable | None:
    """A forward that keeps the rows in f32 for the rotation; in a step at a run-time position they come from a table of all
    positions. None where a row depends on more than its own position."""
    original = kind.forward
    if not all(_by_position(original, module) for module in instances):
        return None

    def forward(self: torch.nn.Module, x: Tensor, position_ids: Tensor, *rest: object, **named: object) -> tuple[Tensor, ...]:
        wide, count = torch.empty(1, dtype=torch.float32, device=x.device), context.current().capacity
        with of_length(self, original, context.current().length, *rest, **named) as rows_of:
            rows = rows_of(self, wide, position_ids if count is None else torch.arange(count, device=x.device)[None], *rest, **named)
        if count is not None:
            tables = rows
            rows = tuple(torch.ops.garam.rotary_rows(t[0], position_ids) for t in tables)
        return tuple(context.notes().note(r.to(x.dtype, copy=True), r) for r in rows)

    return forward


def _by_position(original: Callable, module: torch.nn.Module) -> bool:
    """Whether rows of shifted and strided positions are those of the table, and the type of x changes their rounding only."""
    layer_types = getattr(module, "layer_types", None)
    arguments = [(t,) for t in sorted(set(layer_types))] if isinstance(layer_types, (list, tuple, set)) else [()]
    try:
        trial = _materialised(module)
        with torch.no_grad():
            for length, rest in itertools.product(lengths(trial), arguments):
                with of_length(trial, original, length, *rest) as rows_of:
                    if not _rows_are_the_tables(rows_of, trial, rest) or not _same_at(length, rows_of, original, trial, rest):
                        return False
        return True
    except Exception:  # whatever the class wants besides a tensor and positions
        return False


def _same_at(length: int | None, rows_of: Callable, original: Callable, module: torch.nn.Module, rest: tuple) -> bool:
    """Whether the rows of a run of that length are those that the module itself gives there."""
    if length is None:
        return True
    x, last = torch.zeros(1, 1, 4), torch.tensor([[length - 1]])
    return all(map(torch.equal, rows_of(module, x, last, *rest), original(module, x, last, *rest)))


def _materialised(module: torch.nn.Module) -> torch.nn.Module:
    return type(module)(module.config) if is_valueless(module) else copy.deepcopy(module)


def _rows_are_the_tables(original: Callable, module: torch.nn.Module, rest: tuple) -> bool:
    x = torch.zeros(2, 3, 4)
    table = original(module, x, torch.arange(40)[None], *rest)
    if not isinstance(table, tuple) or len(table) != 2 or any(t.dim() != 3 or t.shape[:2] != (1, 40) for t in table):
        return False
    for positions in ([[0, 1, 2], [5, 6, 7]], [[0, 2, 4], [39, 0, 39]], [[7, 3, 3]]):
        rows = original(module, x, torch.tensor(positions), *rest)
        rounded = original(module, x.bfloat16(), torch.tensor(positions), *rest)
        for r, t, low in zip(rows, table, rounded, strict=True):
            wanted = t[0][torch.tensor(positions)]
            if not torch.equal(r, wanted) or not torch.equal(low.bfloat16(), wanted.bfloat16()):
                return False
    return True


def rotation(original: Callable) -> Callable | None:
    """A replacement of apply_rotary_pos_emb(q, k, cos, sin, unsqueeze_dim=1), or None. Called in another way, the original runs."""
    try:
        signature = inspect.signature(original)
    except (TypeError, ValueError):
        return None
    style = next((s for s in STYLES if _rotates(original, s, 8)), None)
    if style is None or list(signature.parameters)[:4] != ["q", "k", "cos", "sin"]:
        return None
    partial = _rotates(original, style, 12)
    defaults = {n: p.default for n, p in signature.parameters.items() if p.default is not inspect.Parameter.empty}

    def apply(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, *rest: object, **named: object) -> tuple[Tensor, Tensor]:
        bound = signature.bind(q, k, cos, sin, *rest, **named).arguments
        usual = all(bound[n] is default or bound[n] == default for n, default in defaults.items() if n in bound)
        rows = [context.notes().meaning(t) for t in (cos, sin)]
        rows = [t if r is None else r for t, r in zip((cos, sin), rows)]
        if not usual or not all(_fits(x, *rows, partial) for x in (q, k)):
            return original(q, k, cos, sin, *rest, **named)
        return torch.ops.garam.rope(q, *rows, None, style), torch.ops.garam.rope(k, *rows, None, style)

    return apply


def _fits(x: Tensor, cos: Tensor, sin: Tensor, partial: bool) -> bool:
    return x.dim() == 4 and cos.dim() == 3 and cos.shape == sin.shape and cos.shape[0] in (1, x.shape[0]) and (
        cos.shape[1] == x.shape[2] and (cos.shape[2] == x.shape[3] or partial and cos.shape[2] < x.shape[3]))


def _rotates(original: Callable, style: str, channels: int) -> bool:
    """On random heads of so many channels, of which 8 are turned, each row of the batch by angles of its own."""
    generator = torch.Generator().manual_seed(0)
    q, k = (torch.randn(2, heads, 3, channels, generator=generator) for heads in (4, 2))
    half = [torch.randn(2, 3, 4, generator=generator) for _ in range(2)]
    rows = [torch.cat((t, t), -1) if style == "half" else t.repeat_interleave(2, -1) for t in half]
    for batch in (slice(None), slice(0, 1)):
        try:
            got = original(q, k, *(t[batch] for t in rows))
        except Exception:  # whatever another signature or layout does
            return False
        for e, x in zip(got, (q, k), strict=True):
            if e.shape != x.shape or not torch.allclose(e, torch.ops.garam.rope(x, *(t[batch] for t in rows), None, style), atol=1e-6):
                return False
    return True
