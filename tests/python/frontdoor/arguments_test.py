"""What a user's module is and takes: the outputs are those of PyTorch, whatever its arguments, attributes and parameters are built of,
or the refusal is one line that names the place."""
from __future__ import annotations

import copy
import threading

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._pytree import tree_leaves

import garam
from garam import InputError
from garam.checking import check


def rand(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


class Call(nn.Module):
    """A module of a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function


def module(function) -> nn.Module:
    """Its forward has the function's own signature."""
    kind = type("Given", (Call,), {"forward": function})
    return kind(function).eval()


def x_(self, x, /, y):
    return x - 2 * y


def many(self, *tensors):
    return tensors[0] - 2 * tensors[1]


def first_and_many(self, x, *tensors, scale=1.0):
    return x * scale - tensors[0] + 3 * tensors[1]


def named(self, x, **others):
    return x - 2 * others["z"]


def nested(self, d, e):
    return d["b"][0] - 2 * d["a"]["k"] * d["a"]["n"] + e[1]


def optional(self, x, mask=None, y=None):
    return x - 2 * y if mask is None else mask


def choice(self, x, kind, flag):
    return x * 3 if kind == "three" and flag else x


def from_list(self, xs):
    return torch.cat(xs, 0) * 2


def number(self, x, scale, y):
    return x * scale - y


def rank_0(self, x, y):
    return x - y * 2


def same_names(self, p_weight, input, len, self_):
    return p_weight + 2 * input + 3 * len + 4 * self_


ARGUMENTS = {
    "none": (optional, (rand(3, 4), None, rand(3, 4)), {}),
    "number": (number, (rand(3, 4), 0.5, rand(3, 4)), {}),
    "text and truth value": (choice, (rand(3, 4), "three", True), {}),
    "list": (from_list, ([rand(3, 4), rand(2, 4)],), {}),
    "tuple": (from_list, ((rand(3, 4), rand(2, 4), rand(1, 4)),), {}),
    "nested": (nested, ({"b": [rand(3, 4), None], "a": {"k": rand(3, 4) + 1, "n": 2}}, (1.5, rand(3, 4) - 1)), {}),
    "positional only": (x_, (rand(3, 4), rand(3, 4) + 1), {}),
    "without a name": (many, (rand(3, 4), rand(3, 4) + 1), {}),
    "some without a name": (first_and_many, (rand(3, 4), rand(3, 4) + 1, rand(3, 4) - 1), {"scale": 2.0}),
    "named freely": (named, (rand(3, 4),), {"z": rand(3, 4) + 1}),
    "rank 0": (rank_0, (torch.tensor(0.7), rand(3)), {}),
    "rank 0 alone": (rank_0, (torch.tensor(0.7), torch.tensor(0.2)), {}),
    "reserved names": (same_names, (rand(3), rand(3) + 1, rand(3) + 2, rand(3) + 3), {}),
    "one tensor twice": (rank_0, (rand(3), rand(3)), {}),
}


def equal(outputs, expected) -> None:
    wanted = [leaf for leaf in tree_leaves(expected) if isinstance(leaf, Tensor)]
    assert len(outputs) == len(wanted)
    for got, want in zip(outputs.values(), wanted):
        torch.testing.assert_close(got, want.to(got.dtype), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name):
    function, args, kwargs = ARGUMENTS[name]
    given = module(function)
    program = garam.compile(given, args, kwargs, chip="unit", dtype=torch.float32)
    equal(program.run(mode="values").outputs, given(*args, **kwargs))
    changed = {key: tensor + 1 for key, tensor in program.source.inputs.items()}
    again, named_again = program.source.arguments.call(changed)
    equal(program.run(mode="values", **changed).outputs, given(*again, **named_again))
    assert program.source.arguments.bind("m", again, named_again).keys() == changed.keys()


def test_bound_values_are_those_that_were_compiled():
    source = garam.compile(module(number), (rand(2), 0.5, rand(2)), chip="unit", dtype="f32").source
    with pytest.raises(InputError, match="m: scale: 0.25; 0.5, for which it was compiled"):
        source.arguments.bind("m", (rand(2), 0.25, rand(2)), {})
    with pytest.raises(InputError, match="m: arguments that are built otherwise .*; x, scale, y"):
        source.arguments.bind("m", (rand(2), 0.5, [rand(2)]), {})


@pytest.mark.parametrize("outputs, names", [
    (lambda self, x: (x, None, x * 2), ["output_0", "output_2"]),
    (lambda self, x: {"a": [x * 2, x * 3], "a_1": x * 4, 0: x * 5}, ["a_0", "a_1", "a_1_1", "0"]),
    (lambda self, x: {"a": {"b": x * 2}, "c": (x * 3, [x * 4])}, ["a", "c_0", "c_1"]),
])
def test_outputs_have_names_of_their_own(outputs, names):
    given = module(outputs)
    program = garam.compile(given, (rand(3),), chip="unit", dtype="f32")
    found = program.run(mode="values").outputs
    assert set(names) <= set(program.source.outputs)
    wanted = [leaf for leaf in tree_leaves(given(rand(3))) if isinstance(leaf, Tensor)]
    for name, want in zip(names, wanted):
        torch.testing.assert_close(found[name], want, rtol=1e-5, atol=1e-5)


class Parts(nn.Module):
    """Parameters made by `make`, multiplied with what comes."""

    def __init__(self, make):
        super().__init__()
        for name, parameter in make().items():
            self.register_parameter(name, parameter if isinstance(parameter, nn.Parameter) else nn.Parameter(parameter))

    def forward(self, x):
        for number, parameter in enumerate(self.parameters(), 1):
            x = x + number * parameter.sum(0)
        return x


def tied_storage():
    base = rand(3, 4)
    return {"a": base, "b": base, "c": base[:], "d": base.view(3, 4)}


BASE = rand(6, 4)
PARAMETERS = {
    "views of one storage": lambda: {"a": BASE[:3], "b": BASE[2:5], "c": BASE},
    "read in two ways": lambda: {"a": BASE[:4].t(), "b": BASE[:4]},
    "one storage": tied_storage,
    "expanded": lambda: {"a": rand(1, 4).expand(3, 4)},
    "every second": lambda: {"a": BASE[::2], "b": BASE[1::2]},
    "no floats but one": lambda: {"a": rand(3, 4), "b": rand(3, 4).double()},
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    given = Parts(PARAMETERS[name])
    program = garam.compile(given, (rand(2, 4),), chip="unit", dtype="f32")
    equal(program.run(mode="values").outputs, copy.deepcopy(given).float()(rand(2, 4)))


def shared():
    layers = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    layers[1].weight = layers[0].weight
    layers[2].weight.data = layers[0].weight.data
    return layers


class CalledKv(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.kv = nn.Linear(8, 8), nn.Linear(8, 16)

    def forward(self, x):
        k, v = self.kv(x).chunk(2, -1)
        return functional.scaled_dot_product_attention(self.q(x), k, v)


class ListCalledKv(nn.Module):
    """Buffers keys and values, as the layers of a cache have them."""

    def __init__(self):
        super().__init__()
        self.kv = nn.ModuleList([nn.Linear(8, 8), nn.Identity()])
        self.register_buffer("keys", rand(8))
        self.config = type("Frozen", (), {"dtype": property(lambda self: 3), "__slots__": ()})()

    def forward(self, x):
        return self.kv[0](x) * self.keys


class NumberCalledKv(nn.Module):
    kv = 3

    def forward(self, x):
        return x * self.kv


@pytest.mark.parametrize("make", [shared, CalledKv, ListCalledKv, NumberCalledKv])
def test_attributes(make):
    given = make().eval()
    x = rand(2, 5, 8) if make is not shared else rand(2, 4)
    program = garam.compile(given, (x,), chip="unit", dtype="f32")
    with torch.no_grad():
        equal(program.run(mode="values").outputs, given(x))


@pytest.mark.parametrize("dtype", [torch.bfloat16, "bfloat16", "bf16", "torch.bfloat16"])
def test_names_of_types(dtype):
    assert garam.compile(nn.Linear(3, 2), (rand(1, 3),), chip="unit", dtype=dtype).source.dtype == "bf16"


class MadeInside(nn.Module):
    """Tensors of f32 in a module of another type; PyTorch promotes."""

    def __init__(self):
        super().__init__()
        self.line, self.table = nn.Linear(4, 4), rand(4)

    def forward(self, x):
        return self.line(x) * torch.ones(4) * 1.3 + torch.arange(4.0) - self.table


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_tensors_made_in_f32(dtype):
    given = MadeInside().to(dtype)
    x = rand(2, 4).to(dtype)
    program = garam.compile(given, (x,), chip="unit")
    out = program.run(mode="values").output
    with torch.no_grad():
        want = given(x)
    assert program.source.dtype == {torch.bfloat16: "bf16", torch.float16: "f16"}[dtype]
    assert out.dtype == want.dtype == torch.float32
    torch.testing.assert_close(out, want, rtol=2 ** -7, atol=2 ** -7)


def test_a_type_that_was_chosen_is_told():
    mixed = nn.Sequential(nn.Linear(4, 4).to(torch.bfloat16), nn.LayerNorm(4))
    assert "kept in its own types, bf16 and f32; rates and reports go by bf16" in garam.compile(
        mixed, (rand(2, 4).bfloat16(),), chip="unit").source.remarks[0]
    wide = nn.Linear(4, 4).double()
    assert "computed in bf16, which Garam chose; its weights are f32" in garam.compile(wide, (rand(2, 4).double(),), chip="unit").source.remarks[1]
    assert garam.compile(nn.Linear(4, 4), (rand(2, 4),), chip="unit").source.remarks == ()
    training = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
    assert "training mode" in garam.compile(training, (rand(2, 4),), chip="unit").source.remarks[0]
    assert training.training


class Breaks(nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 0 else x - 1


class Outer(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), inner])

    def forward(self, x):
        return self.layers[1](self.layers[0](x))


class Locked(nn.Module):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def forward(self, x):
        return x * 2


REFUSED = {
    "control flow": (lambda: Outer(Breaks()), (rand(2, 4),), r"Outer\.layers\.1 \(.*arguments_test\.py:\d+\): torch\.export refuses"),
    "sizes": (lambda: Outer(nn.Linear(5, 4)), (rand(2, 4),), r"Outer\.layers\.1 \(.*arguments_test\.py:\d+\): torch\.export refuses"),
    "meta": (lambda: nn.Linear(4, 4, device="meta"), (rand(2, 4),), r"Linear\.weight: a parameter on device meta has no values; "),
    "meta input": (lambda: nn.Linear(4, 4), (torch.empty(2, 4, device="meta"),), r"Linear.*: torch\.export refuses"),
    "lazy": (lambda: nn.LazyLinear(4), (rand(2, 4),), r"LazyLinear\.weight: a parameter without a shape"),
    "integers": (lambda: Parts(lambda: {"w": nn.Parameter(torch.arange(4), requires_grad=False)}), (rand(2, 4),), r"Parts\.w: .*int64"),
    "complex": (lambda: Parts(lambda: {"w": torch.ones(4, 4, dtype=torch.complex64)}), (rand(2, 4),), r"Parts\.w: .*complex64"),
    "sparse": (lambda: Parts(lambda: {"w": torch.eye(4).to_sparse()}), (rand(2, 4),), r"Parts\.w: .*sparse_coo"),
    "lock": (Locked, (rand(2, 4),), r"Locked: cannot be copied \(TypeError: .*\); modules that copy\.deepcopy takes"),
    "script": (lambda: torch.jit.script(nn.Linear(4, 4)), (rand(2, 4),), r"RecursiveScriptModule: "),
    "too many": (lambda: nn.Linear(4, 4), (rand(2, 4), rand(2, 4)), r"Linear: example arguments: too many"),
    "no tuple": (lambda: nn.Linear(4, 4), 5, r"Linear: example arguments of type int"),
    "no module": (lambda: 5, (rand(2, 4),), r"cannot compile a int"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name, capfd):
    make, args, said = REFUSED[name]
    with pytest.raises(InputError, match=said) as caught:
        garam.compile(make(), args, chip="unit")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("dtype", ["float64", torch.int8, "wide", 3])
def test_types_that_are_none(dtype):
    with pytest.raises(InputError, match="dtype: .*; bf16, f16, f32"):
        garam.compile(nn.Linear(4, 4), (rand(2, 4),), chip="unit", dtype=dtype)


@pytest.mark.parametrize("options", [{"chip": 5}, {"chip": None}, {"chip": "unit", "set": [3]}, {"chip": "unit", "dies": "two"},
                                     {"chip": "unit", "set": "l1.colour=3"}])
def test_chips_that_are_none(options):
    with pytest.raises(InputError):
        garam.compile(nn.Linear(4, 4), (rand(2, 4),), **options)


@pytest.mark.parametrize("make, args", [(lambda: module(nested), ARGUMENTS["nested"][1]), (lambda: module(many), ARGUMENTS["without a name"][1])])
def test_odd_modules_can_be_checked(make, args):
    _, validation = check(garam.compile(make(), args, chip="unit"))
    assert validation.ok
