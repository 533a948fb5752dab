"""The rules in their order, over one text or over a turn beside the one before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from commerce.domain.masking.addresses import mask_addresses
from commerce.domain.masking.canvas import BLANKS, Canvas, Mark
from commerce.domain.masking.known import mask_facts
from commerce.domain.masking.names_en import mask_english_names
from commerce.domain.masking.names_zh import mask_chinese_names
from commerce.domain.masking.numbers import mask_bare_digits, mask_numbers

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+(?:"
    r"(?: ?@ ?| ?[\[(]at[\])] ?)[A-Za-z0-9\-]+"
    # An input method writes the full stop of its language.
    r"(?:\.[A-Za-z0-9\-]+|[。｡](?:com|cn|net|org|edu|gov|io|me|hk|tw)(?![A-Za-z0-9]))+"
    r"| at [A-Za-z0-9\-]+(?:(?: dot |\.)[A-Za-z0-9\-]+)* dot [A-Za-z]{2,})",
    re.I,
)
_HANDLE: Final = re.compile(
    r"(?:微信|wechat|weixin|(?<![A-Za-z])(?:vx|qq)|加我)(?:"
    # Announced, letters are enough; else "wechat payment" would be one.
    r"(?:号码?|账号|[\s:=]){0,6}(?:号码?|账号|是|为|(?<![A-Za-z])id\b|[:=])(?:[\s:=]|是|为|is\b){0,6}([A-Za-z0-9_][\w-]{4,19})"
    r"|(?:[\s,]|is\b|号){0,6}((?=[a-z-]{0,19}[\d_])[A-Za-z0-9_][\w-]{4,19})|(?<=加我)\s{0,6}([A-Za-z0-9_][\w-]{4,19}))",
    re.I | re.A,
)
_NUMBER_BLANKS: Final = "".join(
    BLANKS[mark] for mark in (Mark.PHONE, Mark.NUMBER, Mark.ID_NUMBER, Mark.CARD_NUMBER)
)
_NUMBER_MARKS: Final = r"\[(?:phone|number|id number|card number)\]"
_TAIL: Final = re.compile(
    rf"(?:{_NUMBER_MARKS}|[{_NUMBER_BLANKS}]+|(?<![\dA-Za-z#])(\d{{3,}}[Xx]?))[\s\-.,、…]*$"
)
_HEAD: Final = re.compile(r"[\s\-.,、…]*(\d{3,}[Xx]?)(?![\dA-Za-z])(?!\s?(?:元|块|件|个|双|号|码|yuan))")
_ONLY_DIGITS: Final = re.compile(
    rf"[\s\-.,、…]*(?:{_NUMBER_MARKS}|[{_NUMBER_BLANKS}\d][{_NUMBER_BLANKS}\d\s\-.]*[Xx]?)[\s\-.,、…]*"
)


def mask_personal_data(text: str, known: Sequence[str] = ()) -> str:
    """`text` with each finding replaced by `[email]`, `[phone]`, `[card number]`, `[id number]`, `[name]`, `[address]`, or
    `[number]` where only the digits tell. `known` is what an account says of its customer: it goes in any form.
    """
    canvas = Canvas(text)
    _mask(canvas, known)
    return canvas.masked()


def mask_known(text: str, known: Sequence[str]) -> str:
    """Only what an account says of its customer is masked: for the shop's own words, which may name its own telephone."""
    canvas = Canvas(text)
    mask_facts(canvas, known)
    return canvas.masked()


def mask_turn(previous: str, message: str, known: Sequence[str] = ()) -> tuple[str, str]:
    """A conversation's message, and the one before it as it is kept: of what begins in one and ends in the other, both
    parts go.
    """
    canvas = Canvas(f"{previous}\n{message}")
    border = len(previous)
    _mask(canvas, known)
    _mask_split_digits(canvas, border)
    return canvas.masked(0, border), canvas.masked(border + 1)


def _mask(canvas: Canvas, known: Sequence[str]) -> None:
    mask_facts(canvas, known)
    for match in _EMAIL.finditer(canvas.text):
        canvas.claim(*match.span(), Mark.EMAIL)
    mask_numbers(canvas)
    for match in list(_HANDLE.finditer(canvas.text)):
        canvas.claim(*match.span(match.lastindex or 0), Mark.NUMBER)
    mask_addresses(canvas)
    mask_chinese_names(canvas)
    mask_english_names(canvas)
    mask_bare_digits(canvas)


def _mask_split_digits(canvas: Canvas, border: int) -> None:
    """Digits that end one turn and begin the next are one number; so are turns of nothing but digits, however short."""
    before, after = canvas.text[:border], canvas.text[border + 1 :]
    if _ONLY_DIGITS.fullmatch(before) and _ONLY_DIGITS.fullmatch(after):
        canvas.claim(0, border, Mark.NUMBER)
        canvas.claim(border + 1, len(canvas.text), Mark.NUMBER)
        return
    tail, head = _TAIL.search(before), _HEAD.match(after)
    if tail and head:
        canvas.claim(border + 1 + head.start(1), border + 1 + head.end(1), Mark.NUMBER)
        if tail.group(1):
            canvas.claim(*tail.span(1), Mark.NUMBER)
