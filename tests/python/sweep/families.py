"""Every class of Transformers' auto mappings, in each phase, as a user runs it: a folder with a configuration, and random weights."""
from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

from garam.frontdoor import Source, load
from sweep import tiny
from sweep.outcome import Outcome, outcome

PHASES = ("encode", "prefill", "decode")


def cases() -> list[str]:
    """`CLASS PHASE`."""
    return [f"{name} {phase}" for name in tiny.classes() for phase in PHASES]


def drawn(seed: int, share: int) -> list[str]:
    """One in `share` of the classes, each in one phase that a causal model or another has."""
    names = sorted(tiny.classes())
    chooser = random.Random(seed)
    chosen = chooser.sample(names, len(names) // share)
    return [f"{name} {chooser.choice(PHASES[1:]) if name.endswith('ForCausalLM') else PHASES[0]}" for name in chosen]


def run(case: str) -> Outcome:
    name, phase = case.split(" ")
    with tempfile.TemporaryDirectory() as folder:
        def source() -> Source | None:
            if not _written(name, Path(folder)):
                return None
            lengths = {"encode": {"seq": 7}, "prefill": {"seq": 7}, "decode": {"kv_len": 5}}[phase]
            return load(folder, batch=2, phase=phase, dtype="f32", random_weights=0, **lengths)

        return outcome(case, source)


def _written(name: str, folder: Path) -> bool:
    """A configuration of the class is there; False where the family's defaults do not shrink to a small model."""
    try:
        config = tiny.configuration(name)
        if not tiny.buildable(name, config):
            return False
        (folder / "config.json").write_text(json.dumps(config.to_dict(), default=str))
    except Exception:  # of the family's own checks
        return False
    return True
