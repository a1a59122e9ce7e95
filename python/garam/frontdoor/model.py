"""A model as the front door takes it, before export."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from garam.errors import input_error
from garam.frontdoor.remarks import remark
from garam.frontdoor.weight_files import WeightFiles

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
DEFAULT = "bf16"
#: In place of a name of DTYPES: parameters, buffers and inputs stay as they are.
OWN = "its own types"
CASTS: dict[str, torch.dtype | None] = DTYPES | {OWN: None}
PHASES = ("encode", "prefill", "decode")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line asks of a model. None: the model's own default. kv_capacity: positions that a cache holds; kv_least: that it
    has to hold, where the capacity follows from the run."""

    batch: int = 1
    seq: int | None = None
    phase: str | None = None
    kv_len: int | None = None
    kv_capacity: int | None = None
    kv_least: int = 0
    layers: int | None = None
    random_weights: int | None = None


@dataclasses.dataclass
class Model:
    """module: taken in evaluation mode. inputs: example arguments of `forward`, by name and in its order, lists and numbers among them;
    those in `ranges` are launch parameters (rank 0, i64) within [low, high]. file_names: parameter -> tensor of `weights`; None: the same name.
    kv_length: tokens that the cache holds before a decode step; capacity: positions of the cache."""

    name: str
    module: torch.nn.Module
    inputs: dict[str, Any]
    weights: WeightFiles | None = None
    file_names: dict[str, str] | None = None
    phase: str = "encode"
    ranges: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    kv_length: int | None = None
    capacity: int = 0


def check_mode(name: str, module: torch.nn.Module) -> None:
    """Models are taken in evaluation mode; it is said where that makes another of one."""
    if any(m.training and _learns(m) for m in module.modules()):
        remark(name, "taken in evaluation mode, though it came in training mode")


def _learns(module: torch.nn.Module) -> bool:
    """Computes something else in training mode."""
    if isinstance(module, torch.nn.modules.dropout._DropoutNd):
        return module.p > 0
    return isinstance(module, (torch.nn.modules.batchnorm._NormBase, torch.nn.RReLU))


def choose_phase(name: str, wanted: str | None, allowed: tuple[str, ...]) -> str:
    if wanted is not None and wanted not in allowed:
        raise input_error(name, f"phase {wanted}", " or ".join(allowed))
    return wanted or allowed[0]


def check_length(name: str, what: str, length: int, least: int, most: int) -> int:
    if not least <= length <= most:
        raise input_error(name, f"{what} {length}", f"{least} to {most}")
    return length


def check_layers(name: str, layers: int | None, total: int) -> int:
    return total if layers is None else check_length(name, "layers", layers, 1, total)
