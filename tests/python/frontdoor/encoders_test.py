"""Encoder families through the front door: the exported program and the imported graph compute what the model computes."""
from __future__ import annotations

from collections import Counter

import pytest
import torch
from frontdoor.folders import ENCODERS, OTHERS, write

from garam.frontdoor import load
from garam.reference import Checker, named_tensors
from garam.reference.run import outputs


def imported_value(source, name):
    """An output of the imported graph, evaluated in f64."""
    result = next(r for r in source.program.flat.results if r.name == name)
    return Checker(source)._value(result.value, result.value.op).v


@pytest.mark.parametrize("family", ENCODERS | OTHERS)
def test_export_and_import_equal_the_model(family, tmp_path):
    source = load(str(write((ENCODERS | OTHERS)[family], tmp_path / family)), batch=3, seq=13, dtype="f32", random_weights=0)
    with torch.no_grad():
        wanted = source.module(**source.inputs)
    exported = outputs(source, named_tensors(source))
    assert tuple(wanted) == source.outputs
    for name, value in wanted.items():
        torch.testing.assert_close(exported[name], value, atol=5e-6, rtol=5e-6)
        torch.testing.assert_close(imported_value(source, name).float(), value, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("family", ENCODERS)
def test_one_function_for_the_layers_and_one_attention_op(family, tmp_path):
    source = load(str(write(ENCODERS[family], tmp_path / family)), seq=13, dtype="bf16", random_weights=0)
    layer, main = source.program.functions
    count = Counter(op.name for op in layer.ops)
    assert count["graph.attention"] == 1 and count["graph.softmax"] == 0 and count["graph.matmul"] == 6
    assert [op.instance for op in main.ops if op.callee] == list(source.program.instances)


def test_padding_changes_nothing_but_the_padded_rows(tmp_path):
    folder = str(write(ENCODERS["mpnet"], tmp_path / "m"))
    source = load(folder, batch=2, seq=13, dtype="f32", random_weights=0)
    ids, mask = source.inputs["input_ids"].clone(), source.inputs["attention_mask"].clone()
    mask[1, 7:] = 0
    ids[1, 7:] = 1
    short = load(folder, batch=1, seq=7, dtype="f32", random_weights=0)
    short.inputs.update(input_ids=ids[1:, :7], attention_mask=mask[1:, :7])
    source.inputs.update(input_ids=ids, attention_mask=mask)
    torch.testing.assert_close(imported_value(source, "last_hidden_state")[1, :7], imported_value(short, "last_hidden_state")[0])


@pytest.mark.parametrize("layers", [1, 2])
def test_layers_are_cut_and_random_weights_stay_the_same(layers, tmp_path):
    folder = str(write(ENCODERS["bert"], tmp_path / "b"))
    one, again = (load(folder, seq=8, layers=layers, random_weights=3) for _ in range(2))
    assert one.weight_files == again.weight_files and one.mlir == again.mlir
    assert sum(op.name == "graph.attention" for op in one.program.flat.ops) == layers
