"""Prints a program as MLIR's generic form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

from garam.frontdoor.ir import MLIR_TYPES, Argument, Constant, Enum, Function, Location, Op, Program, Result, Value

assert sys.byteorder == "little", "dense constants are written in the byte order of the host"


def program_text(program: Program) -> str:
    attributes = ", ".join(f"{k} = {attribute(v)}" for k, v in program.attributes.items())
    body = "\n".join(_Printer(f, program.weight_files).text() for f in program.functions)
    return f"module attributes {{{attributes}}} {{\n{body}\n}}\n"


def attribute(value: Any) -> str:
    """Python values as MLIR attributes: bool, int (i64), float (f32), str, list of int (array<i64>), int32 tuples, enumerations,
    element types and dense elements."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value} : i64"
    if isinstance(value, float):
        return f"{_float(value)} : f32"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, tuple):
        return f"array<i32: {', '.join(map(str, value))}>"
    if isinstance(value, list):
        return f"array<i64: {', '.join(map(str, value))}>" if value else "array<i64>"
    if isinstance(value, Enum):
        return f"#graph.{value.kind}<{value.value}>"
    if isinstance(value, torch.dtype):
        return MLIR_TYPES[value]
    if isinstance(value, torch.Tensor):
        return dense(value)
    raise TypeError(f"no attribute for {type(value).__name__}")


def string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _float(value: float) -> str:
    """MLIR wants a point before the exponent; numbers without a decimal form are given by their bits."""
    if value != value or value in (float("inf"), float("-inf")):
        return f"0x{torch.tensor(value, dtype=torch.float32).view(torch.int32).item() & (2**32 - 1):08X}"
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    return text if "." in mantissa else f"{mantissa}.0{'e' + exponent if exponent else ''}"


def dense(data: torch.Tensor) -> str:
    element = MLIR_TYPES[data.dtype]
    kind = f"tensor<{''.join(f'{n}x' for n in data.shape)}{element}>"
    flat = data.contiguous().flatten()
    splat = flat.numel() > 0 and bool((_bits(flat) == _bits(flat[:1])).all())
    if not flat.numel():
        values = ""
    elif data.dtype == torch.bool:
        values = _nested([("true" if x else "false") for x in flat.tolist()], data.shape) if not splat else (
            "true" if flat[0] else "false")
    elif splat and not data.dtype.is_floating_point:
        values = str(flat[0].item())
    else:
        raw = (flat[:1] if splat else flat).view(torch.uint8).numpy().tobytes()
        if splat and data.dtype.is_floating_point:  # a hexadecimal float literal is written from the most significant byte
            values = "0x" + raw[::-1].hex().upper()
        else:
            values = f'"0x{raw.hex().upper()}"'
    return f"dense<{values}> : {kind}"


def _bits(flat: torch.Tensor) -> torch.Tensor:
    return flat.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[flat.element_size()])


def _nested(items: list[str], shape: tuple[int, ...]) -> str:
    for size in reversed(shape[1:]):
        items = ["[" + ", ".join(items[i:i + size]) + "]" for i in range(0, len(items), size)]
    return "[" + ", ".join(items) + "]" if shape else items[0]


def location(at: Location) -> str:
    parts = [string(at.node), string(at.path)]
    if at.file is not None:
        parts.append(f"{string(at.file)}:{at.line}:1")
    return f"loc(fused[{', '.join(parts)}])"


class _Printer:
    """Names values %0, %1, … in one function; constants appear before their first use."""

    def __init__(self, function: Function, weight_files: tuple[Path, ...]) -> None:
        self.function, self.names, self.lines = function, {}, []
        self.weight_files = weight_files
        self.constants: dict[int, str] = {}

    def text(self) -> str:
        f = self.function
        arguments = ", ".join(self._argument(i, a) for i, a in enumerate(f.arguments))
        for op in f.ops:
            self._op(op)
        returned = [self._use(r.value) for r in f.results]
        types = ", ".join(r.value.type for r in f.results)
        self.lines.append(f'    "func.return"({", ".join(returned)}) : ({types}) -> ()')
        results = ", ".join(r.value.type + self._result_attributes(r) for r in f.results)
        private = "private " if f.private else ""
        body = "\n".join(self.lines)
        return f"  func.func {private}@{f.name}({arguments}) -> ({results}) {{\n{body}\n  }}"

    def _argument(self, index: int, argument: Argument) -> str:
        self.names[id(argument)] = f"%arg{index}"
        if self.function.private:
            return f"%arg{index}: {argument.type}"
        attributes = {"graph.kind": argument.kind, "graph.name": argument.name}
        if argument.file_dtype not in (None, argument.dtype):
            attributes["graph.source_dtype"] = argument.file_dtype
        if argument.file is not None and argument.file != self.weight_files[0]:
            attributes["graph.file"] = self.weight_files.index(argument.file)
        if argument.range is not None:
            attributes["graph.range"] = list(argument.range)
        return f"%arg{index}: {argument.type} {_dictionary(attributes)}"

    def _result_attributes(self, result: Result) -> str:
        if self.function.private:
            return ""
        attributes: dict[str, Any] = {"graph.name": result.name}
        if result.state is not None:
            names = [a.name if a.kind == "state" else None for a in self.function.arguments]
            attributes["graph.alias"] = names.index(result.state)
        return " " + _dictionary(attributes)

    def _use(self, value: Value) -> str:
        if isinstance(value, Constant) and id(value) not in self.names:
            self._constant(value)
        return self.names[id(value)]

    def _constant(self, value: Constant) -> None:
        literal = dense(value.data)
        if literal not in self.constants:
            name = f"%{len(self.lines)}"
            self.constants[literal] = name
            self.lines.append(f'    {name} = "graph.constant"() <{{value = {literal}}}> : () -> {value.type} '
                              f"{location(value.location)}")
        self.names[id(value)] = self.constants[literal]

    def _op(self, op: Op) -> None:
        operands = ", ".join(self._use(v) for v in op.operands)
        types = ", ".join(v.type for v in op.operands)
        result_types = ", ".join(v.type for v in op.results)
        name = f"%{len(self.lines)}"
        for i, result in enumerate(op.results):
            self.names[id(result)] = name if len(op.results) == 1 else f"{name}#{i}"
        count = f":{len(op.results)}" if len(op.results) > 1 else ""
        if op.callee:
            head = f'"func.call"({operands}) <{{callee = @{op.callee}}}> {_dictionary({"graph.instance": op.instance})}'
        else:
            properties = ", ".join(f"{k} = {attribute(v)}" for k, v in op.properties.items())
            at = op.location
            source = {} if at.file is None else {"graph.source": f"{at.file}:{at.line}"}
            head = f'"{op.name}"({operands})' + (f" <{{{properties}}}> " if properties else " ") + _dictionary(
                {"graph.node": at.node, **source})
        results = f"({result_types})" if len(op.results) != 1 else result_types
        self.lines.append(f"    {name}{count} = {head} : ({types}) -> {results} {location(op.location)}")


def _dictionary(attributes: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{k} = {attribute(v)}" for k, v in attributes.items()) + "}"
