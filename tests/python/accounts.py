"""What holds for the engines of every run."""
from __future__ import annotations

from typing import Any

CAUSES = {"queue_empty", "wait_semaphore", "wait_barrier", "operand_l1", "output_l1", "noc", "memory_queue", "row_miss", "refresh",
          "turnaround", "die_to_die", "shared_memory", "fetch", "launch"}


def check_engines(document: dict[str, Any]) -> None:
    """Busy, stalls and idle of each engine add up to the run, with known causes only, none of them negative."""
    assert document["engines"]
    for engine in document["engines"]:
        parts = [engine["busy_cycles"], engine["idle_cycles"], *engine["stalls"].values()]
        assert set(engine["stalls"]) <= CAUSES and min(parts) >= 0, engine
        assert sum(parts) == document["cycles"], engine
