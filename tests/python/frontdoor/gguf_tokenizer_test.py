"""The tokenizer and the chat template of a GGUF are those that its vocabulary was trained with."""
from __future__ import annotations

from pathlib import Path

import pytest
from frontdoor.gguf_files import write
from frontdoor.gguf_vocabulary import TEXTS, trained, with_tokenizer
from transformers import AutoTokenizer

from garam.frontdoor.gguf_folder import prepared
from garam.frontdoor.remarks import collected

@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("cut, digits", [("smollm", True), ("gpt-2", False), ("default", False)])
def test_ids_are_those_of_the_tokenizer(tmp_path, cut, digits):
    wanted = trained(digits)
    with collected() as said:
        write(tmp_path / "m.gguf", "llama", change=with_tokenizer(wanted, "gpt2", cut), tokens=False)
        found = AutoTokenizer.from_pretrained(prepared(tmp_path / "m.gguf"))
    assert not said
    for text in TEXTS:
        ids = found(text)["input_ids"]
        assert ids == wanted.encode(text).ids, text
        assert found.decode(ids) == text
    assert found.eos_token == "<|end|>"
    assert found.apply_chat_template([{"role": "user", "content": "7"}], tokenize=False) == "<|user|>7<|end|>"


def test_a_cut_that_is_not_known_is_told(tmp_path):
    with collected() as said:
        write(tmp_path / "m.gguf", "llama", change=with_tokenizer(trained(False), "gpt2", "elvish"), tokens=False)
        prepared(tmp_path / "m.gguf")
    assert [line for line in said if "elvish" in line]


def test_a_tokenizer_that_cannot_be_built_leaves_ids(tmp_path):
    with collected() as said:
        write(tmp_path / "m.gguf", "llama", change=with_tokenizer(trained(False), "rwkv", "default"), tokens=False)
        folder = prepared(tmp_path / "m.gguf")
    assert [line for line in said if "rwkv" in line] and not (folder / "tokenizer.json").exists()
