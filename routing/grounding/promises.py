"""What the writer of a sentence says that it, or the shop, did or will do for the customer: by grammatical form, so that
any words of giving count. What is to be done goes through an offer and a yes; what the shop does stands in its facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from routing.grounding.content import content_of
from routing.grounding.fact import Finding
from routing.grounding.known import Known
from routing.grounding.said import ASKS, Said
from routing.grounding.text import clauses_of
from routing.grounding.words import offer_words

_WORDS: Final = offer_words()
_SPEAK: Final = frozenset(_WORDS["en_speak"].split("|"))
# What a shop does by its rules or tells of itself, so that it need not stand in a fact.
_OURS: Final = frozenset(_WORDS["en_ours"].split("|"))
_ADVERBS: Final = (
    r"(?:(?:just|already|now|also|even|then|always|[a-z]+ly|gone ahead and|happy to|glad to|willing to|able to"
    r"|have|be|been) )*"
)
# I have done it, I will do it: whatever I do is a promise, save to look and to speak.
_EN_I: Final = re.compile(
    rf"(?<![a-z])i(?:(?:'ll| will| can|'m going to| am going to| went ahead and) {_ADVERBS}(?P<to>[a-z]+)"
    rf"|(?:'m| am) {_ADVERBS}(?P<now>(?!going|afraid)[a-z]+ing)"
    rf"|(?:'ve| have) {_ADVERBS}(?P<done>[a-z]+(?:ed|en)|sent|put|made|set|told|let|got|taken))(?![a-z])"
)
_EN_WE: Final = re.compile(
    r"(?<![a-z])(?:we|our (?:\w+ )?team)"
    rf"(?:'ve| have|'ll| will| can| shall|'re going to| are going to|'d| would) {_ADVERBS}"
    rf"(?P<verb>(?:{_WORDS['en_give']})(?:l?ed|d|ing|s)?)(?![a-z])"
)
_EN_OURS: Final = re.compile(
    rf"(?<![a-z])(?:we|our (?:\w+ )?team)(?:(?:'ll| will| shall|'re going to| are going to) {_ADVERBS}(?P<verb>[a-z]+)"
    rf"|(?:'re| are) {_ADVERBS}(?P<now>[a-z]+ing)"
    rf"|(?:'ve| have) {_ADVERBS}(?P<done>(?!\w*teen|seven|eleven|been)[a-z]+(?:ed|en)"
    r"|put|sent|made|set|told|let|cut|held|thrown))(?![a-z'-])"
)
# It has been done for you, by whomever.
_EN_PASSIVE: Final = re.compile(
    rf"(?<![a-z])(?:has been|have been|is being|is now|was just|will be|is|are) {_ADVERBS}"
    rf"(?P<verb>(?:{_WORDS['en_arranged']}))(?![a-z])"
)
_EN_STAFF: Final = re.compile(
    r"(?<![a-z])(?:managers?|specialists?|supervisors?|agents?|colleagues?|representatives?|team|someone|staff|technicians?|experts?|drivers?|couriers?|engineers?|riders?|bosses|boss)"
    rf"(?:'ll| will| is going to| are going to| would) (?P<verb>{_WORDS['en_contact']})(?![a-z])"
)
_EN_YOU: Final = re.compile(
    r"(?<![a-z])you(?:'ll| will)(?: also| now| soon)* (?:receive|get|earn|collect|have|be (?:given|sent|offered|credited))"
    rf" (?P<verb>(?:[a-z0-9$¥.%-]+ )*?(?:{_WORDS['en_gift']}))(?![a-z])"
)
_ZH_US: Final = r"(?:我们?|本店|小店|咱们|这边|店里|店铺|客服|商家|仓库)"
_ZH_LEAD: Final = (
    r"(?:已经?|刚刚?|刚才|会|将|可以|能|愿意?|来|再|这就|马上|现在|另外?|额外|特别|免费|亲自|破例|可|这边|随后|稍后|也"
    r"|还|并|都|直接|先|再次|尽快)"
)
_ZH_GIVE: Final = re.compile(
    rf"(?:{_ZH_US}{_ZH_LEAD}{{1,4}}(?:[给为帮替](?:您|你)(?!的))?|{_ZH_LEAD}{{0,4}}[给为帮替](?:您|你)(?!的))"
    rf"[^,。;]{{0,6}}?(?P<verb>{_WORDS['zh_give']})"
)
_ZH_HOW: Final = (
    r"(?:先|再|也|都|这就|马上|仔细|详细|一并|简单|好好|大致|及时|尽快|当天|就|继续|重新|一起|逐一|如实)*"
)
# Whatever is done for the customer, save to look, to speak and what a shop does by its rules.
_ZH_FOR_YOU: Final = re.compile(
    rf"[给为帮替](?:您|你)(?!的)(?!{_ZH_HOW}(?:{_WORDS['zh_ours']}))(?P<verb>[\u4e00-\u9fff]{{2}})"
)
_ZH_ASKED: Final = re.compile(rf"已经?[^,。;]{{0,3}}?(?P<verb>{_WORDS['zh_ask']})")
_ZH_DONE: Final = re.compile(
    r"(?:我(?=已|帮|替|给|这就|刚|来|把|直接|先|都|也)|[帮替给为]您)[^,。;]{0,10}(?P<done>取消|提交|申请|退款|退货|换货|修改|办理|改好|登记|加急|升级|下单|下了单|免掉)[^,。;不没]{0,6}了"
)
_ZH_NEWS: Final = re.compile(
    r"(?:发个?|短信|电话|微信)[^,。;]{0,3}(?P<verb>短信|消息|邮件|告诉|通知|知会|提醒)[^,。;]{0,3}您"
)
_ZH_SENDS: Final = re.compile(r"(?P<verb>安排|派|叫|让)[^,。;]{0,2}(?:师傅|专人|同事|快递员|维修员)")
_ZH_TOLD: Final = re.compile(
    r"我(?:已经?|去|来|这就|马上|先|会|再)*(?P<done>[跟和同让叫找][^,。;您]{1,6}(?:说|讲|打|催|安排|交代|沟通)"
    r"|(?<=[去来就上])(?:申请|争取|协调|沟通|催|跑))"
)
_ZH_GIFT: Final = re.compile(r"(?P<verb>[送搭赠补奖]给?您)(?=[一张个点份两])")
_ZH_STAFF: Final = re.compile(
    rf"(?:有人|主管|专员|经理|同事|专人|工作人员|师傅|负责人|店长)[^,。;]{{0,6}}?(?P<verb>{_WORDS['zh_contact']})"
)
_PATTERNS: Final = (
    *(_EN_WE, _EN_PASSIVE, _EN_STAFF, _EN_YOU),
    *(_ZH_DONE, _ZH_GIFT, _ZH_TOLD, _ZH_GIVE, _ZH_FOR_YOU, _ZH_NEWS, _ZH_SENDS, _ZH_ASKED, _ZH_STAFF),
)
# What cannot be done is promised to nobody.
_DENIED: Final = re.compile(r"不|无法|没办法|没法|未|(?<![a-z])(?:not|never|unable)(?![a-z])|n't(?![a-z])")
_LEAST_OF_FACT: Final = 0.5


def promise_finding(said: Said, known: Known) -> Finding | None:
    """The first thing that was or will be done for the customer, and that no fact says."""
    if ASKS.search(said.text):
        return None
    for match in _offers(said.low):
        verb = next(name for name in ("verb", "to", "now", "done") if match.groupdict().get(name))
        start = match.start(verb)
        end = next((b for a, b in clauses_of(said.low) if a <= start < b), len(said.low))
        first = next((a for a, b in clauses_of(said.low) if a <= start < b), 0)
        if _DENIED.search(said.low[first:start]):
            continue
        # No fact tells what was done just now.
        if (verb in ("done", "now") and match.re is not _EN_OURS) or not _is_told(
            match[verb], said.low[start:end], known
        ):
            return Finding("promise", match.group())
    return None


def _offers(low: str) -> Iterator[re.Match[str]]:
    for match in _EN_I.finditer(low):
        if (match["to"] or match["now"] or match["done"]) not in _SPEAK and not low.endswith(
            "all ", 0, match.start()
        ):
            yield match
    for match in _EN_OURS.finditer(low):
        if (match["verb"] or match["now"] or match["done"]) not in _OURS:
            yield match
    for pattern in _PATTERNS:
        yield from pattern.finditer(low)


def _is_told(verb: str, clause: str, known: Known) -> bool:
    """Whether a fact speaks of the same deed and of what it is done with."""
    verbs = set(content_of(verb)) or {verb}
    mine = set(content_of(clause)) | verbs
    for piece in known.pieces:
        if verb not in piece.text and not verbs & piece.content:
            continue
        if sum(word in piece.content or word in piece.text for word in mine) >= _LEAST_OF_FACT * len(mine):
            return True
    return False
