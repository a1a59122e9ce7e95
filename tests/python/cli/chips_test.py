"""garam chips, models, compare: what they print and what --json gives."""
from __future__ import annotations

import json
import subprocess
import sys

import pytest
from samples import sample_result

from garam.cli import main


def test_the_list(capsys):
    assert main(["chips"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("unit", "atom", "rebel100"))


def test_loads_nothing_slow():
    """PyTorch and pandas take seconds, which a list of chips need not cost."""
    script = "import sys; from garam.cli import main; main(['chips']); print({'torch', 'pandas', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


def test_json_alone_on_standard_output(capsys):
    assert main(["chips", "--json", "-"]) == 0
    chips = json.loads(capsys.readouterr().out)["chips"]
    assert {chip["name"] for chip in chips} >= {"unit", "atom", "rebel100"}


def test_one_chip_with_an_override(capsys):
    assert main(["chips", "atom", "--set", "l1.size_bytes=2097152", "--json", "-"]) == 0
    chip = json.loads(capsys.readouterr().out)
    assert chip["l1"]["size_bytes"] == 2097152
    assert chip["peaks"]["flops"]["bf16"] == pytest.approx(32e12, rel=1e-3)
    assert chip["peaks"]["hbm_bytes_per_second"] == pytest.approx(256e9, rel=1e-3)


def test_compare(capsys, tmp_path):
    files = []
    for seed in (0, 1):
        files.append(str(tmp_path / f"{seed}.json"))
        with open(files[-1], "w", encoding="utf-8") as file:
            json.dump(sample_result(seed=seed).document, file)
    assert main(["compare", *files, "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)["runs"]
    assert [row["file"] for row in rows] == files
    assert all(0 < row["matrix_busy"] < 1 for row in rows)


def test_models(capsys):
    assert main(["models", "--json", "-"]) == 0
    assert {"minilm", "llama-tiny"} <= {model["name"] for model in json.loads(capsys.readouterr().out)["models"]}
