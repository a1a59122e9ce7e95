"""Files that are made once and kept: `$XDG_CACHE_HOME/garam/weights`, at most `$GARAM_CACHE_GB` gigabytes of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from garam.errors import input_error

#: Of the files beyond it those go that were not used for longest; a model that is compiled again writes its own again.
_DEFAULT_GB = 16.0


def digest(key: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:32]


def kept(key: dict[str, object], write: Callable[[Path], None]) -> Path:
    """The safetensors file of `key`, which is written if it is not there, never half."""
    most = _most_bytes()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "garam" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{digest(key)}.safetensors"
    with contextlib.suppress(FileNotFoundError):
        os.utime(file)
        return file
    with tempfile.TemporaryDirectory(dir=folder) as part:
        whole = Path(part) / "part.safetensors"
        write(whole)
        whole.rename(file)
    _drop_unused(file, most)
    return file


def _most_bytes() -> float:
    given = os.environ.get("GARAM_CACHE_GB", "")
    try:
        most = float(given or _DEFAULT_GB)
    except ValueError:
        most = -1.0
    if not most >= 0:
        raise input_error("GARAM_CACHE_GB", f"`{given}` is no size", f"gigabytes, {_DEFAULT_GB:g} without it")
    return most * 1e9


def _drop_unused(newest: Path, most: float) -> None:
    others = []
    for file in newest.parent.glob("*.safetensors"):
        with contextlib.suppress(FileNotFoundError):  # another process drops files too
            if file != newest:
                others.append((file.stat().st_mtime_ns, file.stat().st_size, file))
    total = newest.stat().st_size
    for _, size, file in sorted(others, reverse=True):
        total += size
        if total > most:
            file.unlink(missing_ok=True)
