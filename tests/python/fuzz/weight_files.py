"""Folders of weights, spoilt: bytes, headers and indices of safetensors files."""
from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path

INDEX, SHARDS = "model.safetensors.index.json", ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")

_ODD = (None, "text", "", -1, 0, 2 ** 63, 1.5, True, [], [1, 2, 3, 4, 5, 6, 7, 8, 9], [-1], [2 ** 62, 2 ** 62], {}, {"a": 1}, float("nan"), "F64", "I8", "BOOL", "F8_E4M3",
        "../../etc/passwd", "/etc/passwd", SHARDS[0], "none.safetensors", "model.safetensors/..", ".", "\0", "\ud800")


def spoil(folder: Path, draw: random.Random) -> str:
    """Does one thing, or two, to a folder with two shards and an index; says what."""
    return "; ".join(draw.choice(_WAYS)(folder, draw) for _ in range(draw.choice((1, 1, 2))))


def _shard(folder: Path, draw: random.Random) -> Path:
    return folder / draw.choice(SHARDS)


def _bytes(folder: Path, draw: random.Random) -> str:
    file = _shard(folder, draw)
    if not file.is_file():
        return "nothing"
    data = bytearray(file.read_bytes())
    what = draw.choice(("cut", "flip", "header", "length", "empty"))
    if what == "cut":
        data = data[:draw.randrange(len(data) + 1)]
    elif what == "flip":
        for _ in range(draw.randint(1, 20) if data else 0):
            data[draw.randrange(min(len(data), 4000))] = draw.randrange(256)
    elif what == "header":
        data[8:8 + draw.randint(1, 50)] = bytes(draw.randrange(256) for _ in range(draw.randint(0, 50)))
    elif what == "length":
        data[:8] = struct.pack("<Q", draw.choice((0, 1, 7, len(data), 2 ** 40, 2 ** 63, 2 ** 64 - 1)))
    else:
        data = bytearray()
    file.write_bytes(data)
    return f"{what} {file.name}"


def _header(folder: Path, draw: random.Random) -> str:
    """The header stays JSON; a field of an entry is another."""
    file = _shard(folder, draw)
    data = file.read_bytes() if file.is_file() else b""
    size = struct.unpack("<Q", data[:8])[0] if len(data) > 8 else 0
    try:
        header = json.loads(data[8:8 + size])
        name = draw.choice([name for name in header if name != "__metadata__"])
        entry = header[name]
        key = draw.choice(("dtype", "shape", "data_offsets", "name", "gone", "twice"))
        if key == "name":
            header[draw.choice(("", "x" * 999, name.upper(), "a\nb", "../" + name))] = header.pop(name)
        elif key == "gone":
            del header[name]
        elif key == "twice":
            header[f"{name}.again"] = copy.deepcopy(entry)
        else:
            entry[key] = draw.choice(_ODD)
    except (ValueError, TypeError, IndexError, AttributeError, KeyError):
        return "nothing"
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])
    return f"{key} of {name} in {file.name}"


def _index(folder: Path, draw: random.Random) -> str:
    path = folder / INDEX
    try:
        found = json.loads(path.read_text())
        table = found["weight_map"]
        name = draw.choice([*table.keys()])
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "nothing"
    what = draw.choice(("entry", "gone", "more", "map", "text", "folder", "cut"))
    if what == "entry":
        table[name] = draw.choice(_ODD)
    elif what == "gone":
        del table[name]
    elif what == "more":
        table[draw.choice(("no.such", "", "../x"))] = draw.choice(SHARDS)
    elif what == "map":
        found["weight_map"] = draw.choice(_ODD)
    path.write_text(json.dumps(found))
    if what == "text":
        path.write_bytes(draw.choice((b"", b"NaN", b"[]", b"\xff\xfe", b"{" * 99999, b'"x"', b"null")))
    elif what == "cut":
        path.write_text(path.read_text()[:draw.randrange(200)])
    elif what == "folder":
        path.unlink()
        path.mkdir()
    return f"index: {what} {name}"


def _files(folder: Path, draw: random.Random) -> str:
    file, what = _shard(folder, draw), draw.choice(("missing", "folder", "link", "stray", "single", "no index", "unreadable"))
    if what in ("missing", "folder", "link", "unreadable") and not file.is_file():
        return "nothing"
    if what in ("missing", "folder", "link"):
        file.unlink()
    if what == "folder":
        file.mkdir()
    elif what == "link":
        file.symlink_to(draw.choice(("none", "/etc/passwd", file.name, ".", "/dev/zero")))
    elif what in ("stray", "single"):
        (folder / ("a.safetensors" if what == "stray" else "model.safetensors")).write_bytes(b"x" * draw.randrange(20))
    elif what == "no index" and (folder / INDEX).is_file():
        (folder / INDEX).unlink()
    return f"{what} {file.name}"


_WAYS: tuple[Callable[[Path, random.Random], str], ...] = (_bytes, _header, _header, _index, _index, _files)
