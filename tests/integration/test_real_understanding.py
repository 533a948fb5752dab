"""The shipped adapter on the built encoder, by both runtimes: acceptance sentences, floors of quality, speed."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from models.understanding.bert import SHIPPED, BertUnderstanding, find_adapter, load_bert_understanding
from models.understanding.corpus import Corpus, load_acceptance, load_blind, load_corpus
from models.understanding.evaluate import Figures, evaluate_entities, evaluate_intents, evaluate_sentiment
from models.understanding.heads import RUNTIMES
from models.understanding.marked import load_marked

pytestmark = pytest.mark.real_models

ENCODER = "packaged:e5-small-zh-en"


@pytest.fixture(scope="module", params=RUNTIMES)
def engine(models_dir: Path, request: pytest.FixtureRequest) -> BertUnderstanding:
    return load_bert_understanding(ENCODER, SHIPPED, models_dir, threads=1, runtime=request.param)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus()


@pytest.mark.parametrize(("text", "intent"), sorted(load_acceptance().items()))
def test_sentences_kept_out_of_training(engine: BertUnderstanding, text: str, intent: str) -> None:
    reading = engine.predict([text])[0]
    assert (reading.intent, reading.decision) == (intent, "route")


def intents(engine: BertUnderstanding, corpus: Corpus) -> list[Figures]:
    test = corpus.intents.of("test")
    return evaluate_intents(
        engine, [e.text for e in test], [e.label for e in test], corpus.intents.name, "test"
    )


def test_the_shipped_card_tells_the_measured_figures(models_dir: Path, corpus: Corpus) -> None:
    """The card's figures are PyTorch's."""
    measured = intents(
        load_bert_understanding(ENCODER, SHIPPED, models_dir, threads=1, runtime="torch"), corpus
    )
    written = find_adapter(SHIPPED, Path()).card["figures"]["intents"]
    assert measured[0].messages == written[0]["messages"], (
        "the corpus has changed since the adapter was trained"
    )
    assert [f.accuracy for f in measured] == pytest.approx([f["accuracy"] for f in written], abs=0.01)
    assert [f.ece for f in measured] == pytest.approx([f["ece"] for f in written], abs=0.01)


def test_quality_floors_on_text_by_other_hands(engine: BertUnderstanding) -> None:
    """Floors below what is measured, so that another machine's arithmetic doesn't break them."""
    blind = load_blind()
    for figures in evaluate_intents(engine, list(blind), list(blind.values()), "kefu-blind", "test"):
        sys.stdout.write(f"{figures}\n")
        assert figures.accuracy is not None and figures.accuracy >= 0.92
        assert figures.out_of_scope_recall is not None and figures.out_of_scope_recall >= 0.80
        assert figures.false_rejection is not None and figures.false_rejection <= 0.05
        assert figures.clarify_share is not None and figures.clarify_share <= 0.10


def test_sentiment_and_entity_floors(engine: BertUnderstanding, corpus: Corpus) -> None:
    for sentiment in evaluate_sentiment(engine, corpus.sentiments):
        sys.stdout.write(f"{sentiment}\n")
        assert sentiment.polarity >= 0.8
    marked = load_marked()
    found = {f.type: f for f in evaluate_entities(engine, marked.of("test"), marked.name, "test")}
    for figures in found.values():
        sys.stdout.write(f"{figures}\n")
    assert (found["identifiers"].f1 or 0) >= 0.95
    for name in ("price_max", "price_min", "date", "quantity", "colour"):
        assert (found[name].f1 or 0) >= 0.85, name


def test_a_batch_reads_as_single_texts_do(engine: BertUnderstanding) -> None:
    texts = [
        "我的退款到账了吗",
        "Is the blue one in stock?",
        "讲个笑话",
        "订单KF20250318007721改成L码，送到公司，谢谢你们了",
    ]
    batch, single = engine.predict(texts), [engine.predict([text])[0] for text in texts]
    assert [r.intent for r in batch] == [r.intent for r in single]
    assert [r.probability for r in batch] == pytest.approx([r.probability for r in single], abs=0.02)
    assert batch[2].decision == "out_of_scope"


def test_an_explanation_names_the_words_and_training_messages(engine: BertUnderstanding) -> None:
    work = engine.explain("这件衣服的发票能不能开公司抬头")
    pieces = 0
    try:
        while True:
            next(work)
            pieces += 1
    except StopIteration as done:
        found = done.value
    assert pieces > 3 and found.intents[0].intent == "invoice"
    assert {"发", "票", "发票"} & {token.text for token in sorted(found.tokens, key=lambda t: -t.weight)[:3]}
    assert {neighbour.intent for neighbour in found.nearest} == {"invoice"}


def test_latency_of_one_thread(engine: BertUnderstanding) -> None:
    one = [timed(engine, ["我买的羽绒服什么时候能到？"]) for _ in range(15)]
    many = [timed(engine, ["我买的羽绒服什么时候能到？"] * 32) for _ in range(3)]
    sys.stdout.write(
        f"understanding, 1 thread: p50 of 1 text {np.median(one) * 1000:.1f} ms, of 32 {np.median(many) * 1000:.0f} ms"
        "\n"
    )
    assert np.median(one) < 0.25
    assert np.median(many) < 32 * np.median(one)


def timed(engine: BertUnderstanding, texts: list[str]) -> float:
    started = time.perf_counter()
    engine.predict(texts)
    return time.perf_counter() - started
