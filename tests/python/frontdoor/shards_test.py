"""Checkpoints of several files, as Transformers writes them: read in place, and equal to one of a single file in bits and cycles."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from frontdoor.folders import DECODERS, ENCODERS, OTHERS
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM

import garam
from garam.cli import main
from garam.compiler import LEVELS, compile_source
from garam.frontdoor import Source, load
from garam.frontdoor.checkpoint import INDEX, SINGLE

CONFIGS = {name: ENCODERS.get(name) or DECODERS.get(name) or OTHERS[name] for name in ("bert", "odd", "llama", "llama-tied", "qwen3", "modernbert")}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NAME/whole and NAME/shards, each with the same values."""
    root = tmp_path_factory.mktemp("folders")
    for name, config in CONFIGS.items():
        torch.manual_seed(5)
        model = (AutoModelForCausalLM if name in DECODERS else AutoModel).from_config(config)
        model.save_pretrained(root / name / "whole")
        model.save_pretrained(root / name / "shards", max_shard_size="40KB")
        assert (root / name / "whole" / SINGLE).is_file() and (root / name / "shards" / INDEX).is_file()
    return root


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def run(source: Source) -> tuple[dict[str, torch.Tensor], int]:
    result = compile_source(source, garam.Chip("atom")).run(**source.inputs)
    return result.outputs, result.cycles


@pytest.mark.parametrize("name", CONFIGS)
def test_shards_are_read_in_place(folders: Path, cache: Path, name: str) -> None:
    whole, shards = (load(str(folders / name / kind), seq=5) for kind in ("whole", "shards"))
    assert whole.weight_files == (folders / name / "whole" / SINGLE,)
    assert len(shards.weight_files) > 2 and {file.parent for file in shards.weight_files} == {folders / name / "shards"}
    (wanted, cycles), (found, taken) = run(whole), run(shards)
    assert cycles == taken > 0 and wanted.keys() == found.keys()
    assert all(torch.equal(found[key], tensor) and tensor.abs().sum() > 0 for key, tensor in wanted.items())
    assert not list(cache.rglob("*.safetensors"))


def test_the_text_names_files_by_number(folders: Path, cache: Path) -> None:
    whole, shards = (load(str(folders / "bert" / kind), seq=5) for kind in ("whole", "shards"))
    table = json.loads((folders / "bert" / "shards" / INDEX).read_text())["weight_map"]
    for argument in shards.program.functions[-1].arguments:
        if argument.kind == "weight":
            assert argument.file.name == table[argument.name]
    assert "graph.file" not in whole.mlir and str(folders) not in shards.mlir
    assert {f"graph.file = {n} : i64" in shards.mlir for n in range(1, len(shards.weight_files))} == {True}
    assert f"graph.file = {len(shards.weight_files)} " not in shards.mlir and "graph.file = 0 " not in shards.mlir


def test_files_that_no_weight_is_in_are_not_needed(folders: Path, cache: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(folders / "bert" / "shards", tmp_path / "bert")
    source, all_layers = load(str(folder), seq=5, layers=1), load(str(folder), seq=5)
    assert set(source.weight_files) < set(all_layers.weight_files)
    program = compile_source(source, garam.Chip("unit"))
    wanted = program.run(**source.inputs).outputs
    for file in set(all_layers.weight_files) - set(source.weight_files):
        file.unlink()
    found = program.run(**source.inputs).outputs
    assert all(torch.equal(found[key], tensor) for key, tensor in wanted.items())


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "mapping"])
@pytest.mark.parametrize("chip", [("unit",), ("rebel100", "--dies", "2")], ids=" ".join)
def test_every_level_says_where_its_weights_are(folders: Path, tmp_path: Path, chip: tuple[str, ...], level: str) -> None:
    """The text of a level, compiled on, is the program of the model."""
    text = str(tmp_path / f"{level}.mlir")
    model = [str(folders / "bert" / "shards"), "--seq", "5", "--batch", "2"]
    assert main(["compile", *model, "--chip", *chip, "-o", str(tmp_path / "model.garam")]) == 0
    assert main(["compile", *model, "--chip", *chip, "--emit", level, "--emit-to", text]) == 0
    assert main(["compile", text, "--chip", *chip, "-o", str(tmp_path / "text.garam")]) == 0
    assert (tmp_path / "text.garam").read_bytes() == (tmp_path / "model.garam").read_bytes()


@pytest.fixture(scope="module")
def compiled(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `shards` beside the program that reads it and the program's inputs."""
    root = tmp_path_factory.mktemp("compiled")
    shutil.copytree(folders / "bert" / "shards", root / "shards")
    assert main(["compile", str(root / "shards"), "--seq", "5", "--chip", "unit", "-o", str(root / "p.garam")]) == 0
    save_file(load(str(root / "shards"), seq=5).inputs, root / "in.safetensors")
    return root


def truncated(file: Path) -> str:
    file.write_bytes(file.read_bytes()[:-1])
    return "lies at bytes"


def gone(file: Path) -> str:
    file.unlink()
    return "the program's weights are not there any more"


def swapped(file: Path) -> str:
    other = next(each for each in sorted(file.parent.glob("*.safetensors")) if each != file)
    shutil.copy(other, file)
    return "no tensor `"


def changed(change) -> object:
    """Another first tensor of the file."""
    def rewrite(file: Path) -> None:
        tensors = load_file(file)
        first = min(tensors)
        save_file({name: tensor.clone() for name, tensor in (tensors | {first: change(tensors[first])}).items()}, file)
    return rewrite


SPOILS = {
    "truncated": truncated, "gone": gone, "swapped": swapped,
    "empty": lambda file: (file.write_bytes(b""), "too short for a safetensors file")[1],
    "folder": lambda file: (file.unlink(), file.mkdir(), "not a regular file")[2],
    "shape": lambda file: (changed(lambda tensor: tensor[1:])(file), "has the shape [")[1],
    "type": lambda file: (changed(lambda tensor: tensor.half())(file), "is of type F16")[1],
    "bytes": lambda file: (changed(lambda tensor: tensor + 1)(file), "has other bytes than when the program was compiled; SHA-256 ")[1],
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_program_whose_shard_is_another(compiled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: str) -> None:
    """Each shard in turn is spoilt: one line names it, status 2, no outputs; mode cycles asks for none."""
    command = ["run", str(compiled / "p.garam"), "--chip", "unit", "--inputs", str(compiled / "in.safetensors")]
    outputs = tmp_path / "out.safetensors"
    files = garam.Program.load(compiled / "p.garam").info["weight_files"]
    assert len(files) > 2
    for name in files:
        file, kept = Path(name), tmp_path / "kept"
        shutil.copy(file, kept)
        said = SPOILS[spoil](file)
        capsys.readouterr()
        assert main([*command, "--outputs", str(outputs)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and str(file) in error and said in error, error
        assert not outputs.exists()
        assert main([*command[:4], "--mode", "cycles"]) == 0
        if file.is_dir():
            file.rmdir()
        shutil.copy(kept, file)
    assert main([*command, "--outputs", str(outputs)]) == 0 and outputs.exists()


def test_a_program_finds_its_weights_from_another_folder(folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folders / "bert")
    assert main(["compile", "shards", "--seq", "5", "--chip", "unit", "-o", str(tmp_path / "p.garam")]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["run", "p.garam", "--chip", "unit", "--random-inputs", "0"]) == 0
