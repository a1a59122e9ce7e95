"""A model brought in: the text that the compiler reads, and all that running and checking it needs."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor
from torch.utils import _pytree as pytree

from garam.dtypes import compute_dtype, from_torch, listed
from garam.errors import input_error
from garam.faults import compiling
from garam.frontdoor import registry
from garam.frontdoor.arguments import Arguments, as_call, mapped
from garam.frontdoor.exporter import ExportedModel, cast, export
from garam.frontdoor.fold import stored
from garam.frontdoor.importer import FileTensor, import_model
from garam.frontdoor.ir import Program
from garam.frontdoor.model import CASTS, DEFAULT, DTYPES, OWN, PHASES, Model, Options, check_length
from garam.frontdoor.own_types import own_types
from garam.frontdoor.remarks import collected, remark
from garam.frontdoor.states import initial_states
from garam.frontdoor.text import program_text
from garam.frontdoor.valueless import filled, is_valueless
from garam.frontdoor.weight_cache import hold
from garam.frontdoor.weight_files import WeightFiles
from garam.frontdoor.weights import check_constants, check_storable, content_key, file_tensors, tied_names, write_cached


@dataclasses.dataclass
class Source:
    """dtype: what `types` names; of a module in its own types that of most weights, by which rates and reports go. types: a name of
    CASTS. inputs: example tensors by name; values: launch parameters; states: tensors that live on the device between runs, with
    the contents that this example starts from; outputs: names in order. exported: the functional program in the compute
    type. shaped: the model as it came, in evaluation mode, its parameters perhaps without values. held: where these are. program: what
    `mlir` prints. arguments: how `inputs` and `values` become arguments of the module. remarks: what the front door chose or left out, a
    line each."""

    name: str
    dtype: str
    types: str
    batch: int
    sequence_length: int
    phase: str
    kv_length: int | None
    kv_capacity: int
    inputs: dict[str, Tensor]
    values: dict[str, int]
    outputs: tuple[str, ...]
    exported: ExportedModel
    shaped: torch.nn.Module
    held: WeightFiles
    program: Program
    file_names: dict[str, str]
    arguments: Arguments
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._open = [hold(file) for file in self.weight_files]  # as long as a program of it lives

    def make_weights(self) -> None:
        """Writes what of the weight files is not there before values are asked for."""
        self.held.make()
        self._open = [hold(file) for file in self.weight_files]

    @functools.cached_property
    def module(self) -> torch.nn.Module:
        """The model as it came, with values: parameters from a file are of its type."""
        return filled(self.shaped, lambda parameter: self.held.tensor(self.file_names[parameter])) if is_valueless(self.shaped) else self.shaped

    @property
    def weight_files(self) -> tuple[Path, ...]:
        return self.program.weight_files

    @property
    def reach(self) -> tuple[int, int]:
        """Least and greatest position of a decode step."""
        return next(a.range for a in self.program.flat.arguments if a.kind == "value" and a.name == "pos")

    @functools.cached_property
    def mlir(self) -> str:
        return program_text(self.program)

    @functools.cached_property
    def states(self) -> dict[str, Tensor]:
        """Buffers that the module writes, as they are before the first run; of a decoder the keys and values of a prompt."""
        program, kept = self.exported.program, initial_states(self.shaped, lambda: self.module, CASTS[self.types], self.batch,
                                                              self.kv_length)
        written = [name for name in program.graph_signature.buffers_to_mutate.values() if name not in kept]
        return kept | {name: stored(program, name).detach().clone() for name in written}

    @functools.cached_property
    def weights(self) -> dict[str, Tensor]:
        """The weights by the names of the file, in the compute type."""
        exported = self.exported.program.state_dict
        return {name: self.held.tensor(name).to(exported[p].dtype) for p, name in self.file_names.items() if p in exported}

    def parameter(self, name: str) -> Tensor:
        """In the compute type."""
        return self.weights[self.file_names[name]]

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
         kv_capacity: int | None = None, kv_least: int = 0, layers: int | None = None, dtype: str | torch.dtype | None = None,
         random_weights: int | None = None) -> Source:
    """model: a name of `registry.names()`, a Hugging Face folder, or `file.py:function`. dtype: bf16 (the default where
    the model has not several types of its own), f16 or f32. kv_capacity: positions of a decoder's cache, by default what the run needs and
    at least `kv_least`, rounded up to 256, as far as the model has them.
    Raises garam.errors.InputError."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    transformers.logging.set_verbosity_error()
    check_length(model, "batch", batch, 1, 1 << 16)
    if dtype is not None:
        dtype = compute_dtype(dtype)
    if phase is not None and phase not in PHASES:
        raise input_error(model, f"phase {phase}", ", ".join(PHASES))
    with collected():
        return bring_in(registry.build(model, Options(batch, seq, phase, kv_len, kv_capacity, kv_least, layers, random_weights)), dtype)


def bring_in(model: Model, dtype: str | None = None) -> Source:
    """Exports a model in the compute type and imports it. A model without a weight file gets one in the cache. dtype: a name of
    CASTS; None leaves the choice to Garam, who says what it chose."""
    compiling("")
    with collected() as said:
        if model.weights is None:
            check_storable(model.name, model.module)
            check_constants(model.name, model.module)
            if any(parameter.dtype == torch.float64 for parameter in model.module.parameters()):
                if dtype == OWN:
                    raise input_error(model.name, "weights of f64", ", ".join(DTYPES))
                model.module = cast(model.module, torch.float32)
                remark(model.name, "weights of f64 taken as f32")
            model.file_names = tied_names(model.module)
            model.weights = WeightFiles.of(write_cached(model.module, content_key(model.module)))
        located = file_tensors(model.weights, model.module, model.file_names or {})
        return _import(model, dtype or _chosen(model, located), located, said)


def _chosen(model: Model, located: Mapping[str, FileTensor]) -> str:
    types = own_types(model.module, model.inputs)
    if len(types) > 1:
        remark(model.name, f"kept in its own types, {listed(types)}; rates and reports go by {listed(types[:1])}, that of most weights")
        return OWN
    own = sorted({from_torch(tensor.dtype) for tensor in located.values()})
    if own not in ([], [DEFAULT]):
        remark(model.name, f"computed in {DEFAULT}, which Garam chose; its weights are {' and '.join(own)}, and a dtype that is stated is taken")
    return DEFAULT


def _import(model: Model, types: str, located: Mapping[str, FileTensor], said: list[str]) -> Source:
    called = as_call(model.module, cast_inputs(model.inputs, CASTS[types]))
    own = own_types(model.module, model.inputs)
    exported = export(cast(model.module, CASTS[types]), *called, instead=_instead(types, own))
    leaves, structure = pytree.tree_flatten(called)
    arguments = Arguments(exported.inputs, tuple(leaves), structure, model.module)
    values = {name: int(model.inputs[name]) for name in model.ranges}
    tensors = {name: tensor for name, tensor in arguments.tensors.items() if name not in model.ranges}
    first = next(iter(tensors.values())).shape if tensors else ()
    batch, seq = (int(first[0]) if first else 1), (int(first[1]) if len(first) > 1 else 1)
    program = import_model(exported, located, {"graph.model": model.name}, ranges=model.ranges)
    dtype = types if types != OWN else from_torch(own[0]) if own else DEFAULT
    return Source(model.name, dtype, types, batch, seq, model.phase, model.kv_length, model.capacity, tensors, values,
                  exported.outputs, exported, model.module, model.weights, program, {p: t.name for p, t in located.items()}, arguments, tuple(said))


def _instead(types: str, own: list[torch.dtype]) -> str:
    """What may help where the module does not run in these types."""
    if types == OWN or not own or own == [DTYPES[types]]:
        return ""
    if len(own) > 1:
        return f", or no dtype: the module then keeps its own types, {listed(own)}"
    return f", or dtype {listed(own)}, the module's own"


def cast_inputs(inputs: dict[str, Any], dtype: torch.dtype | None) -> dict[str, Any]:
    """With None as they are."""
    return {name: mapped(lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor, value)
            for name, value in inputs.items()}
