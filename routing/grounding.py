"""Holds a generated sentence against the facts: what the facts do not contain is not sent.

Each check returns the first thing that the facts lack. The facts are the numbered lines that the prompt gave.
"""

import re
from dataclasses import dataclass
from typing import Final

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_IDENTIFIER = re.compile(r"\b(?=[A-Za-z]*\d)[A-Za-z\d#-]{5,}\b")
_ZH_NUMBER = re.compile(
    r"[零一二两三四五六七八九十百千万半]+(?=[天日个小时周月年元块件次分号折倍点米斤]|工作日)"
)
_EN_NUMBER: Final = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    )
} | {
    "twenty": "20",
    "thirty": "30",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
    "dozen": "12",
    "half": "0.5",
}
_ZH_DIGIT: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
# "one of", "no one", "one moment": words that count nothing.
_IDLE_ONE = re.compile(
    r"\b(?:one of|no one|any ?one|every ?one|some ?one|one moment|this one|that one|the one)\b", re.I
)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][A-Za-z]{2,}\b")
_QUOTED_NAME = re.compile(r"[《「『“]([^》」』”]{2,30})[》」』”]")
_CJK = re.compile(r"[一-鿿]")

# A word that promises or states something an answer may only say if the facts do.
STATES: Final[tuple[tuple[str, ...], ...]] = (
    ("shipped", "dispatched", "on its way", "已发货", "运输中", "在路上"),
    ("delivered", "已签收", "已送达"),
    ("cancelled", "canceled", "已取消"),
    ("refunded", "已退款", "退款成功"),
    ("returned", "已退货"),
    ("paid", "已付款", "已支付"),
    ("in stock", "available", "有货", "现货"),
    ("out of stock", "sold out", "unavailable", "缺货", "无货", "售罄"),
    ("free", "免费", "包邮", "no charge", "complimentary"),
    ("guarantee", "guaranteed", "promise", "保证", "承诺", "一定会"),
    ("discount", "% off", "优惠", "折扣", "打折", "促销"),
    ("compensation", "compensate", "赔偿", "补偿", "赔付"),
    ("refund", "退款", "退钱"),
    ("warranty", "保修", "质保"),
    (
        "today",
        "tomorrow",
        "tonight",
        "今天",
        "明天",
        "马上",
        "立即",
        "immediately",
        "right away",
        "within hours",
    ),
)
_EVERYDAY_NAMES: Final = frozenset(
    "Hello Hi Thank Thanks Please Sorry Welcome You Your The This That Our And But Have Let Yes Can How What May Would "
    "Customer Service English Chinese Kefu".split()
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a sentence was not sent: `kind` is number, identifier, claim, name or language; `what` is the piece itself."""

    kind: str
    what: str


def check(sentence: str, facts: str, language: str) -> Finding | None:
    """The first thing in `sentence` that `facts` do not contain, or None when it may be sent."""
    return (
        _language(sentence, language)
        or _identifiers(sentence, facts)
        or _numbers(sentence, facts)
        or _claims(sentence, facts)
        or _names(sentence, facts)
    )


def _language(sentence: str, language: str) -> Finding | None:
    has_cjk = bool(_CJK.search(sentence))
    letters = any(c.isalpha() for c in sentence)
    if letters and has_cjk != (language == "zh"):
        return Finding("language", language)
    return None


def _identifiers(sentence: str, facts: str) -> Finding | None:
    known = {m.group().upper() for m in _IDENTIFIER.finditer(facts)}
    for match in _IDENTIFIER.finditer(sentence):
        if not match.group().isdigit() and match.group().upper() not in known:
            return Finding("identifier", match.group())
    return None


def numbers_in(text: str) -> set[str]:
    """Every number of a text in one form: digits, Chinese numerals before a unit, English number words."""
    found = {m.group().replace(",", "").rstrip(".") for m in _NUMBER.finditer(text)}
    found |= {_zh_value(m.group()) for m in _ZH_NUMBER.finditer(text)}
    words = re.findall(r"[a-z]+", _IDLE_ONE.sub(" ", text).lower())
    found |= {_EN_NUMBER[word] for word in words if word in _EN_NUMBER}
    return {_canonical(number) for number in found}


def _canonical(number: str) -> str:
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{part}" if part else whole


def _zh_value(numeral: str) -> str:
    if numeral == "半":
        return "0.5"
    total, section, digit = 0, 0, 0
    for character in numeral:
        if character in _ZH_DIGIT:
            digit = _ZH_DIGIT[character]
        elif character == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        elif character in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return str(total + section + digit)


def _numbers(sentence: str, facts: str) -> Finding | None:
    unknown = numbers_in(sentence) - numbers_in(facts)
    return Finding("number", min(unknown)) if unknown else None


def _claims(sentence: str, facts: str) -> Finding | None:
    lowered, known = sentence.lower(), facts.lower()
    for words in STATES:
        said = next((word for word in words if _says(lowered, word)), None)
        if said and not any(_says(known, word) for word in words):
            return Finding("claim", said)
    return None


def _says(text: str, word: str) -> bool:
    if word[0].isascii() and word[0].isalpha():
        return re.search(rf"\b{re.escape(word)}\b", text) is not None
    return word in text


def _names(sentence: str, facts: str) -> Finding | None:
    known = facts.lower()
    for match in _NAME.finditer(sentence):
        if match.group() not in _EVERYDAY_NAMES and match.group().lower() not in known:
            return Finding("name", match.group())
    for match in _QUOTED_NAME.finditer(sentence):
        if match.group(1).lower() not in known:
            return Finding("name", match.group(1))
    return None
