"""The page of a report, from top to bottom."""
from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from .drawing import element, joules, percent, quantity, seconds
from .energy import shares
from .limits import roofline
from .stalls import stalls
from .tables import chip, mapping, ops
from .timeline import activity, power, traffic


def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _busy(run: Mapping[str, Any], engine: str) -> float | None:
    entries = [entry for entry in run["engines"] if entry["engine"] == engine]
    whole = run["cycles"] * len(entries)
    return sum(entry["busy_cycles"] for entry in entries) / whole if whole else None


def _tile(title: str, value: str, note: str, share: float | None = None) -> str:
    meter = "" if share is None else element("div", element("i", style=f"width:{min(1.0, share) * 100:.2f}%"), class_="meter")
    return element("div", element("h3", escape(title)), element("strong", escape(value)), meter, element("p", escape(note)), class_="tile")


def _tiles(run: Mapping[str, Any]) -> str:
    limits, hbm = run["roofline"], run["hbm"]
    moved = hbm["read_bytes"] + hbm["write_bytes"]
    tiles = [
        _tile("Time on the chip", seconds(run["seconds"]), f"{run['cycles']:,} cycles"),
        _tile("Of the roofline limit", percent(limits["share"]), f"limit {seconds(limits['limit_seconds'])}", limits["share"]),
        _tile("Matrix engines busy", percent(_busy(run, "matrix")), f"{quantity(limits['flops'], 'FLOP')} asked for", _busy(run, "matrix")),
        _tile("Memory bandwidth", percent(hbm["achieved_share"]), f"{quantity(moved, 'B')} moved, compulsory {quantity(limits['hbm_bytes'], 'B')}",
              hbm["achieved_share"]),
    ]
    energy = (run.get("details") or {}).get("energy")
    if energy:
        tiles.append(_tile("Energy", joules(run["energy_joules"]),
                           f"{quantity(energy['average_watts'], 'W')} on average, peak {quantity(energy['peak_watts'], 'W')}"))
    if run["tokens_per_second"]:
        tiles.insert(1, _tile("Throughput", quantity(run["tokens_per_second"]), "tokens a second, all sequences"))
    return element("div", *tiles, class_="tiles")


def _subtitle(run: Mapping[str, Any]) -> str:
    parts = [run["dtype"] if run["weights_dtype"] == run["dtype"] else f"{run['dtype']}, weights {run['weights_dtype']}"]
    if run["batch"] and run["sequence_length"]:
        parts.append(f"batch {run['batch']} × {run['sequence_length']} tokens")
    if run["phase"]:
        parts.append(run["phase"] if run["kv_length"] is None else f"{run['phase']}, {run['kv_length']} tokens in the cache")
    parts.append({"both": "values and cycles", "cycles": "cycles only", "values": "values only"}.get(run["mode"], run["mode"]))
    return " · ".join(parts)


def _section(title: str, note: str, content: str, wide: bool = True) -> str:
    return element("section", element("h2", escape(title)), element("p", escape(note), class_="note-text"), content,
                   class_="panel wide" if wide else "panel")


def _rows(run: Mapping[str, Any]) -> str:
    """What the memory controllers did, as a small list."""
    hbm = run["hbm"]
    accesses = hbm["row_hits"] + hbm["row_misses"]
    lines = [("read", quantity(hbm["read_bytes"], "B")), ("written", quantity(hbm["write_bytes"], "B")),
             ("row hits", percent(hbm["row_hits"] / accesses) if accesses else "–"), ("activates", f"{hbm['activates']:,}"),
             ("precharges", f"{hbm['precharges']:,}"), ("refreshes", f"{hbm['refreshes']:,}"),
             ("simulated in", seconds(run["host_seconds"])), ("compiled in", seconds(run["compile_seconds"])),
             ("memory of the host", quantity(run["peak_host_bytes"], "B"))]
    return element("dl", *(element("div", element("dt", escape(name)), element("dd", escape(value))) for name, value in lines),
                   class_="facts")


def page(run: Mapping[str, Any]) -> str:
    title = f"{run['model']} on {run['chip']}"
    sections = [
        _section("Limit and result", "The line is what this chip allows for this ratio of work to compulsory bytes.", roofline(run), False),
        _section("Memory and host", "What the memory controllers did, and what the simulation cost.", _rows(run), False),
        _section("Where every cycle went", "All cores of a kind together; open a row to see each core.", stalls(run)),
        _section("Memory traffic", "All channels together.", traffic(run)),
        _section("Power", "Chip and memory: what each action costs as the chip file states it, and what flows all the time.", power(run)),
        _section("Engines at work", "Share of the cores whose engine serves an instruction. Thin lines: launches.", activity(run)),
        _section("Where the energy went", "Every action that was counted, at the chip file's price.", shares(run)),
        _section("Ops", "Every op with what is fused around it, all its uses together. Spans of neighbours overlap. A click on a heading sorts.", ops(run)),
        _section("Mapping", "How each op was cut; edit the printed mapping and compile again to change it.", mapping(run)),
        _section("Chip", ((run.get("details") or {}).get("chip") or {}).get("title", ""), chip(run)),
    ]
    body = element("header", element("h1", escape(run["model"]), element("em", " on "), escape(run["chip"])),
                   element("p", escape(_subtitle(run)))) + _tiles(run) + element("main", *sections)
    footer = element("footer", f"Garam {escape(run['garam'])}" + (f" · outputs {run['output_sha256'][:16]}…" if run["output_sha256"] else ""))
    return (f"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{escape(title)}</title>"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            f"<style>{_resource('style.css')}</style></head><body>{body}{footer}<div id=\"tip\"></div>"
            f"<script>{_resource('script.js')}</script></body></html>\n")
