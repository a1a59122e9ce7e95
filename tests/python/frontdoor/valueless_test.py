"""Models are built, exported and compiled without values; these come when they are asked for, and are those of Transformers."""
from __future__ import annotations

import copy
import resource
from pathlib import Path

import pytest
import torch
from frontdoor.folders import DECODERS, ENCODERS, write
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModelForCausalLM, LlamaConfig

import garam
from garam import Chip, InputError
from garam.compiler import compile_source
from garam.frontdoor import load
from garam.frontdoor.valueless import filled, is_valueless, without_values


def large(folder: Path, **changes: object) -> str:
    """A decoder of 1.7 billion parameters in two layers, and positions without end, as a configuration alone."""
    LlamaConfig(hidden_size=4096, intermediate_size=14336, num_hidden_layers=2, num_attention_heads=32, num_key_value_heads=8,
                vocab_size=152064, max_position_embeddings=1 << 20, architectures=["LlamaForCausalLM"],
                **{"dtype": torch.bfloat16} | changes).save_pretrained(folder)
    return str(folder)


def grown(before: int) -> float:
    """Megabytes of host memory by which the peak has grown."""
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.parametrize("phase", ["prefill", "decode"])
@pytest.mark.parametrize("seed", [None, 3])
def test_no_values_until_they_are_asked_for(tmp_path, phase, seed):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = load(large(tmp_path / "large"), phase=phase, dtype="bf16", random_weights=seed)
    program = compile_source(source, Chip("rebel100"))
    assert program.info["segments"] and is_valueless(source.shaped)
    assert not any(file.exists() for file in source.weight_files)
    assert source.kv_capacity == 256
    assert grown(before) < 1200  # its weights are 3,400 in bf16


def test_a_configuration_alone_has_cycles_and_no_values(tmp_path):
    folder = str(write(DECODERS["llama"], tmp_path / "llama"))
    program = compile_source(load(folder, phase="prefill", seq=9, dtype="bf16"), Chip("unit"))
    assert program.run(mode="cycles").cycles > 0
    for mode in ("values", "both"):
        with pytest.raises(InputError, match=r"no \*\.safetensors, and values are asked for; a folder with weights, --random-weights SEED"):
            program.run(mode=mode)


def test_cycles_do_not_depend_on_whether_there_are_values(tmp_path):
    folder = str(write(DECODERS["llama"], tmp_path / "llama"))
    runs = [compile_source(load(folder, phase="decode", kv_len=5, dtype="bf16", random_weights=seed), Chip("unit")).run(mode="cycles")
            for seed in (None, 0)]
    assert runs[0].cycles == runs[1].cycles


@pytest.mark.parametrize("family", ["llama", "llama-tied", "qwen3"])
def test_values_are_those_that_transformers_loads(tmp_path, family):
    source = load(str(write(DECODERS[family], tmp_path / family)), phase="prefill", seq=5, random_weights=4)
    source.make_weights()
    model = source.module.model
    assert not is_valueless(model) and not any(torch.equal(p, torch.zeros_like(p)) for p in model.parameters())
    model.save_pretrained(tmp_path / "saved")
    again = load(str(tmp_path / "saved"), phase="prefill", seq=5).module.model
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "saved", dtype="auto")
    for name, value in theirs.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    assert (again.lm_head.weight is again.model.embed_tokens.weight) == (theirs.lm_head.weight is theirs.model.embed_tokens.weight)


def test_seeded_weights_in_the_file_are_those_of_the_module(tmp_path):
    source = load(str(write(ENCODERS["bert"], tmp_path / "bert")), seq=5, random_weights=9)
    source.make_weights()
    stored = {name: tensor for file in source.weight_files for name, tensor in load_file(file).items()}
    for parameter, value in source.module.named_parameters():
        if source.file_names[parameter] in stored:
            assert torch.equal(stored[source.file_names[parameter]], value), parameter


def test_a_saved_program_finds_the_values_that_a_seed_makes(tmp_path):
    folder = str(write(DECODERS["llama"], tmp_path / "llama"))
    program = compile_source(load(folder, phase="prefill", seq=9, dtype="bf16", random_weights=2), Chip("unit"))
    program.save(tmp_path / "p.garam")
    ids = torch.arange(9)[None] % 7
    wanted, got = (p.run(input_ids=ids).outputs["logits"] for p in (program, garam.Program.load(tmp_path / "p.garam")))
    assert torch.equal(wanted, got)
    assert all(weight["sha256"] for segment in garam.Program.load(tmp_path / "p.garam").segments("weight") for weight in segment["weights"])


class Shares(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3, bias=False)
        self.b = nn.Linear(3, 3, bias=False)
        self.b.weight = self.a.weight
        self.c = self.a
        self.register_parameter("d", self.a.weight)
        self.register_buffer("scale", torch.arange(3.0))


def test_parameters_that_are_shared_stay_shared():
    with without_values():
        module = Shares()
    assert module.a.weight.is_meta and module.b.weight is module.a.weight and module.d is module.a.weight
    assert module.scale.tolist() == [0.0, 1.0, 2.0]
    full = filled(module, lambda name: torch.full((3, 3), 2.0))
    assert full.b.weight is full.a.weight and full.d is full.a.weight and float(full.d.sum()) == 18.0
    assert module.a.weight.is_meta and nn.Linear(2, 2).weight.device.type == "cpu"


def of_700_positions(folder: Path) -> str:
    config = copy.deepcopy(DECODERS["llama"])
    config.max_position_embeddings = 700
    return str(write(config, folder))


@pytest.mark.parametrize("given, capacity", [
    ({"phase": "prefill", "seq": 9}, 256), ({"phase": "prefill", "seq": 256}, 256), ({"phase": "prefill", "seq": 257}, 512),
    ({"phase": "prefill", "seq": 600}, 700), ({"phase": "decode", "kv_len": 255}, 256), ({"phase": "decode", "kv_len": 256}, 512),
    ({"phase": "decode", "kv_len": 0}, 256), ({"phase": "decode", "kv_len": 3, "kv_least": 300}, 512),
    ({"phase": "decode", "kv_len": 3, "kv_capacity": 4}, 4), ({"phase": "prefill", "seq": 3, "kv_capacity": 700}, 700),
])
def test_a_cache_holds_what_the_run_needs(tmp_path, given, capacity):
    assert load(of_700_positions(tmp_path / "llama"), **given).kv_capacity == capacity


@pytest.mark.parametrize("given, said", [
    ({"phase": "prefill", "seq": 9, "kv_capacity": 8}, "KV capacity 8; 9 to 700"),
    ({"phase": "decode", "kv_len": 9, "kv_capacity": 9}, "KV capacity 9; 10 to 700"),
    ({"phase": "decode", "kv_len": 9, "kv_capacity": 701}, "KV capacity 701; 10 to 700"),
    ({"phase": "decode", "kv_len": 9, "kv_least": 701}, "prompt and new tokens together 701; 0 to 700"),
    ({"phase": "decode", "kv_len": 700}, "KV length 700; 0 to 699"),
])
def test_capacities_that_cannot_be(tmp_path, given, said):
    with pytest.raises(InputError, match=said):
        load(of_700_positions(tmp_path / "llama"), **given)


def test_an_encoder_has_no_cache(tmp_path):
    with pytest.raises(InputError, match="KV capacity 256 of a model without a cache; decoders"):
        load(str(write(ENCODERS["bert"], tmp_path / "bert")), kv_capacity=256, random_weights=0)


def test_a_buffer_without_values_is_refused():
    """Of a module that was handed over: it would be taken for zeros."""
    module = nn.BatchNorm1d(4).eval()
    module.running_mean = module.running_mean.to("meta")
    with pytest.raises(InputError, match=r"running_mean: a buffer on device meta has no values"):
        garam.compile(module, (torch.ones(2, 4),), chip="unit")
