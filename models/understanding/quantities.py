"""How many: a number with its measure word. Durations, ages and parts of a thing are not counted."""

import re
from collections.abc import Iterator
from typing import Final

from models.types import Entity
from models.understanding.lexicon import LEXICON
from models.understanding.numerals import ENGLISH_NUMBER, parse_number
from models.understanding.patterns import (
    APART,
    NUMBER_EN,
    Finder,
    L,
    R,
    any_of,
    blotted,
    is_after,
    number,
    pattern,
)


def _counted(match: re.Match[str]) -> str | None:
    if _is_article(match) or (match["measure"] == "斤" and _is_weight(match)):
        return None
    value = parse_number(match["n"])
    return value if value != "0" else None


def _is_article(match: re.Match[str]) -> bool:
    """一个 means "a", not "one", and so do 一根 and the like unless they are bought; 一盒里 is what is in it."""
    if match["n"] != "一":
        return False
    is_vague = match["measure"] == "个" or (match["measure"] in _VAGUE and not is_after(match, _BUYS))
    return is_vague or match.string.startswith("里", match.end())


def _is_weight(match: re.Match[str]) -> bool:
    """Of a person or a cat: 我230斤, 160斤穿XL. 买3斤 and 两斤车厘子 are bought."""
    if is_after(match, _BUYS):
        return False
    return float(parse_number(match["n"]) or 0) >= _HEAVY or not _GOODS.match(match.string, match.end())


def _counted_en(match: re.Match[str]) -> str | None:
    """A box is any box; "the 199 bundle" and "iPhone 15 cases" count none."""
    said, unit = match["n"].lower(), match.groupdict().get("unit")
    is_one_named = unit is not None and not unit.lower().endswith("s") and said not in ("1", "one")
    if said.split()[0] in ("a", "an", "half") or is_one_named or is_after(match, _MODELS):
        return None
    return number(match)


def _fused(match: re.Match[str]) -> str:
    return {"俩": "2", "仨": "3"}[match[0]]


def _dozens(match: re.Match[str]) -> str | None:
    value = parse_number("0.5" if match["n"] == "半" else match["n"])
    return value and str(int(float(value) * 12))


def _one(match: re.Match[str]) -> str:
    return "1"


def _quantities_zh(text: str) -> Iterator[Entity]:
    readable = blotted(text, _NOT_COUNTED)
    for finder in _QUANTITIES_ZH:
        yield from finder(readable)


_ZH = "一两二三四五六七八九十百"
_MEASURE = r"(?P<measure>[个件双台只瓶盒箱条套包本支袋张把部床副罐杯提斤对束片枚颗根份组桶盆串枝卷盏幅顶粒棵株筒板匹])"
_HEAVY: Final = 60
_VAGUE: Final = frozenset("个根颗条张把部片粒")
_BUYS: Final = re.compile(r"[买拍订要来拿购缺差]$")
_GOODS: Final = re.compile(r"[\u4e00-\u9fff](?<![穿的原选拍买左能可应以多少重体上下我])")
_NOT_COUNTED: Final = re.compile(any_of(LEXICON.not_counted_zh))
_NOT_A_COUNT = rf"(?!多(?!少)|[子月人劲码半一孔钱店邮点]|字(?!典)|{any_of(LEXICON.uncounted_zh)})"
_NOT_AFTER_DIGITS = r"(?<![第这那哪每前后头半])"
_NOT_AFTER_ZH = rf"(?<![{_ZH}\d第这那哪每某几同前后另唯头半万统周期块元毛])"
_UNITS_EN = (
    r"(?:pieces?|pcs|units?|pairs?|box(?:es)?|bottles?|packs?|packets?|sets?|copies|jars?|bags?|cans|tins|cartons?|"
    r"rolls?|tubes?|cases|crates?|bundles?|pots|sheets|sachets?|sticks|bars|tubs?|sacks?|"
    r"(?:metres|meters|yards|kgs?|kilos|lbs?)(?= of))"
)
# One of these is in every unit.
_PARTS_EN: Final = (
    "piece pc unit pair box bottle pack set cop jar bag can tin carton roll tub case crate bundle pot sheet sachet stick "
    "bar sack metre meter yard kg kilo lb"
).split()
_MODELS: Final = re.compile(
    r"(?:iphone|ipad|galaxy|pixel|model|series|version|size|ps|xbox|windows)\s$", re.IGNORECASE
)
_QUANTITIES_ZH: Final[tuple[Finder, ...]] = (
    pattern(
        "quantity",
        rf"(?:{APART}(?=\d){_NOT_AFTER_DIGITS}|(?=[{_ZH}]){_NOT_AFTER_ZH})"
        rf"(?P<n>(?>\d{{1,4}}(?:\.\d)?|[{_ZH}]{{1,4}}))\s?[大小整]?{_MEASURE}(?!(?P=measure)){_NOT_A_COUNT}",
        _counted,
    ),
    pattern(
        "quantity",
        rf"{APART}(?<![{_ZH}])(?P<n>\d{{1,2}}|[{_ZH}半])打(?![开电折算包印扰不])",
        _dozens,
        needs="打",
    ),
    pattern(
        "quantity",
        r"(?<=[买要来拿订下点发寄拍了])俩(?![人月字口小钟]|星期|礼拜)|(?<![哥姐弟妹们])仨(?![人月字])",
        _fused,
        needs="俩仨",
    ),
)

QUANTITIES: Final[tuple[Finder, ...]] = (
    _quantities_zh,
    pattern(
        "quantity",
        rf"{APART}(?P<n>{NUMBER_EN})\s?(?P<unit>{_UNITS_EN}){R}(?!-)",
        _counted_en,
        words=_PARTS_EN,
    ),
    pattern("quantity", rf"{L}(?P<n>{ENGLISH_NUMBER})(?<=dozen)", number, needs="zZ"),
    pattern("quantity", rf"{APART}(?P<n>\d{{1,3}}) dozen{R}", _dozens, needs="zZ"),
    pattern("quantity", rf"{L}an?\spair(?=\sof{R})", _one, needs="pP"),
    pattern(
        "quantity",
        rf"{APART}(?!one\s)(?P<n>{NUMBER_EN})\sof\s(?:them|these|those|each){R}",
        _counted_en,
        needs="oO",
    ),
    pattern("quantity", rf"{L}(?-i:x|×)\s?(?P<n>\d{{1,3}})(?![A-Za-z0-9.])", number, needs="x×"),
    pattern(
        "quantity",
        rf"(?:{L}(?:qty|quantity)|数量)\s?[:是]?\s?(?P<span>(?P<n>\d{{1,4}})){R}",
        number,
        needs="qQ数",
    ),
)
