"""A trained chat model fed the same text on the machine and in PyTorch: its next token is PyTorch's wherever that is no near thing."""
from __future__ import annotations

import json
import os
import random
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

import garam
from garam import frontdoor
from garam.frontdoor.registry import checkpoint_folder
from garam.tokenization import encode, tokenizer_of

LONG = os.environ.get("GARAM_LONG") == "1"
ALL = json.loads((Path(__file__).parent / "dialogues.json").read_text())  # the answers are the model's own
DIALOGUES = ALL if LONG else random.Random(os.environ["GARAM_SEED"]).sample(ALL, 1)
COUNT = 64 if LONG else 8
FLOOR = 2.0 ** -8  # of bf16, relative to the largest logit


def texts(folder: Path) -> tuple[Tensor, list[int]]:
    """[dialogues, length] ids of the prompts and COUNT tokens of their answers, and the lengths of the prompts, which are shorter without
    the template. What fills up a shorter row comes after its answer, and so changes none of it."""
    tokenizer = tokenizer_of(folder)
    prompts = [encode(tokenizer, dialogue["prompt"], raw=not LONG) for dialogue in DIALOGUES]
    rows = [prompt + encode(tokenizer, dialogue["answer"], raw=True)[:COUNT] for prompt, dialogue in zip(prompts, DIALOGUES)]
    length = max(map(len, rows))
    return torch.tensor([row + [0] * (length - len(row)) for row in rows]), [len(prompt) for prompt in prompts]


def on_machine(tokens: Tensor) -> Tensor:
    """Logits [dialogues, length, vocabulary] of decode steps from an empty cache on."""
    batch, length = tokens.shape
    session = garam.compile(frontdoor.load("smollm2", phase="decode", kv_len=0, batch=batch), chip="atom").open("values")
    steps = [session.run({"input_ids": tokens[:, at:at + 1]}, values={"pos": at}, records=False).outputs["logits"] for at in range(length)]
    return torch.stack(steps, 1)


def test_next_tokens() -> None:
    folder = checkpoint_folder("smollm2")
    tokens, lengths = texts(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        wide, own = model(tokens).logits, model.bfloat16()(tokens).logits
    made = on_machine(tokens)
    exact, torchs, machines = (torch.stack([logits[row, length - 1:length - 1 + COUNT].float() for row, length in enumerate(lengths)])
                               for logits in (wide, own, made))  # [dialogues, COUNT, vocabulary]

    # The rule of an end result: twice the error of PyTorch's own run in bf16, or the rounding of the largest.
    bound = torch.maximum(2 * (torchs - exact).abs().amax(-1), FLOOR * exact.abs().amax(-1))
    assert (machines - exact).abs().max() <= bound.max()
    best, second = torchs.topk(2).values.unbind(-1)
    agree, clear = machines.argmax(-1) == torchs.argmax(-1), best - second > bound  # each position by its own bound
    share, clears = agree.double().mean().item(), clear.double().mean().item()
    print(f"{agree.numel()} positions: {share:.1%} PyTorch's token in bf16, {clears:.1%} with a margin beyond the bound")
    assert agree.shape == (len(DIALOGUES), COUNT) and (clear.any() or not LONG)
    assert agree[clear].all(), (clear & ~agree).nonzero()
    assert share >= 0.9 or not LONG


def test_it_answers(garam) -> None:
    made = garam("generate", "smollm2", "--chip", "atom", "--prompt", ALL[0]["prompt"], "--max-new-tokens", 24)
    assert made["text"] == "The capital of South Korea is Seoul." and made["tokens"][-1] == 2
    assert f'--prompt "{ALL[0]["prompt"]}" --chip atom\n{made["text"]}\n' in (Path(__file__).parents[2] / "README.md").read_text()
