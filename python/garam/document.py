"""The object of `run --json`. Keys stay as written; `details` holds what reports need beside them."""
from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .attribution import ENGINES, at_work
from .dtypes import command_name
from .energy import joules_by_action, summary, watts_over_time

if TYPE_CHECKING:
    import torch

    from .result import Result

#: Points of the traffic curve of a report: enough for a screen.
_CURVE_POINTS = 480


def run_document(result: Result) -> dict[str, Any]:
    info, chip = result.program.info, result.program.chip
    decode = info["phase"] == "decode"
    return {
        "garam": __version__, "model": info["model"], "chip": info["chip"],
        "dtype": command_name(info["dtype"]),
        "weights_dtype": command_name(result.program.weights_dtype or info["dtype"]),
        "phase": info["phase"] or None, "batch": info["batch"] or None,
        "sequence_length": info["sequence_length"] or None,
        "kv_length": result.values.get("pos") if decode else None, "mode": result.mode,
        "cycles": result.cycles, "seconds": result.seconds, "tokens_per_second": _tokens_per_second(result),
        "compile_seconds": result.program.compile_seconds, "host_seconds": result.counters["host_seconds"],
        "peak_host_bytes": result.peak_host_bytes,
        "hbm": _hbm(result), "roofline": _roofline(result),
        "engines": [{"core": entry["core"], "engine": entry["engine"], "busy_cycles": entry["busy_cycles"],
                     "stalls": entry["stalls"], "idle_cycles": entry["idle_cycles"]} for entry in result.counters["engines"]],
        "energy_joules": _joules(result), "output_sha256": digest(list(result.outputs.values())),
        "details": _details(result, chip.table),
    }


def _joules(result: Result) -> float | None:
    joules = joules_by_action(result)
    return None if joules is None else sum(joules.values())


def _tokens_per_second(result: Result) -> float | None:
    info = result.program.info
    if not result.seconds or info["phase"] not in ("encode", "prefill", "decode") or not info["batch"]:
        return None
    length = 1 if info["phase"] == "decode" else info["sequence_length"]
    return info["batch"] * length / result.seconds if length else None


def _hbm(result: Result) -> dict[str, Any]:
    counted, chip = result.counters["hbm"], result.program.chip
    peak = None if chip.ideal else chip.peak_hbm
    return {"read_bytes": counted["read_bytes"], "write_bytes": counted["write_bytes"],
            "peak_bytes_per_second": None if peak is None else round(peak),
            "achieved_share": result.moved_bytes / result.seconds / peak if peak and result.seconds else None,
            **{key: counted[key] for key in ("row_hits", "row_misses", "activates", "precharges", "refreshes")}}


def _roofline(result: Result) -> dict[str, Any]:
    if result.work is None or result.program.chip.ideal:
        return {"flops": None, "hbm_bytes": None, "limit_seconds": None, "share": None}
    limit = result.limit_seconds
    share = limit / result.seconds if limit is not None and result.seconds else None
    return {"flops": result.work.flops, "hbm_bytes": result.work.bytes, "limit_seconds": limit, "share": share}


def digest(outputs: list[torch.Tensor]) -> str | None:
    """SHA-256 of the tensors' bytes in order; None without any."""
    import torch

    if not outputs:
        return None
    hashed = hashlib.sha256()
    for tensor in outputs:
        hashed.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return hashed.hexdigest()


def _details(result: Result, chip: dict[str, Any]) -> dict[str, Any]:
    info = result.program.info
    dtype = info["dtype"]
    return {
        "chip": chip, "peak_flops": result.program.chip.peak_flops(dtype) if dtype else None,
        "mapping": json.loads(info["mapping"]) if info["mapping"] else None, "values": result.values, "generated_inputs": result.drawn,
        "host_link_seconds": result.counters["host_link_seconds"], "gather_indices": result.counters["gather_indices"],
        "program": {"kernels": len(info["kernels"]), "launches": len(info["launches"]),
                    "instructions": sum(len(kernel["mnemonics"]) for kernel in info["kernels"]),
                    "code_bytes": sum(kernel["code_bytes"] for kernel in info["kernels"])},
        "ops": json.loads(result.ops.to_json(orient="records")),
        "traffic": _traffic(result), "activity": _activity(result), "energy": summary(result), "power": _power(result),
    }


def _folded(values: np.ndarray, points: int) -> tuple[np.ndarray, int]:
    """Sums of neighbours, so that at most `points` are left, and how many went into each."""
    step = max(1, -(-values.shape[-1] // points))
    padding = -values.shape[-1] % step
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, padding)])
    return padded.reshape(*values.shape[:-1], -1, step).sum(-1), step


def _power(result: Result) -> dict[str, Any]:
    """Watts over time, as averages where buckets are folded."""
    watts = watts_over_time(result)
    if not watts.size:
        return {"bucket_cycles": 0, "watts": []}
    step = max(1, -(-watts.size // _CURVE_POINTS))
    means = [float(watts[at:at + step].mean()) for at in range(0, watts.size, step)]
    return {"bucket_cycles": int(result.counters["bucket_cycles"]) * step, "watts": means}


def _traffic(result: Result) -> dict[str, Any]:
    """Bytes over time of all channels together, and the total of each channel."""
    channels = result.counters["channel_bytes"]
    if not channels.size:
        return {"bucket_cycles": 0, "bytes": [], "channel_bytes": []}
    curve, step = _folded(channels.sum(0), _CURVE_POINTS)
    return {"bucket_cycles": int(result.counters["bucket_cycles"]) * step, "bytes": curve.tolist(),
            "channel_bytes": channels.sum(1).tolist()}


def _activity(result: Result) -> dict[str, Any]:
    """Share of the cores whose engine serves an instruction other than a barrier, over time."""
    records = result.records
    cycles = result.cycles
    if not len(records["end"]) or not cycles:
        return {"bucket_cycles": 0}
    bucket = max(1, -(-cycles // _CURVE_POINTS))
    start, end = at_work(result.program.info, records)
    cores = max(1, len({entry["core"] for entry in result.counters["engines"]}))
    out: dict[str, Any] = {"bucket_cycles": bucket}
    for number, name in enumerate(ENGINES[1:], start=1):
        chosen = records["engine"] == number
        out[name] = np.round(_occupancy(start[chosen], end[chosen], bucket, cycles) / cores, 4).tolist()
    return out


def _occupancy(start: np.ndarray, end: np.ndarray, bucket: int, cycles: int) -> np.ndarray:
    """Average number of open intervals in each bucket: the difference of the intervals' integral at its two edges."""
    edges = np.arange(0, -(-cycles // bucket) + 1) * bucket
    return np.diff(_covered(start, end, edges)) / bucket


def _covered(start: np.ndarray, end: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sum over intervals of their length before each edge."""
    total = np.zeros(len(edges), dtype=np.float64)
    for times, sign in ((np.sort(start), 1.0), (np.sort(end), -1.0)):
        before = np.searchsorted(times, edges)
        sums = np.concatenate(([0], np.cumsum(times)))[before]
        total += sign * (edges * before - sums)
    return total
