"""A schedule that leaves out the last column of a tile: the run stops at the tensor that it reaches, and names the instruction."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import torch

import garam
from garam.cli import main

MODEL = '''
import torch

class Mix(torch.nn.Module):
    def forward(self, x, y):
        return torch.softmax(x + y, -1)

def mix():
    return Mix(), (torch.ones(5, 9), torch.ones(5, 9))
'''
INPUTS = (torch.ones(5, 9), torch.ones(5, 9))


#: Beside the package in the folder of the build.
SIMULATOR = Path(garam.__path__[0]).parent.parent / "bin" / "garam-sim"


@pytest.fixture(scope="module", params=["unit", "atom"])
def broken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unwritten")
    (folder / "mix.py").write_text(MODEL)
    text, program = folder / "mix.mlir", folder / "mix.garam"
    assert main(["compile", f"{folder}/mix.py:mix", "--chip", request.param, "--emit", "isa", "--emit-to", str(text)]) == 0
    changed, count = re.subn(r"(isa\.vec_map chain=\d+ rows=\w+) cols=9", r"\1 cols=8", text.read_text(), count=1)
    assert count == 1
    text.write_text(changed)
    assert main(["compile", str(text), "--chip", request.param, "-o", str(program)]) == 0
    return program


def test_the_tensor_and_the_instruction_are_named(broken: Path) -> None:
    said = r"tensor `softmax`: byte 0 of 90, .*segment `output_0`; .*first read by launch 0, kernel `main_0`, instruction \d+ `vec.map`, .*mix.py:6"
    with pytest.raises(garam.errors.MachineError, match=said):
        garam.Program.load(broken).run(*INPUTS, check_unwritten=True)


def test_without_the_check_it_runs(broken: Path) -> None:
    assert garam.Program.load(broken).run(*INPUTS, check_unwritten=False).output.shape == (5, 9)


@pytest.mark.parametrize("value, stops", [("1", True), ("0", False)])
def test_the_environment_decides_otherwise(broken: Path, monkeypatch: pytest.MonkeyPatch, value: str, stops: bool) -> None:
    monkeypatch.setenv("GARAM_CHECK_UNWRITTEN", value)
    arguments = ["run", str(broken), "--chip", garam.Program.load(broken).info["chip"]]
    drawn = ["--random-inputs", "0"]
    assert main([*arguments, *drawn]) == (2 if stops else 0)
    assert main([*arguments, *drawn, "--check-unwritten"]) == 2
    assert main([*arguments, "--mode", "cycles"]) == 0


def test_the_simulator_alone(broken: Path) -> None:
    command = [SIMULATOR, "run", broken, "--chip", garam.Program.load(broken).info["chip"], "--json", "-"]
    assert subprocess.run(command, capture_output=True).returncode == 0
    checked = subprocess.run([*command, "--check-unwritten"], capture_output=True, text=True)
    assert checked.returncode == 2
    assert "tensor `softmax`: byte 0 of 90" in checked.stderr


def test_cycles_alone_have_nothing_to_check(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(broken), "--chip", garam.Program.load(broken).info["chip"], "--mode", "cycles", "--check-unwritten"]) == 2
    assert "--check-unwritten: a run in mode cycles has no values" in capsys.readouterr().err
    with pytest.raises(garam.errors.InputError, match="check_unwritten"):
        garam.Program.load(broken).open("cycles", check_unwritten=True)
