"""Where the tensors of a model are: each in one of its safetensors files, read in place when its values are asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from garam.errors import input_error

#: What safetensors calls the types that weights may have in a file.
FILE_TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
_FILE_BYTES = 1 << 30  # of one that is written
NAMES = {dtype: name for name, dtype in FILE_TYPES.items()}


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

    def entry(self, name: str) -> tuple[tuple[int, ...], str]:
        """Shape and type of a tensor, as safetensors names it; no values."""
        opened = self._open(self.files[name])
        with _reading(self.files[name]):
            found = opened.get_slice(name)
            return tuple(found.get_shape()), found.get_dtype()

    def make(self) -> None:
        """Writes files that are there only where values are asked for."""

    def require(self) -> None:
        """Raises InputError where there are no values."""

    def _open(self, file: Path) -> safe_open:
        if file not in self._mapped:
            with _reading(file):
                self._mapped[file] = safe_open(str(file), framework="pt")
        return self._mapped[file]


class AbsentWeights(WeightFiles):
    """Of a configuration alone: where the weights of its folder would be, by the names, shapes and type of the model."""

    def __init__(self, folder: Path, shapes: Mapping[str, tuple[int, ...]], dtype: torch.dtype, lacks: tuple[str, str]) -> None:
        """lacks: what is wrong as values are asked for, and what helps."""
        super().__init__(folder, dict.fromkeys(shapes, folder.absolute() / "model.safetensors"))
        self._shapes, self._dtype, self._lacks = shapes, dtype, lacks

    def tensor(self, name: str) -> Tensor:
        self.require()
        raise AssertionError(name)

    def entry(self, name: str) -> tuple[tuple[int, ...], str]:
        return self._shapes[name], NAMES[self._dtype]

    def require(self) -> None:
        raise input_error(str(self.place), *self._lacks)


def in_files(names: Iterable[str], bytes_of: Callable[[str], int]) -> list[list[str]]:
    """The names of tensors that are to be written, file by file: all tensors of one are in memory meanwhile."""
    parts: list[list[str]] = [[]]
    size = 0
    for name in names:
        own = bytes_of(name)
        if parts[-1] and size + own > _FILE_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(name)
        size += own
    return parts


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise input_error(str(file), "no such file", "a safetensors file") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise input_error(str(file), f"not readable ({error})", "a whole safetensors file") from error
