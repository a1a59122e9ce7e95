"""Files that are written whole or not at all."""
from __future__ import annotations

import errno
import json
import math
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .errors import input_error, one_line

Name = str | os.PathLike[str]


def check_writable(path: Name) -> None:
    """Refuses, before any work is done, a path that `replacing` could not fill."""
    try:
        target = _target(path)
        kind = target.stat().st_mode if target.exists() else stat.S_IFREG
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from None
    except ValueError as error:
        raise _unwritable(path, str(error)) from None
    if stat.S_ISDIR(kind):
        raise input_error(_shown(path), "cannot write: it is a folder", "the path of a file")
    if _written_through(path):
        if not os.access(target, os.W_OK):
            raise _unwritable(path, "Permission denied")
        return
    if not target.parent.is_dir():
        raise input_error(_shown(path), "cannot write: No such file or directory", "a path in a folder that exists")
    if not os.access(target.parent, os.W_OK):
        raise _unwritable(path, "Permission denied")


@contextmanager
def replacing(path: Name) -> Iterator[Path]:
    """Yields a temporary path; what it holds becomes the content of `path` when the block ends well, and vanishes when it does not.

    A regular file is replaced at once, at the end of its symbolic links. What is no regular file (a device, a pipe, a descriptor of
    this process) is written through.
    """
    check_writable(path)
    target, through = _target(path), _written_through(path)
    try:
        folder = None if through else target.parent
        handle, name = tempfile.mkstemp(prefix=".garam." if through else f".{target.name[:200]}.", dir=folder)
    except OSError as error:
        raise _unwritable(path, error.strerror) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if through:
            _write_through(path, temporary)
        else:
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _target(path: Name) -> Path:
    """Where the symbolic links of `path` end; a descriptor's link ends nowhere in the file system. Throws OSError for links in a ring."""
    if _descriptor(path) is not None:
        return Path(path)
    target = os.path.realpath(path)
    if os.path.islink(target):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return Path(target)


def _descriptor(path: Name) -> int | None:
    """The number of the descriptor of this process that `path` stands for, as /dev/stdout and /dev/fd/3 do."""
    name = os.fspath(path)
    for _ in range(40):  # as many links as Linux follows
        folder, last = os.path.split(os.path.abspath(name))
        if os.path.realpath(folder) == f"/proc/{os.getpid()}/fd" and last.isdigit():
            return int(last)
        if not os.path.islink(name):
            return None
        name = os.path.join(folder, os.readlink(name))
    return None


def _written_through(path: Name) -> bool:
    return _descriptor(path) is not None or os.path.exists(path) and not os.path.isfile(path)


def _write_through(path: Name, content: Path) -> None:
    """Throws InputError where the other end takes nothing."""
    descriptor = _descriptor(path)
    sys.stdout.flush()
    try:
        with content.open("rb") as source, _opened(path, descriptor) as sink:
            shutil.copyfileobj(source, sink)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _opened(path: Name, descriptor: int | None) -> IO[bytes]:
    """A descriptor keeps its place in its file: opened by name, a regular file would start again."""
    return open(os.dup(descriptor), "wb") if descriptor is not None else open(path, "wb")


def _unwritable(path: Name, reason: str) -> Exception:
    return input_error(_shown(path), f"cannot write: {reason}", "a path in a folder that may be written")


def _shown(path: Name) -> str:
    return one_line(os.fsencode(path).decode(errors="backslashreplace")) or "''"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: Name, data: bytes) -> None:
    with replacing(path) as temporary:
        try:
            temporary.write_bytes(data)
        except OSError as error:
            raise _unwritable(path, error.strerror) from None


def write_text(path: Name, text: str) -> None:
    write_bytes(path, text.encode())


def read_bytes(path: Name) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise input_error(_shown(path), f"cannot read: {error.strerror}", "a file that is there") from None
    except ValueError as error:
        raise input_error(_shown(path), f"cannot read: {error}", "a file that is there") from None


def read_json(path: Name) -> Any:
    data = read_bytes(path)
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise input_error(_shown(path), "not JSON: no text", "a JSON file") from None
    except (ValueError, RecursionError) as error:
        raise input_error(_shown(path), f"not JSON: {error}", "a JSON file") from None


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
