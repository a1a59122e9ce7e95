"""Example arguments of a module: tensors in lists and dictionaries, numbers and None among them."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from garam.errors import input_error, one_line

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def by_name(where: str, module: torch.nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Example arguments by the names of `forward`, in its order; those of `**NAME` by their own, those of `*NAME` as a tuple."""
    try:
        signature = inspect.signature(module.forward)
        bound = signature.bind(*args, **kwargs).arguments
    except (TypeError, ValueError) as error:
        raise input_error(where, f"example arguments: {error}", "those of forward()") from None
    named: dict[str, Any] = {}
    for name, value in bound.items():
        if signature.parameters[name].kind is not inspect.Parameter.VAR_KEYWORD:
            named[name] = value
            continue
        for key in value:
            if key in signature.parameters:
                raise input_error(where, f"example arguments: {key} among **{name}, which is a parameter's name too", "names of their own")
        named.update(value)
    return named


def as_call(module: torch.nn.Module, named: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """How `forward` takes them: by name, but what has none, and what stands before that, by position."""
    parameters, rest = inspect.signature(module.forward).parameters, dict(named)
    many = any(p.kind is inspect.Parameter.VAR_POSITIONAL and rest.get(name) for name, p in parameters.items())
    args: list[Any] = []
    for name, parameter in parameters.items():
        if name not in rest:
            continue
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            args += rest.pop(name)
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY or many and parameter.kind in _POSITIONAL:
            args.append(rest.pop(name))
    return tuple(args), rest


def mapped(function: Callable[[Tensor], Any], value: Any) -> Any:
    """The same structure with every tensor replaced."""
    return pytree.tree_map(lambda leaf: function(leaf) if isinstance(leaf, Tensor) else leaf, value)


@dataclasses.dataclass(frozen=True)
class Arguments:
    """The leaves of a module's example arguments, by the names that the exported program gives them. What is no tensor became part
    of the program."""

    names: tuple[str, ...]
    leaves: tuple[Any, ...]
    structure: pytree.TreeSpec
    module: torch.nn.Module

    @property
    def tensors(self) -> dict[str, Tensor]:
        return {name: leaf for name, leaf in zip(self.names, self.leaves) if isinstance(leaf, Tensor)}

    def call(self, tensors: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments of `forward` with these tensors in place of the examples."""
        leaves = [tensors.get(name, leaf) if isinstance(leaf, Tensor) else leaf for name, leaf in zip(self.names, self.leaves)]
        return pytree.tree_unflatten(leaves, self.structure)

    def bind(self, where: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments of `forward` -> tensors by name. Throws where they are built otherwise than the examples, or where what became
        part of the program has another value."""
        leaves, structure = pytree.tree_flatten(as_call(self.module, by_name(where, self.module, args, kwargs)))
        if structure != self.structure:
            raise input_error(where, "arguments that are built otherwise than the examples it was compiled for", ", ".join(self.names))
        for name, example, leaf in zip(self.names, self.leaves, leaves):
            if not isinstance(example, Tensor) and not _same(example, leaf):
                raise input_error(f"{where}: {name}", _shown(leaf), f"{_shown(example)}, for which it was compiled")
        return {name: leaf for name, example, leaf in zip(self.names, self.leaves, leaves) if isinstance(example, Tensor)}


def _same(example: Any, given: Any) -> bool:
    try:
        return type(example) is type(given) and bool(example == given)
    except Exception:  # whatever a value's own comparison raises: it is not known to be the same
        return False


def _shown(value: Any) -> str:
    return one_line(repr(value))[:80]
