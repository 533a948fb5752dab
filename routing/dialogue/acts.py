"""What a short reply does to what was asked: agrees, declines, gives up, picks one, wants it said again.

Told by words and not by a model: a yes moves money, so nothing but a plain yes is one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final


def _any(*words: str) -> str:
    """Each of `words` holds alternatives."""
    return f"(?:{'|'.join(words)})"


# What stands around the word that counts. Possessive throughout: what could be read in two ways is read in one, or a long
# reply would take for ever.
_POLITE: Final = _any(
    "请|谢谢(?:你|您)?|谢了|多谢|麻烦(?:你|您)?了?|辛苦(?:你|您)?了?",
    "哈|啊|呀|吧|的|哦|噢|呢|嘛|啦|哒|滴|嘞|亲",
    "please|thank you(?: very much)?|thanks?|thx|then|now|just",
)
_GAP: Final = rf"(?:[\s,，、。.!！~～]|{_POLITE})*+"

_YES: Final = _any(
    # "对了" is "by the way", "好了" and "行了" are "enough", "请确认" asks for a confirmation.
    "(?:是|对|对对|好|好好|行)(?!了)|嗯+|恩+|可以了?|没问题|没有问题|没错",
    "(?<!请)确认(?:了|无误|办理)?|(?<!请)确定|同意|就这样|就这么办|办吧|要(?!了)|需要",
    "ok(?:ay)?|yes|yep|yeah|yup|y|sure|correct|right(?! now)|no problem|proceed",
    "that'?s (?:right|fine|correct|ok(?:ay)?)|(?<!please )confirm(?:ed)?|i confirm|i agree|agreed",
    "go ahead|do it|do that|(?<=please )do|sounds good|all good|fine|absolutely|of course",
    "definitely|looks good|perfect|great|that works|works for me",
)
# What is to be done may be said beside the yes, and to what.
_DEEDS: Final = _any(
    "取消|退货|退款|退|换货|更换|换|修改|改|投诉|报修|维修|修",
    "催单|催|提交|开票|开发票|开|使用|用券|用",
    "cancel|return|exchange|change|refund|submit|repair|replace|hurry|use|issue",
)
_WANTS: Final = _any("那|就|帮我|给我|我要|我想|and|to|i want|i'd like|i would like|let'?s")
_OBJECTS: Final = _any(
    "(?:这个?|那个?|该|我的)?(?:订单|单子|单|商品|地址|发票|支付方式|优惠券|它)了?",
    "(?:the|my|this|that) (?:order|items?|address|invoice|payment|coupon|complaint|request|one)",
    "(?:it|that|this|them|one)",
    "了",
)
_NO: Final = _any(
    "不(?:用|要|是|行|需要|了|确认|办|同意)|先不|先别|别|没有|不+",
    "nope|nah|no (?:way|need)|not now|no|neither",
    "don'?t do (?:it|that)|i don'?t|don'?t|do not",
)
_DROP: Final = _any(
    "算了|不用了|不要了|不弄了|不办了|不想(?:弄|办|退|换|改|取消)了?|先这样|当我没说|别管了",
    "改(?:变)?主意了",
    "不(?:退|换|改|取消|投诉|修|催|开)了|先不(?:弄|办|退|换|改|取消|投诉|修|催|开|用)了?",
    "等等再说|以后再说|再说吧|再想想|再考虑(?:一下)?|考虑一下|我再(?:想想|考虑(?:一下)?|看看)",
    "never ?mind|forget (?:it|about it|that)|leave it(?: as it is)?|stop|drop it|not any ?more",
    "cancel (?:that|this) request|(?:i'?ve |i have |i )?changed my mind|let me think(?: about it)?",
    "maybe later|another time|(?:i'?ll )?keep it|keep (?:the|my) order(?: as it is)?",
)
_KEPT: Final = "(?:了|它| it| that| anything| the order| my order)"
_KEEPS: Final = rf"(?:(?:不要|别|不用|先别|不想|do not|don't|dont)\s*{_DEEDS}{_KEPT}?)"
_DROPS: Final = rf"(?:{_DROP}|{_KEEPS})"
_BEFORE_DROP: Final = _any("那|就|我|还是|actually|oh|well|hmm+|sorry|i guess|i think|but|so")
_ALL: Final = _any(
    "全部?|都|所有|一起|整单|每一?[个件]|两[个件]都|三[个件]都|全都",
    "all(?: of (?:it|them))?|everything|both(?: of them)?|the (?:whole|entire) (?:order|lot|thing)",
)
_BEFORE_ALL: Final = _any(
    "我|要|想|就|给我|退|换|取消|修",
    "i want|i'd like|return|exchange|cancel",
)
_AFTER_ALL: Final = _any("要", "退", "换", "取消", "修", "return", "back")

_WHOLE_YES: Final = re.compile(
    rf"{_GAP}(?:(?>{_YES}){_GAP})++(?:(?>{_WANTS}){_GAP})*+(?:(?P<deed>{_DEEDS})\s*(?>{_OBJECTS})?)?{_GAP}",
    re.I,
)
_WHOLE_NO: Final = re.compile(rf"{_GAP}(?:(?>{_NO}){_GAP})++", re.I)
_WHOLE_DROP: Final = re.compile(
    rf"{_GAP}(?:(?!{_DROPS})(?>{_NO}|{_YES}|{_BEFORE_DROP}){_GAP})*+"
    rf"{_DROPS}{_GAP}(?:(?>{_DROPS}|{_NO}|我|还是|先|it|this|for now){_GAP})*+",
    re.I,
)
_WHOLE_ALL: Final = re.compile(
    rf"{_GAP}(?:(?>{_BEFORE_ALL}){_GAP})*+{_ALL}{_GAP}(?:(?>{_AFTER_ALL}){_GAP})*+", re.I
)
_REPEAT: Final = re.compile(
    r"再说一遍|再说一次|重复一[下遍]|没看清|没听清|没听懂|没看懂|刚才说(?:的)?(?:是)?什么|重说|什么意思|啥意思"
    r"|\b(?:repeat (?:that|it|please)|please repeat|say (?:that|it) again|come again|pardon|what did you say"
    r"|once more please|what do you mean|what was that|i didn'?t (?:get|catch) that)\b",
    re.I,
)
_REJECTS: Final = re.compile(
    r"不是(?:这|那|它)|不对|弄错|搞错|说错|选错|写错|填错|(?<![发寄送买拍下订拿])错了|我是说|我指的是|应该是|改成另"
    r"|换一个|另外?一?[个单件]"
    r"|\b(?:not (?:that|this|the)|that'?s (?:wrong|not right|not it)|wrong (?:one|order|address)|i meant?|i mean"
    r"|the other (?:one|order|item)|my mistake|actually|instead|correction|sorry,? (?:it'?s|i))\b",
    re.I,
)
_OTHER: Final = re.compile(
    r"另外?(?:那|一)?[个单件款](?!颜色|尺码|尺寸|码|规格|型号|地址|支付|付款|方式)|别的那[个单件]"
    r"|\b(?:the|my) other (?:one|order|item|parcel)\b|\bthe other\W*$",
    re.I,
)

_THANKS: Final = _any("谢谢|谢了|多谢|感谢|辛苦", "thanks?|thank you|thx|cheers|appreciated")
_BYE: Final = _any("再见|拜拜|下次见", "good ?bye|bye|see you|that'?s all|that is all")
_NOTED: Final = _any(
    "(?<!你)(?:知道|明白|收到|懂|清楚|了解)", "i see|got it|understood|noted|all ?right|cool"
)
_BESIDE: Final = _any(
    "好|行|嗯|可以|非常|太|你们?|您|我|没事|没有?了?|了|那|就这样|这样",
    "ok(?:ay)?|great|perfect|so much|very much|a lot|much|for your help|for now|you|all good|oh|well|yes|no",
)
_COURTESY: Final = re.compile(
    rf"(?:{_BYE}|{_THANKS}|{_NOTED}|{_POLITE}|{_BESIDE}|[\s,，、。.!！~～])++", re.I
)
_COURTESIES: Final = tuple(
    (name, re.compile(words, re.I)) for name, words in (("bye", _BYE), ("thanks", _THANKS), ("noted", _NOTED))
)

_NUMERALS: Final = (
    {c: i for i, c in enumerate("一二三四五六七八九", start=1)}
    | {word: i for i, word in enumerate(("one", "two", "three", "four", "five", "six"), start=1)}
    | {"两": 2}
)
_ORDINALS: Final = {
    word: count
    for count, words in enumerate(
        ("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th"), start=1
    )
    for word in words.split()
}
_ORDINAL: Final = "|".join(_ORDINALS)
_ONE: Final = "(?:one|option|order|item|address|coupon|card|choice|size|colou?r)"
_NUMBER: Final = "(?:[一二三四五六七八九两\\d]|one|two|three|four|five|six)"
_CHOICE: Final = re.compile(
    # 第二个; 选2, option 2, #2; a number that is the whole reply, or nearly.
    rf"第\s*(?P<counted>{_NUMBER})(?:\s*[个项单件款种条张]|\W*$)"
    rf"|(?:选|选择|选项|option|number|\bno\.|#)\s*(?P<named>{_NUMBER})(?![\w.个件])"
    rf"|^\W*(?:我?要|就)?\s*(?P<alone>{_NUMBER})\W*(?:号|吧|please|thanks)?\W*$"
    rf"|\bthe (?P<ordinal>{_ORDINAL})\b(?=\W*$| {_ONE}\b)"
    rf"|^\W*(?P<bare>{_ORDINAL})(?: {_ONE})?\W*(?:please)?\W*$"
    rf"|(?P<last>最后(?:一|那)?[个项单件款]|\blast (?:one|option)\b)",
    re.I,
)
_LAST: Final = -1
# A longer message says more than yes or no.
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Acts:
    """Of one message. At most one of `agrees`, `declines` and `drops` holds, and each only of a message that says nothing
    else but, in `deed`, what is to be done ("yes, cancel it"). `choice` counts from 1, −1 is the last. `rejects`: something
    that was understood or chosen is put right; `other`: by the other one of two. `courtesy` is `thanks`, `bye` or `noted`
    where the message is nothing else.
    """

    agrees: bool = False
    declines: bool = False
    drops: bool = False
    takes_all: bool = False
    repeats: bool = False
    rejects: bool = False
    other: bool = False
    choice: int | None = None
    deed: str | None = None
    courtesy: str = ""


def read_acts(message: str) -> Acts:
    """The acts of a message in Chinese or English."""
    text = unicodedata.normalize("NFKC", message).replace("’", "'").strip().lower()
    rejects, other = bool(_REJECTS.search(text)), bool(_OTHER.search(text))
    if len(text) > _LONGEST:
        return Acts(rejects=rejects, other=other)
    drops = bool(_WHOLE_DROP.fullmatch(text))
    declines = not drops and bool(_WHOLE_NO.fullmatch(text))
    agrees = None if drops or declines else _WHOLE_YES.fullmatch(text)
    return Acts(
        agrees=agrees is not None,
        declines=declines,
        drops=drops,
        takes_all=bool(_WHOLE_ALL.fullmatch(text)),
        repeats=bool(_REPEAT.search(text)),
        rejects=rejects,
        other=other,
        choice=_choice(text),
        deed=agrees["deed"] if agrees else None,
        courtesy=_courtesy(text),
    )


def _courtesy(text: str) -> str:
    if _COURTESY.fullmatch(text) is None:
        return ""
    return next((name for name, words in _COURTESIES if words.search(text)), "")


def _choice(text: str) -> int | None:
    match = _CHOICE.search(text)
    if match is None:
        return None
    if match["last"]:
        return _LAST
    if ordinal := match["ordinal"] or match["bare"]:
        return _ORDINALS[ordinal]
    return number(match["counted"] or match["named"] or match["alone"]) or None


def number(word: str) -> int:
    """Of a digit or a numeral of one word, to nine."""
    return _NUMERALS[word] if word in _NUMERALS else int(word)
