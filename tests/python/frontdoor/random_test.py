"""Random numbers in a module: every op that draws them is refused by name and place, and none becomes a constant."""
from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

import garam
from garam import InputError

HALF = torch.full((2, 3), 0.5)

DRAWS = {
    "rand": lambda x: x + torch.rand(3),
    "rand of constants": lambda x: x + torch.ones(3) * torch.rand(3).sum(),
    "randn": lambda x: x + torch.randn(2, 3),
    "randint": lambda x: x + torch.randint(0, 9, (3,)),
    "randperm": lambda x: x[:, torch.randperm(3)],
    "rand_like": lambda x: x + torch.rand_like(x),
    "rand_like of a constant": lambda x: x + torch.rand_like(torch.ones(3)),
    "randn_like": lambda x: x + torch.randn_like(x),
    "randint_like": lambda x: x + torch.randint_like(x, 9),
    "normal": lambda x: x + torch.normal(torch.zeros(3), torch.ones(3)),
    "normal of sizes": lambda x: x + torch.normal(0.0, 1.0, (3,)),
    "normal_": lambda x: x + torch.empty(3).normal_(),
    "uniform_": lambda x: x + torch.empty(3).uniform_(),
    "exponential_": lambda x: x + torch.zeros(3).exponential_(),
    "bernoulli": lambda x: x + torch.bernoulli(HALF),
    "bernoulli of an input": lambda x: torch.bernoulli(x.sigmoid()),
    "bernoulli_": lambda x: x + torch.empty(3).bernoulli_(0.5),
    "multinomial": lambda x: x + torch.multinomial(torch.ones(3), 3, True),
    "poisson": lambda x: x + torch.poisson(HALF),
    "dropout": lambda x: functional.dropout(x, 0.5, training=True),
    "dropout of a constant": lambda x: x + functional.dropout(torch.ones(3), 0.5, training=True),
    "feature dropout": lambda x: functional.dropout1d(x, 0.5, training=True),
    "alpha dropout": lambda x: functional.alpha_dropout(x, 0.5, training=True),
    "rrelu": lambda x: functional.rrelu(x, training=True),
    "gumbel softmax": lambda x: functional.gumbel_softmax(x),
    "dropout of attention": lambda x: functional.scaled_dot_product_attention(x, x, x, dropout_p=0.5),
}


class Draws(nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def forward(self, x):
        return self.draw(x)


class Outer(nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.inner = Draws(draw)

    def forward(self, x):
        return self.inner(x) * 2


@pytest.mark.parametrize("name", DRAWS)
def test_drawn_numbers_are_refused(name):
    with pytest.raises(InputError) as caught:
        garam.compile(Outer(DRAWS[name]), (torch.ones(2, 3),), chip="unit")
    said = str(caught.value)
    assert "\n" not in said and "inner" in said and "random_test.py:" in said, said
    assert "draws random numbers" in said or "dropout" in said, said


RECURRENT = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers_in_evaluation_mode_are_refused_for_what_they_are(kind, dropout):
    layer = RECURRENT[kind](3, 4, num_layers=2, dropout=dropout).eval()
    with pytest.raises(InputError, match=r"aten\.(lstm|gru|rnn_tanh)\.input: no such op; "):
        garam.compile(layer, (torch.ones(2, 3),), chip="unit")


UNUSED = {
    "dropout in evaluation": lambda x: functional.dropout(x, 0.5, training=False) * 2,
    "rrelu in evaluation": lambda x: functional.leaky_relu(x, 0.25) if False else x.relu(),
    "drawn for nothing": lambda x: (torch.rand(3), x * 3)[1],
    "attention without dropout": lambda x: functional.scaled_dot_product_attention(x, x, x, dropout_p=0.0),
    "attention of constants": lambda x: x + functional.scaled_dot_product_attention(HALF, HALF, HALF),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_draws_nothing_computes(name):
    given = Draws(UNUSED[name])
    x = torch.linspace(-1, 1, 6).reshape(2, 3)
    torch.testing.assert_close(garam.compile(given, (x,), chip="unit", dtype="f32").run(mode="values").output, given(x), rtol=1e-5, atol=1e-5)
