"""One decoder: prefill, then one compiled decode program for every length of the cache."""
from __future__ import annotations

from pathlib import Path

import pytest

CHIPS = ("unit", "atom", "rebel100")


@pytest.mark.parametrize("chip", CHIPS)
def test_prefill(garam, chip: str) -> None:
    assert garam("validate", "llama-tiny", "--phase", "prefill", "--seq", 23, "--chip", chip)["ok"]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("length", [1, 5, 37, 64, 129])
def test_decode(garam, chip: str, length: int) -> None:
    assert garam("validate", "llama-tiny", "--phase", "decode", "--kv-len", length, "--chip", chip)["ok"]


def test_one_program_for_every_length(garam, tmp_path: Path) -> None:
    programs = []
    for length in (1, 129):
        path = tmp_path / f"{length}.garam"
        garam("compile", "llama-tiny", "--phase", "decode", "--kv-len", length, "--chip", "atom", "-o", path)
        programs.append(path.read_bytes())
    assert programs[0] == programs[1]
