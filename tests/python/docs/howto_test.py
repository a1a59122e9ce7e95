"""The pages quote the source: each quoted line stands in the file named before it."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = r"(?:runtime|dialects|lowering|sim|python|models|tests|docs)/[\w./-]+\.\w+"
PAGES = sorted((ROOT / "docs" / "howto").glob("*.md"))


def quotes(page: Path) -> list[tuple[Path | None, str]]:
    """(file, line) of every block that is neither a command nor a chip file; the file is the last one named before the block."""
    found: list[tuple[Path | None, str]] = []
    file: Path | None = None
    quoting = fenced = False
    for line in page.read_text().splitlines():
        if fence := re.fullmatch(r"\s*```(.*)", line):
            fenced = not fenced
            quoting = fenced and fence[1] not in ("sh", "toml")
        elif quoting and line.strip():
            found.append((file, line.strip()))
        elif not fenced:
            for path in re.findall(rf"`({SOURCE})`", line):
                if (ROOT / path).is_file():
                    file = ROOT / path
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_quotes_are_true(page: Path) -> None:
    for file, line in quotes(page):
        assert file is not None, line
        assert line in [text.strip() for text in file.read_text().splitlines()], f"{file}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_named_files_exist(page: Path) -> None:
    for path in re.findall(rf"`({SOURCE})`", page.read_text()):
        assert (ROOT / path).is_file(), path


NUMBERS = {"One": 1, "Two": 2, "Three": 3, "Four": 4, "Five": 5, "Six": 6}
#: Section of a page → the files that adding one may take.
LIMITS = {"# Add an op": 4, "# Add a pass": 4, "# Add a unit": 3, "# Add a chip": 1, "# Add a model": 1, "## A step": 3,
          "## An instruction from rows to rows": 5}


def sections() -> dict[str, str]:
    text = "\n".join(page.read_text() for page in PAGES)
    pieces = re.split(r"^(#+ .+)$", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2]))


@pytest.mark.parametrize("heading", LIMITS)
def test_file_counts(heading: str) -> None:
    """The count that a section opens with is that of its list, and within the promise."""
    text = sections()[heading].strip()
    stated = re.match(r"(\w+) files?\b", text)
    assert stated, text[:60]
    count = NUMBERS[stated[1]]
    assert count <= LIMITS[heading]
    listed = re.findall(r"^\d+\. \*\*", text, flags=re.MULTILINE)
    assert len(listed) in (0, count), listed
