"""The fake engines: predictable output, programmed delays and failures."""

import time
from dataclasses import replace
from importlib.resources import files

import pytest
import yaml

from models.errors import EngineFailed
from models.generation.fake import NOTHING_EN, WELCOME_EN, WELCOME_ZH, FakeChatEngine, count_tokens
from models.types import INTENTS, ChatMessage, CompletionChunk, GenerationRequest
from models.types.understanding import SENTIMENT_LABELS
from models.understanding.engine import UnderstandingSpec, load
from models.understanding.fake import INTENT_RULES, SENTIMENT_RULES, FakeUnderstanding

REQUEST = GenerationRequest(
    "r1", (ChatMessage("user", "Hello!"),), max_tokens=50, temperature=0.0, deadline_s=5
)
FACTS = replace(
    REQUEST,
    messages=(
        ChatMessage("system", "Answer from these.\n[1] Returns within 7 days.\n[2] Postage is 12 yuan."),
        ChatMessage("user", "How long do I have?"),
    ),
)


async def chunks(engine: FakeChatEngine, request: GenerationRequest) -> list[CompletionChunk]:
    return [chunk async for chunk in engine.generate(request)]


def test_rules_cover_the_taxonomy() -> None:
    assert {rule.label for rule in INTENT_RULES} == set(INTENTS)
    assert {rule.label for rule in SENTIMENT_RULES} <= set(SENTIMENT_LABELS)


def test_accepted_sentences_get_their_intent() -> None:
    document = yaml.safe_load(
        files("models.understanding").joinpath("acceptance.yaml").read_text(encoding="utf-8")
    )
    rows = [(text, intent) for intent, texts in document.items() for text in texts]
    readings = FakeUnderstanding().predict([text for text, _ in rows])
    assert [reading.intent for reading in readings] == [intent for _, intent in rows]
    assert {reading.decision for reading in readings} == {"route"}


def test_unknown_words_are_unclear_and_foreign_topics_out_of_scope() -> None:
    unclear, outside = FakeUnderstanding().predict(["qwertz", "tell me a joke"])
    assert unclear.decision == "clarify" and unclear.probability < 0.5
    assert (outside.intent, outside.decision) == ("out_of_scope", "out_of_scope")
    assert "out_of_scope" not in [score.intent for score in (*unclear.top, *outside.top)]


def test_every_nth_call_fails_and_the_next_works() -> None:
    engine = load(UnderstandingSpec(engine="fake", fail_every=3))
    outcomes = []
    for _ in range(6):
        try:
            engine.predict(["hello"])
            outcomes.append(True)
        except EngineFailed:
            outcomes.append(False)
    assert outcomes == [True, True, False, True, True, False]


def test_delay_is_waited_once_a_batch() -> None:
    started = time.perf_counter()
    FakeUnderstanding(delay_ms=40).predict(["a"] * 20)
    assert 0.04 <= time.perf_counter() - started < 0.4


async def test_greeting_gets_the_fixed_welcome() -> None:
    received = await chunks(FakeChatEngine(), REQUEST)
    assert "".join(chunk.text for chunk in received) == WELCOME_EN
    chinese = replace(REQUEST, messages=(ChatMessage("user", "你好"),))
    assert "".join(chunk.text for chunk in await chunks(FakeChatEngine(), chinese)) == WELCOME_ZH


async def test_numbered_facts_are_repeated_word_for_word_and_counted() -> None:
    received = await chunks(FakeChatEngine(), FACTS)
    text = "".join(chunk.text for chunk in received)
    assert text == "Returns within 7 days. Postage is 12 yuan."
    assert [chunk.finish_reason for chunk in received] == [None] * (len(received) - 1) + ["stop"]
    assert received[-1].completion_tokens == count_tokens(text) == len(received) - 1
    assert received[-1].prompt_tokens == sum(count_tokens(m.content) for m in FACTS.messages)


async def test_without_facts_it_says_so() -> None:
    request = replace(REQUEST, messages=(ChatMessage("user", "How long do I have?"),))
    assert "".join(chunk.text for chunk in await chunks(FakeChatEngine(), request)) == NOTHING_EN


async def test_max_tokens_cuts_and_stop_text_stops() -> None:
    cut = await chunks(FakeChatEngine(), replace(FACTS, max_tokens=3))
    assert "".join(chunk.text for chunk in cut) == "Returns within 7"
    assert (cut[-1].finish_reason, cut[-1].completion_tokens) == ("length", 3)
    stopped = await chunks(FakeChatEngine(), replace(FACTS, stop=("Postage",)))
    assert "".join(chunk.text for chunk in stopped).rstrip() == "Returns within 7 days."
    assert stopped[-1].finish_reason == "stop"


async def test_programmed_failure_comes_before_the_first_token_or_mid_stream() -> None:
    with pytest.raises(EngineFailed):
        await chunks(FakeChatEngine(fail_every=1), FACTS)
    received = []
    with pytest.raises(EngineFailed):
        async for chunk in FakeChatEngine(fail_every=1, fail_after_tokens=2).generate(FACTS):
            received.append(chunk.text)
    assert "".join(received) == "Returns within"


async def test_a_failure_programmed_after_the_end_still_happens() -> None:
    with pytest.raises(EngineFailed):
        await chunks(FakeChatEngine(fail_every=1, fail_after_tokens=10_000), FACTS)


async def test_tokens_are_paced() -> None:
    started = time.perf_counter()
    received = await chunks(FakeChatEngine(delay_ms=20, delay_per_token_ms=5), FACTS)
    assert time.perf_counter() - started >= 0.02 + 0.005 * (len(received) - 2)


async def test_it_is_healthy() -> None:
    await FakeChatEngine(fail_every=1).check_health()
