"""Sizes of clothes and shoes, in letters, numbers and regions' numbers; of screens and other goods, in inches and litres."""

import re
from typing import Final

from models.understanding.numerals import parse_number
from models.understanding.patterns import APART, Finder, L, R, is_after, literal, pattern


def _size(match: re.Match[str]) -> str:
    size = re.sub(r"[\s-]+", " ", match["n"]).upper()
    return _NAMES.get(size, size)


def _regional(match: re.Match[str]) -> str | None:
    """Kept with its region: UK 8 is not US 8."""
    region = match["region"].upper()
    region = _REGION_NAMES.get(region, region)
    first, last = _REGIONS[region]
    return f"{region} {match['n']}" if first <= float(match["n"]) <= last else None


def _letter(match: re.Match[str]) -> str | None:
    """A bare M is a size; in Model S, iphone xs, 5 L and John M. Smith it is not."""
    is_initial = match.start() == 0 and match.string.startswith(".", match.end())
    return None if is_initial or is_after(match, _NO_SIZE_FOLLOWS) else _size(match)


def _inches(match: re.Match[str]) -> str | None:
    """55-inch, 26寸. Written 55" it may be a length, unless it is a screen's."""
    is_length = match["unit"] in _INCH_SIGNS and match["n"] not in _SCREEN_SIZES
    return None if is_length else _screen_inches(match)


def _screen_inches(match: re.Match[str]) -> str:
    return f"{parse_number(match['n'])}in"


def _garment(match: re.Match[str]) -> str | None:
    """170/92A is height and chest; 170/130 and 180/80公斤 are the customer's height and weight."""
    chest = re.sub(r"\D", "", match["n"].split("/")[1])
    return match["n"].upper() if match["n"][-1].isalpha() or int(chest) in _CHESTS else None


def _number(match: re.Match[str]) -> str | None:
    return parse_number(match["n"])


def _upper(match: re.Match[str]) -> str:
    return literal(match).upper()


def _words(*words: str) -> re.Pattern[str]:
    """Chinese words as they are, then Latin ones as whole words."""
    chinese, latin = words
    return re.compile(rf"{chinese}|(?<![a-z])(?:{latin})(?![a-z])", re.IGNORECASE)


_NAMES: Final = {
    "XXL": "2XL", "XXXL": "3XL", "XXXXL": "4XL", "XXS": "2XS", "加大码": "XL", "加大号": "XL", "均码": "one size",
    "均一码": "one size", "ONE SIZE": "one size", "FREE SIZE": "one size", "FREESIZE": "one size", "SMALL": "S",
    "MEDIUM": "M", "LARGE": "L", "EXTRA LARGE": "XL", "X LARGE": "XL", "EXTRA SMALL": "XS", "X SMALL": "XS",
    "XX LARGE": "2XL", "XX SMALL": "2XS",
}  # fmt: skip
_REGIONS: Final = {
    "UK": (1, 26),
    "US": (0, 26),
    "EU": (15, 60),
    "FR": (30, 60),
    "JP": (20, 32),
    "CN": (30, 50),
}
_REGION_NAMES: Final = {
    "EUR": "EU",
    "英码": "UK",
    "美码": "US",
    "欧码": "EU",
    "法码": "FR",
    "日码": "JP",
    "国码": "CN",
}
_REGION = (
    r"(?P<region>UK|US|EUR?|FR|JP|CN|(?:(?<=size )|(?<=尺码)|(?<=要)|(?<=穿))(?:uk|us|eur?)|uk(?= ?\d)|eur?(?= ?\d)|"
    r"[英美欧法日国]码)"
)
_HALF = r"(?:\.5|½)?"
_LETTERS = r"(?:[2-6]XL|X{1,4}L|X{1,3}S|[SML])"
_WORDS = r"(?:small|medium|large|(?:xx?|extra)[ -](?:large|small))"
_NUMBERED = rf"\d{{1,3}}{_HALF}(?:(?-i:[WDE])(?![A-Za-z]))?"
_NO_SIZE_FOLLOWS: Final = re.compile(
    r"(?:[A-Z][a-z]+|\d|iphone|ipad|galaxy|pixel|model|series|version|ps|xbox|windows)\s$"
)
_CHESTS: Final = range(72, 113)
_INCH_SIGNS: Final = '"”″'
_INCHES = (
    r"(?P<unit>英寸|寸|吋|\s?-?\s?inch(?![a-z])(?!\s(?:drop|gap|too|short|long|scratch|crack|hole|tear|off|apart|away|of|from|"
    r"thick|above|below|clearance|dent|chest|waist|neck|inseam|hips?|bust|legs?|sleeves?)\b)|[\"”″])"
)
_SCREENS: Final = _words(
    "电视|显示器|显示屏|屏幕|投影|幕布|平板|笔记本|一体机|曲面屏",
    "tvs?|televisions?|monitors?|screens?|displays?|laptops?|ipads?|oled|qled|4k",
)
_SCREEN_SIZES: Final = frozenset("43 50 55 58 65 70 75 77 82 83 85 86 98 100".split())
_BRAS: Final = _words("文胸|内衣|胸罩|泳衣|罩杯", "bras?|lingerie|bikinis?|bralettes?")
_SHOES: Final = _words(
    "鞋|靴|拖|高跟|板鞋",
    "shoes?|boots?|sneakers?|trainers?|heels|sandals?|slippers?|loafers?|flats|pumps|clogs",
)
_TROUSERS: Final = _words(
    "裤", "jeans|trousers|pants|chinos|slacks|shorts|leggings|cords|corduroys|levis|levi's"
)
_BEDS: Final = _words("床", "beds?|mattress(?:es)?|duvets?|sheets?|quilts?|blankets?|rugs?|curtains?")
_DISKS = r"(?!\s?(?:硬盘|存储|内存|盘|hdd|ssd|drive|hard|disk|storage))"
# 42码换43, EU 38不是39: a bare number beside a size is one.
_BESIDE = r"\s?(?:不是|还是|或者?|改成?|换成?|、|/|(?:or|not|and|to|for|but not)(?=\s)|和)\s?(?:an?\s)?"
_SHOE = r"(?:3[3-9]|4[0-8])(?:\.5)?"
_BOUND = (
    r"(?=[,，.。!！?？;；)）]|$|\s(?:or|and|instead|please|sizes?|if|but|for|to|in|is|was|isn't|wasn't|fits?|true|runs?|as|"
    r"because|not|again|one|ones|version|tall|petite|available|left|will|would|doesn't|does|please)(?![a-z]))"
)

SIZES: Final[tuple[Finder, ...]] = (
    pattern(
        "size",
        rf"{L}sizes?(?:\s?[:#]\s?|\s)(?P<n>{_NUMBERED}|{_LETTERS}|{_WORDS}|(?-i:[B-HJ-Z])){R}(?!['’]\w|&|\.\d|%)",
        _size,
        needs="zZ",
    ),
    pattern(
        "size",
        rf"{L}size(?:\sis|'s)\s(?P<span>(?P<n>{_NUMBERED}|{_LETTERS})){R}(?!\.\d|%)",
        _size,
        needs="zZ",
    ),
    pattern(
        "size",
        rf"(?:尺码|码数|尺寸|鞋码|鞋号)\s?[:是选为要]?\s?(?P<span>(?P<n>{_NUMBERED}|{_LETTERS})){R}(?!码|\.\d|%)",
        _size,
        needs="码尺号",
    ),
    pattern(
        "size",
        rf"{L}(?:[Ss]ize )?{_REGION}\s?(?:(?:[Ss]ize|[Ww]?o?[Mm]en'?s)\s)?(?P<n>\d{{1,2}}(?:\.5)?)(?![A-Za-z\d]|[-.:]\d)",
        _regional,
        needs="uUeEfFjJcC码",
        has_digit=True,
        flags=re.NOFLAG,
    ),
    pattern(
        "size",
        rf"{APART}(?P<n>\d{{1,2}}(?:\.5)?)\s?(?P<region>UK|US|EUR?|[英美欧]码){R}(?!\s?\$)",
        _regional,
        needs="USK码",
        has_digit=True,
        flags=re.NOFLAG,
    ),
    pattern(
        "size",
        rf"{APART}(?P<n>\d{{2,3}}(?:\.5)?|[二三四]十[一二三四五六七八九]?)\s?码(?![头字])",
        _number,
        needs="码",
        has_digit=True,
    ),
    pattern("size", rf"{L}(?P<n>{_LETTERS})\s?[码号](?!线)", _size, needs="码号"),
    pattern(
        "size",
        rf"(?<!['’.&+-]){L}(?P<n>{_LETTERS}|[2-6]?x{{1,4}}l|xs){R}(?!['’&+-]|\.\w|[级站档型形]|\s\d)",
        _letter,
        needs="SMLXx",
        flags=re.NOFLAG,
    ),
    pattern(
        "size", rf"{APART}(?P<n>1\d\d/\d{{2,3}}[A-CY]?)(?![\dA-Z/]|\s?(?:公?斤|kg))", _garment, needs="/"
    ),
    pattern(
        "size", rf"{APART}(?P<n>\d{{1,3}}(?:\.\d)?){_INCHES}", _inches, needs='寸吋iI"”″', has_digit=True
    ),
    pattern(
        "size",
        rf"{APART}(?P<n>\d{{1,3}}(?:\.\d)?)[{_INCH_SIGNS}]",
        _screen_inches,
        needs=_INCH_SIGNS,
        has_digit=True,
        about=_SCREENS,
    ),
    pattern(
        "size",
        rf"{APART}\d{{1,3}}(?:\.\d)?(?:[\s-]?(?:lit(?:re|er)|gallon|quart)s?{R}(?!\sof\b)|升(?!级|降)|L(?=的|\s?[a-z]{{4}}))|"
        rf"{APART}\d\.\d\s?L{R}|{APART}\d{{2,4}}\s?(?:ml|毫升)(?=[的装\u4e00-\u9fff]|\s[a-z])",
        lambda match: match[0].lower(),
        needs="lLtT升",
        has_digit=True,
    ),
    pattern(
        "size",
        rf"{APART}(?:[6-9][05][A-G]|(?:2[89]|3\d|4[0-6])(?:[A-F]|DD|FF|GG)){R}(?:杯|罩杯)?",
        _upper,
        needs="ABCDEFGabcdefg",
        has_digit=True,
        about=_BRAS,
    ),
    pattern(
        "size",
        rf"(?P<n>均一?码|加大[码号]|{L}(?:one[ -]size|free ?size){R}(?!\s(?:up|down|too|big|small|larg|\d)))",
        _size,
        needs="码号zZ",
    ),
    pattern(
        "size",
        rf"{L}(?:super[ -]king|california king|king|queen|twin)[ -]sized?{R}",
        lambda match: re.sub(r"[ -]sized?$", "", match[0].lower()),
        needs="zZ",
    ),
    pattern(
        "size",
        rf"(?:[码号]|{L}(?:EUR?|US|UK|size) ?\d{{1,2}}(?:\.5)?){_BESIDE}"
        r"(?P<span>(?P<n>\d{1,2}(?:\.5)?))(?![\d件个双元块码寸.])",
        _size,
        has_digit=True,
    ),
    pattern(
        "size",
        rf"{L}(?:in|an?|to|for|from|the|my|not)\s(?:an?\s|the\s)?(?P<span>(?P<n>{_WORDS})){_BOUND}",
        _size,
        needs="gmGM",
    ),
    pattern(
        "size",
        rf"(?<=[,，] )(?P<n>{_WORDS})(?=[,.!?;，]|$)|{L}(?P<n2>(?:xx?|extra)[ -](?:large|small)){R}",
        lambda match: _NAMES[re.sub(r"[\s-]+", " ", match[0]).upper()],
        needs="lL",
    ),
    pattern(
        "size", rf"{L}in\s(?P<span>petite|tall){_BOUND}", lambda match: match["span"].lower(), needs="iI"
    ),
    pattern(
        "size",
        rf"{APART}\d\d\s(?:short|regular|long){R}(?=[,.!?;]|$|\s(?:and|or|please|in|instead)\b)",
        lambda match: match[0].lower(),
        needs="sSrRlL",
        has_digit=True,
    ),
    pattern(
        "size",
        rf"{L}(?:(?:wo)?men['’]?s|ladies['’]?|kids['’]?|toddler|youth|junior|infant|boys['’]?|girls['’]?)\s"
        rf"(?:\d{{1,2}}{_HALF}|(?-i:[SML]|X{{1,2}}L)){R}(?!\.\d|%|\s(?:pieces|pairs|packs|items|shirts|dresses))",
        lambda match: match[0].lower(),
        needs="sSrRhHtT",
        has_digit=True,
    ),
    pattern("size", rf"{APART}(?-i:[2-6]T){R}{_DISKS}", lambda match: match[0], needs="T", has_digit=True),
    pattern(
        "size",
        rf"{L}W?(?:2[4-9]|3\d|4[0-8])(?:\s?/?\s?L|[x×/])(?:2[6-9]|3[0-8]){R}|"
        rf"{APART}(?:2[4-9]|3\d|4[0-8])W(?:[\sx×/]?(?:2[6-9]|3[0-8])L)?{R}",
        _upper,
        needs="lLxX×/wW",
        has_digit=True,
        about=_TROUSERS,
    ),
    pattern(
        "size",
        rf"{APART}(?:\d(?:\.\d{{1,2}})?(?:米|m)(?:\d(?!\d))?(?=的?(?:大|小)?床)|"
        rf"(?:\d{{2,3}}\s?[x×*]\s?\d{{2,3}}|\d(?:\.\d{{1,2}})?(?:米|m)?\s?[x×*]\s?\d(?:\.\d{{1,2}})?)(?:\s?(?:cm|厘米|米|m){R})?{R}(?![.x×*]))",
        _upper,
        needs="米mMxX×*",
        has_digit=True,
        about=_BEDS,
    ),
    pattern(
        "size",
        rf"(?:(?<=[穿换要买拍选是到寄只脚])|{L}(?:an?|wear|take|wears|takes|from|to|for|or|in)\s)"
        rf"(?P<span>{_SHOE})(?![\d.:/%$€£-]|\s?[件个双元块天号年月日岁斤分楼栋米折]|\s?(?:days?|minutes|hours|dollars|euros|years?)\b)",
        _upper,
        needs="34",
        about=_SHOES,
    ),
    pattern(
        "size",
        rf"{APART}{_SHOE}(?=的(?!\s?元)|还?有[货没吗]|偏[大小]|号的?[^\s]{{0,3}}[鞋靴])",
        _upper,
        needs="34",
        about=_SHOES,
    ),
)
