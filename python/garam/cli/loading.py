"""What MODEL means: a shipped name, text of any level, a compiled program, a Hugging Face folder, or a function of a file."""
from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import input_error
from ..files import read_bytes
from .console import remarks
from .options import chip_of, refuse_inapplicable

if TYPE_CHECKING:
    import torch

    from ..frontdoor import Source
    from ..program import Program


def is_text(model: str) -> bool:
    return model.endswith(".mlir")


def is_program(model: str) -> bool:
    return model.endswith(".garam")


def read_text(path: str) -> str:
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise input_error(path, f"not text: {error.reason} at byte {error.start}", "MLIR of any level") from None


def load_tensors(path: str) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = read_bytes(path)
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise input_error(path, f"no safetensors file: {error}", "a file that safetensors wrote") from None


def load_source(arguments: argparse.Namespace, inputs: Mapping[str, torch.Tensor] | None = None) -> Source:
    """The model through the front door. Batch and length follow from `inputs` where they are not stated."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):  # what a model's own code prints is no result
        warnings.simplefilter("ignore")
        from ..frontdoor import load

        source = load(arguments.model, **_shape(arguments, inputs or {}))
    remarks.extend(source.remarks)
    return source


def _shape(arguments: argparse.Namespace, inputs: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    dtype = arguments.dtype
    if arguments.weights_dtype not in (None, dtype or "bf16"):
        raise input_error("--weights-dtype", f"{arguments.weights_dtype} under activations of {dtype or 'bf16'}",
                          f"{dtype or 'bf16'}, as the activations")
    if arguments.kv_len is not None and arguments.phase != "decode":
        raise input_error("--kv-len", "means nothing without a cache", "--phase decode")
    batch, seq = arguments.batch, arguments.seq
    first = next((tensor for tensor in inputs.values() if tensor.ndim >= 2), None)
    if first is not None:
        batch, seq = batch or first.shape[0], seq or (first.shape[1] if arguments.phase != "decode" else None)
    wanted = {"batch": batch, "seq": seq, "phase": arguments.phase, "kv_len": arguments.kv_len,
              "kv_capacity": arguments.kv_capacity, "layers": arguments.layers, "dtype": dtype, "random_weights": arguments.random_weights}
    return {key: value for key, value in wanted.items() if value is not None}


def compiler_options(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.mapping and not Path(arguments.mapping).is_file():
        raise input_error(arguments.mapping, "no such file", "a mapping file, as --emit mapping prints it")
    aids = {"timing": arguments.pass_timing, "print_after_all": arguments.print_ir_after_all, "reproducer": arguments.reproducer or ""}
    return {"mapping": arguments.mapping, "disabled": arguments.disabled, "aids": aids}


def load_program(arguments: argparse.Namespace, inputs: Mapping[str, torch.Tensor] | None = None, **options: Any) -> Program:
    """Compiles MODEL, or takes it as it is where it is a program."""
    from ..compiler import compile_source, compile_text
    from ..program import Program

    refuse_inapplicable(arguments)
    chip = chip_of(arguments)
    if is_program(arguments.model):
        return Program.load(arguments.model).on(chip)
    options = compiler_options(arguments) | options
    if is_text(arguments.model):
        return compile_text(read_text(arguments.model), arguments.model, chip, **options)
    return compile_source(load_source(arguments, inputs), chip, **options)


def run_values(arguments: argparse.Namespace, program: Program) -> dict[str, int] | None:
    """Run-time values; None leaves them to the model."""
    if program.source is not None:
        return None
    declared = {value["name"]: value for value in program.info["values"]}
    if arguments.kv_len is None:
        return {name: value["low"] for name, value in declared.items() if value["low"] == value["high"]}
    if "pos" not in declared:
        raise input_error("--kv-len", f"{arguments.model} has no cache", "a decode program")
    return {"pos": arguments.kv_len}
