"""torch.export of a module, with the Transformers hooks where it holds such a model."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import inspect
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.utils import _pytree as pytree
from transformers import PreTrainedModel
from transformers.exporters.auto import register_backend
from transformers.exporters.exporter_dynamo import DynamoExporter

from garam.errors import InputError, input_error
from garam.frontdoor import hooks, patches


@dataclasses.dataclass(frozen=True)
class ExportedModel:
    """A functional program over aten and garam ops. `inputs` and `outputs`: names in the order of the signature."""

    program: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def cast(module: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Module:
    """A copy with parameters and stored float buffers in `dtype`. Buffers that no checkpoint holds (frequencies of rotary
    embeddings) keep f32: they are constants of the program, not weights. Key-value caches take `dtype`."""
    module = copy.deepcopy(module)
    for child in module.modules():
        for parameter in child.parameters(recurse=False):
            if parameter.is_floating_point():
                parameter.data = parameter.data.to(dtype)
        for name, buffer in child.named_buffers(recurse=False):
            stored = name not in child._non_persistent_buffers_set or child.__class__.__name__ == "KVLayer"
            if stored and buffer.is_floating_point():
                setattr(child, name, buffer.to(dtype))
        config = getattr(child, "config", None)
        if config is not None and hasattr(config, "dtype"):
            config.dtype = dtype
    return module


@contextlib.contextmanager
def traceable(module: torch.nn.Module) -> Iterator[None]:
    """No gradients, evaluation mode, hooks and patches; all undone at the end."""
    modes = {m: m.training for m in module.modules()}
    models = [m for m in module.modules() if isinstance(m, PreTrainedModel) and (
        m._supports_attention_backend or m._supports_sdpa)]
    before = [m.config._attn_implementation for m in models]
    fast_path = torch.backends.mha.get_fastpath_enabled()
    quiet = logging.getLogger("torch._subclasses.fake_tensor")  # it prints a traceback for what we report in one line
    level = quiet.level
    with torch.no_grad(), patches.patched(module):
        try:
            module.eval()
            torch.backends.mha.set_fastpath_enabled(False)
            quiet.setLevel(logging.CRITICAL)
            for m in models:
                m.config._attn_implementation = hooks.NAME
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast_path)
            quiet.setLevel(level)
            for m, name in zip(models, before):
                m.config._attn_implementation = name
            for m, mode in modes.items():
                m.training = mode


class GaramExporter(DynamoExporter):
    """Transformers' exporter with Garam's attention, mask, norm and rotary ops."""

    export_format = "garam"

    def export_program(self, model: PreTrainedModel, sample_inputs: Any, config: Any) -> Any:
        with traceable(model):
            return super().export_program(model, sample_inputs, config)


register_backend(GaramExporter)


def export(model: torch.nn.Module, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> ExportedModel:
    """Exports `model` for the shapes and types of these example arguments."""
    where = type(model).__name__
    try:
        with traceable(model):
            program = torch.export.export(model, (), _named(model, args, kwargs or {}), strict=False)
    except InputError:
        raise
    except Exception as error:  # whatever the module's own code or the tracer raises is about the module
        text = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise input_error(where, f"torch.export refuses the module ({type(error).__name__}: {text})",
                          "modules that run on the example arguments and whose control flow does not depend on tensor values") from error
    return functional(program)


def functional(program: ExportedProgram) -> ExportedModel:
    """Checks removed, in-place updates made values, dead nodes removed."""
    _erase_assertions(program)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch's own tree specifications, when it copies them
        program = program.run_decompositions({})
    _erase_assertions(program)
    return ExportedModel(program, tuple(program.graph_signature.user_inputs), _output_names(program))


def _erase_assertions(program: ExportedProgram) -> None:
    for node in list(program.graph.nodes):
        if node.op == "call_function" and "_assert" in str(node.target) and not node.users:
            program.graph.erase_node(node)
    program.graph.eliminate_dead_code()
    program.graph_module.recompile()


def _named(model: torch.nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by the names of `forward`; each a tensor object of its own, since export merges equal objects."""
    return {name: value.clone() if isinstance(value, torch.Tensor) else value
            for name, value in arguments_by_name(type(model).__name__, model, args, kwargs).items()}


def arguments_by_name(where: str, model: torch.nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Example arguments by the names of `forward`, in its order; those of `**NAME` by their own."""
    signature = inspect.signature(model.forward)
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise input_error(where, f"example arguments: {error}", "those of forward()") from error
    named: dict[str, Any] = {}
    for name, value in bound.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL and value:
            raise input_error(where, f"example arguments: *{name} have no names", "arguments of forward() with a name, or **NAME")
        named.update(value if kind is inspect.Parameter.VAR_KEYWORD else {name: value})
    return named


def _output_names(program: ExportedProgram) -> tuple[str, ...]:
    count = len(program.graph_signature.user_outputs)
    spec = program.call_spec.out_spec
    tree = pytree.tree_unflatten(list(range(count)), spec)
    if isinstance(tree, Mapping):
        names: dict[int, str] = {}
        for key, value in tree.items():
            leaves = pytree.tree_leaves(value)
            for i, leaf in enumerate(leaves):
                names[leaf] = key if len(leaves) == 1 else f"{key}_{i}"
        return tuple(names[i] for i in range(count))
    return tuple(f"output_{i}" for i in range(count))
