"""Tensors keep their bytes on the way to the machine and back."""
from __future__ import annotations

import pytest
import torch

import garam
from garam import InputError, ops, tensors


@pytest.mark.parametrize("dtype", ["bf16", "f16", "f32", "i64", "i1", "i8"])
def test_bytes_and_back(dtype):
    segment = {"name": "x", "dtype": dtype, "shape": [3, 5]}
    value = tensors.drawn(segment, torch.Generator().manual_seed(0))
    again = tensors.from_bytes(bytearray(tensors.to_bytes(value, segment).tobytes()), dtype, [3, 5])
    assert torch.equal(value, again)


@pytest.mark.parametrize("value, said", [
    (torch.zeros(2, 3), "shape"), (torch.zeros(3, 5, dtype=torch.float32), "type"),
    (torch.full((3, 5), 300), "outside")])
def test_wrong_inputs(value, said):
    with pytest.raises(InputError, match=said):
        tensors.to_bytes(value, {"name": "x", "dtype": "i8", "shape": [3, 5]})


def test_a_tensor_without_data_is_enough_for_cycles_only():
    class Double(torch.nn.Module):
        def forward(self, x):
            return x + x

    with torch.device("meta"):
        exported = torch.export.export(Double(), (torch.empty(9, 33, dtype=torch.bfloat16),))
    program = garam.compile(exported, chip="unit", dtype="bf16")
    assert program.run(mode="cycles").cycles == program.run(torch.ones(9, 33, dtype=torch.bfloat16), mode="cycles").cycles
    with pytest.raises(InputError, match="has no data; .*mode cycles"):
        program.run()
    with pytest.raises(InputError, match="shape"):
        program.run(torch.empty(9, 34, device="meta"), mode="cycles")


def test_every_operation_matches_its_text():
    from garam.cli.op import SHAPES

    assert SHAPES == {name: shape for name, (shape, _) in ops.OPERATIONS.items()}
