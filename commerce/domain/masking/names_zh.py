"""Chinese names of persons: after words that announce one, before a title, beside a telephone or an address, alone.

A name begins with a surname. Where nothing announces it, the given name must be of characters that names are made of, and no
word or brand.
"""

from __future__ import annotations

import re
from typing import Final

from commerce.domain.masking.canvas import CONTACT_BLANKS, Canvas, Mark
from commerce.domain.masking.name_characters import (
    AMBIGUOUS_SURNAMES,
    COMMON_SURNAMES,
    COMPOUND_SURNAMES,
    GIVEN_CHARACTERS,
    RARE_SURNAMES,
    WORDS,
)

_HAN: Final = "\u4e00-\u9fff"
# Never within a name, and often after one.
_FUNCTION: Final = (
    "的了吗呢吧啊是我你您他她它们这那在有要想请帮把被给跟到和与就都也还但不没很再又说电手地住收寄联系因从为"
    "先女小退换买订问查什怎哪谁发打今昨号"
)
_GIVEN: Final = f"[^\\W\\d_a-zA-Z{_FUNCTION}]"
_COMPOUND: Final = f"(?:{'|'.join(COMPOUND_SURNAMES)})"
_SURNAME: Final = f"[{COMMON_SURNAMES}{RARE_SURNAMES}]"
_PLAIN_SURNAME: Final = f"(?![{AMBIGUOUS_SURNAMES}])[{COMMON_SURNAMES}]"
# Bounded, and begun at its first part alone: a long row of parts is read once.
_MINORITY: Final = rf"(?<![·•・])[{_HAN}]{{1,7}}(?:[·•・][{_HAN}]{{1,7}}){{1,4}}"
_LOOSE: Final = rf"(?:{_MINORITY}|{_COMPOUND}{_GIVEN}{{1,2}}|{_SURNAME}{_GIVEN}{{1,2}})"
_STRICT: Final = rf"(?:(?:{_COMPOUND}|{_PLAIN_SURNAME})[{GIVEN_CHARACTERS}]{{1,2}})"
_LONG: Final = rf"(?:{_COMPOUND}[{GIVEN_CHARACTERS}]{{1,2}}|{_PLAIN_SURNAME}[{GIVEN_CHARACTERS}]{{2}})"
_FRIEND: Final = rf"[小阿老][{COMMON_SURNAMES}{GIVEN_CHARACTERS}]"
_NICK: Final = rf"(?:{_FRIEND}(?![{_HAN}])|{_FRIEND}[{GIVEN_CHARACTERS}]?(?=[\s,.;!?。！？；]|$))"
_NOT_A_WORD: Final = rf"(?!{'|'.join(WORDS)})"
_START: Final = rf"(?<![{_HAN}A-Za-z0-9])"
_END: Final = rf"(?=[^{_HAN}A-Za-z0-9]|$)"

_CONNECTOR: Final = (
    r"(?:[\s:\"“「'【(<《/|-]|是|为|叫做?|改成|改为|改到|换成|换为|变更为|更正为|应该|应|写的?|填的?|"
    r"请写|请填|就|姓名|名字|本人|先)*"
)
_LABELLED: Final = re.compile(
    r"(?:收件人|收货人|联系人|寄件人|发件人|取件人|签收人|代收人|付款人|下单人|购买人|持卡人|开户人|申请人|户主|户名|"
    rf"真实姓名|姓名|名字|(?:发票)?抬头(?:是|写|开)?个人|署名|签名){_CONNECTOR}{_NOT_A_WORD}({_LOOSE}|{_NICK})"
)
_CALLED: Final = re.compile(
    r"(?:我叫|名叫|叫做|本名|我的大名|我老公叫|我老婆叫|我妈叫|我爸叫|孩子叫)"
    rf"[\s:,]*{_NOT_A_WORD}({_LOOSE}|{_NICK})"
)
_SELF: Final = re.compile(
    rf"(?:我是|这里是|这边是|本人|我本人|我就是|收件|收货|寄件)[\s:,]*{_NOT_A_WORD}"
    rf"(?:({_STRICT})(?![{_HAN}]?(?:宝|会员|客户))|({_LOOSE}){_END})"
)
_FAMILY: Final = re.compile(rf"(?:我姓|免贵姓|本人姓|贵姓)[\s:,]*({_COMPOUND}|{_SURNAME})")
_TITLE: Final = re.compile(
    rf"(?:{_START}|(?<=[我是叫姓给找让请帮位跟到由的和与])){_NOT_A_WORD}((?:{_COMPOUND}|{_SURNAME}){_GIVEN}{{0,2}}?)"
    r"(?=(?:先生|女士|小姐|太太|老师|阿姨|叔叔|师傅|同学|大哥|大姐|校长|经理|医生|主任|律师|店长|爷爷|奶奶|工程师)"
    # A lady's bag is nobody's.
    r"(?![包鞋衣裤裙裳表款用内香护手钱袜帽外羽毛皮运T泳睡保修式装长短]))"
)
_BESIDE: Final = re.compile(
    rf"{_START}{_NOT_A_WORD}({_LOOSE})(?=[\s,;、:/|-]{{0,4}}(?:电话|手机号?|联系方式|联系电话|tel|phone)?"
    rf"[\s:是为]{{0,3}}[{CONTACT_BLANKS}])"
    rf"|(?<=[{CONTACT_BLANKS}])[\s,;、:/|-]{{0,4}}(?:收件人|收|联系人)?[\s:]{{0,2}}{_NOT_A_WORD}({_LOOSE})(?:{_END}|(?=收))"
)
_LED: Final = re.compile(
    rf"(?:给|找|叫|帮|跟|由|让|寄给|转给|送给|发给|交给|联系)[\s]*{_NOT_A_WORD}({_STRICT})"
    rf"(?=[^{_HAN}]|$|寄|送|签收|收|打|发|的(?:电话|手机|地址|订单|快递|包裹)|来取|本人|就)"
)
# Where a clause begins, or after whose they are: whom a sentence speaks of.
_MENTIONED: Final = re.compile(
    rf"(?:{_START}|(?<=妈妈|爸爸|老公|老婆|先生|太太|女儿|儿子|姐姐|妹妹|哥哥|弟弟|朋友|同事|邻居|室友|男友|女友|对象|同学|"
    rf"家人|表姐|表哥|表弟|表妹)){_NOT_A_WORD}(?:({_LONG})|({_STRICT})(?=说|收|签|的|要|想|退|买|订|在|和|跟|、|是我|有))"
    rf"|{_START}{_NOT_A_WORD}({_LOOSE})(?=(?:本人|代|签)?收(?:[^{_HAN}货到据藏录纳益费款银]|$))"
)
_ALONE: Final = re.compile(rf"(?:^|(?<=\n)){_NOT_A_WORD}[\s]*({_STRICT})[\s。.,!~]*(?=$|\n)")
_RULES: Final = (_LABELLED, _CALLED, _SELF, _FAMILY, _TITLE, _BESIDE, _LED, _MENTIONED, _ALONE)
_HAS_HAN: Final = re.compile(rf"[{_HAN}]")


def mask_chinese_names(canvas: Canvas) -> None:
    """Call it after telephones and addresses: what stands beside them is theirs."""
    if not _HAS_HAN.search(canvas.text):
        return
    for rule in _RULES:
        for match in list(rule.finditer(canvas.text)):
            place = match.lastindex or 0
            canvas.claim(*match.span(place), Mark.NAME)
