"""Numbers of persons: telephones, identity papers, bank cards. Digits may stand apart, over lines, or be Chinese numerals.

Order and tracking numbers stay: letters or # stand before them, or a word that says what they are. So do prices, sizes,
quantities and dates. Any other run of five digits or more goes, since half a telephone number is one too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn
from stdnum.iso7064 import mod_11_2

from commerce.domain.masking.canvas import Canvas, Mark

# Between the digits of one number.
_BETWEEN: Final = re.compile("[\\s\\-._·()\u200b-\u200d\u2060\ufe0f\u20e3]{1,4}")
_DIGITS: Final = re.compile(r"[0-9]+")
_LEAST_DIGITS: Final = 10
# A number of digits that all stand apart.
_MOST_GROUPS: Final = 19
_MOST_IN_A_ROW: Final = 40
# Cards in fours, landlines.
_MOST_PARTS: Final = 5
_MOBILE: Final = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0(?:10|2\d|[3-9]\d{2})[1-9]\d{6,7}")
_ID: Final = re.compile(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9X]")
_OLD_ID: Final = re.compile(r"[1-8]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_CARD: Final = re.compile(r"\d{16,19}")
_SHORT_CARD: Final = re.compile(r"[3-6]\d{12,14}")
_FORMS: Final = re.compile(
    "|".join(form.pattern for form in (_MOBILE, _LANDLINE, _ID, _OLD_ID, _CARD, _SHORT_CARD)) + r"|1\d{10}"
)
_SSN: Final = re.compile(r"(?<![\w#-])\d{3}-\d{2}-\d{4}(?![\w-])")
_PASSPORT: Final = re.compile(
    r"(?:护照|通行证|回乡证|台胞证|军官证|passport|driv(?:er|ing)\W?s? licen[cs]e)"
    r"(?:号码?| ?number| ?no\.?|是|为| is|[\s:#])*"
    r"([A-Za-z]{1,2}[ -]?\d{6,9}(?:\(\d\))?)",
    re.I,
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_REFERENCE: Final = re.compile(
    r"(?:订单|下单|那单|单子|单号|编号|运单|物流|快递|包裹|追踪|流水|交易|票号|货号|款号|型号|条码|批次|券码|取件码|验证码|发票|税号|工单|"
    r"order|tracking|track|parcel|package|shipment|waybill|reference|ref|sku|item|model|invoice|ticket|transaction|isbn|code|"
    r"part)(?:号码?|单号|编号|代码|number|no\b\.?|num\b|id\b|code|是|为|is\b|尾号|后\w{0,2}位|[\s:#,(])*$",
    re.I,
)
# Whom to call about them may follow, where nothing says that it is their number.
_OF_DELIVERY: Final = re.compile(r"(?:物流|快递|包裹|parcel|package|shipment)(?:是|为|is\b|[\s,(])*$", re.I)
_WRITTEN_AS_A_PHONE: Final = re.compile(r"\+\d|\(?0\d{2,3}\)?-\d")
_ISSUED_CARD: Final = re.compile(r"(?:62|4|5[1-5]|2[2-7]|3[47])\d+")
_AMOUNT: Final = re.compile(
    r"(?:价格?|金额|总共|一共|合计|共|预算|积分|余额|花了?|付了?|退了?|充了?|满|减|超过|不到|大概|左右|销量|库存|[¥$€£]|rmb|cny|usd|"
    r"budget|price|under|over|around|about|paid|pay|cost|costs|total|points|balance|refund|worth|for|is only|up to|than)"
    r"(?:是|为|到|在|of|is|was|[\s:])*$",
    re.I,
)
_UNIT: Final = re.compile(
    r"\s?(?:[A-Za-z%‰°¥$€£/×*]|元|块|毛|角|分|钱|人民币|美元|件|个|双|条|只|台|套|瓶|盒|包|袋|斤|公斤|千克|克|毫|升|厘|米|寸|码|折|"
    r"积分|点|步|人|次|年|月|日|天|小时|毫安|瓦|流明|转|像素|万|以[内上下]|左右|多|mAh|yuan|dollars|points|pieces|pcs|steps)"
)
_NUMERALS: Final = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_SPOKEN: Final = re.compile(rf"[{_NUMERALS}](?:[\s\-,、.]?[{_NUMERALS}]){{6,}}")
_SPOKEN_MOBILE: Final = re.compile(r"[一幺壹][三四五六七八九叁肆伍陆柒捌玖]")
_PIECES: Final = re.compile(
    r"(?:(?:前|后|中间|末|最后|头|剩下|其余)(?:面|边)?的?[一二两三四五六七八\d]{0,2}(?:位|个数字?|段)(?:数字?)?(?:是|为|[\s:])*|尾号(?:是|为|[\s:])*|"
    r"(?:first|last|next|middle|other|remaining|final) (?:\w+ )?(?:digits?|numbers?)(?: are| is|[\s:])*|"
    r"(?:ending|ends)(?: in| with)? )(\d{2,8})(?!\d)",
    re.I,
)
_ENOUGH_FOR_A_PHONE: Final = re.compile(r"\d(?:\D{0,3}\d){6}")
# Candidates in one text, most of which are none.
_MOST_TRIES: Final = 100
_REGIONS: Final = ("CN", "US", "GB")
_CONTACT_WORD: Final = re.compile(
    r"(?:tel|phone|mobile|cell|call|text|whatsapp|wechat|ph|id|card|number|no)[.:]?$", re.I
)
_LEAST_BARE: Final = 5
_ORDER_AFTER: Final = re.compile(r"\s?(?:这|那|的)?(?:个|笔)?(?:单|订单|order)", re.I)
# Whom everybody may call.
_PUBLIC: Final = re.compile(r"12315|12345|12306|12348|12358|10086|10010|10000|9[56]\d{3}")


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups of digits that may be one number, as places in the text; `ends_in_x` for an identity number's last sign."""

    spans: tuple[tuple[int, int], ...]
    digits: str
    ends_in_x: bool

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(end - start for start, end in self.spans)

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1] + self.ends_in_x


def mask_numbers(canvas: Canvas) -> None:
    """Whole numbers, by their form and their check digits."""
    for match in _IBAN.finditer(canvas.text):
        if iban.is_valid(match.group()):
            canvas.claim(*match.span(), Mark.CARD_NUMBER)
    for match in _SPOKEN.finditer(canvas.text):
        count = sum(sign in _NUMERALS for sign in match.group())
        is_mobile = count == 11 and _SPOKEN_MOBILE.match(re.sub(r"[\s\-,、.]", "", match.group()))
        canvas.claim(*match.span(), Mark.PHONE if is_mobile else Mark.NUMBER)
    for match in _PASSPORT.finditer(canvas.text):
        canvas.claim(*match.span(1), Mark.ID_NUMBER)
    if not _DIGITS.search(canvas.text):
        return
    for match in _SSN.finditer(canvas.text):
        canvas.claim(*match.span(), Mark.ID_NUMBER)
    for run in list(_runs(canvas.text)):
        _mask_run(canvas, run)
    _mask_foreign_phones(canvas)
    for match in list(_PIECES.finditer(canvas.text)):
        if not _REFERENCE.search(canvas.text[max(0, match.start() - 24) : match.start()]):
            canvas.claim(*match.span(1), Mark.NUMBER)


def mask_bare_digits(canvas: Canvas) -> None:
    """Runs that nothing explains. Call it last: addresses have postcodes."""
    for match in list(_DIGITS.finditer(canvas.text)):
        start, end = match.span()
        if end - start >= _LEAST_BARE and not _is_explained(canvas.text, start, end):
            canvas.claim(start, end, Mark.NUMBER)


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    run: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(text):
        if run and not _BETWEEN.fullmatch(text, run[-1][1], match.start()):
            yield run
            run = []
        run.append(match.span())
    if run:
        yield run


def _mask_run(canvas: Canvas, run: Sequence[tuple[int, int]]) -> None:
    """The longest number that begins at each group, first come. So many in a row are no sentence's, and go as a whole."""
    if len(run) > _MOST_IN_A_ROW:
        canvas.claim(run[0][0], run[-1][1], Mark.NUMBER)
        return
    first = 0
    while first < len(run):
        for last in range(min(len(run), first + _MOST_GROUPS), first, -1):
            if not _LEAST_DIGITS <= sum(end - start for start, end in run[first:last]) <= _MOST_GROUPS:
                continue
            groups = _groups(canvas.text, run[first:last])
            mark = _kind(canvas.text, groups)
            if mark is not None:
                start = groups.start - (canvas.text[: groups.start].endswith("+"))
                canvas.claim(start, groups.end, mark)
                first = last
                break
        else:
            first += 1


def _groups(text: str, spans: Sequence[tuple[int, int]]) -> _Groups:
    digits = "".join(text[start:end] for start, end in spans)
    end = spans[-1][1]
    ends_in_x = (
        len(digits) == 17 and text[end : end + 1] in ("X", "x") and not text[end + 1 : end + 2].isalnum()
    )
    return _Groups(tuple(spans), digits + "X" * ends_in_x, ends_in_x)


def _kind(text: str, groups: _Groups) -> Mark | None:
    digits, before = groups.digits, text[max(0, groups.start - 30) : groups.start]
    if not _FORMS.fullmatch(digits) or (_latin(before[-1:]) and not _CONTACT_WORD.search(before)):
        return None
    is_reference = _is_reference(text, groups.start)
    if _MOBILE.fullmatch(digits) and (not is_reference or len(digits) == 11):
        return Mark.PHONE
    if digits[0] == "1" and groups.lengths in ((11,), (3, 4, 4)) and not is_reference:
        return Mark.PHONE
    if before.endswith(("#", "_")) or _latin(text[groups.end : groups.end + 1]):
        return None
    if _ID.fullmatch(digits) and (not is_reference or mod_11_2.is_valid(digits)):
        return Mark.ID_NUMBER
    if len(groups.lengths) > _MOST_PARTS:
        return None
    if _is_card(groups, is_reference):
        return Mark.CARD_NUMBER
    if is_reference:
        return None
    if len(groups.lengths) == 1 and _OLD_ID.fullmatch(digits):
        return Mark.ID_NUMBER
    return Mark.PHONE if _LANDLINE.fullmatch(digits) and len(groups.lengths) <= 4 else None


def _is_card(groups: _Groups, is_reference: bool) -> bool:
    lengths = groups.lengths
    in_fours = len(lengths) >= 4 and set(lengths[:3]) == {4} and max(lengths) <= 4
    if _CARD.fullmatch(groups.digits) and (len(lengths) == 1 or in_fours):
        return not is_reference or _is_issued(groups.digits)
    is_short = _SHORT_CARD.fullmatch(groups.digits) and (
        len(lengths) == 1 or in_fours or lengths == (4, 6, 5)
    )
    if is_reference:
        return bool(is_short) and _is_issued(groups.digits)
    return bool(is_short) and bool(luhn.is_valid(groups.digits))


def _is_issued(digits: str) -> bool:
    """With the first digits, the length and the check digit of a card: a long order number seldom has all three."""
    is_long = len(digits) in (15, 16, 19)
    return is_long and _ISSUED_CARD.fullmatch(digits) is not None and bool(luhn.is_valid(digits))


def _is_reference(text: str, start: int) -> bool:
    """Whether a word before the number at `start` says that it is an order's, a parcel's, a thing's."""
    before = text[max(0, start - 30) : start]
    if not _REFERENCE.search(before):
        return False
    return not (_OF_DELIVERY.search(before) and _WRITTEN_AS_A_PHONE.match(text, start))


def _mask_foreign_phones(canvas: Canvas) -> None:
    """With + of any country; as written at home, of those that customers of these shops live in."""
    for region in _REGIONS:
        if not _ENOUGH_FOR_A_PHONE.search(canvas.text):
            return
        for match in list(
            PhoneNumberMatcher(canvas.text, region, leniency=Leniency.VALID, max_tries=_MOST_TRIES)
        ):
            before = canvas.text[max(0, match.start - 30) : match.start]
            if not before.endswith(("#", "_")) and not _is_reference(canvas.text, match.start):
                canvas.claim(match.start, match.end, Mark.PHONE)


def _is_explained(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 24) : start], text[end : end + 6]
    if (_latin(before[-1:]) and not _CONTACT_WORD.search(before)) or before.endswith(("#", "_")):
        return True
    if re.search(r"\d[.,-]$|[A-Za-z]-$", before) or re.match(r"[.,]\d|-[A-Za-z]", after):
        return True
    if _UNIT.match(after) or _ORDER_AFTER.match(after) or _REFERENCE.search(before) or _AMOUNT.search(before):
        return True
    return _PUBLIC.fullmatch(text, start, end) is not None or _is_date(text[start:end])


def _is_date(digits: str) -> bool:
    if len(digits) != 8 or digits[:2] not in ("19", "20"):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()
