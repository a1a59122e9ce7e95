"""A prompt, then steps that update the cache in place, give the logits of the model without a cache."""
from __future__ import annotations

import pytest
import torch
from frontdoor.folders import DECODERS, write
from transformers import GPT2Config

from garam import InputError
from garam.frontdoor import load
from garam.reference import Checker


def step(source, inputs, values, states):
    """The imported graph in f64: outputs and states after it."""
    source.inputs.update(inputs)
    checker = Checker(source, values=values, states=states)
    results = {r.name: checker._value(r.value, r.value.op).v for r in source.program.flat.results}
    return ({n: results[n] for n in source.outputs}, {n: t.float() for n, t in results.items() if n in states})


@pytest.mark.parametrize("family", DECODERS)
def test_prefill_and_decode_equal_the_model_without_a_cache(family, tmp_path):
    folder = str(write(DECODERS[family], tmp_path / family))
    prefill = load(folder, batch=2, seq=5, phase="prefill", dtype="f32", random_weights=0)
    decode = load(folder, batch=2, phase="decode", kv_len=5, dtype="f32", random_weights=0)
    tokens = prefill.inputs["input_ids"]
    outputs, states = step(prefill, {}, {}, prefill.states)
    for position in range(5, 9):
        with torch.no_grad():
            wanted = prefill.module.model(input_ids=tokens, use_cache=False).logits[:, -1]
        torch.testing.assert_close(outputs["logits"].float(), wanted, atol=2e-5, rtol=2e-5)
        assert torch.equal(outputs["next_token"], wanted.argmax(-1, keepdim=True))
        tokens = torch.cat((tokens, outputs["next_token"]), 1)
        outputs, states = step(decode, {"input_ids": tokens[:, -1:]}, {"pos": position}, states)


def test_learned_positions_of_a_step_are_refused(tmp_path):
    """A row of a table at the run-time position has no op; a prompt starts at 0 and computes."""
    config = GPT2Config(vocab_size=99, n_embd=48, n_layer=1, n_head=4, n_positions=40, architectures=["GPT2LMHeadModel"])
    folder = str(write(config, tmp_path))
    assert load(folder, seq=5, phase="prefill", random_weights=0).outputs == ("logits", "next_token")
    with pytest.raises(InputError, match=r"modeling_gpt2\.py:\d+\): .*: computes with the run-time value pos; .*--phase prefill"):
        load(folder, phase="decode", random_weights=0)


def test_one_decode_text_for_every_length():
    texts = {load("llama-tiny", phase="decode", kv_len=length, layers=2).mlir for length in (1, 37, 200)}
    assert len(texts) == 1
    text = texts.pop()
    assert 'graph.kind = "value", graph.name = "pos", graph.range = array<i64: 0, 255>' in text
    assert text.count("graph.alias") == 4 and "rms_norm" in text and "graph.rope" in text and "graph.neg" not in text


def test_states_of_a_step_hold_the_prompt():
    source = load("llama-tiny", phase="decode", kv_len=3, layers=1)
    keys = source.states["kv.0.keys"]
    assert keys.dtype == torch.bfloat16 and bool(keys[:, :, :3].any(-1).all()) and not keys[:, :, 3:].any()
