"""How text is cut before its pieces are merged, where a GGUF names a way that Transformers does not know."""

from __future__ import annotations

from pathlib import Path

import gguf
from tokenizers import pre_tokenizers
from transformers import PreTrainedTokenizerBase
from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

from garam.frontdoor.gguf_metadata import text_of
from garam.frontdoor.remarks import remark

#: As GPT-2 cuts, but each digit alone.
_DIGITS = {"codeshell", "command-r", "exaone", "minerva-7b", "refact", "smollm", "starcoder"}

#: As GPT-2 cuts, which Transformers does of its own.
_PLAIN = {"default", "gigachat", "gpt-2", "jina-de", "jina-es", "jina-v2-code", "jina-v2-de", "jina-v2-es", "mpt", "olmo", "phi-2",
          "roberta-bpe"}


def split_as_trained(file: Path, reader: gguf.GGUFReader, tokenizer: PreTrainedTokenizerBase) -> None:
    """Of byte-level vocabularies; others cut nothing beforehand."""
    name = text_of(reader, "tokenizer.ggml.pre")
    if text_of(reader, "tokenizer.ggml.model") != "gpt2" or name is None or name in (*GGUF_PRE_TOKENIZER_SPLITS, *_PLAIN):
        return
    if name in _DIGITS:
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    else:
        remark(str(file), f"text is cut as GPT-2 does, since the way {name} is not known")
