"""A program runs on the chip it was compiled for, with the options that mean something for it, into files of its own."""
from __future__ import annotations

import itertools
import json

import pytest
import torch
from safetensors.torch import save_file

import garam
from garam.cli import main

MODEL = '''
import torch
from torch import nn

class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.linear = nn.Embedding(19, 16), nn.Linear(16, 24)

    def forward(self, ids, x):
        return {"y": self.linear(self.table(ids)) + x, "ids": ids}

def rows():
    return Rows(), (torch.arange(8).reshape(2, 4), torch.randn(2, 4, 24, generator=torch.Generator().manual_seed(1)))
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    (folder / "rows.py").write_text(MODEL)
    assert main(["compile", f"{folder}/rows.py:rows", "--chip", "atom", "-o", f"{folder}/rows.garam"]) == 0
    assert main(["compile", f"{folder}/rows.py:rows", "--chip", "atom", "--emit", "graph", "--emit-to", f"{folder}/rows.mlir"]) == 0
    save_file({"ids": torch.arange(8).reshape(2, 4)}, folder / "ids.safetensors")
    save_file({"ids": torch.full((2, 4), 19), "x": torch.zeros(2, 4, 24)}, folder / "outside.safetensors")
    return folder


def refused(capsys, *arguments) -> str:
    capsys.readouterr()  # remarks of what came before
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("error: ") and captured.err.count("\n") == 1, captured.err
    return captured.err


#: A key of each table that shapes programs, with another value that the chip may have.
OTHER = ["topology.cores_per_die=4", "clock.core_mhz=900", "matrix.f32_cycles_per_row=5", "vector.latency_cycles=33", "l1.size_bytes=2097152",
         "sequencer.load_cycles=9", "dma.startup_cycles=77", "sync.local_cycles=3", "noc.hop_cycles=7", "shared.bank_bytes_per_cycle=16",
         "launch.latency_ns=77", "memory.read_queue=11"]


@pytest.mark.parametrize("command", ["run", "trace", "explain"])
@pytest.mark.parametrize("override", OTHER)
def test_another_chip_is_refused_by_the_key_that_differs(capsys, folder, override, command):
    key, _, value = override.partition("=")
    more = ["-o", str(folder / "t.pftrace")] if command == "trace" else []
    line = refused(capsys, command, folder / "rows.garam", "--chip", "atom", "--set", override, *more)
    assert f"rows.garam: was compiled for another atom: {key} was " in line and f" and is {value}; compile it for this chip" in line
    assert not (folder / "t.pftrace").exists()


def test_more_keys_are_counted_and_other_chips_named(capsys, folder):
    two = refused(capsys, "run", folder / "rows.garam", "--chip", "atom", "--set", OTHER[0], "--set", OTHER[4])
    assert "l1.size_bytes was " in two and ", and 1 more key; " in two
    assert "was compiled for atom, not unit; " in refused(capsys, "run", folder / "rows.garam", "--chip", "unit")


@pytest.mark.parametrize("override", ["energy.l1_pj_per_byte=3", "host.latency_ns=77"])
def test_what_shapes_no_program_may_differ(capsys, folder, override):
    runs = []
    for more in ([], ["--set", override]):
        assert main(["run", f"{folder}/rows.garam", "--chip", "atom", "--random-inputs", "0", "--json", "-", *more]) == 0
        runs.append(json.loads(capsys.readouterr().out))
    assert runs[0]["cycles"] == runs[1]["cycles"] and runs[0]["output_sha256"] == runs[1]["output_sha256"] is not None


def test_the_same_chip_by_its_path(folder):
    assert main(["run", f"{folder}/rows.garam", "--chip", garam.chip.Chip("atom").table["path"], "--random-inputs", "0"]) == 0


def test_from_python(folder):
    program = garam.Program.load(folder / "rows.garam")
    with pytest.raises(garam.InputError, match="topology.cores_per_die was 8 and is 4"):
        program.on(garam.chip.Chip("atom", ("topology.cores_per_die=4",)))
    assert program.on("atom").run(mode="cycles").cycles == program.run(mode="cycles").cycles
    with pytest.raises(garam.InputError, match="was compiled for atom, not unit"):
        program.on("unit")
    changed = garam.Program(program.data, garam.chip.Chip("atom", ("topology.cores_per_die=4",)))
    with pytest.raises(garam.InputError, match="topology.cores_per_die was 8 and is 4"):
        changed.run(mode="cycles")


@pytest.mark.parametrize("option", [
    ("--dtype", "f32"), ("--weights-dtype", "f32"), ("--batch", "2"), ("--seq", "4"), ("--phase", "encode"), ("--layers", "1"),
    ("--random-weights", "3"), ("--dies", "1"), ("--mapping", "m.json"), ("--pass-timing",), ("--print-ir-after-all",),
    ("--reproducer", "r.mlir"), ("--no-cse",)])
@pytest.mark.parametrize("command", ["run", "explain"])
def test_options_that_mean_nothing_for_a_program(capsys, folder, option, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, command, folder / "rows.garam", "--chip", "atom", *option)
    assert line.startswith(f"error: {option[0]}: cannot apply to ") and "a compiled program; " in line


@pytest.mark.parametrize("option", [("--dtype", "f32"), ("--weights-dtype", "f32"), ("--batch", "2"), ("--seq", "4"), ("--phase", "encode"),
                                    ("--layers", "1"), ("--random-weights", "3")])
@pytest.mark.parametrize("command", ["run", "explain", "compile"])
def test_options_that_mean_nothing_for_text(capsys, folder, option, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, command, folder / "rows.mlir", "--chip", "atom", *option)
    assert line.startswith(f"error: {option[0]}: cannot apply to ") and not list(tmp_path.iterdir())


@pytest.mark.parametrize("level", ["tile", "task", "isa"])
@pytest.mark.parametrize("other", [("unit",), ("atom", "--set", "topology.cores_per_die=4"), ("rebel100", "--dies", "2")])
def test_text_that_is_cut_for_a_chip_stays_with_it(capsys, folder, level, other, tmp_path):
    text = tmp_path / "level.mlir"
    assert main(["compile", f"{folder}/rows.py:rows", "--chip", "atom", "--emit", level, "--emit-to", str(text)]) == 0
    assert " was c" in refused(capsys, "compile", text, "--chip", *other, "-o", tmp_path / "p.garam")
    assert not (tmp_path / "p.garam").exists()


@pytest.mark.parametrize("one, two", list(itertools.combinations(["--json", "--outputs", "--trace", "--report"], 2)))
@pytest.mark.parametrize("same", ["plain", "dotted", "linked"])
def test_two_results_in_one_file(capsys, folder, one, two, same, tmp_path):
    file = tmp_path / "file"
    (tmp_path / "link").symlink_to(file)
    other = {"plain": file, "dotted": f"{tmp_path}/../{tmp_path.name}/file", "linked": tmp_path / "link"}[same]
    line = refused(capsys, "run", folder / "rows.garam", "--chip", "atom", one, file, two, other)
    assert one in line and two in line and not file.exists()


@pytest.mark.parametrize("options", [("-o", "f", "--json", "f"), ("-o", "f", "--emit", "tile", "--emit-to", "f"), ("--json", "rows.garam"),
                                     ("--emit", "tile", "--emit-to", "f", "--json", "f"), ("-o", "f", "--reproducer", "f")])
def test_two_results_of_a_compilation_in_one_file(capsys, folder, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert " is the file of " in refused(capsys, "compile", f"{folder}/rows.py:rows", "--chip", "atom", *options)
    assert not list(tmp_path.iterdir())


def test_one_device_may_take_all(folder):
    assert main(["run", f"{folder}/rows.py:rows", "--chip", "atom", "--mode", "cycles", "--trace", "/dev/null", "--report", "/dev/null"]) in (0, 2)


@pytest.mark.parametrize("model", ["rows.garam", "rows.mlir"])
def test_inputs_nobody_gave(capsys, folder, model):
    run = ("run", folder / model, "--chip", "atom")
    assert "error: ids, x: not given, and inputs of " in refused(capsys, *run)
    assert "error: x: not given, and inputs of " in refused(capsys, *run, "--inputs", folder / "ids.safetensors")
    assert "--random-inputs: a run in mode cycles has no values" in refused(capsys, *run, "--mode", "cycles", "--random-inputs", 0)
    assert "ids: 19 is outside its range; 0 to 18" in refused(capsys, *run, "--inputs", folder / "outside.safetensors")
    found = []
    for more in (["--mode", "cycles"], ["--random-inputs", "0"], ["--random-inputs", "0"], ["--random-inputs", "1"],
                 ["--inputs", f"{folder}/ids.safetensors", "--random-inputs", "0"]):
        assert main([*map(str, run), "--json", "-", *more]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert [run["details"]["generated_inputs"] for run in found] == [[], ["ids", "x"], ["ids", "x"], ["ids", "x"], ["x"]]
    digests = [run["output_sha256"] for run in found]
    assert digests[0] is None and digests[1] == digests[2] and len(set(digests[1:])) == 3


def test_a_model_with_some_of_its_inputs(capsys, folder):
    for command in ("run", "validate"):
        line = refused(capsys, command, f"{folder}/rows.py:rows", "--chip", "atom", "--inputs", folder / "ids.safetensors")
        assert "error: x: not given, and inputs of " in line
    assert main(["run", f"{folder}/rows.py:rows", "--chip", "atom", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["details"]["generated_inputs"] == []
