"""The judge of generated answers: what nothing bears out is found, whoever released it."""

from collections.abc import AsyncIterator
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks.answers.asking import Asked
from benchmarks.answers.judging.facts import Worded
from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.questions import Question
from benchmarks.generated import Answer, Recording, ask, figures, numbers, transcript, unsupported
from benchmarks.in_process.service import InProcess
from deployments.chat import Finished
from models.generation.fake import FakeChatEngine
from models.types import ChatMessage, GenerationRequest
from routing.effects import Emit

FACTS = "[1] Order KF-20 was shipped on November 3.\n[2] It comes to ¥1,299.50.\n[3] Returns are possible for seven days."


def asked(language: str = "en", half: str = "dev") -> Asked:
    question = Question.model_validate(
        {"id": "q-1", "language": language, "intent": "order_status", "asks": "where is order 20"}
    )
    forbidden = (({"text": "free of charge"}, Worded(("free of charge",))),)
    return Asked(
        question, "demo", cast(Any, half), "C1", "where is order 20", (), forbidden, Scene(date(2026, 11, 20))
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("¥1,299.50 by 08:30", {"1299.5", "8", "30"}),
        ("twenty-four hours, three hundred and five", {"24", "305"}),
        ("二十四小时，两天，三百零五元", {"24", "2", "305"}),
        ("one of them, 一下", set()),
        ("someone often", set()),
        ("007 and 0.50", {"7", "0.5"}),
    ],
)
def test_numbers_are_read_in_digits_and_words(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("released", "found"),
    [
        ("", []),
        ("Order KF-20 was shipped on November 3, and you have 7 days.", []),
        ("It comes to 1299.5 yuan.", []),
        ("You have fourteen days.", ["the number 14"]),
        ("Your order has been delivered.", ["the state delivered"]),
        ("We have refunded your order.", ["done: refund"]),
        ("It is sent back free of charge.", ['forbidden: {"text": "free of charge"}']),
    ],
)
def test_what_nothing_bears_out_is_found(released: str, found: list[str]) -> None:
    assert list(unsupported(asked(), released, FACTS)) == found


class Streaming:
    """Stands for the service: the client is asked, then these events come."""

    def __init__(self, model: Recording, *events: Emit | Finished) -> None:
        self.model = model
        self.said = events

    async def events(self, *_: object) -> AsyncIterator[Emit | Finished]:
        prompt = (
            ChatMessage("system", f"Rules: 3 of them.\n{FACTS}"),
            ChatMessage("user", "where is order 20"),
        )
        async for _chunk in self.model.generate(GenerationRequest("r", prompt, 50, 0.0, 5.0)):
            pass
        for event in self.said:
            yield event


async def test_only_what_the_model_wrote_is_judged() -> None:
    reply = SimpleNamespace(
        rung_reasons=("small: a sentence with a date that the facts do not hold was kept back",)
    )
    service = Streaming(
        Recording(cast(Any, FakeChatEngine())),
        Emit("rung", {"rung": "small"}),
        Emit("delta", {"text": "You have 99 days."}),
        Emit("rung", {"rung": "composed"}),
        Emit("delta", {"text": " And 55 more."}),
        Finished(cast(Any, reply), "c-1", "r-1", {}),
    )
    answer = await ask(cast(InProcess, service), asked())
    assert (answer.released, answer.facts) == ("You have 99 days.", FACTS)
    assert answer.wrote and answer.is_stopped
    assert answer.unsupported == ("the number 99",)


def test_figures_count_answers_and_a_transcript_leaves_the_blind_half_out() -> None:
    kept = ("small: a sentence with a name that the facts do not hold was kept back",)
    answers = [
        Answer(asked(), "wrote", "released", (), (), FACTS),
        Answer(asked("zh"), "wrote", "", kept, (), FACTS),
        Answer(asked(half="blind"), "hidden words", "more", kept, ("the number 3",), FACTS),
    ]
    found = figures(answers)
    assert (found["answers"], found["stopped"], found["with_released_text"], found["unsupported"]) == (
        3,
        2,
        2,
        1,
    )
    assert found["by_language"]["zh"]["stopped_share"] == 1.0
    assert "hidden words" not in transcript(answers) and "released" in transcript(answers)
