"""Text and token ids: the tokenizer of a model's folder, its chat template, the tokens that end a text, and text as it comes."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import brief, input_error
from .files import read_json

#: Any of them is a vocabulary.
_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tekken.json")

#: What a decoder puts in place of a character whose bytes are not all there.
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"


def tokenizer_of(folder: Path | None) -> Any:
    """None where the folder has none."""
    if folder is None or not any((folder / name).exists() for name in _FILES):
        return None
    import transformers

    transformers.logging.set_verbosity_error()
    try:
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # of whatever the files of the tokenizer say
        raise input_error(str(folder), f"no tokenizer ({brief(error)})", "the files of one that Transformers knows") from error


def encode(tokenizer: Any, prompt: str, raw: bool = False) -> list[int]:
    """A user's turn and the beginning of the answer by the chat template, or the text alone where there is none or `raw` says so."""
    if raw or not tokenizer.chat_template:
        return list(tokenizer(prompt)["input_ids"])
    turns = [{"role": "user", "content": prompt}]
    try:
        return list(tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)["input_ids"])
    except Exception as error:  # out of the template's own code
        raise input_error("chat template", brief(error), "one that takes a user's turn; --raw goes without it") from error


def stop_tokens(folder: Path | None, tokenizer: Any) -> list[int]:
    """Those of generation_config.json, else of config.json, and the tokenizer's own."""
    found = set() if tokenizer is None or tokenizer.eos_token_id is None else {tokenizer.eos_token_id}
    for file in () if folder is None else (folder / "generation_config.json", folder / "config.json"):
        ends = _ends(file) if file.exists() else []
        if ends:
            return sorted(found.union(ends))
    return sorted(found)


def _ends(file: Path) -> list[int]:
    content = read_json(file)
    parts = [part for part in (content, content.get("text_config")) if isinstance(part, dict)] if isinstance(content, dict) else []
    stated = next((part["eos_token_id"] for part in parts if part.get("eos_token_id") is not None), [])
    ends = stated if isinstance(stated, list) else [stated]
    if not all(isinstance(token, int) and not isinstance(token, bool) for token in ends):
        raise input_error(f"{file}: eos_token_id", f"{stated!r}", "a token id, or a list of them")
    return ends


class TextStream:
    """Text as its tokens come. A piece that may still change, the first bytes of a character or a space that the next word may take
    away, waits for the next token."""

    def __init__(self, tokenizer: Any):
        self.tokenizer, self.tokens, self.shown = tokenizer, [], ""

    @property
    def text(self) -> str:
        return self.tokenizer.decode(self.tokens, skip_special_tokens=True)

    def put(self, token: int) -> str:
        """What this token adds."""
        self.tokens.append(token)
        text = self.text
        return "" if text.endswith(_INCOMPLETE) else self._show(text.rstrip(" "))

    def end(self) -> str:
        """What waited."""
        return self._show(self.text)

    def _show(self, text: str) -> str:
        new = text[len(self.shown):] if text.startswith(self.shown) else ""
        self.shown += new
        return new
