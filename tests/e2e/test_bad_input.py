"""Bad input gets one line that says where, what and what is allowed, exit 2, and leaves no file."""
from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_unknown_names(refusal) -> None:
    unknown = refusal("run", "minilm", "--chip", "atum")
    assert all(chip in unknown for chip in ("atom", "atom_max", "rebel100", "rngd", "tpuv3", "unit"))
    assert "mini" in refusal("run", "mini", "--chip", "atom")
    assert "--colour" in refusal("run", "minilm", "--chip", "atom", "--colour", "red")
    assert "the nearest are l1.size_bytes, " in refusal("run", "minilm", "--chip", "atom", "--set", "l1.size=4")
    assert "vector.lanes" in refusal("run", "minilm", "--chip", "atom", "--set", "vector.lanes=0")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "foreign"])
def test_damaged_programs(garam, refusal, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "program.garam"
    garam("compile", "minilm", "--chip", "unit", "--seq", 7, "--layers", 1, "-o", path)
    data = bytearray(path.read_bytes())
    if damage == "truncated":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        data[4] ^= 0x20
    else:
        data = bytearray(b"PK\x03\x04 something else")
    path.write_bytes(data)
    assert "program.garam" in refusal("run", path, "--chip", "unit")


def test_a_mapping_that_does_not_fit(garam, refusal, tmp_path: Path) -> None:
    mapping, out = tmp_path / "mapping.json", tmp_path / "out.garam"
    garam("compile", "minilm", "--seq", 128, "--chip", "atom", "--emit", "mapping", "--emit-to", mapping)
    content = json.loads(mapping.read_text())
    for group in content["groups"]:
        tile = group["tile"]
        if "m" in tile:
            tile["m"], tile["n"] = 128, 1 << 20
    mapping.write_text(json.dumps(content))
    line = refusal("compile", "minilm", "--seq", 128, "--chip", "atom", "--mapping", mapping, "-o", out)
    assert "bytes" in line and not out.exists()


def test_weights(refusal, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 64,
                                                      "num_attention_heads": 2, "intermediate_size": 96, "num_hidden_layers": 1,
                                                      "vocab_size": 50}))
    assert "weights" in refusal("run", tmp_path, "--chip", "unit", "--seq", 7)
    save_file({"embeddings.word_embeddings.weight": torch.zeros(50, 63)}, tmp_path / "model.safetensors")
    refusal("run", tmp_path, "--chip", "unit", "--seq", 7)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 40)
    refusal("run", tmp_path, "--chip", "unit", "--seq", 7)


def test_an_op_that_cannot_be_lowered(refusal, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import torch\n"
                                       "class Sort(torch.nn.Module):\n"
                                       "    def forward(self, x): return torch.sort(x).values\n"
                                       "def build(): return Sort(), (torch.randn(4, 8),)\n")
    line = refusal("run", f"{tmp_path / 'model.py'}:build", "--chip", "unit")
    assert "sort" in line and "; " in line


def test_wrong_shape_at_run(garam, refusal, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    path, inputs = tmp_path / "program.garam", tmp_path / "inputs.safetensors"
    garam("compile", "minilm", "--chip", "unit", "--seq", 7, "--layers", 1, "-o", path)
    save_file({"input_ids": torch.zeros(1, 9, dtype=torch.int64), "attention_mask": torch.ones(1, 9, dtype=torch.int64)}, inputs)
    line = refusal("run", path, "--chip", "unit", "--inputs", inputs)
    assert "input_ids" in line


def test_a_model_larger_than_the_memory(refusal) -> None:
    refusal("run", "minilm", "--chip", "unit", "--seq", 7, "--set", "memory.bytes_per_die=1048576")
