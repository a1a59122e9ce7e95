"""What an engine's cycle can be: the order, the words and the colours of all pictures that show it."""
from __future__ import annotations

#: Key → words. Causes keep the order in which the machine tests for them.
WORDS = {
    "busy": "busy",
    "operand_l1": "L1 conflict, operand", "output_l1": "L1 conflict, result",
    "noc": "network on chip", "memory_queue": "memory queue", "row_miss": "row miss", "refresh": "refresh",
    "turnaround": "bus turnaround", "die_to_die": "die to die", "shared_memory": "shared memory",
    "wait_semaphore": "waits for data or space", "wait_barrier": "waits at a barrier", "queue_empty": "nothing issued",
    "fetch": "instruction fetch", "launch": "launch", "idle": "before first or after last",
}

ENGINE_WORDS = {"matrix": "Matrix", "vector": "Vector", "dma_in": "DMA in", "dma_out": "DMA out"}


def split(entry: dict) -> dict[str, int]:
    """Cycles of one engine by key."""
    return {"busy": entry["busy_cycles"], **entry["stalls"], "idle": entry["idle_cycles"]}
