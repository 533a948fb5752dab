"""Values that a sentence takes from the facts and then makes more or less of: twice the fee, a week after the date."""

from __future__ import annotations

import re
from typing import Final

from routing.grounding.shape import pieces_of, shape_of
from routing.grounding.text import CJK

_EN_ALTERED: Final = re.compile(
    r"(?<![a-z])(?:twice|double|triple|half|two times|three times|thrice)(?: (?:the|that|of|as much as|this))* (?=[MPLN])"
    r"|(?<![a-z])N+ (?:the |as much as )+(?=[MPLN])"
    r"|(?<![a-z])L+ (?:after|past|later than|earlier than|before|from|beyond) (?=[DT])"
    r"|(?<![a-z])(?:the )?(?:day|week|month|hour|evening|morning) (?:after|before|following|preceding) (?=D)"
    r"|(?<!no )(?<!not )(?<!n't )(?<![a-z])(?:earlier|sooner|later|other) than (?=D)"
    r"|(?<!no )(?<!not )(?<![a-z])longer than (?=L)"
    r"|(?<!no )(?<!not )(?<![a-z])(?:more|less|fewer|better|higher|lower|greater) than (?=[NP])"
    r"|(?<![a-z])(?:well |far |way |long )(?:over|beyond|above|under|below|past|after|before) (?=[NPD])"
    r"|(?<![a-z])at least (?=P)"
)
_ZH_ALTERED: Final = re.compile(
    r"(?:[两二三双]倍|一倍|一半|半数|翻[了一]?番?)(?:的|于)?(?=[MPLN])|[MPLN]+[^,。;]{0,3}的?(?:[两二三双]倍|一倍|一半|翻[了一]?番?)|[两二三四]份(?=[MN])"
    r"|D+(?:的)?(?:后一[天日]|前一[天日]|次日|翌日|第二天|再?往后|之?后的?L)|T+(?:过后|之后|后|以后)L"
    r"|比(?=[DNP])[DNPMLT]+(?:还|要|更)?(?:多|少|早|晚|高|低|实惠|贵|便宜|翻)|比(?=D)D+[^,。;]{0,4}(?:早|晚|迟)"
    r"|(?<![没未])(?:不止|不足|多于|少于|不到|远超)(?=N)|(?:至少|不止|超过|远超)(?=P)|[^没未不]超过(?=N)"
)
# What cannot be more than three may be three.
_DENIED: Final = re.compile(
    r"(?<![a-z])(?:not|never|no|cannot|can't|won't|unable)(?![a-z])|n't|不能|不可|无法|不得|不会|不行"
)


def is_altered(text: str, facts: str) -> str | None:
    """The words by which a value of a folded text is altered, unless the facts have them."""
    shape = shape_of(text)
    pattern = _ZH_ALTERED if CJK.search(shape) else _EN_ALTERED
    for start, end, _ in pieces_of(shape):
        for match in pattern.finditer(shape, start, end):
            said = text[match.start() : match.end()]
            if said.lower().strip() not in facts and not _DENIED.search(shape, start, match.start()):
                return said
    return None
