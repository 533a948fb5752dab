"""Explanations, corrections as training messages, and the gates that a candidate must pass."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cluster.cli import app, guarded
from cluster.config import load, profile_path, resolve_secret
from cluster.errors import UpError
from cluster.learning import held_out, judge, train_candidate
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.tenants import ModelKind
from commerce.store import migrate, open_store
from models.artifacts import CARD, publish
from models.types import INTENTS, OUT_OF_SCOPE, Sentiment, Understood
from models.types.understanding import SENTIMENT_LABELS, Explanation, Language
from models.understanding.bert import _examples_if_any, encode
from models.understanding.corpus import Corpus
from models.understanding.correcting import taught
from models.understanding.errors import AdapterDamaged
from models.understanding.evaluate import Predictions
from models.understanding.examples import (
    EXAMPLES_FILE,
    DataSet,
    Example,
    by_intent,
    from_examples,
    write_examples,
)
from models.understanding.explain import MOST_PIECES, Explainer, pieces
from models.understanding.fake import FakeUnderstanding
from models.understanding.feedback import Correction, with_corrections
from models.understanding.gates import gates, latency_gate
from models.understanding.heads import CARD_FILE, Heads, LinearHead, Rejection, Thresholds, softmax
from models.understanding.rejection import Rejector
from models.understanding.tagger import TAGS
from tests.builders import TENANT
from tests.tiny_encoder import tiny_encoder

BOTH: dict[Language, float] = {"zh": 1.0, "en": 1.0}
NEVER: dict[Language, float] = {"zh": 0.99, "en": 0.99}
ALWAYS: dict[Language, float] = {"zh": 0.0, "en": 0.0}
TEXTS = {"invoice": ["alpha1 beta1 gamma", "alpha1 beta2"], "coupon": ["alpha2 beta7", "alpha2 beta8 gamma"]}


def finished(work: Generator[None, None, Explanation]) -> Explanation:
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: Explanation = done.value
            return found


def heads(outside: dict[Language, float]) -> Heads:
    """A nearest-mean head of two intents over the tiny encoder."""
    encoder = tiny_encoder()
    means = {name: encode(encoder, texts).mean(axis=0) for name, texts in TEXTS.items()}
    labels = (*TEXTS, OUT_OF_SCOPE)
    weight = np.stack([*means.values(), np.zeros(32, np.float32)], axis=1).astype(np.float32)
    bias = np.array([-0.5 * float(m @ m) for m in means.values()] + [-30.0], np.float32)
    rejection = Rejection(Rejector("class", {}, (0, 1), 2), BOTH, {"zh": 0.0, "en": 0.0})
    empty = LinearHead(np.zeros((32, 5), np.float32), np.zeros(5, np.float32), SENTIMENT_LABELS)
    tag = LinearHead(np.zeros((32, len(TAGS)), np.float32), np.zeros(len(TAGS), np.float32), TAGS)
    intent = LinearHead(weight, bias, labels)
    return Heads(intent, empty, tag, {}, rejection, BOTH, Thresholds(ALWAYS, outside))


def test_an_explanation_names_the_piece_that_mattered_and_the_messages_most_like_it() -> None:
    explainer = Explainer(tiny_encoder(), heads(NEVER), lambda: TEXTS)
    found = finished(explainer.explain("alpha1 beta9 gamma"))
    assert found.intents[0].intent == "invoice" and found.intents[0].probability > 0.5
    assert sum(score.probability for score in found.intents) == pytest.approx(1.0, abs=0.01)
    assert [token.text for token in found.tokens] == ["alpha1", "beta9", "gamma"]
    assert max(found.tokens, key=lambda token: token.weight).text == "alpha1"
    assert [(token.start, token.end) for token in found.tokens] == [(0, 6), (7, 12), (13, 18)]
    assert found.nearest[0].intent == "invoice" and len(found.nearest) == 3
    assert found.nearest[0].similarity == max(near.similarity for near in found.nearest)


def test_an_explanation_is_made_in_pieces_and_its_messages_are_encoded_once() -> None:
    texts = {"invoice": [f"alpha1 beta{n}" for n in range(40)], "coupon": ["alpha2"]}
    explainer = Explainer(tiny_encoder(), heads(NEVER), lambda: texts)
    first = sum(1 for _ in explainer.explain("alpha1 beta1"))
    again = sum(1 for _ in explainer.explain("alpha1 beta1"))
    # Reading and weighing; then two parts of one intent and one of the other.
    assert (first, again) == (5, 2)


def test_training_messages_are_read_once_and_beforehand_where_asked() -> None:
    read = []
    explainer = Explainer(tiny_encoder(), heads(NEVER), lambda: read.append("read") or TEXTS)  # type: ignore[func-returns-value]
    assert explainer.prepare() == TEXTS
    assert finished(explainer.explain("alpha1")).nearest and read == ["read"]


def test_what_is_out_of_scope_is_explained_as_such() -> None:
    always_foreign = heads({"zh": 0.0, "en": 0.0})
    explainer = Explainer(tiny_encoder(), always_foreign, lambda: TEXTS | {OUT_OF_SCOPE: ["gamma"]})
    found = finished(explainer.explain("gamma"))
    assert found.nearest[0].intent == OUT_OF_SCOPE and found.nearest[0].similarity > 0.99


def test_nothing_to_say_of_a_text_without_words() -> None:
    assert finished(Explainer(tiny_encoder(), heads(NEVER), dict).explain("?!")).tokens == ()


def test_pieces_are_whole_latin_words_and_chinese_tokens_and_few() -> None:
    text = "re turning 退货了!"
    spans = [(0, 0), (0, 2), (2, 6), (6, 10), (10, 12), (12, 14), (14, 15)]
    assert [text[a:b] for a, b in pieces(spans, text)] == ["re", "turning", "退", "货了"]
    long = " ".join(f"w{n}" for n in range(100))
    ends = np.cumsum([len(word) + 1 for word in long.split(" ")]).tolist()
    many = pieces(list(zip([0, *ends[:-1]], [end - 1 for end in ends], strict=True)), long)
    assert len(many) == MOST_PIECES and many[0][0] == 0 and many[-1][1] == len(long)


def test_the_fake_engine_explains_by_its_words() -> None:
    found = finished(FakeUnderstanding().explain("请问我的发票呢"))
    assert [token.text for token in found.tokens] == ["发票"] and found.intents[0].intent == "invoice"


def corpus_of(**splits: tuple[str, str]) -> DataSet:
    examples = [
        Example(text, intent, "en", split, "corpus", "plain")  # type: ignore[arg-type]
        for split, (text, intent) in splits.items()
    ]
    return from_examples("corpus", examples, tuple(INTENTS))


def in_place_of_the_corpus(monkeypatch: pytest.MonkeyPatch, module: str, intents: DataSet) -> None:
    monkeypatch.setattr(f"{module}.load_corpus", lambda: Corpus(intents, intents, {}, 0))


def test_corrections_are_split_repeated_and_never_leak() -> None:
    corpus = corpus_of(
        train=("where is it", "order_status"), validation=("v", "coupon"), test=("held out text", "coupon")
    )
    made = [
        Correction(f"message {n * 7919} about {chr(97 + n)}{n}{chr(110 + n % 9)} things", "invoice")
        for n in range(40)
    ]
    made += [Correction("Held out text!", "invoice"), Correction("Where is it?", "logistics_tracking")]
    found = with_corrections(corpus, made, "corrections").data
    count = {part: [e for e in found.of(part) if e.source == "corrections"] for part in ("train", "test")}
    texts = by_intent(found.of("train"))
    assert len(count["train"]) == len({e.text for e in count["train"]}) > len(count["test"]) > 0
    assert "Held out text!" not in texts["invoice"]
    # The shop's word for the same sentence counts, wherever its line went.
    assert "where is it" not in texts.get("order_status", [])


def test_the_head_learns_corrections_and_says_of_all_else_what_it_said() -> None:
    generator = np.random.default_rng(3)
    middle = generator.normal(size=(3, 32)).astype(np.float32) * 2
    head = LinearHead(middle.T.copy(), np.zeros(3, np.float32), ("invoice", "coupon", "price"))
    corpus = np.repeat(middle, 100, axis=0) + generator.normal(size=(300, 32)).astype(np.float32)
    place = middle[0] + 5 * generator.normal(size=32).astype(np.float32)
    new = place + 0.1 * generator.normal(size=(20, 32)).astype(np.float32)
    label = head.labels[int(np.argsort(head.logits(place[None])[0])[0])]  # the least likely one
    learned = taught(head, np.concatenate([corpus, new[:10]]), [None] * 300 + [label] * 10)
    said = [learned.labels[at] for at in learned.logits(new).argmax(axis=1)]
    assert said[:10] == [label] * 10 and said[10:].count(label) >= 8
    before, after = (softmax(each.logits(corpus)) for each in (head, learned))
    assert (before.argmax(axis=1) == after.argmax(axis=1)).mean() > 0.98
    assert np.abs(before - after).mean() < 0.02
    same = taught(head, corpus, [None] * 300)
    np.testing.assert_allclose(softmax(same.logits(corpus)), before, atol=1e-3)


def test_of_corrections_that_say_the_same_the_last_counts() -> None:
    made = [Correction("退货", "return_policy"), Correction("退货！", "return_request")]
    found = with_corrections(corpus_of(train=("x", "coupon")), made, "corrections")
    assert {e.label for e in found.data.examples if "退货" in e.text} == {"return_request"}


def test_what_is_like_a_held_out_correction_is_not_trained_on() -> None:
    held_out = "where did the courier leave my big blue parcel yesterday"
    trained = from_examples(
        "corpus",
        [Example(f"{held_out} evening", "order_status", "en", "train", "corpus", "plain")],
        tuple(INTENTS),
    )
    made = [Correction(f"question {n} of {chr(97 + n) * 9}", "order_status") for n in range(20)]
    seen = set()
    for count in range(len(made)):  # with enough others it is held out by its rank
        found = with_corrections(
            trained, [Correction(held_out, "order_status"), *made[:count]], "corrections"
        )
        split_of = {e.text: e.split for e in found.data.examples}
        assert (f"{held_out} evening" in split_of) == (split_of[held_out] == "train")
        seen.add(split_of[held_out])
    assert "train" in seen and len(seen) > 1


def test_a_held_out_message_has_the_shops_label_and_is_not_learned() -> None:
    corpus = corpus_of(
        train=("my order", "order_status"), validation=("v", "coupon"), test=("held out text", "coupon")
    )
    made = [Correction("Held out text!", "invoice"), Correction("V", "invoice"), Correction("x y z", "price")]
    found = with_corrections(corpus, made, "corrections")
    assert {(e.text, e.label, e.split) for e in found.data.examples} == {
        ("my order", "order_status", "train"), ("v", "invoice", "validation"), ("held out text", "invoice", "test"),
        ("x y z", "price", "train"),
    }  # fmt: skip
    assert (found.learned, found.held_out, found.left_out) == (1, 2, 0)
    assert found.told_of_others == " (held out to calibrate and judge by: 2)"


def test_corrections_that_reach_no_split_are_counted_and_told() -> None:
    held_out = "where did the courier leave my big blue parcel yesterday"
    corpus = corpus_of(test=(held_out, "order_status"))
    made = [Correction(f"{held_out} evening", "logistics_tracking"), Correction("other", "price")]
    found = with_corrections(corpus, made, "corrections")
    assert (found.learned, found.held_out, found.left_out) == (1, 0, 1)
    assert found.told_of_others == " (left out as too like a held-out message: 1)"
    alone = with_corrections(corpus, made[1:], "corrections")
    assert (alone.learned, alone.told_of_others) == (1, "")


async def test_corrections_that_are_only_held_out_are_too_few_to_learn_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place_of_the_corpus(
        monkeypatch, "cluster.learning", corpus_of(validation=("v", "price"), test=("t", "price"))
    )
    config = load(profile_path("fake"), (f"identity.home={tmp_path}",))
    url = resolve_secret(config.store_ref)
    await migrate(url)
    async with open_store(url) as store:
        await store.create_tenant(TENANT, DEMO_POLICY)
        for text in ("v", "t"):
            await store.add_feedback("demo", text, "complaint", None, "shop")
    said = r"can learn from 0 corrections and 5 are needed \(held out to calibrate and judge by: 2\)"
    with pytest.raises(UpError, match=said):
        await train_candidate(config, "demo", lambda *_: None, 1)


def test_what_either_adapter_was_made_with_or_is_like_judges_neither(tmp_path: Path) -> None:
    texts = [
        "where did the courier leave my big blue parcel",
        "coupons for old customers",
        "refund my lamp now",
        "0",
    ]
    test = [Example(text, "price", "en", "test", "corpus", "plain") for text in texts]
    live = corpus_of(train=("Where did the courier leave my big blue parcels?", "order_status"))
    candidate = corpus_of(train=("unlike", "price"), validation=("Refund my lamp, now!", "refund_status"))
    sources = []
    for name, made in (("live", live), ("candidate", candidate)):
        (tmp_path / name).mkdir()
        write_examples(tmp_path / name, made)
        sources.append(f"path:{tmp_path / name}")
    found = held_out(from_examples("corpus", test), sources, tmp_path)
    assert [example.text for example in found] == ["coupons for old customers", "0"]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"invoice": ["an older format"]}'])
def test_an_adapter_of_which_nobody_knows_what_it_was_made_with_explains_and_is_not_judged(
    tmp_path: Path, content: str | None
) -> None:
    (tmp_path / CARD_FILE).write_text("{}")
    if content is not None:
        (tmp_path / EXAMPLES_FILE).write_text(content)
    with pytest.raises(AdapterDamaged, match=r"its train messages can't be read from examples\.json"):
        held_out(corpus_of(test=("text", "price")), [f"path:{tmp_path}"], tmp_path)
    assert _examples_if_any(f"path:{tmp_path}", tmp_path) == {}


def test_the_shipped_adapter_was_made_with_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = corpus_of(
        train=("learned", "price"), validation=("fitted on", "price"), test=("judged by", "price")
    )
    in_place_of_the_corpus(monkeypatch, "models.understanding.bert", corpus)
    moved = from_examples("corpus", [replace(example, split="test") for example in corpus.examples])
    assert [e.text for e in held_out(moved, ["shipped"], tmp_path)] == ["judged by"]


async def test_a_candidate_that_no_message_can_judge_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place_of_the_corpus(monkeypatch, "cluster.learning", corpus_of(test=("text", "price")))
    source = tmp_path / "adapter"
    source.mkdir()
    write_examples(source, corpus_of(train=("Text", "price")))
    (source / CARD).write_text('{"kind": "understanding"}')
    made = publish(source, str(tmp_path / "trained"))
    config = load(
        profile_path("fake"), (f"identity.home={tmp_path}", f"identity.understanding.adapter=path:{source}")
    )
    url = resolve_secret(config.store_ref)
    await migrate(url)
    async with open_store(url) as store:
        await store.create_tenant(TENANT, DEMO_POLICY)
        await store.promote_model("demo", ModelKind.UNDERSTANDING_SHADOW, made.version, made.url)
    with pytest.raises(UpError, match="every held-out message is like one"):
        await judge(config, "demo", lambda *_: None)


def test_a_folder_that_cannot_be_written_is_told_before_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # /proc is there and takes no files, not even root's.
    monkeypatch.setattr("models.understanding.corpus.load_corpus", lambda: pytest.fail("it went on"))
    words = ["train", "understanding", "--profile", "fake", "--out", "/proc/self"]
    assert guarded(lambda: app(words, standalone_mode=False)) == 1
    assert "kefu: /proc/self/tmp" in capsys.readouterr().err


def predictions(said: Sequence[str], probability: float = 1.0) -> Predictions:
    sentiment = Sentiment("neutral", 0.0)
    readings = tuple(
        Understood(
            intent,
            probability,
            "out_of_scope" if intent == OUT_OF_SCOPE else "route",
            (),
            "en",
            sentiment,
            (),
        )
        for intent in said
    )
    return Predictions((), np.empty((0, 0), np.float32), np.empty(0, np.float32), readings)


LABELS = ["invoice"] * 60 + ["coupon"] * 60 + [OUT_OF_SCOPE] * 60


def worse(candidate: Sequence[str], **changes: Any) -> set[str]:
    found = gates(LABELS, predictions(LABELS), replace(predictions(candidate), **changes))
    return {gate.name for gate in found if gate.is_worse}


def test_a_candidate_that_says_the_same_is_worse_at_nothing() -> None:
    found = gates(LABELS, predictions(LABELS), predictions(LABELS))
    assert [gate.name for gate in found] == [
        "in scope", "recall of coupon", "recall of invoice", "out-of-scope recall", "in scope not rejected",
        "in scope not asked back", "calibration error",
    ]  # fmt: skip
    assert not worse(LABELS)


def test_one_lost_message_of_an_intent_is_chance_and_four_are_not() -> None:
    assert "recall of coupon" not in worse([*LABELS[:119], "invoice", *LABELS[120:]])
    assert worse([*LABELS[:116], *["invoice"] * 4, *LABELS[120:]]) == {
        "in scope", "recall of coupon", "calibration error",
    }  # fmt: skip


def test_a_fall_by_the_margin_itself_is_no_worse() -> None:
    # 1 - 57 / 60 is more than 0.05, in floats.
    assert worse([*LABELS[:117], *["invoice"] * 3, *LABELS[120:]]) == {"in scope", "calibration error"}
    before = [*LABELS[:60], *["coupon"] * 57, *["order_status"] * 3]
    found = gates(before, predictions(before, 0.94), predictions(before, 0.93))
    assert [(g.live, g.candidate, g.is_worse) for g in found if g.name == "calibration error"] == [
        (0.06, 0.07, False)
    ]
    assert not latency_gate(1.1, 1.265).is_worse and latency_gate(1.1, 1.266).is_worse


def test_foreign_messages_that_are_taken_in_and_own_ones_turned_away_are_seen() -> None:
    assert "out-of-scope recall" in worse([*LABELS[:177], *["invoice"] * 3])
    assert {"in scope not rejected", "recall of invoice"} <= worse([*[OUT_OF_SCOPE] * 5, *LABELS[5:]])


def test_a_candidate_that_asks_back_instead_of_answering_is_worse() -> None:
    said = predictions(LABELS)
    readings = (*(replace(r, decision="clarify") for r in said.readings[:6]), *said.readings[6:])
    assert worse(LABELS, readings=readings) == {"in scope not asked back"}


def test_a_gain_elsewhere_does_not_excuse_a_loss() -> None:
    live = [*LABELS[:40], *["coupon"] * 20, *LABELS[60:]]
    candidate = [*LABELS[:114], *["invoice"] * 6, *LABELS[120:]]
    found = {gate.name: gate for gate in gates(LABELS, predictions(live), predictions(candidate))}
    assert found["recall of coupon"].is_worse and not found["recall of invoice"].is_worse
    assert (found["in scope"].lost, found["in scope"].won) == (6, 20) and not found["in scope"].is_worse


def test_calibration_and_latency_have_gates() -> None:
    unsure = gates(LABELS, predictions(LABELS), predictions(LABELS, probability=0.9))
    assert [gate.name for gate in unsure if gate.is_worse] == ["calibration error"]
    assert latency_gate(3.0, 4.0).is_worse and not latency_gate(3.0, 3.2).is_worse
