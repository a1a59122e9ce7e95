"""No module is refused for the number of its tensors: what a launch cannot name, or a group not move, becomes several."""
from __future__ import annotations

from pathlib import Path

import pytest

WIDE = Path(__file__).with_name("wide.py")


@pytest.mark.parametrize("chip", ["unit", "atom", "rebel100"])
@pytest.mark.parametrize("name", ["concat", "addition", "broadcasts", "results", "layers", "weights"])
def test_validates(garam, name: str, chip: str) -> None:
    document = garam("validate", f"{WIDE}:{name}", "--chip", chip)
    assert document["ok"], document["first_bad"]


def test_a_concat_of_concats(garam) -> None:
    assert garam("validate", f"{WIDE}:concat_of_concats", "--chip", "atom")["ok"]


def test_tensors_of_every_use_of_a_layer_are_compared(garam) -> None:
    document = garam("validate", f"{WIDE}:layers", "--chip", "unit")
    modules = {tensor["module"] for tensor in document["tensors"]}
    assert {"layers.0", "layers.1"} <= {module[:8] for module in modules}, modules
