"""A wheel holds all that it needs but its dependencies: built, installed into an environment of its own, and run from elsewhere."""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Kinds of files that the package, `models` and the chips have.
KEPT = {".py", ".css", ".js", ".toml", ".json", ".safetensors"}
#: What the system brings: glibc, the compiler's own, zlib.
SYSTEM = re.compile(r"(linux-vdso|ld-linux.*|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|z))\.so\..*")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", ROOT, "--no-deps", "--no-build-isolation", "--wheel-dir", made)
    (file,) = made.glob("garam-*.whl")
    return file


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """site-packages of an environment with the wheel alone; what it depends on is found where it is installed."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip(environment / "bin/python", "install", "--no-deps", wheel)
    (site,) = environment.glob("lib/python*/site-packages")
    # A folder of a .pth file is searched last, and its own .pth files, with the one of the build, are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return site


def apart() -> dict[str, str]:
    """Variables without those that lead to this build."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("GARAM_", "PYTHON", "LD_"))}


def pip(python: Path | str, *arguments: Path | str) -> None:
    done = subprocess.run([python, "-m", "pip", "-q", "--disable-pip-version-check", *arguments], env=apart(),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout


def call(site: Path, folder: Path, *command: str) -> str:
    """What a program of the environment prints, from a folder without sources."""
    program = site.parents[2] / "bin" / command[0]
    done = subprocess.run([program, *command[1:]], cwd=folder, env=apart() | {"XDG_CACHE_HOME": str(folder / "cache")},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_is_in_it(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    moved = {"python/garam": "garam", "models": "garam/models", "runtime/chips": "garam/chips"}
    wanted = {f"{to}/{file.relative_to(ROOT / of)}" for of, to in moved.items()
              for file in (ROOT / of).rglob("*") if file.suffix in KEPT}
    assert wanted <= held, wanted - held
    assert not [name for name in held if "__pycache__" in name]


def test_libraries_come_with_it(site: Path) -> None:
    package = site / "garam"
    modules = sorted(package.glob("*.so"))
    bundled = {file.name for file in (package / "lib").iterdir()}
    assert "libcrypto.so.3" not in bundled, "would take the place of Python's own"
    assert {module.name.split(".")[0] for module in modules} == {"_compiler", "_runtime", "_sim"}
    for module in modules:
        # As the loader finds them: those that a library needs in turn are listed too.
        listed = subprocess.run(["ldd", module], env=apart(), check=True, capture_output=True, text=True).stdout
        needed = [line.split() for line in listed.splitlines()]
        missing = [words for words in needed if not SYSTEM.fullmatch(Path(words[0]).name)
                   and not (len(words) > 2 and Path(words[2]).is_relative_to(package))]
        assert not missing, (module.name, missing)


def test_it_runs_from_elsewhere(site: Path, tmp_path: Path) -> None:
    assert Path(json.loads(call(site, tmp_path, "garam", "chips", "atom", "--json", "-"))["path"]).is_relative_to(site)
    named = {model["name"] for model in json.loads(call(site, tmp_path, "garam", "models", "--json", "-"))["models"]}
    assert len(named) == len(list((ROOT / "models").glob("*.py")))
    run = json.loads(call(site, tmp_path, "garam", "run", "minilm", "--chip", "atom", "--seq", "7", "--layers", "1",
                          "--report", "report.html", "--json", "-"))
    assert run["cycles"] > 0 and run["output_sha256"] and (tmp_path / "report.html").stat().st_size > 10_000
    assert json.loads(call(site, tmp_path, "garam", "validate", "llama-tiny", "--chip", "unit", "--seq", "5", "--layers", "1",
                           "--json", "-"))["ok"]


def test_python_finds_it(site: Path, tmp_path: Path) -> None:
    script = """
import torch, garam
model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU())
x = torch.rand(3, 8)
program = garam.compile(torch.export.export(model, (x,)), chip="unit")
close = torch.allclose(program.run(x).output, model(x), atol=1e-2)
print(close, "garam" in torch._dynamo.list_backends(), garam.__file__)
"""
    right, listed, file = call(site, tmp_path, "python", "-c", script).split()
    assert (right, listed) == ("True", "True") and Path(file).is_relative_to(site)
