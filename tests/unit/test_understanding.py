"""The heads' decisions, the adapter's files, the engine's assembly, and the figures, on made-up numbers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import EngineFailed
from models.types import INTENTS, OUT_OF_SCOPE, IntentScore, Sentiment, Understood
from models.types.understanding import SENTIMENT_LABELS, Language
from models.understanding.calibration import (
    MOST_CLARIFIED,
    MOST_REJECTED,
    ROUTE_PRECISION,
    Measured,
    choose_rejection,
    choose_thresholds,
    expected_calibration_error,
    fit_temperatures,
    recall_at,
    with_thresholds,
)
from models.understanding.engine import ENGINES, read_each
from models.understanding.errors import AdapterDamaged, NotCalibrated
from models.understanding.evaluate import Predictions, evaluate_intents
from models.understanding.fake import FakeUnderstanding
from models.understanding.heads import (
    AS_IT_IS,
    CARD_FILE,
    TENSORS_FILE,
    Heads,
    LinearHead,
    Rejection,
    Thresholds,
    load_adapter,
    save_adapter,
    softmax,
)
from models.understanding.rejection import KINDS, Rejector, fit_blend, fit_rejectors
from models.understanding.tagger import TAGS

LABELS = tuple(INTENTS)
WIDTH = len(LABELS) + len(SENTIMENT_LABELS)
CARD = {"encoder": {"name": "tiny", "fingerprint": "abc"}}


def both(value: float) -> dict[Language, float]:
    return {"zh": value, "en": value}


def heads(route: float = 0.5, outside: float = 0.5, temperature: float = 1.0) -> Heads:
    """Feature i is the logit of intent i; the last five are those of the sentiments. Foreign is what the class says."""
    eye = np.eye(WIDTH, dtype=np.float32)
    foreign = LABELS.index(OUT_OF_SCOPE)
    inside = tuple(place for place in range(len(LABELS)) if place != foreign)
    return Heads(
        LinearHead(eye[:, : len(LABELS)], np.zeros(len(LABELS), np.float32), LABELS),
        LinearHead(eye[:, len(LABELS) :], np.zeros(len(SENTIMENT_LABELS), np.float32), SENTIMENT_LABELS),
        LinearHead(np.zeros((WIDTH, len(TAGS)), np.float32), np.zeros(len(TAGS), np.float32), TAGS),
        {"brand": 0.0},
        Rejection(Rejector("class", {}, inside, foreign), both(1.0), both(0.0)),
        {"zh": temperature, "en": 1.0},
        Thresholds(both(route), both(outside)),
    )


def features(**logits: float) -> np.ndarray:
    row = np.zeros((1, WIDTH), dtype=np.float32)
    for name, logit in logits.items():
        row[0, (LABELS + SENTIMENT_LABELS).index(name)] = logit
    return row


def test_a_clear_intent_is_routed_with_three_candidates() -> None:
    reading = heads().read(features(invoice=9, coupon=4, complaint=3), ["zh"])[0]
    assert (reading.intent, reading.decision) == ("invoice", "route")
    assert [score.intent for score in reading.top] == ["invoice", "coupon", "complaint"]
    assert reading.top[0].probability == reading.probability > 0.9


def test_an_unsure_intent_is_clarified() -> None:
    reading = heads().read(features(invoice=3, coupon=2.9), ["en"])[0]
    assert (reading.intent, reading.decision) == ("invoice", "clarify")


@pytest.mark.parametrize(("outside", "decision"), [(0.3, "out_of_scope"), (0.6, "clarify")])
def test_out_of_scope_decides_by_its_own_threshold(outside: float, decision: str) -> None:
    reading = heads(outside=outside).read(features(out_of_scope=6, invoice=6), ["zh"])[0]
    assert reading.decision == decision
    assert (reading.intent == OUT_OF_SCOPE) == (decision == "out_of_scope")
    assert OUT_OF_SCOPE not in [score.intent for score in reading.top]


def test_what_may_be_foreign_is_less_sure_of_its_intent() -> None:
    reading = heads(route=0.6).read(features(out_of_scope=6, invoice=6.2), ["zh"])[0]
    assert (reading.intent, reading.decision) == ("invoice", "clarify")
    assert heads(route=0.6).read(features(invoice=6.2), ["zh"])[0].decision == "route"


def test_the_language_chooses_the_temperature() -> None:
    zh, en = heads(temperature=3.0).read(np.repeat(features(invoice=6), 2, axis=0), ["zh", "en"])
    assert zh.probability < en.probability


def test_sentiment_is_the_likeliest_label_and_the_expected_score() -> None:
    reading = heads().read(features(very_negative=20), ["zh"])[0]
    assert reading.sentiment == Sentiment("very_negative", -1.0)
    balanced = heads().read(features(), ["zh"])[0]
    assert balanced.sentiment.score == pytest.approx(0.0, abs=1e-6)


def test_adapter_survives_the_disk(tmp_path: Path) -> None:
    lora = {"encoder.layer.0.output.dense.a": np.ones((2, 3), np.float16)}
    quick = heads(route=0.7, temperature=3.0)
    save_adapter(tmp_path, {"torch": heads(route=0.4, temperature=2.0), "openvino": quick}, lora, CARD)
    loaded = load_adapter(tmp_path)
    row = features(invoice=2, coupon=1, positive=3)
    assert loaded.heads("torch").read(row, ["zh"]) == heads(route=0.4, temperature=2.0).read(row, ["zh"])
    assert loaded.heads("openvino").read(row, ["zh"]) == quick.read(row, ["zh"])
    assert list(loaded.lora) == list(lora)
    assert loaded.encoder_fingerprint == "abc"


def test_altered_or_missing_adapter_files_are_damage(tmp_path: Path) -> None:
    with pytest.raises(AdapterDamaged):
        load_adapter(tmp_path)
    save_adapter(tmp_path, {"torch": heads()}, {}, CARD)
    tensors = tmp_path / TENSORS_FILE
    content = tensors.read_bytes()
    tensors.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(AdapterDamaged, match="not the file"):
        load_adapter(tmp_path)
    tensors.write_bytes(content)
    card = json.loads((tmp_path / CARD_FILE).read_text())
    card["labels"]["intent"].pop()
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(AdapterDamaged, match="30 classes, and the card names 29 labels"):
        load_adapter(tmp_path)
    card["labels"]["intent"].append(OUT_OF_SCOPE)
    card["rejection"]["kind"] = "astrology"
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(AdapterDamaged, match="rejection of kind 'astrology'"):
        load_adapter(tmp_path)


def test_a_tampered_temperature_table_is_damage(tmp_path: Path) -> None:
    save_adapter(tmp_path, {"torch": heads()}, {}, CARD)
    card = json.loads((tmp_path / CARD_FILE).read_text())
    del card["calibrations"]["torch"]["thresholds"]["route"]["zh"]
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(AdapterDamaged, match="not of the languages en, zh"):
        load_adapter(tmp_path)
    del card["calibrations"]["torch"]["thresholds"]["route"]
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(AdapterDamaged):
        load_adapter(tmp_path)


def test_a_runtime_that_the_adapter_was_not_calibrated_for_is_refused(tmp_path: Path) -> None:
    save_adapter(tmp_path, {"torch": heads()}, {}, CARD)
    with pytest.raises(NotCalibrated, match=r"Set understanding\.runtime to torch, or train it again"):
        load_adapter(tmp_path).heads("openvino")


def drawn(temperature: float, count: int = 4000) -> tuple[np.ndarray, list[str]]:
    """Features, and labels drawn from them at that temperature."""
    generator = np.random.default_rng(5)
    rows = np.zeros((count, WIDTH), dtype=np.float32)
    rows[:, : len(LABELS)] = generator.normal(0, 3, (count, len(LABELS)))
    probabilities = softmax(rows[:, : len(LABELS)] / temperature)
    labels = [
        LABELS[int(generator.choice(len(LABELS), p=p / p.sum()))] for p in probabilities.astype(np.float64)
    ]
    return rows, labels


def measured(rows: np.ndarray, labels: list[str], language: Language = "en") -> Measured:
    return Measured(rows, heads().intent.logits(rows), labels, [language] * len(labels))


def chosen(rows: np.ndarray, labels: list[str]) -> Heads:
    found = measured(rows, labels)
    inside, outside = heads().probabilities(rows, found.languages)
    names = [LABELS[place] for place in heads().inside]
    return replace(heads(), thresholds=choose_thresholds(inside, outside, names, found))


def test_temperature_is_recovered_per_language() -> None:
    rows, labels = drawn(2.0)
    found = fit_temperatures(heads().intent, heads().intent.logits(rows), labels, ["zh"] * len(labels))
    assert found["zh"] == pytest.approx(2.0, rel=0.1)
    assert found["en"] == 1.0


def test_what_is_told_is_the_share_that_is_right_and_decides_nothing() -> None:
    rows, labels = drawn(2.0)  # twice as unsure as the head says
    found = measured(rows[:2000], labels[:2000])
    plain = with_thresholds(heads(), found)
    curved, bare = (
        plain.read(rows[2000:], ["en"] * 2000),
        replace(plain, told=AS_IT_IS).read(rows[2000:], ["en"] * 2000),
    )
    is_right = np.array([r.intent == label for r, label in zip(curved, labels[2000:], strict=True)])
    told, raw = (np.array([r.probability for r in readings]) for readings in (curved, bare))
    assert (
        expected_calibration_error(told, is_right) < 0.04 < 0.08 < expected_calibration_error(raw, is_right)
    )
    assert [(r.intent, r.decision) for r in curved] == [(r.intent, r.decision) for r in bare]
    for reading in curved:
        shown = [score.probability for score in reading.top]
        assert shown == sorted(shown, reverse=True)
        assert sum(shown) + (reading.probability if reading.decision == "out_of_scope" else 0) < 1.0001
        assert reading.probability >= shown[0]
    assert plain.told.inside["zh"] == plain.told.inside["en"]  # no Chinese message: all messages' curve


def test_where_all_were_right_what_is_told_grows_with_their_number() -> None:
    rows = np.zeros((600, WIDTH), dtype=np.float32)
    rows[:, 0] = np.linspace(3, 9, 600)
    few, many = (with_thresholds(heads(), measured(rows[:n], [LABELS[0]] * n)) for n in (150, 600))
    told = [made.told.inside["en"].right[-1] for made in (few, many)]
    assert told == [pytest.approx(151 / 152, abs=1e-4), pytest.approx(601 / 602, abs=1e-4)]


def test_too_few_messages_have_no_curve() -> None:
    rows, labels = drawn(2.0, count=60)
    assert with_thresholds(heads(), measured(rows, labels)).told.inside == AS_IT_IS.inside


def test_few_messages_are_rather_not_rejected_than_too_many() -> None:
    inside, foreign = ([0.1] * 4 + [0.6] * 5 + [0.99]), [0.9] * 10
    outside = np.array(inside + foreign, np.float32)
    labels = [LABELS[0]] * 10 + [OUT_OF_SCOPE] * 10
    shares = np.zeros((20, len(LABELS) - 1), np.float32)
    found = measured(np.zeros((20, WIDTH), np.float32), labels)
    names = [LABELS[place] for place in heads().inside]
    threshold = choose_thresholds(shares, outside, names, found).out_of_scope["en"]
    assert (outside[:10] >= threshold).mean() <= MOST_REJECTED


def test_the_route_threshold_is_the_lowest_that_is_precise_enough() -> None:
    rows, labels = drawn(0.07)
    found = chosen(rows, labels)
    assert 0 < found.thresholds.route["en"] < 0.9
    assert routed_precision(found, rows, labels) >= ROUTE_PRECISION
    lower = replace(found.thresholds, route={"en": 0.9 * found.thresholds.route["en"]})
    assert routed_precision(replace(found, thresholds=lower), rows, labels) < ROUTE_PRECISION


def test_a_precision_out_of_reach_asks_no_more_than_is_allowed() -> None:
    rows, labels = drawn(4.0)
    readings = chosen(rows, labels).read(rows, ["en"] * len(labels))
    known = [
        r
        for r, label in zip(readings, labels, strict=True)
        if label != OUT_OF_SCOPE and r.decision != "out_of_scope"
    ]
    asked = np.mean([reading.decision == "clarify" for reading in known])
    assert asked == pytest.approx(MOST_CLARIFIED, abs=0.01)


def test_a_language_with_foreign_messages_alone_has_the_thresholds_of_all() -> None:
    labels = ["invoice"] * 100 + [OUT_OF_SCOPE] * 100
    outside = np.array([0.1] * 100 + [0.8] * 100, np.float32)
    inside = np.stack([1 - outside, np.zeros(200, np.float32)], axis=1)
    spoken: list[Language] = ["en"] * 140 + ["zh"] * 60  # type: ignore[assignment]
    found = Measured(inside, inside, labels, spoken)
    chosen = choose_thresholds(inside, outside, ("invoice", "coupon"), found).out_of_scope
    assert 0.1 < chosen["zh"] == chosen["en"] <= 0.8


def test_rejection_never_costs_more_in_scope_than_is_allowed() -> None:
    """One in ten in scope looks as foreign as all that is: to reject both would cost less, and is not allowed."""
    labels = ["invoice"] * 100 + [OUT_OF_SCOPE] * 50
    outside = np.array([0.1] * 90 + [0.5] * 60, np.float32)
    inside = np.stack([1 - outside, np.zeros(150, np.float32)], axis=1)
    found = Measured(inside, inside, labels, ["en"] * 150)
    threshold = choose_thresholds(inside, outside, ("invoice", "coupon"), found).out_of_scope["en"]
    assert np.mean(outside[:100] >= threshold) <= MOST_REJECTED
    fewer = replace(found, labels=["invoice"] * 91 + [OUT_OF_SCOPE] * 59)
    assert choose_thresholds(inside, outside, ("invoice", "coupon"), fewer).out_of_scope["en"] <= 0.5


def routed_precision(of: Heads, rows: np.ndarray, labels: list[str]) -> float:
    readings = of.read(rows, ["en"] * len(labels))
    return float(
        np.mean(
            [r.intent == label for r, label in zip(readings, labels, strict=True) if r.decision == "route"]
        )
    )


def clouds(seed: int, count: int) -> tuple[np.ndarray, list[str]]:
    """Two classes as clouds in 20 dimensions, and foreign messages far from both, where no logit says so."""
    generator = np.random.default_rng(seed)
    places = generator.integers(0, 3, count)
    rows = generator.normal(0, 1, (count, 20)).astype(np.float32)
    rows[:, 0] += np.array([6.0, -6.0, 0.0])[places]
    rows[places == 2, 5:] += 1.5
    names = np.array(["a", "b", OUT_OF_SCOPE])
    return rows, [str(name) for name in names[places]]


@pytest.fixture
def separated() -> tuple[np.ndarray, Measured]:
    more, more_labels = clouds(2, 600)
    head = np.zeros((20, 3), np.float32)
    head[0] = [1, -1, 0]
    return head, Measured(more, more @ head, more_labels, ["en"] * 600)


def test_each_kind_of_rejection_tells_a_far_message_and_the_best_is_kept(
    separated: tuple[np.ndarray, Measured],
) -> None:
    _, found = separated
    rejection, compared = choose_rejection(("a", "b", OUT_OF_SCOPE), clouds(1, 600), found)
    by_kind = {one.kind: one for one in compared}
    assert set(by_kind) == set(KINDS)
    assert by_kind["mahalanobis"].auroc > 0.95 and by_kind["knn"].auroc > 0.9
    assert by_kind[rejection.rejector.kind].auroc == max(one.auroc for one in compared)
    outside = rejection.probabilities(found.features, found.logits, found.languages)
    assert outside[found.is_outside].mean() > 0.7 > 0.3 > outside[~found.is_outside].mean()


def test_without_foreign_messages_the_distance_rejects_a_small_share(
    separated: tuple[np.ndarray, Measured],
) -> None:
    _, found = separated
    known = [row for row, label in enumerate(found.labels) if label != OUT_OF_SCOPE]
    only = Measured(
        found.features[known],
        found.logits[known][:, :2],
        [found.labels[r] for r in known],
        ["en"] * len(known),
    )
    rows, labels = clouds(1, 600)
    inside = [row for row, label in enumerate(labels) if label != OUT_OF_SCOPE]
    rejection, compared = choose_rejection(("a", "b"), (rows[inside], [labels[r] for r in inside]), only)
    assert compared == () and rejection.rejector.kind == "relative"
    outside = rejection.probabilities(only.features, only.logits, only.languages)
    assert (outside >= 0.5).mean() == pytest.approx(0.03, abs=0.01)


def test_a_blend_needs_an_explicit_class() -> None:
    rows, labels = clouds(1, 300)
    inside = [row for row, label in enumerate(labels) if label != OUT_OF_SCOPE]
    rejectors = fit_rejectors(rows[inside], [labels[r] for r in inside], ("a", "b"))
    assert "class" not in rejectors
    assert fit_blend(rejectors, rows, rows[:, :2], np.arange(300) % 2 == 0) is None


def test_recall_is_read_where_five_percent_in_scope_are_rejected() -> None:
    scores = np.concatenate([np.arange(100), [94.0, 95.5, 99.0, 50.0]]).astype(np.float32)
    assert recall_at(scores, np.arange(104) >= 100) == 0.5


def test_calibration_error_is_the_gap() -> None:
    assert expected_calibration_error(np.full(10, 0.9), np.array([True] * 9 + [False])) == pytest.approx(
        0.0, abs=1e-9
    )
    assert expected_calibration_error(np.full(10, 0.9), np.zeros(10, dtype=bool)) == pytest.approx(0.9)


class Scripted:
    """Says what it was told to: intent, decision, probability of being foreign."""

    def __init__(self, said: dict[str, tuple[str, str, float]]) -> None:
        self.said = said

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        return [
            Understood(
                intent=self.said[text][0],
                probability=0.8,
                decision=self.said[text][1],  # type: ignore[arg-type]
                top=(IntentScore("invoice", 0.8),),
                language="en",
                sentiment=Sentiment("neutral", 0.0),
                entities=(),
            )
            for text in texts
        ]

    def predictions(self, texts: Sequence[str]) -> Predictions:
        outside = np.array([self.said[text][2] for text in texts], np.float32)
        inside = np.array([[0.9, 0.1] if self.said[text][0] != "coupon" else [0.1, 0.9] for text in texts])
        return Predictions(("invoice", "coupon"), inside, outside, tuple(self.predict(texts)))


def test_figures_count_decisions() -> None:
    said = {
        "a": ("invoice", "route", 0.1),
        "b": ("invoice", "route", 0.2),
        "c": ("coupon", "clarify", 0.3),
        "d": (OUT_OF_SCOPE, "out_of_scope", 0.9),
        "e": ("invoice", "route", 0.4),
        "f": (OUT_OF_SCOPE, "out_of_scope", 0.6),
    }
    truth = ["invoice", "coupon", "coupon", OUT_OF_SCOPE, OUT_OF_SCOPE, "invoice"]
    figures = evaluate_intents(Scripted(said), list(said), truth, "made-up", "test")[0]
    assert figures.accuracy == pytest.approx(2 / 4)
    assert figures.accuracy_unrejected == pytest.approx(3 / 4)
    assert (figures.least_recall, figures.least_recall_intent) == (0.5, "invoice")
    assert figures.route_precision == pytest.approx(1 / 3, abs=1e-4)
    assert (figures.clarify_share, figures.false_rejection) == (0.25, 0.25)
    assert (figures.out_of_scope_recall, figures.out_of_scope_precision) == (0.5, 0.5)
    assert figures.auroc == pytest.approx(7 / 8)
    assert str(figures).startswith("made-up test all  n 6 (out of scope 2)")


class Fragile:
    """Reads as the fake does, and breaks on a batch that has poison in it."""

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        if "poison" in texts:
            raise EngineFailed("understanding", "it cannot read this")
        return FakeUnderstanding().predict(texts)


def test_a_poisoned_text_fails_alone() -> None:
    found = read_each(Fragile(), ["hello", "poison", "where is my order"])
    assert isinstance(found[1], EngineFailed)
    assert [found[0], found[2]] == FakeUnderstanding().predict(["hello", "where is my order"])
    assert read_each(Fragile(), ["hello"]) == FakeUnderstanding().predict(["hello"])


def test_engines_are_a_table_of_both() -> None:
    assert set(ENGINES) == {"bert", "fake"}


def test_the_stage_computes_where_it_is_placed() -> None:
    from deployments.identity import Placement, UnderstandingIdentity
    from deployments.understanding import spec_of

    plain = spec_of(UnderstandingIdentity())
    assert (plain.device, plain.gpu_memory_share) == ("cpu", None)
    shared = Placement(gpus=0.1, gpu_group="first", gpu_memory_share=0.08)
    placed = spec_of(UnderstandingIdentity(runtime="torch", placement=shared))
    assert (placed.device, placed.gpu_memory_share) == ("cuda", 0.08)
