"""What the customer wants done: the intent, and where one intent holds several wishes the words that tell them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from routing.dialogue.heard import Heard
from routing.sheet.asked.kinds import asked_kinds

ANSWER: Final = "answer"
"""The goal of whoever asks and wants nothing done."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`intents` may mean it; where `words` is set, only if the message has them, and never if it has those of `unless`; where
    `names` is set, only if the message has an entity of these types.
    """

    name: str
    intents: tuple[str, ...]
    words: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    names: tuple[str, ...] = ()

    def fits(self, heard: Heard) -> bool:
        """But for the intent."""
        message = heard.message
        if self.words is not None and not self.words.search(message):
            return False
        if self.unless is not None and self.unless.search(message):
            return False
        return not self.names or bool(heard.said(*self.names))


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.I)


# Asks for the rules, and not for the thing itself.
_ASKS_FOR_RULES: Final = _words(
    r"多久|(?<![没才过这那前好])几天|什么时候|啥时候|怎么算|什么条件|有什么要求|规则|政策|流程是",
    r"\bhow (?:long|many days)\b|\bwhen (?:will|do|does)\b|\bwhat (?:is|are) (?:the|your) (?:rule|polic|condition|term)",
)

# Asks how far something is that was asked for before.
_ASKS_FOR_PROGRESS: Final = _words(
    r"进度|进展|怎么样了|到哪一?步|审核|处理(?:好|完)?了?[没吗]|什么时候.{0,4}(?:好|完)",
    r"\b(?:news|status|update|progress)\b|\bi (?:asked|applied|requested)\b|\bhow (?:is|far)\b",
)
_WANTS_BACK: Final = _words(
    r"[能可想要].{0,4}退(?!款)|还能退|退掉|退得了|退货吗",
    r"\b(?:can|could|may|want|like|possible)\b.{0,24}\b(?:return|send\b.{0,20}\bback|bring\b.{0,12}\bback)\b|"
    r"\breturn\b.{0,24}\bpossible\b",
)
# Whoever has these wants the same thing whole, and not another one.
_ARRIVED_WRONG: Final = _words(
    r"破|摔|碎|裂|坏|少[发了]|漏发|[发寄送]错|次品|瑕疵",
    r"\bdamaged\b|\bbroken\b|\bcracked\b|\bsmashed\b|\bfaulty\b|\bdefect|\bmissing\b|\bwrong (?:item|one|product)\b",
)

GOALS: Final = (
    Goal(
        "return",
        ("return_request", "return_policy", "size_advice"),
        _WANTS_BACK,
        _ASKS_FOR_RULES,
        ("order_number", "product"),
    ),
    Goal(
        "exchange",
        ("exchange_request", "size_advice", "return_policy", "product_question"),
        _words(
            r"换.{0,6}[码号大小色款]|换货|想换|能换",
            r"\b(?:exchange|swap)\b|\b(?:bigger|smaller|larger|different|another) (?:size|colou?r|one)\b",
        ),
        _ASKS_FOR_RULES,
        ("order_number",),
    ),
    Goal(
        "return",
        ("return_policy",),
        _words(r"还能退|签收了.{0,6}退", r"\bcan i still (?:return|send)"),
        _ASKS_FOR_RULES,
    ),
    # Sounds like haste or another place; what is to be stopped is the order.
    Goal(
        "cancel",
        ("urge_shipment", "order_status", "change_address", "place_order_help"),
        _words(
            r"作废|撤单|撤[了掉]|别(?:再)?[发寄送]了|不用[发寄送]了",
            r"\b(?:scrap|ditch|bin|kill|drop) (?:it|this|that|(?:the|my) order)\b(?! (?:off|at|in|to|by|with)\b)",
            r"\bstop (?:(?:the|my|this) order|order|#?[a-z]{0,3}\d{6,})",
        ),
        _words(r"地址|\baddress\b"),
    ),
    # Sounds like haste, a fault or any change; what is wrong or new is where it goes.
    Goal(
        "change_address",
        (
            "modify_order",
            "urge_shipment",
            "order_status",
            "logistics_tracking",
            "warranty_repair",
            "place_order_help",
        ),
        _words(
            r"地址.{0,6}(?:写|填|选|留|输|弄|搞)(?:错|成)|(?:写|填|选|留|输|弄)错.{0,6}(?:地址|门牌|收件人|收货人)|"
            r"[改换].{0,4}(?:收货|收件|送货)?地址|地址.{0,6}[改换]|门牌.{0,6}(?:错|改)",
            r"\b(?:wrong|old|incorrect)\b.{0,16}\b(?:address|flat|apartment|house number|street|postcode|zip)\b",
            r"\b(?:change|correct|fix|update)\b.{0,24}\b(?:address|postcode|zip)\b",
        ),
        _words(
            r"送错|寄错|派到|签收|发票|邮箱",
            r"\b(?:delivered|arrived|went|dropped|left)\b|\b(?:e-?mail|ip|web|billing) address\b|\binvoice\b",
        ),
    ),
    Goal(
        "change_items",
        ("modify_order",),
        _words(r"换|改", r"\b(?:change|swap|switch|different|another|instead)\b"),
        _words(r"地址|address|支付|付款|payment|\bpay\b|优惠券|coupon"),
    ),
    Goal(
        "urge_shipment",
        ("order_status",),
        _words(
            r"怎么还不|还不.{0,6}发|催|快[点些]|赶紧|尽快",
            r"\bhurry\b|\bfaster\b|\bspeed (?:it )?up\b|\bstill not shipped\b",
        ),
    ),
    Goal(
        "change_payment",
        ("payment_problem", "modify_order", "place_order_help", "order_status"),
        _words(
            r"[换改].{0,6}(?:支付|付款|付费)方式|(?:支付|付款)方式.{0,6}[换改]|改用.{1,8}(?:付|支付)|"
            r"换成.{1,8}(?:付款|支付)|换.{0,4}卡付",
            r"\b(?:change|switch|update|use)\b.{0,30}\b(?:payment method|way (?:of|to) pay|card|gift card|paypal)\b",
            r"\bpayment\b.{0,24}\b(?:changed|switched|moved)\b",
            r"\bpay\b.{0,30}\binstead\b|\bpayment\b.{0,20}\bto (?:my |the )?(?:other )?(?:card|gift card|paypal|wallet)",
        ),
    ),
    Goal(
        "price_protection",
        ("price_promotion", "refund_status", "return_request", "complaint", "payment_problem", "coupon"),
        _words(
            r"价保|保价|差价|价格保护|(?:降|便宜|跌)了?.{0,12}(?:退|补|赔)|(?:退|补).{0,6}差",
            r"\bprice[- ](?:match|protect\w*|adjust\w*|drop\w*|guarantee)\b|\b(?:refund|give|pay)\b.{0,20}\bdifference\b",
            r"\b(?:cheaper|dropped|lower(?:ed)?)\b.{0,40}\b(?:refund|difference|back|adjust)",
        ),
        _words(
            _ASKS_FOR_RULES.pattern,
            r"少退|退少|差我钱|没按.{0,6}退",
            r"\b(?:do|must|would|will|should) i\b.{0,12}\bpay\b|\bi(?:'ll| will| would| must| have to) pay\b",
        ),
    ),
    Goal(
        "apply_coupon",
        ("coupon", "modify_order", "price_promotion", "place_order_help"),
        _words(
            r"(?:用|使用|抵扣|抵用|套用|加上|补用).{0,8}(?:券|红包|优惠码|折扣码)|"
            r"(?:券|红包|优惠码).{0,8}(?:用上|用到|用在|用掉|抵扣|加上)",
            r"\b(?:apply|use|add|redeem|put)\b.{0,24}\b(?:coupon|voucher|code|discount)\b",
        ),
        _words(
            r"怎么用|如何用|怎么使用|用不了|不能用|为什么|能不能叠|可以叠",
            r"\bhow (?:do|can|to)\b|\bwhy\b|can'?t|cannot|doesn'?t|won'?t|\bexpired?\b",
        ),
    ),
    Goal(
        "reissue_invoice",
        ("invoice", "change_address", "modify_order"),
        _words(
            r"(?:开(?![的过了])|补开|换开|重开|要|申请|需要|给我|发我).{0,10}(?:发票|票|抬头)|改.{0,4}抬头",
            r"(?:发票|抬头|税号).{0,12}(?:改|换|开错|写错|重开|重新开)",
            r"\b(?:issue|need|want|send|get|give|request|reissue|make|have|email)\b.{0,24}\b(?:invoice|receipt)\b",
            r"\b(?:change|correct|wrong|update|fix)\b.{0,24}\b(?:invoice|company name|tax)\b",
            r"\binvoice\b.{0,30}\b(?:wrong|changed|to my company)\b",
        ),
        _words(
            r"多久|什么时候|啥时候|怎么开|在哪|哪里|能开.{0,6}吗|支持|类型|没收到|还没",
            r"\b(?:how|when|where|which|what kind|do you)\b|\bhaven'?t\b|\bnot (?:received|got)\b",
        ),
    ),
    Goal(
        "report_problem",
        ("warranty_repair",),
        _words(
            r"不(?:要|想|用|是)(?:维)?修|别(?:给我)?修|换新(?!的?滤|的?电池)",
            r"\b(?:not|no|don'?t want) (?:a |any |it |them |to be )?repair|\breplacement\b(?! (?:part|filter|battery))",
        ),
        _ASKS_FOR_RULES,
    ),
    Goal(
        "repair",
        ("warranty_repair", "technical_support"),
        _words(
            r"(?:要|想|申请|帮我|需要|安排|给我|能|可以).{0,6}(?:维修|报修|返修|修)|报修|送修|寄修|坏了.{0,8}修|修一?下",
            r"\b(?:repair|fix|mend)(?:ed)?\b|\bwarranty claim\b|\bclaim\b.{0,20}\bwarranty\b",
        ),
        _ASKS_FOR_RULES,
    ),
    Goal(
        "cancel",
        ("cancel_order",),
        unless=_words(
            r"(?:什么时候|啥时候|哪天|几号|何时|为什么|谁).{0,6}取消(?:的|了)|被取消|取消.{0,4}(?:理由|原因)",
            r"\b(?:when|why|who)\b.{0,30}\bcancel+ed\b|\breasons?\b.{0,30}\bcancel",
        ),
    ),
    Goal(
        "change_address",
        ("change_address",),
        unless=_words(
            r"(?:快递|运|物流)单号|寄到哪|送到哪|哪个地址|什么地址",
            r"\btracking\b|\b(?:which|what) (?:city|address)\b|\bwhere (?:is|was)\b",
        ),
    ),
    Goal("change_items", ("modify_order",)),
    Goal("return", ("return_request",), unless=_ASKS_FOR_PROGRESS),
    Goal("report_problem", ("exchange_request",), _ARRIVED_WRONG),
    Goal("exchange", ("exchange_request",), unless=_ASKS_FOR_PROGRESS),
    Goal("report_problem", ("damaged_or_wrong_item",)),
    Goal("urge_shipment", ("urge_shipment",)),
    Goal("open_complaint", ("complaint",)),
)


INTENT_OF: Final = {goal.name: goal.intents[0] for goal in GOALS}
"""The intent that a goal is named for: whose queue it waits in, and whose articles tell of it."""


def goal_of(heard: Heard) -> str:
    """The first goal that fits what was understood."""
    intent = heard.understood.intent
    rules = asked_kinds(heard.message) if heard.is_question else ()
    fitting = (goal.name for goal in GOALS if intent in goal.intents and goal.fits(heard))
    return next((name for name in fitting if _RULES_OF.get(name) not in rules), ANSWER)


# Whoever asks what may be done with orders that are as far as that does not want it done with one.
_RULES_OF: Final = {
    "cancel": "shop.cancelling",
    "change_items": "shop.changing",
    "change_address": "shop.changing",
}


def settled(heard: Heard) -> Heard:
    """Where understanding hesitates between two intents, and the words of a goal of one of them are there, it is that one."""
    understood = heard.understood
    if understood.decision != "clarify":
        return heard
    for candidate in understood.top[:_HESITATES_BETWEEN]:
        if any(
            candidate.intent in goal.intents and goal.words is not None and goal.fits(heard) for goal in GOALS
        ):
            told = replace(understood, intent=candidate.intent, decision="route")
            return replace(heard, understood=told)
    return heard


_HESITATES_BETWEEN: Final = 2
