"""Runs a module of the tile level on torch tensors: what the text says, one op after another, one core after another.

It shares nothing with the conversions behind the level, so a wrong window, mask or loop shows as a wrong value. Phases whose
cores depend on each other would show too: each core finishes before the next begins.
"""
import itertools
import math
import re

import torch

TYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16, "i64": torch.int64, "i32": torch.int32,
         "i8": torch.int8, "i1": torch.bool, "f8E4M3FN": torch.float8_e4m3fn, "f8E5M2": torch.float8_e5m2}
NUMBER = re.compile(r"-?\d+")


def memref(text: str) -> tuple[list[int], torch.dtype]:
    body = re.match(r"memref<([^,>]*)", text).group(1)
    *sizes, element = body.split("x")
    return [int(size) if size != "?" else -1 for size in sizes], TYPES[element]


def fill(shape: list[int], dtype: torch.dtype) -> torch.Tensor:
    """Fresh memory holds what hurts when it is read."""
    return torch.full(shape, float("nan") if dtype.is_floating_point else 77, dtype=dtype)


class Interpreter:
    def __init__(self, text: str):
        self.functions: dict[str, tuple[list[str], list[str]]] = {}
        self.globals: dict[str, torch.Tensor] = {}
        lines = [line.strip() for line in text.replace("%c-", "%minus").splitlines()]  # a name is a word here
        at = 0
        while at < len(lines):
            if found := re.match(r'memref.global .*@(\w+) : (memref<.*>) = dense<(.*)>', lines[at]):
                self.globals[found.group(1)] = self.dense(*found.groups()[1:])
            if found := re.match(r"func.func (?:private )?@([\w.]+)\((.*)\)(?: attributes .*)? {$", lines[at]):
                end, depth = at, 0
                while True:
                    depth += lines[end].endswith("{") - lines[end].startswith("}")
                    if depth == 0:
                        break
                    end += 1
                self.functions[found.group(1)] = (re.findall(r"(%\w+): (?:memref|index)", found.group(2)), lines[at + 1:end])
                self.main_arguments = found.group(2) if found.group(1) == "main" else getattr(self, "main_arguments", "")
                at = end
            at += 1

    @staticmethod
    def dense(type_text: str, value: str) -> torch.Tensor:
        shape, dtype = memref(type_text)
        if value.startswith('"0x'):
            raw = bytearray.fromhex(value[3:-1])
            return torch.frombuffer(raw, dtype=dtype).reshape(shape).clone()
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:[eE][-+]?\d+)?", value)]
        return torch.tensor(numbers, dtype=torch.float64).expand(math.prod(shape)).reshape(shape).to(dtype).clone() \
            if len(numbers) == 1 else torch.tensor(numbers, dtype=torch.float64).reshape(shape).to(dtype)

    def run(self, **inputs) -> dict[str, torch.Tensor]:
        """Values of @main's outputs; arguments by `garam.name`. States are changed in place."""
        names, body = self.functions["main"]
        kinds = re.findall(r'garam.name = "([^"]*)"', self.main_arguments)
        env = dict(zip(names, [inputs[name] for name in kinds]))
        outputs: dict[str, torch.Tensor] = {}
        for line in body:
            if found := re.match(r"(%\w+) = memref.alloc\(\).* : (memref<.*>)$", line):
                env[found.group(1)] = fill(*memref(found.group(2)))
            elif found := re.match(r"(%\w+) = memref.get_global @(\w+)", line):
                env[found.group(1)] = self.globals[found.group(2)]
            elif found := re.match(r"tile.launch @([\w.]+)\(([^)]*)\)", line):
                parameters, kernel = self.functions[found.group(1)]
                self.block(kernel, dict(zip(parameters, [env[a.strip()] for a in found.group(2).split(",")])))
            elif found := re.match(r'tile.output (%\w+) {name = "([^"]*)"}', line):
                outputs[found.group(2)] = env[found.group(1)]
        return outputs

    def block(self, lines: list[str], env: dict) -> None:
        at = 0
        while at < len(lines):
            line = lines[at]
            if line.endswith("{"):
                end, depth = at, 0
                while True:
                    depth += lines[end].endswith("{") - lines[end].startswith("}")
                    if depth == 0:
                        break
                    end += 1
                self.region(line, lines[at + 1:end], env)
                at = end
            else:
                self.step(line, env)
            at += 1

    def region(self, head: str, body: list[str], env: dict) -> None:
        if found := re.match(r"scf.forall \((.*)\) in \((.*)\)", head):
            names = [n.strip() for n in found.group(1).split(",")]
            grid = [int(n) for n in found.group(2).split(",")]
            for place in itertools.product(*[range(n) for n in grid]):
                self.block(body, env | dict(zip(names, place)))
        elif found := re.match(r"scf.for (%\w+) = (%\w+) to (%\w+) step (%\w+)", head):
            name, low, high, by = found.groups()
            for i in range(env[low], env[high], env[by]):
                self.block(body, env | {name: i})
        else:
            raise NotImplementedError(head)

    @staticmethod
    def numbers(text: str, env: dict) -> list[int]:
        return [env[n.strip()] if n.strip().startswith("%") else int(n) for n in text.split(",") if n.strip()]

    def step(self, line: str, env: dict) -> None:
        if not line or line.startswith("return") or line.startswith("tile.barrier"):
            return
        if found := re.match(r"(%\w+) = arith.constant (-?\d+) : index", line):
            env[found.group(1)] = int(found.group(2))
        elif found := re.match(r"(%\w+) = arith.(\w+) (%\w+), (%\w+)", line):
            a, b = env[found.group(3)], env[found.group(4)]
            env[found.group(1)] = {"addi": lambda: a + b, "subi": lambda: a - b, "muli": lambda: a * b, "minsi": lambda: min(a, b),
                                   "maxsi": lambda: max(a, b), "divui": lambda: a // b}[found.group(2)]()
        elif found := re.match(r"(%\w+) = (?:tile|memref).alloc.* : (memref<.*>)$", line):
            env[found.group(1)] = fill(*memref(found.group(2)))
        elif found := re.match(r"(%\w+) = memref.subview (%\w+)\[(.*?)\] ?\[(.*?)\] ?\[(.*?)\]", line):
            base = env[found.group(2)]
            for dim, (at, size) in enumerate(zip(self.numbers(found.group(3), env), self.numbers(found.group(4), env))):
                assert at >= 0 and at + size <= base.shape[dim], line
                base = base.narrow(dim, at, size)
            env[found.group(1)] = base
        elif found := re.match(r"(%\w+) = memref.reinterpret_cast (%\w+) to offset: \[(.*?)\], sizes: \[(.*?)\], strides: \[(.*?)\]", line):
            base = env[found.group(2)]
            offset, = self.numbers(found.group(3), env)
            sizes, strides = self.numbers(found.group(4), env), self.numbers(found.group(5), env)
            last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides))
            assert offset >= 0 and last < base.numel(), f"{line}: {offset} … {last} of {base.numel()}"
            env[found.group(1)] = torch.as_strided(base, sizes, strides, base.storage_offset() + offset)
        elif found := re.match(r"tile.(?:load|store) (%\w+), (%\w+)", line):
            source, target = env[found.group(1)], env[found.group(2)]
            assert source.shape == target.shape and source.dtype == target.dtype, line
            target.copy_(source.clone())
        elif found := re.match(r"tile.gather (%\w+), (%\w+), (%\w+)", line):
            table, indices, target = (env[n] for n in found.groups())
            target.copy_(table[indices.long()])
        elif found := re.match(r"tile.matmul (%\w+), (%\w+), (%\w+)(?: accumulate (%\w+) : \w+)?( {transposed})?", line):
            a, w, acc = (env[n].double() for n in found.groups()[:3])
            product = a @ (w.T if found.group(5) else w)
            more = found.group(4) and env[found.group(4)]
            env[found.group(3)].copy_(acc + product if more else product)
        elif found := re.match(r"tile.rotate (%\w+), (%\w+), (%\w+), (%\w+) {dim = (\d+) : i64(.*)}", line):
            self.rotate(*[env[n] for n in found.groups()[:4]], int(found.group(5)), "pairs" in found.group(6))
        elif found := re.match(r"tile.(scan|argmax|transpose) (%\w+), (%\w+)", line):
            x, out = env[found.group(2)], env[found.group(3)]
            value = {"scan": lambda: x.float().cumsum(-1), "argmax": lambda: x.float().argmax(-1), "transpose": lambda: x.T}[found.group(1)]()
            out.copy_(value.reshape(out.shape))
        elif line.startswith("tile.map"):
            self.map(line, env)
        else:
            raise NotImplementedError(line)

    @staticmethod
    def rotate(x, cos, sin, out, dim: int, pairs: bool) -> None:
        v = x.float().reshape(x.shape[0], -1, dim)
        if pairs:
            partner = torch.stack([-v[..., 1::2], v[..., 0::2]], -1).reshape(v.shape)
        else:
            partner = torch.cat([-v[..., dim // 2:], v[..., :dim // 2]], -1)
        out.copy_((v * cos[:, None] + partner * sin[:, None]).reshape(x.shape).to(out.dtype))

    def map(self, line: str, env: dict) -> None:
        def values(key: str) -> list[torch.Tensor]:
            found = re.search(key + r"\(((?:%\w+(?:, )?)*)[ )]", line)
            return [env[n.strip()] for n in found.group(1).split(",") if n.strip()] if found else []
        sources, outs, reduced, scalar = values(r"ins"), values(r"outs"), values(r"reduce"), values(r"scalar")
        chain = re.search(r"chain = <(.*)>", line).group(1)
        wide = lambda t: t.reshape(1, -1) if t.dim() == 1 else t
        shape = wide((outs or sources)[0]).shape
        integer = "integer" in chain.split(",")[0]
        kind = torch.int64 if integer else torch.float32
        place = {f"s{i}": wide(s).to(kind).expand(shape) for i, s in enumerate(sources)}
        place["row"] = torch.arange(shape[0]).reshape(-1, 1).expand(shape).to(kind)
        place["col"] = torch.arange(shape[1]).expand(shape).to(kind)
        if scalar:
            place["scalar"] = torch.tensor(scalar[0]).to(kind).expand(shape)
        v = place.get("s0", torch.zeros(shape, dtype=kind)).clone()
        for text in [s.strip() for s in chain.split(",")]:
            name, *argument = text.split(" ")
            if text == "integer" or not text:
                continue
            if name == "reduce":
                over = 0 if argument[1] == "rows" else 1
                r = {"sum": v.sum, "max": v.amax, "min": v.amin}[argument[0]](over)
                reduced[0].copy_(r.reshape(reduced[0].shape))
                continue
            x = self.argument(argument[0], place, shape, kind) if argument else None
            v = self.apply(name, v, x, place)
        if outs:
            assert wide(outs[0]).shape == v.shape, line
            outs[0].copy_(v.reshape(outs[0].shape).to(outs[0].dtype))

    @staticmethod
    def argument(name: str, place: dict, shape, kind) -> torch.Tensor:
        if name in place:
            return place[name]
        if name.startswith("0x"):
            return torch.tensor(int(name, 16), dtype=torch.int64).to(torch.int32).view(torch.float32).to(kind).expand(shape)
        return torch.tensor(float(name)).to(kind).expand(shape)

    @staticmethod
    def apply(name: str, v, x, place: dict):
        if name.startswith("save_"):
            place[name[5:]] = v.clone()
            return v
        if name == "set":
            return x.clone()
        if name == "fma":
            return (v.double() * place["t0"].double() + x.double()).to(v.dtype)
        if name == "select":
            return torch.where(place["t0"] != 0, v, x)
        two = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "min": torch.minimum, "max": torch.maximum,
               "rsub": lambda a, b: b - a, "rdiv": lambda a, b: b / a, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge,
               "eq": torch.eq, "ne": torch.ne, "and": torch.logical_and, "or": torch.logical_or}
        if name in two:
            return two[name](v, x).to(v.dtype)
        one = {"neg": torch.neg, "recip": torch.reciprocal}
        return one.get(name, getattr(torch, name, None))(v)
