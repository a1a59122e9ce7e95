"""From a model to a program: the front door's text, with what the program file records about the model, through the compiler."""
from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .chip import Chip
from .dtypes import compute_dtype, from_torch
from .errors import input_error
from .faults import compiling, guarded
from .program import Program

if TYPE_CHECKING:
    import torch

    from .frontdoor import Source

LEVELS = ("graph", "mapping", "tile", "task", "isa")


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a program file records about its model. Every printed level carries them; what is empty here, the text says."""

    model: str = ""
    dtype: str = ""
    phase: str = ""
    batch: int = 0
    sequence_length: int = 0
    kv_capacity: int = 0
    weight_files: tuple[str, ...] = ()
    flops: int = 0
    compulsory_bytes: int = 0

    @classmethod
    def of(cls, source: Source) -> Facts:
        """Work that depends on a run-time length is not recorded: one program serves them all."""
        from .roofline import Work, count

        work = Work(0, 0) if source.phase == "decode" else count(source.exported.program, source.values.get("pos"))
        return cls(source.name, source.dtype, source.phase, source.batch if source.phase else 0,
                   source.sequence_length if source.phase else 0, source.kv_capacity, tuple(map(str, source.weight_files)),
                   work.flops, work.bytes)


def lower(text: str, where: str, chip: Chip, facts: Facts = Facts(), *, mapping: str | None = None, disabled: Sequence[str] = (),
          emit: str | None = None, aids: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Program bytes, emitted text and mapping. `aids`: timing, print_after_all, reproducer."""
    from . import _compiler

    compiling(text)
    name, overrides, dies = chip.arguments
    options = {"chip": name, "overrides": overrides, "dies": dies, "disabled": list(disabled),
               **dataclasses.asdict(facts), **(aids or {})}
    if mapping:
        options["mapping_file"] = mapping
    if emit:
        options["emit"] = emit
    return _compiler.compile(text, where, options)


def compile_source(source: Source, chip: Chip, **options: Any) -> Program:
    """Options as of `lower`."""
    started = time.perf_counter()
    lowered = lower(source.mlir, source.name, chip, Facts.of(source), **options)
    return Program(lowered["program"], chip, source, source.name, time.perf_counter() - started)


def compile_text(text: str, where: str, chip: Chip, **options: Any) -> Program:
    """MLIR text of any level."""
    started = time.perf_counter()
    lowered = lower(text, where, chip, **options)
    return Program(lowered["program"], chip, None, where, time.perf_counter() - started)


@guarded
def compile(model: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, chip: str | Chip = "atom",
            mapping: str | None = None, dtype: str | torch.dtype | None = None, dies: int = 0, set: Sequence[str] = (), name: str | None = None,
            disabled: Sequence[str] = ()) -> Program:
    """Compiles a torch module with example arguments, a torch.export.ExportedProgram, or a MODEL of the command line.

    `mapping` is a mapping file; `set` overrides keys of the chip file (`l1.size_bytes=2097152`); `dtype` is bf16, f16 or f32
    (or a torch.dtype), by default the type of the module's weights (parameters and stored buffers), of its inputs where it has none; where
    these are of several types, each keeps its own, and `program.source.remarks` says so.
    """
    target = chip if isinstance(chip, Chip) else Chip(chip, (set,) if isinstance(set, str) else tuple(set), dies)
    source = _source(model, args, kwargs or {}, None if dtype is None else compute_dtype(dtype), name)
    return compile_source(source, target, mapping=mapping, disabled=disabled)


def _source(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any], dtype: str | None, name: str | None) -> Source:
    import torch

    from . import frontdoor
    from .frontdoor.arguments import by_name
    from .frontdoor.model import Model, check_mode
    from .frontdoor.remarks import collected

    if isinstance(model, str):
        return frontdoor.load(model, dtype=dtype)
    if isinstance(model, frontdoor.Source):
        return model
    if isinstance(model, torch.export.ExportedProgram):
        args, kwargs = model.example_inputs if not args and not kwargs else (args, kwargs)
        model = _unlifted(model)
    if not isinstance(model, torch.nn.Module):
        raise input_error("compile", f"cannot compile a {type(model).__name__}", "torch.nn.Module, torch.export.ExportedProgram, or a name")
    title = name or type(model).__name__
    args = (args,) if isinstance(args, torch.Tensor) else args
    if not isinstance(args, (tuple, list)) or not isinstance(kwargs, Mapping):
        raise input_error(title, f"example arguments of type {type(args).__name__} and {type(kwargs).__name__}",
                          "a tuple of positional ones, a dictionary of named ones")
    inputs = by_name(title, model, args, kwargs)
    described = Model(title, model, inputs, phase="encode" if _takes_tokens(inputs) else "")
    with collected():
        check_mode(title, model)
        return frontdoor.bring_in(described, dtype or _own_dtype(model, inputs))


def _takes_tokens(inputs: Mapping[str, Any]) -> bool:
    """Integers [B, S] come first: a throughput in tokens means something."""
    first = next(iter(inputs.values()), None)
    return first is not None and getattr(first, "ndim", 0) == 2 and not first.is_floating_point()


def _unlifted(program: Any) -> Any:
    """The module of an exported program; it has no modes, since they were decided when it was exported."""
    module = program.module()
    module.eval = module.train = lambda mode=True: module
    return module


def _own_dtype(module: Any, inputs: Mapping[str, Any]) -> str | None:
    """The one type of the module's weights, or else of its inputs; None where there is none, or several."""
    from .frontdoor.model import DTYPES
    from .frontdoor.own_types import own_types

    found = own_types(module, inputs)
    return from_torch(found[0]) if len(found) == 1 and found[0] in DTYPES.values() else None
