"""The Python API on small real programs."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import garam


class Mix(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(32, 48)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.linear(x), -1)


X = torch.randn(20, 32, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def program():
    return garam.compile(torch.export.export(Mix(), (X,)), chip="atom")


def test_torch_and_numpy_in_tensors_out(program):
    expected = Mix()(X)
    by_position, by_name = program.run(X), program.run(x=X.numpy())
    assert torch.allclose(by_position.output, expected, atol=1e-5)
    assert torch.equal(by_position.output, by_name.output)
    assert by_position.cycles == by_name.cycles > 0


def test_a_module_and_its_type():
    program = garam.compile(Mix(), (X,), chip="unit", dtype="bf16")
    assert program.info["dtype"] == "bf16"
    assert torch.allclose(program.run(X).output.float(), Mix()(X), atol=2e-2)


def test_tables(program):
    result = program.run(X)
    assert len(result.engines) == 4 * 8
    parts = result.engines.drop(columns=["core", "engine", "instructions"]).sum(axis=1)
    assert (parts == result.cycles).all()
    assert result.ops["instructions"].sum() == np.count_nonzero(result.records["engine"] != 0)


def test_files(program, tmp_path):
    result = program.run(X)
    result.report(tmp_path / "r.html")
    result.trace(tmp_path / "t.pftrace")
    result.roofline().savefig(tmp_path / "r.png")
    program.save(tmp_path / "p.garam")
    assert garam.Program.load(tmp_path / "p.garam").run(X).cycles == result.cycles


def test_compare(program):
    other = garam.compile(Mix(), (X,), chip="rebel100", dies=1)
    table = garam.compare([program.run(X), other])
    assert list(table["chip"]) == ["atom", "rebel100"]


def test_overrides_change_cycles():
    slow, fast = (garam.compile(Mix(), (X,), chip="atom", set=[f"launch.latency_ns={ns}"]).run(X) for ns in (4000, 1000))
    assert slow.cycles > fast.cycles
    assert torch.equal(slow.output, fast.output)


def test_torch_compile():
    runs = []
    model = Mix()
    fast = torch.compile(model, backend="garam", options={"chip": "atom", "on_result": runs.append})
    with torch.no_grad():
        assert torch.allclose(fast(X), model(X), atol=1e-5)
        fast(X)
    assert len(runs) == 2 and runs[0].cycles == runs[1].cycles


def test_wrong_calls(program):
    with pytest.raises(garam.InputError, match="2 arguments for 1 inputs"):
        program.run(X, X)
    with pytest.raises(garam.InputError, match="shape"):
        program.run(X[:3])
    with pytest.raises(garam.InputError, match="unknown mode"):
        program.run(X, mode="fast")
    with pytest.raises(garam.InputError, match="no chip"):
        garam.compile(Mix(), (X,), chip="nochip")
    with pytest.raises(garam.InputError, match="cannot compile"):
        garam.compile(42)
