"""garam compile MODEL --chip CHIP [-o OUT.garam] [--emit LEVEL [--emit-to FILE]]"""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import input_error
from ..files import write_json, write_text
from . import check_outputs
from .console import console, duration, number
from .loading import compiler_options, is_program, is_text, load_source, read_text
from .options import add_chip, add_compiler, add_model, add_shape, chip_of, refuse_inapplicable

HELP = "compile a model to a program, or print a level on the way"


def add(parser: argparse.ArgumentParser) -> None:
    from ..compiler import LEVELS

    add_model(parser)
    add_chip(parser)
    parser.add_argument("-o", dest="output", metavar="OUT.garam", help="the program; by default MODEL.garam, or none with --emit")
    parser.add_argument("--emit", choices=LEVELS, help="print this level")
    parser.add_argument("--emit-to", metavar="FILE", help="where --emit prints; by default standard output")
    add_shape(parser)
    add_compiler(parser)


def run(arguments: argparse.Namespace) -> int:
    if is_program(arguments.model):
        raise input_error(arguments.model, "is compiled already", "a model, or MLIR of any level")
    refuse_inapplicable(arguments)
    if is_text(arguments.model) and arguments.kv_len is not None:
        raise input_error("--kv-len", f"cannot apply to {arguments.model}: text, which has its shapes and types", "--kv-len of garam run")
    if arguments.emit_to and not arguments.emit:
        raise input_error("--emit-to", "nothing to print", "--emit LEVEL")
    if arguments.emit and not arguments.emit_to and arguments.json == "-":
        raise input_error("--emit", "standard output is taken by --json -", "--emit-to FILE")
    if not arguments.output and not arguments.emit:
        arguments.output = f"{Path(arguments.model.split(':')[0]).stem}.garam"
        check_outputs(arguments)
    started = time.perf_counter()
    text, where, facts, source = _text(arguments)
    exported = time.perf_counter() - started
    chip = chip_of(arguments)
    if arguments.emit:
        _emit(arguments, text, where, chip, facts)
    if arguments.emit and not arguments.output:
        if arguments.json:
            write_json(arguments.json, {"garam": __version__, "model": facts.model or where, "chip": chip.title, "emitted": arguments.emit,
                                        "emitted_to": arguments.emit_to})
        return 0
    _compile(arguments, text, where, chip, facts, source, exported)
    return 0


def _text(arguments: argparse.Namespace) -> tuple[str, str, Any, Any]:
    """Text of the model, its name in errors, what the program file is to record, and the model where it is one."""
    from ..compiler import Facts

    if is_text(arguments.model):
        return read_text(arguments.model), arguments.model, Facts(), None
    source = load_source(arguments)
    return source.mlir, source.name, Facts.of(source), source


def _emit(arguments: argparse.Namespace, text: str, where: str, chip: Any, facts: Any) -> None:
    from ..compiler import lower

    emitted = lower(text, where, chip, facts, emit=arguments.emit, **compiler_options(arguments))["emitted"]
    if arguments.emit_to:
        write_text(arguments.emit_to, emitted)
    else:
        sys.stdout.write(emitted if emitted.endswith("\n") else emitted + "\n")


def _compile(arguments: argparse.Namespace, text: str, where: str, chip: Any, facts: Any, source: Any, exported: float) -> None:
    from ..compiler import lower
    from ..program import Program

    started = time.perf_counter()
    lowered = lower(text, where, chip, facts, **compiler_options(arguments))
    seconds = time.perf_counter() - started
    output = arguments.output
    program = Program(lowered["program"], chip, source, output)
    program.save(output)
    info = program.info
    instructions = sum(len(kernel["mnemonics"]) for kernel in info["kernels"])
    console(arguments).print(f"{output}: {len(info['kernels'])} kernels, {len(info['launches'])} launches, {instructions:,} instructions, "
                             f"{number(len(lowered['program']), 'B')}; exported in {duration(exported)}, compiled in {duration(seconds)}")
    if arguments.json:
        write_json(arguments.json, {
            "garam": __version__, "model": info["model"], "chip": chip.title, "dtype": info["dtype"], "phase": info["phase"] or None,
            "batch": info["batch"] or None, "sequence_length": info["sequence_length"] or None, "export_seconds": exported,
            "compile_seconds": seconds, "output": output, "program_bytes": len(lowered["program"]), "kernels": len(info["kernels"]),
            "launches": len(info["launches"]), "instructions": instructions})
