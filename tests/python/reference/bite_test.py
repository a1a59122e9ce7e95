"""The bounds bite: PyTorch's own results are inside them, and a computation broken on purpose fails at the right tensor."""
from __future__ import annotations

import functools

import pytest
import torch
from transformers import BertConfig

from garam.frontdoor import load
from garam.reference import Checker, named_tensors

aten, garam = torch.ops.aten, torch.ops.garam
DTYPES = ("f32", "bf16", "f16")


@functools.cache
def encoder(dtype, folder, eps):
    config = BertConfig(hidden_size=96, intermediate_size=160, num_attention_heads=4, num_hidden_layers=2, vocab_size=99,
                        max_position_embeddings=40, layer_norm_eps=eps, architectures=["BertModel"])
    config.save_pretrained(folder / "b")
    return load(str(folder / "b"), batch=2, seq=17, dtype=dtype, random_weights=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("encoder")


@functools.cache
def decoder(dtype):
    return load("llama-tiny", phase="decode", kv_len=21, layers=2, dtype=dtype)


def exact_gelu(x, approximate="none"):
    """PyTorch's own in f32 is off by more than 2 ulp of erf."""
    return torch.nn.functional.gelu(x.double()).to(x.dtype)


def checked(source, **broken):
    exact = {n.name: exact_gelu for n in source.exported.program.graph.nodes if n.target is aten.gelu.default}
    tensors = named_tensors(source, replace={**exact, **broken})
    checker = Checker(source)
    return checker.check(("", n, t) for n, t in tensors.items() if n in checker.by_name)


def first_bad(source, **broken):
    return next((c for c in checked(source, **broken) if not c.ok), None)


def drop_last_k(x, weight, bias=None):
    return aten.linear(x[..., :-1], weight[..., :-1], bias)


def without_bias(x, weight, bias=None):
    return aten.linear(x, weight)


def swap_heads(q, k, v, *rest):
    return garam.attention(q, k[:, [1, 0, *range(2, k.shape[1])]], v, *rest)


def ignore_mask(q, k, v, scale, causal, window, softcap, mask=None, *rest):
    return garam.attention(q, k, v, scale, causal, window, softcap, None, *rest)


def one_key_more(q, k, v, scale, causal, window, softcap, mask, bias, pos, *rest):
    return garam.attention(q, k, v, scale, causal, window, softcap, mask, bias, pos + 1, *rest)


def half_a_scale(q, k, v, scale, *rest):
    return garam.attention(q, k, v, scale / 2, *rest)


def double_epsilon(x, shape, weight, bias, eps, cudnn=False):
    return aten.layer_norm(x, shape, weight, bias, 2 * eps)


def double_rms_epsilon(x, weight, eps, style):
    return garam.rms_norm(x, weight, 2 * eps + 0.1, style)


def next_row(x, cos, sin, pos, style):
    return garam.rope(x, cos, sin, pos + 1, style)


ENCODER = {"linear_5": drop_last_k, "linear_9": drop_last_k, "linear_1": without_bias, "linear_10": without_bias,
           "attention": swap_heads, "attention_1": ignore_mask, "layer_norm_2": double_epsilon}
DECODER = {"linear_3": drop_last_k, "attention": one_key_more, "attention_1": half_a_scale, "rms_norm_2": double_rms_epsilon,
           "rope_1": next_row}


@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch_is_inside_the_bounds(dtype, folder):
    assert all(c.ok for c in checked(encoder(dtype, folder, 0.1)))
    assert all(c.ok for c in checked(decoder(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("node", ENCODER)
def test_broken_encoder(node, dtype, folder):
    bad = first_bad(encoder(dtype, folder, 0.1), **{node: ENCODER[node]})
    assert bad is not None and bad.name == node and bad.ratio > 1
    assert bad.path.startswith("model.encoder.layer.") and "modeling_bert.py:" in bad.source


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("node", DECODER)
def test_broken_decoder(node, dtype):
    assert first_bad(decoder(dtype), **{node: DECODER[node]}).name == node


@pytest.mark.parametrize("node", ENCODER)
def test_fused_groups_bite_as_well(node, folder):
    """Only what a fused kernel writes is known: the error shows at the first tensor written after it."""
    source = encoder("bf16", folder, 0.1)
    written = [n.name for n in source.exported.program.graph.nodes if n.name.startswith(("layer_norm", "gelu", "transpose", "linear"))
               and (not n.name.startswith("linear") or n.name in ("linear_3", "linear_9"))]
    tensors = named_tensors(source, replace={node: ENCODER[node]})
    checker = Checker(source)
    found = checker.check(("", n, tensors[n]) for n in written if n in checker.by_name)
    assert not all(c.ok for c in found)


def test_wrong_token(folder):
    source = decoder("bf16")
    tensors = named_tensors(source)
    tensors["argmax"] = (tensors["argmax"] + 1) % 512
    checker = Checker(source)
    bad = [c.name for c in checker.check(("", n, t) for n, t in tensors.items() if n in checker.by_name) if not c.ok]
    assert bad == ["argmax"]


def test_a_group_may_store_a_view_of_its_result(folder):
    source = encoder("bf16", folder, 0.1)
    tensors = named_tensors(source)
    found = Checker(source).check([("", "linear_2", tensors["transpose_2"])])
    assert found[0].name == "transpose_2" and found[0].ok


def test_a_copy_has_no_room(folder):
    source = encoder("bf16", folder, 0.1)
    tensors = named_tensors(source)
    tensors["transpose_1"] = tensors["transpose_1"].clone()
    tensors["transpose_1"][0, 0, 0, 0] *= 1.01
    checker = Checker(source)
    bad = [c for c in checker.check(("", n, t) for n, t in tensors.items() if n in checker.by_name) if not c.ok]
    assert bad[0].name == "transpose_1" and bad[0].index == (0, 0, 0, 0)
