"""Which files hold the weights, and what is loaded from it: parameters and persistent buffers, checked by name and shape."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from frontdoor.folders import DECODERS, ENCODERS, write
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from transformers import AutoModel, BertForMaskedLM, GPT2Config, GPT2LMHeadModel, LlamaForCausalLM, T5Config, T5EncoderModel

from garam import InputError
from garam.frontdoor import load
from garam.frontdoor.checkpoint import INDEX, SINGLE
from garam.frontdoor.weight_files import WeightFiles
from garam.frontdoor.weights import load_buffers, persistent_buffers, tied_names


def tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Of the bert of `folders`."""
    torch.manual_seed(seed)
    model = AutoModel.from_config(ENCODERS["bert"])
    return {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write(ENCODERS["bert"], tmp_path / "bert")


def shards(folder: Path, found: dict[str, torch.Tensor], count: int = 3) -> dict[str, str]:
    """Writes shards and their index; gives the index's table."""
    names = sorted(found)
    table = {name: f"model-{i % count + 1:05}-of-{count:05}.safetensors" for i, name in enumerate(names)}
    for file in set(table.values()):
        save_file({name: found[name] for name in names if table[name] == file}, folder / file)
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": table}))
    return table


def loaded(folder: Path) -> dict[str, torch.Tensor]:
    return {name.removeprefix("model."): tensor for name, tensor in load(str(folder), seq=4, dtype="f32").module.state_dict().items()}


def same(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(found[name], tensor) for name, tensor in wanted.items())


def test_a_stray_file_changes_nothing(folder):
    right, wrong = tensors(), tensors(1)
    save_file(right, folder / SINGLE)
    for stray in ("a.safetensors", "zz.safetensors", "adapter_model.safetensors"):
        save_file(wrong, folder / stray)
    source = load(str(folder), seq=4, dtype="f32")
    assert source.weight_files == (folder / SINGLE,)
    assert same(loaded(folder), right)
    assert any("a.safetensors, adapter_model.safetensors, zz.safetensors left out" in remark for remark in source.remarks)


def test_the_index_decides(folder):
    right, wrong = tensors(), tensors(1)
    table = shards(folder, right)
    save_file(wrong, folder / "zz.safetensors")
    save_file(wrong, folder / SINGLE)
    first = sorted(set(table.values()))[0]
    extra = {name: right[name] for name in right if table[name] == first} | {n: wrong[n] for n in list(wrong)[-1:] if table[n] != first}
    save_file(extra, folder / first)  # a tensor that the index has elsewhere
    assert same(loaded(folder), right)


def test_one_file_of_any_name_and_one_shard(folder):
    save_file(tensors(), folder / "weights.safetensors")
    assert load(str(folder), seq=4).weight_files == (folder / "weights.safetensors",)
    (folder / "weights.safetensors").unlink()
    shards(folder, tensors(), 1)
    assert load(str(folder), seq=4).weight_files == (folder / "model-00001-of-00001.safetensors",)


def test_a_changed_shard_is_read_again(folder):
    shards(folder, tensors())
    assert same(loaded(folder), tensors())
    shards(folder, tensors(1))
    assert same(loaded(folder), tensors(1))


def refused(folder: Path, *said: str) -> None:
    with pytest.raises(InputError) as caught:
        load(str(folder), seq=4)
    text = str(caught.value)
    assert "\n" not in text and all(part in text for part in said), text
    assert not list((folder.parent / "cache").rglob("*.safetensors"))


def test_several_files_without_an_index(folder):
    for name in "abcdef":
        save_file(tensors(), folder / f"{name}.safetensors")
    refused(folder, "6 weight files and no index: a.safetensors, b.safetensors, c.safetensors, d.safetensors, …", SINGLE, INDEX)


def test_what_the_index_promises_is_there(folder):
    table = shards(folder, tensors())
    name, file = next(iter(table.items()))
    for wrong, said in {"../x.safetensors": "shard '../x.safetensors'", "/etc/passwd": "shard '/etc/passwd'", "x.bin": "shard 'x.bin'",
                        "none.safetensors": "no shard none.safetensors", "": "shard ''", 7: "shard 7", None: "shard None"}.items():
        (folder / INDEX).write_text(json.dumps({"weight_map": table | {name: wrong}}))
        refused(folder, said)
    (folder / INDEX).write_text(json.dumps({"weight_map": table | {"no.such.tensor": file}}))
    refused(folder, f"{file}: no tensor no.such.tensor")


@pytest.mark.parametrize("text", ["", "{", "[]", "NaN", "null", "{}", '{"weight_map": {}}', '{"weight_map": []}', '{"weight_map": NaN}', "[" * 9999])
def test_an_index_that_is_none(folder, text):
    save_file(tensors(), folder / SINGLE)
    (folder / INDEX).write_text(text)
    refused(folder, INDEX)


def test_shards_that_are_none(folder):
    table = shards(folder, tensors())
    file = folder / next(iter(table.values()))
    whole = file.read_bytes()
    for content in (b"", whole[:100], whole[:-1], b"\xff" * 64):
        file.write_bytes(content)
        refused(folder, file.name, "not readable")


_TIED = {
    "gpt2": GPT2LMHeadModel(GPT2Config(vocab_size=99, n_embd=48, n_layer=1, n_head=4, n_positions=40)),
    "llama": LlamaForCausalLM(DECODERS["llama-tied"]),
    "bert": BertForMaskedLM(ENCODERS["bert-masked"]),
    "t5": T5EncoderModel(T5Config(vocab_size=99, d_model=48, d_kv=12, d_ff=80, num_layers=1, num_heads=4)),
}


def tied(name: str, folder: Path) -> dict[str, torch.Tensor]:
    """Saves a model of `_TIED`; gives the tensors of the file."""
    _TIED[name].save_pretrained(folder)
    with safe_open(str(folder / SINGLE), framework="pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}


def as_loaded(name: str, folder: Path) -> None:
    """Garam's module has every tensor, and shares those, that Transformers has and shares."""
    given, wanted = load(str(folder), seq=4, dtype="f32").module.model, type(_TIED[name]).from_pretrained(folder)
    assert same(given.state_dict(), wanted.state_dict())
    assert tied_names(given) == tied_names(wanted)


@pytest.mark.parametrize("name", _TIED)
def test_a_file_holds_shared_parameters_once(tmp_path, name):
    stored = tied(name, tmp_path)
    assert set(_TIED[name].state_dict()) - set(stored)
    as_loaded(name, tmp_path)


@pytest.mark.parametrize("other", [0.0, 1.0])
@pytest.mark.parametrize("name", _TIED)
def test_a_file_holds_shared_parameters_twice(tmp_path, name, other):
    """Shared where they are equal, and apart where they are not."""
    stored, whole = tied(name, tmp_path), _TIED[name].state_dict()
    save_file(stored | {key: whole[key] + other for key in whole if key not in stored}, tmp_path / SINGLE, {"format": "pt"})
    as_loaded(name, tmp_path)


def test_random_weights_are_shared_as_the_model_shares_them(tmp_path):
    for name, model in _TIED.items():
        model.config.architectures = [type(model).__name__]
        model.config.save_pretrained(tmp_path / name)
        assert tied_names(load(str(tmp_path / name), seq=4, random_weights=0).module.model) == tied_names(model)


class Normed(nn.Module):
    """Buffers of each kind: floats and integers of a checkpoint, and one that no checkpoint holds."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("table", torch.zeros(3, dtype=torch.long))
        self.register_buffer("own", torch.full((2,), 7.0), persistent=False)


def test_persistent_buffers_are_loaded(tmp_path):
    stored = {"norm.weight": torch.rand(4), "norm.bias": torch.rand(4).half(), "norm.running_mean": torch.rand(4), "norm.running_var": torch.rand(4),
              "norm.num_batches_tracked": torch.tensor(9), "table": torch.tensor([5, 6, 7]), "own": torch.zeros(2)}
    save_file(stored, tmp_path / "w.safetensors")
    given = Normed()
    assert load_buffers(given, WeightFiles.of(tmp_path / "w.safetensors"), {}) == []
    assert same(persistent_buffers(given), {n: stored[n] for n in persistent_buffers(given)})
    assert given.own.tolist() == [7.0, 7.0]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """Before its names are asked for, and after."""
    file = tmp_path / "w.safetensors"
    with pytest.raises(InputError, match=r"w\.safetensors: no such file; a safetensors file"):
        WeightFiles.of(file)
    save_file({"norm.weight": torch.rand(4)}, file)
    held = WeightFiles(file, WeightFiles.of(file).files)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"w\.safetensors: not readable \(.*\); a whole safetensors file"):
        held.entry("norm.weight")
    file.unlink()
    with pytest.raises(InputError, match=r"w\.safetensors: no such file; a safetensors file"):
        held.tensor("norm.weight")
    file.mkdir()
    with pytest.raises(InputError, match=r"w\.safetensors: not readable \(.*\); a whole safetensors file"):
        WeightFiles.of(file)


def test_buffers_that_are_missing_are_named(tmp_path):
    stored = {"norm.weight": torch.rand(4), "norm.bias": torch.rand(4), "norm.running_mean": torch.rand(4), "table": torch.tensor([5, 6, 7])}
    save_file(stored, tmp_path / "w.safetensors")
    assert load_buffers(Normed(), WeightFiles.of(tmp_path / "w.safetensors"), {}) == ["norm.running_var", "norm.num_batches_tracked"]


@pytest.mark.parametrize("name, tensor, said", [
    ("norm.running_mean", torch.rand(5), r"norm\.running_mean: shape \[5\]; \[4\] by the model"),
    ("norm.running_mean", torch.tensor([1, 2, 3, 4]), r"norm\.running_mean: type int64; float32 by the model"),
    ("table", torch.rand(3), r"table: type float32; int64 by the model"),
])
def test_buffers_are_checked(tmp_path, name, tensor, said):
    save_file({"norm.weight": torch.rand(4), "norm.bias": torch.rand(4), name: tensor}, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match=said):
        load_buffers(Normed(), WeightFiles.of(tmp_path / "w.safetensors"), {})
