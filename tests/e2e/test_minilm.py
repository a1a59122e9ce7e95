"""The trained sentence encoder on every shipped chip: each op inside its bound, the sentences where PyTorch has them."""
from __future__ import annotations

import itertools
import os

import pytest

from accounts import check_engines

CHIPS = ("unit", "atom", "rebel100")
LONG = os.environ.get("GARAM_LONG") == "1"
SIZES = list(itertools.product((1, 3, 8), (7, 128, 200))) if LONG else [(1, 7), (3, 128), (8, 200)]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("batch, sequence", SIZES)
def test_validates(garam, chip: str, batch: int, sequence: int) -> None:
    document = garam("validate", "minilm", "--chip", chip, "--batch", batch, "--seq", sequence)
    assert document["ok"] and document["first_bad"] is None
    assert len(document["tensors"]) >= 6 * 4
    check_engines(document)


@pytest.mark.parametrize("chip", ["atom_max", "rngd", "tpuv3"])
@pytest.mark.parametrize("batch, sequence", SIZES if LONG else [(2, 33)])
def test_validates_on_other_chips(garam, chip: str, batch: int, sequence: int) -> None:
    document = garam("validate", "minilm", "--chip", chip, "--batch", batch, "--seq", sequence)
    assert document["ok"] and document["first_bad"] is None
    check_engines(document)


@pytest.mark.parametrize("dtype", ["f16", "f32"])
def test_other_types(garam, dtype: str) -> None:
    assert garam("validate", "minilm", "--chip", "atom", "--batch", 2, "--seq", 33, "--dtype", dtype)["ok"]


@pytest.mark.parametrize("chip", ["atom", "rebel100"])
def test_cores_share_the_matrix_work(garam, chip: str) -> None:
    document = garam("run", "minilm", "--chip", chip, "--dies", 1, "--batch", 8, "--seq", 128, "--mode", "cycles")
    check_engines(document)
    busy = [engine["busy_cycles"] for engine in document["engines"] if engine["engine"] == "matrix"]
    assert min(busy) >= max(busy) / 2
