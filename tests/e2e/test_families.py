"""Encoders as a class: configurations of each family with seeded random weights, unmodified classes of Transformers."""
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

FAMILIES = {
    "bert-base": {"model_type": "bert", "architectures": ["BertModel"]},
    "bert-large": {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 1024, "num_attention_heads": 16,
                   "intermediate_size": 4096, "num_hidden_layers": 24},
    "distilbert": {"model_type": "distilbert", "architectures": ["DistilBertModel"]},
    "roberta": {"model_type": "roberta", "architectures": ["RobertaModel"], "vocab_size": 50265, "max_position_embeddings": 514},
    "xlm-roberta": {"model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "vocab_size": 50265,
                    "max_position_embeddings": 514},
    "mpnet": {"model_type": "mpnet", "architectures": ["MPNetModel"]},
    "pre-norm": {"model_type": "roberta-prelayernorm", "architectures": ["RobertaPreLayerNormModel"],
                 "max_position_embeddings": 514},
    "odd": {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 200, "num_attention_heads": 5,
            "intermediate_size": 777, "vocab_size": 1003},
}


#: All layers at the default length, but for the largest, on every chip where there is time.
LONG = os.environ.get("GARAM_LONG") == "1"
CHIPS = ["atom", "atom_max", "rebel100", "rngd", "tpuv3", "unit"] if LONG else ["atom"]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("family", FAMILIES)
def test_validates(garam, tmp_path: Path, family: str, chip: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(FAMILIES[family]))
    size = ["--layers", 2, "--batch", 2, "--seq", 37] if not LONG else ["--layers", 2] if family == "bert-large" else []
    document = garam("validate", tmp_path, "--random-weights", 0, "--chip", chip, *size)
    assert document["ok"], document["first_bad"]
