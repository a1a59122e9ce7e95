"""The commands on small real programs: what a run gives, and that every road leads to the same program."""
from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from garam.cli import main

MODEL = '''
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.norm, self.second = nn.Linear(24, 40), nn.LayerNorm(40), nn.Linear(40, 24)

    def forward(self, x):
        return {"y": x + self.second(nn.functional.gelu(self.norm(self.first(x))))}

def block():
    return Block(), (torch.randn(10, 24, generator=torch.Generator().manual_seed(1)),)
'''


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    file = tmp_path_factory.mktemp("model") / "block.py"
    file.write_text(MODEL)
    return f"{file}:block"


@pytest.fixture(scope="module")
def program(model, tmp_path_factory):
    file = tmp_path_factory.mktemp("program") / "block.garam"
    assert main(["compile", model, "--chip", "atom", "-o", str(file)]) == 0
    return file


def result_of(capsys, *arguments: str) -> dict:
    assert main([*arguments, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("chip", ["unit", "atom", "rebel100"])
def test_engines_add_up_and_runs_repeat(capsys, model, chip):
    runs = [result_of(capsys, "run", model, "--chip", chip) for _ in range(2)]
    assert runs[0]["output_sha256"] == runs[1]["output_sha256"] is not None
    assert runs[0]["cycles"] == runs[1]["cycles"] > 0
    for entry in runs[0]["engines"]:
        assert entry["busy_cycles"] + sum(entry["stalls"].values()) + entry["idle_cycles"] == runs[0]["cycles"]
    assert runs[0]["hbm"]["read_bytes"] > 0
    ops = runs[0]["details"]["ops"]
    assert {"linear_1"} <= {op["node"].split(".")[0] for op in ops}


def test_cycles_without_values_are_the_same_cycles(capsys, model):
    both = result_of(capsys, "run", model, "--chip", "atom")
    cycles = result_of(capsys, "run", model, "--chip", "atom", "--mode", "cycles")
    assert cycles["cycles"] == both["cycles"]
    assert cycles["output_sha256"] is None


def test_runs_name_the_source_of_gathered_indices(capsys, model):
    small = ("minilm", "--layers", "1", "--batch", "1", "--seq", "5")
    sources = [result_of(capsys, "run", *what, "--chip", "unit", "--mode", mode)["details"]["gather_indices"]
               for what, mode in ((small, "cycles"), (small, "both"), ((model,), "both"))]
    assert sources == ["drawn", "memory", None]


def test_values_alone_are_the_same_values(capsys, model):
    both = result_of(capsys, "run", model, "--chip", "atom")
    values = result_of(capsys, "run", model, "--chip", "atom", "--mode", "values")
    assert values["output_sha256"] == both["output_sha256"]


@pytest.mark.parametrize("level", ["graph", "tile", "task", "isa"])
def test_compiling_on_from_a_printed_level_gives_the_same_program(model, program, tmp_path, level):
    text, again = tmp_path / "level.mlir", tmp_path / "again.garam"
    assert main(["compile", model, "--chip", "atom", "--emit", level, "--emit-to", str(text)]) == 0
    assert main(["compile", str(text), "--chip", "atom", "-o", str(again)]) == 0
    assert again.read_bytes() == program.read_bytes()


def test_a_dumped_mapping_gives_the_same_program(model, program, tmp_path):
    mapping, again = tmp_path / "mapping.json", tmp_path / "again.garam"
    assert main(["compile", model, "--chip", "atom", "--emit", "mapping", "--emit-to", str(mapping)]) == 0
    assert main(["compile", model, "--chip", "atom", "--mapping", str(mapping), "-o", str(again)]) == 0
    assert again.read_bytes() == program.read_bytes()


def test_a_program_runs_as_its_model_does(capsys, model, program):
    x = torch.randn(10, 24, generator=torch.Generator().manual_seed(1))
    file = program.parent / "inputs.safetensors"
    save_file({"x": x}, file)
    direct = result_of(capsys, "run", model, "--chip", "atom")
    loaded = result_of(capsys, "run", str(program), "--chip", "atom", "--inputs", str(file))
    for key in ("cycles", "output_sha256", "model", "dtype", "batch"):
        assert loaded[key] == direct[key]
    assert loaded["roofline"]["flops"] == direct["roofline"]["flops"] == 2 * 10 * 24 * 40 * 2


def test_files_of_a_run(capsys, model, tmp_path):
    outputs, trace, report, run = (str(tmp_path / name) for name in ("o.safetensors", "t.pftrace", "r.html", "r.json"))
    assert main(["run", model, "--chip", "atom", "--outputs", outputs, "--trace", trace, "--report", report, "--json", run]) == 0
    assert list(load_file(outputs)) == ["y"]
    again = str(tmp_path / "again.html")
    assert main(["report", run, "-o", again]) == 0
    assert (tmp_path / "again.html").read_text() == (tmp_path / "r.html").read_text()


def test_trace_of_a_program(program, tmp_path):
    assert main(["trace", str(program), "--chip", "atom", "-o", str(tmp_path / "t.pftrace")]) == 0
    assert (tmp_path / "t.pftrace").stat().st_size > 1000


def test_validate(capsys, model):
    found = result_of(capsys, "validate", model, "--chip", "atom")
    assert found["ok"] is True and found["first_bad"] is None
    for tensor in found["tensors"]:
        assert {"name", "max_abs_error", "bound", "cosine", "ok"} <= set(tensor)
    assert {"device", "name", "torch", "dtype", "seconds"} <= set(found["reference"])


def test_explain(capsys, program):
    found = result_of(capsys, "explain", str(program), "--chip", "atom")
    nodes = [op["node"] for op in found["ops"]]
    one = result_of(capsys, "explain", str(program), nodes[0], "--chip", "atom")
    assert {op["node"] for op in one["ops"]} == {nodes[0]}


def test_the_chip_must_be_the_one_compiled_for(capsys, program):
    assert main(["run", str(program), "--chip", "unit"]) == 2
    assert "compiled for atom" in capsys.readouterr().err


def test_wrong_inputs(capsys, program, tmp_path):
    file = tmp_path / "x.safetensors"
    for tensors, said in (({"x": torch.zeros(9, 24)}, "shape"), ({"z": torch.zeros(10, 24)}, "no input"),
                          ({"x": torch.zeros(10, 24, dtype=torch.int64)}, "type")):
        save_file(tensors, file)
        assert main(["run", str(program), "--chip", "atom", "--inputs", str(file)]) == 2
        assert said in capsys.readouterr().err


def test_damaged_programs_are_refused_or_run(capsys, program, tmp_path):
    whole, file = program.read_bytes(), tmp_path / "p.garam"
    for length in (0, 3, 64, len(whole) // 2):
        file.write_bytes(whole[:length])
        assert main(["run", str(file), "--chip", "atom", "--mode", "cycles"]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("override", ["l1.size_bytes=1024", "l1.size_bytes=65536"])
def test_a_chip_too_small_says_so_or_compiles(capsys, model, override):
    status = main(["run", model, "--chip", "atom", "--set", override, "--mode", "cycles"])
    captured = capsys.readouterr()
    assert status == 0 or (status == 2 and captured.err.count("\n") == 1)
