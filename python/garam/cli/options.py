"""Options that several commands share, and what they mean."""
from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..dtypes import MLIR_NAMES
from ..errors import input_error
from .parser import dtype_name, not_negative, positive

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
    group.add_argument("--dtype", type=dtype_name, metavar="TYPE", help=f"type of activations and weights: {', '.join(MLIR_NAMES)}")
    group.add_argument("--weights-dtype", type=dtype_name, metavar="TYPE", help="type of the weights, where it differs")
    group.add_argument("--batch", type=positive, metavar="B", help="sequences at once")
    group.add_argument("--seq", type=positive, metavar="S", help="tokens of a sequence")
    group.add_argument("--phase", choices=PHASES, help="what is run")
    group.add_argument("--kv-len", type=not_negative, metavar="L", help="tokens that the cache holds already (decode)")
    group.add_argument("--kv-capacity", type=positive, metavar="N",
                       help="positions that a cache holds (what the run needs, rounded up to 256)")
    group.add_argument("--layers", type=positive, metavar="N", help="the first N layers only")
    group.add_argument("--random-weights", type=not_negative, metavar="SEED", help="weights from this seed instead of a checkpoint")


def add_compiler(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("compiler")
    group.add_argument("--mapping", metavar="FILE", help="mapping file, as --emit mapping prints it")
    group.add_argument("--no-OPTIMISATION", dest="_switched_off", action="store_true",
                       help="switch one optimisation off; the values stay within their bounds")
    group.add_argument("--pass-timing", action="store_true", help="time of each pass, on standard error")
    group.add_argument("--print-ir-after-all", action="store_true", help="the program after each pass, on standard error")
    group.add_argument("--reproducer", metavar="FILE", help="where a failing pass leaves what it was given")


#: Options that decide what is exported, and those that decide how it is compiled: attribute and name.
_SHAPE = {"dtype": "--dtype", "weights_dtype": "--weights-dtype", "batch": "--batch", "seq": "--seq", "phase": "--phase",
          "kv_capacity": "--kv-capacity", "layers": "--layers", "random_weights": "--random-weights"}
_COMPILER = {"dies": "--dies", "mapping": "--mapping", "pass_timing": "--pass-timing", "print_ir_after_all": "--print-ir-after-all",
             "reproducer": "--reproducer"}


def refuse_inapplicable(arguments: argparse.Namespace) -> None:
    """Names the first option that means nothing for a compiled program, or for text, which has its shapes."""
    model = arguments.model
    if not model.endswith((".garam", ".mlir")):
        return
    compiled = model.endswith(".garam")
    names = _SHAPE | _COMPILER if compiled else _SHAPE
    what = "a compiled program" if compiled else "text, which has its shapes and types"
    given = [option for name, option in names.items() if getattr(arguments, name, None) not in (None, False)]
    given += [f"--no-{name}" for name in arguments.disabled if compiled]
    if given:
        raise input_error(given[0], f"cannot apply to {model}: {what}", "the model itself, or no such option")


def add_model(parser: argparse.ArgumentParser, extra: str = "") -> None:
    parser.add_argument("model", metavar="MODEL",
                        help="a name from `garam models`, a .mlir file, a Hugging Face directory, a .gguf file, or file.py:function" + extra)


def chip_of(arguments: argparse.Namespace) -> Chip:
    from ..chip import Chip

    return Chip(arguments.chip, tuple(arguments.set), arguments.dies or 0)
