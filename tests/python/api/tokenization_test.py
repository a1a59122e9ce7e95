"""Text as its tokens come: together it is the text of all of them."""
from __future__ import annotations

import os
import random

import pytest
from frontdoor.gguf_vocabulary import TEXTS, trained
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from garam.tokenization import TextStream


def sentencepiece() -> Tokenizer:
    """Words that begin with a space, which the first one loses, and bytes for all else. One byte that is no character takes those before
    it along, which may have been shown by then."""
    words = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁What", "▁is", "▁", "this", "▁▁", "?", "서"]
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, [], unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer


@pytest.mark.parametrize("make", [lambda: trained(True), sentencepiece], ids=["bytes", "words"])
def test_pieces_are_the_text(make):
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=make())
    draw = random.Random(os.environ["GARAM_SEED"])
    texts = [tokenizer(text)["input_ids"] for text in TEXTS]
    drawn = [[draw.randrange(len(tokenizer)) for _ in range(draw.randrange(20))] for _ in range(50)]
    for tokens in (*texts, *drawn):
        stream = TextStream(tokenizer)
        pieces = [*map(stream.put, tokens), stream.end()]
        text = tokenizer.decode(tokens, skip_special_tokens=True)
        assert "".join(pieces) == text or make is sentencepiece and "\N{REPLACEMENT CHARACTER}" in text, tokens


def test_whole_words_come_at_once():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=trained(True))
    stream = TextStream(tokenizer)
    pieces = [stream.put(token) for token in tokenizer("What is 🎉")["input_ids"]]
    assert pieces[0] and "".join(pieces) == "What is 🎉"
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)
