"""What an account says of its customer, found in any form: other widths, spaces or dashes within, upper or lower case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from commerce.domain.masking.canvas import Canvas, Mark
from commerce.domain.masking.english_words import NO_NAMES
from commerce.domain.masking.folding import fold
from commerce.domain.masking.name_characters import COMMON_SURNAMES, COMPOUND_SURNAMES, RARE_SURNAMES, WORDS

_LOOSE: Final = "[\\s\\-._·,()\u200b-\u200d\u2060\ufe0f\u20e3]{0,3}"
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_LEAST_WORD: Final = 3
_LEAST_NAME_PART: Final = 4
_LEAST_IN_ANY_CASE: Final = 6
_LEAST_HAN: Final = 2
# So many characters together are no everyday word.
_HAN_OF_NO_WORD: Final = 4
_LEAST_DIGITS: Final = 7
_SURNAMES: Final = (*COMPOUND_SURNAMES, *COMMON_SURNAMES, *RARE_SURNAMES)
# First names that are words of everyday, beside those that no name is.
_WORDS_TOO: Final = frozenset(
    "May Mark Grace Joy Hope Faith Rose Bill Rich Summer Dawn Page Price Gift".split()
)
# What an account has in the place of a name.
_PLACEHOLDERS: Final = frozenset(
    """
    用户 匿名用户 新用户 用户名 会员 客户 顾客 买家 匿名 测试 测试用户 收件人 收货人 联系人 本人 先生 女士 小姐 朋友 亲 无
    customer user username member test tester guest buyer client anonymous recipient receiver contact name unknown none null
    test user guest user new user new customer
    """.split()
)


def mask_facts(canvas: Canvas, known: Sequence[str]) -> None:
    """The longest first, so that a street is not taken for the name within it."""
    for fact in sorted({fact.strip() for fact in known} - {""}, key=len, reverse=True):
        for pattern, mark in _patterns(fact):
            for match in pattern.finditer(canvas.text):
                canvas.claim(*match.span(), mark)


def _patterns(fact: str) -> Iterator[tuple[re.Pattern[str], Mark]]:
    signs = [sign for sign in fold(fact) if sign.isalnum() or sign == "@"]
    digits = sum(sign.isdigit() for sign in signs)
    if not signs or (len(signs) == 1 and not _HAN.match(signs[0])):
        return
    loose = re.compile(_whole(signs), re.I)
    if "@" in signs:
        yield loose, Mark.EMAIL
    elif digits == len(signs):
        # A shop's file may have the country before it, the customer may not.
        shorter = signs[2:] if len(signs) == 13 and signs[:2] == ["8", "6"] else signs
        if digits >= _LEAST_DIGITS:
            yield re.compile(_whole(shorter)), Mark.PHONE
    elif digits:
        yield loose, Mark.ADDRESS
    else:
        yield from ((pattern, Mark.NAME) for pattern in _name_patterns(fold(fact), signs))


def _name_patterns(fact: str, signs: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """None for what is an everyday word or a placeholder: it would be masked wherever it is said."""
    words = [word for word in fact.split() if word.casefold() not in _PLACEHOLDERS]
    if not words or fact.casefold() in _PLACEHOLDERS:
        return
    if not all(sign.isascii() for sign in signs):
        if _is_name_of_han("".join(signs)):
            yield re.compile(_whole(signs), re.I)
        return
    if len(words) > 1:
        # Without the space a short name is a word: Li Ke is no "like".
        flags = re.I if len(signs) >= _LEAST_IN_ANY_CASE else re.NOFLAG
        yield re.compile(_whole(signs), flags)
        apart = r"[\s\-._·,]{1,3}".join(map(re.escape, words))
        yield re.compile(rf"(?<![A-Za-z]){apart}(?![A-Za-z])", re.I)
    least = _LEAST_WORD if len(words) == 1 else _LEAST_NAME_PART
    for word in words:
        if len(word) >= least and word.capitalize() not in _WORDS_TOO.union(NO_NAMES):
            written = "|".join(re.escape(form) for form in dict.fromkeys((word, word.upper())))
            yield re.compile(rf"(?<![A-Za-z])(?:{written})(?![A-Za-z])")


def _is_name_of_han(name: str) -> bool:
    han = len(_HAN.findall(name))
    if not han:
        # Of another script.
        return len(name) >= _LEAST_HAN
    if han < _LEAST_HAN or name in WORDS:
        return False
    return han >= _HAN_OF_NO_WORD or name.startswith(_SURNAMES)


def _whole(signs: Sequence[str]) -> str:
    """Not within a longer word or number."""
    start = rf"(?<![{_around(signs[0])}])" if signs[0].isascii() else ""
    end = rf"(?![{_around(signs[-1])}])" if signs[-1].isascii() else ""
    return start + _LOOSE.join(map(re.escape, signs)) + end


def _around(sign: str) -> str:
    return "0-9" if sign.isdigit() else "A-Za-z"
