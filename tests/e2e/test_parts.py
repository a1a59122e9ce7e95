"""Chips of several dies: each die has a part of the batch, unless the parts need each other or it is slower."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

#: Parts of the batch that are chosen: as many as divide it and there are dies.
PARTS = [("atom_max", 4, 4), ("atom_max", 3, 3), ("atom_max", 1, 1), ("rebel100", 8, 4)]


@pytest.mark.parametrize(("chip", "batch", "parts"), PARTS)
def test_parts_are_chosen_and_faster(garam, chip: str, batch: int, parts: int) -> None:
    shape = ["run", "minilm", "--batch", batch, "--seq", 64, "--layers", 1, "--chip", chip, "--mode", "cycles"]
    split, whole = garam(*shape), garam(*shape, "--no-split-batch")
    assert split["cycles"] < whole["cycles"]
    busy = {engine["core"] for engine in split["engines"] if engine["busy_cycles"]}
    cores = len({engine["core"] for engine in split["engines"]})
    assert max(busy) < cores * parts // 4


def test_values_of_every_part_are_checked(garam) -> None:
    for chip, batch in (("atom_max", 4), ("rebel100", 2)):
        assert garam("validate", "minilm", "--batch", batch, "--seq", 20, "--layers", 1, "--chip", chip)["ok"]


def test_the_mapping_file_says_how_many(garam, refusal, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    shape = ["minilm", "--batch", 4, "--seq", 16, "--layers", 1, "--chip", "rebel100"]
    garam("compile", *shape, "--emit", "mapping", "--emit-to", mapping)
    assert json.loads(mapping.read_text())["parts"] == 4
    mapping.write_text(json.dumps({"parts": 2, "groups": []}))
    two = garam("run", *shape, "--mapping", mapping, "--mode", "cycles")
    assert max(engine["core"] for engine in two["engines"] if engine["busy_cycles"]) < 32


@pytest.mark.parametrize(("chip", "parts", "says"), [("rebel100", 3, "cannot run as 3 parts of its batch of 4; parts are equal"),
                                                     ("rebel100", 8, "at most one for each of 4 dies"),
                                                     ("atom", 2, "at most one for each of 1 dies"),
                                                     ("rebel100", 0, "'parts' is no number of dies; an integer above zero")])
def test_parts_that_cannot_be_name_the_file(refusal, tmp_path: Path, chip: str, parts: int, says: str) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"parts": parts, "groups": []}))
    line = refusal("compile", "minilm", "--batch", 4, "--seq", 16, "--layers", 1, "--chip", chip, "--mapping", mapping)
    assert line.startswith(f"error: {mapping}: ") and says in line
