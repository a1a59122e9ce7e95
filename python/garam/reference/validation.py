"""`garam validate`: every tensor that the machine wrote, and the end result against the f32 model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from garam.errors import input_error
from garam.frontdoor.model import OWN
from garam.frontdoor.source import Source
from garam.reference.check import Checker
from garam.reference.end import hold_results
from garam.reference.held import Comparison
from garam.reference.model_run import ModelRun, first_run
from garam.reference.record import as_runs, recorded
from garam.reference.widened import WIDENED

REFERENCES = ("cpu", "gpu", "recorded")

@dataclasses.dataclass(frozen=True)
class Validation:
    """tensors: in the order of the run, then the outputs against the f32 model. first_bad: the first that leaves its bound."""

    reference: dict[str, Any]
    tensors: list[Comparison]

    @property
    def ok(self) -> bool:
        return all(t.ok for t in self.tensors)

    @property
    def first_bad(self) -> Comparison | None:
        return next((t for t in self.tensors if not t.ok), None)

    def json(self) -> dict[str, Any]:
        """What `validate --json` adds to `run --json`."""
        bad = self.first_bad
        return {"reference": self.reference, "tensors": [t.row() for t in self.tensors], "first_bad": bad.row() if bad else None,
                "ok": self.ok}


def validate(source: Source, written: Iterable[tuple[str, str, Tensor]], outputs: Mapping[str, Tensor], *,
             states: Mapping[str, Tensor] | None = None, reference: str = "cpu", inputs: Mapping[str, Tensor] | None = None,
             values: Mapping[str, int] | None = None, initial_states: Mapping[str, Tensor] | None = None) -> Validation:
    """written: (launch name, node, tensor) of every boundary tensor in the order of the run. outputs, states: by name, after the run.
    inputs, values, initial_states: what the run was given, by default those of the source."""
    exact, same = references(source, reference, inputs, values, initial_states)
    tensors = held(Checker(source, inputs, values, initial_states), written, outputs, states, exact, same)
    return Validation({**same.provenance, "held_against": exact.provenance["dtype"]}, tensors)


def held(checker: Checker, written: Iterable[tuple[str, str, Tensor]], outputs: Mapping[str, Tensor], states: Mapping[str, Tensor] | None,
         exact: ModelRun, same: ModelRun) -> list[Comparison]:
    """Each tensor on the operands that the machine used, then each output against the model."""
    found = checker.check(written, outputs, states, covered=exact.outputs)
    return found + hold_results(checker, checker.source.outputs, outputs, exact, same)


def check_reference(reference: str) -> None:
    """Throws InputError where it is none, or not on this machine."""
    if reference not in REFERENCES:
        raise input_error("--reference", reference, ", ".join(REFERENCES))
    if reference == "gpu" and not torch.cuda.is_available():
        raise input_error("--reference", "gpu, and PyTorch finds none", "cpu, recorded")


def references(source: Source, reference: str, inputs: Mapping[str, Tensor] | None, values: Mapping[str, int] | None,
               states: Mapping[str, Tensor] | None) -> tuple[ModelRun, ModelRun]:
    """The model in f32 (in f64 where the compute type is f32 itself, or f32 has no number, and PyTorch can; in the compute type where the
    module asks for it; widened where it has several types, as it is where it asks for them), and as it was compiled, timed."""
    check_reference(reference)
    if reference == "recorded":
        if inputs is not None and any(not torch.equal(t, source.inputs[n]) for n, t in inputs.items() if n in source.inputs):
            raise input_error("--reference", "recorded references hold for the model's own inputs", "cpu or gpu with --inputs")
        return as_runs(*recorded(source))
    given = {"device": "cuda" if reference == "gpu" else "cpu", "inputs": inputs, "values": values, "states": states}
    exact = {"f32": ("f64", "f32"), OWN: (WIDENED, OWN)}.get(source.types, ("f32", source.types))
    same = (OWN,) if source.types == OWN else (source.types, "f32")
    wide = first_run(source, exact, **given)
    # PyTorch's f32 kernels may give NaN where the function has a value: gelu of infinity, vectorised.
    if wide.provenance["dtype"] == "f32" and not all(bool(t.isfinite().all()) for t in wide.outputs.values() if t.is_floating_point()):
        wide = first_run(source, ("f64", "f32"), **given)
    return wide, first_run(source, same, timed=True, **given)
