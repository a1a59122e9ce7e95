"""Greedy tokens of the machine are PyTorch's in f32, with the cache kept in the machine's memory from step to step; with tokens that
are given, the logits of every step are inside their bound in bf16."""
from __future__ import annotations

import torch
from torch import Tensor

import garam
from garam import frontdoor
from garam.frontdoor.exporter import cast
from garam.generation import generate
from garam.reference import Checker

PROMPT, COUNT = [1, 2, 3, 4, 5], 32


def greedy(count: int) -> tuple[list[int], torch.nn.Module]:
    """The prompt and what the unmodified model in f32 says after it, without a cache."""
    model = frontdoor.load("llama-tiny", phase="prefill", seq=len(PROMPT), dtype="f32").module.model
    tokens = list(PROMPT)
    with torch.no_grad():
        for _ in range(count):
            tokens.append(int(model(input_ids=torch.tensor([tokens])).logits[0, -1].argmax()))
    return tokens, model


def test_tokens_equal_pytorch() -> None:
    made = generate("llama-tiny", PROMPT, chip="unit", max_new_tokens=COUNT, dtype="f32")
    assert made.tokens == greedy(COUNT)[0][len(PROMPT):]
    assert len(made.steps) == COUNT - 1


def logits_in_torch(model: torch.nn.Module, tokens: list[int], dtype: torch.dtype) -> Tensor:
    """After the prompt and after each token that follows, all in one run without a cache."""
    with torch.no_grad():
        return cast(model, dtype)(input_ids=torch.tensor([tokens])).logits[0, len(PROMPT) - 1:].double()


def test_logits_of_given_tokens() -> None:
    tokens, model = greedy(COUNT)
    prefill = frontdoor.load("llama-tiny", phase="prefill", seq=len(PROMPT), dtype="bf16")
    first = garam.compile(prefill, chip="atom").run(mode="values", boundaries=True, input_ids=torch.tensor([PROMPT]))
    checked = Checker(prefill, {"input_ids": torch.tensor([PROMPT])}).check(first.boundaries, first.outputs, first.states)
    assert not [tensor for tensor in checked if not tensor.ok]

    decode = frontdoor.load("llama-tiny", phase="decode", kv_len=len(PROMPT), dtype="bf16")
    session = garam.compile(decode, chip="atom").open("values")
    logits, cache = [first.outputs["logits"]], first.states
    for position in range(len(PROMPT), len(tokens) - 1):
        given, values = {"input_ids": torch.tensor([[tokens[position]]])}, {"pos": position}
        step = session.run(given, states=cache if position == len(PROMPT) else None, values=values, boundaries=True)
        after = session.states()
        checked = Checker(decode, given, values, cache).check(step.boundaries, step.outputs, after)
        bad = [tensor for tensor in checked if not tensor.ok]
        assert not bad, (position, bad[0])
        assert any("lm_head" in tensor.path for tensor in checked)
        logits.append(step.outputs["logits"])
        cache = after

    # The rule of the end result: at most twice the error of PyTorch's own run in bf16, and the rounding of the largest.
    machine = torch.cat(logits).double().reshape(COUNT, -1)
    wanted, torchs = (logits_in_torch(model, tokens[:-1], dtype) for dtype in (torch.float32, torch.bfloat16))
    error, torchs_error = ((found - wanted).abs().max() for found in (machine, torchs))
    print(f"largest error of {COUNT} rows of logits {error:.3e}, PyTorch's in bf16 {torchs_error:.3e}, largest logit {wanted.abs().max():.3f}")
    assert error <= 2 * torchs_error + 2.0 ** -8 * wanted.abs().max()
