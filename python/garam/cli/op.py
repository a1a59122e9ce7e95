"""garam op NAME --shape M,N,K|… --chip CHIP"""
from __future__ import annotations

import argparse

from ..errors import input_error
from .console import progress
from .loading import compiler_options
from .options import add_chip, add_compiler, chip_of
from .parser import compute_type, positive
from .run import add_outputs, check_outputs, finish, wants_records
from .validate import finish_check

HELP = "one op alone, compiled like any model"

#: As in garam.ops, which needs PyTorch and is loaded only to run one.
SHAPES = {"matmul": "M,N,K", "layer_norm": "ROWS,COLUMNS", "rms_norm": "ROWS,COLUMNS", "softmax": "ROWS,COLUMNS",
          "attention": "HEADS,KV_HEADS,QUERY,KEY,DIM", "gelu": "ROWS,COLUMNS", "silu": "ROWS,COLUMNS", "add": "ROWS,COLUMNS",
          "mul": "ROWS,COLUMNS"}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", choices=tuple(SHAPES), metavar="NAME", help=", ".join(SHAPES))
    parser.add_argument("--shape", required=True, metavar="SHAPE", help="; ".join(f"{name}: {shape}" for name, shape in SHAPES.items()))
    add_chip(parser)
    parser.add_argument("--dtype", type=compute_type, default="bf16", metavar="TYPE", help="bf16, f16 or f32; type of the operands (bf16)")
    parser.add_argument("--causal", action="store_true", help="attention: a query sees no later key")
    parser.add_argument("--window", type=positive, metavar="W", help="attention: a query sees the last W keys")
    parser.add_argument("--batch", type=positive, metavar="B", help="attention: sequences at once")
    parser.add_argument("--seed", type=int, default=0, help="of the operands (0)")
    parser.add_argument("--validate", action="store_true", help="hold every tensor against PyTorch, as garam validate does")
    add_outputs(parser)
    add_compiler(parser)


def run(arguments: argparse.Namespace) -> int:
    check_outputs(arguments)
    if arguments.validate and arguments.mode == "cycles":
        raise input_error("--validate", "a run in mode cycles has no values", "--mode both, values")
    with progress("compiling"):
        program = compile_op(arguments)
    if arguments.validate:
        return finish_check(arguments, program, "cpu")
    with progress("simulating") as shown:
        result = program.run(mode=arguments.mode, progress=shown, records=wants_records(arguments),
                             check_unwritten=arguments.check_unwritten or None)
    finish(arguments, result)
    return 0


def compile_op(arguments: argparse.Namespace):
    from .. import ops
    from ..compiler import compile_source
    from ..frontdoor import bring_in
    from ..frontdoor.model import Model

    chip = chip_of(arguments)
    options = ops.Options(arguments.causal, arguments.window, arguments.batch)
    shape = ops.parse_shape(arguments.operation, arguments.shape)
    operation = ops.build(arguments.operation, shape, arguments.dtype, options, arguments.seed)
    source = bring_in(Model(operation.name, operation.module, operation.inputs, phase=""), arguments.dtype)
    return compile_source(source, chip, **compiler_options(arguments))
