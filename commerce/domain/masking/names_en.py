"""English names of persons: after words that announce one, after a title, beside a telephone or an address, or a given name
that everybody knows before a second word that is written as a name.
"""

from __future__ import annotations

import re
from typing import Final

from commerce.domain.masking.canvas import CONTACT_BLANKS, Canvas, Mark
from commerce.domain.masking.english_words import GIVEN_NAMES, GOODS, NO_NAMES

_WORD: Final = r"[A-Z][A-Za-zÀ-ÿ]*(?:['’-][A-Za-zÀ-ÿ]+)*\.?"
_ANY_WORD: Final = r"[A-Za-zÀ-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*"
_STOP: Final = rf"(?!(?i:{'|'.join(NO_NAMES)})\b)"
_NAME: Final = rf"{_STOP}{_WORD}(?: {_STOP}{_WORD}){{0,2}}"
_FULL: Final = rf"{_STOP}{_WORD} {_STOP}{_WORD}(?: {_STOP}{_WORD})?"
_NOT_GOODS: Final = rf"(?!(?:\w{{1,20}}[ .]{{1,3}})?(?:{'|'.join(GOODS)}|Mary Jane)\b)"
_LOWER: Final = rf"{_STOP}{_ANY_WORD}(?: {_STOP}{_ANY_WORD}){{0,2}}"
# Written as names are, in a text that may shout.
_CASED: Final = r"[A-Z][a-zÀ-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*"
_MIXED: Final = rf"{_STOP}{_CASED} {_STOP}(?:{_CASED}|[A-Z]\.?)(?: {_STOP}{_CASED})?"
_GIVEN: Final = rf"(?:{'|'.join(GIVEN_NAMES)})"
_FAMILIAR_NAME: Final = rf"{_NOT_GOODS}{_GIVEN}\b(?: {_STOP}{_WORD}){{0,2}}"

_NAMED: Final = re.compile(
    r"(?<!product )(?<!brand )(?<!file )(?<!item )(?<!model )(?<!shop )(?<!store )(?<!user )\b(?:"
    r"name(?:'s| is| was| to| should be|:)[\s:\"']*(?:be |is |to |should be )?"
    rf"(?:({_NAME})|(?i:({_LOWER}))(?=\s*(?:[,.;\n]|$|and\b|but\b)))"
    rf"|named?\s+({_NAME})|(?i:i am|is|i'm) called\s+({_NAME}))"
)
_LABELLED: Final = re.compile(
    r"(?i:\b(?:recipient|addressee|consignee|receiver|attn|attention|card ?holder|contact person|"
    r"signed (?:for )?by|c/o|care of))(?i:\s+(?:is|to|name|changed to|should be))*[\s:,.]+"
    rf"(?:({_NAME})|(?<=:)\s*(?i:({_LOWER}))(?=\s*(?:[,.;\n]|$)))"
    rf"|(?:改成|换成|改为|收件人|收货人|姓名|联系人|我叫|我是|名字|寄给)[\s:是叫]*({_FULL}|{_GIVEN}\b)"
)
_SELF: Final = re.compile(
    rf"\b(?:(?i:this is|i'?m|i am)\s+({_FAMILIAR_NAME})"
    rf"|(?i:this is|i'?m|i am|it'?s|here is)\s+({_NOT_GOODS}{_MIXED})"
    rf"(?=\s*(?:[,.;!\n{CONTACT_BLANKS}]|$|from\b|here\b|speaking\b|calling\b|and\b|with\b))"
    rf"|(?i:this is|it'?s|hi,?|hello,?)\s+({_NAME})(?= (?:here|speaking|calling)\b))"
)
_TITLE: Final = re.compile(rf"\b(?i:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Madam)\b\.?\s+{_NOT_GOODS}({_NAME})")
_CLOSING: Final = re.compile(
    rf"(?i:\b(?:regards|sincerely|cheers|thanks|thank you|best|yours))[,.!]?\s*[\n,-]\s*{_NOT_GOODS}({_NAME})\s*$"
)
_TO: Final = re.compile(
    r"(?i:\b(?:deliver(?:ed|y)?|ship(?:ped)?|send|sent|address(?:ed)?|give|gift|hand(?:ed)?)"
    rf"(?: it| this| that| them)? (?:to|for))\s+({_FAMILIAR_NAME})"
)
_SPOKEN_OF: Final = re.compile(
    r"(?i:\b(?:ask for|asked for|tell|spoke (?:to|with)|speak (?:to|with)|talk(?:ed)? (?:to|with)|named|agent|"
    r"under (?:his|her|my|the) name,?|my (?:wife|husband|mum|mom|mother|dad|father|son|daughter|brother|sister|friend|"
    rf"neighbou?r|flatmate|roommate|colleague|boss)))\s+({_FAMILIAR_NAME}|{_NOT_GOODS}{_MIXED})"
    rf"|(?<![A-Za-z])({_GIVEN})(?= (?:from|in|at) (?:support|returns|reception|chat|accounts|sales|your team)"
    r"| (?:said|told|wants|promised|signed|ordered|bought)\b|小姐|先生|女士)"
)
_BESIDE: Final = re.compile(
    rf"(?<![A-Za-z])({_NOT_GOODS}{_FULL})"
    rf"(?=[\s,;:/|(-]{{1,4}}(?i:(?:tel|phone|mobile|cell|email|e-mail)?\.?)[\s:]{{0,3}}[{CONTACT_BLANKS}])"
    rf"|(?<=[{CONTACT_BLANKS}])[\s,;:/|(-]{{1,4}}({_NOT_GOODS}{_FULL})(?=\s*(?:[,.;)\n]|$))"
)
_FAMILIAR: Final = re.compile(
    rf"(?<![A-Za-z])({_NOT_GOODS}{_GIVEN} {_STOP}{_CASED}(?: {_STOP}{_CASED})?)(?![A-Za-z])"
)
_RULES: Final = (_NAMED, _LABELLED, _SELF, _TITLE, _CLOSING, _TO, _SPOKEN_OF, _BESIDE, _FAMILIAR)
_HAS_LATIN: Final = re.compile(r"[A-Za-z]{2}")


def mask_english_names(canvas: Canvas) -> None:
    """Call it after telephones and addresses: what stands beside them is theirs."""
    if not _HAS_LATIN.search(canvas.text):
        return
    for rule in _RULES:
        for match in list(rule.finditer(canvas.text)):
            canvas.claim(*match.span(match.lastindex or 0), Mark.NAME)
