"""A program held against PyTorch: every tensor it wrote, and the end result."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import input_error

if TYPE_CHECKING:
    from .program import Program
    from .reference.validation import Validation
    from .result import Result


def check(program: Program, *, reference: str = "cpu", mode: str = "both", inputs: Mapping[str, Any] | None = None,
          progress: Callable[[float], None] | None = None, check_unwritten: bool | None = None) -> tuple[Result, Validation]:
    """Runs and compares. The program must know its model."""
    from .reference.validation import check_reference, validate

    source = program.source
    if source is None:
        raise input_error(program.where, "carries no model to compare with", "a name, a Hugging Face directory, or file.py:function")
    check_reference(reference)
    result = program.run(mode=mode, boundaries=True, records=True, progress=progress, check_unwritten=check_unwritten,
                         inputs=inputs)
    validation = validate(source, result.boundaries, result.outputs, states=result.states, reference=reference,
                          inputs=dict(inputs) if inputs else None)
    return result, validation


def document(result: Result, validation: Validation) -> dict[str, Any]:
    """The object of `validate --json`."""
    found = validation.json()
    if found["first_bad"]:
        found["first_bad"]["instruction"] = instruction_of(result, found["first_bad"]["name"])
    return result.document | found


def instruction_of(result: Result, name: str) -> dict[str, Any] | None:
    """The first instruction of the first launch that computed a tensor: kernel, index, mnemonic, core and cycles."""
    info, source = result.program.info, result.program.source
    for number, launch in enumerate(info["launches"]):
        kernel = info["kernels"][launch["kernel"]]
        for index, place in enumerate(kernel["locations"]):
            if place is None or name not in (source.resolve(info["locations"][place][key], launch["name"]) for key in ("tile_op", "node")):
                continue
            records = result.records
            mine = (records["launch"] == number) & (records["index"] == index)
            where = int(mine.argmax()) if mine.any() else None
            return {"launch": launch["name"], "kernel": kernel["name"], "index": index, "mnemonic": kernel["mnemonics"][index],
                    "core": None if where is None else int(records["core"][where]),
                    "start_cycle": None if where is None else int(records["start"][where]),
                    "end_cycle": None if where is None else int(records["end"][where])}
    return None
