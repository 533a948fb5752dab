"""What an answer comes to, and what an evaluation says of many."""

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import pytest
import yaml

from benchmarks.answers.asking import Answered, Asked, judged
from benchmarks.answers.evaluation import Evaluation, encoded, profile_lines, told
from benchmarks.answers.figures import Figures, bounds, by_rung, figures
from benchmarks.answers.judging.facts import Amount, Identified, OrderIs
from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.questions import Question
from deployments.identity import Ladder
from models.types import Sentiment, Understood

FRIDAY = Scene(date(2026, 11, 20))
TOTAL = ({"money": "order.total"}, Amount(12_800, "CNY"))
SHIPPED = ({"state": "shipped"}, OrderIs("shipped"))
CODE = ({"code": "other.shipment.tracking_number"}, Identified("FX1234"))


def asked(answerable: Literal[True, False, "of_another"] = True, **changes: Any) -> Asked:
    question = Question(
        id="q",
        language="zh",
        intent="order_status",
        asks="到哪了",
        answerable=answerable,
        must=[{"yuan": 128}],
    )
    plain = Asked(
        question, "demo", "dev", "C1", "到哪了", (TOTAL, SHIPPED) if answerable is True else (), (), FRIDAY
    )
    return replace(plain, **changes)


READ = Understood("order_status", 0.9, "route", (), "zh", Sentiment("neutral", 0.0), ())


@dataclass(frozen=True)
class OneReply:
    answer: str
    cards: tuple[dict[str, Any], ...] = ()
    understood: Understood = READ
    move: str = "answer"
    rung: str = "composed"
    hands_off: bool = False
    missing: tuple[str, ...] = ()


def reply(answer: str, **changes: Any) -> OneReply:
    return OneReply(answer, **changes)


@pytest.mark.parametrize(
    ("answer", "changes", "outcome"),
    [
        ("订单已发货，共128元。", {}, "right"),
        ("订单已发货，共128元。", {"hands_off": True}, "right"),
        ("订单已发货。", {}, "incomplete"),
        ("您好！", {}, "wrong"),
        ("请联系客服。", {}, "evaded"),
        ("您好！", {"hands_off": True}, "evaded"),
        ("您是想问订单吗？", {"move": "clarify"}, "evaded"),
    ],
)
def test_an_answerable_question_wants_every_fact(answer: str, changes: dict[str, Any], outcome: str) -> None:
    assert judged(asked(), reply(answer, **changes)).outcome == outcome


def test_a_forbidden_fact_outweighs_every_right_one() -> None:
    found = judged(asked(must_not=(CODE,)), reply("订单已发货，共128元，单号FX1234。"))
    assert (found.outcome, found.said) == ("forbidden", (CODE[0],))


def test_what_a_card_shows_is_not_said_but_where_the_fact_allows_it() -> None:
    shown = reply("订单已发货。", cards=({"type": "order", "total": "¥128.00"},))
    allowed = ({**TOTAL[0], "may_be_card": True}, TOTAL[1])
    assert judged(asked(), shown).outcome == "incomplete"
    assert judged(asked(must=(allowed, SHIPPED)), shown).outcome == "right"


@pytest.mark.parametrize(
    ("answer", "changes", "outcome"),
    [
        ("抱歉，没有查到相关信息。", {}, "right"),
        ("好的！", {"hands_off": True}, "right"),
        ("大概200克。", {}, "wrong"),
    ],
)
def test_what_cannot_be_answered_is_said_to_be_unknown(
    answer: str, changes: dict[str, Any], outcome: str
) -> None:
    assert judged(asked(answerable=False), reply(answer, **changes)).outcome == outcome


def test_nothing_of_anothers_order_may_be_seen_in_a_card_either() -> None:
    question = asked(answerable="of_another", must_not=(CODE,))
    leaked = reply("没有查到这个订单。", cards=({"lines": [{"tracking": "FX1234"}]},))
    assert judged(question, reply("没有查到这个订单。")).outcome == "right"
    assert judged(question, leaked).outcome == "forbidden"


def many() -> tuple[Answered, ...]:
    right = judged(asked(), reply("订单已发货，共128元。"))
    evaded = judged(asked(half="blind"), reply("请联系客服。"))
    handed = judged(asked(), reply("订单已发货，共128元。", hands_off=True, rung="small"))
    unknown = judged(asked(answerable=False), reply("好的。"))
    forbidden = judged(asked(must_not=(CODE,)), reply("已发货，128元，FX1234。"))
    return right, evaded, handed, unknown, forbidden


def of(kind: str, name: str, found: tuple[Figures, ...]) -> Figures:
    return next(one for one in found if (one.kind, one.name) == (kind, name))


def test_figures_count_each_group() -> None:
    whole = of("all", "all", figures(many()))
    assert (whole.asked, whole.right, whole.answerable, whole.complete) == (5, 2, 4, 3)
    assert (whole.evaded, whole.forbidden) == (2, 1)
    assert of("half", "blind", figures(many())).evaded == 1
    assert of("rung", "small", figures(many())).right_share == 1.0


def test_bounds_are_of_the_answerable_and_forbid_all_that_is_forbidden() -> None:
    complete, forbidden, evaded = bounds(many())
    assert (complete.value, complete.is_met) == (0.75, False)
    assert (forbidden.value, forbidden.is_met) == (0.2, False)
    assert (evaded.value, evaded.is_met) == (0.5, False)
    assert all(bound.is_met for bound in bounds(many()[:1]))
    assert not any(bound.is_met for bound in bounds(()))


def test_a_rung_is_right_only_where_it_answered_itself() -> None:
    (small,) = by_rung(many(), "small")
    assert (small.intent, small.language, small.quality, small.items) == ("order_status", "zh", 0.2, 5)


def test_what_is_written_for_a_profile_can_be_read_by_one() -> None:
    lines = yaml.safe_load(profile_lines(by_rung(many(), "small"), "kefu evaluate answers --rung small"))
    assert Ladder.model_validate(lines).measured[0].quality == 0.2


def test_the_blind_half_is_counted_and_not_told() -> None:
    evaluation = Evaluation({"commit": "c"}, "kefu evaluate answers", "laptop", "composed", (), many())
    document = json.loads(encoded(evaluation, is_blind_shown=False))
    assert len(document["answers"]) == 4
    assert len(told(many(), is_blind_shown=True)) == 5
    assert next(f for f in document["figures"] if f["name"] == "blind")["asked"] == 1


def test_the_document_has_no_text_of_questions_and_answers() -> None:
    evaluation = Evaluation({"commit": "c"}, "kefu evaluate answers", "laptop", "composed", (), many())
    document = encoded(evaluation, is_blind_shown=True)
    assert "到哪了" not in document
    assert "FX1234" not in document
