"""Generated sentences against the facts of a turn: what follows from them may be sent, what does not is kept back."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from routing.grounding import Fact, check

GROUPS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "grounding_sentences.yaml").read_text(encoding="utf-8")
)


def facts_of(rows: list[str | list[str]]) -> tuple[Fact, ...]:
    pairs = [("", row) if isinstance(row, str) else (row[0], row[1]) for row in rows]
    return tuple(Fact(str(number), text, subject) for number, (subject, text) in enumerate(pairs, start=1))


def sentences(side: str) -> list[tuple[dict[str, Any], str]]:
    return [(group, sentence) for group in GROUPS for sentence in group[side]]


@pytest.mark.parametrize(("group", "sentence"), sentences("right"))
def test_what_follows_from_the_facts_may_be_said_in_any_words(group: dict[str, Any], sentence: str) -> None:
    assert check(sentence, facts_of(group["facts"]), group["language"], group["said"]) is None


@pytest.mark.parametrize(("group", "sentence"), sentences("wrong"))
def test_a_sentence_with_one_error_is_kept_back(group: dict[str, Any], sentence: str) -> None:
    assert check(sentence, facts_of(group["facts"]), group["language"], group["said"]) is not None


FACTS_EN = facts_of(
    [
        "Qinghe Mall",
        ["KF260000000001", "Your order KF260000000001 is shipped and on its way."],
        ["KF260000000001", "It is expected on 24 Nov 2026."],
        "Returns are accepted within 7 days.",
        "The price is CNY 1,299.00.",
        "Cash on delivery is not possible.",
    ]
)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Returns are accepted within thirty days.", "number"),
        ("Your order KF260000000002 is on its way.", "identifier"),
        ("We guarantee it.", "promise"),
        ("Your order was delivered.", "claim"),
        ("Cash on delivery is possible.", "negation"),
        ("Your order was refunded.", "claim"),
        ("Please write to our partner Amazon for help.", "name"),
        ("It comes tomorrow.", "promise"),
        ("您的订单正在路上。", "language"),
        ("very " * 90, "length"),
    ],
)
def test_a_finding_says_what_it_is(sentence: str, kind: str) -> None:
    finding = check(sentence, FACTS_EN, "en")
    assert finding is not None
    assert finding.kind == kind


def test_what_the_customer_said_may_be_named_and_proves_nothing() -> None:
    said = "what about order KF260000000077?"
    assert check("I could not find order KF260000000077.", FACTS_EN, "en", said) is None
    assert check("I could not find order KF260000000078.", FACTS_EN, "en", said) is not None
    assert check("Order KF260000000077 is on its way.", FACTS_EN, "en", said) is not None


def test_the_longest_sentence_against_twelve_facts_is_checked_in_time() -> None:
    """A bound with much room for a busy machine; a check that is not linear is far beyond it."""
    facts = tuple(
        Fact(
            str(at), f"第{at}条：订单 KF26000000{at:04d} 的退款 ¥{at}9.00 将在{at}个工作日内退回支付宝，" * 2
        )
        for at in range(1, 13)
    )
    sentence = ("订单 KF260000000001 的退款 ¥19.00 会在1个工作日内退回支付宝，" * 12)[:400]
    took = []
    for at in range(20):
        fresh = (*facts, Fact("13", f"尾号{at}"))
        started = time.perf_counter()
        check(sentence, fresh, "zh")
        took.append(time.perf_counter() - started)
    assert sorted(took)[len(took) // 2] < 0.05
