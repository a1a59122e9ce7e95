"""`garam validate`: every tensor that the machine wrote, and the end result against the f32 model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from garam.errors import input_error
from garam.frontdoor.source import Source
from garam.reference.check import Checker, Comparison, cosine
from garam.reference.model_run import ModelRun, run_model
from garam.reference.record import as_runs, recorded

REFERENCES = ("cpu", "gpu", "recorded")
_END = " (f32 model)"
_ROOM = 2.0  # times the error of PyTorch's own run in the same type
_FLOOR = {torch.float32: 2.0 ** -19, torch.float16: 2.0 ** -11, torch.bfloat16: 2.0 ** -8}  # relative to the largest element


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
    checker = Checker(source, inputs, values, initial_states)
    tensors = checker.check(written, outputs, states)
    exact, same = _references(source, reference, inputs, values, initial_states)
    tensors += [_end(name, outputs[name], exact.outputs[name], same.outputs[name]) for name in source.outputs
                if name in outputs and outputs[name].is_floating_point()]
    return Validation(same.provenance, tensors)


def _references(source: Source, reference: str, inputs: Mapping[str, Tensor] | None, values: Mapping[str, int] | None,
                states: Mapping[str, Tensor] | None) -> tuple[ModelRun, ModelRun]:
    """The f32 model (evaluated in f64 where the compute type is f32 itself), and the model in the compute type, timed."""
    if reference not in REFERENCES:
        raise input_error("--reference", reference, ", ".join(REFERENCES))
    if reference == "recorded":
        if inputs is not None and any(not torch.equal(t, source.inputs[n]) for n, t in inputs.items() if n in source.inputs):
            raise input_error("--reference", "recorded references hold for the model's own inputs", "cpu or gpu with --inputs")
        return as_runs(*recorded(source))
    device = "cuda" if reference == "gpu" else "cpu"
    given = {"device": device, "inputs": inputs, "values": values, "states": states}
    exact = run_model(source, "f64" if source.dtype == "f32" else "f32", **given)
    return exact, run_model(source, source.dtype, timed=True, **given)


def _end(name: str, machine: Tensor, exact: Tensor, same: Tensor) -> Comparison:
    got, want = machine.double().reshape(exact.shape), exact.double()
    error = float((got - want).abs().max()) if got.isfinite().all() else float("inf")
    allowed = _ROOM * float((same.double() - want).abs().max()) + _FLOOR[same.dtype] * float(want.abs().max())
    return Comparison(name + _END, error, allowed, cosine(got, want), error / allowed if error else 0.0, error <= allowed)
