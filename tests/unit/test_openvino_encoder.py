"""The exported encoder against the one that it was exported from."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import numpy as np
import pytest

from models.encoder import openvino
from models.encoder.bert import BertEncoder
from models.errors import ModelDamaged, ModelNotFound, ModelUnloadable
from models.sources import MANIFEST, check_folder
from models.understanding import lora
from models.understanding.bert import computed_by
from tests.tiny_encoder import tiny_encoder

TEXTS = [
    "alpha1",
    "甲3 乙4 beta7",
    "",
    " ".join(f"alpha{n} beta{39 - n}" for n in range(25)),
    "positive 7 gamma unheard-of",
    *(f"beta{n} alpha{n} 3" for n in range(6)),
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder; not to be changed."""
    folder = tmp_path_factory.mktemp("exported") / "graph"
    openvino.export(tiny_encoder(), folder)
    return folder


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is computed in float32, but where a test says otherwise."""
    monkeypatch.setattr(openvino, "best_precision", lambda: "f32")


@pytest.fixture
def mine(exported: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(exported, tmp_path / "graph"))


def graph_of(folder: Path) -> tuple[int, int]:
    """Which file on the disk it is, and when it was written."""
    found = (folder / openvino.GRAPH).stat()
    return found.st_ino, found.st_mtime_ns


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("batch_size", [1, 3, 32])
@pytest.mark.parametrize("normalise", [True, False])
def test_float32_gives_what_torch_gives(exported: Path, batch_size: int, normalise: bool) -> None:
    torch_encoder = tiny_encoder()
    encoder = openvino.load(exported, shapes=openvino.Shapes(batch_size, 8, (8,)))
    assert encoder.hidden_size == torch_encoder.hidden_size
    assert encoder.max_length == torch_encoder.max_length
    assert encoder.token_ids(TEXTS) == torch_encoder.token_ids(TEXTS)
    vectors = encoder.encode(TEXTS, normalise=normalise)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, torch_encoder.encode(TEXTS, normalise=normalise), atol=1e-4)
    np.testing.assert_allclose(
        encoder.encode([""], prefix=""), torch_encoder.encode([""], prefix=""), atol=1e-4
    )
    assert encoder.encode([]).shape == (0, encoder.hidden_size)


def test_the_tokens_are_read_as_by_torch(exported: Path) -> None:
    vectors, tokens = openvino.load(exported, shapes=openvino.Shapes(4, 1, ())).read(TEXTS)
    expected_vectors, expected = tiny_encoder().read(TEXTS)
    np.testing.assert_allclose(vectors, expected_vectors, atol=1e-4)
    for found, wanted in zip(tokens, expected, strict=True):
        assert found.spans == wanted.spans
        np.testing.assert_allclose(found.states, wanted.states, atol=1e-4)


def test_a_batch_leaves_what_an_earlier_one_gave(exported: Path) -> None:
    texts = ["alpha1", "beta2", "gamma"]  # of one shape, for which the request has one place
    _, tokens = openvino.load(exported, shapes=openvino.Shapes(1, 4, ())).read(texts)
    for found, text in zip(tokens, texts, strict=True):
        np.testing.assert_allclose(found.states, tiny_encoder().read([text])[1][0].states, atol=1e-4)


def test_a_long_text_keeps_its_head(exported: Path) -> None:
    short = openvino.load(exported, max_length=3)
    np.testing.assert_allclose(
        short.encode(["alpha1 beta2 gamma 9"], prefix=""), short.encode(["alpha1 beta2 gamma"], prefix=""), atol=1e-6
    )  # fmt: skip


@pytest.mark.parametrize(
    ("precision", "capabilities", "computed"),
    [
        ("bf16", {"avx512_bf16": True, "amx_bf16": True}, [(8, 32), (1, 64)]),
        ("bf16", {"avx512_bf16": True, "amx_bf16": False}, [(4, 8), (4, 32), (1, 64)]),
        ("bf16", {"architecture": "aarch64"}, [(4, 8), (4, 32), (1, 64)]),
        ("f32", {"amx_bf16": True}, [(2, 4), (2, 8), (2, 16), (2, 32), (1, 64)]),
    ],
)
def test_batches_have_few_shapes_and_those_of_messages_are_prepared(
    exported: Path,
    monkeypatch: pytest.MonkeyPatch,
    precision: openvino.Precision,
    capabilities: dict[str, object],
    computed: list[tuple[int, int]],
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: capabilities)
    shapes: list[tuple[int, ...]] = []
    call = openvino.OpenvinoModel.__call__

    def noted(self: openvino.OpenvinoModel, **inputs: Any) -> openvino.Output:
        shapes.append(tuple(inputs["input_ids"].shape))
        return call(self, **inputs)

    monkeypatch.setattr(openvino.OpenvinoModel, "__call__", noted)
    encoder = openvino.load(exported, precision=precision)
    prepared = set(shapes)
    del shapes[:]
    encoder.encode(["alpha1 " * length for length in (1, 2, 5, 6, 9, 14, 30, 31, 60)])
    assert shapes == computed and set(shapes) <= prepared
    del shapes[:]
    openvino.load(exported, max_length=20, precision=precision).encode(["alpha1 " * 30])
    assert shapes[-1] == (1, 20)


def test_what_this_processor_computes_in_is_close(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    expected = tiny_encoder().encode(TEXTS)
    encoder = openvino.load(exported)
    assert (encoder.encode(TEXTS) * expected).sum(axis=1).min() > 0.999
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-5) == (openvino.best_precision() == "f32")


@pytest.mark.parametrize(
    ("capabilities", "precision"), [(["FP32", "BF16"], "bf16"), (["FP32", "INT8"], "f32")]
)
def test_it_computes_in_bfloat16_where_the_processor_can(
    monkeypatch: pytest.MonkeyPatch, capabilities: list[str], precision: str
) -> None:
    monkeypatch.undo()

    class Core:
        def get_property(self, device: str, name: str) -> list[str]:
            return {("CPU", "OPTIMIZATION_CAPABILITIES"): capabilities}[device, name]

    monkeypatch.setattr("openvino.Core", Core)
    assert openvino.best_precision() == precision


def test_threads_share_an_encoder(exported: Path) -> None:
    encoder = openvino.load(exported)
    expected = [encoder.encode([text]) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: encoder.encode([text]), TEXTS * 20))
    for place, vector in enumerate(found):
        np.testing.assert_allclose(vector, expected[place % len(TEXTS)], atol=1e-6)


@pytest.mark.parametrize("file", [openvino.GRAPH, openvino.WEIGHTS, "tokenizer.json"])
def test_a_flipped_byte_is_told_and_exporting_again_mends_it(mine: Path, file: str) -> None:
    flip(mine / file)
    with pytest.raises(ModelDamaged, match=f"{file} has the SHA-256 [0-9a-f]{{64}}, [0-9a-f]{{64}} expected"):
        openvino.load(mine)
    openvino.export(tiny_encoder(), mine)
    np.testing.assert_allclose(openvino.load(mine).encode(TEXTS), tiny_encoder().encode(TEXTS), atol=1e-4)
    assert [path.name for path in mine.parent.iterdir()] == [mine.name]


def test_a_missing_file_and_a_missing_folder_are_told(mine: Path, tmp_path: Path) -> None:
    (mine / openvino.GRAPH).unlink()
    with pytest.raises(ModelDamaged, match=r"encoder\.xml is missing"):
        openvino.load(mine)
    with pytest.raises(ModelNotFound):
        openvino.load(tmp_path / "none")


def test_a_graph_that_openvino_refuses_is_told(mine: Path) -> None:
    (mine / openvino.GRAPH).write_bytes(b"no graph")
    manifest = json.loads((mine / MANIFEST).read_text())
    (mine / MANIFEST).unlink()
    openvino._write_manifest(mine, manifest["openvino"])
    with pytest.raises(ModelUnloadable, match="OpenVINO"):
        openvino.load(mine)


def test_what_is_there_already_is_not_exported_again_and_another_adapter_is(mine: Path) -> None:
    before = graph_of(mine)
    encoder = tiny_encoder()
    openvino.export(encoder, mine)
    assert graph_of(mine) == before
    parts = {
        "encoder.layer.1.output.dense.a": np.ones((2, 48), np.float16),
        "encoder.layer.1.output.dense.b": np.eye(32, 2, dtype=np.float16),
    }
    lora.merge(encoder.model, parts)
    openvino.export(encoder, mine)
    assert graph_of(mine) != before
    np.testing.assert_allclose(openvino.load(mine).encode(TEXTS), encoder.encode(TEXTS), atol=1e-4)
    assert not np.allclose(encoder.encode(TEXTS), tiny_encoder().encode(TEXTS), atol=1e-3)


def test_a_process_that_was_faster_is_let_be(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = openvino._write_graph

    def meanwhile(encoder: BertEncoder, path: Path) -> None:
        write(encoder, path)
        shutil.copytree(exported, tmp_path / "graph")

    monkeypatch.setattr(openvino, "_write_graph", meanwhile)
    openvino.export(tiny_encoder(), tmp_path / "graph")
    assert openvino.load(tmp_path / "graph").encode(TEXTS).shape == (len(TEXTS), 32)
    assert [path.name for path in tmp_path.iterdir()] == ["graph"]


def test_of_two_that_mend_a_folder_one_replaces_it(
    exported: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(mine / openvino.GRAPH)
    both_wrote, one_ended = Barrier(2), Event()
    replace, write_manifest = os.replace, openvino._write_manifest
    replaced = []

    def copied(_: BertEncoder, folder: Path) -> None:
        for name in (openvino.GRAPH, openvino.WEIGHTS):
            shutil.copy(exported / name, folder)

    def wrote(folder: Path, made: dict[str, Any]) -> None:
        write_manifest(folder, made)
        both_wrote.wait(60)

    def slow(source: Path, target: Path) -> None:
        replaced.append(source)
        replace(source, target)
        one_ended.wait(0.5)  # the other would find nothing here, and must not look yet

    def mend(encoder: BertEncoder) -> None:
        try:
            openvino.export(encoder, mine)
        finally:
            one_ended.set()

    monkeypatch.setattr(openvino, "_write_graph", copied)
    monkeypatch.setattr(openvino, "_write_manifest", wrote)
    monkeypatch.setattr(os, "replace", slow)
    with ThreadPoolExecutor(2) as pool:
        for mending in [pool.submit(mend, encoder) for encoder in (tiny_encoder(), tiny_encoder())]:
            mending.result()
    assert replaced == [mine]
    assert openvino.load(mine).encode(TEXTS).shape == (len(TEXTS), 32)
    assert [path.name for path in mine.parent.iterdir()] == [mine.name]


def test_a_folder_that_is_replaced_while_it_is_looked_at_is_not_there(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def vanished(folder: Path, *, verify: bool) -> None:
        looked.append(folder)
        if len(looked) == 1:
            raise FileNotFoundError(2, "No such file or directory")
        check_folder(folder, verify=verify)

    before = graph_of(mine)
    monkeypatch.setattr(openvino, "check_folder", vanished)
    openvino.export(tiny_encoder(), mine)
    assert len(looked) == 2 and graph_of(mine) == before


def test_an_export_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(openvino, "_write_manifest", full)
    encoder = tiny_encoder()
    with pytest.raises(ModelUnloadable, match="No space"):
        openvino.export(encoder, tmp_path / "graph")
    assert list(tmp_path.iterdir()) == []
    assert encoder.model.config._attn_implementation == tiny_encoder().model.config._attn_implementation


def test_an_encoder_that_openvino_cannot_convert_is_told(tmp_path: Path) -> None:
    encoder = tiny_encoder()
    encoder.model.encoder.forward = lambda states, *_, **__: print(states.sum().item())  # noqa: T201
    with pytest.raises(ModelUnloadable, match="OpenVINO can't convert it"):
        openvino.export(encoder, tmp_path / "graph")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelUnloadable, match="can't be written there"):
        openvino.export(tiny_encoder(), tmp_path / "file" / "graph")


def test_another_tokenizer_has_another_folder() -> None:
    first, second = tiny_encoder(), tiny_encoder()
    assert openvino.folder_name(first) == openvino.folder_name(second)
    second.tokenizer.add_tokens(["delta"])
    assert openvino.folder_name(first) != openvino.folder_name(second)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "its tokenizer: "),
        (lambda folder: rewrite_config(folder, intermediate_size=64), "mismatch"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"short"), "cannot load"),
    ],
)
def test_an_encoder_whose_files_do_not_fit_is_told(
    tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    encoder = tiny_encoder()
    encoder.model.save_pretrained(tmp_path)
    encoder.tokenizer.save_pretrained(tmp_path)
    assert BertEncoder.load(tmp_path).hidden_size == 32
    damage(tmp_path)
    with pytest.raises(ModelUnloadable, match=said):
        BertEncoder.load(tmp_path)


def rewrite_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_runtime_is_a_choice_and_its_graph_is_kept_beside_the_models(tmp_path: Path) -> None:
    encoder = tiny_encoder()
    assert computed_by("torch", encoder, tmp_path, 1) is encoder and not list(tmp_path.iterdir())
    quick = computed_by("openvino", encoder, tmp_path, 1)
    (folder,) = (tmp_path / "openvino").iterdir()
    before = graph_of(folder)
    again = computed_by("openvino", tiny_encoder(), tmp_path, 1)
    assert graph_of(folder) == before
    np.testing.assert_allclose(again.encode(TEXTS), quick.encode(TEXTS), atol=1e-6)
    np.testing.assert_allclose(quick.encode(TEXTS), encoder.encode(TEXTS), atol=1e-4)


def test_bfloat16_gives_float32_vectors_that_are_close() -> None:
    encoder, half = tiny_encoder(), tiny_encoder()
    half.model.bfloat16()
    vectors, tokens = half.read(TEXTS)
    expected, _ = encoder.read(TEXTS)
    assert vectors.dtype == tokens[1].states.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=0.06)
    assert not np.array_equal(vectors, expected)
