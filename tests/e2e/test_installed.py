"""What a wheel holds runs from outside the sources: chips and models come with it."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import garam as package

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(package.__path__[0]).parent.parent


def test_an_installation_needs_no_sources(tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(["cmake", "--install", BUILD, "--prefix", site], check=True, capture_output=True)
    shutil.copytree(ROOT / "python/garam", site / "garam", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GARAM_")} | {"PYTHONPATH": str(site)}

    def call(*arguments: str) -> dict:
        done = subprocess.run([sys.executable, "-W", "ignore", "-m", "garam", *arguments, "--json", "-"], cwd=elsewhere, env=environment,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert Path(call("chips", "atom")["path"]).is_relative_to(site)
    document = call("run", "minilm", "--chip", "atom", "--seq", "7", "--layers", "1")
    assert document["model"] == "minilm" and document["cycles"] > 0 and document["output_sha256"]
