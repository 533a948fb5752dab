"""The selector without the encoder's weights: its artifact, none of the lines, and what can't be asked."""

import json
import pickle
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from benchmarks.selection.__main__ import measured
from benchmarks.selection.items import load_items
from models.selection import Asked, Selector
from models.selection.corpus import corpus_sha256, load_corpus
from models.selection.errors import SelectionInvalid, SelectorDamaged, SelectorMismatch
from models.selection.features import Floats, features, masked
from models.selection.head import CARD_FILE, TENSORS, TENSORS_FILE, Head, load_head, save_head, with_kinds
from models.selection.lessons import Lesson, Wording, composed, wordings
from models.selection.remembering import Remembering
from models.selection.selector import Loaded, shipped_head
from models.selection.train import fit_kinds, fit_pairs, read_lessons, threshold, unseen_kinds

HIDDEN = 24
SHIPPED = Path(str(files("models.selection").joinpath("artifact")))


class LetterEmbedder:
    """The mean of its letters' vectors."""

    def __init__(self) -> None:
        self.read_texts = 0

    def embed(self, texts: Sequence[str]) -> Floats:
        self.read_texts += len(texts)
        means = [np.mean([_of_letter(letter) for letter in text], axis=0) for text in texts]
        return np.stack([mean / np.linalg.norm(mean) for mean in means]).astype(np.float32)


@cache
def _of_letter(letter: str) -> Floats:
    vector: Floats = np.random.default_rng(ord(letter)).normal(size=HIDDEN).astype(np.float32)
    return vector


LINES = ("Order KF991234 has shipped.", "Order KF995678 has shipped.", "You have 20 points.")
ASKED = Asked("has KF991234 shipped", LINES, "en")


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return composed(load_corpus("en"), 3, 64)


@pytest.fixture(scope="module")
def words() -> list[Wording]:
    return wordings(load_corpus("en"), 3, 1)


@pytest.fixture(scope="module")
def head(lessons: list[Lesson], words: list[Wording]) -> Head:
    return fitted(lessons, words)


def fitted(lessons: list[Lesson], words: list[Wording]) -> Head:
    read = read_lessons(LetterEmbedder(), lessons)
    vectors = LetterEmbedder().embed([each.text for each in words])
    columns = unseen_kinds(lessons, read, words, vectors)
    return Head(fit_kinds(words, vectors) | fit_pairs(lessons, read, columns, epochs=60))


def selector(head: Head, told_from: float) -> Selector:
    return Selector(LetterEmbedder(), head, {"thresholds": {"zh": told_from, "en": told_from}})


def card() -> dict[str, object]:
    return {"thresholds": {"zh": 0.5, "en": 0.5}, "embedder": {"name": "e", "fingerprint": "f"}}


def test_features_are_the_same_each_time_and_in_a_batch() -> None:
    other = Asked("我有多少积分", ("您有20积分。",), "zh")
    alone = features(LetterEmbedder(), [ASKED])[0]
    together = features(LetterEmbedder(), [other, ASKED])[1]
    assert np.array_equal(alone.columns, together.columns)
    assert np.array_equal(alone.lines, together.lines)
    assert alone.columns.shape[0] == len(LINES)


def test_features_follow_the_order_of_lines() -> None:
    turned = Asked(ASKED.question, LINES[::-1], "en")
    first, second = features(LetterEmbedder(), [ASKED, turned])
    assert np.allclose(first.columns, second.columns[::-1], atol=1e-5)


def test_what_differs_in_numbers_alone_is_encoded_once() -> None:
    embedder = LetterEmbedder()
    features(embedder, [ASKED])
    assert masked(LINES[0]) == masked(LINES[1])
    assert embedder.read_texts == 1 + 2


def test_what_was_encoded_is_remembered_and_read_alike() -> None:
    embedder = LetterEmbedder()
    remembering = Remembering(embedder, size=3)
    first = features(remembering, [ASKED])[0]
    assert embedder.read_texts == 3
    again = features(remembering, [ASKED])[0]
    assert embedder.read_texts == 3
    assert np.array_equal(first.columns, again.columns)
    remembering.embed(["new"])
    remembering.embed([masked(ASKED.question)])
    assert embedder.read_texts == 5  # the question was the oldest, and made room


def test_training_learns_and_comes_to_the_same_head(
    lessons: list[Lesson], words: list[Wording], head: Head
) -> None:
    again = fitted(lessons, words)
    assert all(np.array_equal(again.tensors[name], head.tensors[name]) for name in TENSORS)
    asked = [Asked(x.question, x.lines, x.language) for x in lessons]
    chosen = [choice.index for choice in selector(head, 0.4).select_all(asked)]
    assert np.mean([place == x.right for place, x in zip(chosen, lessons, strict=True)]) > 0.7


def test_none_is_chosen_where_no_line_is_sure_enough(head: Head) -> None:
    sure = selector(head, 0.0).select(ASKED.question, LINES, "en")
    assert sure.index == 0
    unsure = selector(head, min(1.0, sure.probability + 1e-3)).select(ASKED.question, LINES, "en")
    assert unsure.index is None
    assert unsure.probability == sure.probability


def test_probabilities_leave_room_for_none(head: Head) -> None:
    read = features(LetterEmbedder(), [ASKED])[0]
    assert 0 < head.probabilities(read).sum() < 1


def test_a_batch_chooses_as_each_alone(head: Head) -> None:
    other = Asked("how many points do I have", LINES, "en")
    chooser = selector(head, 0.3)
    together = chooser.select_all([ASKED, other])
    assert [c.index for c in together] == [
        chooser.select(a.question, a.lines, "en").index for a in (ASKED, other)
    ]
    assert chooser.select_all([]) == []


@pytest.mark.parametrize(
    ("question", "lines", "language", "reason"),
    [
        (" ", LINES, "en", "question is empty"),
        ("q", (), "en", "no lines"),
        ("q", ("a", " "), "en", "one is empty"),
        ("q", LINES, "fr", "language is 'fr'"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    head: Head, question: str, lines: tuple[str, ...], language: str, reason: str
) -> None:
    with pytest.raises(SelectionInvalid, match=reason) as refused:
        selector(head, 0.5).select(question, lines, language)  # type: ignore[arg-type]  # what a caller may get wrong
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301 our own


def test_the_threshold_lets_through_so_many_wrong_ones() -> None:
    asked = [Lesson("en", "s", "q", "q", LINES, LINES, 0 if place % 2 else None) for place in range(100)]
    likeliest = [(0, place / 100) for place in range(100)]
    told_from = threshold(asked, likeliest)
    wrong = [
        p
        for lesson, (place, p) in zip(asked, likeliest, strict=True)
        if p >= told_from and place != lesson.right
    ]
    assert len(wrong) == 2
    assert threshold(asked, [(0, 0.5)] * 100) > 0.5
    assert threshold(asked[1:2], [(0, 0.5)]) == 0.0


def test_an_artifact_is_read_as_it_was_written(tmp_path: Path, head: Head) -> None:
    save_head(tmp_path, head, card())
    read, told = load_head(tmp_path)
    assert all(np.allclose(read.tensors[name], head.tensors[name], atol=5e-2, rtol=1e-2) for name in TENSORS)
    assert told["thresholds"] == {"zh": 0.5, "en": 0.5}


def test_damaged_artifacts_are_refused(tmp_path: Path, head: Head) -> None:
    with pytest.raises(SelectorDamaged, match="No such file"):
        load_head(tmp_path)
    save_head(tmp_path, head, card())
    whole = json.loads((tmp_path / CARD_FILE).read_text())
    (tmp_path / CARD_FILE).write_text(json.dumps(whole | {"format": 99}))
    with pytest.raises(SelectorDamaged, match="format 99"):
        load_head(tmp_path)
    (tmp_path / CARD_FILE).write_text(json.dumps(whole))
    tensors = load_file(tmp_path / TENSORS_FILE)
    save_file(tensors | {"out": tensors["out"][:-1].copy()}, tmp_path / TENSORS_FILE)
    with pytest.raises(SelectorDamaged, match="not the file"):
        load_head(tmp_path)
    save_head(tmp_path, Head(dict(head.tensors) | {"out": head.tensors["out"][:-1]}), card())
    with pytest.raises(SelectorDamaged, match="out has shape"):
        load_head(tmp_path)


def test_the_shipped_artifact_is_small_and_of_this_corpus() -> None:
    head, told = shipped_head()
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 1 << 20
    assert told["corpus_sha256"] == corpus_sha256()
    assert set(told["embedder"]) == {"name", "fingerprint"}
    # The embedder has another width than this one; the columns are the same.
    kinds = np.full((1 + len(LINES), len(load_corpus("en").kinds)), 0.01, np.float32)
    columns = with_kinds(features(LetterEmbedder(), [ASKED])[0], kinds[0], kinds[1:])
    assert head.tensors["mean"].shape == (columns.shape[1],)


def test_another_embedders_artifact_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    other = Loaded(None, "another")  # type: ignore[arg-type]  # refused before it embeds
    monkeypatch.setattr("models.selection.selector.load_embedder", lambda *args: other)
    with pytest.raises(SelectorMismatch, match="another"):
        Selector.load(tmp_path, artifact=tmp_path)


def test_the_command_measures_what_it_is_given() -> None:
    items = [item for item in load_items(name="dev_b") if item.right]
    first = {(item.question, item.lines): min(item.right) for item in items}
    found = measured(lambda question, lines, language: first[question, tuple(lines)], items)
    assert found["meets"]["zh"]
    assert not measured(lambda question, lines, language: None, items)["meets"]["zh"]
