"""PyTorch's operator samples: right, or refused in one line. A drawn part in each run, all of them in the long one."""
from __future__ import annotations

import os

from sweep import forked, operators
from sweep.outcome import table

LONG = os.environ.get("GARAM_LONG") == "1"


def test_operator_samples() -> None:
    seed = int(os.environ["GARAM_SEED"])
    chosen = operators.cases() if LONG else operators.drawn(seed, 150)
    outcomes = forked.sweep(chosen, operators.run, kept=forked.state_file("operators") if LONG else None)
    print(table(outcomes))
    assert not any(each.fault for each in outcomes), table(outcomes)
    assert sum(each.verdict == "right" for each in outcomes) >= len(chosen) // 25
