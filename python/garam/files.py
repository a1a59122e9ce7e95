"""Files that are written whole or not at all."""
from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import input_error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuses, before any work is done, a path that `replacing` could not fill."""
    target = Path(path)
    if target.is_dir():
        raise input_error(str(path), "cannot write: it is a folder", "the path of a file")
    if not target.parent.is_dir():
        raise input_error(str(path), "cannot write: No such file or directory", "a path in a folder that exists")
    if not os.access(target.parent, os.W_OK):
        raise input_error(str(path), "cannot write: Permission denied", "a path in a folder that may be written")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside `path`; it takes the name when the block ends well and vanishes when it does not."""
    check_writable(path)
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent or Path("."))
    except OSError as error:
        raise input_error(str(path), f"cannot write: {error.strerror}", "a path in a folder that exists") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    write_bytes(path, text.encode())


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise input_error(str(path), f"cannot read: {error.strerror}", "a file that is there") from None


def read_json(path: str | os.PathLike[str]) -> Any:
    data = read_bytes(path)
    try:
        return json.loads(data)
    except ValueError as error:
        raise input_error(str(path), f"not JSON: {error}", "a JSON file") from None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value


def write_json(destination: str, value: Any) -> None:
    """To a file, or to standard output for `-`. What is no number is null: JSON has no other word for it."""
    text = json.dumps(_finite(value), indent=1, allow_nan=False) + "\n"
    if destination == "-":
        sys.stdout.write(text)
    else:
        write_text(destination, text)
