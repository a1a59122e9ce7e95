"""Faults of Garam's own: one line for the reader, and a file that keeps what repeats them."""
from __future__ import annotations

import functools
import inspect
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from . import __version__
from .errors import InputError, InternalError, MachineError, brief

Function = TypeVar("Function", bound=Callable[..., Any])

#: The text that was compiled last, and who else is told of it: a supervisor, who sees this process die but not what it held.
_compiled = ""
listeners: list[Callable[[str], None]] = []


def compiling(text: str) -> None:
    """Says what the compiler is about to read; none as soon as another model is brought in."""
    global _compiled
    _compiled = text
    for listener in listeners:
        listener(text)


def debugging() -> bool:
    """GARAM_DEBUG=1 asks for tracebacks."""
    return os.environ.get("GARAM_DEBUG", "") not in ("", "0")


def fault(error: BaseException) -> InternalError:
    """The one line about an error that is none of the reader's; its reproducer is written."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    what = brief(error) if isinstance(error, MachineError) else f"{type(error).__name__}{place}: {brief(error)}"
    return internal_error(what, "".join(traceback.format_exception(error)), _compiled)


def internal_error(what: str, details: str, text: str) -> InternalError:
    """`details`: a traceback, or what else is known. `text`: what the compiler read last; with it the reproducer is a MODEL."""
    kept = _keep(details, text)
    place = f"{kept} keeps what repeats it" if kept else "its reproducer could not be written"
    return InternalError(f"garam: {what}; a fault of Garam's own, {place}", kept)


def _keep(details: str, text: str) -> Path | None:
    lines = [f"command: {' '.join(map(repr, sys.argv))}", f"folder: {os.getcwd()}", *_versions(), *_settings(), "", *details.splitlines()]
    mark = "// " if text else ""
    content = "".join(f"{mark}{line}".rstrip() + "\n" for line in lines) + (f"\n{text}" if text else "")
    try:
        handle, name = tempfile.mkstemp(prefix="garam-fault-", suffix=".mlir" if text else ".txt")
        with os.fdopen(handle, "w", errors="backslashreplace") as file:
            file.write(content)
    except OSError:
        return None
    return Path(name)


def _versions() -> list[str]:
    found = [f"garam {__version__}, Python {platform.python_version()}, {platform.platform()}"]
    for package in ("torch", "transformers", "safetensors", "numpy"):
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            found.append(f"{package} is not installed")
    return found


def _settings() -> list[str]:
    return [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("GARAM_")]


def guarded(function: Function) -> Function:
    """A door of the package: what is neither the reader's fault nor the system's leaves it as InternalError. Arguments that
    the function does not take are Python's TypeError, as of any function."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        signature.bind(*arguments, **named)
        try:
            return function(*arguments, **named)
        except (InputError, InternalError, MachineError, MemoryError, OSError):
            raise
        except Exception as error:
            raise fault(error) from error

    return call  # type: ignore[return-value]
