"""Where the tensors of a checkpoint are: each in one of its safetensors files, read in place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from garam.errors import input_error


class WeightFiles:
    """place: what errors name, a file or the index of several. files: tensor -> the file that holds it, an absolute path. Files are
    mapped from the first look into them on. Raises InputError where one is missing or is not whole."""

    def __init__(self, place: Path, files: Mapping[str, Path]) -> None:
        self.place, self.files = place, files
        self._mapped: dict[Path, safe_open] = {}

    @classmethod
    def of(cls, file: Path) -> WeightFiles:
        """One file, with all tensors that it holds."""
        whole = cls(file, {})
        whole.files = dict.fromkeys(whole._open(file.absolute()).keys(), file.absolute())
        return whole

    def tensor(self, name: str) -> Tensor:
        opened = self._open(self.files[name])
        with _reading(self.files[name]):
            return opened.get_tensor(name)

    def entry(self, name: str) -> Any:
        """Of a tensor `get_shape` and, as safetensors names it, `get_dtype`; no values."""
        opened = self._open(self.files[name])
        with _reading(self.files[name]):
            return opened.get_slice(name)

    def _open(self, file: Path) -> safe_open:
        if file not in self._mapped:
            with _reading(file):
                self._mapped[file] = safe_open(str(file), framework="pt")
        return self._mapped[file]


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise input_error(str(file), "no such file", "a safetensors file") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise input_error(str(file), f"not readable ({error})", "a whole safetensors file") from error
