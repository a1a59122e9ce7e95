"""validate and recorded references, with PyTorch in the machine's place."""
from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from garam import InputError
from garam.frontdoor import load
from garam.reference import named_tensors, record, recorded, run_model, validate
from garam.reference.run import outputs
from garam.reference.validation import check_reference


def machine(source, **options):
    """What a run gives: tensors by launch and node, as a layer's function names them, and the outputs."""
    tensors = named_tensors(source, **options)
    first = {own: (path, node) for path, nodes in source.program.instances.items() for node, own in nodes.items()}
    written = [(*first.get(n, ("", n)), t) for n, t in tensors.items() if n in {op.location.node for op in source.program.flat.ops}]
    return written, outputs(source, tensors)


@pytest.fixture(scope="module")
def source():
    return load("minilm", seq=12, batch=2, layers=2)


def test_object(source):
    result = validate(source, *machine(source))
    found = result.json()
    json.dumps(found)
    assert result.ok and found["first_bad"] is None
    assert set(found["reference"]) >= {"device", "name", "torch", "dtype", "seconds"} and found["reference"]["seconds"] > 0
    assert found["tensors"][-1]["name"] == "sentence_embedding (f32 model)" and found["tensors"][-1]["cosine"] > 0.9998
    assert {"name", "max_abs_error", "bound", "cosine", "ok"} <= set(found["tensors"][0])


def test_launches_that_do_not_name_their_instance(source):
    written, out = machine(source)
    assert {instance for instance, _, _ in written} == {"", "bert.encoder.layer.0", "bert.encoder.layer.1"}
    assert validate(source, [("layer_0", n, t) for _, n, t in written], out).ok


def test_end_result_alone_can_fail(source):
    written, out = machine(source)
    broken = {"sentence_embedding": out["sentence_embedding"].roll(1, 0)}
    found = {t.name: t.ok for t in validate(source, written, broken).tensors}
    assert [name for name, ok in found.items() if not ok] == ["sentence_embedding (output)", "sentence_embedding (f32 model)"]


def test_unknown_node(source):
    with pytest.raises(InputError, match="no such node"):
        validate(source, [("", "nothing", torch.zeros(1))], {})


def test_record_and_compare(source, tmp_path):
    about = record(source, tmp_path / "r.safetensors")
    tensors = load_file(tmp_path / "r.safetensors")
    assert json.loads((tmp_path / "r.json").read_text()) == about and about["sequence_length"] == 12
    assert {"input.input_ids", "f32.sentence_embedding", "output.sentence_embedding", "node.gelu"} <= set(tensors)
    found, _ = recorded(source, tmp_path)
    assert torch.equal(found["f32.sentence_embedding"], run_model(source, "f32").outputs["sentence_embedding"])
    with pytest.raises(InputError, match="no recorded reference of model minilm, dtype f16"):
        recorded(load("minilm", seq=12, batch=2, layers=2, dtype="f16"), tmp_path)
    for other in ({"layers": 1}, {"layers": 2, "random_weights": 0}):
        with pytest.raises(InputError, match="no recorded reference of model minilm, .*, weights "):
            recorded(load("minilm", seq=12, batch=2, **other), tmp_path)
    with pytest.raises(InputError, match="suffix"):
        record(source, tmp_path / "r.bin")


def test_shipped_recording_is_of_the_shipped_model():
    source = load("minilm", batch=8, seq=128)
    tensors, about = recorded(source)
    assert torch.equal(tensors["input.input_ids"], source.inputs["input_ids"])
    assert about["reference"]["dtype"] == "bf16" and about["reference"]["seconds"] > 0
    exact = run_model(source, "f32").outputs["sentence_embedding"]
    torch.testing.assert_close(tensors["f32.sentence_embedding"], exact, atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [0, 9])
def test_decode_step_equals_transformers_cache(length):
    source = load("llama-tiny", phase="decode", kv_len=length, layers=2, dtype="f32")
    got = outputs(source, named_tensors(source))
    wanted = run_model(source, "f32").outputs
    torch.testing.assert_close(got["logits"], wanted["logits"], atol=1e-5, rtol=1e-5)
    assert torch.equal(got["next_token"], wanted["next_token"])


def test_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="cuda is not at hand"):
        run_model(load("llama-tiny", phase="prefill", seq=3, layers=1), "f32", device="cuda")
    with pytest.raises(InputError, match="^--reference: gpu, and PyTorch finds none; cpu, recorded$"):
        check_reference("gpu")
