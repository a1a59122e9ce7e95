"""The roofline: what the chip allows at this ratio of operations to bytes, and what the run reached."""
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .drawing import element, log_ticks, path, percent, quantity, svg, text

_WIDTH, _HEIGHT = 560, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 18, 16, 44


def roofline(run: Mapping[str, Any]) -> str:
    """An SVG, or a sentence where the chip states no limits."""
    limits, peak_bytes = run["roofline"], run["hbm"]["peak_bytes_per_second"]
    peak = (run.get("details") or {}).get("peak_flops")
    if not (limits["flops"] and limits["hbm_bytes"] and peak and peak_bytes and run["seconds"]):
        return element("p", "No roofline: the chip or the program states no limits, or no work was counted.", class_="said")
    ratio, reached = limits["flops"] / limits["hbm_bytes"], limits["flops"] / run["seconds"]
    ridge = peak / peak_bytes
    low_x, high_x = min(ratio, ridge) / 20, max(ratio, ridge) * 20
    low_y, high_y = min(reached / 8, low_x * peak_bytes), peak * 4

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log(value / low_x) / math.log(high_x / low_x)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * math.log(value / low_y) / math.log(high_y / low_y)

    parts = []
    for tick in log_ticks(low_x, high_x):
        parts += [element("line", x1=x(tick), x2=x(tick), y1=_TOP, y2=_HEIGHT - _BOTTOM, class_="grid"),
                  text(quantity(tick), x=x(tick), y=_HEIGHT - _BOTTOM + 16, text_anchor="middle", class_="tick")]
    for tick in log_ticks(low_y, high_y):
        parts += [element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(tick), y2=y(tick), class_="grid"),
                  text(quantity(tick), x=_LEFT - 8, y=y(tick) + 4, text_anchor="end", class_="tick")]
    roof = [(x(low_x), y(low_x * peak_bytes)), (x(ridge), y(peak)), (x(high_x), y(peak))]
    corners = [(x(high_x), _HEIGHT - _BOTTOM), (x(low_x), _HEIGHT - _BOTTOM)]
    bound = min(peak, ratio * peak_bytes)
    share = percent(limits["share"])
    after = x(ratio) < _WIDTH * 0.62
    parts += [
        element("path", d=path(roof + corners, close=True), class_="under"), element("path", d=path(roof), class_="roof"),
        text(f"{quantity(peak, 'FLOPS')} at {run['dtype']}", x=_WIDTH - _RIGHT - 4, y=y(peak) - 8, text_anchor="end", class_="note"),
        text(f"{quantity(peak_bytes, 'B/s')}", x=(x(low_x) + x(ridge)) / 2 - 8, y=(y(low_x * peak_bytes) + y(peak)) / 2 - 8,
             text_anchor="end", class_="note"),
        element("line", x1=x(ratio), x2=x(ratio), y1=y(bound), y2=y(reached), class_="gap"),
        element("circle", cx=x(ratio), cy=y(bound), r=4, class_="bound"),
        element("circle", cx=x(ratio), cy=y(reached), r=6, class_="point",
                data_tip=f"{quantity(reached, 'FLOPS')}: {share} of the limit at {quantity(ratio)} operations per byte"),
        *(text(line, x=x(ratio) + (14 if after else -14), y=y(reached) + offset, text_anchor="start" if after else "end", class_=kind)
          for line, offset, kind in ((quantity(reached, "FLOPS"), 2, "mark"), (f"{share} of the limit", 18, "note"))),
        text("operations per compulsory byte", x=(_LEFT + _WIDTH - _RIGHT) / 2, y=_HEIGHT - 8, text_anchor="middle", class_="axis"),
        text("FLOPS", x=_LEFT - 8, y=_TOP - 2, text_anchor="end", class_="axis"),
    ]
    return svg(_WIDTH, _HEIGHT, "Roofline", *parts)
