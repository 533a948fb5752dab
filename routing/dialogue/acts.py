"""What a short reply does to what was asked: agrees, declines, picks one of those offered, takes all, gives up, wants it again.

Told by words and not by a model: a yes moves money, so nothing but a plain yes is one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_POLITE: Final = r"(?:请|谢谢|谢了|多谢|麻烦了?|辛苦了?|哈|啊|呀|吧|了|的|哦|噢|呢|嘛|啦|亲|你|您|please|thanks?|thank you|thx|then|now|just)"
# Possessive throughout: what could be read in two ways is read in one, or a long reply would take for ever.
_GAP: Final = rf"(?:[\s,，。.!！~～、?？]|{_POLITE})*+"
_YES: Final = (
    r"(?:是的?|对的?|对对|嗯+|恩+|好的?|好滴|好嘞|可以的?|行的?|没问题|没错|确认(?:取消|退货|换货|修改|提交|办理|申请|无误)?|确定|同意|"
    r"就这样|就这么办|办吧|提交|要的?|需要|ok(?:ay)?|yes|yep|yeah|yup|sure|correct|right|that'?s (?:right|fine|correct|ok)|"
    r"confirm(?:ed)?|i confirm|i agree|agreed|go ahead|do it|do that|please do|sounds good|fine|absolutely|of course|definitely|"
    r"looks good|perfect|great|that works|works for me|proceed)"
)
_NO: Final = (
    r"(?:不(?:用|要|是|对|行|需要|了|确认|办|同意)|先不|先别|别|没有|不+|nope|nah|no (?:way|need)|not (?:now|that)|no|"
    r"don'?t do (?:it|that)|i don'?t|don'?t|do not|wrong|neither)"
)
_DROP: Final = (
    r"(?:算了|不用了|不要了|不弄了|不办了|不想(?:弄|办|退|换|改|取消)了?|不(?:退|换|改|取消|投诉|修)了|先这样|先不(?:弄|办|退|换|改|取消)了?|"
    r"当我没说|别管了|等等再说|以后再说|再想想|考虑一下|我再(?:想想|考虑(?:一下)?|看看)|never ?mind|forget (?:it|about it|that)|"
    r"leave it|stop|cancel that|cancel this request|drop it|not any ?more|changed my mind|i'?ve changed my mind|let me think"
    r"(?: about it)?|maybe later|another time|i'?ll keep it|keep it)"
)
_ALL: Final = r"(?:全部?|都|所有|一起|整单|每一?个|两个都|三个都|全都|all(?: of (?:it|them))?|everything|both|the (?:whole|entire) (?:order|lot|thing))"
_REPEAT: Final = re.compile(
    r"再说一遍|再说一次|重复一[下遍]|没看清|没听清|没听懂|刚才说(?:的)?(?:是)?什么|重说|什么意思|啥意思"
    r"|\b(?:repeat|say (?:that|it) again|come again|pardon|what did you say|once more please|what do you mean|what was that)\b",
    re.I,
)
_DEEDS: Final = r"(?:取消|退货|退款|退|换货|换|修改|改|投诉|报修|修|提交|cancel|return|exchange|change|refund|submit|repair)"
_KEEPS: Final = rf"(?:(?:不要|别|不用|先别|不想|do not|don't|dont)\s*{_DEEDS}(?:了|它| it| that| anything)?)"
_DROPS: Final = rf"(?:{_DROP}|{_KEEPS})"
_WHOLE_YES: Final = re.compile(
    rf"{_GAP}(?:(?>{_YES}){_GAP})++(?:(?>那|就|帮我|给我|我要|i want to|to){_GAP})*+(?P<deed>{_DEEDS})?(?: ?(?:it|that|this|them))?{_GAP}",
    re.I,
)
_WHOLE_NO: Final = re.compile(rf"{_GAP}(?:(?>{_NO}){_GAP})++", re.I)
_WHOLE_DROP: Final = re.compile(
    rf"{_GAP}(?:(?!{_DROPS})(?>{_NO}|{_YES}|那|我|还是|actually|oh|well|hmm+|sorry|i guess|i think|but){_GAP})*+"
    rf"{_DROPS}{_GAP}(?:(?>{_DROPS}|{_NO}|我|还是|先|it|this|for now){_GAP})*+",
    re.I,
)
_WHOLE_ALL: Final = re.compile(
    rf"{_GAP}(?:(?>我|要|想|就|给我|i want|i'd like|return|exchange|退|换|取消|修){_GAP})*+{_ALL}"
    rf"{_GAP}(?:(?>要|退|换|取消|return|back){_GAP})*+",
    re.I,
)
_NUMERALS: Final = {c: i for i, c in enumerate("一二三四五六七八九", start=1)} | {"两": 2}
_ORDINALS: Final = {
    word: count
    for count, word in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"), start=1)
} | {f"{n}{s}": n for n, s in ((1, "st"), (2, "nd"), (3, "rd"), (4, "th"), (5, "th"), (6, "th"))}
_CHOICE: Final = re.compile(
    r"(?:第|选|选择|要|option|number|no\.?|#)\s*([一二三四五六七八九\d])\s*(?:个|项|单|件|款|种|条|号)?(?![\d.])"
    r"|^\W*([一二三四五六七八九\d])\W*(?:号|吧|please)?\W*$"
    r"|\b(first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th|6th)\b(?! time)"
    r"|(最后|last)(?:一?个|一?项| one| option)",
    re.I,
)
_LAST: Final = -1
_REJECTS: Final = re.compile(
    r"不是(?:这|那|它)|不对|弄错|搞错|说错|选错|写错|填错|错了|我是说|我指的是|应该是|改成另|换一个|另外?一[个单件]"
    r"|\b(?:not (?:that|this|the)|wrong (?:one|order|item|address|size)|i meant?|i mean|the other (?:one|order|item)|"
    r"my mistake|actually|instead|correction|sorry,? (?:it'?s|i))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Acts:
    """Of one message. At most one of `agrees`, `declines` and `drops` holds, and each only of a message that says nothing
    else but, in `deed`, what is to be done ("yes, cancel it"). `choice` counts from 1, −1 is the last. `rejects`: something
    that was understood or chosen is put right.
    """

    agrees: bool = False
    declines: bool = False
    drops: bool = False
    takes_all: bool = False
    repeats: bool = False
    rejects: bool = False
    choice: int | None = None
    deed: str | None = None


def read_acts(message: str) -> Acts:
    """The acts of a message in Chinese or English."""
    text = unicodedata.normalize("NFKC", message).replace("’", "'").strip().lower()
    if len(text) > _LONGEST:
        return Acts(rejects=bool(_REJECTS.search(text)))
    drops = bool(_WHOLE_DROP.fullmatch(text))
    declines = not drops and bool(_WHOLE_NO.fullmatch(text))
    agrees = None if drops or declines else _WHOLE_YES.fullmatch(text)
    return Acts(
        agrees=agrees is not None,
        declines=declines,
        drops=drops,
        takes_all=bool(_WHOLE_ALL.fullmatch(text)),
        repeats=bool(_REPEAT.search(text)),
        rejects=bool(_REJECTS.search(text)),
        choice=_choice(text),
        deed=agrees["deed"] if agrees else None,
    )


# A longer message says more than yes or no.
_LONGEST: Final = 200


def _choice(text: str) -> int | None:
    match = _CHOICE.search(text)
    if match is None:
        return None
    numbered, alone, ordinal, last = match.groups()
    if last:
        return _LAST
    if ordinal:
        return _ORDINALS[ordinal]
    digit = numbered or alone
    return _NUMERALS[digit] if digit in _NUMERALS else int(digit) or None
