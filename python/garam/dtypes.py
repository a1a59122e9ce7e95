"""Element types: the command line's names, MLIR's, PyTorch's and NumPy's."""
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .errors import input_error

if TYPE_CHECKING:
    import torch

#: Names of the command line and their spelling in MLIR, chips and programs.
MLIR_NAMES = {"bf16": "bf16", "f16": "f16", "f32": "f32", "f8e4m3": "f8E4M3FN", "i8": "i8"}

_TORCH = {"f32": "float32", "f16": "float16", "bf16": "bfloat16", "f8E4M3FN": "float8_e4m3fn", "f8E5M2": "float8_e5m2",
          "i8": "int8", "i1": "bool", "i32": "int32", "i64": "int64"}
_COMPUTED = {"bf16": "bf16", "bfloat16": "bf16", "f16": "f16", "float16": "f16", "half": "f16", "f32": "f32", "float32": "f32",
             "float": "f32"}
_BYTES = {"f32": 4, "f16": 2, "bf16": 2, "f8E4M3FN": 1, "f8E5M2": 1, "i8": 1, "i1": 1, "i32": 4, "i64": 8}


def mlir_name(name: str) -> str:
    """MLIR's spelling of a name of the command line (or of MLIR's own)."""
    if name in _TORCH:
        return name
    if name not in MLIR_NAMES:
        raise input_error("dtype", f"unknown type '{name}'", ", ".join(MLIR_NAMES))
    return MLIR_NAMES[name]


def command_name(name: str) -> str:
    """The command line's spelling of MLIR's name."""
    return {value: key for key, value in MLIR_NAMES.items()}.get(name, name)


def torch_dtype(name: str) -> torch.dtype:
    import torch

    return getattr(torch, _TORCH[mlir_name(name)])


def from_torch(dtype: torch.dtype) -> str:
    """MLIR's name of a PyTorch type."""
    wanted = str(dtype).removeprefix("torch.")
    for name, spelled in _TORCH.items():
        if spelled == wanted:
            return name
    raise input_error("dtype", f"no type of the machine for {dtype}", ", ".join(_TORCH.values()))


def listed(dtypes: Iterable[torch.dtype]) -> str:
    """For the reader: MLIR's names, and PyTorch's of what the machine lacks."""
    names = {spelled: name for name, spelled in _TORCH.items()}
    return " and ".join(names.get(spelled, spelled) for spelled in (str(dtype).removeprefix("torch.") for dtype in dtypes))


def compute_dtype(dtype: str | torch.dtype, where: str = "dtype") -> str:
    """The command line's name of a type that whole models are computed in: its own, PyTorch's, or a torch.dtype."""
    name = str(dtype).removeprefix("torch.").lower()
    found = _COMPUTED.get(name)
    if found is None:
        raise input_error(where, f"{dtype} is no type that models are computed in", "bf16, f16, f32, or PyTorch's bfloat16, float16, float32")
    return found


def byte_size(name: str) -> int:
    return _BYTES[mlir_name(name)]
