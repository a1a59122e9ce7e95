"""The object of `run --json`, the tables, and what they must add up to."""
from __future__ import annotations

import json

import numpy as np
import pytest
from samples import STALLS, sample_result

from garam.attribution import served
from garam.comparison import compare
from garam.document import _occupancy

KEYS = ["garam", "model", "chip", "dtype", "weights_dtype", "phase", "batch", "sequence_length", "kv_length", "mode", "cycles",
        "seconds", "tokens_per_second", "compile_seconds", "host_seconds", "peak_host_bytes", "hbm", "roofline", "engines",
        "energy_joules", "output_sha256"]
HBM = {"read_bytes", "write_bytes", "peak_bytes_per_second", "achieved_share", "row_hits", "row_misses", "activates", "precharges",
       "refreshes"}


def test_every_key_is_there():
    run = json.loads(json.dumps(sample_result().document))
    assert [key for key in run if key != "details"] == KEYS
    assert set(run["hbm"]) == HBM
    assert set(run["roofline"]) == {"flops", "hbm_bytes", "limit_seconds", "share"}
    for entry in run["engines"]:
        assert set(entry) == {"core", "engine", "busy_cycles", "stalls", "idle_cycles"}
        assert tuple(entry["stalls"]) == STALLS
        assert entry["busy_cycles"] + sum(entry["stalls"].values()) + entry["idle_cycles"] == run["cycles"]
    assert run["seconds"] == pytest.approx(run["cycles"] / 977e6)
    assert run["roofline"]["share"] == pytest.approx(run["roofline"]["limit_seconds"] / run["seconds"])


def test_unit_states_no_limits():
    run = sample_result("unit").document
    assert set(run["roofline"].values()) == {None}
    assert run["hbm"]["peak_bytes_per_second"] is None


def test_ops_keep_every_instruction():
    result = sample_result()
    assert result.ops["instructions"].sum() == len(result.records["end"])
    assert (result.ops["cycles"] == result.ops["last_cycle"] - result.ops["first_cycle"]).all()
    assert set(result.ops["name"]) == {"encoder.layer.0", "encoder.layer.1"}
    assert (result.engines.groupby("engine").size() == 8).all()


def test_served_spans_of_an_engine_do_not_overlap():
    records = sample_result().records
    start, end = served(records)
    for core in range(8):
        for engine in range(1, 5):
            mine = (records["core"] == core) & (records["engine"] == engine)
            order = np.argsort(end[mine], kind="stable")
            assert (start[mine][order][1:] >= end[mine][order][:-1]).all()
            assert (start[mine] >= records["start"][mine]).all()


def test_occupancy_is_exact():
    start, end = np.array([0, 3, 10]), np.array([5, 12, 11])
    expected = [sum(a <= cycle < b for a, b in zip(start, end)) for cycle in range(12)]
    buckets = [sum(expected[i:i + 5]) / 5 for i in range(0, 12, 5)]
    assert _occupancy(start, end, 5, 12).tolist() == pytest.approx(buckets)


def test_compare_makes_a_row_each():
    table = compare([sample_result(seed=0), sample_result(seed=1).document])
    assert len(table) == 2
    busy_and_stalls = table[[column for column in table if column.startswith("stall_")]].sum(axis=1)
    assert (busy_and_stalls < 1).all()


def test_the_figure(tmp_path):
    sample_result().roofline().savefig(tmp_path / "roofline.png")
    assert (tmp_path / "roofline.png").stat().st_size > 5000


def test_a_barrier_is_no_work():
    result = sample_result()
    mnemonics = result.program.info["kernels"][0]["mnemonics"]
    mnemonics[:] = ["sync.barrier" if mnemonic == "dma.store" else mnemonic for mnemonic in mnemonics]
    assert (result.ops["dma_out_cycles"] == 0).all() and (result.ops["matrix_cycles"] > 0).all()
    activity = result.document["details"]["activity"]
    assert not any(activity["dma_out"]) and any(activity["matrix"])
