"""Tensors of a checkpoint as those of a model, by the conversions of names and tensors that Transformers has for its class."""

from __future__ import annotations

import copy
import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import WeightConverter, WeightRenaming, dot_natural_key, rename_source_key

from garam.errors import brief, input_error
from garam.frontdoor.valueless import filled
from garam.frontdoor.weight_cache import cached, place
from garam.frontdoor.weight_files import FILE_TYPES, NAMES, WeightFiles, in_files
from garam.frontdoor.weights import tied_names

#: Of what is converted: buffers may be integers.
_TYPES = FILE_TYPES | {"F64": torch.float64, "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool}
#: Buffers that old checkpoints hold and models compute, as in Transformers.
_COMPUTED = (r"rotary_emb\.inv_freq$", r"(^|\.)position_ids$")


@dataclasses.dataclass(frozen=True)
class _Conversion:
    """One or more tensors of the model out of one or more of the checkpoint. sources: (pattern, tensor), in the order of
    the checkpoint."""

    model: PreTrainedModel
    converter: WeightConverter
    first: str
    sources: tuple[tuple[str, str], ...]

    def __call__(self, read: Callable[[str], Tensor]) -> dict[str, Tensor]:
        converter = copy.deepcopy(self.converter)
        for pattern, tensor in self.sources:
            converter.add_tensor(self.first, tensor, pattern, read(tensor))
        try:
            made = converter.convert(self.first, model=self.model, config=self.model.config)
        except Exception as error:  # of tensors that do not fit each other
            raise input_error(self.sources[0][1], f"does not become {self.first} ({brief(error)})",
                              "what Transformers saves of this class") from error
        return {name: (value[0] if isinstance(value, list) else value).contiguous() for name, value in made.items()}


@dataclasses.dataclass(frozen=True)
class _Initial:
    """Parameters that no checkpoint of the class holds, since they follow from the configuration: tables of sinusoids."""

    model: PreTrainedModel
    path: str
    names: tuple[str, ...]

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("initial values of", f"{type(self.model).__name__} {self.model.config.to_json_string()} {self.path}"),)

    def __call__(self, read: Callable[[str], Tensor]) -> dict[str, Tensor]:
        return {f"{self.path}.{name}": tensor for name, tensor in self._draw(0).items()}

    def is_certain(self) -> bool:
        """Whether no random number decides them."""
        try:
            return all(not first.isnan().any() and torch.equal(first, again)
                       for first, again in zip(self._draw(0).values(), self._draw(1).values()))
        except Exception:  # of a class that initialises its parameters in another way
            return False

    def _draw(self, seed: int) -> dict[str, Tensor]:
        child = filled(self.model.get_submodule(self.path), self._unknown)
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(seed)
            self.model._init_weights(child)
        return {name: child.get_parameter(name).detach() for name in self.names}

    def _unknown(self, name: str) -> Tensor:
        return torch.full_like(self.model.get_parameter(f"{self.path}.{name}"), torch.nan, device="cpu")


class ConvertedWeights(WeightFiles):
    """A checkpoint, with what Transformers makes of its tensors beside them, in a file of the cache that is written when values are
    asked for."""

    def __init__(self, held: WeightFiles, conversions: list[_Conversion | _Initial]) -> None:
        self._held, self._made_by = held, {}
        self._shapes: dict[str, tuple[tuple[int, ...], str]] = {}
        sizes: dict[str, int] = {}
        self._last: tuple[_Conversion | _Initial, dict[str, Tensor]] | None = None
        for conversion in conversions:
            for name, tensor in conversion(self._without_values).items():
                self._made_by[name] = conversion
                self._shapes[name] = tuple(tensor.shape), NAMES.get(tensor.dtype, str(tensor.dtype))
                sizes[name] = tensor.nbytes
        whole = {"transformers": transformers.__version__, "files": [_stamp(file) for file in sorted(set(held.files.values()))]}
        self._parts = [({**whole, "made": [(name, self._made_by[name].sources) for name in part]}, part)
                       for part in in_files(sizes, sizes.__getitem__)]
        super().__init__(held.place, {**held.files, **{self.key(name): place(key) for key, part in self._parts for name in part}})

    @staticmethod
    def key(name: str) -> str:
        """Under which a tensor that was made is stored: the checkpoint may have another one of its name."""
        return f"{name} (converted)"

    @property
    def made(self) -> dict[str, str]:
        """Tensor of the model -> its key."""
        return {name: self.key(name) for name in self._made_by}

    def tensor(self, name: str) -> Tensor:
        target = name.removesuffix(self.key(""))
        if target == name:
            return self._held.tensor(name)
        conversion = self._made_by[target]
        if self._last is None or self._last[0] is not conversion:  # its other tensors are asked for next
            self._last = conversion, conversion(self._held.tensor)
        return self._last[1][target]

    def entry(self, name: str) -> tuple[tuple[int, ...], str]:
        target = name.removesuffix(self.key(""))
        return self._held.entry(name) if target == name else self._shapes[target]

    def make(self) -> None:
        for key, part in self._parts:
            if part:
                cached(key, lambda file, part=part: save_file({self.key(n): self.tensor(self.key(n)) for n in part}, file))

    def _without_values(self, name: str) -> Tensor:
        shape, dtype = self._held.entry(name)
        if dtype not in _TYPES:
            raise input_error(f"{self._held.files[name]}: {name}", f"type {dtype}", ", ".join(_TYPES))
        return torch.empty(shape, dtype=_TYPES[dtype], device="meta")


def converted(model: PreTrainedModel, held: WeightFiles) -> tuple[WeightFiles, dict[str, str], list[str]]:
    """The weights, parameter or buffer -> tensor of them, and the tensors that the model has no place for."""
    state, template = model.state_dict(), get_model_conversion_mapping(model)
    renamings = [entry for entry in template if isinstance(entry, WeightRenaming)]
    converters = [entry for entry in template if isinstance(entry, WeightConverter)]
    by_pattern = {pattern: converter for converter in converters for pattern in converter.source_patterns}
    names: dict[str, str] = {}
    parts: dict[str, list[tuple[str, str]]] = {}
    left: list[str] = []
    renamed = functools.partial(rename_source_key, base_model_prefix=model.base_model_prefix, meta_state_dict=state)
    for tensor in sorted(held.files, key=dot_natural_key):
        name, pattern = renamed(tensor, renamings, converters)
        if name not in state and tensor in state:
            name, pattern = renamed(tensor, [], [])
        if name not in state:
            left.append(tensor)
        elif pattern is None:
            names.setdefault(name, tensor)
        else:
            parts.setdefault(name, []).append((pattern, tensor))
    conversions: list[_Conversion | _Initial] = [_Conversion(model, by_pattern[sources[0][0]], name, tuple(sources))
                                                 for name, sources in parts.items()]
    whole = ConvertedWeights(held, conversions)
    initial = _initial_values(model, {*names, *whole.made})
    if initial:
        whole = ConvertedWeights(held, conversions + initial)
    return (whole, names | whole.made, left) if whole.made else (held, names, left)


def _initial_values(model: PreTrainedModel, found: set[str]) -> list[_Initial]:
    """Of parameters that the class says no checkpoint needs to have, where none has them and chance does not decide them."""
    shared = tied_names(model)
    given = {shared[name] for name in found if name in shared}
    patterns = {*(model._keys_to_ignore_on_load_missing or ()), *(model._keys_to_ignore_on_save or ())}
    needless = [re.compile(pattern) for pattern in patterns]
    missing: dict[str, list[str]] = {}
    for parameter, first in shared.items():
        if first not in given and "." in parameter and any(pattern.search(parameter) for pattern in needless):
            path, _, name = parameter.rpartition(".")
            missing.setdefault(path, []).append(name)
    initial = [_Initial(model, path, tuple(names)) for path, names in missing.items()]
    return [each for each in initial if each.is_certain()]


def unexpected(model: PreTrainedModel, left: list[str], used: Mapping[str, str]) -> Iterator[str]:
    """Of the tensors that are left, those that neither the class says it ignores nor a layer that was not asked for holds."""
    ignored = [re.compile(pattern) for pattern in (*(model._keys_to_ignore_on_load_unexpected or ()), *_COMPUTED)]
    numbered = {re.sub(r"\d+", "N", tensor) for tensor in used.values()}
    for tensor in left:
        if not any(pattern.search(tensor) for pattern in ignored) and re.sub(r"\d+", "N", tensor) not in numbered:
            yield tensor


def _stamp(file: Path) -> tuple[str, int, int]:
    found = file.stat()
    return str(file), found.st_size, found.st_mtime_ns
