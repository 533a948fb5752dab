"""What of a chat model's answers reaches the customer, and is all of it borne out by the facts that the model was given?

    python -m benchmarks.generated --rung small --answers 500 --out docs/results

The profile is served for it, unless it is already. The questions of `kefu evaluate answers` are asked of a gateway of
this process whose rung is the real model, everywhere on; once all were asked they are asked again at a temperature.
What was released of the model's own writing is judged by the means that judge answers, none of which the grounding
check knows: a number that neither the facts nor the customer said, a state that the order is not in, something done
that nobody did, a fact that the question forbids. Exits with 1 where there is one, or fewer answers than 400.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, get_args

import yaml

from benchmarks.answers.asking import Asked, resolve
from benchmarks.answers.judging.facts import Action, Done, OrderIs
from benchmarks.answers.judging.judge import states
from benchmarks.answers.judging.text import folded
from benchmarks.answers.questions import load_questions
from benchmarks.answers.rows import read_rows
from benchmarks.answers.shops import present
from benchmarks.grounding_pairs.numerals import before_measure, in_chinese, in_english
from benchmarks.in_process.generation import Generated, rung_alone
from benchmarks.in_process.service import InProcess, Rungs, in_process
from benchmarks.load.first_report import served
from benchmarks.machine import describe
from cluster.config import load, profile_path
from commerce.domain.orders import OrderState
from deployments.chat import Finished
from deployments.contracts import GenerationClient, StageStatus
from models.types import CompletionChunk, GenerationRequest
from routing.effects import Emit

_ROOT: Final = Path(__file__).parent.parent
_LEAST_ANSWERS: Final = 400
_AT_ONCE: Final = 8
_TEMPERATURE: Final = 0.8
_KEPT_BACK: Final = "was kept back"
_FACT: Final = re.compile(r"^\[\d+\] ", re.M)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_LARGEST_WORD: Final = 999


@dataclass(slots=True)
class Prompted:
    """What the model was told and wrote in one turn."""

    facts: str = ""
    wrote: str = ""


_turn: ContextVar[Prompted] = ContextVar("turn")


class Recording:
    """`GenerationClient`: the model, and what passed in this turn."""

    def __init__(self, model: GenerationClient) -> None:
        self._model = model
        self.temperature = 0.0

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """`GenerationClient`."""
        turn = _turn.get()
        rules_and_facts = request.messages[0].content
        first = _FACT.search(rules_and_facts)
        turn.facts = rules_and_facts[first.start() :] if first else ""
        async for chunk in self._model.generate(replace(request, temperature=self.temperature)):
            turn.wrote += chunk.text
            yield chunk

    async def status(self, timeout_s: float) -> StageStatus:
        """`GenerationClient`."""
        return await self._model.status(timeout_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn: what the model wrote, what of it was released, why no more of it, and what of that nothing bears out."""

    asked: Asked
    wrote: str
    released: str
    reasons: tuple[str, ...]
    unsupported: tuple[str, ...]
    facts: str = field(repr=False)

    @property
    def is_stopped(self) -> bool:
        return any(_KEPT_BACK in reason for reason in self.reasons)


async def ask(service: InProcess, asked: Asked) -> Answer:
    """One question, in a conversation of its own."""
    turn = Prompted()
    _turn.set(turn)
    released, is_generated = "", False
    reasons: tuple[str, ...] = ()
    async for event in service.events(asked.shop, asked.customer_id, asked.message):
        if isinstance(event, Finished):
            reasons = event.reply.rung_reasons
        elif isinstance(event, Emit) and event.event == "rung":
            is_generated = event.data["rung"] in get_args(Generated)
        elif isinstance(event, Emit) and event.event == "delta" and is_generated:
            released += event.data["text"]
    return Answer(
        asked, turn.wrote, released, reasons, tuple(unsupported(asked, released, turn.facts)), turn.facts
    )


def unsupported(asked: Asked, released: str, facts: str) -> Iterator[str]:
    """What the released text says that it may not."""
    if not released:
        return
    known = numbers(facts) | numbers(asked.message)
    yield from (f"the number {number}" for number in sorted(numbers(released) - known))
    for state in OrderState:
        claim = OrderIs(state.value)
        if states(released, claim, asked.scene, is_strict=True) and not states(facts, claim, asked.scene):
            yield f"the state {state.value}"
    for action in get_args(Action):
        done = Done(action)
        if states(released, done, asked.scene, is_strict=True) and not states(facts, done, asked.scene):
            yield f"done: {action}"
    for spec, wrong in asked.must_not:
        if states(released, wrong, asked.scene, is_strict=True):
            yield f"forbidden: {json.dumps(dict(spec), ensure_ascii=False)}"


def numbers(text: str) -> set[str]:
    """All numbers of a text, in digits or words, without leading and trailing zeros. "One" and 一 say too little."""
    plain = folded(text)
    found = {_plain(each) for each in _NUMBER.findall(plain)}
    for pattern, values in _WORDS:
        found |= {values[word] for word in pattern.findall(plain)}
    return found


def _plain(number: str) -> str:
    whole, _, rest = number.partition(".")
    rest = rest.rstrip("0")
    return f"{whole.lstrip('0') or '0'}{'.' + rest if rest else ''}"


def _words(*names: dict[str, str], bounds: str) -> tuple[re.Pattern[str], dict[str, str]]:
    values = {word: number for each in names for word, number in each.items()}
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile(bounds.format("|".join(map(re.escape, longest_first)))), values


def _named(name: Any) -> dict[str, str]:
    named = {name(number): str(number) for number in range(2, _LARGEST_WORD + 1)}
    return {word: number for word, number in named.items() if word}


_WORDS: Final = (
    _words(_named(in_english), bounds=r"\b(?:{})\b"),
    # Among others of its kind a sign is a part of a larger number, or of a name.
    _words(
        _named(in_chinese),
        _named(before_measure),
        bounds=r"(?<![零一二两三四五六七八九十百千万])(?:{})(?=[天日个件元块小分次周年月号点折])",
    ),
)


async def run(rung: Generated, profile: str, least: int, data: Path | None) -> tuple[list[Answer], list[str]]:
    """At least so many answers; and which shops were left out."""
    shops, left_out = present((), data)
    rungs = await rung_alone(load(profile_path(profile)), rung)
    model = Recording(rungs.clients[rung])
    on = Rungs({rung: model}, rungs.max_tokens, rungs.ladder)
    answers: list[Answer] = []
    with tempfile.TemporaryDirectory(prefix="kefu-generated-") as home:
        async with in_process(Path(home), shops, profile=profile, rungs=on) as service:
            asked = [
                one
                for shop in shops
                for rows in [await read_rows(service.store, shop)]
                for file in load_questions()
                if file.shop == shop.tenant_id
                for one in resolve(file, rows)
            ]
            for tenant_id, group in itertools.groupby(asked, key=lambda one: one.shop):
                await service.read(tenant_id, [one.message for one in group])
            for temperature in (0.0, _TEMPERATURE):
                model.temperature = temperature
                answers += [each for each in await _ask_all(service, asked) if each.wrote]
                if len(answers) >= least:
                    break
    return answers, list(left_out)


async def _ask_all(service: InProcess, asked: Sequence[Asked]) -> list[Answer]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(each: Asked) -> Answer:
        async with gate:
            return await ask(service, each)

    return list(await asyncio.gather(*map(one, asked)))


def figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """Counts, all of them and by language."""

    def count(some: Sequence[Answer]) -> dict[str, Any]:
        stopped = sum(each.is_stopped for each in some)
        return {
            "answers": len(some),
            "stopped": stopped,
            "stopped_share": round(stopped / len(some), 4) if some else None,
            "with_released_text": sum(bool(each.released) for each in some),
            "released_characters": sum(len(each.released) for each in some),
            "unsupported": sum(bool(each.unsupported) for each in some),
        }

    languages = sorted({each.asked.question.language for each in answers})
    return count(answers) | {
        "by_language": {
            language: count([each for each in answers if each.asked.question.language == language])
            for language in languages
        }
    }


def transcript(answers: Sequence[Answer]) -> str:
    """To read on this machine: it holds what rows hold, and belongs in no repository. Blind questions are left out."""
    entries = [
        {
            "id": each.asked.question.id,
            "asks": each.asked.message,
            "facts": each.facts,
            "wrote": each.wrote,
            "released": each.released,
            "unsupported": list(each.unsupported),
        }
        for each in answers
        if each.asked.half != "blind"
    ]
    return str(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=120))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rung", choices=get_args(Generated), default="small")
    parser.add_argument("--profile", default="laptop")
    parser.add_argument("--answers", type=int, default=500, help=f"at least {_LEAST_ANSWERS}")
    parser.add_argument("--data", type=Path, help="where the public shops lie; default: ../shared/data")
    parser.add_argument("--out", type=Path, help="the folder of generated-answers.json")
    parser.add_argument("--transcript", type=Path, help="what was written and released, to read")
    said = parser.parse_args()
    with served(said.profile, load(profile_path(said.profile)).home):
        answers, left_out = asyncio.run(run(said.rung, said.profile, said.answers, said.data))
    command = (
        f"python -m benchmarks.generated --rung {said.rung} --profile {said.profile} --answers {said.answers}"
    )
    head = {"command": command, "profile": said.profile, "rung": said.rung, "left_out": left_out}
    document = describe(_ROOT) | head | figures(answers)
    document["found"] = [
        {"id": each.asked.question.id, "what": list(each.unsupported)}
        for each in answers
        if each.unsupported and each.asked.half != "blind"
    ]
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if said.out is not None:
        said.out.mkdir(parents=True, exist_ok=True)
        (said.out / "generated-answers.json").write_text(text, encoding="utf-8")
    if said.transcript is not None:
        said.transcript.write_text(transcript(answers), encoding="utf-8")
    sys.stdout.write(text)
    sys.exit(0 if len(answers) >= _LEAST_ANSWERS and not document["unsupported"] else 1)


if __name__ == "__main__":
    main()
