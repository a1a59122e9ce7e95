"""torch.export of a module, with the Transformers hooks where it holds such a model."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import io
import itertools
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx.proxy import _register_stack_trace_anchor
from torch.utils import _pytree as pytree
from transformers import PretrainedConfig, PreTrainedModel
from transformers.exporters.auto import register_backend
from transformers.exporters.exporter_dynamo import DynamoExporter

from garam.errors import InputError, brief, input_error
from garam.frontdoor import context, hooks, patches, positions
from garam.frontdoor.arguments import as_call, by_name, mapped
from garam.frontdoor.cache import KVLayer
from garam.frontdoor.kernels import check_kernels
from garam.frontdoor.refusal import refusal
from garam.frontdoor.valueless import on_cpu

@dataclasses.dataclass(frozen=True)
class ExportedModel:
    """A functional program over aten and garam ops. `inputs`: a name for each leaf of the arguments, tensor or not, `outputs` for each
    of the results, in the order of the signature."""

    program: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def cast(module: torch.nn.Module, dtype: torch.dtype | None) -> torch.nn.Module:
    """A copy with parameters and stored float buffers in `dtype`, or with None as they are. Buffers that no checkpoint holds (frequencies of rotary
    embeddings) keep f32: they are constants of the program, not weights. Key-value caches take `dtype`. Throws InputError for a
    module that cannot be copied."""
    try:
        module = copy.deepcopy(module)
    except Exception as error:  # of whatever the module holds: a lock, an open file, a tensor that has a history
        raise input_error(type(module).__name__, f"cannot be copied ({type(error).__name__}: {brief(error)})",
                          "modules that copy.deepcopy takes") from error
    return module if dtype is None else _cast(module, dtype)


def _cast(module: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Module:
    for child in module.modules():
        for parameter in child.parameters(recurse=False):
            if parameter.is_floating_point():
                parameter.data = parameter.data.to(dtype)
        for name, buffer in child.named_buffers(recurse=False):
            stored = name not in child._non_persistent_buffers_set or isinstance(child, KVLayer)
            if stored and buffer.is_floating_point():
                child._buffers[name] = buffer.to(dtype)
        config = getattr(child, "config", None)
        if isinstance(config, PretrainedConfig):
            config.dtype = dtype
    return module


@contextlib.contextmanager
def traceable(module: torch.nn.Module) -> Iterator[None]:
    """No gradients, evaluation mode, hooks and patches; all undone at the end."""
    modes = {m: m.training for m in module.modules()}
    fast_path = torch.backends.mha.get_fastpath_enabled()
    for m in module.modules():  # PyTorch records the lines of what is named forward, and of what is registered
        _register_stack_trace_anchor(type(m).forward)
    with torch.no_grad(), context.taking_notes():
        try:
            module.eval()
            torch.backends.mha.set_fastpath_enabled(False)
            with patches.patched(module), hooks.installed(module):
                yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast_path)
            for m, mode in modes.items():
                m.training = mode


class GaramExporter(DynamoExporter):
    """Transformers' exporter with Garam's attention, mask, norm and rotary ops."""

    export_format = "garam"

    def export_program(self, model: PreTrainedModel, sample_inputs: Any, config: Any) -> Any:
        with traceable(model):
            return super().export_program(model, sample_inputs, config)


register_backend(GaramExporter)


def export(model: torch.nn.Module, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *,
           instead: str = "") -> ExportedModel:
    """Exports `model` for the shapes and types of these example arguments. instead: what a refusal adds to what is allowed."""
    named = by_name(type(model).__name__, model, args, kwargs or {})
    try:
        with _silence():
            with traceable(model), on_cpu(model) as example:
                # Each a tensor object of its own, since export merges equal objects.
                args, kwargs = as_call(model, mapped(lambda tensor: example(tensor.clone()), named))
                program = torch.export.export(model, args, kwargs, strict=False)
            exported = functional(program)
        check_kernels(exported.program, instead)
        return exported
    except InputError:
        raise
    except Exception as error:  # whatever the module's own code or the tracer raises is about the module
        raise refusal(model, error, instead) from error


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """PyTorch logs and prints at length what is reported in one line."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(disabled)


def functional(program: ExportedProgram) -> ExportedModel:
    """Checks removed, in-place updates made values, dead nodes removed."""
    _erase_assertions(program)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch's own tree specifications, when it copies them
        program = program.run_decompositions({})
    positions.resolve(program)
    _erase_assertions(program)
    return ExportedModel(program, _input_names(program), _output_names(program))


def _erase_assertions(program: ExportedProgram) -> None:
    for node in list(program.graph.nodes):
        if node.op == "call_function" and "_assert" in str(node.target) and not node.users:
            program.graph.erase_node(node)
    program.graph.eliminate_dead_code()
    program.graph_module.recompile()


def _input_names(program: ExportedProgram) -> tuple[str, ...]:
    return tuple(spec.arg.name for spec in program.graph_signature.input_specs if spec.kind is InputKind.USER_INPUT)


def _output_names(program: ExportedProgram) -> tuple[str, ...]:
    """The keys of a mapping, numbered where a value has several tensors; else output_0 and so on. No two are the same."""
    count = len(program.graph_signature.user_outputs)
    tree = pytree.tree_unflatten(list(range(count)), program.call_spec.out_spec)
    names = [f"output_{i}" for i in range(count)]
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            leaves = pytree.tree_leaves(value)
            for i, leaf in enumerate(leaves):
                names[leaf] = str(key) if len(leaves) == 1 else f"{key}_{i}"
    return tuple(_distinct(names))


def _distinct(names: Sequence[str]) -> Iterator[str]:
    taken: set[str] = set()
    for name in names:
        wanted = name or "output"
        free = next(n for n in itertools.chain((wanted,), (f"{wanted}_{i}" for i in itertools.count(1))) if n not in taken)
        taken.add(free)
        yield free
