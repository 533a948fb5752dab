"""Postcodes. Their forms are those of other numbers too: the words before them, a town beside them or the address around
them say that they are codes."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from models.understanding.lexicon import LEXICON
from models.understanding.number_labels import is_of_something, is_talk_of, kind, label, words_of
from models.understanding.patterns import (
    A_DIGIT,
    ENDS,
    NOT_INSIDE,
    Finder,
    L,
    R,
    is_after,
    literal,
    pattern,
    spanned,
)
from models.understanding.places import CHINESE

_ADDRESS_REACH: Final = 80
_LONGEST_ADDRESS: Final = 40  # more than what `_ADDRESS` finds can be
_PLACE_WORDS: Final = 3
_LONGEST_PLACE_ZH: Final = 4
_SHORTEST_BEFORE_COMMA: Final = 5


def _called(match: re.Match[str]) -> str | None:
    """A code of a form that other numbers have too, where the words say that it is one."""
    return literal(match).upper() if kind(match) == "postcode" else None


def _called_outward(match: re.Match[str]) -> str | None:
    """EH12, the first half of a British code, right after "postcode"."""
    said = label(match)
    is_called = said is not None and said.kind == "postcode" and said.is_direct
    return literal(match).upper() if is_called else None


def _known(match: re.Match[str]) -> str | None:
    return literal(match).upper() if kind(match) in ("postcode", "phone", None) else None


def _in_address(match: re.Match[str]) -> str | None:
    is_address = _is_beside_place(match) or _has_address_near(match.string, spanned(match)[0])
    return literal(match).upper() if is_address and kind(match) in ("postcode", None) else None


def _has_address_near(text: str, start: int) -> bool:
    last = start + _ADDRESS_REACH
    found = _ADDRESS.search(text, max(0, start - _ADDRESS_REACH), last + _LONGEST_ADDRESS)
    return found is not None and found.start() <= last


def _in_taiwan(match: re.Match[str]) -> str | None:
    """Three digits, where the address is one of Taiwan."""
    start, end = spanned(match)
    address = match.string[max(0, start - _ADDRESS_REACH) : end]
    return _in_address(match) if _TAIWAN.search(address) else None


def _of_town(match: re.Match[str]) -> str | None:
    """Digits beside the name of a town, and not the number of a house: Aarhus 8000, not 1450 Elm Avenue."""
    _, end = spanned(match)
    if is_after(match, _HOUSE_BEFORE) or _HOUSE_AFTER.match(match.string, end):
        return None
    if _is_beside_place(match):
        return literal(match).upper() if kind(match) in ("postcode", None) else None
    is_beside_name = is_after(match, _NAME_BEFORE) or _NAME_AFTER.match(match.string, end)
    is_between_commas = is_after(match, _COMMA) and match.string[end : end + 1] in ("", ",", "，", ".")
    return _in_address(match) if is_beside_name or is_between_commas else None


def _of_place(match: re.Match[str]) -> str | None:
    """Mobile is a town too, and the PIN code of a place its postcode."""
    if not _is_beside_place(match) or kind(match) not in ("postcode", "pin_code", "phone", None):
        return None
    return literal(match).upper()


def _abroad(match: re.Match[str]) -> str | None:
    """01310-100, 00-549: hyphenated codes, after a name or in an address."""
    if kind(match) not in ("postcode", None):
        return None
    return literal(match).upper() if is_after(match, _NAME_BEFORE) else _in_address(match)


def _of_chinese_place(match: re.Match[str]) -> str | None:
    """昆明650031, 850000拉萨, 一起寄325000."""
    if kind(match) not in ("postcode", None) or is_of_something(match):
        return None
    is_mailed = is_after(match, _MAILED) and match[0].startswith(_ANYWHERE)
    return match[0] if is_mailed or _is_beside_chinese_place(match) else None


def _is_beside_chinese_place(match: re.Match[str]) -> bool:
    start, end = spanned(match)
    before = _ZH_BEFORE.search(match.string, max(0, start - _ZH_REACH), start)
    after = _ZH_AFTER.match(match.string, end)
    tails = [before["words"][at:] for at in range(len(before["words"]) - 1)] if before else []
    heads = [after["words"][:to] for to in range(2, len(after["words"]) + 1)] if after else []
    return any(match[0].startswith(_REGIONS.get(name, _NOWHERE)) for name in (*tails, *heads))


def _where_to(match: re.Match[str]) -> str | None:
    """Digits after "ship to", or after "should be" and the like where postcodes are spoken of."""
    if kind(match) not in ("postcode", None):
        return None
    is_zip = len(match[0]) >= len("60614")
    if is_zip and is_after(match, _SHIPPED) and _NO_STREET.match(match.string, match.end()):
        return match[0]
    if "-" in match[0] and is_after(match, _IN):
        return match[0]
    is_meant = is_after(match, _SHOULD_BE) or _has_brackets(match)
    return match[0] if is_meant and is_talk_of(match, "postcode") else None


def _has_brackets(match: re.Match[str]) -> bool:
    start, end = spanned(match)
    return match.string[max(0, start - 1) : start] + match.string[end : end + 1] == "()"


def _is_beside_place(match: re.Match[str]) -> bool:
    """A comma may stand after long digits alone: 1578, São Paulo is a house."""
    start, end = spanned(match)
    before = _WORDS_BEFORE.search(match.string, max(0, start - 40), start)
    is_short = end - start < _SHORTEST_BEFORE_COMMA and match.string[end : end + 1] in (",", "，")
    after = None if is_short else _WORDS_AFTER.match(match.string, end)
    return (before is not None and any(words in _PLACES for words in _tails(before["words"].lower()))) or (
        after is not None and any(words in _PLACES for words in _heads(after["words"].lower()))
    )


def _tails(words: str) -> Iterator[str]:
    """Its last words, and the last characters of Chinese, which has no spaces."""
    parts = words.split()
    yield from (" ".join(parts[-count:]) for count in range(1, _PLACE_WORDS + 1))
    if not words.isascii():
        name = _AFTER_NAME.sub("", words)
        yield from (name[-count:] for count in range(2, _LONGEST_PLACE_ZH + 1))


def _heads(words: str) -> Iterator[str]:
    parts = words.split()
    yield from (" ".join(parts[:count]) for count in range(1, _PLACE_WORDS + 1))


def _regions() -> dict[str, tuple[str, ...]]:
    """Names of Chinese divisions, and what the postcodes there may begin with."""
    names = {name.text: name for group in CHINESE.values() for name in group if not name.is_everyday}
    regions: dict[str, tuple[str, ...]] = {}
    for province, digits in LEXICON.postal_regions.items():
        inside = {province, *names[province].parts}
        inside |= {part for text in inside & names.keys() for part in names[text].parts}
        for text in inside & names.keys():
            regions[text] = (*regions.get(text, ()), *digits)
    return regions


_PLACES: Final = LEXICON.places
_REGIONS: Final = _regions()
_ANYWHERE: Final = tuple(digits for region in LEXICON.postal_regions.values() for digits in region)
_NOWHERE: Final[tuple[str, ...]] = ()
_ZH_REACH: Final = 16
_ZH_BEFORE: Final = re.compile(r"(?P<words>[一-龥]{2,8}?)(?:的|[这那]边)?[\s,，、(（]{0,2}$")
_ZH_AFTER: Final = re.compile(r"[\s,，、]?(?P<words>[一-龥]{2,8})")
_AFTER_NAME: Final = re.compile(r"市?(?:的|[这那]边)?$")
_MAILED: Final = re.compile(r"(?:寄|[寄邮][到往去给至]|送[到往]|发往)\s?$")
_SHIPPED: Final = re.compile(
    r"(?:(?<![a-z])(?:ship(?:s|ped|ping|ment)?|deliver(?:s|ed|ing|y|ies)?)(?:\s[a-z]+){0,3}?\s(?:to|in)\s|[寄邮][到往去至]\s?)$",
    re.IGNORECASE,
)
_NO_STREET: Final = re.compile(
    r"\s?(?:[?!,.;)。，？！吗么呢吧的行能可]|$|(?:and|or|but|please|pls|for|by|is|it)(?![a-z]))"
)
_IN: Final = re.compile(r"(?<![a-z])(?:to|in)\s$", re.IGNORECASE)
_SHOULD_BE: Final = re.compile(
    r"(?:(?:should|to)\sbe|mine\sis|it's|it\sis|(?:deliver|ship)[a-z]{2,5}\s(?:to|in)|"
    r"(?:chang|updat|correct|switch)[a-z]{1,3}(?:\s[a-z]+){0,3}?\sto)\s$",
    re.IGNORECASE,
)
_LETTER = r"[^\W\d_]"
_WORDS_BEFORE: Final = re.compile(
    rf"(?<!{_LETTER})(?P<words>{_LETTER}+(?:[ '-]{_LETTER}+){{0,5}})\s?[,.，(]?\s?$"
)
_WORDS_AFTER: Final = re.compile(rf"[,，]?\s?(?P<words>{_LETTER}+(?:[ '-]{_LETTER}+){{0,2}})")

_US_STATE_CODE = (
    r"A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|"
    r"N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_UK = r"[A-Z]{1,2}\d[A-Z\d]? \d(?!GB|TB|MB|KB|KG|CM|MM|ML|AM|PM)[A-Z]{2}"
_CANADA = r"[A-Z]\d[A-Z] ?\d[A-Z]\d"
_EIRE = r"[AC-FHKNPRTV-Y]\d[\dW] (?=[A-Z]{0,3}\d)[AC-FHKNPRTV-Y\d]{4}"
_NETHERLANDS = (
    r"[1-9]\d{3} ?(?!GB|TB|MB|KB|KG|CM|MM|ML|AM|PM|HZ|KM|CC|ST|SQ|OR|NO|IN|TO|IS|MY|WA|NT|SA)[A-Z]{2}"
)
_TAIWAN: Final = re.compile(
    r"[台臺][湾灣北中南东東]|高雄|新北|桃园|桃園|新竹|基隆|嘉义|屏东|taiwan|taipei", re.IGNORECASE
)
_ADDRESS: Final = re.compile(
    r"[省市区縣县镇村][^,，。]{0,16}[路街道巷弄]|[路街道巷弄村]\d+号|\d[号號栋座室楼樓层]|(?<![a-z])(?:street|st|road|rd|avenue|"
    r"ave|lane|ln|drive|dr|way|court|ct|close|boulevard|blvd|crescent|terrace|square|place|mews|floor|flat|apt|apto|unit|"
    r"suite|room|block|blk|level|tower|building|house|rue|via|viale|piazza|calle|avenida|plaza|rua|jalan|soi|ul\.|caddesi|"
    r"sokak|út|utca|straße|strasse|vej|gade|[a-zäöüß]{3,20}(?:straße|strasse|str\.|allee|platz|gata|gatan|gracht|laan|weg|"
    r"vej|gade|vägen))(?![a-zé])",
    re.IGNORECASE,
)
_STREET = r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Way|Court|Close|Boulevard|Blvd|Terrace|Square|Place|Pl|Mews)"
_HOUSE_BEFORE: Final = re.compile(
    r"\b(?:Rua|Via|Calle|Rue|Jalan|Avenida|Av\.?|Soi|St)\s[\w ]{1,20}\s$|[a-z]{3}(?:way|gracht|laan|gatan|straße|vej)\s$"
)
_HOUSE_AFTER: Final = re.compile(rf"(?:\s[A-Z][\w'.]*){{1,3}}\s{_STREET}\b")
_NAME_BEFORE: Final = re.compile(r"[A-ZÀ-Þİ][\wÀ-ɏ]+[,.，]?\s?$")
_NAME_AFTER: Final = re.compile(r"\s[A-ZÀ-Þ][a-zß-ÿ]+")
_COMMA: Final = re.compile(r"[,，]\s?$")
_ALONE = r"(?=\s*(?:[,，、;；。.!?）)—-]|$|收|邮|签|寄|电|联)|\s[^\s\d])(?!-?\d|\.\d)"
_NOT_A_ROOM = "".join(
    rf"(?<!{word} )" for word in ("Suite", "Unit", "Room", "Flat", "Apt", "Box", "Level", "No.")
)


def _cased(regex: str, value: Callable[[re.Match[str]], str | None], needs: str = A_DIGIT) -> Finder:
    return pattern("postcode", regex, value, needs=needs, flags=re.NOFLAG)


POSTCODES: Final[tuple[Finder, ...]] = (
    _cased(rf"{L}(?:{_UK}|{_CANADA}|{_EIRE}){R}", _known),
    _cased(
        rf"{L}(?:(?:{_US_STATE_CODE})[,.]?\s(?=\d{{5}}(?!\d))|"
        r"(?:NSW|VIC|QLD|TAS|NT|ACT|SA|WA)\s(?=\d{4}(?!\d)))(?P<span>\d+(?:-\d{4})?)(?!\d)",
        _known,
    ),
    pattern(
        "postcode",
        rf"{NOT_INSIDE}(?:\d{{6}}|\d{{5}}(?:-\d{{3,4}})?|\d{{4}}(?:-\d{{3}}| ?[A-Z]{{2}})?|"
        rf"\d{{3}}(?:-\d{{4}}| \d{{3}}|[ ]?\d\d)?|\d\d-\d{{3}}|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}|[A-Z]\d[A-Z] ?\d[A-Z]\d|"
        rf"{_EIRE.replace(' ', ' ?')}){R}",
        _called,
        has_digit=True,
        words=words_of("postcode"),
    ),
    pattern(
        "postcode",
        rf"{NOT_INSIDE}[A-Z]{{1,2}}\d[A-Z\d]?{R}(?! ?\d)",
        _called_outward,
        has_digit=True,
        words=words_of("postcode"),
    ),
    pattern("postcode", r"〒\s?(?P<span>\d{3}-?\d{4})(?!\d)", literal, needs="〒"),
    _cased(r"(?:PLZ|CEP|CAP|CP)[: ]{1,2}(?P<span>\d{5}(?:-\d{3})?)(?!\d)", literal, needs="P"),
    pattern("postcode", rf"(?<![\dA-Za-z¥$.#-])[0-8]\d{{5}}{_ALONE}", _in_address, needs=A_DIGIT),
    _cased(rf"{NOT_INSIDE}(?<!\d )\d{{6}}(?! ?\d){ENDS}", _of_chinese_place),
    _cased(rf"{NOT_INSIDE}(?<!\d )(?:\d{{5}}(?:-\d{{4}})?|(?!19|20)\d{{4}})(?! ?\d){ENDS}", _where_to),
    pattern("postcode", rf"{L}S\(?(?P<span>\d{{6}})\)?(?!\d)", _in_address, needs="sS"),
    pattern(
        "postcode",
        rf"{L}[a-z]{{1,2}}\d[a-z\d]? \d(?!gb|tb|kg|cm|mm|ml)[a-z]{{2}}{R}",
        _in_address,
        needs=A_DIGIT,
    ),
    pattern(
        "postcode",
        rf"{L}(?:{_US_STATE_CODE}) (?P<span>\d{{5}}(?:-\d{{4}})?)(?![\d-]){_ALONE}",
        _in_address,
        needs=A_DIGIT,
    ),
    _cased(rf"{NOT_INSIDE}{_NETHERLANDS}{R}", _in_address),
    _cased(
        rf"(?<=[,.] |[a-zß-ÿ] |[a-z]，){_NOT_A_ROOM}"
        r"(?:\d{5,6}|(?!19|20)\d{4}(?: [A-Z]{2})?|\d{3} \d\d)(?=[,.;:，]|$|\s[A-Z])",
        _of_town,
    ),
    _cased(rf"{NOT_INSIDE}{_NOT_A_ROOM}(?:\d{{5,6}}(?:-\d{{4}})?|\d{{3}} \d{{2,3}}){ENDS}", _of_place),
    _cased(
        rf"(?:(?<=[^\W\d_] |[,.，] )|(?<=，)){_NOT_A_ROOM}(?!19|20)(?:\d{{4}}|(?<=[,，]\s)\d{{3}}(?=,))"
        r"(?=[,.;，]|$|\s(?:is|and|or|for|if|please|by)\s)(?![.,]\d)",
        _of_place,
    ),
    pattern(
        "postcode",
        r"(?<=[,，号號楼樓])\s?(?P<span>[1-9]\d\d(?:\d\d)?)(?=\s?(?:[,，。]|$))",
        _in_taiwan,
        needs="，,号號楼樓",
        has_digit=True,
    ),
    pattern(
        "postcode",
        r"(?<=[A-Za-z] |[,.] |[a-z]，)(?:\d{3}-\d{4}|\d{5}-\d{3}|\d{4}-\d{3}|\d\d-\d{3})(?=[,.;，\s]|$)",
        _abroad,
        needs="-",
    ),
)
