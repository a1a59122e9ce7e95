"""Where a run's energy went: a bar for each kind of action."""
from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from .drawing import element, joules, percent

_WORDS = {"mac_f32": "multiply-adds, f32", "mac_16bit": "multiply-adds, 16 bits", "mac_f8": "multiply-adds, f8", "mac_i8": "multiply-adds, i8",
          "acc": "accumulators", "l1": "L1", "vector": "vector lanes", "shared": "shared memory", "noc": "NoC", "die_to_die": "links between dies",
          "dram_activate": "DRAM rows opened", "dram_read": "DRAM read", "dram_write": "DRAM written", "dram_refresh": "DRAM refresh",
          "standing": "static and DRAM background"}


def shares(run: Mapping[str, Any]) -> str:
    """Joules by action, the largest first; what the run has none of is left out."""
    energy = (run.get("details") or {}).get("energy")
    total = run["energy_joules"]
    if not energy or not total:
        return element("p", "The run recorded no energy.", class_="said")
    rows = []
    for name, value in sorted(energy["joules"].items(), key=lambda item: -item[1]):
        if not value:
            continue
        gauge = element("div", element("i", style=f"width:{value / total * 100:.2f}%"), element("b", percent(value / total)), class_="gauge")
        rows.append(element("tr", element("td", escape(_WORDS[name])), element("td", joules(value), class_="n"), element("td", gauge)))
    head = "".join(element("th", title, scope="col", class_=kind) for title, kind in (("what", None), ("energy", "n"), ("share", None)))
    return element("div", element("table", element("thead", element("tr", head)), element("tbody", *rows)), class_="scroll")
