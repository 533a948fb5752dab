"""A GGUF file of the Llama architecture as a Hugging Face folder: config, bfloat16 safetensors, tokenizer.

vLLM and transformers load the folder like any other checkpoint; the quantised file is not needed then. The
names and the order of rotary rows are llama.cpp's (`convert_hf_to_gguf.py`, MIT), undone here.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.errors import WeightsFormat

Floats = npt.NDArray[np.float32]

_OUTER: Final = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_IN_LAYER: Final = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_CONTROL_TOKEN: Final = 3


def convert(gguf_file: Path, folder: Path, report: Callable[[float], None]) -> None:
    """Writes the folder's files; `report` gets the share done. Takes seconds and 1 GB for 135 M parameters.

    Raises WeightsFormat for another architecture, another tokenizer or a file that is no GGUF.
    """
    from gguf import GGUFReader

    try:
        reader = GGUFReader(gguf_file)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
    except (ValueError, IndexError) as broken:
        raise WeightsFormat(str(gguf_file), f"it is no GGUF file ({broken})") from broken
    try:
        names = {tensor.name: llama_name(tensor.name) for tensor in reader.tensors}
        config = llama_config(metadata, tied="output.weight" not in names)
        _write_json(folder / "config.json", config)
        _write_json(folder / "generation_config.json", _generation_config(config))
        write_tokenizer(metadata, config["max_position_embeddings"], folder)
    except (KeyError, ValueError) as missing:
        raise WeightsFormat(str(gguf_file), f"it is no Llama with a GPT-2 tokenizer ({missing})") from missing
    _write_weights(reader.tensors, names, config, folder, report)


def llama_config(metadata: Mapping[str, Any], *, tied: bool) -> dict[str, Any]:
    """config.json of a LlamaForCausalLM. KeyError for a missing entry, ValueError for another model."""
    if metadata["general.architecture"] != "llama":
        raise ValueError(f"the architecture is {metadata['general.architecture']}")
    heads = metadata["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "transformers_version": "5.0.0",  # the format of this file
        "dtype": "bfloat16",
        "vocab_size": len(metadata["tokenizer.ggml.tokens"]),
        "hidden_size": metadata["llama.embedding_length"],
        "intermediate_size": metadata["llama.feed_forward_length"],
        "num_hidden_layers": metadata["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": metadata.get("llama.attention.head_count_kv", heads),
        "head_dim": metadata["llama.embedding_length"] // heads,
        "max_position_embeddings": metadata["llama.context_length"],
        "rms_norm_eps": float(f"{metadata['llama.attention.layer_norm_rms_epsilon']:.3g}"),
        "rope_parameters": {"rope_type": "default", "rope_theta": float(metadata["llama.rope.freq_base"])},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "pad_token_id": metadata["tokenizer.ggml.padding_token_id"],
    }


def write_tokenizer(metadata: Mapping[str, Any], max_tokens: int, folder: Path) -> None:
    """Writes tokenizer.json and tokenizer_config.json: byte-level BPE, digits one by one, the chat template.

    KeyError for a missing entry, ValueError for another tokenizer.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    kind = (metadata["tokenizer.ggml.model"], metadata["tokenizer.ggml.pre"])
    if kind != ("gpt2", "smollm"):
        raise ValueError(f"the tokenizer is {kind}")
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: id_ for id_, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = metadata["tokenizer.ggml.token_type"]
    specials = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": max_tokens,
            "bos_token": tokens[metadata["tokenizer.ggml.bos_token_id"]],
            "eos_token": tokens[metadata["tokenizer.ggml.eos_token_id"]],
            "pad_token": tokens[metadata["tokenizer.ggml.padding_token_id"]],
            "unk_token": tokens[metadata["tokenizer.ggml.unknown_token_id"]],
            "clean_up_tokenization_spaces": False,
            "chat_template": metadata["tokenizer.chat_template"],
        },
    )


def llama_name(gguf_name: str) -> str:
    """A tensor's name in LlamaForCausalLM; KeyError or ValueError for one that it has not."""
    if gguf_name in _OUTER:
        return _OUTER[gguf_name]
    _, layer, part, kind = gguf_name.split(".")
    if kind != "weight":
        raise KeyError(gguf_name)
    return f"model.layers.{layer}.{_IN_LAYER[part]}.weight"


def rotary_rows(matrix: Floats, heads: int) -> Floats:
    """Query or key rows, [heads x head_dim, hidden]: llama.cpp's interleaved pairs back to two halves."""
    rows, hidden = matrix.shape
    pairs = matrix.reshape(heads, rows // heads // 2, 2, hidden)
    return pairs.swapaxes(1, 2).reshape(rows, hidden)


def _write_weights(
    tensors: list[Any],
    names: Mapping[str, str],
    config: Mapping[str, Any],
    folder: Path,
    report: Callable[[float], None],
) -> None:
    import torch
    from gguf.quants import dequantize
    from safetensors.torch import save_file

    rotary_heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    state: dict[str, Any] = {}
    for done, tensor in enumerate(tensors, start=1):
        values = dequantize(tensor.data, tensor.tensor_type)
        for part, heads in rotary_heads.items():
            if f".{part}." in tensor.name:
                values = rotary_rows(values, heads)
        state[names[tensor.name]] = torch.tensor(values, dtype=torch.bfloat16)
        report(done / (len(tensors) + 1))
    # The safetensors format asks for this mark; transformers refuses a file without it.
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    report(1.0)


def _generation_config(config: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("transformers_version", "bos_token_id", "eos_token_id", "pad_token_id")
    return {key: config[key] for key in keys}


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
