"""The tables of a report: ops, mapping, chip."""
from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from .drawing import element, joules, percent, quantity

_ENGINES = (("matrix_cycles", "matrix"), ("vector_cycles", "vector"), ("dma_in_cycles", "DMA in"), ("dma_out_cycles", "DMA out"))


def _cell(value: str, sort: Any = None, class_: str | None = None) -> str:
    return element("td", value, data_sort=sort, class_=class_)


def _merged(ops: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same op of every launch of a kernel as one row."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for op in ops:
        row = rows.setdefault((op["kernel"], op["node"]), {**op, "launches": 0, **{key: 0 for key, _ in _ENGINES},
                                                                      "cycles": 0, "share": 0.0, "instructions": 0, "joules": 0.0})
        row["launches"] += 1
        for key in ("cycles", "share", "instructions", "joules", *(key for key, _ in _ENGINES)):
            row[key] += op[key]
    return sorted(rows.values(), key=lambda row: -row["cycles"])


def ops(run: Mapping[str, Any]) -> str:
    listed = (run.get("details") or {}).get("ops") or []
    if not listed:
        return element("p", "The run recorded no instructions.", class_="said")
    rows = _merged(listed)
    longest = max(row["cycles"] for row in rows) or 1
    cores = len({entry["core"] for entry in run["engines"]}) or 1
    head = "".join(element("th", escape(name), scope="col", class_=kind) for name, kind in
                   (("op", None), ("kernel", None), ("uses", "n"), ("cycles", "n"), ("share of the run", None),
                    *((f"{word} busy", "n") for _, word in _ENGINES), ("instructions", "n"), ("energy", "n"), ("source", None)))
    body = []
    for row in rows:
        gauge = element("div", element("i", style=f"width:{row['cycles'] / longest * 100:.2f}%"), element("b", percent(row["share"])),
                        class_="gauge")
        engines = [_cell(percent(row[key] / (row["cycles"] * cores)) if row["cycles"] else "–", row[key], "n") for key, _ in _ENGINES]
        body.append(element("tr", _cell(element("code", escape(row["node"]))), _cell(escape(row["kernel"])),
                            _cell(str(row["launches"]), row["launches"], "n"), _cell(f"{row['cycles']:,}", row["cycles"], "n"),
                            _cell(gauge, row["share"]), *engines, _cell(f"{row['instructions']:,}", row["instructions"], "n"),
                            _cell(joules(row["joules"]), row["joules"], "n"),
                            _cell(escape(row["source"].rsplit("/", 1)[-1]), class_="dim")))
    return element("div", element("table", element("thead", element("tr", head)), element("tbody", *body), class_="sortable"),
                   class_="scroll")


def _sizes(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_sizes(part)}" for key, part in value.items()) or "–"
    if isinstance(value, list):
        return " ".join(map(_sizes, value)) or "–"
    return str(value)


def mapping(run: Mapping[str, Any]) -> str:
    """The mapping file of the run: a row for each group of each kernel."""
    groups = ((run.get("details") or {}).get("mapping") or {}).get("groups")
    if not groups:
        return element("p", "The program carries no mapping.", class_="said")
    keys = [key for key in dict.fromkeys(key for group in groups for key in group) if key not in ("kernel", "group", "location")]
    head = "".join(element("th", escape(name), scope="col") for name in ("kernel", "group", *keys, "source"))
    body = [element("tr", _cell(escape(group["kernel"])), _cell(element("code", escape(group["group"]))),
                    *(_cell(escape(_sizes(group.get(key, {})))) for key in keys),
                    _cell(escape(group.get("location", "").rsplit("/", 1)[-1]), class_="dim")) for group in groups]
    return element("div", element("table", element("thead", element("tr", head)), element("tbody", *body)), class_="scroll")


def chip(run: Mapping[str, Any]) -> str:
    table = (run.get("details") or {}).get("chip")
    if not table:
        return element("p", "The run carries no chip.", class_="said")
    cards = []
    for name, entries in table.items():
        if isinstance(entries, Mapping) and name != "peaks":
            rows = "".join(element("div", element("dt", escape(key.replace("_", " "))), element("dd", escape(_value(key, value))))
                           for key, value in entries.items())
            cards.append(element("section", element("h3", escape(name.replace("_", " "))), element("dl", rows)))
    return element("div", *cards, class_="cards")


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ", ".join(value) if isinstance(value, list) else str(value)
    if (key.endswith("_bytes") or "bytes_per" in key) and not key.startswith("giga"):
        return _binary(int(value)) if isinstance(value, int) else quantity(value, "B")
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _binary(size: int) -> str:
    for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size and size % (1 << shift) == 0:
            return f"{size >> shift} {unit}"
    return f"{size:,} B"
