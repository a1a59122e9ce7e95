"""garam generate: the text that the tokens say, as they come, from any folder or file with a tokenizer, and from ids without one."""
from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from cli.errors_test import refused
from frontdoor.gguf_files import write
from frontdoor.gguf_vocabulary import trained, with_tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from garam.cli import main
from garam.frontdoor.gguf_folder import prepared

QUESTION, COUNT = "What is 12?", 12
TURN = f"<|user|>{QUESTION}<|end|><|model|>"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A GGUF file with a tokenizer and a chat template."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        path = tmp_path_factory.mktemp("model") / "tiny.gguf"
        write(path, "llama", change=with_tokenizer(trained(True)), tokens=False)
        yield path


@pytest.fixture
def folder(file: Path, tmp_path: Path) -> Path:
    """The same as a folder of its own."""
    return Path(shutil.copytree(prepared(file), tmp_path / "tiny"))


def generated(capsys: pytest.CaptureFixture[str], model: Path, *options: str) -> tuple[dict, str]:
    """The JSON, and what is printed before the line about speed."""
    out = model.parent / "generated.json"
    common = ["--chip", "unit", "--dtype", "f32", "--json", str(out), "--max-new-tokens", str(COUNT)]
    assert main(["generate", str(model), *common, *options]) == 0
    printed = capsys.readouterr().out
    text, _, speed = printed.rstrip("\n").rpartition("\n\n")
    assert speed.startswith("first token after ")
    return json.loads(out.read_text()), text


def greedy(folder: Path, prompt: list[int]) -> list[int]:
    """What the unmodified model in f32 says, ended by its end of text."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        made = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), do_sample=False, max_new_tokens=COUNT)
    return made[0, len(prompt):].tolist()


def test_text(capsys, file):
    tokenizer = AutoTokenizer.from_pretrained(prepared(file))
    for raw in (False, True):
        made, shown = generated(capsys, file, "--prompt", QUESTION, *(["--raw"] if raw else []))
        assert made["prompt_tokens"] == tokenizer(QUESTION if raw else TURN)["input_ids"]
        assert made["tokens"] == greedy(prepared(file), made["prompt_tokens"])
        assert made["text"] == tokenizer.decode(made["tokens"], skip_special_tokens=True)
        assert shown == "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in made["text"])
        assert made["decode_steps"] == len(made["tokens"]) - 1
        assert made["tokens_per_second"] == pytest.approx(1 / made["seconds_per_token"])
        assert made["first_token_seconds"] > 0 and made["hbm_share"] is None  # of the ideal chip


def test_share_of_the_memory(capsys, file):
    """On a chip that has a memory, and standard output that is the JSON alone."""
    assert main(["generate", str(file), "--chip", "atom", "--prompt", QUESTION, "--max-new-tokens", "3", "--json", "-"]) == 0
    assert 0 < json.loads(capsys.readouterr().out)["hbm_share"] < 1


def test_any_of_the_ends_ends_the_text(capsys, folder):
    whole = greedy(folder, AutoTokenizer.from_pretrained(folder)(TURN)["input_ids"])
    last = next(token for token in whole if token != whole[0])
    for where in ("config.json", "generation_config.json"):  # the second one decides where it is there
        content = json.loads((folder / where).read_text()) if (folder / where).exists() else {}
        (folder / where).write_text(json.dumps(content | {"eos_token_id": [319, last]}))
        assert generated(capsys, folder, "--prompt", QUESTION)[0]["tokens"] == whole[:whole.index(last) + 1]
        last = whole[0]


def test_ids_without_a_tokenizer(capsys, folder):
    prompt = AutoTokenizer.from_pretrained(folder)(TURN)["input_ids"]
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / name).unlink()
    made, shown = generated(capsys, folder, "--prompt", ", ".join(map(str, prompt)))
    assert made["tokens"] == greedy(folder, prompt) and made["text"] is None
    assert shown.split() == [str(token) for token in made["tokens"]]
    capsys.readouterr()
    assert "has no tokenizer; token ids" in refused(capsys, "generate", str(folder), "--chip", "unit", "--prompt", QUESTION)
    assert "--raw: means nothing" in refused(capsys, "generate", str(folder), "--chip", "unit", "--prompt", "1 2", "--raw")


def test_what_does_not_fit(capsys, file, folder):
    def said(model: Path, prompt: str = QUESTION) -> str:
        return refused(capsys, "generate", str(model), "--chip", "unit", "--prompt", prompt)

    assert "64" in said(file, "7" * 80)
    damaged, whole = folder.parent / "damaged.gguf", file.read_bytes()
    for content in (whole[:-9], whole.replace(b"attention.head_count_kv", b"attention.head_count_ww"), b"GGUF", b""):
        damaged.write_bytes(content)
        assert "damaged.gguf: " in said(damaged)
    assert "at least one token" in refused(capsys, "generate", str(file), "--chip", "unit", "--prompt", "", "--raw")
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no user here') }}")
    assert "chat template: no user here; " in said(folder)
    (folder / "config.json").write_text((folder / "config.json").read_text().replace('"eos_token_id": ', '"eos_token_id": "x", "was": '))
    (folder / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    assert "eos_token_id" in said(folder)
    (folder / "tokenizer.json").write_text("{")
    assert "no tokenizer" in said(folder)
