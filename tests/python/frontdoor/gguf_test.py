"""GGUF checkpoints: the values that Transformers loads from the same file, bit for bit, and one line about what cannot be loaded."""
from __future__ import annotations

import os
import random
import time
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
import transformers
from frontdoor.gguf_files import CONFIGS, write
from gguf import GGMLQuantizationType as Kind
from transformers import AutoModelForCausalLM, PreTrainedModel

from garam import InputError
from garam.frontdoor import load
from garam.frontdoor.gguf_folder import prepared
from garam.frontdoor.weight_cache import cached, hold

#: All that the package widens; in a short run those that most files have, and two more.
KINDS = [kind for kind in Kind if kind.name not in ("F64", "I8", "I16", "I32", "I64", "Q1_0", "Q8_1", "Q8_K")]
if os.environ.get("GARAM_LONG") != "1":
    USUAL = [kind for kind in KINDS if kind.name in ("F16", "BF16", "Q4_0", "Q4_1", "Q4_K", "Q6_K")]
    KINDS = USUAL + random.Random(os.environ["GARAM_SEED"]).sample([kind for kind in KINDS if kind not in USUAL], 2)

#: Keys of a configuration that change values.
DECIDING = ("rope_parameters", "tie_word_embeddings", "head_dim", "sliding_window", "attn_logit_softcapping", "final_logit_softcapping")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "garam" / "weights"


def in_transformers(file: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """Transformers asks for accelerate, which it does not use where no device is named."""
    monkeypatch.setattr(transformers.modeling_utils, "is_accelerate_available", lambda: True)
    return AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.bfloat16).state_dict()


def in_folder(folder: Path) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(folder)


def same(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> bool:
    """In bf16."""
    def bits(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.bfloat16().view(torch.int16)

    return found.keys() == wanted.keys() and all(torch.equal(bits(found[name]), bits(wanted[name])) for name in wanted)


@pytest.mark.parametrize("name", CONFIGS)
def test_families(tmp_path, monkeypatch, name):
    """Also what was written: the order of rotary channels, norms around one, transposed matrices, and what decides values, whether the
    file states it or leaves it to the family."""
    for kind in (Kind.F32, Kind.Q8_0):
        file = tmp_path / f"{kind.name}.gguf"
        model = write(file, name, kind)
        found = in_folder(prepared(file))
        assert same(found.state_dict(), in_transformers(file, monkeypatch)), kind
        if kind == Kind.F32:
            assert same(found.state_dict(), model.state_dict())
            assert type(found) is type(model)
            for key in DECIDING:
                assert getattr(found.config, key, None) == pytest.approx(getattr(CONFIGS[name], key, None)), key


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_types(tmp_path, monkeypatch, kind):
    write(tmp_path / "m.gguf", "llama-tied", kind)
    found = in_folder(prepared(tmp_path / "m.gguf")).state_dict()
    assert same(found, in_transformers(tmp_path / "m.gguf", monkeypatch))
    assert all(tensor.isfinite().all() and tensor.dtype == torch.bfloat16 for tensor in found.values())


def test_a_file_and_its_folder_are_models(tmp_path, cache):
    model = write(tmp_path / "tiny.gguf", "llama-tied")
    for place in (tmp_path / "tiny.gguf", tmp_path):
        source = load(str(place), phase="prefill", seq=4)
        assert same(source.module.model.state_dict(), model.state_dict())
        assert source.name == ("tiny" if place.suffix else tmp_path.name)
    assert len(list(cache.iterdir())) == 1


def refused(file: Path, cache: Path, *said: str) -> None:
    with pytest.raises(InputError) as caught:
        load(str(file), phase="prefill", seq=4)
    text = str(caught.value)
    assert "\n" not in text and str(file) in text and all(part in text for part in said), text
    assert not cache.exists() or not list(cache.iterdir())


def test_files_that_are_none(tmp_path, cache):
    file = tmp_path / "m.gguf"
    write(file, "llama")
    whole = file.read_bytes()
    for content in (b"", b"GGUF", b"PK\x03\x04" * 64, whole[:40], whole[:400], whole[:len(whole) // 2], whole[:-1], b"\xff" * 999):
        file.write_bytes(content)
        refused(file, cache, "not readable", "a whole GGUF file")


def test_a_type_of_a_later_version(tmp_path, cache):
    file = tmp_path / "m.gguf"
    write(file, "llama", Kind.Q4_0)
    content = file.read_bytes()
    at = content.index(b"blk.0.attn_q.weight") + len(b"blk.0.attn_q.weight") + 4 + 2 * 8
    file.write_bytes(content[:at] + (99).to_bytes(4, "little") + content[at + 4:])
    refused(file, cache, "99", "tensors of F32, F16, Q4_0, Q4_1")


def put(name: str, tensor: np.ndarray | None):
    """A change that replaces a tensor, or takes it away."""
    def change(_: gguf.GGUFWriter, tensors: dict[str, np.ndarray]) -> None:
        tensors[name] = tensor
        if tensor is None:
            del tensors[name]
    return change


@pytest.mark.parametrize("name, change, said", [
    ("llama", put("blk.1.attn_q.weight", None), ["no tensor blk.1.attn_q.weight"]),
    ("llama", put("blk.1.attn_q.bias", np.ones(256, np.float32)), ["tensor blk.1.attn_q.bias, of which LlamaForCausalLM has none"]),
    ("llama", put("blk.7.attn_q.weight", np.ones((256, 256), np.float32)), ["tensor blk.7.attn_q.weight"]),
    ("llama", put("blk.1.ffn_up.weight", np.ones((96, 256), np.float32)), ["layers.1.mlp.up_proj.weight: shape [96, 256]; [512, 256]"]),
    ("llama", put("rope_freqs.weight", np.full(32, 3.0, np.float32)), ["rope_freqs.weight: factors"]),
    ("llama", lambda writer, _: writer.add_rope_scaling_type(gguf.RopeScalingType.YARN), ["llama.rope.scaling.type: 'yarn'"]),
    ("llama", lambda writer, _: writer.add_logit_scale(0.5), ["llama.logit_scale: 0.5"]),
    ("llama", lambda writer, _: writer.add_uint16("split.count", 3), ["one of 3 parts"]),
    ("gemma2", lambda writer, _: writer.add_float32("gemma2.attention.scale", 0.5), ["gemma2.attention.scale"]),
    ("starcoder2", lambda writer, _: writer.add_float32("starcoder2.rope.scaling.factor", 2.0), ["starcoder2.rope.scaling.factor: 2.0"]),
    ("qwen2", lambda writer, _: writer.add_sliding_window(8), ["qwen2.attention.sliding_window: 8"]),
])
def test_what_does_not_fit(tmp_path, cache, name, change, said):
    write(tmp_path / "m.gguf", name, change=change)
    refused(tmp_path / "m.gguf", cache, *said)


def test_architectures_and_types_that_are_not_known(tmp_path, cache):
    for architecture in ("clip", "lfm2", "t5", "whatever"):
        writer = gguf.GGUFWriter(tmp_path / "m.gguf", architecture)
        writer.add_tensor("token_embd.weight", np.ones((96, 256), np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        refused(tmp_path / "m.gguf", cache, architecture, "llama", "qwen2")
    write(tmp_path / "m.gguf", "llama", change=put("output_norm.weight", np.ones(256, np.int32)))
    refused(tmp_path / "m.gguf", cache, "output_norm.weight: type I32; ", "Q4_0", "IQ4_XS")


def test_several_files_in_a_folder(tmp_path, cache):
    for name in "ab":
        write(tmp_path / f"{name}.gguf", "llama")
    refused(tmp_path, cache, "2 GGUF files: a.gguf, b.gguf")


def test_a_prepared_folder_is_one_entry_of_the_cache(tmp_path, cache, monkeypatch):
    """Made once, held while a program of it lives, dropped whole by its age, made again for another content."""
    monkeypatch.setenv("GARAM_CACHE_GB", "0")
    write(tmp_path / "m.gguf", "llama")
    first = prepared(tmp_path / "m.gguf")
    before = (first / "config.json").stat().st_mtime_ns
    assert prepared(tmp_path / "m.gguf") == first and (first / "config.json").stat().st_mtime_ns == before
    held = hold(first / "model.safetensors")
    os.utime(first, (0, 0))
    cached({"name": "a"}, Path.touch)
    assert first.exists()
    held.close()
    cached({"name": "b"}, Path.touch)
    assert not first.exists()
    time.sleep(0.01)
    write(tmp_path / "m.gguf", "llama-tied")
    second = prepared(tmp_path / "m.gguf")
    os.utime(second)
    assert second != first and {path for path in cache.iterdir() if path.is_dir()} == {second}


def test_large_files_are_prepared_in_shards(tmp_path, monkeypatch):
    write(tmp_path / "m.gguf", "llama-tied", Kind.Q8_0)
    one = in_folder(prepared(tmp_path / "m.gguf")).state_dict()
    monkeypatch.setattr("garam.frontdoor.gguf_folder._SHARD_BYTES", 300_000)
    monkeypatch.setattr("garam.frontdoor.gguf_folder._LAYOUT", 0)
    folder = prepared(tmp_path / "m.gguf")
    assert len(list(folder.glob("*.safetensors"))) > 3
    assert same(in_folder(folder).state_dict(), one)
