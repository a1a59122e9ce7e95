"""Weight files, and folders of them, that are made once: the cache `$XDG_CACHE_HOME/garam/weights`, of at most `$GARAM_CACHE_GB` gigabytes.

Entries in use count and stay: those that a living process holds (`hold`), and those used a short while ago, whose program may be about
to run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from safetensors import SafetensorError

from garam.errors import input_error

#: Entries beyond it go, the least recently used first; a model that is compiled again writes its own again.
_DEFAULT_GB = 16.0

#: A program compiled this long ago finds its weights whatever the size of the cache.
_SPARED_SECONDS = 600.0

#: What has no lock, and has had time to get one, was left by a process that was stopped.
_LEFT_SECONDS = 60.0

#: Of the folders among the entries.
_CHECKPOINT = ".checkpoint"


def cached(key: dict[str, object], write: Callable[[Path], None]) -> Path:
    """The safetensors file of `key`; `write` makes it where it is not there, and it is never half there. Raises InputError
    if the cache cannot be written, or its size is none."""
    return _entry(key, ".safetensors", write)


def cached_checkpoint(key: dict[str, object], write: Callable[[Path], None]) -> Path:
    """As `cached`, a Hugging Face folder with its config.json; `write` fills it."""

    def fill(folder: Path) -> None:
        folder.mkdir()
        write(folder)

    return _entry(key, _CHECKPOINT, fill)


def _entry(key: dict[str, object], suffix: str, write: Callable[[Path], None]) -> Path:
    most, folder, entry = _most_bytes(), _folder(), place(key, suffix)
    if entry.exists():
        with contextlib.suppress(OSError):  # a cache that may only be read
            os.utime(entry)
        return entry
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _unfinished(folder) as part:
            whole = part / f"part{suffix}"
            write(whole)
            _place(whole, entry)
        _drop_least_recent(entry, most)
    except (OSError, SafetensorError) as error:
        raise input_error(str(folder), f"the cache of weights cannot be written ({error})",
                          "a folder with room for them; XDG_CACHE_HOME names another") from error
    return entry


@contextlib.contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A place for what is not whole yet, locked while it is in use. Those of processes that were stopped go."""
    for left in folder.glob("tmp*"):
        with contextlib.suppress(OSError), _locked(left):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder) as part, contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # a file system without locks, where nothing is taken for left
            held.enter_context(_locked(Path(part)))
        yield Path(part)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Throws OSError where a process has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _place(whole: Path, entry: Path) -> None:
    try:
        whole.rename(entry)
    except OSError:  # a folder is not replaced, and need not be: another process was faster
        if not entry.is_dir():
            raise


def place(key: dict[str, object], suffix: str = ".safetensors") -> Path:
    """Where the file of `key` is, or will be."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:32]
    return _folder() / f"{digest}{suffix}"


def hold(file: Path) -> IO[bytes] | None:
    """Keeps a file of the cache, and the folder of the cache that it is in, from being dropped as long as the result lives; None for
    files from elsewhere."""
    entry = next((place for place in (file, file.parent) if place.parent == _folder()), None)
    if entry is None:
        return None
    with contextlib.suppress(OSError):  # gone already, or a file system without locks
        held = _lock(entry).open("rb")
        fcntl.flock(held, fcntl.LOCK_SH)
        return held
    return None


def _lock(entry: Path) -> Path:
    """The file whose lock stands for the entry."""
    return entry / "config.json" if entry.suffix == _CHECKPOINT else entry


def _folder() -> Path:
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "garam" / "weights"
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
    for entry in (*newest.parent.glob("*.safetensors"), *newest.parent.glob(f"*{_CHECKPOINT}")):
        with contextlib.suppress(FileNotFoundError):  # another process drops entries too
            if entry != newest:
                others.append((entry.stat().st_mtime, _size(entry), entry))
    total = _size(newest)
    for used, size, entry in sorted(others, reverse=True):
        total += size
        if total > most and used < spared:
            _drop(entry)


def _size(entry: Path) -> int:
    return sum(file.stat().st_size for file in entry.iterdir()) if entry.is_dir() else entry.stat().st_size


def _drop(entry: Path) -> None:
    with contextlib.suppress(OSError), _lock(entry).open("rb") as found:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where a process holds it
        if not entry.is_dir():
            entry.unlink()
            return
        with tempfile.TemporaryDirectory(dir=entry.parent) as part:
            entry.rename(Path(part) / "dropped")  # whole or not there, for whoever looks meanwhile
