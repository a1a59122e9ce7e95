"""The run over time: bytes of the memory, and how many engines work."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .causes import ENGINE_WORDS
from .drawing import element, linear_ticks, path, quantity, seconds, svg, text

_WIDTH, _LEFT, _RIGHT = 1120, 62, 14


class _Time:
    """Cycles to places on the page."""

    def __init__(self, run: Mapping[str, Any]):
        self.cycles = max(1, run["cycles"])
        self.period = run["seconds"] / self.cycles if run["seconds"] else None

    def x(self, cycle: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(cycle, self.cycles) / self.cycles

    def label(self, cycle: float) -> str:
        return seconds(cycle * self.period) if self.period else quantity(cycle, "cycles")

    def axis(self, bottom: float) -> list[str]:
        whole = self.cycles * self.period if self.period else self.cycles
        ticks = [tick for tick in linear_ticks(whole, 8) if tick <= whole]
        out = []
        for tick in ticks:
            cycle = tick / self.period if self.period else tick
            out += [element("line", x1=self.x(cycle), x2=self.x(cycle), y1=bottom, y2=bottom + 4, class_="axisline"),
                    text(self.label(cycle), x=self.x(cycle), y=bottom + 18, text_anchor="middle", class_="tick")]
        return out


def _area(time: _Time, bucket: int, values: Sequence[float], y) -> str:
    points = [(time.x(0), y(0.0))]
    for number, value in enumerate(values):
        points += [(time.x(number * bucket), y(value)), (time.x((number + 1) * bucket), y(value))]
    points.append((points[-1][0], y(0.0)))
    return path(points, close=True)


def traffic(run: Mapping[str, Any]) -> str:
    """Bytes per second of all channels together against their peak."""
    curve = (run.get("details") or {}).get("traffic") or {}
    if not curve.get("bytes") or not run["seconds"]:
        return element("p", "The run recorded no traffic over time.", class_="said")
    span = curve["bucket_cycles"] * run["seconds"] / max(1, run["cycles"])
    return _curve(run, "Memory traffic over time", curve["bucket_cycles"], [moved / span for moved in curve["bytes"]], "B/s", "traffic",
                  ("peak", run["hbm"]["peak_bytes_per_second"]))


def power(run: Mapping[str, Any]) -> str:
    """Watts of chip and memory against their average."""
    details = run.get("details") or {}
    curve = details.get("power") or {}
    if not curve.get("watts") or not run["seconds"]:
        return element("p", "The run recorded no power over time.", class_="said")
    return _curve(run, "Power over time", curve["bucket_cycles"], curve["watts"], "W", "power", ("average", details["energy"]["average_watts"]))


def _curve(run: Mapping[str, Any], label: str, bucket: int, values: Sequence[float], unit: str, class_: str,
           line: tuple[str, float | None]) -> str:
    """An area over time, and a level line where it has a value."""
    time, height, top, bottom = _Time(run), 210, 18, 178
    named, level = line
    ticks = linear_ticks(max([*values, level or 0.0]))

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / ticks[-1]

    parts = []
    for tick in ticks:
        parts += [element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(tick), y2=y(tick), class_="grid"),
                  text(quantity(tick, unit) if tick else "0", x=_LEFT - 8, y=y(tick) + 4, text_anchor="end", class_="tick")]
    parts.append(element("path", d=_area(time, bucket, values, y), class_=class_))
    for number, value in enumerate(values):
        left, right = time.x(number * bucket), time.x((number + 1) * bucket)
        parts.append(element("rect", x=f"{left:.1f}", y=top, width=f"{max(0.5, right - left):.1f}", height=bottom - top, class_="hit",
                             data_tip=f"{time.label(number * bucket)}: {quantity(value, unit)}"))
    if level:
        parts += [element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(level), y2=y(level), class_="peak"),
                  text(f"{named} {quantity(level, unit)}", x=_WIDTH - _RIGHT - 4, y=y(level) - 5, text_anchor="end", class_="note")]
    return svg(_WIDTH, height, label, *parts, *time.axis(bottom))


def activity(run: Mapping[str, Any]) -> str:
    """A strip for each kind of engine: the darker, the more cores serve an instruction."""
    curves = (run.get("details") or {}).get("activity") or {}
    names = [name for name in ENGINE_WORDS if curves.get(name)]
    if not names:
        return element("p", "The run recorded no instructions.", class_="said")
    time, bucket, pitch = _Time(run), curves["bucket_cycles"], 38
    parts = []
    for row, name in enumerate(names):
        bottom = 32 + row * pitch
        parts += [text(ENGINE_WORDS[name], x=_LEFT - 8, y=bottom - 9, text_anchor="end", class_="lane"),
                  element("rect", x=_LEFT, y=bottom - 28, width=_WIDTH - _LEFT - _RIGHT, height=28, class_="track"),
                  element("path", d=_area(time, bucket, curves[name], lambda share: bottom - 28 * min(1.0, share)), class_=f"e-{name}")]
    bottom = 32 + (len(names) - 1) * pitch + 4
    return svg(_WIDTH, bottom + 26, "Engines at work over time", *parts, *time.axis(bottom), *_launches(run, time, bottom))


def _launches(run: Mapping[str, Any], time: _Time, bottom: float) -> list[str]:
    """A thin line where each launch begins."""
    first: dict[int, tuple[int, str]] = {}
    for op in (run.get("details") or {}).get("ops") or []:
        begin = first.get(op["launch"])
        if begin is None or op["first_cycle"] < begin[0]:
            first[op["launch"]] = (op["first_cycle"], op["name"])
    return [element("line", x1=time.x(cycle), x2=time.x(cycle), y1=2, y2=bottom, class_="launch", data_tip=f"{name} begins")
            for cycle, name in first.values()]
