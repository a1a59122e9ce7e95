"""Every level can be printed, taken back by garam-opt and compiled on to the same program; so can the mapping."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

#: `.venv/bin/python` is beside `build/`; a build elsewhere puts its tools beside the package.
TOOLS = Path(__import__("garam").__path__[0]).parent.parent / "bin"
SHAPES = {"minilm": ["minilm", "--seq", 19, "--batch", 2], "llama-tiny": ["llama-tiny", "--phase", "decode", "--kv-len", 5]}


def tool(name: str, *arguments: object) -> str:
    return subprocess.run([TOOLS / name, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("chip", ["atom", "rebel100"])  # rebel100: a part of the batch on each die
@pytest.mark.parametrize("model", SHAPES)
@pytest.mark.parametrize("level", ["graph", "tile", "task", "isa"])
def test_compiles_on_from_every_level(garam, tmp_path: Path, model: str, chip: str, level: str) -> None:
    whole, printed, again = tmp_path / "whole.garam", tmp_path / "level.mlir", tmp_path / "again.garam"
    garam("compile", *SHAPES[model], "--chip", chip, "-o", whole)
    garam("compile", *SHAPES[model], "--chip", chip, "--emit", level, "--emit-to", printed)
    reprinted = tmp_path / "reprinted.mlir"
    reprinted.write_text(tool("garam-opt", "--mlir-print-debuginfo", printed))
    garam("compile", reprinted, "--chip", chip, "-o", again)
    assert again.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("chip", ["atom", "rebel100"])  # rebel100: a part of the batch on each die
@pytest.mark.parametrize("model", SHAPES)
def test_a_dumped_mapping_reloads_to_the_same_program(garam, tmp_path: Path, model: str, chip: str) -> None:
    whole, mapping, again = tmp_path / "whole.garam", tmp_path / "mapping.json", tmp_path / "again.garam"
    garam("compile", *SHAPES[model], "--chip", chip, "-o", whole)
    garam("compile", *SHAPES[model], "--chip", chip, "--emit", "mapping", "--emit-to", mapping)
    garam("compile", *SHAPES[model], "--chip", chip, "--mapping", mapping, "-o", again)
    assert again.read_bytes() == whole.read_bytes()


def test_an_edited_mapping_gives_another_program_with_good_values(garam, tmp_path: Path) -> None:
    whole, mapping, edited = tmp_path / "whole.garam", tmp_path / "mapping.json", tmp_path / "edited.garam"
    shape = ["minilm", "--seq", 40, "--batch", 2]
    garam("compile", *shape, "--chip", "atom", "-o", whole)
    garam("compile", *shape, "--chip", "atom", "--emit", "mapping", "--emit-to", mapping)
    content = json.loads(mapping.read_text())
    for group in content["groups"]:
        tile = group["tile"]
        if "m" in tile:
            tile["m"] = max(1, tile["m"] // 2)
    mapping.write_text(json.dumps(content))
    garam("compile", *shape, "--chip", "atom", "--mapping", mapping, "-o", edited)
    assert edited.read_bytes() != whole.read_bytes()
    assert garam("validate", *shape, "--chip", "atom", "--mapping", mapping)["ok"]


@pytest.mark.parametrize("model", SHAPES)
def test_disassembly_goes_back_to_the_same_bytes(garam, tmp_path: Path, model: str) -> None:
    whole, text, again = tmp_path / "whole.garam", tmp_path / "text.mlir", tmp_path / "again.garam"
    garam("compile", *SHAPES[model], "--chip", "atom", "-o", whole)
    text.write_text(tool("garam-objdump", whole))
    tool("garam-translate", "--isa-to-program", text, "-o", again)
    assert again.read_bytes() == whole.read_bytes()
