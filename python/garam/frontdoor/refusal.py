"""What torch.export says of a module that it does not take, at the module and line that broke."""

from __future__ import annotations

import traceback
from types import FrameType

import torch

from garam.errors import InputError, input_error, one_line
from garam.frontdoor.builder import own_line


def refusal(model: torch.nn.Module, error: BaseException, instead: str = "") -> InputError:
    """One line from an exception that passed through the modules of `model`."""
    path, place = _broken(model, error)
    where = type(model).__name__ + (f".{path}" if path else "") + (f" ({place})" if place else "")
    said = next((line for line in str(error).splitlines() if line.strip()), "")
    what = f"torch.export refuses the module ({type(error).__name__}{': ' if said else ''}{one_line(said)[:300]})"
    return input_error(where, what, f"modules that run on the example arguments{_in_type(model)} and whose control flow does not depend "
                                    f"on tensor values{instead}")


def _broken(model: torch.nn.Module, error: BaseException) -> tuple[str, str]:
    """Path of the innermost module that was running, and the innermost line of the model's own code. Both may be empty."""
    paths = {id(module): path for path, module in model.named_modules()}
    path, place = "", ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        running = _self(frame)
        if id(running) in paths:
            path = paths[id(running)]
        if own := own_line(frame.f_code.co_filename):
            place = f"{own}:{line}"
    return path, place


def _self(frame: FrameType) -> object:
    return frame.f_locals.get("self")


def _in_type(model: torch.nn.Module) -> str:
    types = {str(p.dtype).removeprefix("torch.") for p in model.parameters() if p.is_floating_point()}
    return f" in {types.pop()}" if len(types) == 1 else ""
