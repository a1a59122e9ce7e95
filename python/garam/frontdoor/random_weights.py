"""Seeded random weights, whose files are written when values are asked for."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from garam.frontdoor.weight_cache import cached, place
from garam.frontdoor.weight_files import NAMES, WeightFiles, in_files

#: Changes with what `_values` gives, so that no file of another recipe is taken.
_RECIPE = 1


@dataclasses.dataclass(frozen=True)
class _Drawn:
    """What decides the values of a parameter, besides the seed and its name."""

    shape: tuple[int, ...]
    is_table: bool


class RandomWeights(WeightFiles):
    """Values under which every parameter matters: matrices with variance 1 / fan-in, tables with 1 / 4, scales around 1, biases around
    0. The same names and shapes get the same values whatever else the model has."""

    def __init__(self, module: torch.nn.Module, names: Mapping[str, str], seed: int, dtype: torch.dtype) -> None:
        """names: parameter -> the name under which it is stored, one for those that are shared."""
        tables = {id(m.weight) for m in module.modules() if isinstance(m, torch.nn.Embedding)}
        stored = set(names.values())
        self._drawn = {name: _Drawn(tuple(p.shape), id(p) in tables) for name, p in module.named_parameters() if name in stored}
        self._seed, self._dtype = seed, dtype
        self._parts = {place(key): (key, part) for key, part in ((self._key(part), part) for part in in_files(self._drawn, self._bytes))}
        super().__init__(Path(f"random weights {seed}"), {name: file for file, (_, part) in self._parts.items() for name in part})

    def tensor(self, name: str) -> Tensor:
        return _values(name, self._drawn[name], self._seed).to(self._dtype)

    def entry(self, name: str) -> tuple[tuple[int, ...], str]:
        return self._drawn[name].shape, NAMES[self._dtype]

    def make(self) -> None:
        for key, part in self._parts.values():
            cached(key, lambda file, part=part: save_file({name: self.tensor(name) for name in part}, file))

    def _bytes(self, name: str) -> int:
        return self._dtype.itemsize * torch.Size(self._drawn[name].shape).numel()

    def _key(self, part: list[str]) -> dict[str, object]:
        return {"recipe": _RECIPE, "seed": self._seed, "dtype": NAMES[self._dtype],
                "tensors": [(name, self._drawn[name].shape, self._drawn[name].is_table) for name in part]}


def randomize(module: torch.nn.Module, seed: int) -> None:
    """The same values into a module that holds values already."""
    tables = {id(m.weight) for m in module.modules() if isinstance(m, torch.nn.Embedding)}
    for name, parameter in module.named_parameters():
        parameter.data.copy_(_values(name, _Drawn(tuple(parameter.shape), id(parameter) in tables), seed))


def _values(name: str, drawn: _Drawn, seed: int) -> Tensor:
    salt = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    noise = torch.randn(drawn.shape, generator=torch.Generator().manual_seed(int.from_bytes(salt[:7], "little")))
    if drawn.is_table:
        return noise.mul_(0.5)
    if len(drawn.shape) >= 2:
        return noise.mul_(max(1, noise.numel() // max(1, drawn.shape[0])) ** -0.5)
    return noise.mul_(0.1).add_(1.0 if name.endswith("weight") else 0.0)
