"""Which op of the model a cycle belongs to: instruction records joined with the program's locations."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Engines by their number in a record.
ENGINES = ("seq", "dma_in", "dma_out", "matrix", "vector")

_COLUMNS = ["launch", "name", "kernel", "node", "source", "first_cycle", "last_cycle", "cycles", "share", "cores", "instructions",
            "matrix_cycles", "vector_cycles", "dma_in_cycles", "dma_out_cycles", "joules"]


def locations_of(info: Mapping[str, Any], kernel: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Location of each instruction, −1 where the program states none."""
    out = np.full(len(kernel), -1, dtype=np.int64)
    for number, table in enumerate(info["kernels"]):
        chosen = kernel == number
        lookup = np.array([-1 if entry is None else entry for entry in table["locations"]] or [-1], dtype=np.int64)
        out[chosen] = lookup[index[chosen]]
    return out


def served(records: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of each record with the part cut off in which its engine still served the one before.

    An engine completes in order and takes an instruction while the previous one finishes, so spans overlap; what is
    left adds up to no more than the run.
    """
    start, end = records["start"].copy(), records["end"]
    order = np.lexsort((end, records["engine"], records["core"]))
    same = (records["core"][order][1:] == records["core"][order][:-1]) & (records["engine"][order][1:] == records["engine"][order][:-1])
    before = np.where(same, end[order][:-1], 0)
    start[order[1:]] = np.minimum(np.maximum(start[order[1:]], before), end[order[1:]])
    return start, end


def at_work(info: Mapping[str, Any], records: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """As `served`, with nothing left of barriers: the engine that holds one waits for other cores."""
    start, end = served(records)
    waiting = np.zeros(len(end), dtype=bool)
    for number, table in enumerate(info["kernels"]):
        chosen = records["kernel"] == number
        barriers = np.array([mnemonic == "sync.barrier" for mnemonic in table["mnemonics"]] or [False])
        waiting[chosen] = barriers[records["index"][chosen]]
    return np.where(waiting, end, start), end


def ops_table(info: Mapping[str, Any], records: Mapping[str, np.ndarray], cycles: int, energy: pd.DataFrame) -> pd.DataFrame:
    """A row for each op (with what is fused around it) of each launch, in the order of their first cycle.

    `cycles` is the span from its first instruction's start to its last one's end over all cores; spans of neighbours may overlap.
    `energy` has the joules of each instruction (launch, kernel, index); those of opening rows, refreshes and standing power belong to no op.
    """
    engine = records["engine"]
    kept = engine != ENGINES.index("seq")
    if not kept.any():
        return pd.DataFrame(columns=_COLUMNS)
    start, end = at_work(info, records)
    frame = pd.DataFrame({
        "launch": records["launch"][kept], "location": locations_of(info, records["kernel"][kept], records["index"][kept]),
        "core": records["core"][kept], "start": records["start"][kept], "end": records["end"][kept],
    })
    for number, name in enumerate(ENGINES[1:], start=1):
        frame[f"{name}_cycles"] = np.where(engine[kept] == number, (end - start)[kept], 0)
    names = np.array([node_of(info, place) for place in range(-1, len(info["locations"]))])
    frame["node"] = names[frame["location"] + 1]
    frame["source"] = np.array(["", *(place["source"] for place in info["locations"])])[frame["location"] + 1]
    grouped = frame.groupby(["launch", "node"], sort=False)
    table = grouped.agg(source=("source", _last_named), first_cycle=("start", "min"),
                        last_cycle=("end", "max"), cores=("core", "nunique"), instructions=("core", "size"),
                        matrix_cycles=("matrix_cycles", "sum"), vector_cycles=("vector_cycles", "sum"),
                        dma_in_cycles=("dma_in_cycles", "sum"), dma_out_cycles=("dma_out_cycles", "sum")).reset_index()
    table["cycles"] = table["last_cycle"] - table["first_cycle"]
    table["joules"] = _joules_of(info, energy, names, table)
    table["share"] = table["cycles"] / max(cycles, 1)
    table["name"] = [info["launches"][launch]["name"] for launch in table["launch"]]
    table["kernel"] = [info["kernels"][info["launches"][launch]["kernel"]]["name"] for launch in table["launch"]]
    return table.sort_values("first_cycle", kind="stable")[_COLUMNS].reset_index(drop=True)


def _joules_of(info: Mapping[str, Any], energy: pd.DataFrame, names: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Joules of each row of the table of ops."""
    node = names[locations_of(info, energy["kernel"].to_numpy(), energy["index"].to_numpy()) + 1]
    sums = energy.assign(node=node).groupby(["launch", "node"])["joules"].sum()
    return np.array([sums.get((launch, node), 0.0) for launch, node in zip(table["launch"], table["node"])], dtype=float)


def node_of(info: Mapping[str, Any], place: int | None) -> str:
    """What a reader knows an instruction by: its group of the graph, named after the node that it writes."""
    if place is None or place < 0:
        return "(kernel)"
    location = info["locations"][place]
    return location["tile_op"] or location["node"] or "(kernel)"


def _last_named(values: pd.Series) -> str:
    named = [value for value in values.unique() if value]
    return named[-1] if named else ""


def engines_table(engines: list[dict[str, Any]]) -> pd.DataFrame:
    """A row for each engine of each core: busy, every cause of waiting, idle."""
    rows = [{"core": entry["core"], "engine": entry["engine"], "busy_cycles": entry["busy_cycles"], **entry["stalls"],
             "idle_cycles": entry["idle_cycles"], "instructions": entry["instructions"]} for entry in engines]
    return pd.DataFrame(rows)
