"""The typed values of a text: money, percents, dates, times, durations, quantities, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from routing.grounding.dates import dates_in, times_in
from routing.grounding.kept import kept
from routing.grounding.numerals import Numeral, numerals_in, zh_amount
from routing.grounding.text import lowered
from routing.grounding.units import UNITS, unit_at
from routing.grounding.value import Value

_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9*]+(?:[-_/][A-Za-z0-9*]+)*")
_ISO_DATE: Final = re.compile(r"\d{4}([-/])\d{1,2}\1\d{1,2}")
_MASK: Final = re.compile(r"\d+\*+\d*")
# A number glued to its unit, a date or a time, which is no identifier: 256GB, 24th, 6pm, CNY299, 7-day.
_PLAIN: Final = re.compile(
    r"(?:rmb|cny|usd|us|x(?=\d{1,2}(?!\d)))?\d+(?:[.,]\d+)*(?:-?[a-z]{1,9}(?:-[a-z]+)*)?(?:/\d+)*"
)
_GLUED: Final = re.compile(r"(?:rmb|cny|usd|us|x(?=\d{1,2}(?!\d)))?\d+-?([a-z]*)")
_SHORT_UNITS: Final = frozenset(
    {word for word in UNITS if word.isascii() and word.isalpha()}
    | {"st", "nd", "rd", "th", "am", "pm", "k", "off", "x", "hour", "for"}
)
_MONEY_SIGN: Final = re.compile(r"(¥|￥|\$|€|£|rmb|cny|usd|eur|gbp|hk\$|hkd|us\$|jpy|人民币)\s?$")
_SIGNS: Final = {
    "$": "money:USD", "usd": "money:USD", "us$": "money:USD", "€": "money:EUR", "eur": "money:EUR", "£": "money:GBP",
    "gbp": "money:GBP", "hk$": "money:HKD", "hkd": "money:HKD", "jpy": "money:JPY",
}  # fmt: skip
_OFF: Final = re.compile(r"\s?(?:off|discount|reduction|折扣|优惠|的折扣|的优惠|cheaper)")
_OFF_BEFORE: Final = re.compile(r"(?:减|优惠|便宜|立减|降|省|discount of|reduced by|save|saves)\s?(?:了)?$")
_OF: Final = re.compile(r"\s?(?:of (?:the|its) (?:original |full |regular |list )?price|的价格)")
_JOIN: Final = re.compile(r"\s?(?:-|to|至|到|or|或|和|and|/|、|,)\s?(?:¥|￥|\$|cny|rmb)?\s?")
# One piece is a count where it is told how many there are: 买了一件.
_HOW_MANY: Final = re.compile(r"(?:[买订拍]了|共|含|有|装着)$")
# Two things, 两条路: how many there are to tell or to choose from.
_NO_COUNT: Final = re.compile(
    r" (?:quick |short |possible |main )?(?:things|options|clocks|ways|stages|phases|deadlines|hurdles|routes|cases|rules"
    r"|dates|figures|facts|choices|points|steps|questions|reasons|notes|updates|sides)(?![a-z])"
    r"|条路|个选择|种选择|样东西|件事|个?信息|个办法|步(?!骤)|头"
)
_SIGN_OF_NEXT: Final = re.compile(r"\s?(?:¥|￥|\$|€|£|cny|rmb|usd|人民币)\s?\d")
_LONG: Final = 7
_COUNTED_DIGITS: Final = 9
# A numeral in words that counts nothing where no unit says otherwise: "one of", 一个, 统一.
_IDLE_UNITS: Final = frozenset(
    "个 单 笔 个订单 笔订单 位 款 种 份 名 张 人 回 条 把 遍 点 度 号 分 次 星 层 级 person people place order coupon "
    "time".split()
)
_ARTICLE: Final = re.compile(
    r"(?<![a-z])(?:within|in|for|takes?|is|up to|about|half|valid|after|per|every) (an?|one) (hour|day"
    r"|week|fortnight|month|year|working day|business day)(?![a-z])"
)
_HALF_PRICE: Final = re.compile(
    r"半价|(?<![a-z])half[ -](?:the )?price|(?<![a-z])half off|(?<![一二三四六七八九\d.])五折"
    r"|(?<![a-z])half the (?:original |usual )?price"
)
_HALF: Final = re.compile(
    r"(?P<n>\d+|[一两二三四五六七八九十])(?P<u>年|个|小时|天)半|(?<![a-z])half an? (?P<en>hour|year|day)"
    r"|半个?(?P<zh>小时|钟头|月|年|天|日)"
)
_PER_CENT: Final = re.compile(r"百分之(\d+(?:\.\d+)?|[零一二三四五六七八九十百]+)")
_LAST_OF: Final = re.compile(
    r"(?:尾号|后四位|末四位|末尾|尾数)(?:是|为|:)?\s?(\d{3,6})|(?<![a-z])(?:ending|ends) (?:in|with) (\d{3,6})"
)
# The second day is a moment and no count.
_STEPS: Final = tuple("天次步点期周年")
_DOZEN: Final = re.compile(r"(?<![a-z])(half )?a dozen(?![a-z])|(半)?一?打(?=[,。;的]|$)")
_SINGLE: Final = re.compile(
    r"(?<![a-z])(?:a|one|only one|just one) (?:single|lone|sole) (?:one|version|piece|unit|model|variant|item)(?![a-z])"
    r"|(?<![a-z])(?:only|just) one (?:version|piece|unit|variant|left)(?![a-z])"
    r"|(?:只有?|仅有?|只剩|就剩|仅剩)(?:最后)?[一1][件种款台条双]|(?:剩|剩下)最后[一1][件台双]"
)
_WHOLE: Final = re.compile(
    r"(?:all|the whole) of the price|(?<![a-z])makes? it (?:all )?free(?![a-z])|(?:货款|价款)?全扣|可以全免|全部扣"
)
_TWICE: Final = {"once": 1.0, "twice": 2.0, "一次": 1.0, "thrice": 3.0}
# "Once" counts where it ends what is said or something says how often; before anything else it is a moment.
_TWICE_WORD: Final = re.compile(
    r"(?<![a-z])(?:(twice|thrice)|(?<!at )(once)(?= (?:only|per|each|every|a|for each)(?![a-z])|[.,;)]|$))(?![a-z])"
)


@kept
def values_in(text: str) -> tuple[Value, ...]:
    """All of a folded text, from left to right."""
    low = lowered(text)
    taken = bytearray(len(low) + 1)
    found: list[Value] = []
    for reader in (_tails, _shares, _identifiers, times_in, dates_in, _halves, _articles, _numbers):
        fresh = [
            v
            for v in reader(low if reader is not _numbers else _blank(low, taken))
            if not any(taken[v.start : v.end])
        ]
        for value in fresh:
            taken[value.start : value.end] = b"\1" * (value.end - value.start)
        found += fresh
    return tuple(sorted(found, key=lambda value: value.start))


def _blank(text: str, taken: bytearray) -> str:
    """Without what other readers took, so that no number is read twice."""
    return "".join("\0" if taken[at] else c for at, c in enumerate(text))


def _tails(text: str) -> Iterator[Value]:
    for match in _LAST_OF.finditer(text):
        yield Value("tail", (match[1] or match[2],), match.group(), match.start(), match.end())


def _shares(text: str) -> Iterator[Value]:
    """百分之十 is 10 %."""
    for match in _PER_CENT.finditer(text):
        amount = float(match[1]) if match[1][0].isdigit() else zh_amount(match[1])
        yield Value("percent", (amount,), match.group(), match.start(), match.end())


def _identifiers(text: str) -> Iterator[Value]:
    """Order and tracking numbers, coupon codes, models, phones: letters with digits, or long rows of digits."""
    for match in _TOKEN.finditer(text):
        token = match.group()
        digits = sum(c.isdigit() for c in token)
        if not digits or (digits == len(token) and digits < _LONG) or _is_number_with_unit(token):
            continue
        if _ISO_DATE.fullmatch(token):
            continue
        if digits == len(token) and _is_counted(text, *match.span()):
            continue
        parts = token.split("-")
        if all(part.isdigit() for part in parts) and len(parts) > 1 and digits < _LONG + 1:
            continue
        yield Value("identifier", (_bare(token),), token, match.start(), match.end())


def _bare(token: str) -> str:
    return "".join(c for c in token if c not in "-_/").upper()


def _is_number_with_unit(token: str) -> bool:
    if "/" in token and all(_is_number_with_unit(part) or part.isdigit() for part in token.split("/")):
        return True
    if _PLAIN.fullmatch(token) is None:
        return False
    glued = _GLUED.match(token)
    return glued is not None and (
        glued[1] in _SHORT_UNITS
        or (
            not glued[1]
            and not token.startswith("us")
            and len(token) < 14
            and not token.isdigit()
            and "-" not in token
        )
    )


def _is_counted(text: str, start: int, end: int) -> bool:
    if _MONEY_SIGN.search(text[max(0, start - 6) : start]) is not None:
        return True
    # No shop counts so many of anything: an order's number before 款 or 已.
    return end - start < _COUNTED_DIGITS and unit_at(text, end) is not None


def _halves(text: str) -> Iterator[Value]:
    for match in _HALF_PRICE.finditer(text):
        yield Value("off", (50.0,), match.group(), match.start(), match.end())
    for match in _HALF.finditer(text):
        unit = match["en"] or match["zh"] or match["u"]
        base = 0.0
        if match["n"]:
            base = next(iter(numerals_in(match["n"]))).amount
            if unit == "个":
                behind = text[match.end() : match.end() + 2]
                unit = behind if behind == "小时" else behind[:1]
        end = match.end() + (len(unit) if match["u"] == "个" else 0)
        amount = base + 0.5
        kind, factor = UNITS.get("个月" if unit == "月" else unit, ("", 0.0))
        if kind in ("duration", "months"):
            yield Value(kind, (amount * factor,), text[match.start() : end], match.start(), end, True)


def _articles(text: str) -> Iterator[Value]:
    for match in _ARTICLE.finditer(text):
        kind, factor = UNITS[match[2]]
        yield Value(kind, (factor,), match.group(), match.start(1), match.end(), True)
    for match in _DOZEN.finditer(text):
        yield Value(
            "item", (6.0 if match[1] or match[2] else 12.0,), match.group(), match.start(), match.end(), True
        )
    for match in _SINGLE.finditer(text):
        yield Value("item", (1.0,), match.group(), match.start(), match.end(), True)
    for match in _WHOLE.finditer(text):
        yield Value("percent", (100.0,), match.group(), match.start(), match.end(), True)
    for match in _TWICE_WORD.finditer(text):
        yield Value("times", (_TWICE[match[1] or match[2]],), match.group(), match.start(), match.end(), True)


def _numbers(text: str) -> Iterator[Value]:
    """Right to left, since the unit of a range stands at its end."""
    numerals = numerals_in(text)
    found: list[Value] = []
    carried: tuple[str, float] | None = None
    after = len(text)
    for numeral in reversed(numerals):
        value, unit = _number(text, numeral, carried, after)
        if value is not None:
            found.append(value)
        carried, after = unit, numeral.start
    yield from reversed(found)


def _number(
    text: str, numeral: Numeral, carried: tuple[str, float] | None, after: int
) -> tuple[Value | None, tuple[str, float] | None]:
    """The value of a numeral, and the unit that a number right before it shares."""
    start, end = numeral.start, numeral.end
    said = text[start:end]
    sign = _MONEY_SIGN.search(text[max(0, start - 6) : start])
    if sign is not None:
        kind = _SIGNS.get(sign[1], "money")
        return Value(kind, (numeral.amount,), f"{sign[1]}{said}", start, end), (kind, 1.0)
    if text[start - 1 : start] == "第" and text[end : end + 1] in _STEPS:
        return None, None
    if text[start - 1 : start] == "第" or re.match(r"(?:st|nd|rd|th)(?![a-z])", text[end : end + 3]):
        return Value("number", (numeral.amount,), said, start, end), None
    unit = unit_at(text, end)
    if unit is not None and unit[0].startswith("money") and _SIGN_OF_NEXT.match(text, end):
        unit = None
    if numeral.is_word and text[start - 2 : start] == "最后":
        return None, None
    if numeral.is_word and _NO_COUNT.match(text, end):
        return None, None
    if unit is not None:
        kind, factor, end = unit
        if said == "半" and kind in ("item", "times", "people", "orders", "size"):
            return None, None
        return _counted(text, numeral, kind, factor, end), (kind, factor)
    if text[start - 1 : start] in ("×", "x", "*") or text[end : end + 1] in ("×",):
        return Value("item", (numeral.amount,), said, start, end), None
    if carried is not None and _JOIN.fullmatch(text, end, after) is not None:
        kind, factor = carried
        return _counted(text, numeral, kind, factor, end), carried
    if numeral.is_word and not _is_telling(said):
        return None, None
    return Value("number", (numeral.amount,), said, start, end, numeral.is_word), None


def _counted(text: str, numeral: Numeral, kind: str, factor: float, end: int) -> Value | None:
    said, amount = text[numeral.start : end], numeral.amount
    if kind == "zhe":
        # 八五折 is 85 % of the price, 8折 80 %.
        digits = text[numeral.start : numeral.end]
        share = amount if amount >= 10 and "." not in digits else amount * 10
        return Value("off", (round(100 - share, 6),), said, numeral.start, end)
    if kind == "percentoff":
        return Value("off", (amount,), said, numeral.start, end)
    if kind == "percent":
        if _OFF.match(text, end) or _OFF_BEFORE.search(text[max(0, numeral.start - 14) : numeral.start]):
            kind = "off"
        elif _OF.match(text, end):
            kind = "of"
        return Value(kind, (amount,), said, numeral.start, end)
    unit = text[numeral.end : end].strip(" -")
    if (
        numeral.is_word
        and amount == 1
        and (
            unit in _IDLE_UNITS
            or unit == "块"
            or (kind == "item" and not _HOW_MANY.search(text[max(0, numeral.start - 3) : numeral.start]))
        )
    ):
        return None
    if numeral.is_word and kind == "people" and amount == 1:
        return None
    return Value(kind, (round(amount * factor, 6),), said, numeral.start, end, numeral.is_word)


def _is_telling(word: str) -> bool:
    """Whether a number in words without a unit counts something: 三百 does, and so does "three"; 一 and "one" don't."""
    if word.isascii():
        return word not in ("one", "half", "zero")
    return (
        len(word) > 1 and any(c in "十百千万" for c in word) and word not in ("十分", "千万", "万一", "百分")
    )
