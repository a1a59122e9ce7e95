"""Classes of Transformers' auto mappings: right, or refused in one line. A tenth of them in each run, all in the long one."""
from __future__ import annotations

import os

from sweep import families, forked
from sweep.outcome import table

LONG = os.environ.get("GARAM_LONG") == "1"
#: They always are among the drawn, and compute.
KNOWN = ("BertModel encode", "DistilBertModel encode", "RobertaModel encode", "ElectraModel encode", "ModernBertModel encode",
         "LlamaForCausalLM prefill", "LlamaForCausalLM decode", "Qwen3ForCausalLM prefill", "MistralForCausalLM decode")


def test_classes_of_the_auto_mappings() -> None:
    seed = int(os.environ["GARAM_SEED"])
    chosen = families.cases() if LONG else [*dict.fromkeys([*KNOWN, *families.drawn(seed, 10)])]
    outcomes = forked.sweep(chosen, families.run, kept=forked.state_file("families") if LONG else None)
    print(table(outcomes))
    assert not any(each.fault for each in outcomes), table(outcomes)
    assert all(each.verdict == "right" for each in outcomes if each.case in KNOWN), table(outcomes)
