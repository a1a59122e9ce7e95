"""The text: attributes as MLIR writes them, and every model's text taken by the project's own verifiers."""
from __future__ import annotations

import math
import subprocess
from pathlib import Path

import pytest
import torch
from frontdoor.folders import DECODERS, ENCODERS, write
from frontdoor.modules_test import MODULES

from garam.frontdoor import bring_in, load
from garam.frontdoor.ir import MLIR_TYPES, Enum
from garam.frontdoor.model import Model
from garam.frontdoor.text import attribute, dense

OPT = Path(__file__).parents[3] / "build" / "bin" / "garam-opt"


def verify(text: str) -> str:
    """The text as garam-opt prints it, locations included."""
    assert OPT.exists(), f"{OPT} is not built; scripts/setup.sh builds it"
    done = subprocess.run([OPT, "--mlir-print-debuginfo"], input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[:2000]
    return done.stdout


@pytest.mark.parametrize("value, text", [
    (True, "true"), (7, "7 : i64"), (1e-12, "1.0e-12 : f32"), (0.125, "0.125 : f32"), (-math.inf, "0xFF800000 : f32"),
    ('a"b\\', '"a\\"b\\\\"'), ([1, 2], "array<i64: 1, 2>"), ([], "array<i64>"), ((1, 0), "array<i32: 1, 0>"),
    (Enum("predicate", "lt"), "#graph.predicate<lt>"), (torch.bfloat16, "bf16"),
])
def test_attributes(value, text):
    assert attribute(value) == text


@pytest.mark.parametrize("data, text", [
    (torch.tensor(1.5), "dense<0x3FC00000> : tensor<f32>"),
    (torch.tensor([1.0, 2.0], dtype=torch.bfloat16), 'dense<"0x803F0040"> : tensor<2xbf16>'),
    (torch.zeros(2, 3), "dense<0x00000000> : tensor<2x3xf32>"),
    (torch.tensor([-0.0, 0.0]), 'dense<"0x0000008000000000"> : tensor<2xf32>'),
    (torch.tensor([[5, 5]]), "dense<5> : tensor<1x2xi64>"),
    (torch.tensor([[True], [False]]), "dense<[[true], [false]]> : tensor<2x1xi1>"),
])
def test_constants(data, text):
    assert dense(data) == text


def test_constants_of_every_type_and_shape_verify():
    """All elements one number, or not; of no dimension, and without elements."""
    shapes = [(), (1,), (3,), (0,), (2, 3), (0, 3), (3, 0), (2, 0, 0), (0, 0, 2)]
    tensors = [fill(shape).to(dtype) for dtype in MLIR_TYPES if dtype is not None for shape in shapes
               for fill in (torch.ones, lambda shape: torch.arange(math.prod(shape)).reshape(shape) % 2)]
    ops = [f"  %{i} = graph.constant {dense(t)}" for i, t in enumerate(tensors)]
    verify("func.func @main() {\n" + "\n".join(ops) + "\n  return\n}\n")


@pytest.mark.parametrize("family", ENCODERS)
def test_encoders_verify(family, tmp_path):
    verify(load(str(write(ENCODERS[family], tmp_path / family)), batch=3, seq=13, random_weights=0).mlir)


@pytest.mark.parametrize("family", DECODERS)
@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_decoders_verify(family, phase, tmp_path):
    verify(load(str(write(DECODERS[family], tmp_path / family)), phase=phase, random_weights=0).mlir)


@pytest.mark.parametrize("name", MODULES)
def test_modules_verify(name):
    verify(bring_in(Model(name, *MODULES[name][:2]), "bf16").mlir)


def test_shipped_models_verify_and_keep_their_sources():
    text = verify(load("minilm", seq=7).mlir)
    assert "transformers/models/bert/modeling_bert.py" in text and "\"models/minilm.py" in text
    assert "bert.encoder.layer.0.attention.self" in text and "site-packages" not in text
