"""garam generate MODEL --prompt TEXT --chip CHIP [--max-new-tokens N]"""
from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import brief, input_error
from ..files import write_json
from .console import console, duration, progress, remarks
from .options import add_chip, add_model, chip_of
from .parser import compute_type, not_negative, positive

HELP = "generate text greedily on the simulated machine"


def add(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_chip(parser)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="text, or token ids where the model has no tokenizer")
    parser.add_argument("--max-new-tokens", type=positive, default=32, metavar="N", help="(32)")
    parser.add_argument("--dtype", type=compute_type, metavar="TYPE", help="bf16, f16 or f32 (bf16)")
    parser.add_argument("--layers", type=positive, metavar="N", help="the first N layers only")
    parser.add_argument("--random-weights", type=not_negative, metavar="SEED", help="weights from this seed instead of a checkpoint")


def run(arguments: argparse.Namespace) -> int:
    from ..generation import generate

    tokenizer = _tokenizer(arguments.model)
    prompt = tokenizer(arguments.prompt)["input_ids"] if tokenizer else _ids(arguments)
    stop = [tokenizer.eos_token_id] if tokenizer and tokenizer.eos_token_id is not None else []
    options = {key: value for key in ("layers", "random_weights") if (value := getattr(arguments, key)) is not None}
    with progress("generating") as shown:
        made = generate(arguments.model, prompt, chip=chip_of(arguments), max_new_tokens=arguments.max_new_tokens, dtype=arguments.dtype,
                        stop=stop, progress=shown, **options)
    source = made.decode_program.source
    remarks.extend(source.remarks)
    text = tokenizer.decode(made.tokens, skip_special_tokens=True) if tokenizer else None
    steps = [step.seconds for step in made.steps]
    seconds = sum(steps) / len(steps) if steps else None
    out = console(arguments)
    out.print(text if text is not None else " ".join(map(str, made.tokens)), markup=False)
    out.print(f"\nfirst token after {duration(made.prefill.seconds)}, then one every {duration(seconds)}")
    if arguments.json:
        write_json(arguments.json, {
            "garam": __version__, "model": arguments.model, "chip": chip_of(arguments).title, "dtype": source.dtype,
            "prompt_tokens": list(prompt), "tokens": made.tokens, "text": text, "cycles": made.cycles,
            "first_token_seconds": made.prefill.seconds, "seconds_per_token": seconds,
            "tokens_per_second": 1 / seconds if seconds else None})
    return 0


def _tokenizer(model: str) -> Any:
    """Of a Hugging Face directory that has one."""
    folder = Path(model)
    if not folder.is_dir() or not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        return None
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # of whatever the files of the tokenizer say
        raise input_error(str(folder), f"no tokenizer ({brief(error)})", "the files of one that Transformers knows") from error


def _ids(arguments: argparse.Namespace) -> list[int]:
    if not re.fullmatch(r"\s*\d+([\s,]+\d+)*\s*", arguments.prompt):
        raise input_error("--prompt", f"{arguments.model} has no tokenizer", "token ids, such as '1 15 27'")
    return [int(part) for part in re.split(r"[\s,]+", arguments.prompt.strip())]
