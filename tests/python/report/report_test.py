"""The page is one file without references to elsewhere, well formed, and shows the run's numbers."""
from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from samples import sample_result

from garam.report import write_report
from garam.report.drawing import linear_ticks, log_ticks, quantity, seconds
from garam.report.page import page


class Checker(HTMLParser):
    """Every element that opens closes."""

    VOID = {"meta", "br"}

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs) -> None:
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.mark.parametrize("chip", ["atom", "rebel100", "unit"])
def test_well_formed_and_alone(tmp_path, chip):
    write_report(sample_result(chip).document, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    checker = Checker()
    checker.feed(text)
    assert checker.stack == []
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?://", text)


def test_numbers_are_there():
    run = sample_result().document
    text = page(run)
    assert f"{run['cycles']:,} cycles" in text
    assert f"{run['roofline']['share'] * 100:.1f} %" in text
    for op in run["details"]["ops"]:
        assert op["node"] in text
    assert "m 128, n 64, k 384" in text


def test_stalls_that_never_happen_have_no_colour():
    run = sample_result().document
    for entry in run["engines"]:
        entry["idle_cycles"] += entry["stalls"]["refresh"]
        entry["stalls"]["refresh"] = 0
    assert 'class="c-refresh"' not in page(run)
    assert 'class="c-noc"' in page(run)


def test_without_details():
    run = sample_result().document
    del run["details"]
    assert "recorded no traffic" in page(run)


def test_text_is_escaped():
    run = sample_result().document
    run["model"] = "<script>alert(1)</script>"
    assert "<script>alert" not in page(run)


def test_quantities():
    assert [quantity(value, "B") for value in (0, 1, 999, 1000, 22_218_240, 1.5e12)] == ["0 B", "1 B", "999 B", "1 kB", "22.2 MB", "1.50 TB"]
    assert [seconds(value) for value in (0.0, 2.5e-9, 1e-3, 3.0)] == ["0 s", "2.50 ns", "1 ms", "3 s"]
    assert linear_ticks(256.0) == [0, 100, 200, 300]
    assert log_ticks(5, 2000) == [10, 100, 1000]
