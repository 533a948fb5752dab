"""What is learned from: questions with their lines, made of the corpus by a seed."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models.selection.corpus import ALL, STYLES, Corpus, Hand, Kind, Sheet, load_corpus
from models.types.understanding import Language

FEWEST: Final = 4
MOST: Final = 12


@dataclass(frozen=True, slots=True)
class Lesson:
    """`right` is the place of the line that answers, None where none does.

    `source` names the sheet, or the kind and style of the question. `wording` is the question before its places were filled,
    and `said` are the lines before theirs were.
    """

    language: Language
    source: str
    wording: str
    question: str
    lines: tuple[str, ...]
    said: tuple[str, ...]
    right: int | None


@dataclass(frozen=True, slots=True)
class Wording:
    """A text whose kind is known; `asks` is false of a line."""

    language: Language
    kind: str
    style: str
    wording: str
    text: str
    asks: bool


_PLACE: Final = re.compile(r"\{(\w+)\}")
_NAMED: Final = {
    ("order", "zh"): ("订单{o}", "{o}", "{o}这单", "尾号{e}那单", "{e}结尾的订单", "我买的{q}", "{q}那单", "那个{q}"),
    ("order", "en"): ("order {o}", "{o}", "the one ending {e}", "my order {o}", "order {o}", "my {q}", "the {q}"),
    ("product", "zh"): ("{q}", "{p}", "这款{q}", "{p}", "你们家{p}", "那个{q}"),
    ("product", "en"): ("the {q}", "{p}", "the {p}", "your {q}", "this {q}", "{p}"),
    ("rules", "zh"): ("",),
    ("rules", "en"): ("it",),
}  # fmt: skip
"""How a customer names what is meant, where several are known."""
_BARE: Final = {
    ("order", "zh"): ("我的订单", "这单", "我那单", "", "我买的东西", "订单"),
    ("order", "en"): ("my order", "it", "my stuff", "this order", "my parcel", "my purchase"),
    ("product", "zh"): ("这个", "它", "这款", "", "这东西"),
    ("product", "en"): ("it", "this", "this one", "that"),
    ("rules", "zh"): ("",),
    ("rules", "en"): ("it",),
}
_GENERAL: Final = {"zh": ("", "", "东西", "订单"), "en": ("it", "an order", "something", "an item")}
_VARIANT: Final = {
    "zh": ("{q}{c}{s}", "{c}{s}码的{q}", "{c}的{s}码", "{s}码{c}"),
    "en": ("the {q} in {c}, size {s}", "the {c} {q} in {s}", "{c} {s}"),
}
_KEEPS: Final = {"o": "o", "e": "o", "p": "p", "q": "p", "c": "c", "s": "s"}
"""Which place of a line tells what a place of the question names."""


def fixed(corpus: Corpus, hand: Hand, seed: int, times: int) -> list[Lesson]:
    """Of each sheet of the hand every question, `times` over, with other lines about it."""
    made = []
    for sheet in (sheet for sheet in corpus.sheets if sheet.hand == hand):
        dice = random.Random(f"{seed} {corpus.language} {sheet.name}")
        for _ in range(times):
            made += list(_of_sheet(corpus, sheet, dice))
    return made


def composed(corpus: Corpus, seed: int, count: int) -> list[Lesson]:
    """`count` questions about sheets made of kinds."""
    dice = random.Random(f"{seed} {corpus.language}")
    made: list[Lesson] = []
    while len(made) < count:
        if (lesson := _of_kinds(corpus, dice)) is not None:
            made.append(lesson)
    return made


def wordings(corpus: Corpus, seed: int, times: int) -> list[Wording]:
    """Every wording of every kind, `times` over with its places filled in another way."""
    dice = random.Random(f"{seed} {corpus.language} wordings")
    made = []
    for kind in corpus.kinds:
        for style in STYLES:
            for ask in kind.ask[style]:
                for _ in range(times if "{" in ask else 1):
                    text = _question(
                        corpus, kind, ask, _values(corpus, dice), dice, is_named=dice.random() < 0.6
                    )
                    made.append(Wording(corpus.language, kind.name, style, ask, text, asks=True))
        for say in kind.say:
            for _ in range(times if "{" in say else 1):
                text = _filled(say, _values(corpus, dice))
                made.append(Wording(corpus.language, kind.name, "say", say, text, asks=False))
    return made


def _of_sheet(corpus: Corpus, sheet: Sheet, dice: random.Random) -> Iterator[Lesson]:
    lines = list(sheet.lines)
    for line, questions in sheet.lines.items():
        for question in questions:
            others = [other for other in lines if other != line]
            kept = dice.sample(others, dice.randint(min(FEWEST - 1, len(others)), len(others)))
            if dice.random() < 0.25:
                yield _lesson(
                    corpus, sheet.name, question, question, None, {line: line for line in others}, dice
                )
            else:
                yield _lesson(
                    corpus, sheet.name, question, question, line, {each: each for each in (*kept, line)}, dice
                )
    for question in sheet.none:
        yield _lesson(corpus, sheet.name, question, question, None, {line: line for line in lines}, dice)


def _lesson(
    corpus: Corpus, source: str, wording: str, question: str, right: str | None, said: dict[str, str], dice: random.Random
) -> Lesson:  # fmt: skip
    """`said` has every line, `right` among them, and what it was before its places were filled."""
    extra = dice.choice((0, 0, 1, 2, 3)) if len(said) >= FEWEST else FEWEST - len(said)
    said = said | {line: line for line in _foreign(corpus, source, dice, extra)}
    # Of more than can be shown the one that answers stays.
    others = [line for line in said if line != right][: MOST - 1]
    lines = [*others, *([right] if right is not None else [])]
    dice.shuffle(lines)
    place = None if right is None else lines.index(right)
    spoken = _spoken(corpus.language, question, dice)
    return Lesson(
        corpus.language, source, wording, spoken, tuple(lines), tuple(said[line] for line in lines), place
    )


def _foreign(corpus: Corpus, source: str, dice: random.Random, count: int) -> list[str]:
    """Lines of another sheet of training."""
    sheet = dice.choice([s for s in corpus.sheets if s.hand == "own" and s.name != source])
    return dice.sample(list(sheet.lines), min(count, len(sheet.lines)))


def _spoken(language: Language, question: str, dice: random.Random) -> str:
    if dice.random() < 0.15:
        question = (
            dice.choice(("请问", "你好，", "亲，") if language == "zh" else ("hi, ", "hello ", "please, "))
            + question
        )
    if question[-1] not in "?？" and dice.random() < 0.3:
        question += "？" if language == "zh" else "?"
    elif dice.random() < 0.3:
        question = question.rstrip("?？") or question
    return question[0].upper() + question[1:] if language == "en" and dice.random() < 0.3 else question


def _of_kinds(corpus: Corpus, dice: random.Random) -> Lesson | None:
    about = dice.choices(("order", "product", "rules"), (0.45, 0.3, 0.25))[0]
    known = [kind for kind in corpus.kinds if kind.about == about]
    # Of a mixed kind not every line answers every question: it is only asked for where nothing is told of it.
    is_mixed = dice.random() < 0.1
    asked = dice.choice([kind for kind in known if kind.mixed == is_mixed])
    is_answered = not is_mixed and dice.random() < 0.85
    if not is_answered and ALL in asked.near:
        return None
    is_general = about == "rules" or (about == "order" and dice.random() < 0.2)
    if is_general:
        known = [kind for kind in corpus.kinds if any(_is_general(say) for say in kind.say)]
    count = 1 if is_general else dice.choice((1, 2, 2, 2, 3))
    subjects = _subjects(corpus, about, count, dice)
    avoided = {asked.name, *asked.near}
    said: dict[str, str] = {}
    for place, values in enumerate(subjects):
        # Of the other subject what is asked for of the first one: the same words, and another's.
        wanted = [asked] if place and dice.random() < 0.75 else []
        free = [kind for kind in known if kind.name not in (avoided if place == 0 else {asked.name})]
        chosen = wanted + dice.sample(free, min(len(free), dice.randint(2, 8 - 2 * min(count, 3))))
        for kind in chosen:
            said |= _said(kind, values, corpus, dice, is_general)
    answer = _said(asked, subjects[0], corpus, dice, is_general)
    if not answer or answer.keys() & said.keys():
        return None
    (right,) = answer
    style = dice.choice(STYLES)
    ask = dice.choice(asked.ask[style])
    question = _question(corpus, asked, ask, subjects[0], dice, is_named=count > 1, is_general=is_general)
    if count > 1:
        if is_answered and not _is_told(question, right, subjects[0]):
            return None
        if dice.random() < 0.1:  # of a subject that is not on the sheet
            is_answered = False
            said |= answer
            question = _question(
                corpus, asked, ask, _absent(corpus, " ".join(said), dice), dice, is_named=True
            )
    if is_answered:
        said |= answer
    return _lesson(corpus, f"{asked.name} {style}", ask, question, right if is_answered else None, said, dice)


def _is_general(say: str) -> bool:
    return not {"o", "p"} & set(_PLACE.findall(say))


def _said(
    kind: Kind, values: dict[str, str], corpus: Corpus, dice: random.Random, is_general: bool
) -> dict[str, str]:
    """A line of the kind with its wording, about nothing special where `is_general`; nothing where it has none."""
    fit = [say for say in kind.say if _is_general(say) == is_general or kind.about == "rules"]
    if not fit:
        return {}
    say = dice.choice(fit)
    return {_filled(say, values | _numbers(corpus, dice)): say}


def _question(
    corpus: Corpus, kind: Kind, ask: str, values: dict[str, str], dice: random.Random,
    *, is_named: bool, is_general: bool = False,
) -> str:  # fmt: skip
    language = corpus.language
    names = (_NAMED if is_named else _BARE)[kind.about, language]
    name = dice.choice(_GENERAL[language] if is_general else names)
    variant = dice.choice(_VARIANT[language])
    text = _filled(ask.replace("{x}", name).replace("{v}", variant), values)
    text = text.lstrip("，,") if text[1:] else ask.replace("{x}", "它")
    # English names stand within sentences: no article twice.
    return re.sub(r"\b(my|the|your|this|for) (my|the|your|this) ", r"\1 ", text)


def _is_told(question: str, line: str, values: dict[str, str]) -> bool:
    """The question says which subject is meant, and the line whose it is."""
    named = {_KEEPS[place] for place in ("o", "e", "q") if values[place].lower() in question.lower()}
    return any(values[place].lower() in line.lower() for place in named)


def _filled(text: str, values: dict[str, str]) -> str:
    text = _PLACE.sub(lambda found: values[found[1]], text)
    return text[0].upper() + text[1:] if text[0].isascii() and text.endswith(".") else text


def _subjects(corpus: Corpus, about: str, count: int, dice: random.Random) -> list[dict[str, str]]:
    made: list[dict[str, str]] = []
    products = dice.sample(corpus.values["products"], count)
    # Products that share their name and differ by colour and size alone.
    is_variant = about == "product" and dice.random() < 0.3
    for place in range(count):
        values = _values(corpus, dice)
        if place and dice.random() < 0.4:  # an order number that is nearly the other's
            values |= _like(made[0]["o"], dice)
        values |= _named(products[0 if is_variant else place])
        made.append(values)
    return made


def _named(product: str) -> dict[str, str]:
    name, _, short = product.partition("/")
    return {"p": name, "q": short}


def _absent(corpus: Corpus, shown: str, dice: random.Random) -> dict[str, str]:
    """An order and a product that no line names."""
    products = [name for name in corpus.values["products"] if name.split("/")[0] not in shown]
    return _values(corpus, dice) | _named(dice.choice(products))


def _like(order: str, dice: random.Random) -> dict[str, str]:
    last = str((int(order[-1]) + dice.randint(1, 9)) % 10)
    return {"o": order[:-1] + last, "e": order[-4:-1] + last}


def _values(corpus: Corpus, dice: random.Random) -> dict[str, str]:
    """One of each; orders look as a shop's numbers do."""
    values = corpus.values
    order = dice.choice(("KF{}", "{}", "SO-{}", "#{}")).format(dice.randint(10_000, 99_999_999))
    colours, sizes = dice.sample(values["colours"], 2), dice.sample(values["sizes"], 2)
    return (
        _numbers(corpus, dice)
        | _named(dice.choice(values["products"]))
        | {
            "o": order,
            "e": order[-4:],
            "t": dice.choice(("SF{}", "YT{}", "1Z{}", "{}")).format(dice.randint(10**9, 10**11)),
            "k": dice.choice(values["carriers"]),
            "y": dice.choice(values["towns"]),
            "pay": dice.choice(values["paid_with"]),
            "mat": dice.choice(values["materials"]),
            "lvl": dice.choice(values["levels"]),
            "c": colours[0],
            "c2": colours[1],
            "s": sizes[0],
            "s2": sizes[1],
        }
    )


def _numbers(corpus: Corpus, dice: random.Random) -> dict[str, str]:
    """What each line has its own of, also of one subject."""
    day = dice.choice(corpus.values["date"]).format(
        month=dice.randint(1, 12), day=dice.randint(1, 28), name=dice.choice(_MONTHS)
    )
    whole = dice.choice((9, 19, 49, 59, 99, 129, 199, 268, 299, 399, 499, 899, 1299))
    return {
        "d": day,
        "m": dice.choice(corpus.values["money"]).format(whole=whole + dice.randint(0, 9)),
        "n": str(dice.randint(2, 9)),
        "n2": str(dice.randint(10, 99)),
    }


_MONTHS: Final = ("January", "February", "March", "May", "June", "July", "September", "November", "December")


def all_lessons(sheets: int = 2, kinds: int = 1500) -> list[Lesson]:
    """Of both languages: every question of every sheet `sheets` times, another hand's twice as often, and `kinds` of composed
    ones.
    """
    corpora = [load_corpus(language) for language in _LANGUAGES]
    return [
        lesson
        for corpus in corpora
        for lesson in (
            fixed(corpus, "own", _SEED, sheets)
            + fixed(corpus, "other", _SEED, 2 * sheets)
            + composed(corpus, _SEED, kinds)
        )
    ]


def other_lessons() -> list[Lesson]:
    """Of both languages: every question of another hand, about its whole sheet."""
    return [
        Lesson(language, sheet.name, question, question, tuple(sheet.lines), tuple(sheet.lines), right)
        for language in _LANGUAGES
        for sheet in load_corpus(language).sheets
        if sheet.hand == "other"
        for right, questions in [*enumerate(sheet.lines.values()), (None, sheet.none)]
        for question in questions
    ]


def all_wordings(times: int = 2) -> list[Wording]:
    """Of both languages."""
    return [w for language in _LANGUAGES for w in wordings(load_corpus(language), _SEED, times)]


_SEED: Final = 1
_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
