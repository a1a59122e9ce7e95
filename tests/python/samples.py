"""A run made up by hand: two layers on the cores of a chip, for tests of what is drawn from a run."""
from __future__ import annotations

from typing import Any

import numpy as np

from garam.chip import Chip
from garam.result import Result

STALLS = ("queue_empty", "wait_semaphore", "wait_barrier", "operand_l1", "output_l1", "noc", "memory_queue", "row_miss", "refresh",
          "turnaround", "die_to_die", "shared_memory", "fetch", "launch")
NODES = ("linear", "linear_1", "linear_2", "attention", "linear_3", "layer_norm", "linear_4", "gelu", "linear_5", "layer_norm_1")
ACTIONS = ("mac_f32", "mac_16bit", "mac_f8", "mac_i8", "acc", "l1", "vector", "shared", "noc", "die_to_die", "dram_activate", "dram_read",
           "dram_write", "dram_refresh")
ENGINES = ("dma_in", "dma_out", "matrix", "vector")


class SampleProgram:
    """As garam.Program, without bytes."""

    compile_seconds, weights_dtype, source = 1.5, None, None

    def __init__(self, chip: str = "atom", layers: int = 2):
        self.chip = Chip(chip)
        locations = [{"op": "mma", "tile_op": node, "node": "",
                      "source": f"modeling_bert.py:{100 + i}"} for i, node in enumerate(NODES)]
        mnemonics = ["dma.load", "mma", "vec.map", "dma.store"] * len(NODES)
        engines = ["dma_in", "matrix", "vector", "dma_out"] * len(NODES)
        kernel = {"name": "layer0", "code_bytes": 64 * len(mnemonics), "descriptors": 4, "mnemonics": mnemonics, "engines": engines,
                  "locations": [i // 4 for i in range(len(mnemonics))]}
        self.info: dict[str, Any] = {
            "model": "minilm", "chip": chip, "dies": 1, "dtype": "bf16", "phase": "encode", "batch": 8, "sequence_length": 128,
            "kv_capacity": 0, "weight_files": [], "flops": 290_000_000, "compulsory_bytes": 1_100_000,
            "mapping": '{"groups": [{"kernel": "layer0", "group": "linear", "location": "modeling_bert.py:100", "tile":'
                       ' {"m": 128, "n": 64, "k": 384}, "grid": {"m": 8}, "order": ["m", "n", "k"], "depth": {"a": 2}}]}',
            "kernels": [kernel], "segments": [], "values": [], "boundaries": [], "locations": locations,
            "launches": [{"kernel": 0, "name": f"encoder.layer.{i}"} for i in range(layers)]}


def sample_result(chip: str = "atom", layers: int = 2, seed: int = 0) -> Result:
    """Counters that add up: busy + stalls + idle = cycles on every engine."""
    program = SampleProgram(chip, layers)
    random = np.random.default_rng(seed)
    cores = program.chip.cores
    rows: list[tuple[int, ...]] = []
    for core in range(cores):
        now = 2000
        for launch in range(layers):
            for op, node in enumerate(NODES):
                weight = 900 if node.startswith("linear") else 300
                length = int(weight * random.uniform(0.8, 1.2))
                rows.append((launch, 0, core, 1, op * 4, now, now + 10, now + 10 + length // 2))
                rows.append((launch, 0, core, 3, op * 4 + 1, now + 20, now + length // 3, now + length))
                rows.append((launch, 0, core, 4, op * 4 + 2, now + 30, now + length, now + length + length // 4))
                rows.append((launch, 0, core, 2, op * 4 + 3, now + 40, now + length, now + length + length // 3))
                now += length + length // 4
            now += 1500
    table = np.array(rows, dtype=np.int64)
    kinds = {"launch": np.uint32, "kernel": np.uint32, "core": np.uint16, "engine": np.uint8, "index": np.uint32}
    names = ("launch", "kernel", "core", "engine", "index", "issue", "start", "end")
    records = {name: table[:, i].astype(kinds.get(name, np.int64)) for i, name in enumerate(names)}
    cycles = int(records["end"].max())
    counters = {"cycles": cycles, "engines": _engines(records, cycles, cores, random), "records": records,
                "hbm": {"read_bytes": 2_000_000, "write_bytes": 600_000, "row_hits": 700_000, "row_misses": 18_000,
                        "activates": 18_000, "precharges": 17_900, "refreshes": 120},
                "host_seconds": 2.0, "host_link_seconds": 1e-5, "gather_indices": None, "bucket_cycles": 256,
                **_actions(random, layers, cycles),
                "channel_bytes": (random.uniform(0.2, 1, (8, -(-cycles // 256))) * 7000).astype(np.int64)}
    return Result(program, "both", counters, {})  # type: ignore[arg-type]


def _actions(random: np.random.Generator, layers: int, cycles: int) -> dict[str, Any]:
    """An instruction's actions for each op and layer; the curve holds them and the rest."""
    size, buckets = layers * len(NODES) * 4, -(-cycles // 256)
    curve = random.integers(0, 900, (len(ACTIONS), buckets))
    rest = {name: int(curve[i].sum() // 10) for i, name in enumerate(ACTIONS)}
    table = {name: np.full(size, (int(curve[i].sum()) - rest[name]) // size, dtype=np.int64) for i, name in enumerate(ACTIONS)}
    for i, name in enumerate(ACTIONS):
        rest[name] = int(curve[i].sum() - table[name].sum())
    places = {"launch": np.repeat(np.arange(layers), len(NODES) * 4), "kernel": np.zeros(size, dtype=np.int64),
              "index": np.tile(np.arange(len(NODES) * 4), layers)}
    return {"actions": {**places, **table}, "other_actions": rest, "actions_over_time": curve}


def _engines(records: dict[str, np.ndarray], cycles: int, cores: int, random: np.random.Generator) -> list[dict[str, Any]]:
    out = []
    for core in range(cores):
        for number, engine in enumerate(ENGINES, start=1):
            mine = (records["core"] == core) & (records["engine"] == number)
            busy = int((records["end"][mine] - records["start"][mine]).sum() * 0.8)
            left = max(0, cycles - busy)
            idle = left // 20
            shares = random.dirichlet(np.r_[4.0, 6.0, 2.0, np.ones(11) * 0.3])
            stalls = [int(share * (left - idle)) for share in shares]
            stalls[0] += left - idle - sum(stalls)
            out.append({"core": core, "engine": engine, "busy_cycles": busy, "stalls": dict(zip(STALLS, stalls)),
                        "idle_cycles": idle, "instructions": int(mine.sum())})
    return out
