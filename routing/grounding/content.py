"""The words of a text that say something, in one form of each."""

from __future__ import annotations

import re
from typing import Final

from routing.grounding.text import CJK

_EN_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SMALL: Final = frozenset(
    "a an the be been is are was were it its this that these those your our my their any have has had do "
    "does did to of for in on at by with as and or "
    "yet so very too also currently still now just really only available possible able can could may will "
    "would need needs needed required require more other all us you we i they "
    "there here please from into up out".split()
)
_ZH_SMALL: Final = (
    "的了是在有会能可以要需为您我它这那还都也就很再请对把被让给到与和或及其该此吗呢哦啊呀支持提供"
)


def content_of(text: str, most: int = 99) -> tuple[str, ...]:
    """The words of a piece that say something: stems, and pairs of Chinese characters."""
    words = [stem(word) for word in _EN_WORD.findall(text) if word not in _SMALL and len(word) > 2]
    pairs: list[str] = []
    for run in CJK.findall(text):
        kept = run.lstrip(_ZH_SMALL)
        pairs += [
            kept[i : i + 2]
            for i in range(len(kept) - 1)
            if kept[i] not in _ZH_SMALL and kept[i + 1] not in _ZH_SMALL
        ]
    return tuple((words + pairs)[:most])


_IRREGULAR: Final = dict(
    pair.split(":")
    for pair in (
        "kept:keep paid:pay sent:send sold:sell bought:buy given:giv gave:giv made:mak taken:tak took:tak "
        "got:get held:hold "
        "brought:bring came:com went:go left:leav"
    ).split()
)


def stem(word: str) -> str:
    """Without the endings of English, roughly: the same for returned, returns and returning."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending in ("'s", "ing", "able", "ation", "ment", "ed", "es", "al", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    # Shipped, shipping and shipment are of one stem.
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
