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

    @property
    def first_token_seconds(self) -> float:
        return self.prefill.seconds

    @property
    def seconds_per_token(self) -> float | None:
        """Of the tokens after the first; None where there are none."""
        return sum(step.seconds for step in self.steps) / len(self.steps) if self.steps else None

    @property
    def hbm_share(self) -> float | None:
        """Bytes that the decode steps moved ÷ what the memory can move in their time; None on an ideal chip."""
        chip, seconds = self.decode_program.chip, sum(step.seconds for step in self.steps)
        return sum(step.moved_bytes for step in self.steps) / seconds / chip.peak_hbm if seconds and not chip.ideal else None


def generate(model: str, prompt: Sequence[int], *, chip: Chip | str = "atom", max_new_tokens: int = 32,
             dtype: str | None = None, stop: Sequence[int] = (),
             on_token: Callable[[int], None] = lambda token: None, **options: Any) -> Generation:
    """`prompt` are token ids; a token of `stop` ends the text early; `dtype` is bf16 where none is stated; `on_token` takes each new token
    as it comes; `options` are those of the front door (layers, random_weights)."""
    from .frontdoor import load

    if not prompt:
        raise input_error("prompt", "is empty", "at least one token")
    target = chip if isinstance(chip, Chip) else Chip(chip)
    needed = len(prompt) + max_new_tokens
    prefill_source = load(model, phase="prefill", seq=len(prompt), kv_least=needed, dtype=dtype, **options)
    decode_source = load(model, phase="decode", kv_len=len(prompt), kv_least=needed, dtype=dtype, **options)
    _, reached = decode_source.reach
    if needed - 1 > reached + 1:
        raise input_error(model, f"{needed} tokens, whose rotary frequencies change behind the first {reached + 1}",
                          f"prompt and new tokens up to {reached + 2} together")
    before, program = (compile_source(source, target) for source in (prefill_source, decode_source))
    first = before.run(records=False, input_ids=torch.tensor([list(prompt)]))
    session, states = program.open(), first.states
    tokens, steps = [_next(first)], []
    on_token(tokens[-1])
    while len(tokens) < max_new_tokens and tokens[-1] not in stop:
        position = len(prompt) + len(tokens) - 1
        steps.append(session.run({"input_ids": torch.tensor([[tokens[-1]]])}, states=states, values={"pos": position}, records=False))
        states = {}  # from here on the cache is where the last step left it
        tokens.append(_next(steps[-1]))
        on_token(tokens[-1])
    return Generation(tokens, first, steps, program)


def _next(result: Result) -> int:
    return int(result.outputs["next_token"].reshape(-1)[0])
