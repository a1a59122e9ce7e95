"""The model as PyTorch runs it, whole: its results and its time, on the CPU or on a GPU."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from garam.errors import InputError, brief, input_error
from garam.frontdoor.cache import DecoderStep
from garam.frontdoor.exporter import cast
from garam.frontdoor.model import CASTS
from garam.frontdoor.source import Source, cast_inputs
from garam.reference.widened import WIDENED, Widened

DEVICES = ("cpu", "cuda")
_CASTS = CASTS | {"f64": torch.float64, WIDENED: torch.float64}


@dataclasses.dataclass(frozen=True)
class ModelRun:
    """outputs by name, on the CPU. seconds: of one warm run, or None where it was not asked for."""

    outputs: dict[str, Tensor]
    seconds: float | None
    provenance: dict[str, Any]


def run_model(source: Source, dtype: str, *, device: str = "cpu", inputs: Mapping[str, Tensor] | None = None,
              values: Mapping[str, int] | None = None, states: Mapping[str, Tensor] | None = None, timed: bool = False) -> ModelRun:
    """dtype: a name of CASTS, f64 or WIDENED. A decoder's cache starts from `states` (by default the source's)."""
    if device not in DEVICES or device == "cuda" and not torch.cuda.is_available():
        raise input_error("--device", f"{device} is not at hand", "cpu" + (", cuda" if torch.cuda.is_available() else ""))
    kind = _CASTS[dtype]
    module = cast(source.module, kind).to(device).eval()
    tensors = {**source.inputs, **(inputs or {})}
    arguments = cast_inputs({n: t.to(device) for n, t in tensors.items()}, kind)
    arguments.update({n: torch.tensor(v, device=device) for n, v in {**source.values, **(values or {})}.items()})
    run = functools.partial(_call, module, source, arguments)
    if isinstance(module, DecoderStep):
        run = _decoder_step(module.model, arguments, source.states if states is None else states)
    with torch.no_grad(), Widened() if dtype == WIDENED else contextlib.nullcontext():
        outputs = _by_name(run(), source.outputs)  # before other runs: a module may return what it writes again
        seconds = _time(run, device) if timed else None
    return ModelRun(outputs, seconds, provenance(device, dtype, seconds))


def first_run(source: Source, dtypes: tuple[str, ...], **given: Any) -> ModelRun:
    """`run_model` in the first of these types that the module runs in; the provenance names it. Throws InputError where there is none."""
    for dtype in dtypes:
        try:
            return run_model(source, dtype, **given)
        except InputError:
            raise
        except Exception as error:  # an op without a kernel for the type, or whatever the module says of a type that it does not expect
            refused = error
    raise input_error(source.name, f"PyTorch runs it in none of {', '.join(dtypes)} ({brief(refused)})",
                      "modules that run in one type throughout")


def _call(module: torch.nn.Module, source: Source, arguments: Mapping[str, Tensor]) -> Any:
    """On arguments of its own: a module may write to them."""
    args, kwargs = source.arguments.call({n: t.clone() for n, t in arguments.items()})
    return module(*args, **kwargs)


def _decoder_step(model: torch.nn.Module, arguments: Mapping[str, Tensor], states: Mapping[str, Tensor]) -> Callable[[], dict[str, Tensor]]:
    """One step of the unmodified model with Transformers' own cache, which holds the first rows of `states`."""
    length = int(arguments["pos"])
    kind, device = next(model.parameters()).dtype, arguments["input_ids"].device
    rows = [[states[f"kv.{i}.{name}"][:, :, :length].to(device, kind) for name in ("keys", "values")] for i in range(len(states) // 2)]

    def step() -> dict[str, Tensor]:
        cache = DynamicCache(config=model.config)
        if length:
            for i, (keys, values) in enumerate(rows):
                cache.update(keys, values, i)
        logits = model(input_ids=arguments["input_ids"], past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
        return {"logits": logits, "next_token": logits.argmax(-1, keepdim=True)}

    return step


def _by_name(output: Any, names: tuple[str, ...]) -> dict[str, Tensor]:
    """Copies of the tensors, by position: None and numbers have one as well."""
    leaves = torch.utils._pytree.tree_leaves(output)
    if len(leaves) != len(names):
        raise input_error("the module", f"gives {len(leaves)} results, its export {len(names)}", "as many")
    return {n: t.detach().cpu().clone() for n, t in zip(names, leaves) if isinstance(t, Tensor)}


def provenance(device: str, dtype: str, seconds: float | None) -> dict[str, Any]:
    """As in `validate --json`, and what a GPU adds."""
    found: dict[str, Any] = {"device": device, "name": _cpu_name(), "torch": torch.__version__.split("+")[0], "dtype": dtype,
                             "seconds": seconds, "threads": torch.get_num_threads(), "load_average": round(os.getloadavg()[0], 2)}
    if device == "cuda":
        properties = torch.cuda.get_device_properties(0)
        found.update(name=properties.name, cuda=torch.version.cuda, driver=torch.cuda._get_driver_version() if hasattr(
            torch.cuda, "_get_driver_version") else None, clock_mhz=torch.cuda.clock_rate() if hasattr(torch.cuda, "clock_rate") else None)
        del found["threads"], found["load_average"]
    return found


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    except OSError:
        return platform.processor() or platform.machine()


def _time(run: Callable[[], Any], device: str) -> float:
    """Median of runs after one that warmed up: on a CPU by the clock, two seconds of them, on a GPU by events around a replayed
    CUDA graph."""
    return _time_cuda(run) if device == "cuda" else _time_cpu(run)


def _time_cpu(run: Callable[[], Any]) -> float:
    times: list[float] = []
    while not times or (len(times) < 20 and sum(times) < 2.0):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _time_cuda(run: Callable[[], Any]) -> float:
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    times = []
    for _ in range(20):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end) / 1e3)
    return statistics.median(times)
