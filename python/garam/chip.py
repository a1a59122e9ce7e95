"""A chip as Python sees it: the tables of its file, and the peaks that follow from them."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import _runtime
from .dtypes import mlir_name
from .errors import InputError, input_error


@dataclass(frozen=True)
class Chip:
    """`name` is a shipped chip or a path; `overrides` are `table.key=value`; `dies` 0 takes all of them."""

    name: str
    overrides: tuple[str, ...] = ()
    dies_in_use: int = 0

    def __post_init__(self) -> None:
        texts = (self.name, *self.overrides)
        if not all(isinstance(text, str) for text in texts) or not isinstance(self.dies_in_use, int):
            raise input_error("chip", f"{', '.join(map(repr, texts))}, dies {self.dies_in_use!r}",
                              "a name or a path, overrides KEY=VALUE, a whole number of dies")
        self.table  # a chip that does not load is refused here, not at its first use

    @cached_property
    def table(self) -> dict[str, Any]:
        try:
            return _runtime.chip(self.name, list(self.overrides), self.dies_in_use)
        except InputError as error:
            raise self._blamed(error) from None

    def _blamed(self, error: InputError) -> InputError:
        """Of a chip that loads without overrides the first of them is at fault with which it does not, whatever line the error names."""
        for count in range(len(self.overrides) + 1):
            try:
                _runtime.chip(self.name, list(self.overrides[:count]), self.dies_in_use)
            except InputError as caused:
                where, _, said = str(caused).partition(": ")
                if count == 0 or where.startswith("--"):
                    return caused
                return input_error(f"--set {self.overrides[count - 1]}", said)
        return error

    @property
    def arguments(self) -> tuple[str, list[str], int]:
        """What the compiled modules take a chip as."""
        return self.name, list(self.overrides), self.dies_in_use

    @property
    def title(self) -> str:
        return self.table["name"]

    @property
    def dies(self) -> int:
        return self.table["topology"]["dies"]

    @property
    def cores(self) -> int:
        return self.table["peaks"]["cores"]

    @property
    def hertz(self) -> float:
        return self.table["peaks"]["core_hz"]

    @property
    def ideal(self) -> bool:
        """No roofline is stated: chips for tests."""
        return self.table["ideal"]

    @property
    def peak_hbm(self) -> float:
        """Bytes per second."""
        return self.table["peaks"]["hbm_bytes_per_second"]

    @property
    def joules_per_action(self) -> dict[str, float]:
        """Price of each action that the simulator counts, in the order of its counters."""
        return self.table["peaks"]["joules_per_action"]

    @property
    def standing_watts(self) -> float:
        """Power that flows all the time: static, and background of the memory channels."""
        return self.table["peaks"]["standing_watts"]

    def peak_flops(self, dtype: str) -> float:
        """Operations per second; 0 where the arrays cannot multiply the type."""
        return _runtime.peak_flops(*self.arguments, mlir_name(dtype))


def names() -> list[str]:
    """The shipped chips."""
    return sorted(_runtime.chip_names())


def keys() -> list[dict[str, Any]]:
    """Every key of a chip file, with its range and its sentence."""
    return _runtime.chip_keys()
