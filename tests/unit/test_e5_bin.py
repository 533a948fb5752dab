"""The packed 4-bit file: read, de-quantised, trimmed and written as a folder that transformers loads."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.encoder.e5_bin import (
    Shape,
    Vocabulary,
    convert,
    dequantise_q4_0,
    expected_tensors,
    kept_ids,
    read,
)
from models.errors import ModelUnloadable, WeightsFormat

HIDDEN, LAYERS, HEADS, MIDDLE, POSITIONS, TYPES = 32, 1, 2, 64, 16, 2
# <mask> comes last, as in the real file; the word embeddings have unused rows after it.
PIECES = [
    "<s>", "<pad>", "</s>", "<unk>", "▁", "退", "货", "退货", "▁ret", "urn", "r", "e", "t", "u", "n", "1",
    "ё", "▁ёё", "▁é", "の", "のの", "<mask>",
]  # fmt: skip
SCORES = [
    0.0,
    0.0,
    0.0,
    0.0,
    -2.0,
    -6.0,
    -6.0,
    -7.0,
    -5.0,
    -5.0,
    *[-8.0] * 6,
    -8.0,
    -3.0,
    -8.0,
    -8.0,
    -3.0,
    0.0,
]
SPARE_ROWS = 3
SHAPE = Shape(HIDDEN, LAYERS, HEADS, MIDDLE, len(PIECES) + SPARE_ROWS, POSITIONS, TYPES, 1e-12)
NORMALISATION = {"\u3000": " ", "\t": " ", "Ａ": "A", "\u200d": " "}


def q4_0(values: npt.NDArray[np.float32]) -> bytes:
    """Written from the format's description: an f16 scale, then 16 bytes, low nibbles first."""
    packed = bytearray()
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7) or np.float16(1)
        nibbles = np.clip(np.rint(block / np.float32(scale)), -8, 7).astype(int) + 8
        packed += struct.pack("<e", scale)
        packed += bytes(int(low | high << 4) for low, high in zip(nibbles[:16], nibbles[16:], strict=True))
    return bytes(packed)


def tensor_values() -> dict[str, npt.NDArray[np.float32]]:
    """The values of every tensor of the tiny model, by its name in the file."""
    random = np.random.default_rng(7)
    rows = len(PIECES) + SPARE_ROWS
    shapes = {name: shape for name, (_, shape) in expected_tensors(SHAPE).items()}
    shapes["emb.word"] = (rows, HIDDEN)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def is_packed(name: str) -> bool:
    return name == "emb.word" or (name.startswith("l") and name.endswith(".w") and "ln" not in name)


def packed_file(values: dict[str, npt.NDArray[np.float32]]) -> bytes:
    """The file of a tiny model, byte by byte as the reader's docstring lays it out."""
    blob = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, blob)]).astype("<u4")
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, LAYERS, HEADS, MIDDLE, len(PIECES) + SPARE_ROWS, POSITIONS, TYPES, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(blob)))
    head += offsets.tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(blob)
    entries = b"".join(
        struct.pack("<IB", ord(char), len(text)) + b"".join(struct.pack("<I", ord(c)) for c in text)
        for char, text in NORMALISATION.items()
    )
    head += struct.pack("<iI", len(NORMALISATION), len(entries)) + entries
    contents = {n: q4_0(v) if is_packed(n) else v.astype("<f4").tobytes() for n, v in values.items()}
    directory_bytes = 4 + sum(2 + len(name) + 21 for name in contents)
    at, directory, body = len(head) + directory_bytes, struct.pack("<i", len(contents)), b""
    for name, content in contents.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", is_packed(name), values[name].size, at + len(body), len(content))
        body += content
    return head + directory + body


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, npt.NDArray[np.float32]]]:
    folder = tmp_path_factory.mktemp("e5")
    values = tensor_values()
    (folder / "e5.bin").write_bytes(packed_file(values))
    shares: list[float] = []
    convert(folder / "e5.bin", folder, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return folder, values


def test_q4_0_low_nibbles_come_first() -> None:
    block = struct.pack("<e", 0.5) + bytes([0x0F, 0x80] + [0x88] * 14)
    values = dequantise_q4_0(np.frombuffer(block, np.uint8))
    assert values.dtype == np.float32
    assert values[0] == 3.5  # nibble 15: (15 - 8) x 0.5
    assert values[16] == -4.0  # its high half, nibble 0
    assert values[1] == -4.0
    assert values[17] == 0.0
    assert not values[2:16].any()


def test_kept_are_chinese_latin_and_single_characters() -> None:
    vocabulary = Vocabulary(tuple(PIECES), tuple(SCORES), bos=0, eos=2, pad=1, unk=3)
    gone = {PIECES[id_] for id_ in range(len(PIECES))} - {PIECES[id_] for id_ in kept_ids(vocabulary)}
    assert gone == {"▁ёё", "のの"}


def test_trimmed_vocabulary_keeps_the_pieces_scores_and_specials() -> None:
    vocabulary = Vocabulary(tuple(PIECES), tuple(SCORES), bos=0, eos=2, pad=1, unk=3)
    kept = kept_ids(vocabulary)
    trimmed = vocabulary.keep(kept)
    assert trimmed.scores == tuple(SCORES[id_] for id_ in kept)
    assert (trimmed.bos, trimmed.eos, trimmed.pad, trimmed.unk) == (0, 2, 1, 3)
    assert trimmed.specials == (0, 1, 2, 3, len(kept) - 1)


def test_tokenizer_cuts_like_sentencepiece(converted: tuple[Path, object]) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(converted[0] / "tokenizer.json"))
    assert tokenizer.encode("return 退货").tokens == ["<s>", "▁ret", "urn", "▁", "退货", "</s>"]
    # Wide and doubled spaces are one, the last is none; the joiner is the file's and not nmt_nfkc's.
    assert tokenizer.encode("退货\u3000 1\t").tokens == ["<s>", "▁", "退货", "▁", "1", "</s>"]
    assert tokenizer.encode("退\u200d货").tokens == ["<s>", "▁", "退", "▁", "货", "</s>"]
    assert tokenizer.encode("ёё").tokens == ["<s>", "▁", "ё", "ё", "</s>"]
    assert tokenizer.encode("退Ω").ids[-2] == 3
    assert tokenizer.token_to_id("</s>") == 2
    assert json.loads((converted[0] / "tokenizer_config.json").read_text())["pad_token"] == "<pad>"


def test_weights_are_the_kept_rows(converted: tuple[Path, dict[str, npt.NDArray[np.float32]]]) -> None:
    from safetensors.numpy import load_file

    folder, values = converted
    tensors = load_file(folder / "model.safetensors")
    kept = [id_ for id_, piece in enumerate(PIECES) if piece not in ("▁ёё", "のの")]
    words = tensors["embeddings.word_embeddings.weight"]
    assert words.shape == (len(kept), HIDDEN)
    expected = values["emb.word"][kept]
    # A step of the quantisation is the block's largest value / 7, and rounding is off by half of one at most.
    step = np.abs(expected).max(axis=1, keepdims=True) / 7
    assert (np.abs(words - expected) <= 0.51 * step).all()
    np.testing.assert_array_equal(
        tensors["encoder.layer.0.attention.self.query.bias"], values["l0.q.b"].reshape(-1)
    )
    assert tensors["encoder.layer.0.intermediate.dense.weight"].shape == (MIDDLE, HIDDEN)
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, MIDDLE)


def test_transformers_loads_the_folder_whole(converted: tuple[Path, object]) -> None:
    from transformers import BertModel

    _, loading = BertModel.from_pretrained(converted[0], add_pooling_layer=False, output_loading_info=True)
    assert not loading["missing_keys"]
    assert not loading["unexpected_keys"]
    assert not loading["mismatched_keys"]


def test_encoder_pools_the_tokens_alone_and_keeps_order(converted: tuple[Path, object]) -> None:
    import torch

    from models.encoder.bert import BertEncoder

    encoder = BertEncoder.load(converted[0], max_length=6, batch_size=2)
    texts = ["退货 return 1 return", "", "return", "退"]
    vectors = encoder.encode(texts, prefix="", normalise=False)
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, HIDDEN)
    for text, vector in zip(texts, vectors, strict=True):
        (ids,) = encoder.token_ids([text])
        assert len(ids) <= 6
        with torch.inference_mode():
            alone = encoder.model(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(dim=0)
        np.testing.assert_allclose(vector, alone.numpy(), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(texts), axis=1), 1.0, atol=1e-6)
    assert not np.allclose(encoder.encode(["return"]), encoder.encode(["return"], prefix="退"))
    assert encoder.encode([]).shape == (0, HIDDEN)


@pytest.mark.parametrize("damage", ["cut", "pickle", "no config", "no tokenizer"])
def test_an_unfit_folder_is_refused(converted: tuple[Path, object], tmp_path: Path, damage: str) -> None:
    from models.encoder.bert import BertEncoder

    folder = Path(shutil.copytree(converted[0], tmp_path / "model"))
    weights = folder / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "pickle":
        weights.rename(folder / "pytorch_model.bin")
    else:
        (folder / {"no config": "config.json", "no tokenizer": "tokenizer.json"}[damage]).unlink()
    with pytest.raises(ModelUnloadable, match=str(folder)):
        BertEncoder.load(folder)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"GGUF" + content[4:], "mark"),
        (lambda content: content[:200], "ends early"),
        (lambda content: content[:-64], "ends early"),
        (lambda content: content.replace(b"l0.fo.w", b"l0.xx.w"), "lacks the tensor l0.fo.w"),
        (lambda content: content[:40] + struct.pack("<i", 64) + content[44:], "blocks of 64"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Any, reason: str) -> None:
    path = tmp_path / "e5.bin"
    path.write_bytes(damage(packed_file(tensor_values())))
    with pytest.raises(WeightsFormat, match=reason):
        read(path)
