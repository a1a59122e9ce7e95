"""Energy: what is counted is what the run did, and it adds up by op, by action and over time."""
from __future__ import annotations

import numpy as np
import pytest
import torch

import garam
from garam.energy import joules_by_action, watts_over_time


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(200, 136, bias=False)

    def forward(self, x):
        return torch.softmax(self.linear(x), -1)


def run_on(chip: str, *overrides: str, mode: str = "cycles") -> garam.Result:
    exported = torch.export.export(Layer(), (torch.randn(96, 200),))
    return garam.compile(exported, chip=chip, set=list(overrides), dtype="bf16").run(mode=mode)


@pytest.fixture(scope="module", params=["unit", "atom", "rebel100", "rngd", "tpuv3"])
def result(request) -> garam.Result:
    return run_on(request.param)


def total(result, action: str) -> int:
    return int(result.counters["actions"][action].sum() + result.counters["other_actions"][action])


def test_counts_are_those_of_the_run(result):
    hbm = result.counters["hbm"]
    assert total(result, "mac_16bit") == 96 * 200 * 136
    assert total(result, "dram_read") == hbm["read_bytes"]
    assert total(result, "dram_write") == hbm["write_bytes"]
    assert total(result, "dram_activate") == hbm["activates"]
    assert total(result, "dram_refresh") == hbm["refreshes"]
    assert total(result, "mac_f32") == total(result, "mac_i8") == 0
    assert total(result, "noc") > hbm["read_bytes"] + hbm["write_bytes"]


def test_it_adds_up(result):
    run, joules = result.document, joules_by_action(result)
    assert run["energy_joules"] == pytest.approx(sum(joules.values()))
    of_ops = result.ops["joules"].sum()
    rest = sum(joules[name] for name in ("dram_activate", "dram_refresh", "standing"))
    assert of_ops + rest == pytest.approx(run["energy_joules"])
    assert (result.ops["joules"] > 0).all()


def test_power_is_energy_over_time(result):
    watts, bucket = watts_over_time(result), result.counters["bucket_cycles"]
    lengths = np.full(len(watts), bucket)
    lengths[-1] = max(1, result.cycles - bucket * (len(watts) - 1))
    assert float((watts * lengths).sum() / result.program.chip.hertz) == pytest.approx(result.document["energy_joules"], rel=1e-3)
    for action in result.program.chip.joules_per_action:
        row = list(result.program.chip.joules_per_action).index(action)
        assert result.counters["actions_over_time"][row].sum() == total(result, action)


def test_prices_are_those_of_the_chip_file():
    once, twice = (joules_by_action(run_on("atom", f"energy.l1_pj_per_byte={price}")) for price in (1.0, 2.0))
    assert twice["l1"] == pytest.approx(2 * once["l1"])
    assert twice["acc"] == once["acc"]


def test_mode_values_has_none():
    assert run_on("unit", mode="values").document["energy_joules"] is None
