"""What nobody should hand over: each ends in a result or in one line, never in a traceback, a signal or half a file.

Every run draws others and prints its seed; GARAM_SEED repeats one, GARAM_LONG=1 draws many.
"""
from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest
import torch
from frontdoor.folders import ENCODERS, write
from fuzz import command_lines, configurations, modules, weight_files
from fuzz.forked import command
from safetensors.torch import save_file
from transformers import AutoModel

import garam.frontdoor  # noqa: F401  (once for all forks)
from garam import InputError
from garam.frontdoor import bring_in, load
from garam.frontdoor.model import Model

LONG = os.environ.get("GARAM_LONG") == "1"


@pytest.fixture
def draw() -> random.Random:
    return random.Random(int(os.environ["GARAM_SEED"]))


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and one thread: a fork of several has none of the others."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_command_lines(draw, tmp_path):
    found = []
    for _ in range(2000 if LONG else 20):
        line = command_lines.drawn(draw)
        ended = command(line, tmp_path)
        found += [(line, fault, ended.err[-300:]) for fault in ended.faults()]
    assert not found


def test_configurations(draw, tmp_path):
    (tmp_path / "m").mkdir()
    found = []
    for _ in range(500 if LONG else 5):
        text, what = configurations.mutated(draw.choice(configurations.TYPES), draw)
        (tmp_path / "m" / "config.json").write_text(text)
        line = ["compile", str(tmp_path / "m"), "--chip", "unit", "--random-weights", "0", "--seq", "4", "--emit", "graph", "--emit-to", "o.mlir"]
        ended = command(line + draw.choice(([], [], ["--phase", "prefill"], ["--phase", "decode"], ["--layers", "1"])), tmp_path)
        found += [(what, fault, ended.err[-300:]) for fault in ended.faults()]
    assert not found


@pytest.mark.parametrize("model_type", configurations.TYPES if LONG else configurations.TYPES[::6])
def test_plain_configurations(tmp_path, model_type):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(configurations.plain(model_type))
    ended = command(["compile", str(tmp_path / "m"), "--chip", "unit", "--random-weights", "0", "--emit", "graph", "--emit-to", "o.mlir"], tmp_path)
    assert not ended.faults(), ended


def test_weight_files(draw, tmp_path):
    whole = write(ENCODERS["bert"], tmp_path / "whole")
    tensors = {name: tensor.contiguous() for name, tensor in AutoModel.from_config(ENCODERS["bert"]).state_dict().items()}
    table = {name: weight_files.SHARDS[i % 2] for i, name in enumerate(sorted(tensors))}
    for shard in weight_files.SHARDS:
        save_file({name: tensors[name] for name in table if table[name] == shard}, whole / shard)
    (whole / weight_files.INDEX).write_text(json.dumps({"metadata": {}, "weight_map": table}))
    for _ in range(1500 if LONG else 30):
        folder = tmp_path / "spoilt"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        done = weight_files.spoil(folder, draw)
        one_line(lambda: load(str(folder), seq=4, layers=1), done)
        assert not list((tmp_path / "cache").rglob("*.part")) and not list((tmp_path / "cache").rglob("tmp*")), done


def test_modules(draw):
    for _ in range(1500 if LONG else 25):
        module, args, kwargs, done = modules.drawn(draw)
        one_line(lambda: garam.compiler._source(module, args, kwargs, draw.choice((None, None, "f32", "bf16", "f16")), None), done)


def one_line(call, done: str) -> None:
    """It works, or says in one line why not."""
    try:
        call()
    except InputError as error:
        text = str(error)
        assert "\n" not in text and ": " in text and text.isprintable(), (done, text)
    except Exception as error:
        raise AssertionError(f"{done}: {type(error).__name__}: {error}") from error
