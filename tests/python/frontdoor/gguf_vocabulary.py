"""A small tokenizer, trained here, and its tables as a GGUF file has them."""
from __future__ import annotations

import json

import gguf
import numpy as np
from frontdoor.gguf_files import VOCABULARY, Change
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEXTS = ["What is the capital of South Korea?", "  12 apples and 345   pears", "What's a capital?",
         "서울은 한국의 수도이다 🎉", "a\n\n  b\t7", "<|user|>x<|end|>\n", "", " "]
TEMPLATE = "{% for message in messages %}<|user|>{{ message['content'] }}<|end|>{% endfor %}{{ '<|model|>' if add_generation_prompt }}"
SPECIAL = ["<|user|>", "<|model|>", "<|end|>"]


def trained(digits: bool) -> Tokenizer:
    """Byte-level pairs of these texts, merged after the cut that `digits` says."""
    tokenizer = Tokenizer(models.BPE())
    cuts = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False,
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def with_tokenizer(tokenizer: Tokenizer, kind: str = "gpt2", cut: str = "smollm", template: str | None = TEMPLATE) -> Change:
    """For `write`: the tokenizer's tables and a chat template."""
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
        if template is not None:
            writer.add_chat_template(template)

    return change
