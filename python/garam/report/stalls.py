"""Where every cycle of every engine went: one bar for each kind of engine, and one for each core below it."""
from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from .causes import ENGINE_WORDS, WORDS, split
from .drawing import element, percent


def _bar(parts: Mapping[str, float], total: float, label: str) -> str:
    cells = []
    for key in WORDS:
        share = parts.get(key, 0) / total if total else 0
        if share > 0:
            tip = f"{label}: {WORDS[key]} {percent(share)}"
            caption = percent(share) if share >= 0.075 and key == "busy" else ""
            cells.append(element("i", caption, class_=f"c-{key}", style=f"width:{share * 100:.4f}%", data_tip=tip))
    return element("div", *cells, class_="bar", role="img", aria_label=label)


def _kind(engine: str, entries: list[dict[str, Any]]) -> str:
    sums: dict[str, float] = {}
    for entry in entries:
        for key, cycles in split(entry).items():
            sums[key] = sums.get(key, 0) + cycles
    total = sum(sums.values())
    name = ENGINE_WORDS.get(engine, engine)
    causes = sorted(((cycles / total, key) for key, cycles in sums.items() if key not in ("busy", "idle") and total), reverse=True)
    said = ", ".join(f"{WORDS[key]} {percent(share)}" for share, key in causes[:3] if share >= 0.005)
    cores = "".join(element("div", element("span", f"core {entry['core']}"), _bar(split(entry), sum(split(entry).values()),
                                                                                 f"{name}, core {entry['core']}"), class_="row small")
                    for entry in entries)
    head = element("div", element("span", name), _bar(sums, total, f"{name}, all cores"), class_="row")
    return element("details", element("summary", head, element("p", escape(said or "never waits"), class_="said")), cores,
                   class_="kind")


def stalls(run: Mapping[str, Any]) -> str:
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in run["engines"]:
        groups.setdefault(entry["engine"], []).append(entry)
    present = {key for entry in run["engines"] for key, cycles in split(entry).items() if cycles}
    legend = "".join(element("span", element("i", class_=f"c-{key}"), escape(WORDS[key])) for key in WORDS if key in present)
    order = [name for name in ENGINE_WORDS if name in groups] + [name for name in groups if name not in ENGINE_WORDS]
    return element("div", legend, class_="legend") + "".join(_kind(name, groups[name]) for name in order)
