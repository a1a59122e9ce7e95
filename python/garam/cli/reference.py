"""garam reference MODEL [--device cpu|cuda] -o FILE"""
from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import input_error
from ..files import write_json
from .console import console, duration, progress
from .loading import is_program, is_text, load_source
from .options import add_model, add_shape

HELP = "run a model in PyTorch and record every tensor and the time"


def add(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where PyTorch runs (cpu)")
    parser.add_argument("-o", dest="output", required=True, metavar="FILE", help=".safetensors; its facts go beside it as .json")
    parser.add_argument("--outputs-only", action="store_true", help="leave the tensors in between out")
    add_shape(parser)
    parser.set_defaults(mode="both")


def run(arguments: argparse.Namespace) -> int:
    if is_program(arguments.model) or is_text(arguments.model):
        raise input_error(arguments.model, "is no PyTorch model", "a name, a Hugging Face directory, or file.py:function")
    from ..reference.record import record

    with progress("running PyTorch"):
        about = record(load_source(arguments), Path(arguments.output), device=arguments.device, nodes=not arguments.outputs_only)
    reference = about["reference"]
    console(arguments).print(f"{arguments.output}: {reference['name']}, PyTorch {reference['torch']}, {reference['dtype']}, "
                             f"{duration(reference['seconds'])}")
    if arguments.json:
        write_json(arguments.json, about)
    return 0
