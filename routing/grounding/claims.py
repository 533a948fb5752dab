"""What a text claims: that a deed is done, will or can be; that a thing has a property; that something is promised."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from routing.grounding.content import content_of
from routing.grounding.lexicon import Lexicon
from routing.grounding.text import CJK, clauses_of, lowered
from routing.grounding.words import Told, apart_words, claim_words

# done: it is so; will: it is to come; can: it is possible, or merely spoken of; event: a moment that is referred to, as in
# "after delivery".
Mode = Literal["done", "will", "can", "event"]


@dataclass(frozen=True, slots=True)
class Claim:
    """`sign` is -1 where it is denied. `kind` is deed, property or promise."""

    kind: str
    concept: str
    mode: Mode
    sign: int
    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Denial:
    """A negation of something that is no claim of ours; `content` are the pieces of what is denied."""

    content: tuple[str, ...]
    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claims:
    claims: tuple[Claim, ...]
    denials: tuple[Denial, ...]


_LEXICON: Final = Lexicon(claim_words())
_APART: Final = apart_words()
_ZH_APART: Final = tuple(row for row in _APART if CJK.search(row[0].pattern))
_EN_APART: Final = tuple(row for row in _APART if not CJK.search(row[0].pattern))
_JOIN: Final = re.compile(r" ?(?:[,、/]|和|或者?|及|与|(?:, )?(?:and|or|nor)) ?(?:be |been )?")
_ZH_EVENT: Final = re.compile(
    r"(?:成功|完成|申请|审核|提交|通过)?(?:的话|(?:截止|期限|日期|进度|周期|链接)|的?(?:\d{1,3}|[一二三四五六七八九十两]{1,3})"
    r"(?:个工作|个自然|个?小时|分钟|天|日|周|个月)|的单子?|来?的(?:东西|货|物品)|之?后|以后|之?前|以前|时(?!间)|次日|当日起|起|之日|日起|满|超过"
    r"|的(?:订单|商品|包裹|那)|商品|订单(?!已)|超|期间|政策|规则|说明|记录|信息|详情)"
)
_ZH_IF: Final = re.compile(
    r"过了|才(?!能)|后 ?[\d一二三四五六七八九十]{1,3}个?(?:分钟|小时|天|日)内?$"
    r"|如果|如需|如要|如(?!期)|若|一旦|等(?!待)|当您|每次|凡|只要|除非|是否"
)
_IF: Final = re.compile(
    r"如果|若|一旦|假如|要是|(?<![a-z])(?:if|once|when|should|in case|whatever|anything)(?![a-z])"
)
_ZH_DONE_AFTER: Final = re.compile(
    r"(?!时间[是为:]{0,2}[^,。;]{0,7}(?:小时|天|工作日|分钟))(?:已经?)?(?:了|成功|完成|完毕|过(?!程)|时间|于\d|出去了?)"
)
_ZH_DONE_BEFORE: Final = re.compile(r"(?:已经?|刚刚?|早已|成功|完成|(?<![关由对至基属等])于)[^,。;]{0,18}$")
_ZH_WILL: Final = re.compile(
    r"(?:将|会|预[计估]|即将|等待|待|准备|正在|正|安排|尽快|很快|稍后|计划|预期|可望|有望|拟)[^,。;]{0,12}$"
)
_ZH_TO_COME: Final = re.compile(r"(?:将|会|预[计估]|即将|等待|安排|尽快|很快|稍后|计划)[^,。;]{0,8}$")
_ZH_CAN: Final = re.compile(
    r"(?:可|能|支持|允许|申请|办理|想|要|需|请|帮|为您|进行|接受|享|提供|选择)[^,。;]{0,8}$"
)
_ZH_NOT_DONE: Final = re.compile(r"(?:未|尚未|没有?|并未|仍未)[^,。;则需就要才再法]{0,4}$")
# A negation reaches no further than to these.
_ZH_ENDS: Final = re.compile(r"则|就|的话|即可|才")
_UNABLE: Final = re.compile(r"(?:不能|不可以?|不支持|不予|无法|没办法|没有办法|没法|不再支持)$")
_MONEY_BACK: Final = re.compile(r" (?:\d+(?:[.,]\d+)*|[a-z]*money) .*back$")
_AMOUNT: Final = re.compile(r"\d|(?<![a-z])(?:money|amount|sum|yuan)(?![a-z])")
_BY_CARD: Final = re.compile(
    r" (?:your |a |the )?(?:(?:credit|debit|bank|gift) card|[a-z]*pay|paypal|huabei|visa|wechat)(?![a-z])"
)
# What is completed or went through is what was spoken of last.
_PROCESS: Final = re.compile(
    r"(?P<pack>打包|备货|packing)|(?P<cancel>取消|撤单|cancellation|cancelled|canceled)|(?P<refunded>退款|refund|money|reimbursement)|(?P<exchange>换货|exchange)"
    r"|(?P<return>退货|return)|(?P<pay>付款|支付|payment)|(?P<deliver>签收|投递|派送|delivery|parcel|package|包裹|快递)"
)
_EN_EVENT: Final = re.compile(
    r"(?<![a-z])(?:if|once|when|after|until|unless|before|as soon as|whether|in case|whenever|what is"
    r"|what's|that is|that are|that was|that were|(?<=[a-z0-9] )which (?:is|are)|"
    r"anything|everything|whatever|date of|day of|time of|following|upon|were)(?![a-z])[^;]*$|(?<![a-z])(?:items?"
    r"|goods|orders|products|any order|each order)(?: that)?(?: have| has| are)?(?: been| left)?(?: not)? $"
)
_EN_EVENT_AFTER: Final = re.compile(
    r" (?:items?|goods|orders(?! (?:is|was))|products?|parcels|within|before|after|prices?|versions?|policy"
    r"|requests?|window|period|money|amount|sum)(?![a-z])"
)
_EN_WILL: Final = re.compile(
    r"(?<![a-z])(?:(?:will|'ll|going to|shall|would|should|won't)(?: [a-z0-9'-]+){0,4}|being|to(?: be"
    r"| have been| get| arrive)?(?: [a-z]+ly| soon)?) ?$|(?<=[a-z])'ll [a-z ]*$"
)
_EN_CAN: Final = re.compile(
    r"(?<![a-z])(?:can|could|may|might|must|cannot|can't|able|possible|needs?|get|have (?:it"
    r"|them))(?![a-z])(?: [a-z']+){0,3} ?$"
)
_CAPABLE: Final = re.compile(
    r"支持|可以|能|接受|提供|允许|行|适用|享受|办理|参与|possible|support|accept|allow|offer|available"
    r"|permit|eligible|apply|applicable|include|option|provide|valid|work|need|require|有|需|开通|开放|推出|上线|option|something|cover|accept"
)
_NEEDED: Final = re.compile(r"(?:needed|required|necessary) for ")
_COPULA: Final = re.compile(r"(?<![a-z])(?:is|are|was|it's|that's|be|remains) [a-z ]{0,12}$")
_THINGS: Final = frozenset({"coupon", "discount", "points", "member", "gift", "invoice"})
_CANNOT_BE: Final = re.compile(r"(?:can't|cannot|won't|no longer) be [a-z]+")
_OF_A_THING: Final = re.compile(r"(?<![a-z])(?:from|about|regarding|on) (?:your|the|any|this|that) $")
# "If the price falls, it is refunded" is a rule, and no news.
_RULE: Final = re.compile(r"(?:^|[.;:] )(?:if|should|when|once|whenever)(?![a-z])[^.;]*,$")
_SOON: Final = re.compile(r"(?:就|将|会|即|便)[^,。;]{0,14}$")
_GENERAL: Final = re.compile(r" (?:once|if|when|unless|as soon as|automatically)(?![a-z])")
_IS_NOT: Final = frozenset({"isn't", "aren't", "wasn't"})
_TOPIC: Final = re.compile(r"(?:开通|支持|提供|开放|推出|接受|上线|适用)?(?:了|呢|哦|哈)?\s*")
_INCAPABLE: Final = ("不支持", "不可以", "不接受", "不提供", "不允许", "不能", "不行", "无法", "不予")


@lru_cache(maxsize=4096)
def claims_in(text: str) -> Claims:
    """All of a folded text."""
    low = lowered(text)
    tokens = _tokens(low)
    claims: list[Claim] = []
    denials: list[Denial] = []
    at = 0
    for start, end in clauses_of(low):
        inside = []
        while at < len(tokens) and tokens[at][0] < end:
            if tokens[at][0] >= start:
                inside.append(tokens[at])
            at += 1
        _read_clause(low, start, end, inside, claims, denials)
    return Claims(tuple(claims), tuple(denials))


Token = tuple[int, int, tuple[Told, ...]]


def _tokens(low: str) -> list[Token]:
    """The words of the tables, and those that stand apart, the longest first."""
    found = _LEXICON.find(low)
    apart: list[Token] = []
    for pattern, told in _ZH_APART if CJK.search(low) else _EN_APART:
        for match in pattern.finditer(low):
            apart.append((*match.span(match.lastindex or 0), (told,)))
    if not apart:
        return found
    kept: list[Token] = []
    for start, end, meanings in sorted((*found, *apart), key=lambda token: (token[0] - token[1], token[0])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, meanings))
    mine = [token for token in apart if token in kept]
    # What a longer one took a piece of is read again without that piece.
    rest = low
    for start, end, _ in mine:
        rest = rest[:start] + "\0" * (end - start) + rest[end:]
    return sorted((*mine, *_LEXICON.find(rest)))


def _read_clause(
    text: str,
    start: int,
    end: int,
    tokens: list[Token],
    claims: list[Claim],
    denials: list[Denial],
) -> None:
    first = len(claims)
    denied: tuple[int, int] | None = None
    # A list goes on behind a comma: can't be returned, exchanged or refunded.
    last_end, last_sign = (claims[-1].end, claims[-1].sign) if claims and claims[-1].sign < 0 else (-1, 1)
    for word_start, word_end, meanings in tokens:
        kinds = {kind for kind, _, _ in meanings}
        if kinds == {"idle"}:
            continue
        if kinds == {"not"} and denied is not None and 0 <= word_start - denied[1] <= 1:
            # Not too late is in time.
            denied = None
            continue
        if kinds == {"not"}:
            if denied is not None:
                denials.append(_denial(text, denied, word_start))
            denied = (word_start, word_end)
            continue
        sign, is_listed = 1, False
        if denied is not None and (
            _NEEDED.search(text, denied[1], word_start) or _ZH_ENDS.search(text, denied[1], word_start)
        ):
            # No receipt is needed for returns.
            denials.append(_denial(text, denied, word_start))
            denied = None
        if denied is not None:
            sign = -1
        elif last_end >= 0 and _JOIN.fullmatch(text, last_end, word_start):
            sign, is_listed = last_sign, True
        read = [
            # A word that denies by itself is not turned round by the list that it stands in.
            _claim(
                text,
                start,
                end,
                (word_start, word_end),
                kind,
                concept,
                own if is_listed and own < 0 else own * sign,
            )
            for kind, concept, own in meanings
            if kind in ("done", "will", "deed", "property", "promise")
        ]
        if denied is not None and read[0].concept == "available" and len(claims) > first:
            # Cash on delivery is not available.
            last = claims[-1]
            if last.kind == "property" and last.mode == "can":
                claims[-1] = replace(last, sign=-last.sign)
                denied, last_end, last_sign = None, word_end, sign
                continue
        if denied is not None and _UNABLE.search(text[slice(*denied)]):
            read = [replace(claim, mode="can") if claim.mode == "done" else claim for claim in read]
        # What is done is no more a possibility.
        done = {
            claim.concept.replace("refunded", "refund")
            for claim in read
            if claim.kind == "deed" and claim.mode in ("done", "will")
        }
        claims += [claim for claim in read if not (claim.kind == "property" and claim.concept in done)]
        denied, last_end, last_sign = None, word_end, sign
    if denied is None:
        return
    behind = text[denied[0] : end]
    mine = [
        at
        for at in range(first, len(claims))
        if claims[at].kind in ("property", "deed") and claims[at].mode == "can"
    ]
    is_of_it = _CAPABLE.search(behind[denied[1] - denied[0] :]) or behind.startswith(_INCAPABLE)
    is_of_it = (
        is_of_it
        or (_CANNOT_BE.match(behind) is not None and bool(mine) and claims[mine[-1]].concept not in _THINGS)
        or behind[: denied[1] - denied[0]].endswith("不了")
        or _COPULA.search(text[start : denied[0]])
        or text[slice(*denied)] in _IS_NOT
    )
    if not mine and _TOPIC.fullmatch(behind[denied[1] - denied[0] :]):
        # Of what was named before the mark: cash on delivery, that we don't offer.
        mine = [
            at for at in range(max(0, first - 2), first) if claims[at].mode == "can" and claims[at].sign > 0
        ]
        for at in mine:
            claims[at] = replace(claims[at], sign=-1)
        if mine:
            return
    if mine and is_of_it:
        for at in mine:
            old = claims[at]
            if old.end > claims[mine[-1]].start - 8:
                claims[at] = Claim(old.kind, old.concept, old.mode, -old.sign, old.word, old.start, old.end)
    else:
        denials.append(_denial(text, denied, end))


def _claim(
    text: str,
    start: int,
    end: int,
    span: tuple[int, int],
    kind: str,
    concept: str,
    sign: int,
) -> Claim:
    word = text[slice(*span)]
    mode: Mode = "done"
    if kind == "will":
        mode = "will"
    elif kind == "deed" or (kind == "done" and concept not in ("ship",)) or kind == "promise":
        mode = _mode(text, start, span, end, kind)
    elif kind == "property":
        mode = "event" if _is_named_after(text, span, end) or _is_supposed(text[start : span[0]]) else "can"
    elif _is_event(text, start, span, end):
        mode = "event"
    if concept in ("ship", "deliver") and text[start : span[0]].endswith("being "):
        concept, mode = "transit", "done"
    if concept == "completed" and _BY_CARD.match(text, span[1]):
        mode = "event"
    if concept == "completed":
        concept = _process(text, span[0], span[1]) or concept
    if concept == "deliver" and kind in ("deed", "done") and _process(text, span[0], span[0]) == "refunded":
        concept = "refunded"
    if concept == "refunded" and mode != "done":
        concept = "refund"
    if concept == "refunded" and "到账" in word and "退" not in text:
        concept = "pay"
    if concept == "return" and word.endswith("退") and "差" in text:
        concept = "refund"
    if concept == "return" and _MONEY_BACK.search(word):
        concept = "refund"
    if (
        concept == "return"
        and word.startswith(("go ", "goes", "come ", "comes"))
        and _AMOUNT.search(text[start : span[0]])
    ):
        concept = "refund"
    return Claim("deed" if kind in ("done", "will") else kind, concept, mode, sign, word, *span)


def _process(text: str, at: int, end: int) -> str | None:
    """What was spoken of last before a place, of what may be completed, or right behind it."""
    if end > at and (behind := _PROCESS.match(text, end)) is not None:
        return behind.lastgroup
    return max(
        ((match.start(), match.lastgroup) for match in _PROCESS.finditer(text, 0, at)), default=(0, None)
    )[1]


def _is_event(text: str, start: int, span: tuple[int, int], end: int) -> bool:
    before, after = text[start : span[0]], text[span[1] : min(end, span[1] + 12)]
    if text[span[0]].isascii():
        is_modal = _EN_CAN.search(before) is not None or _EN_WILL.search(before) is not None
        if _EN_EVENT_AFTER.match(after) and re.search(r"(?<![a-z])(?:your|the|an?|any|each) $", before):
            return True
        return _EN_EVENT.search(before) is not None or (
            not is_modal and _EN_EVENT_AFTER.match(after) is not None
        )
    return _ZH_EVENT.match(after) is not None or _ZH_IF.search(before) is not None


def _is_supposed(before: str) -> bool:
    """Whether it only stands in a condition: if the price falls."""
    if not _IF.search(before):
        return False
    if re.match(r"\s*(?:should|had|were)(?![a-z])", before):
        return True
    return not any(pattern.search(before) for pattern in (_ZH_CAN, _EN_CAN, _EN_WILL))


def _is_named_after(text: str, span: tuple[int, int], end: int) -> bool:
    """Whether a property only names a moment or a thing: after the return, the return policy."""
    after = text[span[1] : min(end, span[1] + 12)]
    if not text[span[0]].isascii():
        return _ZH_EVENT.match(after) is not None
    before = text[max(0, span[0] - 30) : span[0]]
    if _OF_A_THING.search(before):
        return True
    return _EN_EVENT_AFTER.match(after) is not None and not (
        _EN_CAN.search(before) or _EN_WILL.search(before)
    )


def _mode(text: str, start: int, span: tuple[int, int], end: int, kind: str) -> Mode:
    before, after = text[start : span[0]], text[span[1] : min(end, span[1] + 14)]
    if _is_event(text, start, span, end):
        return "event"
    if text[span[0]].isascii():
        if _EN_WILL.search(before):
            return "will"
        if re.search(r"(?<![a-z])(?:is|are) $", before) and (
            _GENERAL.match(text, span[1], end) or _RULE.search(text[:start])
        ):
            return "can"
        if kind == "deed" and text[span[1] - 1] == "s" and " " not in text[slice(*span)]:
            return "can"
        return "can" if _EN_CAN.search(before) else "done"
    if text[slice(*span)].endswith(("失效", "过期", "作废")) and _SOON.search(before):
        return "will"
    if kind == "done":
        return "will" if _ZH_TO_COME.search(before) and "已" not in text[slice(*span)] else "done"
    if after.startswith("中") and kind == "deed":
        return "will"
    if "了" in text[slice(*span)] or "过" in text[slice(*span)]:
        return "done"
    if re.search(r"[能会将]$", before):
        return "will"
    if _ZH_NOT_DONE.search(before) or _ZH_DONE_AFTER.match(after) or text[span[0]] == "已":
        return "done"
    if _ZH_WILL.search(before):
        return "will"
    if "请" in before:
        return "can"
    if _ZH_DONE_BEFORE.search(before):
        return "done"
    return "can"


def _denial(text: str, denied: tuple[int, int], end: int) -> Denial:
    """What follows the negation: in Chinese pairs of characters, in English stems."""
    behind = text[denied[1] : min(end, denied[1] + 28)]
    return Denial(content_of(behind, 5), text[denied[0] : denied[1]] + behind[:8], *denied)
