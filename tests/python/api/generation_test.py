"""Greedy tokens of the machine are PyTorch's, in f32, with the cache kept in the machine's memory from step to step."""
from __future__ import annotations

import torch

from garam import frontdoor
from garam.generation import generate

PROMPT, COUNT = [1, 2, 3, 4, 5], 32


def test_tokens_equal_pytorch():
    made = generate("llama-tiny", PROMPT, chip="unit", max_new_tokens=COUNT, dtype="f32")
    model = frontdoor.load("llama-tiny", phase="prefill", seq=len(PROMPT), dtype="f32").module.model
    tokens = list(PROMPT)
    with torch.no_grad():
        for _ in range(COUNT):
            tokens.append(int(model(input_ids=torch.tensor([tokens])).logits[0, -1].argmax()))
    assert made.tokens == tokens[len(PROMPT):]
    assert len(made.steps) == COUNT - 1
