"""Sizes of clothes and shoes, in letters, numbers and regions' numbers; of screens, in inches."""

import re
from typing import Final

from models.understanding.numerals import parse_number
from models.understanding.patterns import APART, Finder, L, R, is_after, pattern


def _size(match: re.Match[str]) -> str:
    size = re.sub(r"[\s-]+", " ", match["n"]).upper()
    return _NAMES.get(size, size)


def _regional(match: re.Match[str]) -> str | None:
    """Kept with its region: UK 8 is not US 8."""
    region = match["region"].upper().replace("EUR", "EU")
    first, last = _REGIONS[region]
    return f"{region} {match['n']}" if first <= float(match["n"]) <= last else None


def _letter(match: re.Match[str]) -> str | None:
    """A bare M is a size; in Model S, iphone xs, 5 L and John M. Smith it is not."""
    is_initial = match.start() == 0 and match.string.startswith(".", match.end())
    return None if is_initial or is_after(match, _NO_SIZE_FOLLOWS) else _size(match)


def _screen(match: re.Match[str]) -> str | None:
    """55寸 of a television. Of a cake or a suitcase it is no size to choose a screen by."""
    is_screen = _SCREENS.search(match.string) or match["n"] in _SCREEN_SIZES
    return f"{parse_number(match['n'])}in" if is_screen else None


def _garment(match: re.Match[str]) -> str | None:
    """170/92A is height and chest; 170/130 and 180/80公斤 are the customer's height and weight."""
    chest = re.sub(r"\D", "", match["n"].split("/")[1])
    return match["n"].upper() if match["n"][-1].isalpha() or int(chest) in _CHESTS else None


def _bra(match: re.Match[str]) -> str | None:
    return match["n"].upper() if _BRAS.search(match.string) else None


_NAMES: Final = {
    "XXL": "2XL", "XXXL": "3XL", "XXXXL": "4XL", "XXS": "2XS", "加大码": "XL", "加大号": "XL", "均码": "one size",
    "均一码": "one size", "ONE SIZE": "one size", "FREE SIZE": "one size", "FREESIZE": "one size", "SMALL": "S",
    "MEDIUM": "M", "LARGE": "L", "EXTRA LARGE": "XL", "X LARGE": "XL", "EXTRA SMALL": "XS",
}  # fmt: skip
_REGIONS: Final = {
    "UK": (1, 26),
    "US": (0, 26),
    "EU": (15, 60),
    "FR": (30, 60),
    "JP": (20, 32),
    "CN": (30, 50),
}
_REGION = r"(?P<region>UK|US|EUR?|FR|JP|CN|(?:(?<=size )|(?<=尺码))(?:uk|us|eur?)|uk(?= ?\d)|eur?(?= ?\d))"
_LETTERS = r"(?:[2-6]XL|X{1,4}L|X{1,2}S|[SML])"
_NUMBERED = r"\d{1,3}(?:\.5)?"
_NO_SIZE_FOLLOWS: Final = re.compile(
    r"(?:[A-Z][a-z]+|\d|iphone|ipad|galaxy|pixel|model|series|version|ps|xbox|windows)\s$"
)
_CHESTS: Final = range(72, 113)
_INCHES = r"(?:英寸|寸|吋|\s?-?\s?inch(?:es)?(?![a-z])|[\"”″])"
_SCREENS: Final = re.compile(
    r"电视|显示器|显示屏|屏幕|投影|幕布|平板|笔记本|一体机|曲面屏|"
    r"(?<![a-z])(?:tvs?|televisions?|monitors?|screens?|displays?|laptops?|ipads?|oled|qled|4k)(?![a-z])",
    re.IGNORECASE,
)
_SCREEN_SIZES: Final = frozenset("43 50 55 58 65 70 75 77 82 83 85 86 98 100".split())
_BRAS: Final = re.compile(r"文胸|内衣|胸罩|泳衣|(?<![a-z])bras?(?![a-z])|lingerie", re.IGNORECASE)
# 42码换43, EU 38不是39: a bare number beside a size is one.
_BESIDE = r"\s?(?:不是|还是|或者?|改成?|换成?|、|(?:or|not|and|to)(?=\s)|和)\s?"

SIZES: Final[tuple[Finder, ...]] = (
    pattern(
        "size",
        rf"{L}sizes?(?:\s?:\s?|\s)(?P<n>{_NUMBERED}|{_LETTERS}|small|medium|large){R}(?!\.\d|%)",
        _size,
        needs="zZ",
    ),
    pattern(
        "size",
        rf"(?:尺码|码数|尺寸|鞋码|鞋号)\s?[:是选]?\s?(?P<span>(?P<n>{_NUMBERED}|{_LETTERS})){R}(?!码|\.\d|%)",
        _size,
        needs="码尺号",
    ),
    pattern(
        "size",
        rf"{L}(?:[Ss]ize )?{_REGION}\s?(?:[Ss]ize\s)?(?P<n>\d{{1,2}}(?:\.5)?)(?![A-Za-z\d]|[-.:]\d)",
        _regional,
        needs="uUeEfFjJcC",
        flags=re.NOFLAG,
    ),
    pattern("size", rf"{APART}(?P<n>\d{{2,3}}(?:\.5)?)\s?码(?![头字])", _size, needs="码"),
    pattern("size", rf"{L}(?P<n>{_LETTERS})\s?[码号](?!线)", _size, needs="码号"),
    pattern(
        "size",
        rf"(?<!['’.&+-]){L}(?P<n>{_LETTERS}|[2-6]?x{{1,4}}l|xs){R}(?!['’&+-]|\.\w|[级站档型形])",
        _letter,
        needs="SMLXx",
        flags=re.NOFLAG,
    ),
    pattern(
        "size", rf"{APART}(?P<n>1\d\d/\d{{2,3}}[A-CY]?)(?![\dA-Z/]|\s?(?:公?斤|kg))", _garment, needs="/"
    ),
    pattern("size", rf"{APART}(?P<n>\d{{2,3}}(?:\.\d)?){_INCHES}", _screen, needs='寸吋iI"”″'),
    pattern("size", rf"{APART}(?P<n>[6-9][05][A-G])(?:杯|罩杯)?{R}", _bra, needs="05"),
    pattern(
        "size",
        rf"(?P<n>均一?码|加大[码号]|{L}(?:one[ -]size|free ?size){R}(?!\s(?:up|down|too|big|small|larg|\d)))",
        _size,
        needs="码号zZ",
    ),
    pattern(
        "size",
        rf"(?:[码号]|{L}(?:EUR?|US|UK|size) ?\d{{1,2}}(?:\.5)?){_BESIDE}(?P<span>(?P<n>\d\d(?:\.5)?))(?![\d件个双元块码寸.])",
        _size,
    ),
    pattern(
        "size",
        rf"{L}(?:in|an?|to|for)\s(?:an?\s)?(?P<span>(?P<n>small|medium|large|x-large|extra[ -](?:large|small)))"
        r"(?=[,.!?;]|$|\s(?:or|and|instead|please|size|if|but)\b)",
        _size,
    ),
)
