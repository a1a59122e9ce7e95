"""Greedy text generation on the machine: one prefill, then decode steps of one program, the cache in the machine's memory."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from .chip import Chip
from .compiler import compile_source
from .errors import input_error

if TYPE_CHECKING:
    from .program import Program
    from .result import Result


@dataclasses.dataclass
class Generation:
    """`tokens` are the new ones. `steps` are the runs of the decode program, in order."""

    tokens: list[int]
    prefill: Result
    steps: list[Result]
    decode_program: Program

    @property
    def cycles(self) -> int:
        return self.prefill.cycles + sum(step.cycles for step in self.steps)


def generate(model: str, prompt: Sequence[int], *, chip: Chip | str = "atom", max_new_tokens: int = 32,
             dtype: str | None = None, stop: Sequence[int] = (),
             progress: Callable[[float], None] = lambda share: None, **options: Any) -> Generation:
    """`prompt` are token ids; `stop` ends the text early; `dtype` is bf16 where none is stated; `options` are those of the front door
    (layers, random_weights)."""
    from .frontdoor import load

    if not prompt:
        raise input_error("prompt", "is empty", "at least one token")
    target = chip if isinstance(chip, Chip) else Chip(chip)
    prefill_source = load(model, phase="prefill", seq=len(prompt), dtype=dtype, **options)
    capacity = prefill_source.kv_capacity
    if len(prompt) + max_new_tokens > capacity:
        raise input_error(model, f"{len(prompt)} tokens of the prompt and {max_new_tokens} new ones", f"{capacity} together")
    first = compile_source(prefill_source, target).run(records=False, input_ids=torch.tensor([list(prompt)]))
    tokens = [_next(first)]
    decode_source = load(model, phase="decode", kv_len=len(prompt), dtype=dtype, **options)
    program = compile_source(decode_source, target)
    session = program.open()
    states, steps = first.states, []
    while len(tokens) < max_new_tokens and tokens[-1] not in stop:
        progress(len(tokens) / max_new_tokens)
        position = len(prompt) + len(tokens) - 1
        steps.append(session.run({"input_ids": torch.tensor([[tokens[-1]]])}, states=states, values={"pos": position}, records=False))
        states = {}  # from here on the cache is where the last step left it
        tokens.append(_next(steps[-1]))
    return Generation(tokens, first, steps, program)


def _next(result: Result) -> int:
    return int(result.outputs["next_token"].reshape(-1)[0])
