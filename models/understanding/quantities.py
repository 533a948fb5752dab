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
    return None if value == "0" or _ABOUT.search(match["n"]) else value


def _is_article(match: re.Match[str]) -> bool:
    """一个 means "a", not "one", and so do 一根 and the like unless they are bought; 一盒里 is what is in it."""
    if match["n"] != "一":
        return False
    if _SHARES.match(match.string, match.end()) or is_after(match, _EACH):
        return True
    is_bought = is_after(match, _BUYS) or _ENOUGH.match(match.string, match.end()) is not None
    if match["measure"] == "个":
        return not (is_after(match, _MORE) and _ENDS.match(match.string, match.end()))
    return match["measure"] in _VAGUE and not is_bought


def _is_weight(match: re.Match[str]) -> bool:
    """Of a person or a cat: 我230斤, 160斤穿XL. 买3斤 and 两斤车厘子 are bought."""
    if is_after(match, _BUYS):
        return False
    if is_after(match, _WEIGHS):
        return True
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


def _tens_of_grams(match: re.Match[str]) -> str | None:
    """In 斤: 二两 is a fifth of one, 半斤 a half."""
    if not match["n"]:
        return "0.5"
    return "0.05" if match["n"] == "半" else str(int(parse_number(match["n"]) or 0) / 10)


def _dozens(match: re.Match[str]) -> str | None:
    value = parse_number("0.5" if match["n"] == "半" else match["n"])
    return value and str(int(float(value) * 12))


def _one(match: re.Match[str]) -> str:
    return "1"


def _quantities_zh(text: str) -> Iterator[Entity]:
    readable = blotted(text, _NOT_COUNTED)
    for finder in _QUANTITIES_ZH:
        yield from finder(readable)


_ZH = "一两二三四五六七八九十百千"
_MEASURE_CHARACTERS = (
    "个件双台只瓶盒箱条套包本支袋张把部床副罐杯提斤对束片枚颗根份组桶盆串枝卷盏幅顶粒棵株筒板匹辆朵捆筐"
)
_MEASURE = rf"(?P<measure>[{_MEASURE_CHARACTERS}])"
_HEAVY: Final = 60
_VAGUE: Final = frozenset("个根颗条张把部片粒")
_BUYS: Final = re.compile(r"[买拍订要来拿购缺差各]$|再下$|补发?$")
_ABOUT: Final = re.compile(r"[一二三四五六七八九]{2}")  # 四五个
_MORE: Final = re.compile(r"(?:再[来要买拍订下加拿]|各|补发?)$")
_EACH: Final = re.compile(r"(?:一人|一天|每天|每次|一次)$")
_ENOUGH: Final = re.compile(r"就[行够好]|足够")
_ENDS: Final = re.compile(r"$|[吧哦呗,，。.!！?？]|就行")
# 一盒里, 一袋刷几个平方, 一只长一只短: what a single one of them is like.
_SHARES: Final = re.compile(r"[里都够几刷长短左右]|有几|多少(?!钱)|(?<=只)\d")
_WEIGHS: Final = re.compile(r"(?:超过|承重|[载负体]?重|胖了?|瘦了?)$")
_GOODS: Final = re.compile(r"[\u4e00-\u9fff](?<![穿的原选拍买左能可应以多少重体上下我])")
_NOT_COUNTED: Final = re.compile(any_of(LEXICON.not_counted_zh))
_NOT_A_COUNT = rf"(?!多(?!少)|[子月人劲码半一孔钱店邮点]|字(?!典)|{any_of(LEXICON.uncounted_zh)})"
_NOT_AFTER_DIGITS = r"(?<![第这那哪每前后头半村楼层])"
_NOT_AFTER_ZH = rf"(?<![{_ZH}\d第这那哪每某几同前后另唯头半万统周期块元毛村楼层])"
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
_BUYS_EN = (
    r"(?:needs?|wants?|order(?:ed|s)?|buy|bought|purchased?|return(?:ed|ing)?|sent|send|received|receive|like)"
    r"(?:\s(?:me|us))?"
)
_BUYS_PARTS: Final = "need want order buy bought purchase return sen receive like".split()
_NOT_GOODS = (
    r"(?:links|sentences|pls|credit|separate|days?|weeks?|hours?|hrs|minutes?|mins|months?|years?|times|people|persons|guests|emails?|messages?|texts|calls?|"
    r"reviews|things|ways|points|dollars|euros|pounds|bucks|cents|yuan|options|different|sizes|inches|photos|orders|"
    r"is|was|has|this|as|does|cards|accounts|addresses|codes|numbers|parcels|packages|stars|percent)(?![a-z])"
)
_OF_GOODS = (
    rf"(?=\s(?-i:(?:[a-z][a-z'-]*\s){{0,2}}?[a-z][a-z'-]*[a-rt-z]s(?![a-z])))(?!\s(?:[a-z]+\s)?{_NOT_GOODS})"
)
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
        rf"{APART}(?<![{_ZH}])(?P<n>\d{{1,2}}|[{_ZH}半])打(?![开电折算包印扰不我你他她就过])",
        _dozens,
        needs="打",
    ),
    pattern(
        "quantity",
        r"(?<=[买要来称各])(?P<n>[一二三四五六七八九半])两(?![个件双条])|(?<=[买要来称各])半斤",
        _tens_of_grams,
        needs="两斤",
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
    pattern("quantity", rf"{L}(?<!baker's )(?P<n>{ENGLISH_NUMBER})(?<=dozen)", number, needs="zZ"),
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
        rf"(?:{L}(?:qty|quantity)|数量)\s?(?:[:是为要]|改[成为]?|is|to|of)*\s?"
        rf"(?P<span>(?P<n>\d{{1,4}})){R}",
        number,
        needs="qQ数",
        has_digit=True,
    ),
    pattern(
        "quantity",
        rf"(?:{L}(?:qty|quantity)|数量)\D{{0,6}}\d{{1,4}}[,，]?\s?(?:not|to|不是|改成|改为)\s?(?P<span>(?P<n>\d{{1,4}})){R}",
        number,
        needs="qQ数",
        has_digit=True,
    ),
    pattern(
        "quantity",
        rf"{L}{_BUYS_EN}\s(?!one\s|\d{{4}})(?P<span>(?P<n>{NUMBER_EN})){_OF_GOODS}",
        _counted_en,
        words=_BUYS_PARTS,
    ),
    pattern(
        "quantity",
        rf"{L}(?:(?:need|ordered)\s(?=\d+\sfor\b)|(?:case|tray|crate)\sof\s(?=\d+(?:[,.!?;]|$)))"
        r"(?P<span>(?P<n>\d{1,4}))(?!\.\d)",
        number,
        has_digit=True,
        words=["need ", "ordered ", " of "],
    ),
)
