"""What `run --json` says about time and memory: engines add up, and the bytes are those of the DRAM commands and of the program's text."""
from __future__ import annotations

import csv
import json
import subprocess
import tomllib
from pathlib import Path

import pytest

import garam as package
from accounts import check_engines
from garam.chip import Chip
from isa_traffic import traffic

TOOLS = Path(package.__path__[0]).parent.parent / "bin"
CHIPS = ("unit", "atom", "rebel100")
ODD = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 224, "num_attention_heads": 7, "intermediate_size": 777,
       "num_hidden_layers": 2, "vocab_size": 101}
MODELS = {"encoder": ["minilm", "--batch", 2, "--seq", 33, "--layers", 2],
          "odd sizes": ["ODD", "--random-weights", 0, "--batch", 3, "--seq", 19],
          "prefill": ["llama-tiny", "--phase", "prefill", "--seq", 23],
          "decode": ["llama-tiny", "--phase", "decode", "--kv-len", 77]}


def tool(name: str, *arguments: object) -> str:
    return subprocess.run([TOOLS / name, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def column_bytes(chip: Chip) -> int:
    """Of the chip's DRAM, from the file of its preset."""
    preset = Path(chip.table["path"]).parent / "dram" / f"{chip.table['memory']['preset']}.toml"
    return tomllib.loads(preset.read_text())["organization"]["access_bytes"]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("model", MODELS)
def test_bytes_and_cycles_add_up(garam, tmp_path: Path, model: str, chip: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(ODD))
    program, commands = tmp_path / "program.garam", tmp_path / "commands.csv"
    garam("compile", *(tmp_path if word == "ODD" else word for word in MODELS[model]), "--chip", chip, "-o", program)
    values = {"pos": 77} if model == "decode" else {"pos": 0} if model == "prefill" else {}
    length = ["--kv-len", 77] if model == "decode" else []
    document = garam("run", program, "--chip", chip, "--mode", "cycles", *length)
    check_engines(document)

    column = column_bytes(Chip(chip))
    given = [word for name, value in values.items() for word in ("--value", f"{name}={value}")]
    again = json.loads(tool("garam-sim", "run", program, "--chip", chip, "--mode", "cycles", "--commands", commands, *given))
    assert again["cycles"] == document["cycles"]
    with commands.open() as file:
        issued = [row["command"] for row in csv.DictReader(file)]
    logged = [column * sum(name in kinds for name in issued) for kinds in (("RD", "RDA"), ("WR", "WRA"))]
    told = [document["hbm"]["read_bytes"], document["hbm"]["write_bytes"]]
    assert told == logged
    assert document["hbm"]["activates"] == issued.count("ACT")

    listed = traffic(tool("garam-objdump", program), Chip(chip).cores, column, values)
    assert told == list(listed)
    assert told[0] > 0


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("op, shape", [("matmul", "150,333,90"), ("attention", "6,2,40,70,32"), ("softmax", "77,600")])
def test_values_do_not_change_the_accounts(garam, op: str, shape: str, chip: str) -> None:
    """The same counters with and without tensor data, where no transfer follows an index list."""
    both, cycles = (garam("op", op, "--shape", shape, "--chip", chip, "--mode", mode) for mode in ("both", "cycles"))
    check_engines(both)
    assert all(both[key] == cycles[key] for key in ("cycles", "engines", "hbm"))
