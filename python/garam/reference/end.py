"""An output against the unmodified module: as PyTorch runs it in f32 or f64, and in the type or types that it was compiled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from garam.frontdoor.model import OWN
from garam.reference.bounded import OVERFLOW
from garam.reference.check import Checker
from garam.reference.held import Comparison, Held, distance, largest, refused
from garam.reference.model_run import ModelRun

SUFFIX = " (f32 model)"
_ROOM = 2.0  # times the error of PyTorch's own run in the same type
_FLOOR = {torch.float32: 2.0 ** -19, torch.float16: 2.0 ** -11, torch.bfloat16: 2.0 ** -8}  # relative to the largest element


def hold_results(checker: Checker, names: Iterable[str], outputs: Mapping[str, Tensor], exact: ModelRun,
                 same: ModelRun) -> list[Comparison]:
    """names: of the outputs in the order of the module. Floats first, since they tell how near two that decide an integer may be."""
    given = [n for n in names if n in outputs or n in exact.outputs]
    held = {n: _floats(outputs[n], exact.outputs[n], same.outputs[n], _derived(checker, n), _floor(checker, n, outputs[n], exact)) for n in given
            if _alike(outputs.get(n), exact.outputs.get(n)) and exact.outputs[n].is_floating_point()}
    rooms = {n: h.bound for n, h in held.items()}
    for n in given:
        if n not in held:
            held[n] = _integers(checker, n, outputs[n], exact.outputs[n], same.outputs[n], rooms) if _alike(
                outputs.get(n), exact.outputs.get(n)) else refused(outputs[n] if n in outputs else exact.outputs[n])
    against = f"the model in {exact.provenance['dtype']}"
    return [held[n].comparison(n + SUFFIX, False, against=against) for n in given]


def _alike(machine: Tensor | None, wanted: Tensor | None) -> bool:
    return (machine is not None and wanted is not None and machine.shape == wanted.shape
            and machine.is_floating_point() == wanted.is_floating_point())


def _derived(checker: Checker, name: str) -> Tensor | None:
    held = checker.results.get(name)
    return None if held is None else held.bound


def _floor(checker: Checker, name: str, machine: Tensor, exact: ModelRun) -> float:
    """Relative to the largest element. Of a module in its own types: that of the coarsest that the result follows from, twice where
    the reference rounds to them as well."""
    types = checker.types(name) if checker.source.types == OWN else {machine.dtype}
    room = _ROOM if exact.provenance["dtype"] == OWN else 1.0
    return room * max(_FLOOR[dtype] for dtype in types if dtype in _FLOOR)


def _floats(machine: Tensor, exact: Tensor, same: Tensor, derived: Tensor | None, floor: float) -> Held:
    """The bound is the largest of twice PyTorch's own error, the floor, and what the last op alone may be off by."""
    top = OVERFLOW[machine.dtype]
    got, want, own = (t.double() for t in (machine, exact, same))
    inside = want.isfinite() & own.isfinite() & (want.abs() < top)
    allowed = torch.full_like(want, max(_ROOM * largest((own - want)[inside].abs()), floor * largest(want[inside].abs())))
    if derived is not None:
        allowed = torch.maximum(allowed, torch.where(derived < torch.inf, derived, 0.0).reshape(want.shape))
    error = distance(got.clamp(-top, top), want.clamp(-top, top))
    # PyTorch in the compute type may leave its range where a wider type does not, and the other way round.
    error = torch.where(~own.isfinite() & (distance(got, own) == 0), 0.0, error)
    error = torch.where(own.isfinite() & ~want.isfinite() & (distance(got, own) <= allowed), 0.0, error)
    return Held(got, want, error, allowed)


def _integers(checker: Checker, name: str, machine: Tensor, exact: Tensor, same: Tensor, rooms: Mapping[str, Tensor]) -> Held:
    """Exactly what PyTorch gives, wide or in the compute type; or what floats decide that are nearer than the room of end results."""
    got, want = machine.long(), exact.long()
    differ = (got != want) & (got != same.long())
    result = next((r for r in checker.flat.results if r.name == name and r.state is None), None)
    error = torch.where(differ, (got.double() - want.double()).abs().clamp(min=1), 0.0)
    bound = torch.zeros_like(error)
    if bool(differ.any()) and result is not None:
        floor = _ROOM * max((_FLOOR[v.dtype] for op in checker.flat.ops for v in op.results if v.dtype in _FLOOR), default=0.0)
        near = checker.decide(result, machine, exact, rooms, floor)
        bound = torch.where(differ & ~near.bad & ~near.vacuous, error, bound)
    return Held(got.double(), want.double(), error, bound)
