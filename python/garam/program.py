"""A compiled program: its bytes, what is inside, and running it."""
from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

from . import _runtime
from .chip import Chip
from .errors import input_error
from .files import read_bytes, write_bytes

if TYPE_CHECKING:
    import torch

    from .execution import Session
    from .result import Result


class Program:
    """`data` is the content of a .garam file; `source` the model it came from, where there is one."""

    def __init__(self, data: bytes, chip: Chip | None = None, source: Any = None, where: str = "program",
                 compile_seconds: float | None = None, weights_dtype: str | None = None):
        self.data, self.source, self.where = data, source, where
        self.compile_seconds, self.weights_dtype = compile_seconds, weights_dtype
        self._chip = chip

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Program:
        program = cls(read_bytes(path), where=str(path))
        program.info  # a file that is no program is refused here
        return program

    def save(self, path: str | os.PathLike[str]) -> None:
        """With the SHA-256 of its weights, so that a run reads the same values."""
        if self.source is not None:  # who runs the file has no model to make them of
            self.source.make_weights()
        write_bytes(path, _runtime.with_digests(self.data, self.where))

    def make_weights(self) -> None:
        """Its values are asked for: seeded ones are written to their file. Raises InputError where it has none."""
        if self.source is not None:
            self.source.held.require()
            self.source.make_weights()

    @cached_property
    def info(self) -> dict[str, Any]:
        """Kernels, segments, launches, values, boundaries and locations, verified."""
        return _runtime.inspect(self.data, self.where)

    @property
    def chip(self) -> Chip:
        """The chip it was compiled for, by name where it came from a file."""
        return self._chip or Chip(self.info["chip"], dies_in_use=self.info["dies"])

    def on(self, chip: Chip | str) -> Program:
        """The same program on this chip, which must be the one it was compiled for: what shapes a program is the same."""
        chip = chip if isinstance(chip, Chip) else Chip(chip)
        _runtime.check_chip(self.data, self.where, chip.name, list(chip.overrides))
        fitted = Chip(chip.name, chip.overrides, self.info["dies"])
        return Program(self.data, fitted, self.source, self.where, self.compile_seconds, self.weights_dtype)

    @property
    def mapping(self) -> str:
        """The mapping used, in the format of a mapping file."""
        return self.info["mapping"]

    def segments(self, *kinds: str) -> list[dict[str, Any]]:
        return [segment for segment in self.info["segments"] if segment["kind"] in kinds]

    @property
    def input_names(self) -> list[str]:
        return [segment["name"] for segment in self.segments("input")]

    @property
    def output_names(self) -> list[str]:
        """In the order in which the module returns them; of a module that returns None or numbers too, the tensors."""
        return [output["name"] for output in self.info["outputs"]]

    def bind(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """Positional and named arguments as inputs by name."""
        names = self.input_names
        if len(arguments) > len(names):
            raise input_error(self.where, f"{len(arguments)} arguments for {len(names)} inputs", ", ".join(names))
        given = dict(zip(names, arguments))
        twice = [name for name in given if name in named]
        if twice:
            raise input_error(twice[0], "given by position and by name", "once")
        return given | dict(named)

    def random_inputs(self, seed: int, leave: Collection[str] = ()) -> dict[str, torch.Tensor]:
        """An input for each but those named in `leave`: floats from a standard normal distribution, indices uniformly from the rows
        of their table, other integers and truth values all one."""
        import torch

        from .tensors import drawn

        generator = torch.Generator().manual_seed(seed)
        return {segment["name"]: drawn(segment, generator) for segment in self.segments("input") if segment["name"] not in leave}

    def run(self, *arguments: Any, mode: str = "both", values: Mapping[str, int] | None = None,
            states: Mapping[str, Any] | None = None, records: bool = True, boundaries: bool = False,
            progress: Callable[[float], None] | None = None, check_unwritten: bool | None = None,
            inputs: Mapping[str, Any] | None = None, **named: Any) -> Result:
        """Runs on the simulator. Arguments are torch or NumPy tensors, by position or by name; without any, the model's examples.

        `inputs` holds more of them, whose names may be those of other arguments here. `mode` is both, cycles or values; `values` are
        run-time lengths and positions by name; `states` are the contents of caches.
        With `check_unwritten` (or GARAM_CHECK_UNWRITTEN=1) it stops where memory that nobody wrote reaches a result, an index or a count.
        """
        from .execution import Session

        if not isinstance(inputs, (Mapping, NoneType)):
            named, inputs = named | {"inputs": inputs}, None  # forward(inputs) has a tensor of this name
        given, source = self.bind(arguments, named | dict(inputs or {})), self.source
        if not given and source is not None:
            given = dict(source.inputs)
        if values is None:
            values = dict(source.values) if source is not None else {}
        if states is None:
            states = source.states if source is not None and mode != "cycles" else {}
        session = Session(self, mode, check_unwritten)
        result = session.run(given, states=states, values=values, records=records, boundaries=boundaries, progress=progress)
        result.states = session.states()
        return result

    def open(self, mode: str = "both", check_unwritten: bool | None = None) -> Session:
        """Loads it once for several runs, between which the memory keeps its contents. `check_unwritten` as in `run`."""
        from .execution import Session

        return Session(self, mode, check_unwritten)

    def __repr__(self) -> str:
        return f"<garam.Program {self.info['model']} for {self.info['chip']}, {Path(self.where).name}>"
