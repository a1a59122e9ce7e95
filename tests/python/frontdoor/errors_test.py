"""What the front door refuses, in one line that says where, what and what is allowed."""
from __future__ import annotations

import json

import pytest
import torch
from frontdoor.folders import DECODERS, ENCODERS, write
from safetensors.torch import load_file, save_file
from torch import nn

from garam import InputError
from garam.frontdoor import bring_in, load
from garam.frontdoor.model import Model


class Sorts(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Module()
        self.inner.forward = lambda x: torch.sort(x).values

    def forward(self, x):
        return self.inner.forward(x)


class Branches(nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 0 else x - 1


def fails(call, *parts):
    with pytest.raises(InputError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text and "; " in text
    for part in parts:
        assert part in text


def test_unknown_op_names_the_op_the_source_and_what_is_supported():
    fails(lambda: bring_in(Model("s", Sorts(), {"x": torch.rand(4)}), "f32"), "aten.sort", "errors_test.py:", "nearest supported is aten.", "docs/graph.md")


def test_the_line_of_a_forward_with_another_name():
    def fold(self, x):
        return torch.sort(x).values

    named = type("Named", (nn.Module,), {"forward": fold})()
    fails(lambda: bring_in(Model("n", named, {"x": torch.rand(4)}), "f32"), "aten.sort", "errors_test.py:")


@pytest.mark.parametrize("taken, parts", [
    (lambda x: x[:, [2, 0]], ("aten.index.Tensor: a list or a mask as index; slices",)),
    (lambda x: x[torch.tensor([True, False, True, False])], ("a list or a mask as index; slices",)),
    (lambda x: x[x[:, 0].long()], ("aten.index.Tensor: indices that depend on the inputs; embedding",)),
    (lambda x: x.var(-1), ("aten.var.dim: no such op; the nearest supported is aten.var.correction; ",)),
])
def test_what_is_refused_is_what_was_written(taken, parts):
    named = type("Takes", (nn.Module,), {"forward": lambda self, x: taken(x)})()
    fails(lambda: bring_in(Model("t", named, {"x": torch.rand(4, 3)}), "f32"), *parts)


@pytest.mark.parametrize("write", [lambda x: x.add_(1), lambda x: x.mul_(x), lambda x: x.relu_()])
def test_an_input_that_is_written(write):
    def writes(self, x):
        write(x)
        return x * 2

    named = type("Writes", (nn.Module,), {"forward": writes})()
    fails(lambda: bring_in(Model("w", named, {"x": torch.rand(4, 3)}), "f32"), "x: an input that the module writes to")


def test_control_flow_on_values():
    fails(lambda: bring_in(Model("b", Branches(), {"x": torch.rand(4)}), "f32"), "Branches", "torch.export refuses")


@pytest.mark.parametrize("options, parts", [
    ({"seq": 600}, ("sequence length 600", "1 to 512")),
    ({"phase": "decode"}, ("phase decode", "encode")),
    ({"layers": 7}, ("layers 7", "1 to 6")),
    ({"layers": 0}, ("layers 0", "1 to 6")),
    ({"batch": 0}, ("batch 0",)),
    ({"dtype": "f8e4m3"}, ("f8e4m3", "bf16, f16")),
    ({"phase": "train"}, ("phase train", "encode, prefill, decode")),
])
def test_options(options, parts):
    fails(lambda: load("minilm", **options), *parts)


def test_no_such_model():
    fails(lambda: load("no-such-model"), "no-such-model", "llama-tiny", "minilm")


def test_decode_lengths(tmp_path):
    folder = str(write(DECODERS["llama"], tmp_path / "l"))
    fails(lambda: load(folder, phase="decode", kv_len=40, random_weights=0), "KV length 40", "0 to 39")
    fails(lambda: load(folder, phase="decode", seq=2, random_weights=0), "sequence length 2", "1")
    fails(lambda: load(folder, phase="encode", random_weights=0), "prefill or decode")


def test_configurations(tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    fails(lambda: load(str(folder)), "no config.json")
    (folder / "config.json").write_text("{")
    fails(lambda: load(str(folder)), "not JSON")
    (folder / "config.json").write_text(json.dumps({"hidden_size": 3}))
    fails(lambda: load(str(folder)), "no model_type")
    (folder / "config.json").write_text(json.dumps({"model_type": "no-such"}))
    fails(lambda: load(str(folder)), "config.json")
    for sizes in ({"hidden_size": "wide"}, {"hidden_size": -8}, {"num_attention_heads": 0}, {"vocab_size": None}, {"hidden_size": 50},
                  {"num_hidden_layers": -1}, {"max_position_embeddings": 0}, {"hidden_act": "nope"}):
        (folder / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"], **sizes}))
        fails(lambda: load(str(folder), random_weights=0))
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["NoSuchModel"]}))
    fails(lambda: load(str(folder)), "architecture NoSuchModel")


def test_weight_files(tmp_path):
    folder = write(ENCODERS["bert"], tmp_path / "b")
    fails(lambda: load(str(folder), seq=8).module, "no *.safetensors", "--random-weights")
    source = load(str(folder), seq=8, random_weights=0)
    source.make_weights()
    whole = source.weight_files[0]
    tensors = load_file(whole)
    file = folder / "model.safetensors"
    save_file(tensors, file)
    assert load(str(folder), seq=8).weight_files == (file,)
    for name, changed in {"missing": {n: t for n, t in tensors.items() if "query.bias" not in n},
                          "shape": {n: t[:-1] if "query.bias" in n else t for n, t in tensors.items()},
                          "type": {n: t.double() if "query.bias" in n else t for n, t in tensors.items()}}.items():
        save_file({n: t.contiguous() for n, t in changed.items()}, file)
        fails(lambda: load(str(folder), seq=8), "query.bias", {"missing": "no tensor", "shape": "[47]", "type": "F64"}[name])
    file.write_bytes(whole.read_bytes()[:1000])
    fails(lambda: load(str(folder), seq=8), "model.safetensors", "not readable")


def test_folders_of_other_kinds(tmp_path):
    """Each with the command that makes a checkpoint of it."""
    folder = write(ENCODERS["bert"], tmp_path / "b")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    fails(lambda: load(str(folder), seq=8).module, "pytorch_model.bin is a pickle", "save_pretrained('CONVERTED')")
    assert load(str(folder), seq=8).mlir  # cycles need no values
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq", "bits": 4}}))
    assert load(str(folder), seq=8).mlir
    save_file({"embeddings.word_embeddings.weight": torch.zeros(99, 48)}, folder / "model.safetensors")
    fails(lambda: load(str(folder), seq=8), "quantized by gptq", "GGUF")
    (folder / "adapter_config.json").write_text("{}")
    fails(lambda: load(str(folder), seq=8), "a PEFT adapter", "merge_and_unload()", str(folder))
    (folder / "config.json").unlink()
    fails(lambda: load(str(folder), seq=8), "a PEFT adapter")


def test_functions_of_files(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import torch\n\ndef good(batch=2):\n    return torch.nn.Linear(4, 3), (torch.ones(batch, 4),)\n\n"
                    "def wrong():\n    return 5\n\ndef short():\n    return torch.nn.Linear(4, 3), ()\n")
    source = load(f"{file}:good", batch=5, dtype="f32")
    assert source.inputs["input"].shape == (5, 4) and source.outputs == ("output_0",)
    fails(lambda: load(f"{file}:wrong"), "returns int")
    fails(lambda: load(f"{file}:none"), "no such function")
    fails(lambda: load(f"{file}:short"), "example arguments")
    fails(lambda: load(f"{tmp_path}/other.py:good"), "no such file")
    (tmp_path / "broken.py").write_text("import no_such_module_here\n")
    fails(lambda: load(f"{tmp_path}/broken.py:good"), "ModuleNotFoundError")
