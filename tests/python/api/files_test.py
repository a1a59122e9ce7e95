"""Files that are written whole or not at all, and what is no regular file: written through, and left what it is."""
from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from garam.errors import InputError
from garam.files import check_writable, replacing, write_bytes, write_json, write_text


def device(folder: Path, name: str, minor: int) -> Path:
    """A node of the test's own, so that code that replaces it spares the machine's; who may make none may replace none either."""
    if os.geteuid() != 0:
        return Path("/dev") / name
    os.mknod(folder / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
    return folder / name


def test_a_device_stays_a_device(tmp_path: Path):
    null = device(tmp_path, "null", 3)
    before = null.stat()
    (tmp_path / "link").symlink_to(null)
    for path in (null, tmp_path / "link"):
        write_text(path, "text")
        write_json(str(path), {"a": 1})
    after = null.stat()
    assert stat.S_ISCHR(after.st_mode) and (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert (tmp_path / "link").is_symlink()


def test_a_full_device_is_named(tmp_path: Path):
    full = device(tmp_path, "full", 7)
    with pytest.raises(InputError, match="full: cannot write: No space left on device; "):
        write_text(full, "text")
    assert stat.S_ISCHR(full.stat().st_mode)


def test_a_pipe_is_written_through(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"x" * 200_000)
    reader.join()
    assert got == [b"x" * 200_000] and stat.S_ISFIFO(os.stat(pipe).st_mode) and os.listdir(tmp_path) == ["pipe"]


def test_links_stay_links(tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("old")
    (tmp_path / "link").symlink_to("there/file")
    (tmp_path / "second").symlink_to("link")
    (tmp_path / "dangling").symlink_to("there/new")
    write_text(tmp_path / "second", "new")
    write_text(tmp_path / "dangling", "made")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "second").is_symlink() and (tmp_path / "dangling").is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "new" and (tmp_path / "there" / "new").read_text() == "made"


@pytest.mark.parametrize("name", ["loop", "folder", "none/file", "file/below", "x" * 300, "zero\0byte", ""])
def test_what_cannot_be_written(tmp_path: Path, name: str):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    before = sorted(os.listdir(tmp_path))
    for call in (check_writable, lambda path: write_text(path, "text")):
        with pytest.raises(InputError, match="cannot write: "):
            call(os.path.join(tmp_path, name) if name else "")
    assert sorted(os.listdir(tmp_path)) == before


def test_a_socket_takes_nothing(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(tmp_path / "s"))
        with pytest.raises(InputError, match="s: cannot write: "):
            write_text(tmp_path / "s", "text")
    assert stat.S_ISSOCK(os.stat(tmp_path / "s").st_mode)


def test_nothing_is_left_of_what_failed(tmp_path: Path):
    (tmp_path / "kept").write_text("old")
    for path in ("kept", "new"):
        with pytest.raises(RuntimeError), replacing(tmp_path / path) as temporary:
            temporary.write_text("half")
            raise RuntimeError
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"kept": "old"}


WRITES = "from garam.files import write_json; print('table'); write_json({path!r}, [1])"


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_descriptor_keeps_its_place(tmp_path: Path, path: str):
    """The file of a shell's redirection is not replaced, and what was written before stays."""
    log = tmp_path / "log"
    with log.open("wb") as file:
        subprocess.run([sys.executable, "-c", WRITES.format(path=path)], stdout=file, check=True)
    assert log.read_text() == "table\n[\n 1\n]\n"
    piped = subprocess.run([sys.executable, "-c", WRITES.format(path=path)], stdout=subprocess.PIPE, check=True).stdout
    assert piped == b"table\n[\n 1\n]\n"
