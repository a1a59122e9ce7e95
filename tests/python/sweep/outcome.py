"""What becomes of one module that is handed over: its values are right, or it is refused in one line; all else is a fault."""
from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import torch

from garam.checking import check
from garam.compiler import compile_source
from garam.chip import Chip
from garam.errors import InputError
from garam.frontdoor import Source

FAULTS = ("wrong", "dead", "traceback", "slow")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """verdict: `right`, `refused`, `untried` (PyTorch or the test has no such module), or one of FAULTS. detail: one line."""

    case: str
    verdict: str
    detail: str = ""

    @property
    def fault(self) -> bool:
        return self.verdict in FAULTS


def outcome(case: str, source: Callable[[], Source | None], expected: Callable[[], Mapping[str, torch.Tensor]] | None = None,
            chip: str = "unit") -> Outcome:
    """Brings in, compiles, runs and checks. source: None where there is nothing to try. expected: outputs of the module itself, by
    name, for their shapes and types (the values are the business of the check)."""
    try:
        brought = source()
        if brought is None:
            return Outcome(case, "untried")
        result, validation = check(compile_source(brought, Chip(chip)), mode="values")
        if not validation.ok:
            bad = validation.first_bad
            return Outcome(case, "wrong", f"{bad.name}: error {bad.max_abs_error:.3g}, bound {bad.bound:.3g}")
        return Outcome(case, *_same_form(result.outputs, expected() if expected else {}))
    except InputError as error:
        lines = str(error).splitlines()
        return Outcome(case, "refused" if len(lines) == 1 and len(lines[0]) < 1000 else "traceback", lines[0][:300])
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(f"{type(error).__name__} at {where.filename.rpartition('/')[2]}:{where.lineno}: {error}".split())
        return Outcome(case, "traceback", text[:300])


def _same_form(found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> tuple[str, str]:
    if expected and list(found) != list(expected):
        return "wrong", f"outputs {list(found)} for {list(expected)}"
    for name, tensor in expected.items():
        got = found[name]
        if got.shape != tensor.shape or got.dtype != tensor.dtype:
            return "wrong", f"{name}: {got.dtype}{list(got.shape)} for {tensor.dtype}{list(tensor.shape)}"
    return "right", ""


def table(outcomes: Any) -> str:
    """Counts by verdict, then each fault on a line."""
    counts: dict[str, int] = {}
    for each in outcomes:
        counts[each.verdict] = counts.get(each.verdict, 0) + 1
    faults = [f"  {each.verdict}: {each.case}: {each.detail}" for each in outcomes if each.fault]
    return "\n".join([", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())), *faults])
