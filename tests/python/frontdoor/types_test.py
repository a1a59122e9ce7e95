"""Modules of several float types: where no dtype is stated, each part keeps its own, as PyTorch runs it."""
from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import garam
from garam import InputError
from garam.checking import check
from garam.frontdoor.model import OWN

B, H, F = torch.bfloat16, torch.float16, torch.float32


def rand(*shape: int, dtype: torch.dtype = F) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape))).to(dtype)


class Of(nn.Module):
    """Parts and a function of them."""

    def __init__(self, function: Callable[..., object], buffers: dict[str, Tensor] | None = None, **parts: nn.Module):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            self.add_module(name, part)
        for name, buffer in (buffers or {}).items():
            self.register_buffer(name, buffer)

    def forward(self, *inputs: Tensor) -> object:
        return self.function(self, *inputs)


def line(dtype: torch.dtype, rows: int = 16, columns: int = 16) -> nn.Linear:
    return nn.Linear(rows, columns).to(dtype)


def norm(dtype: torch.dtype) -> nn.LayerNorm:
    made = nn.LayerNorm(16)
    made.weight.data, made.bias.data = rand(16) + 1, rand(17)[1:]
    return made.to(dtype)


def deep(self: Of, x: Tensor) -> Tensor:
    for part in (self.a, self.b, self.c, self.d):
        x = part(x).relu() + x
    return self.head(x.float())


#: name -> the module, its inputs.
CASES: dict[str, tuple[Callable[[], nn.Module], tuple[Tensor, ...]]] = {
    "bf16 product, f32 norm": (lambda: Of(lambda m, x: m.n(m.a(x.to(B)).float()), a=line(B), n=norm(F)), (rand(5, 16),)),
    "f16 product, f32 norm": (lambda: Of(lambda m, x: m.n(m.a(x.to(H)).float()), a=line(H), n=norm(F)), (rand(5, 16),)),
    "f32 product, bf16 norm": (lambda: Of(lambda m, x: m.n(m.a(x).to(B)), a=line(F), n=norm(B)), (rand(5, 16),)),
    "norm of f32 over bf16": (lambda: Of(lambda m, x: m.n(m.a(x)), a=line(B), n=norm(F)), (rand(5, 16, dtype=B),)),
    "f32 head": (lambda: Of(lambda m, x: m.head(m.a(x).relu().float()), a=line(B), head=line(F, 16, 7)), (rand(2, 3, 16, dtype=B),)),
    "f32 head over a deep body": (lambda: Of(deep, **{n: line(B) for n in "abcd"}, head=line(F, 16, 3)), (rand(9, 16, dtype=B),)),
    "f16 and bf16": (lambda: Of(lambda m, x: m.b(m.a(x).to(B)), a=line(H), b=line(B)), (rand(5, 16, dtype=H),)),
    "three types": (lambda: Of(lambda m, x: (m.a(x.to(B)), m.b(x.to(H)), m.c(x)), a=line(B), b=line(H), c=line(F)), (rand(5, 16),)),
    "f32 buffer": (lambda: Of(lambda m, x: m.a(x) * m.scale, {"scale": rand(16)}, a=line(B)), (rand(5, 16, dtype=B),)),
    "bf16 buffer": (lambda: Of(lambda m, x: m.a(x) * m.scale, {"scale": rand(16, dtype=B)}, a=line(F)), (rand(5, 16),)),
    "made inside": (lambda: Of(lambda m, x: m.n(m.a(x) + torch.arange(16.0) * 0.3), a=line(B), n=norm(F)), (rand(5, 16, dtype=B),)),
    "inputs of two types": (lambda: Of(lambda m, x, y: m.n(m.a(x) + y), a=line(H), n=norm(F)), (rand(5, 16, dtype=H), rand(5, 16))),
    "inputs of a third type": (lambda: Of(lambda m, x: m.n(m.a(x.to(B)).float()), a=line(B), n=norm(F)), (rand(5, 16, dtype=H),)),
    "inputs alone": (lambda: Of(lambda m, x, y: (x * y, x.softmax(-1), y + 1)), (rand(5, 16, dtype=B), rand(5, 16))),
    "a parameter used twice": (lambda: Of(lambda m, x: m.n(m.a(x) @ m.a.weight) + m.n(x), a=line(B), n=norm(F)), (rand(5, 16, dtype=B),)),
    "one number": (lambda: Of(lambda m, x: m.n(m.a(x.to(B)).float()).abs().mean(), a=line(B), n=norm(F)), (rand(5, 16),)),
    "a table": (lambda: Of(lambda m, i: m.n(m.e(i).float()), e=nn.Embedding(9, 16).to(B), n=norm(F)), (torch.tensor([[1, 8, 0]]),)),
}


def made(name: str) -> tuple[nn.Module, tuple[Tensor, ...]]:
    torch.manual_seed(0)
    return CASES[name][0]().eval(), CASES[name][1]


def results(found: object) -> list[Tensor]:
    return [found] if isinstance(found, Tensor) else list(found)


@pytest.mark.parametrize("name", CASES)
def test_each_part_keeps_its_type(name):
    module, args = made(name)
    program = garam.compile(module, args, chip="unit")
    assert program.source.types == OWN and "kept in its own types" in program.source.remarks[0]
    result, validation = check(program)
    assert validation.ok, validation.first_bad
    assert validation.json()["reference"]["dtype"] == OWN
    with torch.no_grad():
        wanted = results(module(*args))
    assert [t.dtype for t in result.outputs.values()] == [t.dtype for t in wanted]
    for got, want in zip(result.outputs.values(), wanted):
        torch.testing.assert_close(got, want, rtol=2 ** -6, atol=2 ** -6 * float(want.abs().max()))


@pytest.mark.parametrize("name", CASES)
def test_the_bound_is_no_wider_than_the_roundings(name):
    """An output that is off by a twentieth of its largest element is wrong."""
    from garam.reference import validate

    module, args = made(name)
    source = garam.compile(module, args, chip="unit").source
    with torch.no_grad():
        given = dict(zip(source.outputs, results(module(*args))))
    assert all(c.ok for c in validate(source, [], given).tensors if c.against)
    for output, tensor in given.items():
        broken = tensor.clone()
        broken.view(-1)[-1] += 0.05 * float(tensor.abs().max())
        assert [c.ok for c in validate(source, [], {**given, output: broken}).tensors if c.against].count(False) == 1, output


@pytest.mark.parametrize("name", CASES)
def test_torch_compile(name):
    module, args = made(name)
    torch._dynamo.reset()
    with torch.no_grad():
        wanted = results(module(*args))
        found = results(torch.compile(module, backend="garam", options={"chip": "unit"})(*args))
    assert [t.dtype for t in found] == [t.dtype for t in wanted]
    for got, want in zip(found, wanted):
        torch.testing.assert_close(got, want, rtol=2 ** -6, atol=2 ** -6 * float(want.abs().max()))


@pytest.mark.parametrize("dtype", ["bf16", "f16", "f32"])
@pytest.mark.parametrize("name", ["bf16 product, f32 norm", "f16 product, f32 norm", "f32 head", "f16 and bf16", "a table"])
def test_a_stated_type_compiles_what_pytorch_runs_in_it(name, dtype):
    """What it does not run is refused before anything is compiled, and the line says what helps."""
    module, args = made(name)
    cast = made(name)[0].to(garam.dtypes.torch_dtype(dtype))
    with torch.no_grad():
        try:
            cast(*(x.to(garam.dtypes.torch_dtype(dtype)) if x.is_floating_point() else x for x in args))
        except RuntimeError:
            with pytest.raises(InputError, match=r"types_test\.py.*; .*, or no dtype: the module then keeps its own types, ") as caught:
                garam.compile(module, args, chip="unit", dtype=dtype)
            assert "\n" not in str(caught.value)
            return
    program = garam.compile(module, args, chip="unit", dtype=dtype)
    assert program.source.types == program.source.dtype == dtype
    assert check(program)[1].ok


def test_the_modules_own_type_is_offered_where_another_was_stated():
    module = Of(lambda m, x: m.n(m.a(x) * torch.ones(16)), a=line(F), n=norm(F))
    with pytest.raises(InputError, match="layer_norm.*: PyTorch does not run it on f32 and bf16 .*; .*, or dtype f32, the module's own"):
        garam.compile(module, (rand(5, 16),), chip="unit", dtype="bf16")


def test_what_pytorch_does_not_run_as_it_is_is_refused():
    for module in (nn.Sequential(line(B), line(F)), Of(lambda m, x: m.n(m.a(x).float()), a=line(B), n=norm(B))):
        with pytest.raises(InputError) as caught:
            garam.compile(module, (rand(5, 16, dtype=B),), chip="unit")
        assert "no dtype" not in str(caught.value) and "\n" not in str(caught.value)


class Insists(nn.Module):
    def __init__(self, dtypes: tuple[torch.dtype, ...]):
        super().__init__()
        self.dtypes, self.a, self.n = dtypes, line(B), norm(F)

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype not in self.dtypes:
            raise ValueError(f"I want {self.dtypes}")
        return self.n(self.a(x).float())


def test_a_module_that_asks_for_its_types_is_held_against_itself():
    torch.manual_seed(0)
    result, validation = check(garam.compile(Insists((B,)), (rand(5, 16, dtype=B),), chip="unit"))
    assert validation.ok and validation.json()["reference"]["held_against"] == OWN
    assert validation.tensors[-1].against == f"the model in {OWN}"
    assert validation.tensors[-1].bound <= 2 ** -6 * float(result.output.abs().max())


def test_doubles_are_no_type_of_a_captured_graph():
    for module, x in ((nn.Linear(4, 4).double(), rand(2, 4).double()), (nn.ReLU(), rand(2, 4).double())):
        torch._dynamo.reset()
        with pytest.raises(Exception, match="f64; f32, bf16, f16|type torch.float64; f32, bf16, f16"), torch.no_grad():
            torch.compile(module, backend="garam", options={"chip": "unit"})(x)


def test_rates_go_by_the_type_of_most_weights():
    program = garam.compile(Of(lambda m, x: m.n(m.a(x.to(B)).float()), a=line(B), n=norm(F)), (rand(5, 16),), chip="unit")
    assert program.info["dtype"] == program.source.dtype == "bf16"
    program = garam.compile(Of(lambda m, x: m.n(m.a(x).to(B)), a=line(F), n=norm(B)), (rand(5, 16),), chip="unit")
    assert program.info["dtype"] == program.source.dtype == "f32"


@pytest.mark.parametrize("chip", ["atom", "rebel100"])
def test_other_chips(chip):
    for name in ("bf16 product, f32 norm", "f32 head over a deep body", "three types"):
        assert check(garam.compile(*made(name), chip=chip))[1].ok, name


def test_the_command_line(tmp_path, capsys):
    from garam.cli import main

    (tmp_path / "mixed.py").write_text(
        "import torch\nfrom torch import nn\n\n\nclass Mixed(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.n = nn.Linear(16, 16).to(torch.bfloat16), nn.LayerNorm(16)\n\n"
        "    def forward(self, x):\n        return self.n(self.a(x.to(torch.bfloat16)).float())\n\n\n"
        "def mixed():\n    return Mixed(), (torch.randn(5, 16),)\n")
    model = f"{tmp_path}/mixed.py:mixed"
    assert main(["validate", model, "--chip", "unit"]) == 0
    said = capsys.readouterr()
    assert "the model in f64, rounded where it casts" in said.out and "kept in its own types, bf16 and f32" in said.err
    assert main(["compile", model, "--chip", "unit", "--dtype", "bf16", "-o", f"{tmp_path}/m.garam"]) == 2
    assert "or no dtype" in capsys.readouterr().err
