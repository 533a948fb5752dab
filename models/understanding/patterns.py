"""Finders: what a table of patterns is made of. Texts are folded (`folding`) before a finder sees them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from models.types import Entity
from models.understanding.numerals import ENGLISH_NUMBER, parse_number

Finder = Callable[[str], Iterator[Entity]]
Value = Callable[[re.Match[str]], str | None]


class Text(str):
    """A text to be searched, with what is `known` of its spans: several finders ask the same of one, and it goes with it."""

    __slots__ = ("known",)

    def __init__(self, _: str) -> None:
        self.known: dict[tuple[int, int], object] = {}


# A Chinese letter counts as a word character for `\b`: 订单KF1 has no boundary before K. Spelt out instead.
L = r"(?<![A-Za-z0-9À-ÖØ-öø-ɏ])"
R = r"(?![A-Za-z0-9À-ÖØ-öø-ɏ])"
# Atomic, so that "under 200g" is not read as "under 20"; of bounded length, so that no text takes long.
_NEAR = 40
# Not in the middle of a longer number or of a word.
APART = r"(?<![A-Za-z\d])(?<!\d[.,:/])"
DIGITS = (
    r"(?<!\d)(?<!\d[.,])"
    r"(?>\d{1,3}(?:,\d{3}){1,3}(?:\.\d{1,2})?|\d{1,9}(?:\.\d{1,4})?(?:[k百千万w](?![a-z]))?)"
    r"(?!\d|,\d{3})"
)
ZH_NUMBER = r"(?>(?<![零一二两三四五六七八九十百千万])[零一二两三四五六七八九十百千万]{1,12})"
NUMBER = rf"(?:{DIGITS}|{ZH_NUMBER})"
A_DIGIT = "0123456789"
# Ahead of a number that counts or measures: 订单2025年, 单号 10000件, order 10000 pieces.
UNIT_AHEAD = (
    r"\s?(?:[元块年月日号件个双台瓶盒箱条套张本点分秒次岁斤寸码期%]|只(?![有是能剩])|包(?![邮裹])|[人粉](?![民收])|公里|小时|多[个件人]|"
    r"(?:pieces|pcs|units|items|yuan|rmb|dollars|people|times|points|years|days|hours)\b)"
)
# Around a number that names something: no part of a longer one, no amount of money, not counted by a unit.
NOT_INSIDE = r"(?<![A-Za-z0-9¥$€£+])(?<!\d[-.,/:])"
ENDS = rf"(?![A-Za-z0-9]|[-.:/,]\d|{UNIT_AHEAD})"
NUMBER_EN = rf"(?:{DIGITS}|{L}{ENGLISH_NUMBER})"


def pattern(
    type: str,
    regex: str,
    value: Value,
    *,
    needs: str = "",
    has_digit: bool = False,
    words: Sequence[str] = (),
    about: re.Pattern[str] | None = None,
    flags: int = re.IGNORECASE,
) -> Finder:
    """A finder of one pattern. The entity is the group `span` where there is one; a None value is no hit.

    For speed a text is not searched that has none of the characters of `needs`, none of the `words` (parts of words, lower
    case), or no digit where `has_digit`. What it finds is a hit only where the text is `about` something, too.
    """
    compiled = re.compile(regex, flags)
    group = "span" if "span" in compiled.groupindex else 0
    sets = ([A_DIGIT] if has_digit else []) + ([needs] if needs else [])
    needed = [re.compile(f"[{re.escape(characters)}]").search for characters in sets]

    def find(text: str) -> Iterator[Entity]:
        for has_any in needed:
            if not has_any(text):
                return
        if words and not holds_any(text, words):
            return
        for at, match in enumerate(compiled.finditer(text)):
            # Once for a text, which may be long, and only where it matters.
            if at == 0 and about is not None and about.search(text) is None:
                return
            if (normalised := value(match)) is not None:
                start, end = match.span(group)
                yield Entity(type, text[start:end], normalised, start, end)

    return find


def holds_any(text: str, words: Iterable[str]) -> bool:
    plain = text.lower()
    return any(map(plain.__contains__, words))


def any_of(words: Iterable[str]) -> str:
    """Longest first, so that 天蓝色 is not read as 蓝色. Words of Latin letters match as whole words only."""
    ordered = sorted(words, key=len, reverse=True)
    escaped = {word: re.escape(word).replace(r"\ ", r"\s{1,3}") for word in ordered}
    latin = "|".join(escaped[word] for word in ordered if word.isascii())
    other = "|".join(escaped[word] for word in ordered if not word.isascii())
    return "|".join(part for part in (other, f"{L}(?:{latin}){R}" if latin else "") if part)


def is_after(match: re.Match[str], before: re.Pattern[str]) -> bool:
    """Whether `before`, which ends in `$`, stands right before the entity of a match."""
    start, _ = spanned(match)
    return before.search(match.string, max(0, start - _NEAR), start) is not None


def blotted(text: str, unwanted: re.Pattern[str]) -> str:
    """`text` with the same length, in which no pattern sees what is unwanted."""
    return unwanted.sub(lambda match: "\0" * len(match[0]), text)


def spanned(match: re.Match[str]) -> tuple[int, int]:
    """Where the entity of a match stands."""
    return match.span("span" if "span" in match.re.groupindex else 0)


def number(match: re.Match[str]) -> str | None:
    """The group `n` as a number."""
    return parse_number(match["n"])


def bare(match: re.Match[str]) -> str:
    """Its letters and digits, upper case: SF-1390 0822 → SF13900822."""
    start, end = spanned(match)
    return re.sub(r"[^0-9A-Za-z]", "", match.string[start:end]).upper()


def digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", bare(match))


def literal(match: re.Match[str]) -> str:
    start, end = spanned(match)
    return match.string[start:end].lower()
