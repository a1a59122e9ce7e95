"""Rows without keys, biases and positions of their own, from a module to the values of a chip: as the module computes them."""
from __future__ import annotations

import pytest
import torch
from frontdoor import tiny
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

import garam

SHAPES = ((2, 4, 3, 5), (1, 2, 7, 4), (2, 2, 40, 130))  # batch, heads, queries, keys


class Attention(torch.nn.Module):
    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        return scaled_dot_product_attention(q, k, v, mask)


class Written(torch.nn.Module):
    def __init__(self, low: float, fill: bool) -> None:
        super().__init__()
        self.low, self.fill = low, fill

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        scores = q @ k.transpose(-1, -2) * 0.4
        hidden = scores.masked_fill(~mask, self.low) if self.fill else scores + torch.where(mask, 0.0, self.low)
        return torch.softmax(hidden, -1) @ v


def operands(shape: tuple[int, ...], queries: int) -> tuple[Tensor, ...]:
    """q, k, v, and a mask [B,1,queries,T] that hides all keys of one sequence, or of one query of each."""
    batch, heads, rows, keys = shape
    generator = torch.Generator().manual_seed(keys)
    q, k, v = (torch.randn(batch, heads, n, 8, generator=generator) for n in (rows, keys, keys))
    mask = torch.rand(batch, 1, queries, keys, generator=generator) < 0.7
    mask[..., 0] = True
    mask[-1, :, queries // 2] = False
    return q, k, v, mask


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("whole", [False, True], ids=["same keys for all queries", "each query its own"])
@pytest.mark.parametrize("module", [Attention(), Written(-torch.inf, True), Written(torch.finfo(torch.float32).min, True),
                                    Written(torch.finfo(torch.float32).min, False)],
                         ids=["truth values", "filled with -inf", "filled with the lowest", "added"])
def test_rows_without_keys(chip: str, shape: tuple[int, ...], whole: bool, module: torch.nn.Module) -> None:
    arguments = operands(shape, shape[2] if whole else 1)
    got = garam.compile(module, arguments, chip=chip, dtype="f32").run(*arguments).output
    torch.testing.assert_close(got, module(*arguments), atol=2e-5, rtol=2e-5, equal_nan=True)


@pytest.mark.parametrize("low", [-torch.inf, torch.finfo(torch.float32).min])
def test_rows_without_keys_in_a_float_mask(low: float) -> None:
    q, k, v, mask = operands(SHAPES[0], SHAPES[0][2])
    arguments = (q, k, v, torch.where(mask, 0.25, low))
    got = garam.compile(Attention(), arguments, chip="unit", dtype="f32").run(*arguments).output
    torch.testing.assert_close(got, Attention()(*arguments), atol=2e-5, rtol=2e-5)


class Forward(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, position_ids: Tensor | None = None,
                decoder_input_ids: Tensor | None = None) -> Tensor:
        given = {"attention_mask": attention_mask, "position_ids": position_ids, "decoder_input_ids": decoder_input_ids}
        return self.model(input_ids, **{n: t for n, t in given.items() if t is not None}, use_cache=False)[0]


@pytest.mark.parametrize("kind, suffix, case", [
    ("layoutlm", "", "padding at the left"), ("llama", "", "positions of each row"), ("llama", "", "padding at the left"),
    ("mistral", "ForCausalLM", "strided positions"), ("t5", "Seq2Seq", "padding at the right"), ("xlm-roberta", "", "padding at the right")])
def test_models(kind: str, suffix: str, case: str) -> None:
    model = tiny.model_of(kind, suffix)
    inputs = dict(tiny.cases(model))[case]
    if "positions" in case:  # without a mask, PyTorch would look for packed sequences among them
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    if suffix == "Seq2Seq":
        inputs["decoder_input_ids"] = tiny.ids_of(model, 3, 5, 7)
    with torch.no_grad():
        wanted = Forward(model)(**inputs)
    got = garam.compile(Forward(model), kwargs=inputs, chip="unit", dtype="f32").run(**inputs).output
    torch.testing.assert_close(got, wanted, atol=2e-4 * max(1.0, float(wanted.abs().max())), rtol=1e-3)
