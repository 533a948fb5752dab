"""The corpus and the training, on a tiny random encoder."""

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from cluster import learning
from cluster.config import load, profile_path, resolve_secret
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.tenants import ModelKind
from commerce.store import migrate, open_store
from models.artifacts import fetch
from models.encoder.bert import BertEncoder
from models.encoder.openvino import Precision
from models.types import INTENTS, OUT_OF_SCOPE
from models.types.understanding import SENTIMENT_LABELS
from models.understanding import lora, tuning
from models.understanding.bert import BertUnderstanding, apply_adapter, encode, fingerprint
from models.understanding.corpus import Corpus, load_acceptance, load_blind, load_corpus
from models.understanding.errors import AdapterDamaged, AdapterMismatch, CorpusInvalid, DataInvalid
from models.understanding.examples import Example, from_examples, read_examples, split
from models.understanding.heads import LinearHead, Thresholds, load_adapter
from models.understanding.likeness import near, normalised, pairs
from models.understanding.marked import Marked, MarkedSet, parse_marked
from models.understanding.rejection import Floats
from models.understanding.train import Card, Lessons, calibrate_again, train
from models.understanding.tuning import Recipe, Task, batches, tune
from tests.builders import TENANT
from tests.tiny_encoder import tiny_encoder

LINES = 10


def english(place: int, number: int) -> str:
    """Words that are not alike one another's in five letters in a row, few of which are shared."""
    return f"alpha{place} beta{number} {number}gamma{place}"


def say(_: str, __: float | None) -> None:
    """No progress is shown in tests."""


@pytest.fixture
def corpus_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for place, intent in enumerate(INTENTS):
        parts = [
            {"source": "test", "style": "plain", "zh": [f"甲{place} 乙{n}" for n in range(LINES)]},
            {"source": "test", "style": "hard", "en": [english(place, n) for n in range(LINES)]},
        ]
        document = {"intent": intent, "parts": parts}
        (folder / f"{intent}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    labels = {label: {"en": [f"{n} {n} {n} {n} {label}" for n in range(LINES)]} for label in SENTIMENT_LABELS}
    (folder / "sentiment.yaml").write_text(yaml.safe_dump({"source": "test", "labels": labels}))
    return folder


def change(folder: Path, name: str, **changes: object) -> None:
    """Change the file's first part, or the file where a key of its own is named."""
    path = folder / f"{name}.yaml"
    document = yaml.safe_load(path.read_text())
    outer = {key: value for key, value in changes.items() if key in ("intent", "parts", "colour")}
    document["parts"][0] |= {key: value for key, value in changes.items() if key not in outer}
    path.write_text(yaml.safe_dump(document | outer, allow_unicode=True))


def test_split_is_80_10_10_within_each_label_and_language(corpus_folder: Path) -> None:
    corpus = load_corpus(corpus_folder, {})
    groups = Counter((e.label, e.written, e.split) for e in corpus.intents.examples)
    assert [groups["invoice", "zh", s] for s in ("train", "validation", "test")] == [8, 1, 1]
    assert load_corpus(corpus_folder, {}) == corpus


def test_provenance_comes_with_each_line(corpus_folder: Path) -> None:
    found = {(e.written, e.source, e.style) for e in load_corpus(corpus_folder, {}).intents.examples}
    assert found == {("zh", "test", "plain"), ("en", "test", "hard")}


def test_a_new_line_moves_few_others(corpus_folder: Path) -> None:
    before = {e.text: e.split for e in load_corpus(corpus_folder, {}).intents.examples}
    place = list(INTENTS).index("invoice")
    change(corpus_folder, "invoice", zh=[*[f"甲{place} 乙{n}" for n in range(LINES)], "新"])
    after = {e.text: e.split for e in load_corpus(corpus_folder, {}).intents.examples}
    assert sum(after[text] != split for text, split in before.items()) <= 3


def test_alike_and_tied_lines_share_a_split() -> None:
    texts = [hashlib.sha256(bytes([n])).hexdigest()[:30] for n in range(60)]
    examples = [
        Example(t, "a", "en", None, "test", "plain") for t in (*texts, *(f"{t}, thanks" for t in texts))
    ]
    ties = [(n, n + 1) for n in range(0, 60, 2)]
    found = split(examples, ties)
    assert {example.split for example in found} == {"train", "validation", "test"}
    assert all(found[n].split == found[n + 60].split for n in range(60))
    assert all(found[a].split == found[b].split for a, b in ties)


def test_given_splits_stay_and_a_tenth_of_train_becomes_validation() -> None:
    examples = [
        Example(f"text{n}x{n * 31}", "a", "en", "test" if n % 5 == 0 else "train", "t", "plain")
        for n in range(100)
    ]
    found = Counter(e.split for e in split(examples))
    assert found == {"train": 72, "validation": 8, "test": 20}


def test_held_out_texts_and_what_is_alike_them_never_enter(corpus_folder: Path) -> None:
    corpus = load_corpus(corpus_folder, {english(3, 1).upper() + "!": "stock_availability"})
    assert corpus.dropped == 1
    assert english(3, 1) not in {e.text for e in corpus.intents.examples}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"zh": ["Hello there", "hello, there!"]}, "both under coupon"),
        (
            {"zh": [english(0, 1) + "."]},
            "under product_question and under coupon|under coupon and under product_question",
        ),
        ({"intent": "invoice"}, "named after"),
        ({"source": None}, "without a source"),
        ({"style": "florid"}, "style 'florid'; write one of general, plain"),
        ({"fr": ["bonjour"]}, "unknown key 'fr'"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"zh": "not a list"}, "not a list"),
        ({"zh": [5]}, "not a list"),
        ({"parts": "none"}, "no list of parts"),
    ],
)
def test_bad_corpus_is_refused(corpus_folder: Path, changes: dict[str, object], reason: str) -> None:
    change(corpus_folder, "coupon", **changes)
    with pytest.raises(CorpusInvalid, match=reason):
        load_corpus(corpus_folder, {})


def test_missing_intent_is_refused(corpus_folder: Path) -> None:
    (corpus_folder / "coupon.yaml").unlink()
    with pytest.raises(CorpusInvalid, match="no lines for coupon"):
        load_corpus(corpus_folder, {})


def test_shipped_corpus_is_sound_and_its_test_lines_are_like_none_that_is_trained_on() -> None:
    corpus = load_corpus()
    lines = Counter(e.label for e in corpus.intents.examples)
    assert set(lines) == set(INTENTS) and min(lines.values()) >= 400
    train = [e.text for e in corpus.intents.of("train")]
    assert not near([e.text for e in corpus.intents.of("test")], train)
    assert len(load_acceptance()) == 9 and len(load_blind()) >= 1000
    assert not near(list(corpus.held_out), train)
    assert set(corpus.held_out.values()) == set(INTENTS)


def test_likeness_is_the_share_of_common_letters() -> None:
    texts = ["Where is my order?", "where is my ORDER", "where is my orders", "coupon", "红包", "红 包！"]
    found = {(a, b): round(index, 2) for a, b, index in pairs(texts)}
    assert found == {(0, 1): 1.0, (0, 2): 0.91, (1, 2): 0.91, (4, 5): 1.0}
    assert normalised("红 包！") == "红包"


@pytest.fixture
def corpus(corpus_folder: Path) -> Corpus:
    return load_corpus(corpus_folder, {})


def trained(encoder: BertEncoder, corpus: Corpus, seed: int, out: Path, recipe: Recipe) -> Card:
    return train(encoder, lessons(corpus), seed, out, say, recipe=recipe, encoder_name="tiny")


def lessons(corpus: Corpus) -> Lessons:
    marked = [parse_marked(f"alpha{n} [beta{n}](brand) gamma") for n in range(8)]
    lines = tuple(Marked(*line, "validation" if n > 5 else "train") for n, line in enumerate(marked))
    return Lessons(corpus.intents, corpus.sentiments, MarkedSet("test", lines))


RECIPE = Recipe(layers=1, rank=4, epochs=2, least_steps=0, rate=5e-3, bf16=False)


def test_frozen_training_learns_and_the_written_adapter_predicts_the_same(
    corpus: Corpus, tmp_path: Path
) -> None:
    encoder = tiny_encoder()
    card = trained(encoder, corpus, 0, tmp_path / "out", Recipe(layers=0))
    assert card.test_accuracy is not None and card.test_accuracy > 0.8
    adapter = load_adapter(tmp_path / "out")
    assert not adapter.lora
    fresh = tiny_encoder()
    apply_adapter(fresh, adapter)
    texts = [e.text for e in corpus.intents.of("test")]
    assert BertUnderstanding(fresh, adapter.heads("torch")).predict(texts) == BertUnderstanding(
        encoder, adapter.heads("torch")
    ).predict(texts)


def test_two_classes_are_learned_as_more_are(corpus: Corpus, tmp_path: Path) -> None:
    two = [e for e in corpus.intents.examples if e.label in ("invoice", "coupon")]
    only = replace(lessons(corpus), intents=from_examples("two", two))
    card = train(tiny_encoder(), only, 0, tmp_path, say, recipe=Recipe(layers=0), encoder_name="tiny")
    assert card.document["figures"]["intents"][0]["accuracy_unrejected"] == 1.0


def test_tuning_is_deterministic_and_its_adapter_rebuilds_the_tuned_encoder(
    corpus: Corpus, tmp_path: Path
) -> None:
    encoders = [tiny_encoder(), tiny_encoder()]
    for number, encoder in enumerate(encoders):
        trained(encoder, corpus, 7, tmp_path / str(number), RECIPE)
    first, second = (load_adapter(tmp_path / name) for name in ("0", "1"))
    assert first.card["tensors_sha256"] == second.card["tensors_sha256"]
    plain, rebuilt = tiny_encoder(), tiny_encoder()
    apply_adapter(rebuilt, first)
    np.testing.assert_allclose(
        encode(rebuilt, ["alpha1 beta2"]), encode(encoders[0], ["alpha1 beta2"]), atol=1e-6
    )
    assert not np.allclose(encode(rebuilt, ["alpha1 beta2"]), encode(plain, ["alpha1 beta2"]), atol=1e-3)


def test_bfloat16_is_computed_in_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(["alpha1 beta2", "gamma3"] * 4, [0, 1] * 4, 2)

    def tuned(precision: Precision, *, bf16: bool) -> Floats:
        monkeypatch.setattr(tuning, "best_precision", lambda: precision)
        return tune(tiny_encoder(), [task], replace(RECIPE, bf16=bf16), 0, say).heads[0][0]

    float32 = tuned("bf16", bf16=False)
    assert np.array_equal(tuned("f32", bf16=True), float32)
    assert not np.array_equal(tuned("bf16", bf16=True), float32)


def test_a_run_that_was_cut_off_goes_on_to_the_same_end(corpus: Corpus, tmp_path: Path) -> None:
    whole = trained(tiny_encoder(), corpus, 7, tmp_path / "whole", RECIPE)
    said: list[float] = []

    class Killed(Exception):
        pass

    def die(what: str, share: float) -> None:
        if what.startswith("tuning") and share > 0.7:
            raise Killed

    def listen(what: str, share: float) -> None:
        if what.startswith("tuning"):
            said.append(share)

    run = (lessons(corpus), 7, tmp_path / "cut")
    with pytest.raises(Killed):
        train(tiny_encoder(), *run, die, recipe=RECIPE, encoder_name="tiny")
    resumed = train(tiny_encoder(), *run, listen, recipe=RECIPE, encoder_name="tiny")
    assert said[0] > 0.5
    assert resumed.document["tensors_sha256"] == whole.document["tensors_sha256"]
    assert not (tmp_path / "cut" / "unfinished").exists()
    with pytest.raises(Killed):
        train(tiny_encoder(), *run, die, recipe=RECIPE, encoder_name="tiny")
    del said[:]
    other = tiny_encoder()
    other.model.encoder.layer[0].output.LayerNorm.weight.data += 0.1
    train(other, *run, listen, recipe=RECIPE, encoder_name="tiny")
    assert said[0] < 0.5  # from the beginning: what was kept is of another encoder


def test_a_training_that_fails_after_tuning_is_not_tuned_again(corpus: Corpus, tmp_path: Path) -> None:
    class Full(Exception):
        pass

    def fail(what: str, share: float | None) -> None:
        if what == "measuring":
            raise Full

    said: list[str] = []
    run = (lessons(corpus), 7, tmp_path)
    with pytest.raises(Full):
        train(tiny_encoder(), *run, fail, recipe=RECIPE, encoder_name="tiny")
    train(tiny_encoder(), *run, lambda what, share: said.append(what), recipe=RECIPE, encoder_name="tiny")
    assert not any(what.startswith("tuning") for what in said)
    assert (tmp_path / "card.json").is_file() and not (tmp_path / "unfinished").exists()


def test_calibrating_again_keeps_the_weights(corpus: Corpus, tmp_path: Path) -> None:
    first = trained(tiny_encoder(), corpus, 7, tmp_path / "first", RECIPE).document
    adapter = load_adapter(tmp_path / "first")
    torch = adapter.heads("torch")
    spoilt = replace(torch, named={}, thresholds=Thresholds({"zh": 0.0, "en": 0.0}, {"zh": 0.0, "en": 0.0}))
    spoilt_adapter = replace(adapter, calibrated={"torch": spoilt})
    again = calibrate_again(tiny_encoder(), spoilt_adapter, lessons(corpus), tmp_path / "again", say).document
    same = ("tensors_sha256", "recipe", "named", "figures", "labels")
    assert {key: again[key] for key in same} == {key: first[key] for key in same}
    assert again["calibrations"]["openvino"] == first["calibrations"]["openvino"]


def test_without_a_test_split_there_is_no_accuracy(corpus: Corpus, tmp_path: Path) -> None:
    intents = replace(corpus.intents, examples=tuple(e for e in corpus.intents.examples if e.split != "test"))
    few = replace(lessons(corpus), intents=intents)
    card = train(tiny_encoder(), few, 0, tmp_path, say, recipe=Recipe(layers=0), encoder_name="tiny")
    assert card.test_accuracy is None


def test_an_encoder_with_fewer_layers_than_the_recipe_is_tuned_whole(corpus: Corpus, tmp_path: Path) -> None:
    trained(tiny_encoder(), corpus, 0, tmp_path, replace(RECIPE, layers=12, epochs=1))
    assert {name.split(".")[2] for name in load_adapter(tmp_path).lora} == {"0", "1"}


def test_training_goes_on_from_an_adapter(corpus: Corpus, tmp_path: Path) -> None:
    trained(tiny_encoder(), corpus, 7, tmp_path / "first", RECIPE)
    first = load_adapter(tmp_path / "first")
    still = replace(RECIPE, epochs=1, rate=0.0, head_rate=0.0)
    run = (lessons(corpus), 7)
    same = train(tiny_encoder(), *run, tmp_path / "same", say, recipe=still, start=first, encoder_name="tiny")
    assert same.document["start"] == first.card["tensors_sha256"]
    for name, tensor in first.lora.items():
        np.testing.assert_array_equal(load_adapter(tmp_path / "same").lora[name], tensor)
    onward = RECIPE.onward()
    assert onward.epochs == 1 and onward.rate == pytest.approx(0.3 * RECIPE.rate)
    train(tiny_encoder(), *run, tmp_path / "on", say, recipe=onward, start=first, encoder_name="tiny")
    moved = [
        not np.array_equal(load_adapter(tmp_path / "on").lora[name], tensor)
        for name, tensor in first.lora.items()
    ]
    assert all(moved)


def test_an_adapter_that_does_not_fit_is_not_gone_on_from(corpus: Corpus, tmp_path: Path) -> None:
    trained(tiny_encoder(), corpus, 7, tmp_path / "first", RECIPE)
    first = load_adapter(tmp_path / "first")
    wider = replace(RECIPE, rank=8)
    with pytest.raises(AdapterDamaged, match="other layers or rank"):
        train(tiny_encoder(), lessons(corpus), 7, tmp_path / "a", say, recipe=wider, start=first)
    fewer = [e for e in corpus.intents.examples if e.label in ("invoice", "coupon", OUT_OF_SCOPE)]
    other = replace(lessons(corpus), intents=from_examples("fewer", fewer))
    with pytest.raises(DataInvalid, match="other labels than the data"):
        train(tiny_encoder(), other, 7, tmp_path / "b", say, recipe=RECIPE, start=first)
    heads = first.heads("torch")
    tag = LinearHead(heads.tag.weight[:, :3], heads.tag.bias[:3], heads.tag.labels[:3])
    older = replace(first, calibrated={"torch": replace(heads, tag=tag)})
    with pytest.raises(DataInvalid, match="other labels than the data"):
        train(tiny_encoder(), lessons(corpus), 7, tmp_path / "c", say, recipe=RECIPE, start=older)


def test_a_small_task_is_read_until_it_has_its_share_and_every_text_as_often() -> None:
    lengths = [5, 1] * 40 + [3] * 6
    found = batches([80, 6], lengths, 8, 0.5, np.random.default_rng(0))
    rows = [[int(row) for number, rows in found if number == task for row in rows] for task in (0, 1)]
    assert sorted(rows[0]) == list(range(80)) and sorted(rows[1]) == sorted([*range(6)] * 5)
    # Those of like length share a batch, to save padding.
    assert sum(len({lengths[row] for row in batch}) > 1 for task, batch in found if task == 0) <= 2


def test_data_without_validation_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    few = replace(lessons(corpus), intents=from_examples("few", corpus.intents.of("train")))
    with pytest.raises(DataInvalid, match="no messages for validation"):
        train(tiny_encoder(), few, 0, tmp_path, say, recipe=RECIPE)


def test_foreign_messages_are_borrowed_only_where_there_are_none(corpus: Corpus) -> None:
    foreign = [e for e in corpus.intents.examples if e.label == OUT_OF_SCOPE]
    assert corpus.intents.with_outside(foreign) is corpus.intents
    known = from_examples("known", [e for e in corpus.intents.examples if e.label != OUT_OF_SCOPE])
    assert OUT_OF_SCOPE not in known.classes
    lent = known.with_outside(foreign)
    assert OUT_OF_SCOPE in lent.classes and lent.labels == known.labels
    assert {e.label for e in lent.of("test")} == set(known.labels)
    few = from_examples("few", [e for e in known.examples if e.label == "invoice"])
    borrowed = few.with_outside(foreign)
    for part in ("train", "validation"):
        labels = [e.label for e in borrowed.of(part)]
        assert labels.count(OUT_OF_SCOPE) == labels.count("invoice") > 0


def test_few_messages_are_read_until_there_have_been_steps_enough(corpus: Corpus, tmp_path: Path) -> None:
    shares: list[float] = []

    def count(what: str, share: float) -> None:
        if what.startswith("tuning"):
            shares.append(share)

    recipe = replace(RECIPE, epochs=1, least_steps=40)
    train(tiny_encoder(), lessons(corpus), 0, tmp_path, count, recipe=recipe, encoder_name="tiny")
    assert 40 <= len(shares) < 80 and shares[-1] == 1.0
    assert recipe.onward().least_steps == 0


def test_another_seed_trains_another_adapter(corpus: Corpus, tmp_path: Path) -> None:
    cards = [trained(tiny_encoder(), corpus, seed, tmp_path / str(seed), RECIPE).document for seed in (1, 2)]
    assert cards[0]["tensors_sha256"] != cards[1]["tensors_sha256"]


def test_detaching_leaves_the_model_as_it_was() -> None:
    encoder = tiny_encoder()
    before = encode(encoder, ["alpha1"])
    lora.attach(encoder.model, 0, 4, seed=1)
    tensors = lora.detach(encoder.model)
    np.testing.assert_array_equal(encode(encoder, ["alpha1"]), before)
    assert len(tensors) == 2 * 6 * 2
    lora.merge(encoder.model, tensors)
    np.testing.assert_allclose(encode(encoder, ["alpha1"]), before, atol=1e-6)


def test_an_adapter_of_another_encoder_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    import torch

    trained(tiny_encoder(), corpus, 0, tmp_path, Recipe(layers=0))
    other = tiny_encoder()
    with torch.no_grad():
        other.model.encoder.layer[0].attention.self.query.bias += 0.5
    assert fingerprint(other) != fingerprint(tiny_encoder())
    with pytest.raises(AdapterMismatch):
        apply_adapter(other, load_adapter(tmp_path))


async def test_a_candidate_learns_corrections_and_reads_in_the_shadow(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tiny_encoder(), corpus, 0, tmp_path / "live", replace(Recipe(), epochs=1, least_steps=0))
    config = load(
        profile_path("fake"),
        (
            f"identity.home={tmp_path}",
            f"identity.models_dir={tmp_path / 'models'}",
            f"identity.understanding.adapter=path:{tmp_path / 'live'}",
        ),
    )
    monkeypatch.setattr(learning, "load_corpus", lambda: corpus)
    monkeypatch.setattr("models.understanding.marked.load_marked", lambda: lessons(corpus).marked)
    monkeypatch.setattr("models.sources.resolve", lambda *_: tmp_path)
    monkeypatch.setattr(BertEncoder, "load", lambda *_, **__: tiny_encoder())
    url = resolve_secret(config.store_ref)
    await migrate(url)
    said = [f"delta{n} {chr(97 + n) * 6} omega" for n in range(12)]
    async with open_store(url) as store:
        await store.create_tenant(TENANT, DEMO_POLICY)
        for text in said:
            await store.add_feedback("demo", text, "invoice", None, "shop")
        made = await learning.train_candidate(config, "demo", say, 1)
        shadow = await store.promoted_model("demo", ModelKind.UNDERSTANDING_SHADOW)
        assert await store.promoted_model("demo", ModelKind.UNDERSTANDING) is None
    assert shadow is not None and shadow.version == made.version
    folder = fetch(shadow.url, shadow.version, tmp_path / "fetched")
    live, candidate = load_adapter(tmp_path / "live"), load_adapter(folder)
    assert candidate.card["start"] == live.card["tensors_sha256"] != candidate.card["tensors_sha256"]
    learned = sorted(set(said) & set(read_examples(folder)["invoice"]))
    assert len(learned) == made.corrected.learned >= 8
    encoder = tiny_encoder()
    apply_adapter(encoder, candidate)
    head = candidate.heads("openvino").intent
    assert {head.labels[at] for at in head.logits(encode(encoder, learned)).argmax(axis=1)} == {"invoice"}
    assert candidate.card["calibrations"] == live.card["calibrations"]
    assert all(np.array_equal(candidate.lora[name], tensor) for name, tensor in live.lora.items())
    assert set(said) & set(read_examples(folder, "validation")["invoice"])


def test_a_low_rank_part_that_does_not_fit_is_damage() -> None:
    wrong = {
        "encoder.layer.0.output.dense.a": np.ones((2, 5), np.float16),
        "encoder.layer.0.output.dense.b": np.ones((7, 2), np.float16),
    }
    with pytest.raises(AdapterDamaged):
        lora.merge(tiny_encoder().model, wrong)
