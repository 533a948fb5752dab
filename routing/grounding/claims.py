"""What a text claims: that a deed is done, will or can be; that a thing has a property; that something is promised."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from routing.grounding.content import content_of
from routing.grounding.kept import kept
from routing.grounding.lexicon import Lexicon
from routing.grounding.modes import BELIEVED, Mode, is_event, is_named_after, is_supposed, mode_of
from routing.grounding.text import CJK, clauses_of, lowered
from routing.grounding.words import Told, apart_words, claim_words


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
# A negation reaches no further than to these.
_ZH_ENDS: Final = re.compile(r"则|就|的话|即可|才")
_UNABLE: Final = re.compile(r"(?:不能|不可以?|不支持|不予|无法|没办法|没有办法|没法|不再支持)$")
# That nothing is to be paid may be said of a fee as well.
_NEED_NOT: Final = ("不", "无", "don't", "do not", "needn't", "no ", "won't")
_FEES: Final = re.compile(
    r"取件|上门|运费|邮费|快递|手续费|pick|collect|shipping|delivery|postage|courier|fee(?![a-z])"
)
_MONEY_BACK: Final = re.compile(r" (?:\d+(?:[.,]\d+)*|[a-z]*money) .*back$")
_AMOUNT: Final = re.compile(r"(?<![a-z0-9])\d|(?<![a-z])(?:money|amount|sum|yuan)(?![a-z])")
_BY_CARD: Final = re.compile(
    r" (?:your |a |the )?(?:(?:credit|debit|bank|gift) card|[a-z]*pay|paypal|huabei|visa|wechat)(?![a-z])"
)
# What is completed or went through is what was spoken of last.
_PROCESS: Final = re.compile(
    r"(?P<pack>打包|备货|packing)|(?P<cancel>取消|撤单|cancellation|cancelled|canceled)"
    r"|(?P<refunded>退款|refund|money|reimbursement|(?<![a-z])owed?(?![a-z]))|(?P<exchange>换货|exchange)"
    r"|(?P<return>退货|return)|(?P<pay>付款|支付|payment)|(?P<deliver>签收|投递|派送|delivery|parcel|package|包裹|快递)"
)
_CAPABLE: Final = re.compile(
    r"支持|可以|能|接受|提供|允许|行|适用|享受|办理|参与|possible|support|accept|allow|offer|available"
    r"|permit|eligible|apply|applicable|include|option|provide|valid|work|need|require|有|需|开通|开放|推出|上线|option|something|cover|accept"
)
_NEEDED: Final = re.compile(r"(?:needed|required|necessary) for ")
# What is closed when it is through, and is no order.
_CLOSED: Final = ("return", "exchange")
_COPULA: Final = re.compile(r"(?<![a-z])(?:is|are|was|it's|that's|be|remains) [a-z ]{0,12}$")
_THINGS: Final = frozenset({"coupon", "discount", "points", "member", "gift", "invoice"})
_CANNOT_BE: Final = re.compile(r"(?:can't|cannot|won't|no longer) be [a-z]+")
# What the customer does first, of which a denial that follows is none.
_CONDITIONS: Final = frozenset({"pay", "place"})
_IS_NOT: Final = frozenset({"isn't", "aren't", "wasn't"})
_TOPIC: Final = re.compile(r"(?:开通|支持|提供|开放|推出|接受|上线|适用)?(?:了|呢|哦|哈)?\s*")
_INCAPABLE: Final = ("不支持", "不可以", "不接受", "不提供", "不允许", "不能", "不行", "无法", "不予")


@kept
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


def _longest_first(token: Token) -> tuple[int, bool, int]:
    """What says nothing before what does, where both are of one length."""
    start, end, meanings = token
    return start - end, meanings[0][0] != "idle", start


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
    for start, end, meanings in sorted((*found, *apart), key=_longest_first):
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
        if claims[at].kind in ("property", "deed")
        and claims[at].mode == "can"
        and claims[at].concept not in _CONDITIONS
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
        mode = mode_of(text, start, span, end, kind)
    elif kind == "property":
        mode = "event" if is_named_after(text, span, end) or is_supposed(text[start : span[0]]) else "can"
    elif is_event(text, start, span, end):
        mode = "event"
    if BELIEVED.match(text[start : span[0]]):
        mode = "event"
    if concept == "pay" and word.startswith(_NEED_NOT) and _FEES.search(text):
        mode = "event"
    if concept in ("ship", "deliver") and text[start : span[0]].endswith("being "):
        concept, mode = "transit", "done"
    if concept == "completed" and _BY_CARD.match(text, span[1]):
        mode = "event"
    if concept == "completed":
        concept = _process(text, span[0], span[1]) or concept
    if concept == "close" and (process := _process(text, span[0], span[0])) in _CLOSED:
        concept = process
    if concept == "deliver" and kind in ("deed", "done") and _process(text, span[0], span[0]) == "refunded":
        concept = "refunded"
    if concept == "refunded" and mode != "done":
        concept = "refund"
    if concept == "refunded" and word.endswith(("到账", "入账", "进账")) and "退" not in text:
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


def _denial(text: str, denied: tuple[int, int], end: int) -> Denial:
    """What follows the negation: in Chinese pairs of characters, in English stems."""
    behind = text[denied[1] : min(end, denied[1] + 28)]
    return Denial(content_of(behind, 5), text[denied[0] : denied[1]] + behind[:8], *denied)
