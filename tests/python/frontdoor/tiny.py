"""Small random models of many Transformers families, and the inputs that exercise masks and positions."""
from __future__ import annotations

import inspect
from collections.abc import Iterator

import torch
import transformers
from torch import Tensor
from transformers import AutoConfig, PreTrainedModel

ENCODERS = ("albert", "bert", "bert-generation", "camembert", "data2vec-text", "deberta-v2", "distilbert", "electra", "ernie", "esm", "eurobert",
            "ibert", "layoutlm", "lilt", "longformer", "luke", "markuplm", "megatron-bert", "mobilebert", "modernbert", "mpnet", "nomic_bert",
            "nystromformer", "rembert", "roberta", "roberta-prelayernorm", "roformer", "splinter", "squeezebert", "xlm-roberta",
            "xlm-roberta-xl", "xmod")
DECODERS = ("apertus", "arcee", "bart", "bert", "bert-generation", "biogpt", "blenderbot", "blenderbot-small", "bloom", "camembert", "codegen",
            "cohere", "cohere2", "data2vec-text", "electra", "ernie4_5", "exaone4", "falcon", "gemma", "gemma2", "gemma3_text", "glm", "glm4",
            "gpt2", "gpt_bigcode", "gpt_neo", "gpt_neox", "gptj", "granite", "helium", "hyperclovax", "llama", "marian", "mbart", "mistral", "mpt",
            "mvp", "nemotron", "olmo", "olmo2", "opt", "pegasus", "persimmon", "phi", "phi3", "plbart", "qwen2", "qwen3", "rembert", "roberta",
            "roberta-prelayernorm", "roformer", "seed_oss", "smollm3", "stablelm", "starcoder2", "trocr", "xglm", "xlm-roberta", "xmod")
BOTH = ("bart", "blenderbot", "fsmt", "led", "m2m_100", "marian", "mbart", "mt5", "mvp", "nllb-moe", "pegasus", "pegasus_x", "plbart", "prophetnet",
        "t5", "t5gemma", "umt5")

_SIZES = {
    2: "num_hidden_layers num_layers n_layer n_layers encoder_layers decoder_layers num_decoder_layers num_encoder_layers num_key_value_heads "
       "num_attention_layers",
    4: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads num_encoder_attention_heads "
       "num_decoder_attention_heads",
    8: "head_dim d_kv sliding_window local_attention rotary_dim window_size embedding_size_per_head",
    32: "hidden_size d_model n_embd dim hidden_dim embedding_size word_embed_proj_dim input_embedding_size",
    48: "intermediate_size d_ff encoder_ffn_dim decoder_ffn_dim ffn_dim hidden_dim_ffn n_inner",
    64: "max_position_embeddings n_positions max_seq_len n_ctx max_sequence_length max_encoder_position_embeddings "
        "max_decoder_position_embeddings",
    99: "vocab_size entity_vocab_size src_vocab_size tgt_vocab_size",
}
_OTHERS = {"global_attn_every_n_layers": 2, "attention_window": [8, 8], "true_hidden_size": 32, "intra_bottleneck_size": 32, "entity_emb_size": 32,
           "attention_types": [[["global", "local"], 1]], "languages": ["en_XX"], "default_language": "en_XX", "layer_types": None,
           "max_xpath_tag_unit_embeddings": 9, "max_xpath_subs_unit_embeddings": 9, "max_2d_position_embeddings": 64, "num_experts": 2,
           "query_pre_attn_scalar": 8, "cross_attention_hidden_size": 32, "output_hidden_size": 32, "encoder_ffn": 48}


def config_of(kind: str, **fields: object) -> transformers.PretrainedConfig:
    """The family's own defaults with small sizes, and no number of a token beyond them."""
    default = AutoConfig.for_model(kind)
    if kind == "t5gemma":
        inner = {**{n: v for v, names in _SIZES.items() for n in names.split()}, "layer_types": None, "query_pre_attn_scalar": 8}
        names = inspect.signature(type(default.encoder).__init__).parameters
        inner = {n: v for n, v in inner.items() if n in names}
        return type(default)(encoder=inner, decoder=dict(inner), vocab_size=99)
    known = {**{n: v for v, names in _SIZES.items() for n in names.split()}, **_OTHERS}
    small = {n: v for n, v in known.items() if n in default.to_dict() or n in default.attribute_map and n != "hidden_size"}
    for name, value in default.to_dict().items():
        if name.endswith("_token_id") and isinstance(value, int) and value >= 99:
            small[name] = 3
    if kind == "distilbert":
        small["hidden_dim"] = 48
    return type(default)(**{**small, **fields})


def model_of(kind: str, suffix: str, **fields: object) -> PreTrainedModel:
    """A model with random weights large enough for positions and masks to matter, in evaluation mode."""
    config = config_of(kind, **fields)
    auto = {"": transformers.AutoModel, "ForCausalLM": transformers.AutoModelForCausalLM,
            "Seq2Seq": transformers.AutoModelForSeq2SeqLM}[suffix]
    torch.manual_seed(0)
    model = auto.from_config(config, dtype=torch.float32).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (0.3 if "embed" in name else 0.2))
    return model


def ids_of(model: PreTrainedModel, batch: int, seq: int, seed: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(5, 90, (batch, seq), generator=generator)


def cases(model: PreTrainedModel, batch: int = 3, seq: int = 9) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Named inputs of a forward without cache."""
    takes = inspect.signature(model.forward).parameters
    ids, pad = ids_of(model, batch, seq), getattr(model.config, "pad_token_id", None)
    lengths = torch.tensor([seq, seq - 3, 1])[:batch, None]
    at = torch.arange(seq)[None]
    yield "no mask", {"input_ids": ids}
    for side, mask in (("right", at < lengths), ("left", at >= seq - lengths)):
        padded = ids if pad is None else torch.where(mask, ids, pad)
        yield f"padding at the {side}", {"input_ids": padded, "attention_mask": mask.long()}
    if "attention_mask" in takes:
        prefix = (at <= at.T) | (at < 4)
        low = torch.where(prefix, 0.0, torch.finfo(torch.float32).min).expand(batch, 1, seq, seq)
        yield "prefix of rank 4", {"input_ids": ids, "attention_mask": low.clone()}
    if "position_ids" in takes:
        for name, row in (("packed", [0, 1, 2, 3, 0, 1, 2, 0, 1]), ("strided", range(0, 2 * seq, 2)), ("shifted", range(5, 5 + seq))):
            yield f"{name} positions", {"input_ids": ids, "position_ids": torch.tensor(list(row)).expand(batch, -1).clone()}
        rows = at + torch.tensor([[0], [3], [7]])[:batch]
        yield "positions of each row", {"input_ids": ids, "position_ids": rows}
