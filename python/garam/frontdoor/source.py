"""A model brought in: the text that the compiler reads, and all that running and checking it needs."""

from __future__ import annotations

import dataclasses
import functools
import os
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor

from garam.errors import input_error
from garam.frontdoor import registry
from garam.frontdoor.exporter import ExportedModel, cast, export
from garam.frontdoor.importer import import_model
from garam.frontdoor.ir import Program
from garam.frontdoor.model import DTYPES, PHASES, Model, Options, check_length
from garam.frontdoor.states import initial_states
from garam.frontdoor.text import program_text
from garam.frontdoor.weights import content_key, file_tensors, tied_names, write_cached


@dataclasses.dataclass
class Source:
    """inputs: example tensors by name; values: launch parameters; states: tensors that live on the device between runs, with
    the contents that this example starts from; outputs: names in order. exported: the functional program in the compute
    type. module: the model in f32. program: what `mlir` prints."""

    name: str
    dtype: str
    batch: int
    sequence_length: int
    phase: str
    kv_length: int | None
    kv_capacity: int
    weights_file: Path
    inputs: dict[str, Tensor]
    values: dict[str, int]
    outputs: tuple[str, ...]
    exported: ExportedModel
    module: torch.nn.Module
    program: Program
    file_names: dict[str, str]

    @functools.cached_property
    def mlir(self) -> str:
        return program_text(self.program)

    @functools.cached_property
    def states(self) -> dict[str, Tensor]:
        return initial_states(self.module, DTYPES[self.dtype], self.batch, self.kv_length)

    @functools.cached_property
    def weights(self) -> dict[str, Tensor]:
        """The weights by the names of the file, in the compute type."""
        exported = self.exported.program.state_dict
        return {self.file_names[p]: exported[p].detach() for p in self.file_names if p in exported}

    def resolve(self, node: str, instance: str) -> str:
        """The exported node that `node` of a layer stands for in that instance (a launch's name); "" is the main function. A node of
        a layer that is no kernel of its own says its instance itself: `instance/node`."""
        own, _, name = node.rpartition("/")
        return self.program.instances.get(own or instance, {}).get(name, name)

    @property
    def metadata(self) -> dict[str, Any]:
        return {"model": self.name, "dtype": self.dtype, "batch": self.batch, "sequence_length": self.sequence_length,
                "phase": self.phase, "kv_length": self.kv_length, "kv_capacity": self.kv_capacity}


def load(model: str, *, batch: int = 1, seq: int | None = None, phase: str | None = None, kv_len: int | None = None,
         layers: int | None = None, dtype: str = "bf16", random_weights: int | None = None) -> Source:
    """model: a name of `registry.names()`, a Hugging Face folder, or `file.py:function`. dtype: bf16, f16 or f32.
    Raises garam.errors.InputError."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    transformers.logging.set_verbosity_error()
    check_length(model, "batch", batch, 1, 1 << 16)
    if dtype not in DTYPES:
        raise input_error(model, f"dtype {dtype}", ", ".join(DTYPES))
    if phase is not None and phase not in PHASES:
        raise input_error(model, f"phase {phase}", ", ".join(PHASES))
    return bring_in(registry.build(model, Options(batch, seq, phase, kv_len, layers, random_weights)), dtype)


def bring_in(model: Model, dtype: str) -> Source:
    """Exports a model in the compute type and imports it. A model without a weight file gets one in the cache."""
    if model.weights_file is None:
        model.file_names = tied_names(model.module)
        model.weights_file = write_cached(model.module, content_key(model.module))
    located = file_tensors(model.weights_file, model.module, model.file_names or {})
    values = {name: int(model.inputs[name]) for name in model.ranges}
    exported = export(cast(model.module, DTYPES[dtype]), (), cast_inputs(model.inputs, DTYPES[dtype]))
    tensors = {n: v for n, v in cast_inputs(model.inputs, DTYPES[dtype]).items() if isinstance(v, Tensor) and n not in model.ranges}
    first = next(iter(tensors.values())).shape if tensors else ()
    batch, seq = (int(first[0]) if first else 1), (int(first[1]) if len(first) > 1 else 1)
    program = import_model(exported, located, {"graph.model": model.name}, ranges=model.ranges)
    return Source(model.name, dtype, batch, seq, model.phase, model.kv_length, model.capacity, model.weights_file, tensors, values,
                  exported.outputs, exported, model.module, program, {p: t.name for p, t in located.items()})


def cast_inputs(inputs: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    return {n: v.to(dtype) if isinstance(v, Tensor) and v.is_floating_point() else v for n, v in inputs.items()}
