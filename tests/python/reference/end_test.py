"""The end result: each output by its position, against the module itself as PyTorch runs it on its own."""
from __future__ import annotations

import collections
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from garam.frontdoor import bring_in, exporter, load
from garam.frontdoor.model import Model
from garam.reference import named_tensors, run_model, validate
from garam.reference.run import outputs

Pair = collections.namedtuple("Pair", "first second")


def rand(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def plain(forward) -> nn.Module:
    return type("Plain", (nn.Module,), {"forward": forward})().eval()


def brought(forward, dtype: str = "f32", **inputs: Tensor):
    return bring_in(Model("plain", plain(forward), inputs), dtype)


def found(source, given: dict[str, Tensor] | None = None) -> dict[str, bool]:
    """The end results, of a run that gave what the exported graph gives, or these outputs."""
    given = outputs(source, named_tensors(source)) if given is None else given
    return {c.name.removesuffix(" (f32 model)"): c.ok for c in validate(source, [], given).tensors if c.name.endswith(" (f32 model)")}


STRUCTURES = {
    "tensor": lambda self, x: x * 2, "tuple": lambda self, x: (x * 2, x + 1), "list": lambda self, x: [x.relu(), x.sum(-1)],
    "dictionary": lambda self, x: {"b": x * 2, "a": x - 1}, "nested": lambda self, x: {"b": (x * 2, [x + 1]), "a": x > 0},
    "named tuple": lambda self, x: Pair(x * 2, x + 1), "None between": lambda self, x: (x * 2, None, x + 1),
    "number between": lambda self, x: (x * 2, 3, x + 1), "computed in another order": lambda self, x: (lambda b: (b * b, b))(x.exp()),
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_structure_is_held_by_position(structure):
    source = brought(STRUCTURES[structure], x=rand(3, 5))
    given = run_model(source, "f32").outputs
    leaves = [t for t in torch.utils._pytree.tree_leaves(source.module(**source.inputs)) if isinstance(t, Tensor)]
    assert len(given) == len(leaves) and all(torch.equal(g, t) for g, t in zip(given.values(), leaves))
    assert set(found(source, given)) == set(given) and all(found(source, given).values())
    for name, tensor in given.items():
        broken = {**given, name: ~tensor if tensor.dtype == torch.bool else tensor + 1}
        assert [n for n, ok in found(source, broken).items() if not ok] == [name]


def test_outputs_that_change_places_are_noticed():
    source = brought(lambda self, x: (x * 2, x + 1), x=rand(3, 5))
    given = run_model(source, "f32").outputs
    first, second = given
    assert not any(found(source, {first: given[second], second: given[first]}).values())


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
def test_a_wrong_patch_is_noticed_though_the_graph_agrees_with_itself(dtype, monkeypatch):
    """The export of a model whose norm is patched to another: every op is as the graph says, and the end result is not the model's."""
    from garam.frontdoor import patches

    def doubled(kind, instances):
        return lambda self, x: torch.ops.garam.rms_norm(x, self.weight, 1000 * float(self.variance_epsilon) + 1.0, "llama")

    monkeypatch.setattr(patches, "rms_norms", doubled)
    source = load("llama-tiny", phase="prefill", seq=7, layers=2, dtype=dtype)
    tensors = named_tensors(source)
    known = {op.location.node for op in source.program.flat.ops}
    result = validate(source, [("", n, t) for n, t in tensors.items() if n in known], outputs(source, tensors))
    assert [c.name for c in result.tensors if not c.ok and not c.against] == []
    assert any(c.name == "logits (f32 model)" and not c.ok for c in result.tensors)


def test_nothing_is_patched_while_the_module_runs(monkeypatch):
    source = load("llama-tiny", phase="prefill", seq=7, layers=1, dtype="f32")

    def forbidden(module):
        raise AssertionError("hooked")

    monkeypatch.setattr(exporter, "traceable", forbidden)
    for op in ("attention", "rms_norm", "rope", "kv_update"):
        monkeypatch.setattr(torch.ops.garam, op, forbidden)
    assert run_model(source, "f32").outputs["logits"].shape == (1, 512)


def test_a_module_that_writes_to_its_buffer_or_its_input_is_run_once_for_the_result():
    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("total", torch.zeros(5))

        def forward(self, x):
            self.total.add_(x.sum(0))
            x.mul_(2)
            return x + 0, self.total

    x = rand(3, 5)
    call = SimpleNamespace(call=lambda named: ((), named))
    source = SimpleNamespace(module=Counter().eval(), inputs={"x": x.clone()}, values={}, states={}, outputs=("a", "b"), arguments=call)
    run = run_model(source, "f32", timed=True)
    torch.testing.assert_close(run.outputs["b"], x.sum(0))
    assert torch.equal(run.outputs["a"], 2 * x) and torch.equal(source.inputs["x"], x)


@pytest.mark.parametrize("kind", ["in f64", "in f32 only"])
def test_the_type_that_it_was_held_against_is_named(kind):
    class Narrow(nn.Module):
        def forward(self, x):
            return torch.nn.functional.linear(x, torch.ones(4, 5)) if kind == "in f32 only" else x * 2

    source = bring_in(Model("narrow", Narrow().eval(), {"x": rand(3, 5)}), "f32")
    result = validate(source, [], run_model(source, "f32").outputs)
    wide = kind.split()[1]
    assert result.ok and result.json()["reference"]["held_against"] == wide
    assert result.tensors[-1].against == f"the model in {wide}" and result.tensors[-1].row()["against"] == result.tensors[-1].against


def test_numbers_that_the_type_cannot_hold():
    """f16 overflows where f32 does not: what PyTorch gives in either is right, NaN where both have numbers is not."""
    source = brought(lambda self, x: (x * 30000, x.exp(), x / (x - x)), "f16", x=torch.tensor([[1.0, 2.0, 3.0, 12.0, -4.0]]))
    given = run_model(source, "f16").outputs
    assert all(found(source, given).values())
    for name, tensor in given.items():
        broken = tensor.clone()
        broken[0, 0] = 1.0 if not tensor[0, 0].isfinite() else float("nan")
        assert not found(source, {**given, name: broken})[name]


@pytest.mark.parametrize("rows, columns", [(5003, 3), (2, 70001)])
def test_long_sums_in_the_machines_order_are_no_failures(rows, columns):
    """One addition after the other, and in 64 parts: PyTorch's own sums are much nearer."""
    x = rand(rows, columns) + 0.3
    source = brought(lambda self, x: (x.sum(0), x.sum(-1), x.mean(0)), x=x)
    down = x.cumsum(0)[-1] if rows > columns else x.sum(0)
    sequential = torch.zeros(columns)
    for row in x if rows > columns else []:
        sequential = sequential + row
    parts = torch.zeros(rows, 64)
    for start in range(0, columns, 64):
        piece = x[:, start:start + 64]
        parts[:, :piece.shape[1]] += piece
    width = 64
    while width > 1:
        width //= 2
        parts = parts[:, :width] + parts[:, width:2 * width]
    down = sequential if rows > columns else down
    names = source.outputs
    given = {names[0]: down, names[1]: parts[:, 0], names[2]: down * (1.0 / rows)}
    assert all(c.ok for c in validate(source, [], given).tensors)


def test_whole_outputs_are_held_exactly_and_choices_only_within_their_room():
    def forward(self, x, n):
        return {"best": x.argmax(-1), "above": x > 0.5, "next": n + 1, "count": (x > 0.5).long().sum(-1)}

    x = rand(4, 9)
    x[0, :3] = torch.tensor([5.0, 5.0, 4.0])
    x[1, 2], x[1, 6] = 6.0, 6.0 + 2 ** -20
    source = brought(forward, x=x, n=torch.arange(6))
    given = run_model(source, "f32").outputs
    assert all(found(source, given).values())
    for name in given:
        for index in range(given[name].numel()):
            broken = given[name].clone()
            flat = broken.view(-1)
            flat[index] = ~flat[index] if broken.dtype == torch.bool else flat[index] + 1
            assert not found(source, {**given, name: broken})[name], (name, index)


def test_a_token_may_differ_where_the_logits_are_as_near_as_end_results_may_be():
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(8, 5)

        def forward(self, x):
            logits = self.line(x)
            return {"logits": logits, "token": logits.argmax(-1)}

    torch.manual_seed(0)
    source = bring_in(Model("head", Head().eval(), {"x": rand(6, 8)}), "bf16")
    given = run_model(source, "bf16").outputs
    logits = given["logits"].clone()
    first, second = logits[2].argsort(descending=True)[:2].tolist()
    for gap, right in ((0.0, True), (1.0, False)):
        near = logits.clone()
        near[2, second] = logits[2, first] * 1.001 + gap * 3
        near[2, first] = logits[2, first]
        token = near.argmax(-1)
        ok = found(source, {"logits": near, "token": token})["token"]
        assert ok == (right or bool((token == given["token"]).all()))


ACTIVATIONS = ("gelu", "silu", "softsign", "sigmoid", "tanh", "relu")


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_infinity_are_what_the_function_says(name, dtype):
    """PyTorch's vectorised f32 gelu gives NaN of infinity; its f64 has the value."""
    function = getattr(torch.nn.functional, name)
    x = torch.linspace(-4, 4, 96)
    x[::7], x[1::7] = torch.inf, -torch.inf
    source = brought(lambda self, x: function(x), dtype, x=x)
    (output,) = source.outputs
    right = function(source.inputs["x"].double()).to(source.inputs["x"].dtype)
    assert found(source, {output: right})[output]
    infinite = right.isinf()
    if infinite.any():
        assert not found(source, {output: torch.where(infinite, 1.0, right)})[output]


class Vacuous(nn.Module):
    """1/x with x computed: where it may be zero, the bound is infinite."""

    def forward(self, a, b):
        return 1.0 / (a * 1.1 - b), a + 1


def vacuous(places):
    a = rand(3, 5)
    b = a * 1.1 + 1.0
    for place in places:
        b[place] = a[place] * 1.1
    return bring_in(Model("vacuous", Vacuous().eval(), {"a": a, "b": b}), "f32")


def test_vacuous_bounds_are_counted_and_held_by_the_end_result():
    from garam.reference import Checker

    source = vacuous([(0, 1), (2, 3)])
    given = outputs(source, named_tensors(source))
    alone = {c.name: c for c in Checker(source).check([], given)}
    bad = [c for c in alone.values() if not c.ok]
    assert len(bad) == 1 and bad[0].vacuous >= 1 and bad[0].row()["vacuous"] == bad[0].vacuous
    covered = Checker(source).check([], given, covered=source.outputs)
    assert all(c.ok for c in covered) and sum(c.vacuous for c in covered) == bad[0].vacuous
    assert not all(c.ok for c in Checker(source).check([], given, covered=[source.outputs[1]]))
    assert not any(c.vacuous for c in Checker(vacuous([])).check([], outputs(vacuous([]), named_tensors(vacuous([])))))
