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

# A clause ends at its signs; the deed and what it is done to are said within one.
_SIGNS: Final = r",.;?!，。；？！"
_SAME: Final = rf"[^{_SIGNS}]"
_BREAK: Final = rf"[{_SIGNS}]"
_PLACE: Final = r"(?:address|flat|apartment|house number|street|postcode|zip)"
# Nothing before the deed but whose order it is and how it is asked for: no other goods, no denial, no question of the past.
_STOPS_ZH: Final = (
    rf"(?:^|{_BREAK}|\s)(?:就|那|你们?|都|也|还是|干脆|请|麻烦|给我?|帮我?|把|将|我要?|想|直接|(?:太慢|不要|不想要|不需要|算|等不及|来不及)了|"
    r"(?:我的?|这个?|那个?)?(?:订单|单子?|货|东西|包裹|件))*"
)
_STOPS_EN: Final = (
    rf"(?:(?:^|{_BREAK})\W*|\b(?:so|please) )(?:(?:please|just|so|then|now|and|ok|okay|no|well|simply|kindly|you can|let'?s|"
    r"i (?:want|need|would like) (?:you )?to|i'd like (?:you )?to|go ahead and)\W+)*"
)
_ENDS_EN: Final = rf"(?=\s*(?:{_BREAK}|$|(?:please|then|now|already|altogether|completely|and refund)\b))"

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
            rf"{_STOPS_ZH}(?:别再?[发寄送]了|不用再?[发寄送]了)(?=[吧啊呀哈哦我]|[^\u4e00-\u9fff]|$)",
            rf"{_STOPS_ZH}(?:作废|撤单|撤掉|撤销)(?=[吧啊呀哈哦]|[^\u4e00-\u9fff]|$)",
            rf"{_STOPS_ZH}(?:作废|撤)了吧|{_STOPS_ZH}(?:帮我|给我)(?:作废|撤)了(?=[^\u4e00-\u9fff]|$)",
            rf"{_STOPS_EN}(?:scrap|ditch|bin|kill|drop) (?:it|this|that|(?:the|my|this|that) order){_ENDS_EN}",
            rf"{_STOPS_EN}stop (?:(?:the|my|this) order|(?:order )?#?[a-z]{{0,3}}\d{{6,}}){_ENDS_EN}",
        ),
        _words(
            r"地址|再不|要是|如果|的话|除非|万一|不然|否则|是不是|[补重]发|再[发寄送]|[?？]\W*$|[吗么]\W*$",
            r"\baddress\b|\bhurry\b|\b(?:if|unless|otherwise)\b|\b(?:door|porch|neighbou?rs?|courier|driver|locker)\b|"
            r"\b(?:it|this|that|order)\s*[?？]",
        ),
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
            rf"(?:地址|门牌|收[件货]人){_SAME}{{0,6}}(?:写|填|选|留|输|弄|搞)(?:错|成)|门牌号?错|"
            rf"(?:写|填|选|留|输|弄)错{_SAME}{{0,6}}(?:地址|门牌|收[件货]人)|"
            rf"[改换]{_SAME}{{0,4}}(?:收货|收件|送货)?地址|(?:地址|门牌){_SAME}{{0,6}}[改换]",
            rf"\b(?:put|gave|typed|entered|wrote|used|picked|chose|selected|(?:going|goes|headed|addressed|set) to)\b"
            rf"{_SAME}{{0,20}}\b(?:wrong|old|incorrect)\b{_SAME}{{0,16}}\b{_PLACE}\b",
            rf"(?:^|{_BREAK})\W*(?:wrong|incorrect) {_PLACE}\b",
            rf"\b(?:change|fix|update|(?<!the )(?<!my )(?<!is )correct)\b{_SAME}{{0,24}}\b{_PLACE}\b",
        ),
        _words(
            r"送错|寄错|派到|签收|发票|邮箱|(?<!把地址)(?<!把收货地址)[改换]了(?!吧)|[改换]过|[改换](?:好|成功)|[改换]没",
            r"有没有[改换]|已经[改换]|没(?:有)?(?:写|填|选|留|输|弄|搞)?错|(?<!能)不(?:用|想|要|需要|必)?再?[改换变](?!了)|"
            r"别[改换]|地址(?:之|以)?后|[退换]货地址|店铺?地址|你们的?[^，。；？！,;?!]{0,4}地址|默认|到哪|是不是|会不会|(?:快递|骑手|仓库)[^，。]{0,8}错",
            r"^(?!.*(?:帮我|麻烦|请|我想|我要)).*(?:如果|要是|万一)",
            r"\b(?:delivered|arrived|went|dropped|left)\b|\b(?:e-?mail|ip|web|billing|return|default|same) address\b",
            r"\binvoice\b|\b(?:did|have|has|do|does) (?:you|i|the|my)\b|\bwhat (?:if|happens)\b|\bwhere\b|\bif i\b|\bwhy\b",
            r"\b(?:did|do|does|could|would|has|have|is|was)n'?t\b|\bdon'?t\b|\b(?:no need|not|never|without) (?:to )?"
            r"(?:chang|updat|correct|fix)|\bi (?:already )?(?:asked|changed|updated|told)\b|\byour address\b",
            r"\bkeep\b.{0,12}\baddress\b|\b(?:courier|driver|carrier|warehouse)\b",
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
    # Sounds like a repair; what is wanted is another one.
    Goal(
        "report_problem",
        ("warranty_repair",),
        _words(
            r"(?<![要想用])不(?:要|想)(?:维)?修(?!改)",
            rf"(?:给我|帮我|(?<!不)(?<!不是)(?<!需)要(?![是不])|(?<![不没])想|直接|能不能|可不可以|(?<!不)能|(?<!不)可以|申请|要求)"
            rf"(?:(?![不别没旧]){_SAME}){{0,4}}换新(?!的?[屏滤电零配壳膜主镜外充线])",
            r"\b(?:don'?t|do not) want (?:a |any |it |them )?(?:to be )?repair(?:ed|s)?\b",
            rf"\bwant\b.{{0,40}}\bnot a repair{_ENDS_EN}",
            rf"(?:^|{_BREAK}|\b(?:so|but|and)\b)(?:(?!n'?t\b|\b(?:not|no|never|if|do i|should i|did|whether)\b){_SAME})*?"
            rf"\b(?:want|need|like|demand|give me|send me|can i (?:get|have)) (?:to (?:get|have) )?an? (?:(?:new|full) )?"
            rf"replacement(?: (?:unit|one|instead|rather|not))?{_ENDS_EN}",
        ),
        _words(
            _ASKS_FOR_RULES.pattern,
            r"多少钱|收费|要钱|还是|谢谢|是不是|什么情况|(?:保修|质保)[^，。；？！,;?!]{0,8}换新[^，。；？！,;?!]{0,3}[吗?？]",
            r"\bcovered\b|\bhow much\b|\bor\b",
        ),
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
    asks = heard.is_question and not _COMMANDS.search(heard.message)
    rules = asked_kinds(heard.message) if asks else ()
    fitting = (goal.name for goal in GOALS if intent in goal.intents and goal.fits(heard))
    return next((name for name in fitting if _RULES_OF.get(name) not in rules), ANSWER)


# Wants it done, whatever is asked beside that; who wants to be told something commands nothing.
_COMMANDS: Final = _words(
    r"帮(?:我|忙)(?!看|问|查|确认)|我想(?!问|知道|了解|咨询|确认|请)|我要(?![是问])|麻烦(?![了吗的问])|请(?!问)",
    r"\b(?:can|could|would) you\b(?! (?:please )?(?:tell|explain|say|confirm|let)\b)(?! \w+ (?:an?|any|orders)\b)",
    r"\bplease\b(?! (?:tell|explain|say|confirm|let)\b)|\bmy order\b",
)
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
