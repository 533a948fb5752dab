"""Dialogues as they are written in the YAML files here, and what must hold at each of their turns.

A file is a list of dialogues. Each says in which `language` it is, what the customer `has` (see `benchmarks.dialogues.had`),
and its `turns`. A turn is what the customer `says`, and then

    intent, move, rule, queue   as the reply has them
    tells, not_tells            what the answer contains, and what it must not; {A} is an order's number
    then                        what the books say otherwise than before. Without it nothing may have changed; with it
                                nothing else, but on the shelves

or it is something that happens `meanwhile` (see `benchmarks.dialogues.talk`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.dialogues.books import STOCK
from benchmarks.dialogues.had import Had, had
from benchmarks.dialogues.talk import Said, Talk
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import InProcess

HERE: Final = Path(__file__).parent
_KEYS: Final = {"says", "intent", "move", "rule", "queue", "tells", "not_tells", "then", "meanwhile"}
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH: Final = re.compile(r"\b[A-Za-z]{2,}(?: [A-Za-z]{2,}){3,}")
# Nothing that a careful writer would send.
_BROKEN: Final = re.compile(r"None\b|[{}]|。。|，，|；。|：。|;\.|\.\.|,,| ,|\( |（）|\(\)|  ")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`name` is unique, and begins with that of its file."""

    name: str
    language: str
    has: Had
    turns: tuple[Mapping[str, Any], ...] = field(hash=False)


def dialogues(folder: Path = HERE) -> tuple[Dialogue, ...]:
    """All of them. Raises ValueError for what a dialogue can't say."""
    return tuple(_dialogue(path, said) for path in sorted(folder.glob("*.yaml")) for said in _read(path))


def _read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _dialogue(path: Path, said: Mapping[str, Any]) -> Dialogue:
    if unknown := set(said) - {"name", "language", "has", "turns"}:
        raise ValueError(f"{path.name}: {said['name']}: {unknown} says nothing")
    for turn in said["turns"]:
        if unknown := set(turn) - _KEYS:
            raise ValueError(f"{path.name}: {said['name']}: {unknown} says nothing of a turn")
    name, language = f"{path.stem}: {said['name']}", said["language"]
    return Dialogue(name, language, had(said.get("has", {}), language), tuple(said["turns"]))


async def play(
    service: InProcess, readings: Readings, dialogue: Dialogue, again: str = "", *, by_name: bool = True
) -> list[Said]:
    """All its turns. Raises AssertionError with the whole conversation where one is not as it was written. Not `by_name`: by
    what is said and done alone, whatever the rules are called by which that came about.
    """
    service.later = timedelta()
    talk = Talk(service, readings, dialogue.name, dialogue.has, again)
    await talk.begin()
    heard: list[Said] = []
    for turn in dialogue.turns:
        if "meanwhile" in turn:
            await talk.meanwhile(turn["meanwhile"])
            continue
        heard.append(await talk.say(turn["says"]))
        unnamed = {key: value for key, value in turn.items() if by_name or key != "rule"}
        wrong = await _wrong(talk, unnamed, heard[-1], dialogue)
        if wrong:
            raise AssertionError("\n".join((f"{dialogue.name}: {'; '.join(wrong)}", *map(transcript, heard))))
    return heard


def transcript(said: Said) -> str:
    """One turn, to be read."""
    understood = said.reply.understood
    read = f"{understood.intent} {understood.probability:.2f} {understood.decision}"
    return f"> {said.message}\n  [{read}] {said.reply.move}: {said.reply.reason}\n{said.reply.answer}"


async def _wrong(talk: Talk, turn: Mapping[str, Any], said: Said, dialogue: Dialogue) -> list[str]:
    reply = said.reply
    found = {
        "intent": reply.understood.intent, "move": reply.move, "rule": reply.reason, "queue": reply.queue
    }  # fmt: skip
    wrong = [
        f"{key} is {found[key]!r}, not {turn[key]!r}"
        for key in found
        if turn.get(key, found[key]) != found[key]
    ]
    for told in _listed(turn.get("tells")):
        if (text := await talk.text(told)) not in reply.answer:
            wrong.append(f"it does not say {text!r}")
    for told in _listed(turn.get("not_tells")):
        if (text := await talk.text(told)) in reply.answer:
            wrong.append(f"it says {text!r}")
    return [
        *wrong,
        *_otherwise(turn.get("then", {}), said),
        *_badly_said(said, dialogue),
        *_leaks(talk, said),
    ]


def _listed(said: Any) -> Sequence[str]:
    return [] if said is None else [str(each) for each in said] if isinstance(said, list) else [str(said)]


def _otherwise(expected: Mapping[str, Any], said: Said) -> list[str]:
    """`changed` is what was expected; of the shelves what is said of them, where anything is to change."""
    got = {key: value for key, value in said.changed.items() if not (expected and key.startswith(STOCK))}
    wanted = {
        key: [str(each) for each in value] if isinstance(value, list) else str(value)
        for key, value in expected.items()
    }
    shelves = {key: said.changed.get(key, "") for key in wanted if key.startswith(STOCK)}
    got |= shelves
    if got == wanted:
        return []
    return [f"the books say {got}, not {wanted}"]


def _badly_said(said: Said, dialogue: Dialogue) -> list[str]:
    answer, language = said.reply.answer, said.reply.understood.language
    if not answer.strip():
        return ["it says nothing"]
    wrong = [f"it says {broken[0]!r}"] if (broken := _BROKEN.search(answer)) else []
    if language == "zh" and (foreign := _ENGLISH.search(answer)) and dialogue.language == "zh":
        wrong.append(f"in Chinese it says {foreign[0]!r}")
    if language == "en" and (han := _HAN.search(answer)) and dialogue.language == "en":
        wrong.append(f"in English it says {han[0]!r}")
    return wrong


def _leaks(talk: Talk, said: Said) -> list[str]:
    """The number of somebody else's order is told to nobody who did not say it."""
    others = [talk.customer.ids[name] for name in talk.customer.had.others]
    return [f"it tells {one}" for one in others if one in said.reply.answer and one not in said.message]
