"""Faults of Garam's own: one line that says whose fault it is, a status of their own, and a file that keeps what repeats them."""
from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import garam
from garam import InputError, InternalError
from garam.cli import main, run
from garam.errors import MachineError

LINE = r"error: garam: (?P<what>.*); a fault of Garam's own, (?P<file>/\S+) keeps what repeats it\n"


def kept(line: str) -> tuple[str, str, Path]:
    """What was said, the content of the reproducer, and its path."""
    found = re.fullmatch(LINE, line)
    assert found, line
    content = Path(found["file"]).read_text()
    Path(found["file"]).unlink()
    return found["what"], content, Path(found["file"])


@pytest.mark.parametrize("error", [KeyError("x\ny"), AssertionError(), ZeroDivisionError("by zero"), RecursionError("deep"),
                                   MachineError("cycle 3: all wait")])
def test_the_command_line(capsys, monkeypatch, error):
    def breaks(*_, **__):
        raise error

    monkeypatch.setattr(run, "load_program", breaks)
    assert main(["run", "llama-tiny", "--chip", "unit"]) == 3
    captured = capsys.readouterr()
    what, content, file = kept(captured.err)
    assert captured.out == "" and (type(error).__name__ in what or "all wait" in what)
    assert file.suffix in (".txt", ".mlir") and "Traceback" in content and "command: " in content and f"torch {torch.__version__}" in content


def test_debugging_shows_the_traceback(capsys, monkeypatch):
    monkeypatch.setattr(run, "load_program", lambda *_, **__: 1 // 0)
    monkeypatch.setenv("GARAM_DEBUG", "1")
    assert main(["run", "llama-tiny", "--chip", "unit"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_want_of_memory_is_no_fault(capsys, monkeypatch):
    def wants(*_, **__):
        raise MemoryError

    monkeypatch.setattr(run, "load_program", wants)
    assert main(["run", "llama-tiny", "--chip", "unit"]) == 2
    assert capsys.readouterr().err == "error: memory: there is not enough for this; a smaller batch, length or model\n"


@pytest.mark.parametrize("named", [{"chp": "unit"}, {"model": "minilm"}, {"chip": "unit", "dtypes": "f32"}])
def test_a_mistyped_argument_is_no_fault(named):
    with pytest.raises(TypeError, match="unexpected keyword|multiple values"):
        garam.compile("minilm", **named)


def test_the_package_keeps_the_text(monkeypatch):
    from garam import _compiler

    def breaks(*_):
        raise IndexError("out of range")

    monkeypatch.setattr(_compiler, "compile", breaks)
    with pytest.raises(InternalError, match="IndexError at .*: out of range; a fault of Garam's own") as caught:
        garam.compile(nn.Linear(3, 2), (torch.ones(1, 3),), chip="unit")
    content = caught.value.reproducer.read_text()
    assert caught.value.reproducer.suffix == ".mlir"
    caught.value.reproducer.unlink()
    assert "// IndexError" in content.replace("//   ", "// ") or "IndexError: out of range" in content
    body = content[content.index("\nmodule"):]
    assert "graph.matmul" in body
    with pytest.raises(InputError):
        garam.compile(5)


DIES = """
import os, sys
from garam import cli, faults
from garam.cli import chips
def dies(arguments):
    faults.compiling('module {}')
    os.kill(os.getpid(), int(sys.argv.pop()))
chips.run = dies
sys.exit(cli.main())
"""


def ended_by(number: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", DIES, "chips", str(number)], capture_output=True, text=True)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL])
def test_a_signal_is_one_line(monkeypatch, number):
    monkeypatch.setattr("sys.argv", ["x"])
    done = ended_by(number)
    what, content, file = kept(done.stderr)
    assert done.returncode == 3 and what == f"stopped by {number.name}"
    assert file.suffix == ".mlir" and content.endswith("\nmodule {}") and "in dies" in content


def test_what_the_reader_sends_ends_it_as_always():
    assert ended_by(signal.SIGTERM).returncode == -signal.SIGTERM
    killed = ended_by(signal.SIGKILL)
    assert killed.returncode == 2 and killed.stderr.startswith("error: memory: the system killed the run")


def test_the_child_dies_with_its_parent():
    script = DIES.replace("os.kill(os.getpid(), int(sys.argv.pop()))", "print(os.getpid(), flush=True); import time; time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", script, "chips"], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert child != parent.pid
        parent.kill()
        parent.wait()
        assert parent.stdout.read() == ""  # its end is closed only when the child is gone
