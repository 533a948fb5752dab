"""Colours, with their shades: 钛银色, forest green. 红包, 绿色通道, red wine and Mr Brown are none."""

import re
from collections.abc import Iterator
from typing import Final

from models.types import Entity
from models.understanding.lexicon import LEXICON
from models.understanding.patterns import Finder, L, R, any_of, blotted, is_after, pattern


def _colours_zh(text: str) -> Iterator[Entity]:
    if not _SIGNS.intersection(text):
        return
    for match in _COLOUR_ZH.finditer(blotted(text, _NOT_COLOUR_ZH)):
        value = LEXICON.colours_zh.get(match[0]) or LEXICON.bases_zh[match[match.lastgroup or 0]]
        yield Entity("colour", match[0], value, match.start(), match.end())


def _colour_en(match: re.Match[str]) -> str | None:
    word = " ".join(match["word"].lower().split())
    after = _NOT_COLOURS_EN.get(word) if word == match[0].lower() else None
    if (after and after.match(match.string, match.end())) or _FLAGGED.match(match.string, match.end()):
        return None
    if match[0].istitle() and _is_name(match):
        return None
    return LEXICON.colours_en[word]


def _is_name(match: re.Match[str]) -> bool:
    """Whether a capitalised word belongs to a name: Mr Brown, Emily Green, White Plains. Not at the start: Black Nike."""
    is_plain = match.start() == 0 and match[0].lower() in _PLAIN
    return is_after(match, _NAME_BEFORE) or (
        not is_plain and _NAME_AFTER.match(match.string, match.end()) is not None
    )


def _colours_en(text: str) -> Iterator[Entity]:
    """Plain colours, and a word beside one that is none elsewhere: beige or cream."""
    for entity in _PLAIN_EN(text):
        yield entity
        before = _FRAMED_BEFORE.search(text, max(0, entity.start - 20), entity.start)
        after = _FRAMED_AFTER.match(text, entity.end)
        for match in filter(None, (before, after)):
            yield Entity("colour", match["span"], _framed(match), *match.span("span"))


def _framed(match: re.Match[str]) -> str:
    return LEXICON.framed_colours_en[" ".join(match["span"].lower().split())]


_BASES = "".join(LEXICON.bases_zh)
# What may stand before a colour that ends in 色: 深灰蓝色, 钛银色.
_SHADINGS = (
    "深浅淡亮暗嫩墨草豆荷翠湖天宝藏海钴芋茄樱玫桃砖锈朱枣橘鹅姜土奶米乳珠瓷炭碳烟钛栗咖糖驼茶沙曜石月钢铜青金"
    + _BASES
)
# 米灰, 墨蓝: without 色, where it ends what is said. 奶粉 and 藕粉 are no colours.
_BLENDED = _BASES.replace("粉", "")
# What stands before a colour that is chosen: 要红的, 换黑款, 有白绿.
_CHOOSING = r"(?:(?<=^.)|(?<=[要换买成有个那这跟与或件双到选发错拍想色是下,，。、\s].))"
# What a Chinese colour may start with: looked at first, since most characters start none.
_STARTS = _SHADINGS + "".join({word[0] for word in (*LEXICON.colours_zh, *LEXICON.shades_zh)})
_COLOUR_ZH: Final = re.compile(
    rf"(?=[{_STARTS}])(?:{any_of(LEXICON.colours_zh)}|"
    rf"[{_SHADINGS}]{{0,3}}(?P<plain>[{_BASES}])色(?!素)|"
    rf"(?:{any_of(LEXICON.shades_zh)})(?P<shaded>[{_BASES}])|"
    rf"[米墨奶烟钛咖炭碳雾](?P<blended>[{_BLENDED}])(?=[的款,，。!！?？;；、]|还是|有|没|行|可以|$)|"
    rf"(?P<chosen>[{_BASES}]){_CHOOSING}(?:(?=[的款](?!确))|[{_BASES}](?=[的款配那,，。!?！？\s]|$)))"
)
# Every Chinese colour word holds one of these.
_SIGNS: Final = frozenset("色").union(_BASES, *(word[-1] for word in LEXICON.colours_zh))
_NOT_COLOUR_ZH: Final = re.compile(any_of(LEXICON.not_colours_zh))
_NOT_COLOURS_EN: Final = {
    word: re.compile(rf"[ -]*(?:{'|'.join(after)})(?:e?s)?{R}", re.IGNORECASE)
    for word, after in LEXICON.not_colours_en.items()
}
_PLAIN: Final = frozenset("black white red blue grey gray navy pink".split())
_SENTENCE_WORDS = "|".join(word.capitalize() for word in sorted(LEXICON.english_function_words))
_NAME_BEFORE: Final = re.compile(
    rf"(?<![A-Za-z])(?!(?:{_SENTENCE_WORDS})\s)[A-Z][a-z]+\.?\s$|&\s$|\d\s$|\bname\s$"
)
_FLAGGED: Final = re.compile(r"-(?!colou?red)[a-z]+ed(?![a-z])")
_NAME_AFTER: Final = re.compile(r"\s[A-Z][a-z]")
# One of these is in every English colour word.
_PARTS_EN: Final = sorted({word.split()[-1] for word in LEXICON.colours_en})
_FRAMED = any_of(LEXICON.framed_colours_en)
_PLAIN_EN: Final = pattern(
    "colour",
    rf"(?:{L}(?:{'|'.join(LEXICON.shades_en)})[ -])?(?P<word>{any_of(LEXICON.colours_en)})",
    _colour_en,
    words=_PARTS_EN,
)
_FRAMED_BEFORE: Final = re.compile(rf"(?P<span>{_FRAMED})\s(?:or|and|not|vs)\s$", re.IGNORECASE)
_FRAMED_AFTER: Final = re.compile(rf"\s(?:or|and|not|to|vs)\s(?P<span>{_FRAMED})", re.IGNORECASE)

COLOURS: Final[tuple[Finder, ...]] = (
    _colours_en,
    pattern(
        "colour",
        rf"(?:{L}(?:in|colou?r|the|an?)\s(?:the\s)?|颜色[是要:]?\s?)(?P<span>{_FRAMED})"
        rf"(?=\s(?:colou?r|one|ones|version|shade|finish){R})",
        _framed,
    ),
    pattern(
        "colour",
        rf"(?:{L}(?:in|colou?r)\s(?:the\s)?|颜色[是要:]?\s?)(?P<span>{_FRAMED})"
        r"(?=[,.!?;，。？！]|$|\s(?:or|and|please|instead|but|if|not|as)\b)",
        _framed,
    ),
    _colours_zh,
)
