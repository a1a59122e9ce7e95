"""The command line as its users call it, in this process: importing PyTorch once is enough."""
from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest

from garam.cli import main

#: Builds the C++ again.
collect_ignore = [] if os.environ.get("GARAM_LONG") == "1" else ["test_wheel.py"]

Garam = Callable[..., dict]


@pytest.fixture
def garam(capsys: pytest.CaptureFixture[str]) -> Garam:
    """garam("run", "minilm", …) → the JSON it prints; fails the test unless it exits as expected."""

    def call(*arguments: object, expect: int = 0) -> dict:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments] + ["--json", "-"])
        printed = capsys.readouterr()
        assert status == expect, f"exit {status}: {printed.err}{printed.out[-2000:]}"
        return json.loads(printed.out) if printed.out else {}

    return call


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The one line of bad input; fails the test unless it exits 2 with exactly one line."""

    def call(*arguments: object) -> str:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert status == 2, printed.out + printed.err
        lines = printed.err.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("error: ") and lines[0].count(": ") >= 2, printed.err
        return lines[0]

    return call
