"""Modules and example arguments of odd kinds, put together at random."""
from __future__ import annotations

import collections
import enum
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Pair(NamedTuple):
    first: Tensor
    second: Tensor


class Colour(enum.Enum):
    RED = 1


def _strided() -> Tensor:
    return torch.randn(8, 8)[::2, ::2]


#: What stands for a tensor [4, 4] as an argument, a parameter, a buffer or an attribute.
TENSORS: dict[str, Callable[[], Any]] = {
    "dense": lambda: torch.randn(4, 4), "strided": _strided, "transposed": lambda: torch.randn(4, 4).t(),
    "expanded": lambda: torch.randn(4, 1).expand(4, 4), "double": lambda: torch.randn(4, 4).double(), "half": lambda: torch.randn(4, 4).half(),
    "bfloat16": lambda: torch.randn(4, 4).bfloat16(), "int64": lambda: torch.randint(0, 4, (4, 4)), "int8": lambda: torch.ones(4, 4, dtype=torch.int8),
    "uint8": lambda: torch.ones(4, 4, dtype=torch.uint8), "bool": lambda: torch.ones(4, 4, dtype=torch.bool), "complex": lambda: torch.ones(4, 4) * 1j,
    "f8": lambda: torch.ones(4, 4).to(torch.float8_e4m3fn), "meta": lambda: torch.empty(4, 4, device="meta"), "sparse": lambda: torch.eye(4).to_sparse(),
    "csr": lambda: torch.eye(4).to_sparse_csr(), "nan": lambda: torch.full((4, 4), float("nan")), "rank 0": lambda: torch.tensor(0.5),
    "rank 9": lambda: torch.randn(1, 1, 1, 1, 1, 1, 1, 4, 4), "one": lambda: torch.randn(1), "parameter": lambda: nn.Parameter(torch.randn(4, 4)),
    "history": lambda: nn.Parameter(torch.randn(4, 4)) * 2, "quantized": lambda: torch.quantize_per_tensor(torch.randn(4, 4), 0.1, 0, torch.qint8),
}

#: What stands for something else.
OTHERS: dict[str, Callable[[], Any]] = {
    "none": lambda: None, "number": lambda: 3, "float": lambda: 0.5, "true": lambda: True, "nan": lambda: float("nan"), "text": lambda: "text",
    "complex number": lambda: 1j, "bytes": lambda: b"x", "dtype": lambda: torch.float32, "device": lambda: torch.device("cpu"), "object": object,
    "function": lambda: len, "enum": lambda: Colour.RED, "set": lambda: {1, 2}, "range": lambda: range(3), "empty list": list, "empty dictionary": dict,
    "size": lambda: torch.Size([2, 3]), "generator": lambda: (i for i in range(3)), "module": lambda: nn.Linear(2, 2),
}

_WRAPS: dict[str, Callable[[Any], Any]] = {
    "list": lambda value: [value, value], "tuple": lambda value: (value,), "dictionary": lambda value: {"a": value, "b": None},
    "numbered dictionary": lambda value: {1: value, (2, 3): value}, "ordered": lambda value: collections.OrderedDict(z=value, a=value),
    "named tuple": lambda value: Pair(value, value), "deep": lambda value: [[{"x": ([value], 2)}]], "default": lambda value: collections.defaultdict(list, a=value),
}

ATTRIBUTES = ("kv", "keys", "values", "config", "model", "weight", "training_", "x", "graph", "dtype", "device", "pos", "layers", "forward_", "parts")


def _argument(draw: random.Random) -> tuple[str, Any]:
    name, make = draw.choice([*TENSORS.items()] * 2 + [*OTHERS.items()])
    value = make()
    if draw.random() < 0.3:
        wrap = draw.choice([*_WRAPS])
        return f"{wrap} of {name}", _WRAPS[wrap](value)
    return name, value


class Odd(nn.Module):
    """Adds up every tensor that it finds: its own, and among its arguments."""

    def forward(self, *args, **kwargs):
        return self.total((args, kwargs))

    def total(self, given):
        tensors = [leaf for leaf in torch.utils._pytree.tree_leaves(given) if isinstance(leaf, Tensor)]
        tensors += [*self.parameters(recurse=False), *self.buffers(recurse=False), *(v for v in self.__dict__.values() if isinstance(v, Tensor))]
        total = tensors[0] * 2
        for tensor in tensors[1:]:
            total = total + tensor
        return total


class ByName(Odd):
    def forward(self, x, y=None, *, z=None, **more):
        return {"x": self.total((x, y, z, more)), 1: (x, None)}


class ByPosition(Odd):
    def forward(self, x, /, y=None, *more):
        return [self.total((x, y, more)), 3, "text"]


class Nested(Odd):
    def __init__(self):
        super().__init__()
        self.kv = nn.ModuleDict({"a": nn.Linear(4, 4), "b": ByName()})

    def forward(self, x, y=None):
        return self.kv["b"](self.kv["a"](x), y)


def drawn(draw: random.Random) -> tuple[Any, Any, Any, str]:
    """Module, positional and named arguments, and what they are."""
    torch.manual_seed(draw.randrange(10 ** 6))
    kind = draw.choice((Odd, ByName, ByPosition, Nested))
    module, done = kind(), [kind.__name__]
    for _ in range(draw.randint(0, 2)):
        done.append(_attribute(module, draw))
    if draw.random() < 0.2:
        module = module.to(draw.choice((torch.float64, torch.float16, torch.bfloat16)))
        done.append("cast")
    count = draw.choice((0, 1, 1, 2, 2, 3))
    arguments = [_argument(draw) if draw.random() < 0.6 else ("dense", torch.randn(4, 4)) for _ in range(count)]
    named = {draw.choice(("y", "z", "other", "self", "args")): arguments.pop()} if arguments and draw.random() < 0.3 else {}
    args: Any = tuple(value for _, value in arguments)
    if draw.random() < 0.05:
        args = draw.choice((None, 5, "text", torch.ones(2), [torch.ones(2)], {"x": torch.ones(2)}))
    done += [name for name, _ in arguments] + [f"{key}: {name}" for key, (name, _) in named.items()]
    return module, args, {key: value for key, (_, value) in named.items()}, ", ".join(done)


def _attribute(module: nn.Module, draw: random.Random) -> str:
    name, how = draw.choice(ATTRIBUTES), draw.choice(("parameter", "buffer", "state", "attribute", "other"))
    kind, make = draw.choice([*(OTHERS if how == "other" else TENSORS).items()])
    try:
        if how == "parameter":
            module.register_parameter(name, nn.Parameter(make(), requires_grad=False))
        elif how in ("buffer", "state"):
            module.register_buffer(name, make(), persistent=how == "state")
        else:
            setattr(module, name, make())
    except (KeyError, TypeError, RuntimeError, AttributeError) as error:  # PyTorch takes none of this
        return f"{how} {name} refused ({type(error).__name__})"
    return f"{how} {name}: {kind}"
