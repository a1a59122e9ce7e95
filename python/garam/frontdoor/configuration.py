"""Facts of a Transformers configuration, under whatever name and in whatever part its family keeps them."""

from __future__ import annotations

from typing import Any

from transformers import PretrainedConfig

from garam.errors import brief, input_error
from garam.frontdoor.model import check_layers

#: Names of the longest sequence, by family.
_LENGTHS = ("max_position_embeddings", "max_target_positions", "max_sequence_length", "max_seq_len", "seq_length", "n_ctx")


def text_part(config: PretrainedConfig) -> PretrainedConfig:
    """The configuration of the model of token ids within one of several kinds of input."""
    try:
        return config.get_text_config()
    except Exception as error:  # of a part that is none
        raise input_error(config.model_type, f"no part for text ({brief(error)})", "models of token ids") from error


def size(config: PretrainedConfig, name: str, least: int = 1) -> int:
    """A whole number that the model cannot be without. Throws where it is missing or no such number."""
    found = _of(config, name)
    if found is None:
        raise input_error(f"{config.model_type}: {name}", "not in the configuration", "models of token ids, whose configuration states it")
    if not _whole(found) or found < least:
        raise input_error(f"{config.model_type}: {name}", f"{found!r}", f"a whole number, {least} or more")
    return found


def longest(config: PretrainedConfig, otherwise: int) -> int:
    """Positions that the model has; `otherwise` where they are relative, and it has no number of them."""
    name = next((name for name in _LENGTHS if _of(config, name) is not None), None)
    return size(config, name) if name else otherwise


def padding(config: PretrainedConfig) -> int | None:
    """The id that stands for no token, where there is one."""
    found = _of(config, "pad_token_id")
    return found if _whole(found) and 0 <= found < size(config, "vocab_size") else None


def use_layers(where: str, config: PretrainedConfig, layers: int | None) -> None:
    """Checks the number of layers and leaves the first `layers` of them. Throws for a family that has it fixed."""
    text = text_part(config)
    if layers is None and not _whole(_of(text, "num_hidden_layers")):  # some families count them by part
        return
    total = size(text, "num_hidden_layers")
    if layers is None:
        return
    count = check_layers(where, layers, total)
    try:
        text.num_hidden_layers = count
        if isinstance(getattr(text, "layer_types", None), list):
            text.layer_types = text.layer_types[:count]
    except Exception as error:  # a field that follows from others, or that belongs to each layer
        raise input_error(where, f"layers {layers}: the number is fixed by {config.model_type} ({brief(error)})", "all layers") from error


def _of(config: PretrainedConfig, name: str) -> Any:
    """Also under the name that the family has for it; None where it has none."""
    return getattr(text_part(config), name, None)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
