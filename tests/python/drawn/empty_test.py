"""Tensors without elements: a batch of none, a product over nothing, empty pieces, an input and an output that are empty."""
from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from garam.chip import Chip
from garam.compiler import compile_source
from garam.frontdoor.model import Model
from garam.frontdoor.source import bring_in


class Products(nn.Module):
    def forward(self, a: Tensor, b: Tensor):
        return a @ b, (a @ b) + 1, a.sum(0), torch.cat((a, a[:, :0]), 1), a[:, :0], a


class Pieces(nn.Module):
    def forward(self, x: Tensor):
        return torch.cat((x * 2, x[..., 64:]), -1), torch.cat((x[:0], x + 1, x[:0])), x[..., :0].sum(-1), x[..., :0].mean(-1)


def layers() -> nn.Module:
    layer = nn.TransformerEncoderLayer(24, 4, 40, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


CASES = {
    "no batch": (Products(), {"a": torch.randn(0, 3, 4), "b": torch.randn(1, 4, 5)}),
    "no depth": (Products(), {"a": torch.randn(2, 3, 0), "b": torch.randn(1, 0, 5)}),
    "no rows": (Products(), {"a": torch.randn(2, 0, 4), "b": torch.randn(2, 4, 5)}),
    "no columns": (Products(), {"a": torch.randn(2, 3, 4).round(), "b": torch.randn(2, 4, 0)}),
    "layers": (layers(), {"src": torch.randn(0, 7, 24)}),
    "pieces": (Pieces(), {"x": torch.randn(2, 5, 64)}),
    "all empty": (Pieces(), {"x": torch.randn(2, 0, 64)}),
}


@pytest.mark.parametrize("chip", ["atom", "rebel100"])
@pytest.mark.parametrize("case", CASES)
def test_equals_pytorch(case: str, chip: str) -> None:
    module, given = CASES[case]
    module.eval()
    wanted = module(**given)
    source = bring_in(Model("empty", module, given), "f32")
    program = compile_source(source, Chip(chip))
    outputs = program.run(mode="values", **{name: given[name] for name in program.input_names}).outputs
    for name, want in zip(source.outputs, wanted if isinstance(wanted, tuple) else (wanted,), strict=True):
        assert outputs[name].shape == want.shape and outputs[name].dtype == want.dtype
        torch.testing.assert_close(outputs[name], want, rtol=1e-6, atol=1e-6, equal_nan=True)
