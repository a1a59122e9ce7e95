"""Two sets of rotary frequencies, of which the length of the run decides, as in the unmodified model."""
from __future__ import annotations

from pathlib import Path

import pytest
from transformers import Phi3Config

from garam import Chip, InputError
from garam.checking import check
from garam.compiler import compile_source
from garam.frontdoor import load
from garam.generation import generate

LIMIT = 32


@pytest.fixture
def folder(tmp_path: Path) -> str:
    rope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0] * 6, "long_factor": [1.5, 2.0, 3.0, 4.0, 5.0, 6.0],
            "partial_rotary_factor": 1.0, "original_max_position_embeddings": LIMIT}
    Phi3Config(hidden_size=48, intermediate_size=80, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=2, vocab_size=99,
               max_position_embeddings=128, original_max_position_embeddings=LIMIT, pad_token_id=0, bos_token_id=1, eos_token_id=2,
               rope_parameters=rope, architectures=["Phi3ForCausalLM"]).save_pretrained(tmp_path)
    return str(tmp_path)


@pytest.mark.parametrize("given, reach", [
    ({"phase": "prefill", "seq": LIMIT}, (0, 0)), ({"phase": "prefill", "seq": LIMIT + 1}, (0, 0)),
    ({"phase": "decode", "kv_len": LIMIT - 1}, (0, LIMIT - 1)), ({"phase": "decode", "kv_len": LIMIT}, (LIMIT, 127)),
    ({"phase": "decode", "kv_len": 7, "kv_capacity": 16}, (0, 15)),
])
def test_the_set_is_that_of_the_run(folder, given, reach):
    source = load(folder, dtype="f32", random_weights=0, **given)
    assert source.reach == reach
    _, validation = check(compile_source(source, Chip("unit")))
    assert validation.ok, validation.first_bad


def test_a_step_beyond_the_set_is_refused(folder):
    program = compile_source(load(folder, phase="decode", kv_len=9, dtype="f32", random_weights=0), Chip("unit"))
    with pytest.raises(InputError, match="pos"):
        program.run(mode="cycles", values={"pos": LIMIT})


def test_text_across_the_sets_is_refused_before_it_begins(folder):
    said = []
    with pytest.raises(InputError, match=f"34 tokens, whose rotary frequencies change behind the first {LIMIT}; prompt and new tokens up to 33"):
        generate(folder, [5] * 30, chip="unit", max_new_tokens=4, random_weights=0, on_token=said.append)
    assert not said
    assert len(generate(folder, [5] * 30, chip="unit", max_new_tokens=3, random_weights=0).tokens) == 3
    assert len(generate(folder, [5] * 32, chip="unit", max_new_tokens=4, random_weights=0).tokens) == 4
