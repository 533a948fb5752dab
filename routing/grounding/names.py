"""Names of a text: those of known kinds by word lists, others by how they are written, and by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from routing.grounding.kept import kept
from routing.grounding.lexicon import Lexicon
from routing.grounding.text import CJK, lowered
from routing.grounding.words import name_words


@dataclass(frozen=True, slots=True)
class Name:
    """`concept` is the row of a known kind; "" for a name of no list, which is held against the words of the facts."""

    kind: str
    concept: str
    text: str
    start: int
    end: int


_CARRIERS: Final = {"SF": "顺丰", "JD": "京东物流", "UPS": "ups"}
_CAPITALS: Final = re.compile(r"(?<![A-Za-z0-9-])(?:SF|JD|UPS)(?![A-Za-z0-9-]|\.com| Logistics| Express)")
_LEXICON: Final = Lexicon(name_words())
_SIZE: Final = re.compile(
    r"(?<![A-Za-z0-9&'./-])(?P<upper>XS|S|M|L|XL|XXL|XXXL|[2-6]XL)(?![A-Za-z0-9&'])"
    r"|(?<![a-z])(?:size )(?P<word>small|medium|large)(?![a-z])"
    r"|(?<![a-z])(?P<word2>small|medium|large)(?: size|-size)|(?P<zh>[大中小])(?:码|号)"
)
_WORDS: Final = {"small": "S", "medium": "M", "large": "L", "大": "L", "中": "M", "小": "S"}
_AFTER_ONE: Final = "色款的,)、 ;"
_EVERYDAY: Final = frozenset(
    "i ok okay app vip plus sms id faq pin qr pdf tv usb wifi wi-fi bluetooth led lcd gps cpu hi hello "
    "thank thanks please sorry welcome dear yes no customer customers service "
    "support team english chinese kefu mr mrs ms miss dr sir madam you your we our us the this that if "
    "and but so for as at on in monday tuesday wednesday thursday friday "
    "saturday sunday january february march april may june july august september october november "
    "december jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu "
    "fri sat sun am pm eur usd cny rmb hkd gbp china order orders settings account my help center centre "
    "email e-mail click go let however once also good great of course "
    "happy new year christmas friend regards sincerely best all note payment refund return returns "
    "shipping delivery status total price carrier tracking number date item items "
    "here there it its it's i'm i'll i've i'd we're we'll we've you're you'll let's that's there's then "
    "otherwise since after before when while although "
    "double singles day ok. logo vs kg cm mm ml gb mb tb qq pc ios android online offline cny. 7 st nd rd th".split()
)
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z'&.-]*[A-Za-z]|[A-Za-z]")
# A name before a model is one wherever it stands: Northstar X360.
_MODEL_BEHIND: Final = re.compile(r" [A-Z]{1,2}-?\d{2,4}(?![0-9A-Za-z-])")
_ZH_BEFORE_MODEL: Final = re.compile(
    r"(?<![^\W\da-zA-Z的是款买购看为有由把台和与及给拍选])([\u4e00-\u9fff]{2}) ?(?=[A-Z]{1,3}-?\d{1,4}(?!\d))"
)
_ZH_BRAND: Final = re.compile(
    r"(?:是|为|来自|出自|品牌)([\u4e00-\u9fff]{2})(?:的|牌|家的|品牌)(?=.{0,3}$|[\u4e00-\u9fff]{2})"
)
_ZH_MAKER: Final = re.compile(
    r"([\u4e00-\u9fff]{2})(?:出的|家出的|产的|出品)|(?:牌子|品牌|厂家)(?:是|为|叫)([\u4e00-\u9fff]{2})(?![\u4e00-\u9fff]{2})"
)
_ZH_NO_BRAND: Final = re.compile(
    r"[的了是这那款看下买您我和与及或比起关于型号为有个件台卖售选择推荐目前请在帮到过把将一二两三订单号您他她它你们本该此都也就很最更好新可能要想对从给由因编运码券含安排购买享按括预期属上无否则带拿挑用拍]"
)
_TITLES: Final = ("Mr.", "Ms.", "Mrs.", "Dr.")
_QUOTED: Final = re.compile(r"[《「『“\"]([^》」』”\"]{2,40})[》」』”\"]")
_CONTACT: Final = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+|https?://[^\s,。，)）]+|www\.[^\s,。，)）]+|(?<![\w.])[\w-]+\.(?:com|cn|net"
    r"|org|shop)(?:\.cn)?(?![\w])"
)
_ZH_CARRIER: Final = re.compile(r"([\u4e00-\u9fff]{2})(?:快递|速运|速递)")
_ZH_NO_CARRIER: Final = re.compile(
    r"[目的个发由用走是查收送承到了家上为您该此寄过择作定认通准内际地有和与或间等按在给我钱元块只差就还等叫让催派没有]|普通|合作"
)
_ZH_PERSON: Final = re.compile(
    r"(?:收件人|收货人|联系人(?!工)|签收人|抬头)(?!手)(?:是|为|:"
    r"|\s)*[“\"]?([\u4e00-\u9fff]{2,3})(?![\u4e00-\u9fff]*(?:信息|姓名|电话))"
    r"|([\u4e00-\u9fff]{1,2})(?:先生|女士|小姐)"
)
_ZH_ROAD: Final = re.compile(r"([\u4e00-\u9fff]{2}(?<![上半走同在条])(?:路|大道|街))(?=\d|[,。)\s]|$)")
# The larger name that a smaller one may be called by.
IS_A: Final = {
    "外套": ("羽绒服",),
    "裤子": ("牛仔裤",),
    "鞋子": ("靴子", "凉鞋"),
    "银行卡": ("信用卡", "储蓄卡", "银联"),
    "包包": ("双肩包",),
    "红色": ("酒红色",),
    "蓝色": ("藏青色",),
    "毛衣": ("羊毛", "羊绒"),
}


@kept
def names_in(text: str) -> tuple[Name, ...]:
    """All of a folded text, of known kinds first."""
    low = lowered(text)
    return (*_listed(low), *_capitals(text), *_sizes(text, low), *_written(text, low))


def _listed(low: str) -> Iterator[Name]:
    for start, end, meanings in _LEXICON.find(low):
        word = low[start:end]
        if any(kind == "idle" for kind, _, _ in meanings):
            continue
        if len(word) == 1 and not word.isascii() and low[end : end + 1] not in _AFTER_ONE:
            continue
        if all(kind == "size" for kind, _, _ in meanings):
            continue
        for kind, concept, _ in meanings:
            yield Name(kind, concept, word, start, end)


def _capitals(text: str) -> Iterator[Name]:
    """Short names that in small letters are words or nothing: SF, JD."""
    for match in _CAPITALS.finditer(text):
        yield Name("carrier", _CARRIERS[match.group()], match.group().lower(), *match.span())


def _sizes(text: str, low: str) -> Iterator[Name]:
    for match in _SIZE.finditer(text):
        if text[max(0, match.start() - 2) : match.start()].strip().isdigit():
            continue
        said = match["upper"] or _WORDS[match["word"] or match["word2"] or match["zh"]]
        yield Name("size", said.replace("2XL", "XXL").replace("3XL", "XXXL"), match.group(), *match.span())


def _written(text: str, low: str) -> Iterator[Name]:
    for match in _CONTACT.finditer(text):
        yield Name("contact", "", match.group(), *match.span())
    for match in _QUOTED.finditer(text):
        yield Name("quoted", "", match[1], match.start(1), match.end(1))
    if CJK.search(text):
        yield from _zh_written(text)
    is_zh = CJK.search(text) is not None
    for match in _LATIN.finditer(text):
        word = match.group().removesuffix("'s")
        if len(word) < 2 or word.lower() in _EVERYDAY or text[match.end() : match.end() + 1].isdigit():
            continue
        if match.start() and (text[match.start() - 1].isdigit() or text[match.start() - 1] in "@-_/"):
            continue
        if is_zh or (word[0].isupper() and not _begins(text, match)):
            yield Name("latin", "", word, *match.span())


def _begins(text: str, match: re.Match[str]) -> bool:
    """Whether it begins a sentence or an item of a list, so that any word is written large there."""
    before = text[: match.start()].rstrip(" \"'“(*")
    if before.endswith(_TITLES):
        return False
    if _MODEL_BEHIND.match(text, match.end()):
        return False
    return not before or before[-1] in ".!?:;-•·\n"


def _zh_written(text: str) -> Iterator[Name]:
    for match in _ZH_CARRIER.finditer(text):
        if not _ZH_NO_CARRIER.search(match[1]):
            yield Name("carrier", "", match[1], *match.span(1))
    for match in _ZH_PERSON.finditer(text):
        said = match[1] or match[2]
        if said not in ("您的", "信息", "尊敬", "每位", "各位", "这位"):
            yield Name("person", "", said, *match.span())
    for pattern in (_ZH_BEFORE_MODEL, _ZH_BRAND):
        for match in pattern.finditer(text):
            if not _ZH_NO_BRAND.search(match[1]):
                yield Name("brand", "", match[1], *match.span(1))
    for match in _ZH_MAKER.finditer(text):
        if not _ZH_NO_BRAND.search(said := match[1] or match[2]):
            yield Name("brand", "", said, *match.span(1 if match[1] else 2))
    for match in _ZH_ROAD.finditer(text):
        yield Name("place", "", match[1], *match.span(1))
