"""Embeddings of real sentences, pooled and normalised on the machine, against the f32 model in PyTorch."""
from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoTokenizer

import garam
from garam import frontdoor
from garam.reference.model_run import run_model

SENTENCES = (Path(__file__).parent / "sentences.txt").read_text().splitlines()
BATCH = 8
CHIPS = ("atom", "unit", "rebel100") if os.environ.get("GARAM_LONG") == "1" else ("atom",)


@functools.cache
def batches() -> list[dict[str, Tensor]]:
    """Token ids and masks, as the model's tokenizer gives them, padded to the longest sentence of each batch."""
    folder = frontdoor.load("minilm", seq=7, layers=1).weight_files[0].parent
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    parts = [SENTENCES[i:i + BATCH] for i in range(0, len(SENTENCES), BATCH)]
    encoded = [tokenizer(part, padding=True, return_tensors="pt") for part in parts]
    return [{"input_ids": e["input_ids"], "attention_mask": e["attention_mask"]} for e in encoded]


@functools.cache
def source(length: int, dtype: str) -> frontdoor.Source:
    return frontdoor.load("minilm", batch=BATCH, seq=length, dtype=dtype)


@functools.cache
def in_torch(dtype: str) -> Tensor:
    parts = [run_model(source(b["input_ids"].shape[1], "f32"), dtype, inputs=b).outputs["sentence_embedding"] for b in batches()]
    return torch.cat(parts).double()


def on_machine(dtype: str, chip: str) -> Tensor:
    parts = [garam.compile(source(b["input_ids"].shape[1], dtype), chip=chip).run(mode="values", **b).outputs["sentence_embedding"]
             for b in batches()]
    return torch.cat(parts).double()


def similarities(embeddings: Tensor) -> Tensor:
    """Of all pairs of different sentences."""
    rows, columns = torch.triu_indices(len(embeddings), len(embeddings), 1)
    return (embeddings @ embeddings.T)[rows, columns]


def test_the_sentences_are_many_and_of_different_lengths() -> None:
    lengths = [int(length) for batch in batches() for length in batch["attention_mask"].sum(1)]
    assert len(lengths) == len(set(SENTENCES)) == 56 and len(set(lengths)) >= 20
    assert min(lengths) <= 6 and max(lengths) >= 50
    assert all((batch["attention_mask"] == 0).any() for batch in batches())


@pytest.mark.parametrize("chip", CHIPS)
def test_bf16(chip: str) -> None:
    """Each embedding points where the f32 model's does; similarities are as good as PyTorch's in bf16."""
    made, wanted, torchs = on_machine("bf16", chip), in_torch("f32"), in_torch("bf16")
    torch.testing.assert_close(made.norm(dim=1), torch.ones(len(made), dtype=torch.float64), rtol=1e-5, atol=0)
    cosine = torch.nn.functional.cosine_similarity(made, wanted)
    error, torchs_error = ((similarities(e) - similarities(wanted)).abs().max() for e in (made, torchs))
    print(f"{chip} bf16: least cosine {cosine.min():.6f}; largest error of a similarity {error:.2e}, PyTorch's {torchs_error:.2e}")
    assert cosine.min() >= 0.9998
    assert error <= 1.2 * torchs_error


@pytest.mark.parametrize("chip", CHIPS)
def test_f16(chip: str) -> None:
    """Similarities within 1e-3, and pairs that are further apart than that keep their order."""
    made, wanted = similarities(on_machine("f16", chip)), similarities(in_torch("f32"))
    error = (made - wanted).abs().max()
    print(f"{chip} f16: largest error of a similarity {error:.2e}")
    assert error <= 1e-3
    order = wanted.argsort()
    ahead = torch.searchsorted(wanted[order], wanted[order] + 1e-3, right=True)  # the first that must come after
    highest = made[order].cummax(0).values
    later = made[order].flip(0).cummin(0).values.flip(0)
    inside = ahead < len(order)
    assert (highest[inside] < later[ahead[inside]]).all()
