"""A GGUF file of a tiny Llama: its config, its weights in transformers' order, its tokenizer and template."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.errors import WeightsFormat
from models.generation.gguf import convert, llama_name

HIDDEN, HEADS, KV_HEADS, MIDDLE, HEAD_DIM = 16, 4, 2, 24, 4
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOKENS = [*SPECIALS, *"12hi.", "Ġ", "hi", "Ġhi", "Ċ", "12"]
MERGES = ["h i", "Ġ hi", "1 2"]
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['content'] + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>' }}{% endif %}"
)


def interleaved(matrix: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """The row order of llama.cpp: of each head, row i of the first half and of the second lie together."""
    half = HEAD_DIM // 2
    order = [
        head * HEAD_DIM + part * half + i for head in range(heads) for i in range(half) for part in (0, 1)
    ]
    return matrix[order]


def tensors() -> dict[str, npt.NDArray[np.float32]]:
    """GGUF name -> the values as transformers has them."""
    random = np.random.default_rng(3)
    shapes = {
        "token_embd": (len(TOKENS), HIDDEN),
        "output_norm": (HIDDEN,),
        "blk.0.attn_norm": (HIDDEN,),
        "blk.0.ffn_norm": (HIDDEN,),
        "blk.0.attn_q": (HEADS * HEAD_DIM, HIDDEN),
        "blk.0.attn_k": (KV_HEADS * HEAD_DIM, HIDDEN),
        "blk.0.attn_v": (KV_HEADS * HEAD_DIM, HIDDEN),
        "blk.0.attn_output": (HIDDEN, HIDDEN),
        "blk.0.ffn_gate": (MIDDLE, HIDDEN),
        "blk.0.ffn_up": (MIDDLE, HIDDEN),
        "blk.0.ffn_down": (HIDDEN, MIDDLE),
    }
    # Eighths are exact in bfloat16, so that the comparison can be exact.
    return {
        f"{n}.weight": random.integers(-8, 9, size=s).astype(np.float32) / np.float32(8)
        for n, s in shapes.items()
    }


def write_gguf(
    path: Path, values: Mapping[str, npt.NDArray[np.float32]], architecture: str = "llama"
) -> Path:
    from gguf import GGUFWriter, TokenType

    writer = GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(MIDDLE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(5000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    kinds = [TokenType.CONTROL] * len(SPECIALS) + [TokenType.NORMAL] * (len(TOKENS) - len(SPECIALS))
    writer.add_token_types(kinds)
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)
    for name, value in values.items():
        heads = {"attn_q": HEADS, "attn_k": KV_HEADS}.get(name.split(".")[-2])
        writer.add_tensor(name, interleaved(value, heads) if heads else value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("llama")
    shares: list[float] = []
    convert(write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", tensors()), into, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return into


def test_transformers_gets_every_weight_in_its_own_order(folder: Path) -> None:
    import torch
    from transformers import LlamaForCausalLM

    model, loading = LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, output_loading_info=True)
    assert not loading["missing_keys"]
    assert not loading["unexpected_keys"]
    state = model.state_dict()
    for name, expected in tensors().items():
        np.testing.assert_array_equal(state[llama_name(name)].float().numpy(), expected, err_msg=name)
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()


def test_the_config_says_what_the_file_says(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert config["rope_parameters"] == {"rope_type": "default", "rope_theta": 5000.0}
    assert config["rms_norm_eps"] == 1e-5
    assert (config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]) == (4, 2, 4)
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == 2


def test_the_tokenizer_splits_digits_and_speaks_the_template(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.tokenize("hi hi 12.") == ["hi", "Ġhi", "Ġ", "1", "2", "."]
    assert tokenizer.decode(tokenizer("hi hi 12.\n")["input_ids"]) == "hi hi 12.\n"
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], add_generation_prompt=True)
    assert ids["input_ids"] == [1, TOKENS.index("hi"), 2, 1]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.model_max_length) == (1, 2, 64)


def damaged(path: Path) -> Any:
    path.write_bytes(b"no model")
    return path


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsFormat, match="no GGUF"):
        convert(damaged(tmp_path / "a.gguf"), tmp_path, lambda _: None)
    with pytest.raises(WeightsFormat, match="no Llama"):
        convert(write_gguf(tmp_path / "b.gguf", tensors(), "qwen2"), tmp_path, lambda _: None)
    with pytest.raises(WeightsFormat, match="attn_extra"):
        values = tensors() | {"blk.0.attn_extra.weight": np.zeros(4, np.float32)}
        convert(write_gguf(tmp_path / "c.gguf", values), tmp_path, lambda _: None)
