"""Patches are taken where they give what the original gives, and near misses of each are left alone."""
from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from transformers.models.llama import modeling_llama as llama

from garam.frontdoor import context
from garam.frontdoor.norm_patch import rms_norms
from garam.frontdoor.rotary_patch import rotary_rows, rotation


class RightRMSNorm(nn.Module):
    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(8)), eps

    def factor(self, x: Tensor) -> Tensor:
        return torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x: Tensor, gate: Tensor | None = None) -> Tensor:
        y = self.weight * (x.float() * self.factor(x.float())).to(x.dtype)
        return y if gate is None else y * gate


class OtherAxis(RightRMSNorm):
    def factor(self, x: Tensor) -> Tensor:
        return torch.rsqrt(x.pow(2).mean(-1 if x.dim() == 2 else 1, keepdim=True) + self.eps)


class NoEpsilon(RightRMSNorm):
    def factor(self, x: Tensor) -> Tensor:
        return torch.rsqrt(x.pow(2).mean(-1, keepdim=True))


class FirstRowOnly(RightRMSNorm):
    def factor(self, x: Tensor) -> Tensor:
        return super().factor(x[:1])


@pytest.mark.parametrize("kind", [OtherAxis, NoEpsilon, FirstRowOnly])
def test_norms_that_are_none(kind: type) -> None:
    assert rms_norms(type(kind.__name__, (kind,), {"forward": kind.forward}), [kind()]) is None


def test_a_norm_with_a_gate_runs_its_own_code_and_instances_differ() -> None:
    kind = type("Scaled", (RightRMSNorm,), {"forward": lambda self, x, gate=None: RightRMSNorm.forward(self, x, gate) * (self.eps < 1)})
    forward = rms_norms(kind, [kind(), kind(2.0)])
    x, gate = torch.randn(2, 3, 8), torch.randn(2, 3, 8)
    for module in (kind(), kind(2.0)):
        for rest in ((), (gate,)):
            torch.testing.assert_close(forward(module, x, *rest), kind.forward(module, x, *rest))


def test_rotation_by_rows_of_each_sequence_and_in_other_layouts() -> None:
    apply = rotation(llama.apply_rotary_pos_emb)
    q, k, angle = torch.randn(2, 4, 3, 8), torch.randn(2, 2, 3, 8), torch.randn(2, 3, 4).repeat(1, 1, 2)
    with context.taking_notes():
        for dim, operands in ((1, (q, k)), (2, (q.transpose(1, 2), k.transpose(1, 2)))):
            for got, wanted in zip(apply(*operands, angle.cos(), angle.sin(), unsqueeze_dim=dim),
                                   llama.apply_rotary_pos_emb(*operands, angle.cos(), angle.sin(), unsqueeze_dim=dim)):
                torch.testing.assert_close(got, wanted)


def test_rotations_that_are_none() -> None:
    def backwards(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        return llama.apply_rotary_pos_emb(q, k, cos, -sin)

    def first_sequence(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        return llama.apply_rotary_pos_emb(q, k, cos[:1], sin[:1])

    assert rotation(backwards) is None and rotation(first_sequence) is None


class Angles(nn.Module):
    def rows(self, position_ids: Tensor) -> Tensor:
        return position_ids[:, :, None] * torch.tensor([1.0, 0.1, 1.0, 0.1])

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        angle = self.rows(position_ids)
        return (angle.cos() * 1.3).to(x.dtype), (angle.sin() * 1.3).to(x.dtype)


class ByLength(Angles):
    def rows(self, position_ids: Tensor) -> Tensor:
        return super().rows(position_ids) * (0.5 if int(position_ids.max()) > 20 else 1.0)


class FromZero(Angles):
    def rows(self, position_ids: Tensor) -> Tensor:
        return super().rows(torch.arange(position_ids.shape[1])[None])


def test_rows_depend_on_their_own_position_alone() -> None:
    assert rotary_rows(Angles, [Angles()]) is not None
    assert rotary_rows(ByLength, [ByLength()]) is None and rotary_rows(FromZero, [FromZero()]) is None




def test_a_tensor_that_was_written_to_has_lost_its_meaning() -> None:
    with context.taking_notes():
        mask = context.notes().note(torch.ones(2, 2, dtype=torch.bool), "all")
        assert context.notes().meaning(mask) == "all" and context.notes().meaning(mask[:]) is None
        mask[0, 1] = False
        assert context.notes().meaning(mask) is None
