"""Whether a text says of a topic that it is so, or that it is not, in whatever words: by how often what is said is turned
round. "Below ¥99 postage isn't free" turns it twice, and says what "free from ¥99" does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Final

import yaml

from routing.grounding.kept import kept
from routing.grounding.shape import pieces_of, shape_of
from routing.grounding.text import CJK

_TABLE: Final[dict[str, Any]] = yaml.safe_load(
    (files("routing.grounding") / "topics.yaml").read_text(encoding="utf-8")
)


def _pattern(text: str, language: str) -> re.Pattern[str] | None:
    text = text.replace("\n", "")
    if not text:
        return None
    return re.compile(rf"(?<![a-z])(?:{text})(?![a-z])" if language == "en" else text)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a topic is told by in one language."""

    name: str
    about: re.Pattern[str]
    turns: re.Pattern[str] | None
    when: re.Pattern[str] | None
    idle: re.Pattern[str] | None
    needs: re.Pattern[str] | None
    but: re.Pattern[str] | None


def _words(name: str, row: dict[str, str], language: str) -> _Words:
    about = _pattern(row[language], language)
    assert about is not None
    turns, when, idle = (
        _pattern(row.get(f"{key}_{language}", ""), language) for key in ("turns", "when", "idle")
    )
    needs, but = (re.compile(row[key].replace("\n", "")) if key in row else None for key in ("needs", "but"))
    return _Words(name, about, turns, when, idle, needs, but)


@dataclass(frozen=True, slots=True)
class _Language:
    topics: tuple[_Words, ...]
    state: re.Pattern[str]
    turns: re.Pattern[str]
    idle: re.Pattern[str]
    assents: re.Pattern[str]
    no_reason: re.Pattern[str]
    condition: re.Pattern[str]
    mention: re.Pattern[str]
    believed: re.Pattern[str]


def _language(language: str) -> _Language:
    def of(text: str) -> re.Pattern[str]:
        made = _pattern(text, language)
        assert made is not None
        return made

    def edges(row: dict[str, str]) -> re.Pattern[str]:
        if language == "en":
            return re.compile(rf"\s*(?:{row['en']})(?![a-z])".replace("\n", ""))
        start, end = row["zh_start"], row.get("zh_end")
        return re.compile(rf"\s*(?:{start})" + (rf"|.*(?:{end})\s*$" if end else ""))

    return _Language(
        tuple(_words(name, row, language) for name, row in _TABLE["topics"].items()),
        of(_TABLE["state"][language]),
        of(_TABLE["turns"][language]),
        of(_TABLE["idle"][language]),
        of(_TABLE["assents"][language]),
        of(_TABLE["no_reason"][language]),
        edges(_TABLE["condition"]),
        edges(_TABLE["mention"]),
        edges(_TABLE["believed"]),
    )


# Characters of a piece that only answers.
_SHORT: Final = 24
_LANGUAGES: Final = {"en": _language("en"), "zh": _language("zh")}


@dataclass(frozen=True, slots=True)
class Stance:
    """What a piece of a text says of a topic: 1 that it is so, -1 that it is not."""

    topic: str
    sign: int
    start: int
    end: int
    # Whether the piece has words by which it says so, and does not merely name the topic.
    is_sure: bool = True
    # Whether it holds where the topic's rule does not: below the amount, after the hour, for a fault.
    is_under: bool = False


@kept
def stances_in(text: str) -> tuple[Stance, ...]:
    """Of a folded text, from left to right of each topic."""
    shape = shape_of(text)
    language = _LANGUAGES["zh" if CJK.search(shape) else "en"]
    spoken_of = _spoken_of(shape, language)
    return tuple(
        stance
        for words in spoken_of
        for stance in _of_topic(shape, words, [other for other in spoken_of if other is not words], language)
    )


def topics_in(text: str) -> frozenset[str]:
    """The topics that a folded text speaks of."""
    shape = shape_of(text)
    return frozenset(
        words.name for words in _spoken_of(shape, _LANGUAGES["zh" if CJK.search(shape) else "en"])
    )


def _spoken_of(shape: str, language: _Language) -> list[_Words]:
    return [
        words
        for words in language.topics
        if words.about.search(shape)
        and (words.needs is None or words.needs.search(shape))
        and not (words.but is not None and words.but.search(shape))
    ]


def _of_topic(shape: str, words: _Words, others: list[_Words], language: _Language) -> list[Stance]:
    """What the pieces about the topic say of it, and those behind them that are about nothing else."""
    pieces = pieces_of(shape)
    found: list[Stance] = []
    mentioned: Stance | None = None
    is_on, is_when = False, False
    for start, end, goes_on in pieces:
        piece = shape[start:end]
        is_when &= goes_on
        if language.believed.match(piece):
            is_on = words.about.search(piece) is not None
            continue
        if words.idle is not None and not words.idle.sub("", piece).strip():
            continue
        is_about = words.about.search(piece) is not None
        if not is_about and (
            language.state.search(piece) or any(other.about.search(piece) for other in others)
        ):
            is_on, is_when = False, False
            continue
        is_on |= is_about
        flips, has_when = _turned(piece, words, language)
        is_last = end == pieces[-1][1]
        is_condition = language.condition.match(piece) is not None or (has_when and not is_about)
        if not flips and is_condition and not (is_last and (is_about or not found)):
            # A condition that stands last is of what stands before it.
            if is_last and has_when:
                found[-1] = replace(found[-1], sign=-found[-1].sign)
            is_when = has_when
        elif is_about and not flips and not has_when and language.mention.match(piece):
            pass
        elif is_about or (is_on and (flips or has_when or (mentioned and _says_so(piece, language)))):
            sign = 1 - 2 * ((flips + (has_when or is_when)) % 2)
            is_sure = bool(flips or has_when or is_when or language.assents.search(piece))
            first = mentioned.start if mentioned and not is_about else start
            is_when |= has_when
            found.append(Stance(words.name, sign, first, end, is_sure, is_when))
            continue
        mentioned = Stance(words.name, 1, start, end, is_sure=False) if is_about else mentioned
    return found or ([mentioned] if mentioned else [])


def _says_so(piece: str, language: _Language) -> bool:
    """Whether a short piece says so of what was named before it: that is possible."""
    return len(piece.strip()) <= _SHORT and language.assents.search(piece) is not None


def _turned(piece: str, words: _Words, language: _Language) -> tuple[int, bool]:
    """How often what is said is turned round, and whether it is under a condition that turns it."""
    if words.idle is not None:
        piece = words.idle.sub("_", piece)
    if words.name != "reason":
        piece = language.no_reason.sub("_", piece)
    piece = language.idle.sub("_", piece)
    has_when = words.when is not None and words.when.search(piece) is not None
    if words.when is not None:
        piece = words.when.sub("_", piece)
    piece, flips = language.turns.subn("_", piece)
    if words.turns is not None:
        flips += words.turns.search(piece) is not None
    return flips, has_when
