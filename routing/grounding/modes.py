"""Whether a claim tells of what is done, of what will or can be, or merely of a moment that is referred to."""

from __future__ import annotations

import re
from typing import Final, Literal

# done: it is so; will: it is to come; can: it is possible, or merely spoken of; event: a moment that is referred to, as in
# "after delivery".
Mode = Literal["done", "will", "can", "event"]
_ZH_EVENT: Final = re.compile(
    r"(?:成功|完成|申请|审核|提交|通过)?(?:的话|(?:截止|期限|日期|进度|周期|链接)|的?(?:\d{1,3}|[一二三四五六七八九十两]{1,3})"
    r"(?:个工作|个自然|个?小时|分钟|天|日|周|个月)|的单子?|来?的(?:东西|货|物品)|之?后|以后|之?前|以前|时(?!间)|次日|当日起|起|之日|日起|满|超过"
    r"|的(?:订单|商品|包裹|那)|商品|订单(?!已)|超|期间|政策|规则|说明|记录|信息|详情)"
)
_ZH_IF: Final = re.compile(
    r"过了(?![^,。;]{0,14}(?:也|还|仍|都))|才(?!能)|后 ?[\d一二三四五六七八九十]{1,3}个?(?:分钟|小时|天|日)内?$"
    r"|如果|如需|如要|如(?!期)|若|一旦|等(?!待)|当您|每次|凡|只要|除非|是否"
)
_IF: Final = re.compile(
    r"如果|若|一旦|假如|要是|^\s*(?:were|had)(?![a-z])|(?<![a-z])(?:if|once|when|should|in case|whatever|anything)(?![a-z])"
)
_ZH_DONE_AFTER: Final = re.compile(
    r"(?!时间[是为:]{0,2}[^,。;]{0,7}(?:小时|天|工作日|分钟))(?:已经?)?(?:了|成功|完成|完毕|过(?!程)|时间|于\d|出去了?)"
)
_ZH_DONE_BEFORE: Final = re.compile(r"(?:已经?|刚刚?|早已|成功|完成|(?<![关由对至基属等])于)[^,。;]{0,18}$")
_ZH_WILL: Final = re.compile(
    r"(?:将|(?<![这那一])会(?!儿)|预[计估]|即将|等待|待|准备|正在|正|安排|尽快|很快|稍后|计划|预期|可望|有望|拟)[^,。;]{0,12}$"
)
_ZH_TO_COME: Final = re.compile(
    r"(?:将|(?<![这那一])会(?!儿)|预[计估]|即将|等待|安排|尽快|很快|稍后|计划)[^,。;]{0,8}$"
)
_ZH_CAN: Final = re.compile(
    r"(?:可|能|支持|允许|申请|办理|想|要|需|请|帮|为您|进行|接受|享|提供|选择)[^,。;]{0,8}$"
)
_ZH_NOT_DONE: Final = re.compile(r"(?:未|尚未|没有?|并未|仍未)[^,。;则需就要才再法]{0,4}$")
# What somebody believed, or what is so instead of what is spoken of.
BELIEVED: Final = re.compile(
    r"\s*(?:(?:rather than|instead of|far from|contrary to)(?![a-z])"
    r"|you (?:thought|feared|worried|asked|wondered|suspected|assumed|believed)(?![a-z])"
    r"|您(?:怀疑|担心|以为|怕|猜|问|打听)|与其|并非)"
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
_OF_A_THING: Final = re.compile(r"(?<![a-z])(?:from|about|regarding|on) (?:your|the|any|this|that) $")
# "If the price falls, it is refunded" is a rule, and no news.
_RULE: Final = re.compile(r"(?:^|[.;:] )(?:if|should|when|once|whenever)(?![a-z])[^.;]*,$")
_SOON: Final = re.compile(r"(?:就|将|会|即|便)[^,。;]{0,14}$")
_GENERAL: Final = re.compile(r" (?:once|if|when|unless|as soon as|automatically)(?![a-z])")
# What a verb in the present tells is a rule, or is to come: ships, goes out.
_PRESENT: Final = re.compile(r"(?:goe?s?|[a-z]+(?<!i)s) out|(?!has|was|is)[a-z]+s$")
_TO_COME: Final = ("going out", "leaving", "heading out", "setting off")
_PAST: Final = ("went ", "has ", "have ", "was ", "is ")


def is_event(text: str, start: int, span: tuple[int, int], end: int) -> bool:
    before, after = text[start : span[0]], text[span[1] : min(end, span[1] + 12)]
    if text[span[0]].isascii():
        is_modal = _EN_CAN.search(before) is not None or _EN_WILL.search(before) is not None
        if text[slice(*span)].startswith(_PAST):
            return _EN_EVENT.search(before.removesuffix("goods ").removesuffix("items ")) is not None
        if _EN_EVENT_AFTER.match(after) and re.search(r"(?<![a-z])(?:your|the|an?|any|each) $", before):
            return True
        return _EN_EVENT.search(before) is not None or (
            not is_modal and _EN_EVENT_AFTER.match(after) is not None
        )
    return _ZH_EVENT.match(after) is not None or _ZH_IF.search(before) is not None


def is_supposed(before: str) -> bool:
    """Whether it only stands in a condition: if the price falls."""
    if not _IF.search(before):
        return False
    if re.match(r"\s*(?:should|had|were)(?![a-z])", before):
        return True
    return not any(pattern.search(before) for pattern in (_ZH_CAN, _EN_CAN, _EN_WILL))


def is_named_after(text: str, span: tuple[int, int], end: int) -> bool:
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


def mode_of(text: str, start: int, span: tuple[int, int], end: int, kind: str) -> Mode:
    before, after = text[start : span[0]], text[span[1] : min(end, span[1] + 14)]
    if is_event(text, start, span, end):
        return "event"
    if text[span[0]].isascii():
        if _EN_WILL.search(before) or text.startswith(_TO_COME, span[0]):
            return "will"
        if re.search(r"(?<![a-z])(?:is|are) $", before) and (
            _GENERAL.match(text, span[1], end) or _RULE.search(text[:start])
        ):
            return "can"
        if kind == "deed" and _PRESENT.match(text[slice(*span)]):
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
