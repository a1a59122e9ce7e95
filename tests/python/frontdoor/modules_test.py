"""Plain modules: what the matchers recognise, and what stays decomposed and right."""
from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import nn

from garam.frontdoor import bring_in
from garam.frontdoor.model import Model
from garam.reference import Checker


class WrittenRmsNorm(nn.Module):
    def __init__(self, inner_rounding: bool) -> None:
        super().__init__()
        self.weight, self.inner_rounding = nn.Parameter(torch.rand(24) + 0.5), inner_rounding

    def forward(self, x):
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)
        return self.weight * wide.to(x.dtype) if self.inner_rounding else (self.weight * wide).to(x.dtype)


class WrittenAttention(nn.Module):
    def forward(self, q, k, v, mask):
        scores = q @ k.transpose(-1, -2) / 4.0
        return torch.softmax(scores.masked_fill(mask[:, None, None, :] == 0, -1e9), -1) @ v


class CausalSdpa(nn.Module):
    def forward(self, q, k, v):
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


class Pieces(nn.Module):
    """Many small ops at once."""

    def forward(self, x, y):
        a, b = x.chunk(2, -1)
        z = torch.cat((torch.clamp(a, -1, 1) * 0.3, b.pow(2) - 1.5 * y[..., :6]), -1)
        z = torch.where(z > 0.1, z.tanh(), 0.7 - z) + z.var(-1, keepdim=True, correction=0) / (1 + z.abs().sum((0, 2), keepdim=True))
        return nn.functional.normalize(z, dim=-1), z.amax(1), torch.stack((z.exp(), z.sigmoid()), 1).transpose(0, 2).flatten(1)


def rand(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def ones_mask():
    mask = torch.ones(2, 9, dtype=torch.long)
    mask[1, 5:] = 0
    return mask


encoder_layer = nn.TransformerEncoderLayer(24, 4, 40, batch_first=True, norm_first=True, activation="gelu")
MODULES = {
    "encoder layer": (encoder_layer, {"src": rand(2, 9, 24)}, {"attention": 1, "layer_norm": 2, "gelu": 1}),
    "multi-head": (nn.MultiheadAttention(24, 4, batch_first=True), {"query": rand(2, 9, 24), "key": rand(2, 7, 24), "value": rand(2, 7, 24)},
                   {}),
    "rms norm": (WrittenRmsNorm(False), {"x": rand(3, 24)}, {"rms_norm": 1}),
    "rms norm, cast first": (WrittenRmsNorm(True), {"x": rand(3, 24)}, {"rms_norm": 1, "rsqrt": 0}),
    "torch rms norm": (nn.RMSNorm(24, eps=1e-5), {"x": rand(3, 24)}, {"rms_norm": 1}),
    "attention": (WrittenAttention(), {"q": rand(2, 3, 9, 16), "k": rand(2, 3, 9, 16), "v": rand(2, 3, 9, 16), "mask": ones_mask()},
                  {"attention": 1, "softmax": 0, "matmul": 0}),
    "causal": (CausalSdpa(), {"q": rand(2, 3, 9, 16), "k": rand(2, 3, 9, 16), "v": rand(2, 3, 9, 16)}, {"attention": 1}),
    "pieces": (Pieces(), {"x": rand(2, 5, 12), "y": rand(5, 8)}, {}),
    "vector": (nn.Linear(24, 5), {"input": rand(24)}, {"matmul": 1}),
    "stack": (nn.Sequential(*[nn.Sequential(nn.Linear(24, 24), nn.ReLU(), nn.LayerNorm(24)) for _ in range(3)]), {"input": rand(4, 24)}, {}),
}


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
@pytest.mark.parametrize("name", MODULES)
def test_imported_graph_equals_the_module(name, dtype):
    module, inputs, counts = MODULES[name]
    source = bring_in(Model(name, module.eval(), inputs), dtype)
    found = Counter(op.name.removeprefix("graph.") for op in source.program.flat.ops)
    assert {n: found[n] for n in counts} == counts
    with torch.no_grad():
        wanted = torch.utils._pytree.tree_leaves(module(**inputs))
    checker = Checker(source)
    tolerance = 2e-5 if dtype == "f32" else 0.06
    for result, value in zip(source.program.flat.results, wanted):
        got = checker._value(result.value, result.value.op).v
        torch.testing.assert_close(got, value.double(), atol=tolerance, rtol=tolerance)


def test_repeated_modules_become_one_function():
    source = bring_in(Model("stack", *MODULES["stack"][:2]), "f32")
    assert [f.name for f in source.program.functions] == ["layer_0", "main"]
    assert list(source.program.instances) == ["0", "1", "2"]
    names = source.program.instances["2"]
    assert source.resolve("relu", "2") == names["relu"] == "relu_2"


def test_numbers_that_the_type_cannot_hold_are_not_rounded():
    class Scaled(nn.Module):
        def forward(self, x):
            return x * 0.044715, x * 0.5

    source = bring_in(Model("scaled", Scaled(), {"x": rand(4, 4)}), "bf16")
    types = [(op.name, op.results[0].type) for op in source.program.flat.ops]
    assert types == [("graph.cast", "tensor<4x4xf32>"), ("graph.mul", "tensor<4x4xf32>"), ("graph.cast", "tensor<4x4xbf16>"),
                     ("graph.mul", "tensor<4x4xbf16>")]
