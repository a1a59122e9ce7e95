"""Garam: a compiler backend and a cycle-accurate simulator for transformer NPUs.

    import garam, torch
    program = garam.compile(torch.export.export(model, args), chip="atom")
    result = program.run(*args)
    result.outputs, result.cycles, result.ops, result.engines
"""
from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError, InternalError, MachineError

__version__ = "0.1.0"

# An installed package carries the shipped chips; a build reads them from its sources.
_CHIPS = Path(__file__).parent / "chips"
if _CHIPS.is_dir():
    os.environ.setdefault("GARAM_CHIPS", str(_CHIPS))

if TYPE_CHECKING:
    from .chip import Chip
    from .comparison import compare
    from .compiler import compile
    from .program import Program
    from .result import Result

#: Loaded when first asked for: PyTorch takes seconds, and `garam chips` needs none of it.
_LAZY = {"Chip": "chip", "Program": "program", "Result": "result", "compile": "compiler", "compare": "comparison"}

__all__ = ["InputError", "InternalError", "MachineError", "__version__", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'garam' has no attribute '{name}'")
    value = getattr(import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value
