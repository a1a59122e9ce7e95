"""Options that several commands share, and what they mean."""
from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..dtypes import MLIR_NAMES
from ..errors import input_error
from .parser import not_negative, positive

if TYPE_CHECKING:
    from ..chip import Chip

PHASES = ("encode", "prefill", "decode")


def add_chip(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chip", required=True, metavar="CHIP", help="a name from `garam chips`, or a .toml file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="override one key of the chip file, e.g. l1.size_bytes=2097152")
    parser.add_argument("--dies", type=positive, metavar="N", help="use the first N dies only")


def add_shape(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("shape")
    group.add_argument("--dtype", choices=tuple(MLIR_NAMES), help="type of activations and weights")
    group.add_argument("--weights-dtype", choices=tuple(MLIR_NAMES), help="type of the weights, where it differs")
    group.add_argument("--batch", type=positive, metavar="B", help="sequences at once")
    group.add_argument("--seq", type=positive, metavar="S", help="tokens of a sequence")
    group.add_argument("--phase", choices=PHASES, help="what is run")
    group.add_argument("--kv-len", type=not_negative, metavar="L", help="tokens that the cache holds already (decode)")
    group.add_argument("--layers", type=positive, metavar="N", help="the first N layers only")
    group.add_argument("--random-weights", type=not_negative, metavar="SEED", help="weights from this seed instead of a checkpoint")


def add_compiler(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("compiler")
    group.add_argument("--mapping", metavar="FILE", help="mapping file, as --emit mapping prints it")
    group.add_argument("--no-OPTIMISATION", dest="_switched_off", action="store_true",
                       help="switch one optimisation off; the values stay within their bounds")


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL",
                        help="a name from `garam models`, a .mlir file, a Hugging Face directory, or file.py:function")


def chip_of(arguments: argparse.Namespace) -> Chip:
    from ..chip import Chip

    return Chip(arguments.chip, tuple(arguments.set), arguments.dies or 0)


def shape_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Keywords of `garam.models.load`; None where nothing was said."""
    if arguments.kv_len is not None and arguments.phase != "decode":
        raise input_error("--kv-len", "means nothing without a cache", "--phase decode")
    return {"dtype": arguments.dtype, "weights_dtype": arguments.weights_dtype, "batch": arguments.batch,
            "sequence_length": arguments.seq, "phase": arguments.phase, "kv_length": arguments.kv_len,
            "layers": arguments.layers, "random_weights": arguments.random_weights}
