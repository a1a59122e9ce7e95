"""Every numbered rule of docs/hardware is cited in the model and in the twin."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FAMILIES = ("MT", "MA", "MQ", "MW", "MC", "MR", "MF", "MS")


def rules() -> list[str]:
    found: list[str] = []
    for page in ("machine", "memory"):
        found += re.findall(r"^([A-Z]{1,2}\d+)\. ", (ROOT / "docs" / "hardware" / f"{page}.md").read_text(), re.M)
    return found


def cited(*folders: str) -> set[str]:
    """Numbers in the sources of folders; `D1 to D7` names seven, `rules MW, MC` those of two families."""
    found: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix not in (".cpp", ".h"):
                continue
            text = path.read_text()
            for first, low, last, high in re.findall(r"\b([A-Z]{1,2})(\d+)(?: to |–)([A-Z]{1,2})(\d+)\b", text):
                if first == last:
                    found |= {f"{first}{number}" for number in range(int(low), int(high) + 1)}
            found |= set(re.findall(r"\b([A-Z]{1,2}\d+)\b", text))
            for family in re.findall(r"\b(" + "|".join(FAMILIES) + r")\b", text):
                found |= {rule for rule in rules() if re.fullmatch(family + r"\d+", rule)}
    return found


@pytest.mark.parametrize("folders", [("sim", "runtime"), ("tests/twin", "tests/sim/memory", "tests/rules")], ids=["model", "twin"])
def test_every_rule_is_cited(folders: tuple[str, ...]) -> None:
    known = cited(*folders)
    missing = [rule for rule in rules() if rule not in known]
    assert not missing
