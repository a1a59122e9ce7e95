"""garam generate MODEL --prompt TEXT --chip CHIP [--raw] [--max-new-tokens N]"""
from __future__ import annotations

import argparse
import re
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import input_error
from ..files import write_json
from .console import console, duration, number, percent, progress, quiet, remarks
from .options import add_chip, add_model, chip_of
from .parser import compute_type, not_negative, positive

if TYPE_CHECKING:
    from ..generation import Generation

HELP = "generate text greedily on the simulated machine"


def add(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_chip(parser)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="text, or token ids where the model has no tokenizer")
    parser.add_argument("--raw", action="store_true", help="the prompt as it is, without the tokenizer's chat template")
    parser.add_argument("--max-new-tokens", type=positive, default=32, metavar="N", help="(32)")
    parser.add_argument("--dtype", type=compute_type, metavar="TYPE", help="bf16, f16 or f32 (bf16)")
    parser.add_argument("--kv-capacity", type=positive, metavar="N",
                        help="positions that a cache holds (prompt and new tokens, rounded up to 256)")
    parser.add_argument("--layers", type=positive, metavar="N", help="the first N layers only")
    parser.add_argument("--random-weights", type=not_negative, metavar="SEED", help="weights from this seed instead of a checkpoint")


def run(arguments: argparse.Namespace) -> int:
    from ..frontdoor.registry import checkpoint_folder
    from ..frontdoor.remarks import collected
    from ..generation import generate
    from ..tokenization import TextStream, encode, stop_tokens, tokenizer_of

    chip = chip_of(arguments)
    with collected() as said:
        folder = checkpoint_folder(arguments.model)
        tokenizer = tokenizer_of(folder)
    prompt = encode(tokenizer, arguments.prompt, arguments.raw) if tokenizer else _ids(arguments)
    options = {key: value for key in ("kv_capacity", "layers", "random_weights") if (value := getattr(arguments, key)) is not None}
    stream = TextStream(tokenizer) if tokenizer else None
    with ExitStack() as until_first:
        until_first.enter_context(progress("compiling"))

        def on_token(token: int) -> None:
            until_first.close()
            _show(arguments, stream.put(token) if stream else f"{token} ")

        made = generate(arguments.model, prompt, chip=chip, max_new_tokens=arguments.max_new_tokens, dtype=arguments.dtype,
                        stop=stop_tokens(folder, tokenizer), on_token=on_token, **options)
    _show(arguments, (stream.end() if stream else "") + "\n")
    remarks.extend([*said, *made.decode_program.source.remarks])
    console(arguments).print(f"\n{_speed(made)}", highlight=False)
    if arguments.json:
        write_json(arguments.json, _document(arguments, prompt, made, stream.text if stream else None))
    return 0


def _show(arguments: argparse.Namespace, text: str) -> None:
    """As it is, but for what a terminal would take for a command."""
    if not quiet(arguments):
        sys.stdout.write("".join(c if c in "\n\t" or not (c < " " or "\x7f" <= c <= "\x9f") else "\N{REPLACEMENT CHARACTER}" for c in text))
        sys.stdout.flush()


def _speed(made: Generation) -> str:
    first = f"first token after {duration(made.first_token_seconds)}"
    if made.seconds_per_token is None:
        return first
    share = f", {percent(made.hbm_share)} of the memory's bandwidth" if made.hbm_share is not None else ""
    return f"{first}, then one every {duration(made.seconds_per_token)}: {number(1 / made.seconds_per_token)} tokens/s{share}"


def _document(arguments: argparse.Namespace, prompt: list[int], made: Generation, text: str | None) -> dict[str, Any]:
    seconds = made.seconds_per_token
    return {
        "garam": __version__, "model": arguments.model, "chip": chip_of(arguments).title, "dtype": made.decode_program.source.dtype,
        "prompt_tokens": prompt, "tokens": made.tokens, "text": text, "cycles": made.cycles,
        "first_token_seconds": made.first_token_seconds, "seconds_per_token": seconds,
        "tokens_per_second": 1 / seconds if seconds else None, "hbm_share": made.hbm_share, "decode_steps": len(made.steps),
        "peak_host_bytes": max(run.peak_host_bytes for run in (made.prefill, *made.steps)),
    }


def _ids(arguments: argparse.Namespace) -> list[int]:
    if arguments.raw:
        raise input_error("--raw", f"means nothing where {arguments.model} has no tokenizer", "token ids alone")
    if not re.fullmatch(r"\s*\d+([\s,]+\d+)*\s*", arguments.prompt):
        raise input_error("--prompt", f"{arguments.model} has no tokenizer", "token ids, such as '1 15 27'")
    return [int(part) for part in re.split(r"[\s,]+", arguments.prompt.strip())]
