"""What a run cost in energy: each action counted by the simulator at the chip file's price, and what flows all the time."""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .chip import Chip
    from .result import Result

#: What is not counted but flows: static power and the background of the memory channels.
STANDING = "standing"


def joules_by_action(result: Result) -> dict[str, float] | None:
    """Joules of each action of the run, and of what flows all the time; None in mode values, where there is no time."""
    if result.seconds is None:
        return None
    counts, prices = result.counters, result.program.chip.joules_per_action
    out = {name: price * float(counts["actions"][name].sum() + counts["other_actions"][name]) for name, price in prices.items()}
    out[STANDING] = result.program.chip.standing_watts * result.seconds
    return out


def joules_by_instruction(chip: Chip, actions: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Columns launch, kernel, index and joules, a row for each instruction that acts, all cores together."""
    joules = sum(price * actions[name] for name, price in chip.joules_per_action.items())
    return pd.DataFrame({"launch": actions["launch"], "kernel": actions["kernel"], "index": actions["index"], "joules": joules})


def watts_over_time(result: Result) -> np.ndarray:
    """Power in each bucket of `bucket_cycles`; the last is as long as the run makes it."""
    counts, chip = result.counters, result.program.chip
    curve, bucket = counts["actions_over_time"], counts["bucket_cycles"]
    if result.seconds is None or not curve.size:
        return np.zeros(0)
    joules = np.array(list(chip.joules_per_action.values())) @ curve
    ends = np.minimum(np.arange(1, curve.shape[1] + 1) * bucket, max(result.cycles, 1))
    # Answers to signals may land a little after the last instruction; they count into the last bucket.
    lengths = np.maximum(1, np.diff(ends, prepend=0))
    return joules / (lengths / chip.hertz) + chip.standing_watts


def summary(result: Result) -> dict[str, Any] | None:
    """For `details` of a run's JSON: joules by action, average and peak watts."""
    joules = joules_by_action(result)
    if joules is None:
        return None
    watts, total = watts_over_time(result), sum(joules.values())
    return {"joules": joules, "average_watts": total / result.seconds if result.seconds else None,
            "peak_watts": float(watts.max()) if watts.size else None,
            "peak_over_cycles": result.counters["bucket_cycles"]}
