"""The cache of weights: one file for each model, and no more than a given size of them."""
from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import garam
from garam.cli import main
from garam.errors import InputError
from garam.frontdoor.weight_cache import cached, hold

CONFIG = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 96,
          "num_hidden_layers": 1, "vocab_size": 50}


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "garam" / "weights"


def test_a_model_has_one_file_wherever_its_folder_is(folder: Path, tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(CONFIG))
        assert main(["compile", str(tmp_path / name), "--random-weights", "0", "--seq", "7", "--chip", "unit", "-o",
                     str(tmp_path / f"{name}.garam")]) == 0
    assert len(list(folder.glob("*.safetensors"))) == 1


def test_the_least_recently_used_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARAM_CACHE_GB", "3.5e-6")
    written = []

    def file(name: str) -> Path:
        return cached({"name": name}, lambda path: (written.append(name), path.write_bytes(bytes(1000)))[0])

    for age, name in enumerate("abc"):
        os.utime(file(name), (age, age))
    assert file("a").stat().st_mtime > 2  # used again
    newest = file("d")
    assert written == list("abcd")
    assert {path.name for path in folder.iterdir()} == {file.name for file in (cached({"name": n}, Path.touch) for n in "acd")}
    assert newest.exists()


def test_a_size_of_none_keeps_what_is_in_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARAM_CACHE_GB", "0")
    lately, held, free = (cached({"name": name}, lambda path: path.write_bytes(bytes(10))) for name in "abc")
    lock = hold(held)
    for file in (held, free):
        os.utime(file, (0, 0))
    newest = cached({"name": "d"}, lambda path: path.write_bytes(bytes(10)))
    assert set(folder.iterdir()) == {lately, held, newest}
    lock.close()
    cached({"name": "e"}, lambda path: path.write_bytes(bytes(10)))
    assert not held.exists() and lately.exists()


def test_a_program_keeps_its_weights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARAM_CACHE_GB", "0")
    first = garam.compile(nn.Linear(3, 2), (torch.ones(1, 3),), chip="unit")
    os.utime(first.source.weight_files[0], (0, 0))
    garam.compile(nn.Linear(3, 4), (torch.ones(1, 3),), chip="unit")
    assert first.run(mode="values").output.shape == (1, 2)


def test_another_process_keeps_its_weights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARAM_CACHE_GB", "0")
    file = cached({"name": "a"}, lambda path: path.write_bytes(bytes(10)))
    os.utime(file, (0, 0))
    holds = "import fcntl, sys; f = open(sys.argv[1], 'rb'); fcntl.flock(f, fcntl.LOCK_SH); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", holds, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        cached({"name": "b"}, Path.touch)
        assert file.exists()
    cached({"name": "c"}, Path.touch)
    assert not file.exists()


@pytest.mark.parametrize("size", ["much", "-1", "nan"])
def test_a_size_that_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("GARAM_CACHE_GB", size)
    with pytest.raises(InputError, match="GARAM_CACHE_GB: `.*` is no size; gigabytes, 16 without it"):
        cached({"name": "a"}, Path.touch)


def test_a_cache_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.raises(InputError, match=r"weights: the cache of weights cannot be written \(.*; XDG_CACHE_HOME"):
        cached({"name": "a"}, Path.touch)


def test_what_a_stopped_process_left_goes(folder: Path) -> None:
    """Not what another one is writing, nor what was made just now."""
    cached({"name": "a"}, Path.touch)
    left, used, new = (folder / f"tmp{name}" for name in ("left", "used", "new"))
    for place in (left, used, new):
        place.mkdir()
        (place / "part.safetensors").write_bytes(bytes(10))
    for place in (left, used):
        os.utime(place, (0, 0))
    descriptor = os.open(used, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    cached({"name": "b"}, Path.touch)
    os.close(descriptor)
    assert {place.name for place in folder.glob("tmp*")} == {"tmpused", "tmpnew"}


def test_a_write_that_fails_leaves_nothing(folder: Path) -> None:
    def full(path: Path) -> None:
        path.write_bytes(bytes(10))
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        cached({"name": "a"}, full)
    assert not list(folder.iterdir())
