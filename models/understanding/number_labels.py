"""What the words around a number say it is: 运单号 773012345678, 6222… is my card number.

The nearest words decide. Named words hold the name of a number (订单号, tracking number) and reach further than loose
ones (快递, order), which say what the talk is about.
"""

import re
from dataclasses import dataclass
from typing import Final

from models.understanding.lexicon import LEXICON
from models.understanding.patterns import Text, any_of, is_after, spanned

_WINDOW: Final = 32
_REACH_NAMED: Final = 14
_REACH_LOOSE: Final = 6
_REACH_COLON: Final = 20

_NAMES: Final = {word: (kind, True) for kind, words in LEXICON.number_names.items() for word in words} | {
    word: (kind, False) for kind, words in LEXICON.number_topics.items() for word in words
}
_LABEL: Final = re.compile(any_of(_NAMES))  # reads lower case: that is faster than to ignore case
_TALK: Final = {
    kind: re.compile(any_of((*LEXICON.number_names[kind], *LEXICON.number_topics[kind])))
    for kind in ("tracking", "postcode")
}
_TALK_REACH: Final = 120
_END_OF_TALK: Final = re.compile(r"[。！？!?;\n]|\d{3}")
# What may stand between the words and their number: 单号我记得是, order (the one ending, tracking # is.
_JOIN: Final = re.compile(
    r"(?:[\s:：.,，#=/\"'“”「」()\[\]+-]|就?是|为|叫|号码?|编号|如下|忘了|我?只?记得|好像|应该|填的|写的|显示|这个|那个|"
    r"(?:[后末][面尾]?|最后)[四4五5六6八8几]位(?:数字?)?|尾[号数]|结尾|给你|发你|给您|发您|见|在这|'?s(?![a-z])|"
    r"(?:is|it's|its|it|are|was|be|either|no|nr|num|number|numbers|id|code|ref|me|us|on|at|the|this|that|one|which|"
    r"with|under|i|have|has|got|was|given|you|gave|says?|shows?|reads?|should|ends?|ending|in|last|four|digits)"
    r"(?![a-z]))*"
)
_COLON: Final = re.compile(r"[:：]\s?$")
# In such a gap these make a name of the topic before them: order, number 4410; my order, the one ending 8842.
_NAMING: Final = re.compile(
    r"[#:：]|号|位|尾|给|(?<![a-z])(?:no|num|number|id|code|ref|ending|ends)(?![a-z])"
)
# What stands between a number and the words after it that say what it is.
_IS: Final = re.compile(
    r"[\s,，]*(?:这[个张?]?|那[个张?]?|就?是|为|is|was|as|\()+\s*(?:我|你|您|他|她|本人|the|my|our|her|his|a|an)?\s?(?:[\u4e00-\u9fff]{0,5}的)?\s*"
)
# Between two numbers of one kind: 邮编310012不是310021, orders 60012345 and 60012346.
_AND: Final = re.compile(
    r"\s?(?:[和与跟、/&]|[,，]?(?:而?不是|不要)|改[成为]?|换成|以及|还有|[, ]\s?(?:and|not|to|or|instead of)(?=\s))"
    r"\s?(?:订单|order\s)?#?$"
)
# The same after a negation: not order 20418, it's 20481; 不是66120，是66210.
_RATHER: Final = re.compile(r"\s?[,，、;；]?\s?(?:but\s|it's\s|its\s|it is\s|而?是|应该?是|正确的?是)\s?#?$")
_NOT: Final = re.compile(r"(?<![a-z])(?:not|isn't|wasn't)(?![a-z])|不是|别用|不要")
# The phone on my order is a phone.
_OWNER: Final = re.compile(
    r"\s(?:on|for|in|of|under)\s(?:my|the|this|that|our)\s(?:order|account|parcel|package)(?=\s(?:from|to|is|was|should)\s)"
)
_CODE_CHARACTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789-"
_CODE_LENGTHS: Final = range(3, 25)
# 抽奖号码 00291837: the number of something else, whatever that is.
_SOME_NUMBER: Final = re.compile(r"[\u4e00-\u9fff](?<![的个串])(?:号码?|编?码)(?:就?是|为)?[\s:：]*$")
# 顺丰的单号, DPD ref: a number's bare name belongs to the carrier before it.
_BARE_NAMES: Final = frozenset(("单号", "ref", "reference", "reference number"))


@dataclass(frozen=True, slots=True)
class Label:
    """`is_direct`: nothing but "is", a colon and the like stands between the words and the number. `is_bare`: they name an
    order's number or a parcel's, like 单号."""

    kind: str
    is_named: bool
    is_direct: bool
    is_bare: bool = False


def label(match: re.Match[str]) -> Label | None:
    """What the words before the entity of `match` call it; else those after it."""
    text, (start, end) = match.string, spanned(match)
    known = text.known if isinstance(text, Text) else {}
    if (start, end) not in known:
        known[start, end] = _label(text[max(0, start - 2 * _WINDOW) : start], text[end : end + _WINDOW])
    said = known[start, end]
    return said if isinstance(said, Label) else None


def words_of(kind: str) -> tuple[str, ...]:
    """Parts of words of which a text that names a number of this kind has one."""
    words = (*LEXICON.number_names.get(kind, ()), *LEXICON.number_topics.get(kind, ()))
    return tuple(word for word in words if not any(other in word and other != word for other in words))


def kind(match: re.Match[str]) -> str | None:
    said = label(match)
    return said.kind if said else None


def is_called(match: re.Match[str], *kinds: str) -> bool:
    """Whether the words name the number as one of `kinds`, right beside it."""
    said = label(match)
    return said is not None and said.kind in kinds and said.is_named and said.is_direct


def is_of_something(match: re.Match[str]) -> bool:
    """Whether the word right before calls it a number, and of nothing that has a label."""
    return label(match) is None and is_after(match, _SOME_NUMBER)


def is_talk_of(match: re.Match[str], kind: str) -> bool:
    """Whether a word of that kind of number stands somewhere around the entity."""
    start, end = spanned(match)
    return (
        _TALK[kind].search(match.string[max(0, start - _TALK_REACH) : end + _TALK_REACH].lower()) is not None
    )


def _label(before: str, after: str) -> Label | None:
    before = _without_owner(_without_another(before.lower()))
    return _before(before[-_WINDOW:]) or _after(after.lower())


def _without_another(before: str) -> str:
    """Without the number that stands before "and" and the like, so that its label is this one's too."""
    reach = max(0, len(before) - _WINDOW // 2)
    joint = _AND.search(before, reach) or (_RATHER.search(before, reach) if _NOT.search(before) else None)
    if joint is None:
        return before
    rest = before[: joint.start()].rstrip(_CODE_CHARACTERS)
    code = before[len(rest) : joint.start()]
    is_code = len(code) in _CODE_LENGTHS and any(character.isdigit() for character in code)
    return _without_another(rest) if is_code else before


def _without_owner(before: str) -> str:
    owner = _OWNER.search(before)
    if owner is None or not any(
        found.end() == owner.start() for found in _LABEL.finditer(before, 0, owner.start())
    ):
        return before
    return before[: owner.start()] + before[owner.end() :]


def _before(window: str) -> Label | None:
    found = list(_LABEL.finditer(window))
    if not found:
        return None
    gap = window[found[-1].end() :]
    said, is_named = _read(found[-1])
    is_bare = found[-1][0] in _BARE_NAMES
    if len(found) > 1 and is_bare and _read(found[-2])[0] == "tracking":
        said = "tracking"
    if _END_OF_TALK.search(gap):
        return None
    if _JOIN.fullmatch(gap) or (len(gap) < _REACH_COLON and _COLON.search(gap)):
        return Label(said, is_named or _NAMING.search(gap) is not None, is_direct=True, is_bare=is_bare)
    is_far = len(gap.strip()) > (_REACH_NAMED if is_named else _REACH_LOOSE)
    return None if is_far else Label(said, is_named, is_direct=False, is_bare=is_bare)


def _after(window: str) -> Label | None:
    joint = _IS.match(window)
    found = _LABEL.match(window, joint.end()) if joint else None
    return Label(*_read(found), is_direct=True) if found else None


def _read(found: re.Match[str]) -> tuple[str, bool]:
    return _NAMES[" ".join(found[0].split())]
