"""What a module returns is what a run gives: by position, name, type and value, whatever kind of value it is."""
from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.utils import _pytree as pytree

import garam
from garam.cli import main

INPUTS = {"x": torch.randn(4, 6, generator=torch.Generator().manual_seed(1)),
          "y": torch.randn(4, 6, generator=torch.Generator().manual_seed(2)),
          "ids": torch.arange(5), "mask": torch.tensor([True, False, True])}

#: Kinds of values: each from the module and the values that it computes before it returns. All arithmetic is exact in f32.
KINDS = {
    "early": lambda m, v: v["early"], "late": lambda m, v: v["late"], "sum": lambda m, v: v["x"] + v["y"],
    "input": lambda m, v: v["x"], "other input": lambda m, v: v["y"], "integers": lambda m, v: v["ids"],
    "truth": lambda m, v: v["mask"], "computed integers": lambda m, v: v["ids"] + 1, "comparison": lambda m, v: v["x"] > 0,
    "constant": lambda m, v: torch.arange(6.0) * 2, "number of rank 0": lambda m, v: torch.tensor(3.0),
    "weight": lambda m, v: m.weight, "weight in use": lambda m, v: m.used, "buffer": lambda m, v: m.buffer,
    "view of an input": lambda m, v: v["x"].reshape(6, 4), "transposed input": lambda m, v: v["y"].t(),
    "view of a result": lambda m, v: v["late"].reshape(-1), "transposed result": lambda m, v: v["early"].t(),
    "slice of a result": lambda m, v: v["late"][1:3], "view of a weight": lambda m, v: m.weight.t(),
    "copy of an input": lambda m, v: v["x"].clone(), "None": lambda m, v: None, "number": lambda m, v: 3, "text": lambda m, v: "t",
}


class Returns(nn.Module):
    """Computes late before early, and returns what `arrange` makes of the chosen kinds."""

    def __init__(self, kinds: list[str], form: str) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.weight, self.used = (nn.Parameter(torch.randn(*shape, generator=generator)) for shape in ((3, 5), (4, 6)))
        self.register_buffer("buffer", torch.randn(7, generator=generator))
        self.kinds, self.form = kinds, form

    def forward(self, x: torch.Tensor, y: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> Any:
        late = y * self.used
        values = {"x": x, "y": y, "ids": ids, "mask": mask, "late": late, "early": x * 2}
        found = [KINDS[kind](self, values) for kind in self.kinds]
        if self.form == "tuple":
            return tuple(found)
        if self.form == "dict":  # keys as the inputs are named, in another order, and more
            return dict(zip(["y", "x", "mask", *map(str, range(len(found)))], found))
        return {"x": found[0], "rest": (found[1:3], {"x": found[3:]}), "rest_0": late}


def drawn(seed: int) -> Returns:
    choose = random.Random(seed)
    kinds = choose.choices(list(KINDS), k=choose.randint(2, 7))
    return Returns(["early", *kinds, "input"], choose.choice(["tuple", "dict", "nested"])).eval()


def expect(got: Mapping[str, torch.Tensor], module: nn.Module) -> None:
    returned = copy.deepcopy(module)(**INPUTS)
    wanted = [leaf for leaf in pytree.tree_leaves(returned) if isinstance(leaf, torch.Tensor)]
    assert len(got) == len(wanted)
    for (name, mine), theirs in zip(got.items(), wanted):
        assert mine.dtype == theirs.dtype and torch.equal(mine, theirs.detach()), name
    if isinstance(returned, dict) and all(isinstance(value, torch.Tensor) for value in returned.values()):
        assert list(got) == list(returned)


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("seed", range(16))
def test_of_every_kind(chip, seed):
    module = drawn(seed)
    program = garam.compile(module, kwargs=INPUTS, chip=chip, dtype="f32")
    result = program.run(**INPUTS, mode="values" if seed % 2 else "both")
    assert program.output_names == list(result.outputs)
    expect(result.outputs, module)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_before_and_behind_what_is_computed(kind):
    module = Returns([kind, "late", kind, "early"], "tuple").eval()
    expect(garam.compile(module, kwargs=INPUTS, chip="unit", dtype="f32").run(**INPUTS, mode="values").outputs, module)


@pytest.mark.parametrize("kind", ["input", "constant", "weight", "early"])
def test_one_output_alone(kind):
    module = Returns([kind], "tuple").eval()
    expect(garam.compile(module, kwargs=INPUTS, chip="unit", dtype="f32").run(**INPUTS).outputs, module)


@pytest.mark.parametrize("seed", range(16, 24))
def test_through_torch_compile(seed):
    module = drawn(seed)
    torch._dynamo.reset()
    with torch.no_grad():
        made = torch.compile(module, backend="garam", options={"chip": "unit", "mode": "values", "dtype": "f32"})(**INPUTS)
        wanted, shape = pytree.tree_flatten(copy.deepcopy(module)(**INPUTS))
    leaves, made_shape = pytree.tree_flatten(made)
    assert made_shape == shape
    for mine, theirs in zip(leaves, wanted, strict=True):
        assert torch.equal(mine, theirs) if isinstance(theirs, torch.Tensor) else mine == theirs


def test_forty_from_the_last():
    class Forty(nn.Module):
        def forward(self, x, y, ids, mask):
            return tuple(reversed([x * float(factor) for factor in range(40)]))

    module = Forty().eval()
    expect(garam.compile(module, kwargs=INPUTS, chip="atom", dtype="f32").run(**INPUTS).outputs, module)


def test_a_name_that_is_taken_gets_its_position():
    module = Returns(["early", "late", "sum", "constant"], "nested").eval()
    program = garam.compile(module, kwargs=INPUTS, chip="unit", dtype="f32")
    assert program.output_names == ["x", "rest_0", "rest_1", "rest_2", "rest_0_1"]


def test_from_the_command_line(tmp_path):
    source = tmp_path / "model.py"
    source.write_text("import torch\nfrom torch import nn\nclass M(nn.Module):\n    def forward(self, x, y):\n        late = y * 2\n"
                      "        return {'y': x + 1, 'x': late, 'same': x, 'late': late, 'table': torch.arange(3)}\n"
                      "def model():\n    return M(), (torch.ones(2, 3), torch.full((2, 3), 4.0))\n")
    outputs, program = tmp_path / "o.safetensors", tmp_path / "m.garam"
    wanted = {"y": torch.full((2, 3), 2.0), "x": torch.full((2, 3), 8.0), "same": torch.ones(2, 3), "late": torch.full((2, 3), 8.0),
              "table": torch.arange(3)}
    assert main(["run", f"{source}:model", "--chip", "unit", "--dtype", "f32", "--outputs", str(outputs)]) == 0
    found = load_file(outputs)
    assert found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in wanted)
    assert main(["compile", f"{source}:model", "--chip", "unit", "--dtype", "f32", "-o", str(program)]) == 0
    assert garam.Program.load(program).output_names == list(wanted)
