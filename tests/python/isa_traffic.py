"""Bytes that a program moves over its memory channels, from the text of `garam-objdump` alone.

A small interpreter of the sequencer (docs/hardware/isa.md): it runs the scalar instructions of each core, unrolls the loops, and counts
the column accesses that each DMA instruction asks for (rules D2 and MQ1). It shares no code with compiler and simulator.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

MASK = (1 << 64) - 1
SCALARS = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "min": min, "max": max,
           "shl": lambda a, b: a << b % 64, "shr": lambda a, b: a >> b % 64, "and": lambda a, b: a & b,
           "lt": lambda a, b: int(a < b), "eq": lambda a, b: int(a == b)}


@dataclass(frozen=True)
class Shape:
    """Counts (dimension 0 in bytes), source strides and destination strides, innermost first."""

    counts: tuple[int, ...]
    source: tuple[int, ...]
    target: tuple[int, ...]


@dataclass
class Kernel:
    shapes: dict[int, Shape] = field(default_factory=dict)
    code: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@dataclass
class Listing:
    kernels: dict[int, Kernel] = field(default_factory=dict)
    segments: dict[int, int] = field(default_factory=dict)
    launches: list[tuple[int, list[tuple[int, int, str]]]] = field(default_factory=list)


def parse(text: str) -> Listing:
    listing = Listing()
    kernel = Kernel()
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "isa.kernel":
            kernel = listing.kernels[int(rest.split()[0])] = Kernel()
        elif word == "isa.dma_shape":
            number, counts, source, target = re.fullmatch(r"(\d+) \[(.*)\] from \[(.*)\] to \[(.*)\]", rest).groups()
            kernel.shapes[int(number)] = Shape(*(tuple(map(int, part.split(", "))) for part in (counts, source, target)))
        elif word == "isa.segment":
            number, address = re.match(r'(\d+) "[^"]*" \w+ at (\d+)', rest).groups()
            listing.segments[int(number)] = int(address)
        elif word == "isa.launch":
            parameters = re.findall(r'#isa\.parameter<segment = (-?\d+), offset = (-?\d+), value = "(\w*)">', rest)
            listing.launches.append((int(re.search(r"kernel (\d+)", rest).group(1)), [(int(s), int(o), v) for s, o, v in parameters]))
        elif re.match(r"isa\.(seq|dma|mma|vec|matrix|vector_sync|sync)", word):
            kernel.code.append((word.removeprefix("isa."), dict(part.split("=") for part in rest.split() if "=" in part)))
    return listing


class Core:
    """One core in one launch. `transfers` yields what its DMA engines are given: mnemonic, shape and addresses."""

    def __init__(self, kernel: Kernel, number: int, parameters: list[int]):
        self.kernel, self.number, self.parameters = kernel, number, parameters
        self.registers: dict[int, int] = {}

    def value(self, text: str) -> int:
        return self.registers[int(text[1:])] if text.startswith("r") else int(text)

    def transfers(self) -> Iterator[tuple[str, Shape, int, int]]:
        loops: list[list[int]] = []  # register, upper, step, first, end
        at, code = 0, self.kernel.code
        while True:
            while loops and at == loops[-1][4]:
                register, upper, step, first, _ = loops[-1]
                if self.registers[register] + step < upper:
                    self.registers[register] += step
                    at = first
                else:
                    loops.pop()
            name, fields = code[at]
            at += 1
            if name == "seq_end":
                return
            if name == "seq_loop":
                lower, upper, step, length = (self.value(fields[key]) for key in ("lower", "upper", "step", "length"))
                if lower < upper:
                    self.registers[int(fields["iv"])] = lower
                    loops.append([int(fields["iv"]), upper, step, at, at + length])
                else:
                    at += length
            elif name == "seq_skip":
                at += 0 if self.value(fields["cond"]) else int(fields["length"])
            elif name.startswith("seq_"):
                self.registers[int(fields["rd"])] = self.scalar(name.removeprefix("seq_"), fields)
            elif name in ("dma_load", "dma_gather", "dma_store", "dma_scatter"):
                shape = self.kernel.shapes[int(fields["desc"])]
                counts = tuple(self.value(fields[f"c{i}"]) if fields[f"c{i}"].startswith("r") else count
                               for i, count in enumerate(shape.counts))
                yield name, Shape(counts, shape.source, shape.target), self.value(fields["src"]), self.value(fields["dst"])

    def scalar(self, name: str, fields: Mapping[str, str]) -> int:
        if name == "core":
            return self.number
        if name == "param":
            return self.parameters[int(fields["index"])]
        if name == "set":
            return signed((int(fields["hi"]) & 0xFFFFFFFF) << 32 | int(fields["lo"]) & 0xFFFFFFFF)
        return signed(SCALARS[name](self.value(fields["a"]), self.value(fields["b"])))


def signed(value: int) -> int:
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def accesses(name: str, shape: Shape, address: int, column: int) -> int:
    """Column accesses of `column` bytes that a transfer touches in a memory whose channels are whole columns apart."""
    counts, indexed = list(shape.counts), name in ("dma_gather", "dma_scatter")
    if min(counts) <= 0:
        return 0
    strides = shape.target if name in ("dma_store", "dma_scatter") else shape.source
    for d in range(1, 4 if indexed else 5):
        if counts[d] == 1:
            continue
        if shape.source[d] != counts[0] or shape.target[d] != counts[0]:
            break
        counts[0], counts[d] = counts[0] * counts[d], 1
    # Which rows are gathered is not known here; where they are whole columns it does not matter.
    if indexed and strides[4] % column:
        raise ValueError(f"{name} with a stride of {strides[4]} bytes over columns of {column}")
    starts = np.array([address], dtype=np.int64)
    for d in range(1, 5):
        step = 0 if indexed and d == 4 else strides[d]
        starts = (starts[:, None] + np.arange(counts[d], dtype=np.int64) * step).reshape(-1)
    return int(((starts + counts[0] - 1) // column - starts // column + 1).sum())


def traffic(text: str, cores: int, column: int, values: Mapping[str, int] | None = None) -> tuple[int, int]:
    """Bytes read from and written to the memory by all launches of a listing."""
    listing, read, written = parse(text), 0, 0
    for number, parameters in listing.launches:
        given = [offset + (listing.segments[segment] if segment >= 0 else (values or {})[value] if value else 0)
                 for segment, offset, value in parameters]
        for core in range(cores):
            for name, shape, source, target in Core(listing.kernels[number], core, given).transfers():
                outward = name in ("dma_store", "dma_scatter")
                address = target if outward else source
                if address >> 60 == 0:  # the other spaces are shared memory and the cores' own
                    moved = accesses(name, shape, address & (1 << 48) - 1, column) * column
                    written, read = written + moved * outward, read + moved * (not outward)
    return read, written
