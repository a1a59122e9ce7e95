"""The tokenizer and the chat template of a GGUF are those that its vocabulary was trained with."""
from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import pytest
from frontdoor.gguf_files import write
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

from garam.frontdoor.gguf_folder import prepared
from garam.frontdoor.remarks import collected

TEXTS = ["  12 apples and 345   pears", "What's the capital of South Korea?", "서울은 한국의 수도이다 🎉", "a\n\n  b\t7", "<|user|>x<|end|>\n", "", " "]
TEMPLATE = "{% for message in messages %}<|user|>{{ message['content'] }}<|end|>{% endfor %}"
SPECIAL = ["<|user|>", "<|end|>"]


def trained(digits: bool) -> Tokenizer:
    """Byte-level pairs of these texts, merged after the cut that `digits` says."""
    tokenizer = Tokenizer(models.BPE())
    cuts = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False,
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def with_tokenizer(tokenizer: Tokenizer, kind: str, cut: str):
    """A change for `write`: the tokenizer's tables and a chat template."""
    table = json.loads(tokenizer.to_str())["model"]

    def change(writer: gguf.GGUFWriter, tensors: dict[str, np.ndarray]) -> None:
        tokens = sorted(table["vocab"], key=table["vocab"].__getitem__)
        writer.add_tokenizer_model(kind)
        writer.add_tokenizer_pre(cut)
        writer.add_token_list(tokens)
        writer.add_token_types([gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens])
        writer.add_token_merges([" ".join(pair) for pair in table["merges"]])
        writer.add_eos_token_id(table["vocab"]["<|end|>"])
        writer.add_add_bos_token(False)
        writer.add_chat_template(TEMPLATE)

    return change


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
