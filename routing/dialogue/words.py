"""What a message says of a slot, by its words: why, what is wrong, what is wanted, how to pay. First come, first found."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from commerce.domain.actions import InvoiceKind, Problem
from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.returns import ReturnReason
from routing.dialogue.heard import Heard

Table = tuple[tuple[str, re.Pattern[str]], ...]


def _table(*rows: tuple[str, str]) -> Table:
    return tuple((value, re.compile(pattern, re.I)) for value, pattern in rows)


def said_of(table: Table, message: str) -> str | None:
    """The first value whose words the message has."""
    return next((value for value, pattern in table if pattern.search(message)), None)


def heard_of(table: Table) -> Callable[[Heard], bool]:
    """Whether a message says anything of it."""
    return lambda heard: said_of(table, heard.message) is not None


CANCEL_REASONS: Final = _table(
    (
        CancelReason.ORDERED_BY_MISTAKE,
        r"[买拍点下选]错|手滑|不小心|误拍|重复下单|拍重"
        r"|by mistake|by accident|accidental|wrong (?:item|size|one)|twice|duplicate",
    ),
    (
        CancelReason.FOUND_CHEAPER,
        r"更便宜|别家|别的店|其他店|贵了|cheaper|better (?:price|deal)|too expensive",
    ),
    (
        CancelReason.TOO_SLOW,
        r"太慢|等太久|等不及|一直不发|迟迟|还不发|too (?:slow|long)|takes? too long|can'?t wait|taking forever|late",
    ),
    (
        CancelReason.NO_LONGER_NEEDED,
        r"不想要|不需要|不要了|用不[上着]|不买了|no longer need|don'?t (?:need|want)|changed my mind|not need",
    ),
)

RETURN_REASONS: Final = _table(
    (
        ReturnReason.WRONG_ITEM,
        r"发错|寄错|送错|错发|货不对板|不是我[买订要]的|"
        r"wrong (?:item|one|product|colou?r|size) (?:was )?(?:sent|arrived|came|delivered)|"
        r"(?:sent|got|received) (?:me )?the wrong|not what i ordered",
    ),
    (
        ReturnReason.DAMAGED,
        r"破损|摔[坏碎]|压[坏扁]|碎了|破了|裂|漏了|damaged|broken on arrival|arrived broken|cracked|smashed|leak",
    ),
    (
        ReturnReason.FAULT,
        r"质量|瑕疵|坏了|坏的|故障|不工作|用不了|开不了机|掉色|开线|起球|次品|defect|faulty|broken|doesn'?t work|not working|"
        r"stopped working|poor quality",
    ),
)

PROBLEMS: Final = _table(
    (
        Problem.MISSING,
        r"少[发了件一寄]|缺[件少了]|漏[发寄]|没有?(?:放|装|发)|只[收有到].{0,6}[件个只]|missing|not in the (?:box|parcel)|"
        r"(?:only|just) (?:got|received|one|two)|short",
    ),
    (
        Problem.WRONG_ITEM,
        r"发错|寄错|送错|错发|拿错|不是我[买订要]的|货不对|颜色不对|尺码不对|型号不对|wrong|not what i ordered|"
        r"different (?:item|colou?r|size|product)",
    ),
    (
        Problem.DAMAGED,
        r"破|摔|压[坏扁]|碎|裂|漏|变形|damaged|smashed|crack|crush|leak|torn|dented|scratch|shatter",
    ),
    (
        Problem.FAULT,
        r"坏|故障|不工作|用不了|开不了|不亮|没反应|质量|瑕疵"
        r"|defect|faulty|broken|doesn'?t work|not working|won'?t (?:turn|switch)|dead",
    ),
)

WANTS: Final = _table(
    ("refund", r"退款|退钱|退我|全额退|money back|refund"),
    (
        "replacement",
        r"补发|补寄|重发|重新发|换[一个新货]|换货|再[发寄]"
        r"|replace|resend|send (?:me )?(?:a new|another|the missing|the right)|new one|exchange|reship",
    ),
)

INVOICE_KINDS: Final = _table(
    (InvoiceKind.PAPER, r"纸质|纸的|paper"),
    (InvoiceKind.ELECTRONIC, r"电子|electronic|e-?invoice|pdf|by e-?mail"),
)

IS_UNOPENED: Final = _table(
    (
        "yes",
        r"没有?(?:拆|打开|开封|用过|穿过|激活)|未(?:拆|开封|使用|激活)|全新|原封|封口完好"
        r"|not (?:been )?(?:opened|used)|un(?:opened|used)|sealed|never (?:opened|used)|haven'?t (?:opened|used)",
    ),
    (
        "no",
        r"拆(?:了|开|封|过)|打开(?:了|过)|开封了|用过|用了|激活了|试过|opened|used|unsealed|activated|took it out",
    ),
)

# How customers call the services of the payment methods.
METHODS: Final = _table(
    ("gift_card", r"礼品卡|购物卡|余额|gift ?card|store credit"),
    ("alipay", r"支付宝|alipay"),
    ("wechat_pay", r"微信|wechat"),
    ("huabei", r"花呗|huabei"),
    ("paypal", r"paypal|贝宝"),
    ("unionpay_card", r"银联|储蓄卡|借记卡|银行卡|unionpay|debit"),
    ("credit_card", r"信用卡|credit ?card|visa|master ?card|(?<!gift )\bcard\b"),
)

ALL_OF_IT: Final = re.compile(
    r"全部|整单|所有|全都|都(?:要?[退换修]|不要)|[两三四]个都|[两三四]件都|\ball (?:of (?:it|them)|items?|the items?|[2-9])|"
    r"\bboth\b|\beverything\b|"
    r"\b(?:whole|entire) order\b",
    re.I,
)
# How many of what was chosen: numbers that no goods stand beside.
PIECES: Final = re.compile(
    r"(?:只|就|仅|只要|只想)\s*(?:退|换|要|修)?\s*([一二两三四五六七八九\d])\s*[个件双只条瓶盒台]"
    r"|\b(?:only|just)\s+(?:return\s+|exchange\s+)?(one|two|three|four|five|six|\d)\b",
    re.I,
)
TAX_ID: Final = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Z]*\d)([0-9A-Z]{15,20})(?![0-9A-Za-z])")
COMPANY: Final = re.compile(
    r"(?:抬头|公司|单位|名称|开给|开成|"
    r"开到)?[\s:：是为叫]{0,3}([\u4e00-\u9fff（）()A-Za-z0-9]{2,40}?(?:有限责任公司|股份有限公司|有限公司|公司|"
    r"集团|事务所|学校|大学|医院|工作室|商行|中心))"
    r"|\b((?:[A-Z][\w&.'-]*\s){1,5}(?:Ltd|Limited|Inc|LLC|GmbH|Corp(?:oration)?|Company|Co|PLC)\b\.?)",
)
TITLE_AFTER: Final = re.compile(
    r"(?:抬头|title|name)\s*(?:应该)?(?:是|为|写|改[成为]|换[成为]|开|:|：|to|is|should be)+\s*"
    r"(?!错|什么|啥|哪|谁|的|吗|wrong|what)[\"“]?([^,，。.;；\"”\n]{2,60})",
    re.I,
)
PERSONAL: Final = re.compile(
    r"个人|私人|我自己|本人|我的名字|personal|myself|my (?:own )?name|individual", re.I
)
BIGGER: Final = re.compile(r"大[一1]?[点些码号]|大一个码|再大|bigger|larger|size up|next size up", re.I)
SMALLER: Final = re.compile(r"小[一1]?[点些码号]|小一个码|再小|smaller|size down", re.I)
# Case matters: an S of its own, and not the one of "it's".
SIZE_ALONE: Final = re.compile(r"(?<![\w.'’¥$-])(?:3[3-9]|4[0-9]|X{0,3}[SL]|M)(?![\w.'’%-])", re.ASCII)
BECOMES: Final = re.compile(r"换成|改成|换个|换为|改为|变成|想要|换|\b(?:to|into|for|instead|with) ", re.I)
