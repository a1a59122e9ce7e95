"""Weight files that are made once: the cache `$XDG_CACHE_HOME/garam/weights`, of at most `$GARAM_CACHE_GB` gigabytes.

Files in use count and stay: those that a living process holds (`hold`), and those used a short while ago, whose program may be about
to run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from safetensors import SafetensorError

from garam.errors import input_error

#: Files beyond it go, the least recently used first; a model that is compiled again writes its own again.
_DEFAULT_GB = 16.0

#: A program compiled this long ago finds its weights whatever the size of the cache.
_SPARED_SECONDS = 600.0


def cached(key: dict[str, object], write: Callable[[Path], None]) -> Path:
    """The safetensors file of `key`; `write` makes it where it is not there, and it is never half there. Raises InputError
    if the cache cannot be written, or its size is none."""
    most, folder = _most_bytes(), _folder()
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:32]
    file = folder / f"{digest}.safetensors"
    if file.exists():
        with contextlib.suppress(OSError):  # a cache that may only be read
            os.utime(file)
        return file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as part:
            whole = Path(part) / "part.safetensors"
            write(whole)
            whole.rename(file)
        _drop_least_recent(file, most)
    except (OSError, SafetensorError) as error:
        raise input_error(str(folder), f"the cache of weights cannot be written ({error})",
                          "a folder with room for them; XDG_CACHE_HOME names another") from error
    return file


def hold(file: Path) -> IO[bytes] | None:
    """Keeps a file of the cache from being dropped as long as the result lives; None for files from elsewhere."""
    if file.parent != _folder():
        return None
    with contextlib.suppress(OSError):  # gone already, or a file system without locks
        held = file.open("rb")
        fcntl.flock(held, fcntl.LOCK_SH)
        return held
    return None


def _folder() -> Path:
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "garam" / "weights"
    except RuntimeError as error:
        raise input_error("XDG_CACHE_HOME", f"not set, and there is no home folder ({error})", "a folder for the cache of weights") from None


def _most_bytes() -> float:
    given = os.environ.get("GARAM_CACHE_GB", "")
    try:
        most = float(given or _DEFAULT_GB)
    except ValueError:
        most = -1.0
    if not most >= 0:
        raise input_error("GARAM_CACHE_GB", f"`{given}` is no size", f"gigabytes, {_DEFAULT_GB:g} without it")
    return most * 1e9


def _drop_least_recent(newest: Path, most: float) -> None:
    others, spared = [], time.time() - _SPARED_SECONDS
    for file in newest.parent.glob("*.safetensors"):
        with contextlib.suppress(FileNotFoundError):  # another process drops files too
            if file != newest:
                others.append((file.stat().st_mtime, file.stat().st_size, file))
    total = newest.stat().st_size
    for used, size, file in sorted(others, reverse=True):
        total += size
        if total > most and used < spared:
            _drop(file)


def _drop(file: Path) -> None:
    with contextlib.suppress(OSError), file.open("rb") as found:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where a process holds it
        file.unlink()
