"""What the recognition of written-out attention and norms asks of a value."""

from __future__ import annotations

import torch

from garam.frontdoor.ir import Value


def is_op(x: object, *names: str) -> bool:
    """Whether one of these graph ops computes x."""
    return isinstance(x, Value) and x.op is not None and x.op.name.removeprefix("graph.") in names


def same_numbers(x: Value) -> Value:
    """x before conversions between floats that change no number, or that the importer put around one op; a rounding that the module
    asks for stays."""
    while is_op(x, "cast") and (x.op.implied or _widens(x)):
        x = x.op.operands[0]
    return x


def _widens(x: Value) -> bool:
    return x.dtype == torch.float32 and x.op.operands[0].dtype in (torch.bfloat16, torch.float16)
