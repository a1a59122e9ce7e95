"""What an installation asks for, what the set-up pins and what the package imports say the same."""
from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = [Requirement(line) for line in PROJECT["project"]["dependencies"]]


def pinned() -> dict[str, str]:
    """name -> version of `scripts/requirements.txt`, which pins each line."""
    lines = (ROOT / "scripts/requirements.txt").read_text().splitlines()
    given = [re.fullmatch(r"([\w.-]+)==([\w.+]+)", line).groups() for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in given}


def imported() -> dict[str, set[str]]:
    """Top-level modules that the package and the models name, in functions too -> the installed packages that bring them."""
    names = set()
    for file in [*(ROOT / "python/garam").rglob("*.py"), *(ROOT / "models").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.partition(".")[0])
    found = packages_distributions()
    foreign = names - sys.stdlib_module_names - {"garam"}
    return {name: {canonicalize_name(owner) for owner in found.get(name, [])} for name in foreign}


def test_what_is_asked_for_is_pinned_in_a_version_that_fits() -> None:
    pins = pinned()
    for requirement in [*ASKED, *map(Requirement, PROJECT["build-system"]["requires"])]:
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None and requirement.specifier.contains(version), f"{requirement}: pinned {version}"


def test_what_the_package_imports_is_asked_for() -> None:
    asked = {canonicalize_name(requirement.name) for requirement in ASKED}
    for name, owners in imported().items():
        assert owners & asked, f"{name} of {sorted(owners)} is imported, but pyproject.toml does not ask for it"


def test_each_that_is_asked_for_is_imported() -> None:
    """A dependency that nothing imports would be installed for nothing."""
    unused = {canonicalize_name(requirement.name) for requirement in ASKED} - set().union(*imported().values())
    assert not unused, unused
