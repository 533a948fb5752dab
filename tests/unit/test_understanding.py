"""The heads' decisions, the adapter's files, the engine's assembly, and the figures, on made-up numbers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.types import INTENTS, OUT_OF_SCOPE, IntentScore, Sentiment, Understood
from models.types.understanding import SENTIMENT_LABELS, Language
from models.understanding.calibration import (
    ROUTE_PRECISION,
    SUSPECT_SHARE,
    choose_thresholds,
    expected_calibration_error,
    fit_temperatures,
)
from models.understanding.engine import ENGINES
from models.understanding.errors import AdapterDamaged, CorpusInvalid
from models.understanding.evaluate import evaluate_file, evaluate_intents
from models.understanding.fake import FakeUnderstanding
from models.understanding.heads import (
    CARD_FILE,
    TENSORS_FILE,
    Heads,
    LinearHead,
    Thresholds,
    load_adapter,
    save_adapter,
    softmax,
)

LABELS = tuple(INTENTS)
WIDTH = len(LABELS) + len(SENTIMENT_LABELS)
CARD = {"encoder": {"name": "tiny", "fingerprint": "abc"}}


def both(value: float) -> dict[Language, float]:
    return {"zh": value, "en": value}


def heads(
    route: float = 0.5, outside: float = 0.5, temperature: float = 1.0, suspect: float | None = None
) -> Heads:
    """Feature i is the logit of intent i; the last five are those of the sentiments."""
    eye = np.eye(WIDTH, dtype=np.float32)
    return Heads(
        LinearHead(eye[:, : len(LABELS)], np.zeros(len(LABELS), np.float32), LABELS),
        LinearHead(eye[:, len(LABELS) :], np.zeros(len(SENTIMENT_LABELS), np.float32), SENTIMENT_LABELS),
        {"zh": temperature, "en": 1.0},
        Thresholds(both(route), both(outside), both(suspect or outside)),
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


def test_a_suspect_message_is_clarified_though_its_intent_is_likely() -> None:
    row = features(out_of_scope=6, invoice=9)
    assert heads(route=0.6).read(row, ["zh"])[0].decision == "route"
    assert heads(route=0.6, suspect=0.03).read(row, ["zh"])[0].decision == "clarify"


def test_the_suspect_threshold_questions_its_share_of_what_is_in_scope() -> None:
    rows, labels = drawn(0.5)
    probabilities = softmax(heads().intent.logits(rows))
    thresholds = choose_thresholds(probabilities, heads().intent, labels, ["zh"] * len(labels))
    outside = probabilities[[label != OUT_OF_SCOPE for label in labels], LABELS.index(OUT_OF_SCOPE)]
    assert (outside >= thresholds.suspect["zh"]).mean() == pytest.approx(SUSPECT_SHARE, abs=0.005)
    assert thresholds.suspect["zh"] < thresholds.out_of_scope["zh"]


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
    save_adapter(tmp_path, heads(route=0.4, temperature=2.0), lora, CARD)
    loaded = load_adapter(tmp_path)
    row = features(invoice=2, coupon=1, positive=3)
    assert loaded.heads.read(row, ["zh"]) == heads(route=0.4, temperature=2.0).read(row, ["zh"])
    assert list(loaded.lora) == list(lora)
    assert loaded.encoder_fingerprint == "abc"


def test_altered_or_missing_adapter_files_are_damage(tmp_path: Path) -> None:
    with pytest.raises(AdapterDamaged):
        load_adapter(tmp_path)
    save_adapter(tmp_path, heads(), {}, CARD)
    tensors = tmp_path / TENSORS_FILE
    content = tensors.read_bytes()
    tensors.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(AdapterDamaged, match="not the file"):
        load_adapter(tmp_path)
    tensors.write_bytes(content)
    card = json.loads((tmp_path / CARD_FILE).read_text())
    card["labels"]["intent"][0] = "astrology"
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(AdapterDamaged, match="taxonomy"):
        load_adapter(tmp_path)


def test_a_tampered_temperature_table_is_damage(tmp_path: Path) -> None:
    save_adapter(tmp_path, heads(), {}, CARD)
    card = json.loads((tmp_path / CARD_FILE).read_text())
    del card["thresholds"]["route"]
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(AdapterDamaged):
        load_adapter(tmp_path)


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


def test_temperature_is_recovered_per_language() -> None:
    rows, labels = drawn(2.0)
    found = fit_temperatures(heads().intent, rows, labels, ["zh"] * len(labels))
    assert found["zh"] == pytest.approx(2.0, rel=0.1)
    assert found["en"] == 1.0


def test_thresholds_are_the_lowest_that_reach_the_route_precision() -> None:
    rows, labels = drawn(0.5)
    languages: list[Language] = ["en"] * len(labels)
    probabilities = softmax(heads().intent.logits(rows))
    thresholds = choose_thresholds(probabilities, heads().intent, labels, languages)
    assert routed_precision(thresholds, rows, labels) >= ROUTE_PRECISION
    lower = replace(thresholds, route={"en": thresholds.route["en"] - 0.03})
    assert routed_precision(lower, rows, labels) < ROUTE_PRECISION
    assert thresholds.route["en"] < 0.75


def test_a_precision_out_of_reach_stops_at_the_highest_threshold() -> None:
    rows, labels = drawn(4.0)
    probabilities = softmax(heads().intent.logits(rows))
    assert choose_thresholds(probabilities, heads().intent, labels, ["zh"] * len(labels)).route["zh"] == 0.75


def routed_precision(thresholds: Thresholds, rows: np.ndarray, labels: list[str]) -> float:
    readings = replace(heads(), thresholds=thresholds).read(rows, ["en"] * len(labels))
    return float(
        np.mean(
            [r.intent == label for r, label in zip(readings, labels, strict=True) if r.decision == "route"]
        )
    )


def test_calibration_error_is_the_gap() -> None:
    assert expected_calibration_error(np.full(10, 0.9), np.array([True] * 9 + [False])) == pytest.approx(
        0.0, abs=1e-9
    )
    assert expected_calibration_error(np.full(10, 0.9), np.zeros(10, dtype=bool)) == pytest.approx(0.9)


class Scripted:
    """Says what it was told to."""

    def __init__(self, said: dict[str, tuple[str, str]]) -> None:
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


def test_figures_count_decisions() -> None:
    said = {
        "a": ("invoice", "route"),
        "b": ("invoice", "route"),
        "c": ("coupon", "clarify"),
        "d": (OUT_OF_SCOPE, "out_of_scope"),
        "e": ("invoice", "route"),
        "f": (OUT_OF_SCOPE, "out_of_scope"),
    }
    truth = ["invoice", "coupon", "coupon", OUT_OF_SCOPE, OUT_OF_SCOPE, "coupon"]
    figures = evaluate_intents(Scripted(said), list(said), truth, "made-up", "test")[0]
    assert figures.accuracy == pytest.approx(3 / 6)
    assert figures.route_precision == pytest.approx(1 / 3, abs=1e-4)
    assert figures.clarify_share == pytest.approx(1 / 6)
    assert (figures.out_of_scope_recall, figures.out_of_scope_precision) == (0.5, 0.5)
    assert str(figures).startswith("made-up test all  n 6 (out of scope 2)")


def test_evaluation_file_of_foreign_data(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(
        '{"text": "tell me a joke", "intent": "out_of_scope"}\n{"text": "do you sell tents", "intent": "in_scope"}\n\n'
        '{"text": "where is my invoice", "intent": "invoice"}\n'
    )
    figures = evaluate_file(FakeUnderstanding(), path, "foreign", "test")[0]
    assert (figures.messages, figures.out_of_scope_recall, figures.accuracy) == (3, 1.0, 1.0)
    path.write_text('{"text": "hm", "intent": "astrology"}\n')
    with pytest.raises(CorpusInvalid, match="astrology"):
        evaluate_file(FakeUnderstanding(), path, "foreign", "test")


def test_engines_are_a_table_of_both() -> None:
    assert set(ENGINES) == {"bert", "fake"}


def test_the_stage_computes_where_it_is_placed() -> None:
    from deployments.identity import Placement, UnderstandingIdentity
    from deployments.understanding import spec_of

    plain = spec_of(UnderstandingIdentity())
    assert (plain.device, plain.gpu_memory_share) == ("cpu", None)
    shared = Placement(gpus=0.1, gpu_group="first", gpu_memory_share=0.08)
    placed = spec_of(UnderstandingIdentity(placement=shared))
    assert (placed.device, placed.gpu_memory_share) == ("cuda", 0.08)
