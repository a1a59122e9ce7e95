"""Modules drawn at random that move values about: broadcasts, pieces, views in chains, degenerate sizes, beside a little arithmetic.

All values are small integers or halves, and a value's magnitude is kept below what 8 bits hold, so that whatever order and type a machine
computes in, the result is PyTorch's to the bit.
"""
from __future__ import annotations

import dataclasses
import math
import random

import torch
from torch import Tensor, nn

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
#: Of the values: halves up to here are exact in bf16.
LIMIT = 120.0
SIZES = (1, 1, 2, 3, 5, 7, 8, 12, 16, 33, 64, 130)


@dataclasses.dataclass
class Held:
    """A tensor and the greatest magnitude of its elements."""

    tensor: Tensor
    most: float


class Draw:
    """Draws from a seed and writes down what it did: the same program in each trace of a module."""

    def __init__(self, seed: int, inputs: dict[str, Held]):
        self.rng, self.inputs, self.text = random.Random(seed), inputs, []

    # ---- values to start from

    def source(self, *kinds: torch.dtype | None) -> Held:
        """An input, computed on or not."""
        name = self.rng.choice([n for n, h in self.inputs.items() if not kinds or h.tensor.dtype in kinds])
        self.note(f"{name}{list(self.inputs[name].tensor.shape)}")
        return self.computed(self.inputs[name]) if self.chance(0.5) else self.inputs[name]

    def note(self, text: str) -> None:
        self.text.append(text)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def size(self, room: int) -> int:
        return self.rng.choice([s for s in SIZES if s <= max(room, 1)])

    # ---- arithmetic that stays exact

    def computed(self, x: Held) -> Held:
        if x.tensor.dtype == torch.bool:
            self.note("not")
            return Held(~x.tensor, 1)
        kind = self.rng.choice(["double", "shift", "negate", "square"])
        if kind == "double" and x.most * 2 <= LIMIT:
            self.note("· 2")
            return Held(x.tensor * 2, x.most * 2)
        if kind == "shift" and x.most + 1 <= LIMIT:
            self.note("+ 1")
            return Held(x.tensor + 1, x.most + 1)
        if kind == "square" and x.most <= 3 and x.tensor.is_floating_point():
            self.note("squared")
            return Held(x.tensor * x.tensor, x.most ** 2)
        self.note("−")
        return Held(-x.tensor, x.most)

    # ---- moves

    def moved(self, x: Held, steps: int) -> Held:
        for _ in range(steps):
            x = self.rng.choice([self.reshaped, self.permuted, self.cut, self.stretched, self.joined, self.reshaped, self.permuted])(x)
        return x

    def reshaped(self, x: Held) -> Held:
        """Splits a dimension, merges two, or adds and drops those of size one."""
        shape = list(x.tensor.shape)
        kind = self.rng.choice(["merge", "split", "flat", "ones"])
        if kind == "merge" and len(shape) > 1:
            at = self.rng.randrange(len(shape) - 1)
            shape[at:at + 2] = [shape[at] * shape[at + 1]]
        elif kind == "split" and 0 < len(shape) < 5:
            at = self.rng.randrange(len(shape))
            factors = [f for f in (2, 3, 4, 5, 8, shape[at]) if f and shape[at] % f == 0] or [1]
            factor = self.rng.choice(factors)
            shape[at:at + 1] = [factor, shape[at] // factor]
        elif kind == "flat":
            shape = [math.prod(shape)]
        elif len(shape) < 5 and self.chance(0.7):
            shape.insert(self.rng.randint(0, len(shape)), 1)
        else:
            shape = [n for n in shape if n != 1]
        self.note(f"reshape {shape}")
        return Held(x.tensor.reshape(shape), x.most)

    def permuted(self, x: Held) -> Held:
        perm = self.rng.sample(range(x.tensor.ndim), x.tensor.ndim)
        self.note(f"permute {perm}")
        return Held(x.tensor.permute(perm), x.most)

    def cut(self, x: Held) -> Held:
        if not x.tensor.ndim:
            return x
        dim = self.rng.randrange(x.tensor.ndim)
        size = x.tensor.shape[dim]
        if size == 0:
            return x
        begin = self.rng.randint(0, size - 1)
        end, step = self.rng.randint(begin + 1, size), self.rng.choice([1, 1, 1, 2, 3])
        self.note(f"[{begin}:{end}:{step}] of {dim}")
        return Held(x.tensor[(slice(None),) * dim + (slice(begin, end, step),)], x.most)

    def stretched(self, x: Held) -> Held:
        """Dimensions of size one grow, new ones come in front."""
        room = 30_000 // max(x.tensor.numel(), 1)
        shape = list(x.tensor.shape)
        if shape and 1 not in shape and len(shape) < 5 and self.chance(0.6):
            at = self.rng.randint(0, len(shape))
            x = Held(x.tensor.unsqueeze(at), x.most)
            shape.insert(at, 1)
        for i, n in enumerate(shape):
            if n == 1 and self.chance(0.7):
                shape[i] = self.size(room)
                room //= max(shape[i], 1)
        if len(shape) < 5 and self.chance(0.3):
            shape.insert(0, self.size(room))
        self.note(f"expand {shape}")
        return Held(x.tensor.expand(shape), x.most)

    def joined(self, x: Held) -> Held:
        """A concat with pieces like x: itself, computed, broadcast, cut short, empty."""
        if not x.tensor.ndim or x.tensor.numel() > 20_000:
            return x
        dim, most = self.rng.randrange(x.tensor.ndim), x.most
        pieces = [x.tensor]
        for _ in range(self.rng.choice([1, 1, 2])):
            piece, kind = x, self.rng.choice(["same", "computed", "row", "number", "short", "none"])
            if kind == "computed":
                piece = self.computed(x)
            elif kind == "row" and x.tensor.numel():
                narrow = tuple(slice(0, 1) if self.chance(0.5) else slice(None) for _ in x.tensor.shape)
                piece = Held(x.tensor[narrow].expand(x.tensor.shape), x.most)
            elif kind == "number" and x.tensor.numel():
                piece = Held(x.tensor[(slice(0, 1),) * x.tensor.ndim].expand(x.tensor.shape), x.most)
            elif kind in ("short", "none"):
                end = 0 if kind == "none" else (x.tensor.shape[dim] + 1) // 2
                piece = Held(x.tensor.narrow(dim, 0, end), x.most)
            self.note(f"piece {kind}")
            pieces.insert(self.rng.randint(0, len(pieces)), piece.tensor)
            most = max(most, piece.most)
        self.note(f"cat {dim}")
        return Held(torch.cat(pieces, dim), most)

    # ---- consumers

    def consumed(self, x: Held) -> Held:
        consumers = [self.kept, self.computed, self.reduced, self.product, self.cast, self.added, self.looked_up, self.selected,
                     self.compared, self.along_rows, self.attended, self.large]
        return self.rng.choice(consumers)(x)

    def kept(self, x: Held) -> Held:
        return x

    def added(self, x: Held) -> Held:
        """To another view of itself, of an input, or of one number: the shapes stretch each other."""
        if x.tensor.dtype == torch.bool:
            return Held(x.tensor | ~x.tensor.narrow(0, 0, 1), 1) if x.tensor.numel() and x.tensor.ndim else x
        if x.most * 2 > LIMIT or not x.tensor.ndim:
            return self.computed(x)
        dim = self.rng.randrange(x.tensor.ndim)
        row = x.tensor.narrow(dim, 0, min(1, x.tensor.shape[dim]))
        other = row if self.chance(0.6) else self.computed(Held(x.tensor, x.most / 2)).tensor
        self.note(f"+ itself ({list(other.shape)})")
        return Held(x.tensor + other, x.most * 2 + 2)

    def compared(self, x: Held) -> Held:
        """The larger of two views, or whether one is: of a row, a column or all of x."""
        if x.tensor.dtype == torch.bool or not x.tensor.numel():
            return x
        other = x.tensor[tuple(slice(0, 1) if self.chance(0.5) else slice(None) for _ in x.tensor.shape)]
        self.note(f"beside {list(other.shape)}")
        if self.chance(0.5):
            return Held(x.tensor > other, 1.0)
        return Held(torch.where(x.tensor < other, other, -x.tensor), x.most)

    def along_rows(self, x: Held) -> Held:
        """Ops that look along a row, where they are exact: a softmax of one column is one."""
        if not x.tensor.is_floating_point() or not x.tensor.ndim:
            return self.computed(x)
        if self.chance(0.5) and x.most * x.tensor.shape[-1] <= LIMIT:
            self.note("cumsum")
            return Held(x.tensor.cumsum(-1), x.most * x.tensor.shape[-1])
        self.note("softmax of one, beside x")
        one = torch.softmax(x.tensor.amax(-1, keepdim=True), -1) if x.tensor.numel() else x.tensor
        return Held(x.tensor + one, x.most + 1)

    def attended(self, x: Held) -> Held:
        """Attention to one key is its value: exactly, where the score is zero."""
        if not x.tensor.is_floating_point() or not x.tensor.numel() or x.tensor.shape[-1:].numel() > 64:
            return self.computed(x)
        wide = x.tensor.reshape((1,) * (4 - x.tensor.ndim) + x.tensor.shape) if x.tensor.ndim <= 4 else x.tensor.flatten(0, 1)
        self.note(f"attention from {list(wide.shape)}")
        return Held(nn.functional.scaled_dot_product_attention(wide, wide[:, :, :1] * 0, wide[:, :, :1]), x.most)

    def large(self, x: Held) -> Held:
        """Integers that f32 does not hold."""
        if x.tensor.dtype != torch.int64 or x.most > LIMIT:
            return self.computed(x)
        self.note("large")
        return Held(x.tensor * 16_777_217 + 9_007_199_254_740_993, 2.0 ** 60)

    def selected(self, x: Held) -> Held:
        masks = [h.tensor for h in self.inputs.values() if h.tensor.dtype == torch.bool and h.tensor.numel() == 1]
        if not masks or x.tensor.dtype == torch.bool:
            return x
        self.note("where")
        return Held(torch.where(masks[0].reshape(()), x.tensor, torch.zeros((), dtype=x.tensor.dtype)), x.most)

    def reduced(self, x: Held) -> Held:
        if not x.tensor.is_floating_point() or not x.tensor.ndim:
            return self.computed(x)
        dim, keep = self.rng.randrange(x.tensor.ndim), self.chance(0.5)
        size = x.tensor.shape[dim]
        if x.most * size <= LIMIT:
            self.note(f"sum {dim} {keep}")
            return Held(x.tensor.sum(dim, keepdim=keep), x.most * size)
        self.note(f"amax {dim} {keep}")
        return Held(x.tensor.amax(dim, keepdim=keep), x.most)

    def product(self, x: Held) -> Held:
        """With itself transposed, or with a cut of an input; batches broadcast, K may be 0 or 1."""
        if not x.tensor.is_floating_point() or x.tensor.ndim < 2:
            return self.computed(x)
        a = x.tensor
        depth = min(a.shape[-1], self.rng.choice([0, 1, 3, 8]), int(LIMIT / max(x.most, 1) ** 2))
        a = a[..., :depth]
        b = a[..., :self.rng.choice([1, 4, 17]), :]
        if a.ndim > 2 and self.chance(0.4):
            b = b[(0,) * (b.ndim - 2)] if self.chance(0.5) and all(n > 0 for n in b.shape[:-2]) else b[:1]
        left = self.chance(0.3)
        self.note(f"product {list(a.shape)} by {list(b.shape)}, {'left' if left else 'right'}")
        out = torch.matmul(b, a.transpose(-1, -2)) if left else torch.matmul(a, b.transpose(-1, -2))
        return Held(out, depth * x.most ** 2)

    def cast(self, x: Held) -> Held:
        if x.most > LIMIT:
            return x
        target = self.rng.choice([torch.float32, torch.bfloat16, torch.float16, torch.int32, torch.int64])
        self.note(f"to {target}")
        return Held(x.tensor.to(target), x.most)

    def looked_up(self, x: Held) -> Held:
        """Rows of a table by ids that were moved about."""
        tables = [h for h in self.inputs.values() if h.tensor.is_floating_point() and h.tensor.ndim == 2 and h.tensor.shape[0] >= 4]
        if x.tensor.dtype not in (torch.int64, torch.int32) or not tables or x.tensor.ndim > 3:
            return x
        self.note("embedding")
        table = self.rng.choice(tables)
        return Held(nn.functional.embedding(x.tensor.abs().clamp(max=3), table.tensor), table.most)

    def program(self) -> list[Tensor]:
        """Between one and three results."""
        self.note("—")
        start = self.source()
        x = self.moved(start, self.rng.randint(0, 3))
        results = [x] if self.chance(0.25) else []
        x = self.consumed(x)
        if self.chance(0.5):
            x = self.moved(x, self.rng.randint(1, 3))
            results += [x] if self.chance(0.25) else []
            x = self.consumed(x)
        return [h.tensor for h in [*results, x]]


class Drawn(nn.Module):
    """Several programs over the same inputs; `text` says what they are."""

    def __init__(self, seed: int, programs: int = 1):
        super().__init__()
        self.seed, self.programs, self.text = seed, programs, ""

    def forward(self, x: Tensor, y: Tensor, table: Tensor, number: Tensor, ids: Tensor, small: Tensor, truth: Tensor):
        given = dict(x=x, y=y, table=table, number=number, ids=ids, small=small, truth=truth)
        inputs = {name: Held(tensor, 1.0 if tensor.dtype == torch.bool else 3.0) for name, tensor in given.items()}
        draw = Draw(self.seed, inputs)
        results = [tensor for _ in range(self.programs) for tensor in draw.program()]
        self.text = " ".join(draw.text)
        return tuple(results)


def inputs(seed: int, dtype: torch.dtype, empty: bool) -> dict[str, Tensor]:
    """Tensors of ranks 0 to 4; with `empty` one of their sizes may be zero."""
    rng = random.Random(f"inputs {seed}")
    generator = torch.Generator().manual_seed(seed)

    def shape(rank: int) -> list[int]:
        room, sizes = 6000, []
        for _ in range(rank):
            sizes.append(rng.choice([s for s in SIZES if s <= room]))
            room //= sizes[-1]
        if empty and rank and rng.random() < 0.4:
            sizes[rng.randrange(rank)] = 0
        return rng.sample(sizes, rank)

    def whole(*sizes: int, dtype: torch.dtype = dtype) -> Tensor:
        return torch.randint(-3, 4, sizes, generator=generator).to(dtype)

    truth = torch.randint(0, 2, shape(rng.randint(0, 3)), generator=generator).bool()
    table = whole(rng.choice([4, 9, 64]), rng.choice([1, 8, 12, 33]))
    return {"x": whole(*shape(rng.randint(1, 4))), "y": whole(*shape(rng.randint(1, 4))), "table": table, "number": whole(),
            "ids": whole(*shape(rng.randint(0, 3)), dtype=torch.int64), "small": whole(*shape(rng.randint(1, 3)), dtype=torch.int32),
            "truth": truth}
