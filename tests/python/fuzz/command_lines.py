"""Command lines: every option of every command with absurd values, and pairs of them."""
from __future__ import annotations

import random
from argparse import Action
from functools import cache

from garam.cli.parser import COMMANDS, build

VALUES = ("", " ", "-", "--", "-1", "0", "1", "2", "7", "65537", "9" * 30, "1e3", "0x10", "nan", "inf", "text", "none", "bf16", "float32", "torch.bfloat16", "f8e4m3",
          "i8", "tile", "graph", "encode", "decode", "prefill", "cycles", "values", "both", "cpu", "recorded", "l1.size_bytes=1", "l1.banks=0", "a=b", "=", "x.y=z",
          "noc.mesh_columns=1", "memory.interleave_bytes=64", "1,2,3", "4,4", "1,1,1", "2,1,3,3,8", "0,0,0", "2,2,2,2,2,2,2", "unit", "nochip", "/", ".", "..", "none/x",
          "out.json", "x.safetensors", "x.html", "\udcff", "a\nb", "é", "%s%n", "{}", "*", "minilm", "llama-tiny",
          "llama-tiny.garam", "x.mlir", "x.py:f", ":", "x.py:", "@x")

MODELS = ("llama-tiny", "llama-tiny", "llama-tiny", "none", "x.mlir", "x.garam", "x.py:f", "/", ".", "", "\udcff", "a\nb", "--chip")


@cache
def _actions(name: str) -> tuple[Action, ...]:
    return tuple(action for action in build().commands[name]._actions if action.dest not in ("help", "_switched_off", "pass_timing", "print_ir_after_all"))


def drawn(draw: random.Random) -> list[str]:
    """A command with the arguments it needs and one to three options more."""
    name = draw.choice(COMMANDS)
    line, actions = [name], _actions(name)
    needed = [action for action in actions if action.required or not action.option_strings]
    for action in needed:
        if draw.random() < 0.95:
            line += _with_value(action, _likely(action, draw), draw)
    for action in draw.sample(actions, min(len(actions), draw.randint(1, 3))):
        if action.option_strings:
            line += _with_value(action, draw.choice(VALUES), draw)
    if draw.random() < 0.05:
        line.insert(draw.randrange(len(line) + 1), draw.choice(("--no-such", "--no-", "--", "-h", "--version", "-x", "extra", "--json=-")))
    return line


def _likely(action: Action, draw: random.Random) -> str:
    """A value with which the command goes on, most of the time."""
    if draw.random() < 0.15:
        return draw.choice(VALUES)
    if action.dest in ("model", "program"):
        return draw.choice(MODELS)
    likely = {"chip": "unit", "shape": draw.choice(("4,4", "3,4,5", "2,1,3,3,8")), "prompt": draw.choice(("1 2", "text", "")), "output": "out.garam"}
    if action.choices:
        return draw.choice([*action.choices])
    return likely.get(action.dest, draw.choice(VALUES))


def _with_value(action: Action, value: str, draw: random.Random) -> list[str]:
    if not action.option_strings:
        return [value]
    option = draw.choice(action.option_strings)
    if action.nargs == 0:
        return [option]
    return [f"{option}={value}"] if option.startswith("--") and draw.random() < 0.5 else [option, value]
