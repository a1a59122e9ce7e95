"""Bad input: one line, exit 2, no file."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from garam.cli import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"error: \S[^\n]*: [^\n]+\n", captured.err), captured.err
    return captured.err


@pytest.mark.parametrize("arguments, said", [
    ((), "COMMAND: missing"),
    (("fly",), "'fly'"),
    (("chips", "--colour", "red"), "--colour: unknown option"),
    (("chips", "nochip"), "nochip"),
    (("chips", "atom", "--set", "l1.size_bytes=3"), "l1.size_bytes"),
    (("chips", "atom", "--set", "l1.colour=3"), "l1.colour"),
    (("chips", "atom", "--set", "memory.chanels_per_stack=3"), "the nearest are memory.channels_per_stack"),
    (("run", "minilm"), "--chip: missing"),
    (("run", "minilm", "--chp", "atom"), "--chp: unknown option"),
    (("run", "minilm", "--chip"), "--chip: expected one argument"),
    (("run", "minilm", "--chip", "atom", "--batch", "0"), "--batch: 0 is less than 1"),
    (("run", "minilm", "--chip", "atom", "--batch", "many"), "--batch: 'many' is not a whole number"),
    (("run", "minilm", "--chip", "atom", "--phase", "sleep"), "encode, prefill, decode"),
    (("run", "minilm", "--chip", "atom", "--mode", "fast"), "both, cycles, values"),
    (("run", "minilm", "--chip", "atom", "--mode", "cycles", "--outputs", "o.safetensors"), "--outputs"),
    (("run", "nomodel", "--chip", "atom"), "nomodel: no such model"),
    (("run", "missing.garam", "--chip", "atom"), "missing.garam: cannot read"),
    (("run", "minilm", "--chip", "atom", "--inputs", "missing.safetensors"), "missing.safetensors: cannot read"),
    (("run", "minilm", "--chip", "atom", "--kv-len", "4"), "--kv-len"),
    (("run", "minilm", "--chip", "atom", "extra"), "extra: unexpected argument"),
    (("op", "fly", "--shape", "1,2,3", "--chip", "atom"), "matmul"),
    (("op", "matmul", "--shape", "1,2", "--chip", "atom"), "M,N,K"),
    (("op", "matmul", "--shape", "1,2,x", "--chip", "atom"), "--shape"),
    (("op", "matmul", "--shape", "1,2,0", "--chip", "atom"), "each at least 1"),
    (("op", "softmax", "--shape", "2,3", "--causal", "--chip", "atom"), "--causal: means nothing for softmax"),
    (("op", "attention", "--shape", "3,2,4,4,8", "--chip", "atom"), "3 heads"),
    (("compile", "minilm", "--chip", "atom", "--emit", "brick"), "graph, mapping, tile, task, isa"),
    (("compile", "minilm", "--chip", "atom", "--emit-to", "x"), "--emit-to"),
    (("compile", "minilm", "--chip", "atom", "--emit", "tile", "--json", "-"), "--emit"),
    (("compile", "minilm", "--chip", "atom", "--mapping", "missing.json"), "missing.json: no such file"),
    (("compare",), "RUN.json: missing"),
    (("compare", "missing.json"), "missing.json: cannot read"),
    (("report", "missing.json", "-o", "x.html"), "missing.json: cannot read"),
    (("trace", "missing.garam", "--chip", "atom", "-o", "x"), "missing.garam: cannot read"),
    (("generate", "llama-tiny", "--prompt", "hello", "--chip", "unit"), "--prompt: llama-tiny has no tokenizer"),
    (("generate", "llama-tiny", "--prompt", "1", "--max-new-tokens", "4000", "--chip", "unit"), "prompt and new tokens together 4001; 0 to 256"),
    (("models", "--json=--"), "--json: unknown value '--'"),
    (("chips", "\udcff"), "\\udcff: is no text in UTF-8"),
    (("chips", "atom", "--set", "l1.size_bytes=2097153"), "--set l1.size_bytes=2097153: l1.size_bytes is no multiple"),
    (("run", "llama-tiny", "--chip", "unit", "--dtype", "float64"), "--dtype: unknown value 'float64'; bf16, f16, f32"),
    (("models", "nomodel"), "nomodel: no such model"),
    (("run", "minilm", "--chip", "atom", "--seq", "-1"), "--seq: -1 is less than 1; 1 or more"),
    (("run", "minilm", "--chip", "atom", "--json", "none/run.json"), "none/run.json: cannot write: No such file or directory; "),
    (("run", "minilm", "--chip", "atom", "--report", "."), ".: cannot write: it is a folder; "),
    (("compile", "minilm", "--chip", "atom", "-o", "none/x.garam"), "none/x.garam: cannot write"),
])
def test_one_line(capsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"GRAM", b"{}", bytes(range(256)) * 4])
def test_foreign_programs(capsys, tmp_path, content):
    file = tmp_path / "p.garam"
    file.write_bytes(content)
    assert str(file) in refused(capsys, "run", str(file), "--chip", "atom")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"model": "x"}', b"\xff\xfe"])
def test_foreign_runs(capsys, tmp_path, content):
    file = tmp_path / "run.json"
    file.write_bytes(content)
    page = tmp_path / "page.html"
    assert str(file) in refused(capsys, "report", str(file), "-o", str(page))
    assert not page.exists()


@pytest.mark.parametrize("content", [b"", b"\x08", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}x"])
def test_foreign_tensors(capsys, tmp_path, content):
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    assert str(file) in refused(capsys, "run", "minilm", "--chip", "atom", "--inputs", str(file))


def test_an_unwritable_place(capsys, tmp_path: Path):
    place = tmp_path / "none" / "chips.json"
    assert main(["chips", "--json", str(place)]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys):
    for command in (["compare"], ["run", "minilm", "--chip", "atom", "--inputs"]):
        assert main([*command, "/nowhere/run"]) == 2
        assert capsys.readouterr().err == "error: /nowhere/run: cannot read: No such file or directory; a file that is there\n"


@pytest.mark.parametrize("name, content, said", [
    ("model.py:raises", "def raises(): raise RuntimeError('boom')\n", "model.py:raises: RuntimeError: boom; "),
    ("model.py:asks", "def asks(a): pass\n", "model.py:asks: TypeError: "),
    ("model.py:number", "def number(): return 3\n", "model.py:number: returns int; (module, args)"),
    ("model.py:none", "", "model.py:none: no such function; "),
    ("empty.mlir", "", "has no function @main; "),
    ("declared.mlir", "func.func private @main()", "has no function @main; "),
    ("broken.mlir", "func.func @main( {", "broken.mlir:1: "),
    ("empty.garam", "", "empty.garam: is not a Garam program; "),
])
def test_one_line_about_a_file(capsys, tmp_path, name, content, said):
    (tmp_path / name.split(":")[0]).write_text(content)
    assert said in refused(capsys, "run", str(tmp_path / name), "--chip", "unit")
