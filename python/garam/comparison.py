"""Runs side by side."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import input_error
from .files import read_json

if TYPE_CHECKING:
    import pandas as pd

#: Keys of a run that make no sense outside of it.
_PLAIN = ("model", "chip", "dtype", "weights_dtype", "phase", "batch", "sequence_length", "kv_length", "mode", "cycles", "seconds",
          "tokens_per_second", "compile_seconds", "host_seconds", "energy_joules")


def load_run(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The object of `run --json` from a file. Throws if it is another."""
    run = read_json(path)
    missing = [key for key in (*_PLAIN, "hbm", "roofline", "engines") if not isinstance(run, dict) or key not in run]
    if missing:
        raise input_error(str(path), f"not the JSON of a run: no key '{missing[0]}'", "a file that run --json wrote")
    return run


def compare(runs: Iterable[Any]) -> pd.DataFrame:
    """A row for each run: results, programs (which run on their example inputs), files of `run --json`, or their objects."""
    import pandas as pd

    return pd.DataFrame([_row(_document(run)) for run in runs])


def _document(run: Any) -> Mapping[str, Any]:
    from .program import Program
    from .result import Result

    if isinstance(run, Program):
        run = run.run(mode="cycles")
    if isinstance(run, Result):
        return run.document
    return run if isinstance(run, Mapping) else load_run(run)


def _row(run: Mapping[str, Any]) -> dict[str, Any]:
    row = {key: run[key] for key in _PLAIN}
    row["hbm_read_bytes"], row["hbm_write_bytes"] = run["hbm"]["read_bytes"], run["hbm"]["write_bytes"]
    row["hbm_share"], row["roofline_share"] = run["hbm"]["achieved_share"], run["roofline"]["share"]
    totals: dict[str, float] = {}
    cores: dict[str, int] = {}
    for entry in run["engines"]:
        engine = entry["engine"]
        cores[engine] = cores.get(engine, 0) + 1
        totals[f"{engine}_busy"] = totals.get(f"{engine}_busy", 0) + entry["busy_cycles"]
        for cause, cycles in entry["stalls"].items():
            totals[f"stall_{cause}"] = totals.get(f"stall_{cause}", 0) + cycles
    everything = max(1, run["cycles"]) * max(1, sum(cores.values()))
    for key, cycles in totals.items():
        whole = max(1, run["cycles"]) * cores[key.removesuffix("_busy")] if key.endswith("_busy") else everything
        row[key] = cycles / whole
    return row
