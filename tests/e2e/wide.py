"""Modules with more tensors than a launch can name, or a group can move."""
from __future__ import annotations

import torch
from torch import Tensor, nn


def _tensors(count: int, *shape: int) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {f"x{i}": torch.randn(*shape) for i in range(count)}


class _Concat(nn.Module):
    def forward(self, **tensors: Tensor) -> Tensor:
        return torch.cat(list(tensors.values()), -1)


class _Sum(nn.Module):
    def forward(self, **tensors: Tensor) -> Tensor:
        return sum(tensors.values())


class _Broadcasts(nn.Module):
    """Weights of rank five, each of another shape: no two of its dimensions are one for all of them."""

    SIZES = (5, 3, 11, 5, 33)

    def __init__(self) -> None:
        super().__init__()
        shapes = [[size if (i * 7 + 3) >> dim & 1 else 1 for dim, size in enumerate(self.SIZES)] for i in range(60)]
        self.terms = nn.ParameterList([nn.Parameter(torch.randn(*shape)) for shape in shapes])

    def forward(self, x: Tensor) -> Tensor:
        for i, term in enumerate(self.terms):
            x = x + (term.transpose(0, 3) if i % 3 == 1 else term)
        return x


class _Results(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(x * float(i) for i in range(1, 25))


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        total = self.linear(tensors[0]) + sum(t.tanh() for t in tensors[1:])
        return tuple(t + total for t in tensors)


class _Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([_Layer() for _ in range(2)])

    def forward(self, **tensors: Tensor) -> Tensor:
        given = tuple(tensors.values())
        for layer in self.layers:
            given = layer(*given)
        return torch.cat(given, -1)


class _Weights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scales = nn.ParameterList([nn.Parameter(torch.randn(8, 16)) for _ in range(70)])

    def forward(self, x: Tensor) -> Tensor:
        for scale in self.scales:
            x = x * scale + 0.1
        return x


def concat() -> tuple[nn.Module, dict[str, Tensor]]:
    return _Concat(), _tensors(20, 3, 7)


def concat_of_concats() -> tuple[nn.Module, dict[str, Tensor]]:
    return _Concat(), _tensors(200, 2, 3)


def addition() -> tuple[nn.Module, dict[str, Tensor]]:
    return _Sum(), _tensors(24, 5, 33)


def broadcasts() -> tuple[nn.Module, dict[str, Tensor]]:
    torch.manual_seed(0)
    return _Broadcasts(), {"x": torch.randn(*_Broadcasts.SIZES)}


def results() -> tuple[nn.Module, dict[str, Tensor]]:
    return _Results(), {"x": torch.linspace(-1, 1, 36).reshape(4, 9)}


def layers() -> tuple[nn.Module, dict[str, Tensor]]:
    return _Layers(), _tensors(20, 3, 8)


def weights() -> tuple[nn.Module, dict[str, Tensor]]:
    return _Weights(), {"x": torch.ones(8, 16)}
