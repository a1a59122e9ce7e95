"""Checkpoints that Transformers writes, of every family whose tiny model it builds: each tensor is loaded as Transformers loads it.

Each run draws some classes by GARAM_SEED; GARAM_LONG=1 takes one of each family.
"""
from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from sweep import forked, tiny
from sweep.outcome import Outcome, table

from garam import InputError
from garam.frontdoor import huggingface
from garam.frontdoor.valueless import filled
from garam.frontdoor.weights import file_tensors

LONG = os.environ.get("GARAM_LONG") == "1"
#: Buffers made of parameters, experts that are merged, prefixes that come and go, tables of sinusoids that no checkpoint holds, three kinds of tying.
ALWAYS = ("IBertForMaskedLM", "MixtralForCausalLM", "BertForMaskedLM", "MarianModel", "T5ForConditionalGeneration", "GPT2LMHeadModel", "Gemma3ForCausalLM")


def families() -> list[str]:
    """A class of each family: its model of text, else its first."""
    found: dict[str, str] = {}
    for name, family in tiny.classes().items():
        if family not in found or name.endswith("ForCausalLM"):
            found[family] = name
    return sorted(found.values())


def loaded(folder: Path, name: str) -> torch.nn.Module:
    model, held, names = huggingface.load_model(folder, huggingface.load_config(folder, None), name, None)
    file_tensors(held, model, names)
    return filled(model, lambda parameter: held.tensor(names[parameter]))


def written(name: str, folder: Path) -> torch.nn.Module:
    """A model of this class with a value of its own in each parameter that is stored."""
    torch.manual_seed(0)
    model = getattr(transformers, name)._from_config(tiny.configuration(name)).eval()
    model.save_pretrained(folder)
    for file in folder.glob("*.safetensors"):
        stored = load_file(file)
        save_file({n: torch.randn_like(t) if t.is_floating_point() else t.clone() for n, t in stored.items()}, file, {"format": "pt"})
    return getattr(transformers, name).from_pretrained(folder, dtype="auto").eval()


def run(name: str) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        try:
            if not tiny.buildable(name, tiny.configuration(name)):
                return Outcome(name, "untried", "")
            theirs = written(name, Path(folder)).state_dict()
        except Exception:  # of the family's own code
            return Outcome(name, "untried", "")
        try:
            ours = loaded(Path(folder), name).state_dict()
        except InputError as error:
            return Outcome(name, "refused", str(error))
        stored = {n: t for file in Path(folder).glob("*.safetensors") for n, t in load_file(file).items()}
        # Some classes initialise parts of what they have loaded: the row of padding, the bias of an expert that does nothing.
        apart = [n for n, tensor in theirs.items() if n not in ours or not (
            torch.equal(ours[n], tensor) or n in stored and torch.equal(ours[n], stored[n]))]
        return Outcome(name, "wrong" if apart else "right", ", ".join(apart[:4]))


def test_tensors_are_those_that_transformers_loads():
    names = families()
    chosen = names if LONG else [*ALWAYS, *random.Random(os.environ["GARAM_SEED"]).sample(names, 12)]
    outcomes = forked.sweep(chosen, run, kept=forked.state_file("checkpoints") if LONG else None)
    print(table(outcomes))
    assert not any(each.fault for each in outcomes), table(outcomes)
    assert all(each.verdict == "right" for each in outcomes if each.case in ALWAYS), table(outcomes)
    assert sum(each.verdict == "refused" for each in outcomes) <= len(outcomes) // 24, table(outcomes)


@pytest.mark.parametrize("name, tensor", [("MixtralForCausalLM", "model.layers.1.block_sparse_moe.experts.2.w1.weight"),
                                          ("BertForMaskedLM", "bert.encoder.layer.0.output.dense.bias")])
def test_what_a_conversion_lacks_is_named(tmp_path, name, tensor):
    """A tensor that is gone, one of another shape, and one that the model has no place for."""
    written(name, tmp_path)
    file = tmp_path / "model.safetensors"
    whole = load_file(file)
    assert tensor in whole
    for changed in ({n: t for n, t in whole.items() if n != tensor}, whole | {tensor: torch.zeros(3, 2)}):
        save_file(changed, file, {"format": "pt"})
        with pytest.raises(InputError) as said:
            loaded(tmp_path, name)
        assert "\n" not in str(said.value)


def test_buffers_that_are_made_of_parameters_have_values_or_are_refused(tmp_path):
    """They are zeros where the parameters have no values, and nobody would notice."""
    written("IBertModel", tmp_path)
    file = tmp_path / "model.safetensors"
    whole = load_file(file)
    name = next(n for n in whole if n.endswith("weight_integer"))
    assert torch.equal(loaded(tmp_path, "IBertModel").state_dict()[name], whole[name])
    save_file({n: t.clone() for n, t in whole.items() if n != name}, file, {"format": "pt"})
    with pytest.raises(InputError, match="a buffer that follows from parameters"):
        loaded(tmp_path, "IBertModel")
    file.unlink()
    with pytest.raises(InputError, match="a buffer that follows from parameters"):
        loaded(tmp_path, "IBertModel")


def test_converted_tensors_are_written_in_several_files(tmp_path, monkeypatch):
    """No more than a file's worth of them is in memory; what is written is what was converted."""
    monkeypatch.setattr("garam.frontdoor.weight_files._FILE_BYTES", 5000)
    written("MixtralForCausalLM", tmp_path)
    model, held, names = huggingface.load_model(tmp_path, huggingface.load_config(tmp_path, None), "MixtralForCausalLM", None)
    held.make()
    made = {name: held.files[name] for name in names.values() if name.endswith("(converted)")}
    assert len(set(made.values())) > 1
    assert all(torch.equal(load_file(file)[name], held.tensor(name)) for name, file in made.items())


def test_tensors_that_are_left_over_are_told(tmp_path):
    from garam.frontdoor.remarks import collected

    written("BertModel", tmp_path)
    file = tmp_path / "model.safetensors"
    save_file(load_file(file) | {"extra.weight": torch.zeros(2), "embeddings.position_ids": torch.arange(3)}, file, {"format": "pt"})
    with collected() as remarks:
        loaded(tmp_path, "BertModel")
    assert remarks == [f"{file}: extra.weight left over: BertModel has no place for it"]
