"""SVG as text: elements, scales, ticks, numbers."""
from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import Any


def element(tag: str, *children: str, **attributes: Any) -> str:
    """`class_` and `data_tip` lose and change their underscores; None leaves an attribute out."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
                      for key, value in attributes.items() if value is not None)
    return f"<{tag}{written}>{''.join(children)}</{tag}>"


def text(content: str, **attributes: Any) -> str:
    return element("text", escape(content), **attributes)


def svg(width: float, height: float, label: str, *children: str) -> str:
    return element("svg", *children, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=label, class_="chart")


def path(points: Iterable[tuple[float, float]], close: bool = False) -> str:
    steps = " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    return steps + (" Z" if close else "")


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten inside the interval, thinned to at most six."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, -(-(last - first + 1) // 6))
    return [10.0 ** power for power in range(first, last + 1, step)]


def linear_ticks(high: float, wanted: int = 4) -> list[float]:
    """Round steps from zero that reach at least `high`."""
    if high <= 0:
        return [0.0, 1.0]
    raw = high / wanted
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(nice * scale for nice in (1, 2, 2.5, 5, 10) if nice * scale >= raw - 1e-12)
    return [i * step for i in range(math.ceil(high / step - 1e-9) + 1)]


def quantity(value: float | None, unit: str = "") -> str:
    """Three digits and a prefix: 1.23 MB."""
    if value is None:
        return "–"
    for limit, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * 0.9995:
            return f"{_digits(value / limit)} {prefix}{unit}"
    return f"{_digits(value)} {unit}".strip()


def _digits(value: float) -> str:
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    return f"{value:.{max(0, 2 - int(math.floor(math.log10(abs(value)))))}f}"


def _small(value: float | None, unit: str) -> str:
    """Three digits of what is mostly far below one: 1.23 µs."""
    if value is None:
        return "–"
    for limit, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ")):
        if value >= limit:
            return f"{_digits(value / limit)} {prefix}{unit}"
    return f"{_digits(value * 1e9)} n{unit}" if value else f"0 {unit}"


def seconds(value: float | None) -> str:
    return _small(value, "s")


def joules(value: float | None) -> str:
    return _small(value, "J")


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"
