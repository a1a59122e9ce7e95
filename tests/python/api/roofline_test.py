"""Work is counted by hand on small modules."""
from __future__ import annotations

import pytest
import torch
from torch import nn

from garam import frontdoor, ops
from garam.chip import Chip
from garam.frontdoor.model import Model
from garam.roofline import Work, attention_pairs, count


def work(module: nn.Module, inputs: dict[str, torch.Tensor], dtype: str = "bf16") -> Work:
    return count(frontdoor.bring_in(Model("m", module.eval(), inputs), dtype).exported.program)


@pytest.mark.parametrize("queries, keys, causal, window, first", [
    (5, 5, False, 0, None), (5, 5, True, 0, None), (3, 7, True, 0, None), (6, 6, True, 2, None), (6, 6, False, 3, None),
    (1, 64, True, 0, 37), (1, 64, True, 8, 37), (4, 9, False, 1, None)])
def test_pairs_are_counted_one_by_one(queries, keys, causal, window, first):
    from garam.frontdoor.ops import visible_keys

    position = None if first is None else torch.tensor(first)
    seen = visible_keys(queries, keys, causal or first is not None, window, None, position, torch.device("cpu"))
    if window and not causal and first is None:
        # Without a direction the window closes on both sides.
        rows, columns = torch.meshgrid(torch.arange(queries) + keys - queries, torch.arange(keys), indexing="ij")
        seen = (rows - columns).abs() < window
    assert attention_pairs(queries, keys, causal, window, first) == int(seen.sum())


def test_a_linear_layer():
    counted = work(nn.Linear(8, 16), {"input": torch.randn(4, 8)})
    assert counted == Work(2 * 4 * 8 * 16, 2 * (4 * 8 + 8 * 16 + 16 + 4 * 16))


def test_an_embedding_reads_the_rows_it_can_touch():
    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(1000, 32)

        def forward(self, ids):
            return self.table(ids)

    assert work(Table(), {"ids": torch.zeros(2, 3, dtype=torch.int64)}) == Work(0, 6 * 32 * 2 + 6 * 8 + 6 * 32 * 2)


@pytest.mark.parametrize("causal, pairs", [(False, 8 * 16), (True, sum(range(9, 17)))])
def test_attention_with_grouped_heads(causal, pairs):
    operation = ops.build("attention", [4, 2, 8, 16, 32], options=ops.Options(causal=causal))
    counted = work(operation.module, operation.inputs)
    assert counted.flops == 2 * 4 * pairs * (32 + 32)
    assert counted.bytes == 2 * 32 * (4 * 8 + 2 * 16 * 2 + 4 * 8)


def test_minilm():
    source = frontdoor.load("minilm", batch=8, seq=128)
    layers, hidden, inner, tokens = 6, 384, 1536, 1024
    products = layers * (2 * tokens * (4 * hidden * hidden + 2 * hidden * inner) + 2 * 8 * 128 * 128 * 2 * hidden)
    assert count(source.exported.program).flops == products


def test_a_decode_step_reads_what_the_cache_holds():
    source = frontdoor.load("llama-tiny", phase="decode", kv_len=5)
    few, many = (count(source.exported.program, position) for position in (5, 6))
    heads, kv_heads, dim, layers = 8, 4, 32, 4
    assert many.flops - few.flops == layers * heads * 2 * (dim + dim)
    assert many.bytes - few.bytes == layers * 2 * kv_heads * dim * 2


def test_the_limit():
    chip = Chip("atom")
    assert Work(int(32e12), 1).limit_seconds(chip, "bf16") == pytest.approx(1.0, rel=1e-3)
    assert Work(1, int(256e9)).limit_seconds(chip, "bf16") == pytest.approx(1.0, rel=1e-3)
    assert Work(1, 1).limit_seconds(Chip("unit"), "bf16") is None
