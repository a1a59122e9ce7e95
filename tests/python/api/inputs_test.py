"""What is no input of a program is refused before the run, by name; nothing stands in for what nobody gave."""
from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import nn

import garam
from garam import InputError, MachineError

ROWS, SMALL = 37, 11


class Tables(nn.Module):
    """Indices of every way to a table: straight, through views and casts, through a slice, computed, and of two tables."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.large, self.small = nn.Embedding(ROWS, 8), nn.Embedding(SMALL, 8)

    def forward(self, straight, viewed, joined, both, sliced, shifted, x, flags, count):
        rows = self.large(straight) + self.large(viewed.t().reshape(3, 2).long()).sum()
        rows = rows + self.large(torch.cat([joined, joined])).sum() + (self.large(both) + self.small(both)).sum()
        rows = rows + self.small(sliced[:, :2]).sum() + self.small(shifted + 2).sum()
        return rows + torch.where(flags, x, -x) + count


GIVEN = {"straight": torch.tensor([0, 5, ROWS - 1]), "viewed": torch.tensor([[0, 1, 2], [3, 4, ROWS - 1]], dtype=torch.int32),
         "joined": torch.tensor([1, 2, ROWS - 1]), "both": torch.tensor([0, 1, SMALL - 1]), "sliced": torch.tensor([[1, 2, 1000]]),
         "shifted": torch.tensor([-2, 0, SMALL - 3]), "x": torch.randn(3, 8), "flags": torch.ones(3, 8, dtype=torch.bool),
         "count": torch.tensor([7], dtype=torch.int32)}
RANGES = {"straight": ROWS, "viewed": ROWS, "joined": ROWS, "both": SMALL}


@pytest.fixture(scope="module")
def program():
    return garam.compile(Tables().eval(), kwargs=GIVEN, chip="unit", dtype="f32")


def test_the_program_knows_the_range_of_what_indexes_a_table_as_it_is(program, tmp_path):
    program.save(tmp_path / "p.garam")
    for each in (program, garam.Program.load(tmp_path / "p.garam")):
        assert {segment["name"]: segment["range"] for segment in each.segments("input")} == {
            name: (0, RANGES[name] - 1) if name in RANGES else None for name in GIVEN}


def test_all_in_range_is_as_the_module(program):
    with torch.no_grad():
        assert torch.allclose(program.run(**GIVEN, mode="values").output, Tables().eval()(**GIVEN), atol=1e-4)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("mode", ["both", "cycles", "values"])
def test_an_index_outside_of_its_table(program, name, mode):
    for wrong in (-1, RANGES[name], 2**31 - 1, -2**31):
        value = GIVEN[name].clone()
        value.flatten()[-1] = wrong
        with pytest.raises(InputError, match=rf"^{name}: {wrong} is outside its range; 0 to {RANGES[name] - 1}, the rows of the table"):
            program.run(**GIVEN | {name: value}, mode=mode)


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("name, value, index", [("sliced", [[1, SMALL, 0]], SMALL), ("sliced", [[-1, 0, 0]], -1),
                                                ("shifted", [0, 1, SMALL - 2], SMALL), ("shifted", [-3, 0, 0], -1)])
def test_a_computed_index_outside_of_its_table_stops_the_machine(name, value, index, chip):
    program = garam.compile(Tables().eval(), kwargs=GIVEN, chip=chip, dtype="f32")
    for mode in ("both", "values"):
        with pytest.raises(MachineError, match=rf"(?s)embedding.*is {index}; the table has the rows 0 to {SMALL - 1}"):
            program.run(**GIVEN | {name: torch.tensor(value)}, mode=mode)


@pytest.mark.parametrize("missing", [["x"], ["flags", "count"], list(GIVEN)[1:]])
def test_what_nobody_gave_is_named(program, missing):
    rest = {name: value for name, value in GIVEN.items() if name not in missing}
    for run in (program.run, lambda **inputs: program.open().run(inputs)):
        with pytest.raises(InputError, match=re.escape(", ".join(missing))):
            run(**rest)
    assert program.run(**rest, mode="cycles").cycles > 0


def test_without_any_the_model_gives_its_own_and_a_file_has_none(program, tmp_path):
    assert torch.equal(program.run(mode="values").output, program.run(**GIVEN, mode="values").output)
    program.save(tmp_path / "p.garam")
    with pytest.raises(InputError, match="straight, viewed, joined"):
        garam.Program.load(tmp_path / "p.garam").run()


WRONG = [
    ("straight", torch.zeros(4, dtype=torch.int64), r"shape \[4\]; \[3\]"),
    ("straight", torch.zeros(1, 3, dtype=torch.int64), r"shape \[1, 3\]; \[3\]"),
    ("straight", torch.tensor(1), r"shape \[\]; \[3\]"),
    ("straight", torch.zeros(3), "type float32; int64"),
    ("straight", torch.ones(3, dtype=torch.bool), "type bool; int64"),
    ("x", torch.zeros(3, 8, dtype=torch.int64), "type int64; float32"),
    ("x", torch.zeros(3, 8, dtype=torch.bool), "type bool; float32"),
    ("x", torch.zeros(3, 8, dtype=torch.complex64), "type complex64; float32"),
    ("flags", torch.ones(3, 8, dtype=torch.int64), "type int64; bool"),
    ("flags", torch.ones(3, 8), "type float32; bool"),
    ("count", torch.tensor([2**31]), rf"{2**31} is outside its range; {-2**31} to {2**31 - 1}"),
    ("count", np.array([2**40], dtype=np.uint64), f"{2**40} is outside its range"),
    ("x", np.zeros((3, 7)), r"shape \[3, 7\]; \[3, 8\]"),
    ("x", [[1.0, 2.0], [3.0]], "a list is no tensor"),
    ("x", "eight", "a str is no tensor"),
    ("x", None, "a NoneType is no tensor"),
    ("x", object(), "a object is no tensor"),
    ("x", torch.zeros(3, 8).to_sparse(), "layout sparse_coo; a dense tensor"),
]


@pytest.mark.parametrize("name, value, said", WRONG)
@pytest.mark.parametrize("mode", ["both", "cycles"])
def test_wrong_kinds_are_named(program, name, value, said, mode):
    with pytest.raises(InputError, match=f"^{name}: {said}"):
        program.run(**GIVEN | {name: value}, mode=mode)


@pytest.mark.parametrize("mode, right", [("values", False), ("cycles", True)])
def test_a_tensor_without_data_serves_cycles_only(program, mode, right):
    given = GIVEN | {"x": torch.empty(3, 8, device="meta")}
    if right:
        assert program.run(**given, mode=mode).cycles > 0
    else:
        with pytest.raises(InputError, match="^x: a tensor on device meta has no data"):
            program.run(**given, mode=mode)


@pytest.mark.parametrize("change", [
    lambda x: x.numpy(), lambda x: x.tolist(), lambda x: x.double(), lambda x: x.t().contiguous().t(), lambda x: x.requires_grad_(),
    lambda x: x.numpy()[::-1][::-1], lambda x: x.numpy().astype(">f4"), lambda x: np.asfortranarray(x.numpy())])
def test_every_form_of_a_tensor_is_one(program, change):
    expected = program.run(**GIVEN, mode="values").output
    assert torch.equal(program.run(**GIVEN | {"x": change(GIVEN["x"].clone())}, mode="values").output, expected)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.uint64])
def test_every_type_of_integers_serves(program, dtype):
    expected = program.run(**GIVEN, mode="values").output
    assert torch.equal(program.run(**GIVEN | {"straight": GIVEN["straight"].numpy().astype(dtype)}, mode="values").output, expected)


def test_names_and_positions(program):
    values = list(GIVEN.values())
    assert torch.equal(program.run(*values, mode="values").output, program.run(**GIVEN, mode="values").output)
    with pytest.raises(InputError, match="^straight: given by position and by name"):
        program.run(*values, straight=values[0])
    with pytest.raises(InputError, match="^nothing: no input of this program; straight, viewed"):
        program.run(**GIVEN, nothing=values[0])


def test_names_that_run_has_itself():
    class Named(nn.Module):
        def forward(self, inputs, mode, values):
            return inputs * 2 + mode - values

    given = {"inputs": torch.ones(3), "mode": torch.full((3,), 5.0), "values": torch.full((3,), 2.0)}
    program = garam.compile(Named(), kwargs=given, chip="unit")
    for run in (program.run(inputs=given), program.run(*given.values())):
        assert run.output.tolist() == [5.0] * 3


def test_random_inputs_are_asked_for_and_fit(program):
    one, two, other = (program.random_inputs(seed) for seed in (0, 0, 1))
    assert all(torch.equal(one[name], two[name]) for name in GIVEN) and not torch.equal(one["x"], other["x"])
    assert program.random_inputs(0, leave=["x"]).keys() == GIVEN.keys() - {"x"}
    assert (one["both"] >= 0).all() and (one["both"] < SMALL).all() and one["count"].tolist() == [1]


def test_through_torch_compile():
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(ROWS, 8)

        def forward(self, ids):
            return self.table(ids) * 2

    torch._dynamo.reset()
    with torch.no_grad():
        fast = torch.compile(Rows(), backend="garam", options={"chip": "unit"})
        fast(torch.tensor([0, ROWS - 1]))
        for wrong in (-1, ROWS):
            with pytest.raises(InputError, match=f"{wrong} is outside its range; 0 to {ROWS - 1}"):
                fast(torch.tensor([0, wrong]))
        torch._dynamo.reset()
        with pytest.raises(Exception, match="mode: a run in mode cycles has no values to give back"):
            torch.compile(Rows(), backend="garam", options={"chip": "unit", "mode": "cycles"})(torch.tensor([0]))
