"""What is learned from: questions with their lines, made of the corpus by a seed."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from models.selection.corpus import ALL, Corpus, Fact, Sheet, Split, Subject, load_corpus
from models.types.understanding import Language

FEWEST: Final = 4
MOST: Final = 12


@dataclass(frozen=True, slots=True)
class Lesson:
    """`right` is the place of the line that answers, None where none does. `source` names the sheet or the fact."""

    language: Language
    source: str
    question: str
    lines: tuple[str, ...]
    right: int | None


_SUBJECTS: Final[tuple[Subject, ...]] = ("order", "product", "variant", "person")
_SHARES: Final = (0.4, 0.25, 0.2, 0.15)
_TOLD_BY: Final[dict[Subject, dict[str, str]]] = {
    "order": {"o": "o", "e": "o", "p": "p", "q": "p"},
    "product": {"p": "p", "q": "p"},
    "variant": {"c": "c", "s": "s"},
    "person": {},
}
"""By which places a question tells which subject it means, and what the line must then have."""
_PLACE: Final = re.compile(r"\{(\w+)\}")
_BARE: Final = {
    "zh": ((r"订单 ?\{o\}(（\{p\}）)? ?|您的订单 ?\{o\} ?|\{p\}（订单 ?\{o\}）", ""), (r"^\{p\}", "这款")),
    "en": ((r"(Your o|O)rder \{o\}( \(\{p\}\))?|\{p\} \(order \{o\}\)", "It"), (r"^\{p\}", "It")),
}
"""Lines that do not say whose they are, where there is one subject alone."""
_BARE_ASKED: Final = {
    "zh": ((r"订单\{o\}|尾号\{e\}|\{o\}这单|\{o\}", "我的订单"), (r"那个\{p\}|\{q\}|\{p\}", "这个")),
    "en": (
        (r"the one ending \{e\}|order \{o\}|\{o\}|\{e\}", "my order"),
        (r"(the|my|a) \{q\}s?|\{p\}", "it"),
    ),
}


def fixed(corpus: Corpus, split: Split, seed: int, times: int) -> list[Lesson]:
    """Of each sheet of the split every question, `times` over, with other lines about it."""
    made = []
    for sheet in (sheet for sheet in corpus.sheets if sheet.split == split):
        dice = random.Random(f"{seed} {corpus.language} {sheet.name}")
        for _ in range(times):
            made += list(_of_sheet(corpus, sheet, dice))
    return made


def composed(corpus: Corpus, split: Split, seed: int, count: int) -> list[Lesson]:
    """`count` questions about sheets of facts; in dev each is for a fact that training never saw."""
    dice = random.Random(f"{seed} {corpus.language} {split}")
    made: list[Lesson] = []
    while len(made) < count:
        if (lesson := _of_facts(corpus, split, dice)) is not None:
            made.append(lesson)
    return made


def _of_sheet(corpus: Corpus, sheet: Sheet, dice: random.Random) -> Iterator[Lesson]:
    lines = list(sheet.lines)
    for line, questions in sheet.lines.items():
        for question in questions:
            others = [other for other in lines if other != line]
            kept = dice.sample(others, dice.randint(min(FEWEST - 1, len(others)), len(others)))
            if dice.random() < 0.2:
                yield _lesson(corpus, sheet.name, question, None, others, dice)
            else:
                yield _lesson(corpus, sheet.name, question, line, kept, dice)
    for question in sheet.none:
        yield _lesson(corpus, sheet.name, question, None, lines, dice)


def _lesson(
    corpus: Corpus, source: str, question: str, right: str | None, others: Sequence[str], dice: random.Random
) -> Lesson:
    lines = [*others, *([right] if right is not None else [])]
    extra = dice.choice((0, 0, 1, 2, 3)) if len(lines) >= FEWEST else FEWEST - len(lines)
    lines += _foreign(corpus, source, dice, extra)
    # Of more than can be shown the one that answers stays.
    lines = [line for line in dict.fromkeys(lines) if line == right or line in lines[: MOST - 1]]
    dice.shuffle(lines)
    place = None if right is None else lines.index(right)
    return Lesson(corpus.language, source, _spoken(corpus.language, question, dice), tuple(lines), place)


def _foreign(corpus: Corpus, source: str, dice: random.Random, count: int) -> list[str]:
    """Lines of another sheet of training."""
    sheet = dice.choice([s for s in corpus.sheets if s.split == "train" and s.name != source])
    return dice.sample(list(sheet.lines), min(count, len(sheet.lines)))


def _spoken(language: Language, question: str, dice: random.Random) -> str:
    if dice.random() < 0.2:
        question = (
            dice.choice(("请问", "你好，", "亲，") if language == "zh" else ("hi, ", "hello ", "please, "))
            + question
        )
    if question[-1] not in "?？" and dice.random() < 0.4:
        question += "？" if language == "zh" else "?"
    return question[0].upper() + question[1:] if language == "en" and dice.random() < 0.3 else question


def _of_facts(corpus: Corpus, split: Split, dice: random.Random) -> Lesson | None:
    subject = dice.choices(_SUBJECTS, _SHARES)[0]
    known = [fact for fact in corpus.facts if fact.subject == subject]
    asked_of = [fact for fact in known if fact.split == split]
    shown = [fact for fact in known if split == "dev" or fact.split == "train"]
    asked = dice.choice(asked_of)
    count = 1 if subject == "person" else dice.choice((1, 2, 2, 2, 3))
    filled = _subjects(corpus, subject, count, dice)
    is_answered = dice.random() < 0.68
    others: list[str] = []
    for place, values in enumerate(filled):
        avoided = {asked.group, asked.name, *asked.near} if place == 0 else set()
        # Of the other subject what is asked for of the first one: the same words, and another's.
        wanted = [asked] if place > 0 and dice.random() < 0.75 else []
        for fact in _kinds(shown, avoided, wanted, dice.randint(2, 7 - 2 * min(count, 2)), dice):
            others.append(_filled(dice.choice(fact.say), values | _numbers(corpus, dice)))
    if not is_answered and ALL in asked.near:
        return None
    question, say = dice.choice(asked.ask), dice.choice(asked.say)
    if count > 1 and not _is_told(subject, question, say):
        return None
    if count == 1 and subject in ("order", "product") and dice.random() < 0.4:
        language = corpus.language
        question = _bare(question, _BARE_ASKED[language])
        say = _bare(say, _BARE[language]) if dice.random() < 0.5 else say
    right = _filled(say, filled[0])
    if count > 1 and dice.random() < 0.12:
        # Of a subject that is not on the sheet.
        others.append(right)
        is_answered = False
        filled[0] = _subjects(corpus, subject, 1, dice)[0]
        if subject != "order":
            filled[0] = _absent(corpus, filled[0], " ".join(others), dice)
    source = f"{subject}.{asked.name}"
    lesson = _lesson(
        corpus, source, _filled(question, filled[0]), right if is_answered else None, others, dice
    )
    return lesson if len(set(lesson.lines)) == len(lesson.lines) else None


def _kinds(
    shown: Sequence[Fact], avoided: set[str], wanted: list[Fact], count: int, dice: random.Random
) -> list[Fact]:
    chosen = list(wanted)
    for fact in dice.sample(shown, len(shown)):
        taken = {each.group for each in chosen}
        if len(chosen) < count and fact.group not in taken and not {fact.name, fact.group} & avoided:
            chosen.append(fact)
    return chosen


def _is_told(subject: Subject, question: str, say: str) -> bool:
    """The question says which subject is meant, and the line whose it is."""
    told_by = _TOLD_BY[subject]
    needed = {told_by[place] for place in _PLACE.findall(question) if place in told_by}
    if subject == "variant":
        return needed == {"c", "s"}
    return bool(needed) and needed <= set(_PLACE.findall(say))


def _bare(text: str, replaced: Sequence[tuple[str, str]]) -> str:
    for pattern, by in replaced:
        text = re.sub(pattern, by, text)
    return text


def _filled(text: str, values: dict[str, str]) -> str:
    text = _PLACE.sub(lambda found: values[found[1]], text)
    return text[0].upper() + text[1:] if text[0].isascii() and text.endswith(".") else text


def _subjects(corpus: Corpus, subject: Subject, count: int, dice: random.Random) -> list[dict[str, str]]:
    products = dice.sample(corpus.values["products"], count)
    colours, sizes = (dice.sample(corpus.values[name], count) for name in ("colours", "sizes"))
    shared = dice.choice("cs-") if subject == "variant" else "-"
    made: list[dict[str, str]] = []
    for place in range(count):
        values = _values(corpus, dice)
        product, _, short = products[0 if subject == "variant" else place].partition("/")
        if place and dice.random() < 0.4:  # an order number that is nearly the other's
            values |= _like(made[0]["o"], dice)
        values |= {
            "p": product,
            "q": short,
            "c": colours[0 if shared == "c" else place],
            "s": sizes[0 if shared == "s" else place],
        }
        made.append(values)
    return made


def _absent(corpus: Corpus, values: dict[str, str], shown: str, dice: random.Random) -> dict[str, str]:
    """A product, colour and size that no line names."""
    products = [name for name in corpus.values["products"] if name.split("/")[0] not in shown]
    product, _, short = dice.choice(products).partition("/")
    colours = [name for name in corpus.values["colours"] if name not in shown]
    return values | {"p": product, "q": short, "c": dice.choice(colours)}


def _like(order: str, dice: random.Random) -> dict[str, str]:
    last = str((int(order[-1]) + dice.randint(1, 9)) % 10)
    return {"o": order[:-1] + last, "e": order[-4:-1] + last}


def _values(corpus: Corpus, dice: random.Random) -> dict[str, str]:
    """One of each; orders look as a shop's numbers do."""
    values = corpus.values
    order = dice.choice(("KF{}", "{}", "SO-{}", "#{}")).format(dice.randint(10_000, 99_999_999))
    return _numbers(corpus, dice) | {
        "o": order,
        "e": order[-4:],
        "t": dice.choice(("SF{}", "YT{}", "1Z{}", "{}")).format(dice.randint(10**9, 10**11)),
        "k": dice.choice(values["carriers"]),
        "y": dice.choice(values["towns"]),
        "pay": dice.choice(values["paid_with"]),
        "mat": dice.choice(values["materials"]),
        "lvl": dice.choice(values["levels"]),
        "c2": dice.choice(values["colours"]),
        "s2": dice.choice(values["sizes"]),
    }


def _numbers(corpus: Corpus, dice: random.Random) -> dict[str, str]:
    """What each fact has its own of, also of one subject."""
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


def train_lessons() -> list[Lesson]:
    """What the head is trained on, in both languages."""
    return _lessons("train", sheets=2, facts=700)


def dev_lessons() -> list[Lesson]:
    """What its threshold is chosen on: sheets and facts that training has none of."""
    return _lessons("dev", sheets=2, facts=160)


def _lessons(split: Split, sheets: int, facts: int) -> list[Lesson]:
    corpora = [load_corpus(language) for language in _LANGUAGES]
    return [
        lesson
        for corpus in corpora
        for lesson in fixed(corpus, split, _SEED, sheets) + composed(corpus, split, _SEED, facts)
    ]


_SEED: Final = 1
_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
