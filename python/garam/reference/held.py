"""One tensor of the machine held against its value and bound, element by element."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from garam.reference.bounded import OVERFLOW, UNIT, Bounded, stored_error
from garam.reference.rules import may_be_largest


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One tensor. bound: the largest over the elements; ratio: the largest error ÷ bound of an element, at `index`. vacuous: how many
    elements have an infinite bound, which no finite value can leave. against: what an end result was held against."""

    name: str
    max_abs_error: float
    bound: float
    cosine: float
    ratio: float
    ok: bool
    path: str = ""
    source: str = ""
    index: tuple[int, ...] = ()
    vacuous: int = 0
    against: str = ""

    def row(self) -> dict[str, object]:
        """As in `validate --json`."""
        return {"name": self.name, "max_abs_error": self.max_abs_error, "bound": self.bound, "cosine": self.cosine, "ok": self.ok,
                "ratio": self.ratio, "vacuous": self.vacuous, "module": self.path, "source": self.source, "against": self.against or None}


@dataclasses.dataclass(frozen=True)
class Held:
    """got, want, error and bound in f64, of the tensor's shape. bad: not (error <= bound)."""

    got: Tensor
    want: Tensor
    error: Tensor
    bound: Tensor

    @property
    def bad(self) -> Tensor:
        return ~(self.error <= self.bound)

    @property
    def vacuous(self) -> Tensor:
        return ~(self.bound < torch.inf)

    def comparison(self, name: str, covered: bool, path: str = "", source: str = "", against: str = "") -> Comparison:
        """covered: vacuous elements are held by another comparison."""
        ratio = torch.where(self.error == 0, 0.0, self.error / self.bound)
        ratio = torch.where(ratio.isnan(), torch.where(self.bad, torch.inf, 0.0), ratio)
        worst = torch.where(self.bad, torch.inf, ratio)
        at = int(worst.flatten().argmax()) if worst.numel() else 0
        index = tuple(int(i) for i in torch.unravel_index(torch.tensor(at), worst.shape)) if worst.numel() else ()
        vacuous = int(self.vacuous.sum())
        return Comparison(name, largest(self.error), largest(self.bound), cosine(self.got, self.want), largest(ratio),
                          not bool(self.bad.any()) and (covered or not vacuous), path, source, index, vacuous, against)


def hold(machine: Tensor, expected: Bounded) -> Held:
    """machine: of the shape of `expected`."""
    if machine.is_floating_point() != expected.v.is_floating_point():
        return refused(machine)
    return _floats(machine, expected) if machine.is_floating_point() else integers(machine, expected)


def refused(machine: Tensor) -> Held:
    """Nothing that can be compared: every element is bad."""
    got = machine.double()
    return Held(got, torch.full_like(got, torch.nan), torch.full_like(got, torch.inf), torch.zeros_like(got))


def _floats(machine: Tensor, expected: Bounded) -> Held:
    """Infinities stand for the least number that rounds to them. One is right, and a number in its place, where the value from before
    the rounding may be on either side of it."""
    got, want, dtype = machine.double(), expected.v.double(), machine.dtype
    e = torch.where(expected.error.isnan(), torch.inf, expected.error).expand(want.shape)
    bound = e if expected.stored or dtype not in UNIT else stored_error(Bounded(want, e), dtype)
    top = OVERFLOW.get(dtype, torch.inf)
    beyond = want.isfinite() & (want.abs() >= top)
    reach = torch.where(beyond, e - (want.abs() - top), 0.0)
    bound = torch.where(beyond, torch.where(reach > 0, reach + UNIT.get(dtype, 0.0) * (top if beyond.any() else 0.0), 0.0), bound)
    bound = torch.where(got.isinf() & want.isfinite() & ~beyond, e, bound)
    return Held(got, want, distance(got.clamp(-top, top), want.clamp(-top, top)), bound)


def distance(a: Tensor, b: Tensor) -> Tensor:
    """|a − b|; 0 where both are the same, NaN and infinities among them; infinite where one alone is NaN: and that no bound allows."""
    same = (a == b) | (a.isnan() & b.isnan())
    apart = (a - b).abs()
    return torch.where(same, 0.0, torch.where(a.isnan() != b.isnan(), torch.nan, apart))


def integers(machine: Tensor, expected: Bounded) -> Held:
    """In 64 bits: two that differ are apart, however large they are."""
    got, want = machine.long(), expected.v.long()
    error = torch.where(got == want, 0.0, (got.double() - want.double()).abs().clamp(min=1))
    return Held(got.double(), want.double(), error, expected.error.expand(error.shape))


def choice(machine: Tensor, x: Bounded) -> Held:
    """Of an argmax over the last dimension of x: how much the chosen element lacks to the largest. What it may lack are the errors of
    the two. Of equal elements without errors the first must be chosen, and the first NaN."""
    chosen = machine.long().unsqueeze(-1)
    inside = (chosen >= 0) & (chosen < x.v.shape[-1])
    chosen = chosen.clamp(0, x.v.shape[-1] - 1)
    first = x.v.argmax(-1, keepdim=True)
    lacking = torch.where(chosen == first, 0.0, (x.v.gather(-1, first) - x.v.gather(-1, chosen)).abs())
    allowed = may_be_largest(x).gather(-1, chosen)
    slack = x.error.gather(-1, first) + x.error.gather(-1, chosen)
    error = torch.where(inside & (allowed | ~slack.isfinite()), lacking, torch.where(lacking > slack, lacking, torch.inf))
    error = torch.where(inside, error, torch.inf).squeeze(-1)
    return Held(error, torch.zeros_like(error), error, slack.squeeze(-1))


def largest(x: Tensor) -> float:
    """Infinite where there is a NaN."""
    return float(x.nan_to_num(torch.inf, torch.inf).max()) if x.numel() else 0.0


def cosine(a: Tensor, b: Tensor) -> float:
    """Of the elements that are finite in both."""
    a, b = a.flatten().double(), b.flatten().double()
    both = a.isfinite() & b.isfinite()
    a, b = a[both], b[both]
    size = float(a.norm() * b.norm())
    return 1.0 if size == 0.0 and torch.equal(a, b) else float(a @ b) / size if size else 0.0
