"""RMSNorm modules whose forward is one op."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from garam.frontdoor import ops  # noqa: F401

STYLES = ("llama", "plain", "gemma")
_SHAPES = ((5,), (2, 3), (2, 1, 4))  # before the normalised dimension
_SIZES = (3.0, 1e-3)  # of the input: with the small one, eps counts


def rms_norms(kind: type, instances: list[torch.nn.Module]) -> Callable | None:
    """A forward that is one op for those instances of the class for which it gives what the original gives, in f32 and bf16; None
    if for none."""
    original = kind.forward
    styles = {key: _style(original, example) for key, example in {_key(m): m for m in instances}.items()}
    if not any(styles.values()):
        return None

    def forward(self: torch.nn.Module, x: Tensor, *rest: object, **named: object) -> Tensor:
        style = styles.get(_key(self))
        if style is None or any(v is not None for v in (*rest, *named.values())) or x.dtype != self.weight.dtype:
            return original(self, x, *rest, **named)
        return torch.ops.garam.rms_norm(x, self.weight, _eps(self), style)

    return forward


def _eps(module: torch.nn.Module) -> float | None:
    found = next((getattr(module, name) for name in ("variance_epsilon", "eps") if hasattr(module, name)), None)
    return float(found) if isinstance(found, (int, float)) else None


def _key(module: torch.nn.Module) -> tuple:
    """All that instances may differ in besides the values of their weights."""
    plain = {n: v for n, v in vars(module).items() if isinstance(v, (bool, int, float, str, type(None))) and n != "training"}
    return tuple(sorted((n, repr(v)) for n, v in plain.items())), tuple((n, p.shape) for n, p in module.named_parameters())


def _style(original: Callable, module: torch.nn.Module) -> str | None:
    weight, eps = getattr(module, "weight", None), _eps(module)
    if not isinstance(weight, Tensor) or weight.dim() != 1 or eps is None or len(list(module.parameters())) != 1:
        return None
    generator = torch.Generator().manual_seed(0)
    trial = torch.randn(weight.shape, generator=generator)
    inputs = [torch.randn(*shape, weight.shape[0], generator=generator) * size for shape in _SHAPES for size in _SIZES]
    for style in STYLES:
        if all(_same(original, module, trial.to(t), x.to(t), eps, style) for t in (torch.float32, torch.bfloat16) for x in inputs):
            return style
    return None


def _same(original: Callable, module: torch.nn.Module, weight: Tensor, x: Tensor, eps: float, style: str) -> bool:
    with torch.no_grad(), _weight(module, weight):
        try:
            wanted = original(module, x)
        except Exception:  # whatever the class does with a plain tensor
            return False
    return isinstance(wanted, Tensor) and wanted.dtype == x.dtype and torch.equal(wanted, torch.ops.garam.rms_norm(x, weight, eps, style))


@contextlib.contextmanager
def _weight(module: torch.nn.Module, value: Tensor) -> Iterator[None]:
    """A parameter's values for as long as a trial takes; the parameter may be on the meta device."""
    original = module.weight
    module.weight = torch.nn.Parameter(value, requires_grad=False)
    try:
        yield
    finally:
        module.weight = original
