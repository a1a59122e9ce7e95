"""Changes one rule of the simulator at a time and asks whether the twin notices.

The changed places of mutants.txt are compiled once, into copies beside the build, each behind the number of its mutant; the program that is
linked from them is garam-twin in all else. Every mutant runs random programs until one is apart. Exit 0 if each was caught.

    run.py BUILD [--programs 300] [--seed 1] [--only N …] [--coverage PAGE]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
CHANGE = re.compile(r"\[\[(.*?)\|\|\|(.*?)\]\](?!\])|\{\{(.*?)\|\|\|(.*?)\}\}(?!\})", re.S)
HEADER = """#pragma once
#include <cstdlib>
inline bool garamMutant(int number) {
  static const char *chosen = std::getenv("GARAM_MUTANT");
  static const int only = chosen ? std::atoi(chosen) : 0;
  return number == only;
}
"""
# A chip of its own for each program first, then many cores, dies and channels.
CHIPS = [("random", 250), ("atom", 40), ("rebel100", 10)]


@dataclass
class Mutant:
    number: int
    rule: str
    file: str
    before: str
    after: str
    text: str


def read(path: Path) -> list[Mutant]:
    mutants = []
    blocks = re.split(r"\n\n+", "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#")))
    for block in blocks:
        if not block.strip():
            continue
        head, body = block.strip("\n").split("\n", 1)
        rule, file = head.split()
        change = CHANGE.search(body)
        if not change:
            raise SystemExit(f"{path}: {rule} {file}: no change is marked")
        number = len(mutants) + 1
        if change[1] is not None:
            old, new = change[1], change[2]
            changed = f"(garamMutant({number}) ? ({new}) : ({old}))"
        else:
            old, new = change[3], change[4]
            changed = f"if (garamMutant({number})) {{ {new} }} else {{ {old} }}"
        before, after = body[: change.start()], body[change.end():]
        mutants.append(Mutant(number, rule, file, before + old + after, before + changed + after, f"`{old.strip()}` became `{new.strip() or 'nothing'}`"))
    return mutants


def apply(mutants: list[Mutant], work: Path) -> tuple[list[str], list[Mutant]]:
    """Writes the changed files; gives their names, and the mutants whose place is not there exactly once."""
    texts: dict[str, str] = {}
    lost = []
    for mutant in mutants:
        if not (SOURCE / mutant.file).exists():
            lost.append(mutant)
            continue
        text = texts.setdefault(mutant.file, (SOURCE / mutant.file).read_text())
        if (SOURCE / mutant.file).read_text().count(mutant.before) != 1 or text.count(mutant.before) != 1:
            lost.append(mutant)
            continue
        texts[mutant.file] = text.replace(mutant.before, mutant.after)
    for file, text in texts.items():
        path = work / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return list(texts), lost


def build(build_dir: Path, work: Path, files: list[str]) -> Path:
    """Compiles the changed files as the build does, and links garam-twin with them."""
    (work / "mutant.h").write_text(HEADER)
    commands = {entry["file"]: entry for entry in json.loads((build_dir / "compile_commands.json").read_text())}
    objects: dict[str, Path] = {}
    for file in files:
        entry = commands[str(SOURCE / file)]
        words = shlex.split(entry["command"])
        at = words.index("-o") + 1
        ours = work / (file + ".o")
        objects[words[at]] = ours
        if ours.exists() and ours.stat().st_mtime > max((work / file).stat().st_mtime, (build_dir / words[at]).stat().st_mtime):
            continue
        words[at] = str(ours)
        words[words.index("-c") + 1] = str(work / file)
        words[-1] = str(work / file)
        words[at + 1 : at + 1] = ["-include", str(work / "mutant.h")]
        subprocess.run(words, cwd=entry["directory"], check=True)
    link = subprocess.run(["ninja", "-C", str(build_dir), "-t", "commands", "garam-twin"], capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1]
    words = [word for word in shlex.split(link) if word not in (":", "&&")]
    at = words.index("-o") + 1
    program = work / "garam-twin"
    words[at] = str(program)
    words = [str(objects.pop(word, word)) for word in words]
    # What the build takes from archives: an object goes before them.
    words[at + 1 : at + 1] = [str(path) for path in objects.values()]
    subprocess.run(words, cwd=build_dir, check=True)
    return program


def caught(program: Path, mutant: int, programs: int, seed: int) -> tuple[str, int, str] | None:
    """The chip, the number of programs up to the first that is apart, and what is; None if there is none."""
    for chip, share in CHIPS:
        count = max(1, programs * share // 300)
        command = [str(program), "--chip", chip, "--programs", str(count), "--seed", str(seed), "--first", "--json", "-"]
        try:
            run = subprocess.run(command, env={**os.environ, "GARAM_MUTANT": str(mutant)}, capture_output=True, text=True, timeout=1800)
        except subprocess.TimeoutExpired:
            return chip, 0, "does not end"
        if run.returncode == 2:
            raise SystemExit(run.stderr.strip())
        if run.returncode not in (0, 1):
            return chip, 0, run.stderr.strip().splitlines()[-1] if run.stderr.strip() else f"ended with {run.returncode}"
        result = json.loads(run.stdout)
        if result["first"]:
            return chip, result["programs"], result["first"]["what"] or (result["first"]["error"] or "")[:60]
    return None


def write(page: Path, rows: list[str]) -> None:
    begin, end = "<!-- mutants -->\n", "<!-- end of mutants -->"
    text = page.read_text()
    head, rest = text.split(begin)
    page.write_text(head + begin + "| rule | changed in | how | noticed by | program |\n|---|---|---|---|---|\n" + "".join(rows) + end + rest.split(end)[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--coverage", type=Path)
    args = parser.parse_args()
    build_dir = args.build.resolve()
    work = build_dir / "mutants"
    mutants = read(Path(__file__).with_name("mutants.txt"))
    files, lost = apply(mutants, work)
    for mutant in lost:
        print(f"mutant {mutant.number}, {mutant.rule}: its place is no longer once in {mutant.file}: {mutant.before!r}")
    program = build(build_dir, work, files)
    if caught(program, 0, max(3, args.programs // 100), args.seed):
        print("without a mutant, something is apart")
        return 1
    rows, missed = [], defaultdict(list)
    for mutant in mutants:
        if mutant in lost or (args.only and mutant.number not in args.only):
            continue
        start = time.monotonic()
        found = caught(program, mutant.number, args.programs, args.seed)
        print(f"{mutant.number:3} {mutant.rule:4} {'MISSED' if not found else f'{found[0]} {found[1]}: {found[2]}'} ({time.monotonic() - start:.0f} s)", flush=True)
        if not found:
            missed[mutant.rule].append(mutant)
            continue
        how = mutant.text.replace("\n", " ").replace("|", "\\|")
        rows.append(f"| {mutant.rule} | `{mutant.file}` | {how} | {found[2].replace('|', '/')} | {found[0]} {found[1]} |\n")
    print(f"{len(rows)} of {len(mutants)} mutants caught, {sum(map(len, missed.values()))} missed, {len(lost)} without a place")
    if args.coverage:
        write(args.coverage, rows)
    return 1 if missed or lost else 0


if __name__ == "__main__":
    sys.exit(main())
