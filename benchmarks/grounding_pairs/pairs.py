"""Pairs of a turn's facts and one sentence: half right, half with one planted error, in both languages."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.grounding_pairs.family import NAMING, Family, Pattern, Wordings, wordings
from benchmarks.grounding_pairs.planting import KIND_OF, contradicts, planted
from benchmarks.grounding_pairs.turns import Line, Turn, claimed, slot_types, turn
from benchmarks.grounding_pairs.values import LANGUAGES, Language, Value
from benchmarks.grounding_pairs.writing import filled, slots, written

KINDS: Final = (
    *("number", "money", "percent", "date", "time", "duration", "state", "negation", "name", "identifier"),
    *("promise", "other_subject"),
)
_TWO_SUBJECTS: Final = 0.4
# How often the customer holds that the planted value is right.
_CLAIMED: Final = 0.1
_UNCLAIMED: Final = frozenset({"id", "state", "product"})
_TRIES: Final = 500


class NoPairError(Exception):
    """The wordings give no new pair of this kind."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`kind` of a right sentence says what it is about, of a wrong one which error it holds; `error` is that in words."""

    language: Language
    lines: tuple[Line, ...]
    said: str
    sentence: str
    kind: str
    pattern: str
    error: str | None = None

    @property
    def is_right(self) -> bool:
        return self.error is None


@dataclass(frozen=True, slots=True)
class Draft:
    """A right sentence that is not yet spoilt."""

    pattern: Pattern
    turn: Turn
    texts: Mapping[str, str]

    @property
    def sentence(self) -> str:
        return filled(self.pattern.says, self.texts)

    def pair(self, kind: str, sentence: str, error: str | None = None, said: str | None = None) -> Pair:
        turn = self.turn
        return Pair(turn.language, turn.lines, said or turn.said, sentence, kind, self.pattern.name, error)


def pairs(family: Family, count: int, seed: int) -> tuple[Pair, ...]:
    """The same for the same seed. Right and wrong, and both languages, in turn; no sentence twice for the same facts."""
    rng = random.Random(f"{family} {seed}")
    made = [pair for language in LANGUAGES for pair in _of(family, language, count // len(LANGUAGES), rng)]
    rng.shuffle(made)
    return tuple(made)


def _of(family: Family, language: Language, count: int, rng: random.Random) -> Iterator[Pair]:
    words = wordings(family, language)
    seen: set[str] = set()
    patterns = _in_turn(rng, words.patterns)
    for number in range(count):
        for _ in range(_TRIES):
            pair = (
                _right(rng, words, next(patterns))
                if number % 2 == 0
                else _wrong(rng, words, KINDS[number // 2 % len(KINDS)])
            )
            if pair is not None and (pair.sentence not in seen or "{" not in _template(words, pair)):
                break
        else:
            raise NoPairError(f"{family} {language}: no new pair {number}")
        seen.add(pair.sentence)
        yield pair


def _template(words: Wordings, pair: Pair) -> str:
    """A sentence without slots may come again: its facts are others."""
    return next(pattern.says for pattern in words.patterns if pattern.name == pair.pattern)


def _in_turn(rng: random.Random, patterns: tuple[Pattern, ...]) -> Iterator[Pattern]:
    """Every one before one comes again."""
    while True:
        yield from rng.sample(patterns, len(patterns))


def drafted(rng: random.Random, words: Wordings, pattern: Pattern, *, has_other: bool) -> Draft:
    """The pattern with the values of a new turn."""
    made = turn(rng, words.language, pattern.wish(has_other=has_other))
    texts = {slot: written(rng, made.main[slot], words.language, words.forms, slot) for slot in pattern.slots}
    return Draft(pattern, made, texts)


def _right(rng: random.Random, words: Wordings, pattern: Pattern) -> Pair:
    draft = drafted(rng, words, pattern, has_other=rng.random() < _TWO_SUBJECTS)
    return draft.pair(pattern.subject, draft.sentence)


def _wrong(rng: random.Random, words: Wordings, kind: str) -> Pair | None:
    if kind == "promise":
        return _with_promise(rng, words)
    is_other = kind == "other_subject"
    draft = drafted(
        rng, words, rng.choice(_able(words, kind)), has_other=is_other or rng.random() < _TWO_SUBJECTS
    )
    if is_other:
        return _of_other(rng, words, draft)
    ways: list[str | None] = [slot for slot in draft.pattern.slots if _kind(slot) == kind]
    ways += [None] * (kind in draft.pattern.wrong)
    if not ways:
        return None
    slot = rng.choice(ways)
    return _reworded(rng, draft, kind) if slot is None else _swapped(rng, words, draft, kind, slot)


def _able(words: Wordings, kind: str) -> list[Pattern]:
    """Patterns that may hold such an error."""
    if kind == "other_subject":
        return [p for p in words.patterns if p.subject in {"order", "product"} and p.names_its_subject]
    return [p for p in words.patterns if kind in p.wrong or any(_kind(slot) == kind for slot in p.slots)]


def _kind(slot: str) -> str:
    """The error's kind where this slot's value is another; none for a part of a name."""
    return "" if slot in _NEVER_PLANTED else KIND_OF[slot_types()[slot]]


_NEVER_PLANTED: Final = frozenset(
    {"line.sort", "product.sort", "product.model", "said.order", "said.colour", "said.size"}
)


def _swapped(rng: random.Random, words: Wordings, draft: Draft, kind: str, slot: str) -> Pair | None:
    turn = draft.turn
    value = planted(rng, turn.main[slot], (*turn.values, *_follows(turn)), turn.dice)
    if value is None:
        return None
    text = written(rng, value, words.language, words.forms, slot)
    if text in draft.texts[slot] or draft.texts[slot] in text:
        return None
    is_claimed = value.type not in _UNCLAIMED and rng.random() < _CLAIMED
    said = claimed(rng, words.language, text) if is_claimed else None
    sentence = filled(draft.pattern.says, {**draft.texts, slot: text})
    return draft.pair(kind, sentence, f"{slot}: {text}, not {draft.texts[slot]}", said)


def _follows(turn: Turn) -> tuple[Value, ...]:
    """What may be said without a fact that says it: prices by number, and a brand."""
    names = ("line.sum", "product.two", "product.three", "product.brand", "line.product")
    return tuple(scope[name] for scope in (turn.main, turn.other) if scope for name in names)


def _reworded(rng: random.Random, draft: Draft, kind: str) -> Pair:
    template = rng.choice(draft.pattern.wrong[kind])
    sentence = filled(template, {slot: draft.texts[slot] for slot in slots(template)})
    return draft.pair(kind, sentence, f"{kind}: the facts say that {draft.sentence}")


def _of_other(rng: random.Random, words: Wordings, draft: Draft) -> Pair | None:
    """What holds of the other order or product, said of this one."""
    turn, own = draft.turn, [slot for slot in draft.pattern.slots if _is_of_other(draft, slot)]
    if not own:
        return None
    slot = rng.choice(own)
    text = written(rng, turn.other[slot], words.language, words.forms, slot)
    sentence = filled(draft.pattern.says, {**draft.texts, slot: text})
    return draft.pair("other_subject", sentence, f"{slot} of the other: {text}, not {draft.texts[slot]}")


def _is_of_other(draft: Draft, slot: str) -> bool:
    turn = draft.turn
    if (
        not turn.other
        or slot in NAMING
        or slot in _NEVER_PLANTED
        or slot.startswith(("shop.", "customer.", "coupon."))
    ):
        return False
    main, other = turn.main[slot], turn.other[slot]
    if main.type == "state":
        return contradicts(main.content, other.content)
    own = [value for line in turn.lines if line.subject == _subject(draft) for value in line.values]
    return main != other and other not in own


def _subject(draft: Draft) -> str:
    """The main order or product, as its facts name it."""
    main, lines = draft.turn.main, draft.turn.lines
    name = main["order.id"] if draft.pattern.subject == "order" else main["product.name"]
    return next(line.subject for line in lines if line.subject and name in line.values)


def _with_promise(rng: random.Random, words: Wordings) -> Pair | None:
    pattern, promise = (
        rng.choice([p for p in words.patterns if p.slots and p.subject != "none"]),
        rng.choice(words.promises),
    )
    draft = drafted(rng, words, pattern, has_other=rng.random() < _TWO_SUBJECTS)
    if promise.unless & {line.kind for line in draft.turn.lines}:
        return None
    goes_on = promise.says[0] in "，,"
    sentence = draft.sentence.rstrip("。.！!") + promise.says if goes_on else promise.says
    return draft.pair("promise", sentence, promise.says)
