"""The checker is tested by mutation: one element of what the machine wrote is changed, and each change must be noticed.

The machine runs once for each model. In the ordinary run a sample of the changes is drawn (by GARAM_SEED); with GARAM_LONG=1
all of them are made.
"""
from __future__ import annotations

import os
import random
from collections import Counter

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig

from garam.chip import Chip
from garam.compiler import compile_source
from garam.frontdoor import bring_in, load
from garam.frontdoor.model import Model
from garam.reference import Checker
from garam.reference.validation import held, references

LONG = os.environ.get("GARAM_LONG") == "1"
SEED = int(os.environ["GARAM_SEED"])
SAMPLE = 40
FLOATS = ("beyond twice its bound", "NaN", "infinity", "-infinity", "zero", "neighbour", "rows swapped")
WHOLE = ("one more", "one less", "zero", "neighbour", "rows swapped")


class Plain(nn.Module):
    """Whole numbers and truth values among the outputs, reductions over rows and columns, several outputs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.line, self.table = nn.Linear(24, 16), nn.Embedding(11, 16)

    def forward(self, x, n, keep):
        h = self.line(x) + self.table(n)
        positive = (h > 0.1) & keep.unsqueeze(-1)
        return {"count": positive.long().sum(-1), "total": h.sum(1), "h": h, "weights": h.softmax(-1), "largest": h.amax(-1),
                "best": h.argmax(-1), "positive": positive, "shifted": n * 2 + 1, "mean": torch.where(keep, h.mean(-1), 0.0)}


def encoder(folder):
    config = BertConfig(hidden_size=32, intermediate_size=48, num_attention_heads=2, num_hidden_layers=2, vocab_size=50,
                        max_position_embeddings=16, architectures=["BertModel"])
    config.save_pretrained(folder)
    return load(str(folder), batch=2, seq=6, random_weights=1)


def decoder(folder):
    return load("llama-tiny", phase="decode", kv_len=9, layers=2)


def plain(folder):
    g = torch.Generator().manual_seed(4)
    return bring_in(Model("plain", Plain().eval(), {"x": torch.randn(3, 7, 24, generator=g), "n": torch.randint(0, 11, (3, 7), generator=g),
                                                     "keep": torch.rand(3, 7, generator=g) > 0.3}), "f32")


class Run:
    """What the machine wrote, and what it is held against. slots: (list, place) of each tensor."""

    def __init__(self, source) -> None:
        result = compile_source(source, Chip("unit")).run(mode="values", boundaries=True, records=False)
        self.tensors = {("written", i): t for i, (_, _, t) in enumerate(result.boundaries)}
        self.tensors |= {("outputs", n): t for n, t in result.outputs.items()} | {("states", n): t for n, t in result.states.items()}
        self.places = list(result.boundaries)
        self.exact, self.same = references(source, "cpu", None, None, None)
        self.checker = Checker(source)
        assert not self.bad({}), "the machine itself is blamed"
        seen: dict[str, int] = {}
        names = [self.checker._view(self.checker._name(i, n, seen), tuple(t.shape)) for i, n, t in result.boundaries]
        assert set(names) <= set(self.checker.held) and len(set(names)) == len(names)
        self.held = {("written", i): self.checker.held[n] for i, n in enumerate(names)}
        self.held |= {key: self.checker.results[key[1]] for key in self.tensors if key[0] != "written"}
        self.op = {("written", i): self.checker.by_name[n] for i, n in enumerate(names)}
        self.op |= {key: self.checker.producer[id(r.value)] for key in self.tensors for r in self.checker.flat.results
                    if key == ("outputs" if r.state is None else "states", r.name)}
        self.chosen = {}
        for key, op in self.op.items():
            if (argmax := self.checker._choice(op)) is not None:
                self.chosen[key] = self.checker._value(argmax.operands[0], argmax)

    def bad(self, change: dict) -> list[str]:
        tensors = self.tensors | change
        written = [(launch, node, tensors["written", i]) for i, (launch, node, _) in enumerate(self.places)]
        outputs, states = ({n: t for (k, n), t in tensors.items() if k == kind} for kind in ("outputs", "states"))
        return [c.name for c in held(self.checker, written, outputs, states, self.exact, self.same) if not c.ok]

    def matters(self, key, mutated: Tensor) -> bool:
        """Whether a change leaves the bounds: zero for zero is none, nor is a neighbour that is as good."""
        held, old = self.held[key], self.tensors[key]
        if key in self.chosen:
            x, choice = self.chosen[key], mutated.reshape(-1)
            rows, errors = x.v.reshape(-1, x.v.shape[-1]), x.error.reshape(-1, x.v.shape[-1])
            inside = (choice >= 0) & (choice < rows.shape[1])
            at = choice.clamp(0, rows.shape[1] - 1).unsqueeze(-1)
            lacking = rows.amax(-1) - rows.gather(-1, at).squeeze(-1)
            return bool(((lacking > 2 * (errors.amax(-1) + errors.gather(-1, at).squeeze(-1))) | ~inside).any())
        if not old.is_floating_point():
            return not torch.equal(mutated, old) and not bool((held.bound.reshape(old.shape) > 0)[mutated != old].any())
        new, want, bound = (t.double().reshape(-1) for t in (mutated, held.want, held.bound))
        return bool((~((new - want).abs() <= bound) & (bound < torch.inf) & ~((new == want) | (new.isnan() & want.isnan()))).any())


def mutate(kind: str, tensor: Tensor, held, rng: random.Random) -> Tensor:
    """A copy with one element changed, or two rows."""
    new = tensor.clone()
    flat = new.view(-1)
    at = rng.randrange(flat.numel())
    value, neighbour = flat[at].clone(), flat[(at + 1) % flat.numel()].clone()
    if kind == "rows swapped":
        rows = new.view(-1, new.shape[-1]) if new.dim() > 1 else new.view(-1, 1)
        a, b = rng.randrange(len(rows)), rng.randrange(len(rows))
        rows[[a, b]] = rows[[b, a]]
    elif tensor.dtype == torch.bool:
        flat[at] = {"zero": torch.tensor(False), "neighbour": neighbour}.get(kind, ~value)
    elif kind == "beyond twice its bound":
        flat[at] = held.want.reshape(-1)[at] + rng.choice((-1, 1)) * (2.1 * held.bound.reshape(-1)[at] + torch.finfo(tensor.dtype).tiny)
    else:
        flat[at] = {"NaN": torch.nan, "infinity": torch.inf, "-infinity": -torch.inf, "zero": 0, "neighbour": neighbour,
                    "one more": value + 1, "one less": value - 1}[kind]
    return new


@pytest.fixture(autouse=True)
def one_thread():
    """The tensors are small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("model", [encoder, decoder, plain], ids=lambda function: function.__name__)
def test_each_change_is_noticed(model, tmp_path):
    rng = random.Random(SEED)
    run = Run(model(tmp_path))
    changes = [(key, kind) for key, tensor in run.tensors.items() if tensor.numel()
               for kind in (FLOATS if tensor.is_floating_point() else WHOLE)]
    if not LONG:
        changes = rng.sample(changes, min(SAMPLE, len(changes)))
    made: Counter[str] = Counter()
    missed, none = [], 0
    for key, kind in changes:
        mutated = mutate(kind, run.tensors[key], run.held[key], rng)
        if not run.matters(key, mutated):
            none += 1
            continue
        made[kind] += 1
        if not run.bad({key: mutated}):
            missed.append((*key, run.op[key].location.node, kind))
    print(f"{sum(made.values())} changes of {len(run.tensors)} tensors, {none} within the bounds")
    assert not missed, (SEED, missed)
    assert sum(made.values()) >= len(changes) * 3 // 5, (made, none)
    assert not LONG or all(made[kind] for kind in FLOATS)
