"""The pages keep their word: links lead somewhere, and commands that they show are commands."""
from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from garam.cli.parser import parse

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"```([\w+]*)\n(.*?)```", re.DOTALL)


def commands(page: Path) -> list[str]:
    """Lines of shell blocks that call the command line, without the comment that may follow."""
    lines = [line.strip() for kind, body in BLOCK.findall(page.read_text()) if kind in ("sh", "bash", "console") for line in body.splitlines()]
    return [re.sub(r"^(\.venv/bin/)?garam ", "", line) for line in lines if re.match(r"(\.venv/bin/)?garam ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text()))
    missing = [link for link in links if not re.match(r"\w+://|#", link) and not (page.parent / link.split("#")[0]).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_shown_commands_parse(page: Path) -> None:
    for command in commands(page):
        parse(shlex.split(command, comments=True))


def test_the_readme_shows_commands() -> None:
    assert len(commands(ROOT / "README.md")) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_compile(page: Path) -> None:
    for kind, body in BLOCK.findall(page.read_text()):
        if kind == "python":
            compile(body, str(page), "exec")
