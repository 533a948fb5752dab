"""Money: what something costs, and what it may cost at most or at least."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from models.types import Entity
from models.understanding.numerals import parse_number
from models.understanding.patterns import (
    APART,
    DIGITS,
    NUMBER,
    NUMBER_EN,
    Finder,
    L,
    R,
    Value,
    is_after,
    number,
    pattern,
)

_SMALLEST_BOUND = 10
_SMALLEST_BOUND_EN = 15


def _bound(match: re.Match[str]) -> str | None:
    """A ceiling or floor. Bare small numbers are no prices: "under 5" is an age or a count."""
    value = parse_number(match["n"])
    if value is None:
        return None
    said = match.groupdict()
    is_money = said.get("sign") or said.get("unit") or Decimal(value) >= _SMALLEST_BOUND
    return value if is_money else None


def _bound_en(match: re.Match[str]) -> str | None:
    value = _bound(match)
    if value is None or match["sign"] or match["unit"]:
        return value
    return value if Decimal(value) >= _SMALLEST_BOUND_EN and match["n"][0].isdigit() else None


def _spoken(match: re.Match[str]) -> str | None:
    """三块五, 9块9: the digit after 块 is tenths."""
    value, tenths = parse_number(match["n"]), match["tenths"]
    if value is None or not tenths:
        return value
    digit = "5" if tenths == "半" else parse_number(tenths)
    return _plain(Decimal(value) + Decimal(digit or 0) / 10)


def _decimal_comma(match: re.Match[str]) -> str | None:
    """79,90 €, as on the continent."""
    return parse_number((match["n"] or match["m"]).replace(",", "."))


def _paid(match: re.Match[str]) -> str | None:
    return None if _POINTS.search(match.string, 0, match.start()) else _bound(match)


def _times(factor: str) -> Value:
    """A price said in another unit: 毛, cents, grand."""

    def scaled(match: re.Match[str]) -> str | None:
        value = parse_number(match["n"])
        return value and _plain(Decimal(value) * Decimal(factor))

    return scaled


def _plain(price: Decimal) -> str:
    return format(price.normalize(), "f")


def _not_a_weight(match: re.Match[str]) -> str | None:
    return None if is_after(match, _WEIGHS) else number(match)


def _ranges(text: str) -> Iterator[Entity]:
    """Two prices, the least and the most: 100-200元, 100到200块, between $20 and $50."""
    if _NUMERALS.isdisjoint(text):
        return
    for match in _RANGE.finditer(text):
        asked = (match["asked"] or "").strip().lower()
        is_money = (
            match["sign"] or match["unit"] or match["sign2"] or match["unit2"] or asked not in ("", _BETWEEN)
        )
        is_money = is_money or (_ends_in_unit(match["n"]) and _ends_in_unit(match["n2"]))
        if not is_money or (match["join"].lower() == "and" and asked != _BETWEEN):
            continue
        low, high = parse_number(match["n"]), parse_number(match["n2"])
        if low is None or high is None:
            continue
        if _ends_in_unit(match["n2"]) and not _ends_in_unit(match["n"]) and Decimal(low) < _SMALLEST_BOUND:
            continue  # 1到2千: the first number shares the unit of the second
        if Decimal(low) < Decimal(high):
            for type, value, group in (("price_min", low, "low"), ("price_max", high, "high")):
                start, end = match.span(group)
                yield Entity(type, text[start:end], value, start, end)


def _ends_in_unit(text: str) -> bool:
    return text[-1] in "百千万kKwW"


_CODES = r"(?:rmb|cny|usd|hkd|eur|gbp|aud|cad|sgd|nzd|chf|jpy|twd|inr)"
# "charged us $50" and "a $50 voucher" name no country.
_SIGN = (
    rf"(?:{L}(?:(?-i:US|HK|NT|AU|CA|SG)\s?|us|hk|nt|au|ca|sg|(?-i:[ACS]))?\$|[¥€£₹₩₽]|"
    rf"{L}(?<!#)(?-i:Rs\.?|RM)|{L}{_CODES})\s?"
)
_UNIT_ZH = r"(?:块钱|块大洋|元钱|人民币|港币|港元|美元|美金|欧元|英镑|日元|台币|元整|元|块(?!\d+[件个双台只瓶盒])|圆)"
_UNIT_EN = rf"(?:{_CODES}|yuan|dollars?|bucks?|euros?|quid)"
_SIGN_AFTER = r"[$€£¥](?!\s?\d)"
_UNIT = rf"(?:{_UNIT_ZH}|{_UNIT_EN}{R}|{_SIGN_AFTER})"
_NOT_MONEY = (
    r"(?!\s*(?:[\d.,:：/]*\d|[-~到至]\s?[¥$€£\d一二两三四五六七八九]|[%°℃]|"
    r"-?(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|months?|weeks?|years?|yrs?|working|"
    r"business|times|points?|kgs?|kilos?|lbs?|oz|g|cm|mm|km|m|ml|l|mb|gb|tb|w|watts?|v|volts?|mah|hz|inch(?:es)?|feet|ft|"
    r"metres?|meters?|miles?|people|persons?|guests?|kids|pcs|pieces|items?|units?|pairs?|boxes|packs?|bottles|photos?|"
    r"reviews?|orders?|stars?|characters|words|degrees|percent|calls?|emails?|devices|users|sizes?|am|pm)\b|"
    r"[天月年周岁斤克件个双台只瓶寸度瓦升人号点次码分张条级片本支颗根箱盒套层楼秒米]|"
    r"包(?!邮)|小时|公斤|厘米|毫升|毫安|英寸|积分|工作日|公里|星期|多[个天件人]))"
)
_UNDER = (
    r"(?:under|below|less than|cheaper than|lower than|up to|at most|within|(?:no|not|never) (?:more|higher) than|not over|"
    r"max(?:imum)?(?: of)?|budget(?: is| of| around| about| at| under|:)*(?: max)?|"
    r"(?:spend|pay) (?:more than|over|up to)|capped at|not exceed(?:ing)?)"
)
_OVER = r"(?:over|above|more than|at least|no less than|min(?:imum)?(?: of)?|starting (?:at|from)|upwards of)"
_CEILING_ZH = (
    r"(?:不超过|不要超过|别超过|不能超过|不超|不高于|低于|小于|不到|最多(?:能)?(?:接受|出|花|给)?|"
    r"顶多|至多|最高|上限|控制在)"
)
# With 以内 after the number, which says a ceiling by itself, 预算 belongs to no price: 预算[500以内].
_BUDGET_ZH = r"预算(?:也|就|才|只|在|是|有|大概|大约|差不多|左右|最多|最高|控制在|不超过|不多|为|[:： ])*"
_FLOOR_ZH = r"(?:不低于|不少于|至少|最少|最低|高于|(?<!不)(?<!别)(?<!要)超过)"
_ABOUT_ZH = r"(?:左右|上下)?"
_ENOUGH = r"(?:以内|以下|之内|之下|封顶|内(?![存部衣裤胆置搭饰])|块?到顶)"
# 身高170以上, 安卓10以上 and iOS 15以上 are no prices.
# Without a number before it, a unit is no amount: 几万, 数十, 上千, 十多万.
_NOT_VAGUE = r"(?!(?<=[几数上])[十百千万]|(?<=[\d十百千万][多余来几])[百千万])"
_NOT_AFTER = (
    rf"{APART}{_NOT_VAGUE}"
    r"(?<!ios )(?<!android )(?<!windows )(?<!win )(?<!version )(?<![第卓蒙统本高重龄压率量级速分长宽])"
)
_PAID = (
    r"(?:花了?|付了|交了|卖|价格|要价|报价|原价|现价|标价|到手价?|便宜了?|涨到|降到|差价|押金|定金|尾款|"
    r"运费|邮费|补了|付款|实付|应付|变成了?|合计|总价|售价|单价|券后价?|多?扣了?我?|多?收了?我?)"
)
_PAID_STARTS = "花付交卖价要报原现标到便涨降差押定尾运邮补实应变合总售单券扣收"
_ZH_DIGIT = "一二两三四五六七八九"
# 一千五, 两百八: a number that ends so is said of money, unless something is counted by it.
_SPOKEN = rf"[{_ZH_DIGIT}][百千万](?:[零{_ZH_DIGIT}][十百千]?)*[{_ZH_DIGIT}]|[{_ZH_DIGIT}十]{{1,3}}[百千万]"
_AFTER_SPOKEN = r"(?=(?:左右)?(?:[的左吗了就吧呢能可卖买太有给以差贵便,，。.!?！？;；、\s]|$))"
# 三块五 but not 十块五个: the digit counts nothing that follows it. 三块五一个 is the price of one.
_COUNTS = rf"[\d.{_ZH_DIGIT}十百千万件个双台只瓶盒斤箱条折张片天月年分小次本支份对盆束根袋罐套位人号度公倍]|包(?!邮)"
_A_PIECE = r"(?=一[个件斤双只瓶盒包箱条张片支本份袋])"
_TENTHS = rf"(?:(?P<tenths>[\d{_ZH_DIGIT}半])毛?(?:{_A_PIECE}|(?!{_COUNTS})))?"
_NOT_PIECES = r"(?!的?[肉板状布旦宵拼电手表肥蛋屏硬毛地瓷香糖饼砖玻巧浴墙石牛豆木皮冰奶]|[小大]?(?:蛋糕|面包|饼干|显示|内存))"
_FEW = rf"{APART}{_NOT_VAGUE}(?<![第几数上好])"
_PAID_EN = r"(?:paid|cost|costs|costs? (?:me|us)|priced at|charged(?: me| us)?|price (?:is|was))"
_WEIGHS: Final = re.compile(
    r"(?:weighs?|weighing|weight|lost|lose|gained?)\s(?:\w+\s){0,2}$|(?:体重|身高|一米)[^,，。]{0,6}$",
    re.IGNORECASE,
)
_POINTS: Final = re.compile(r"(?:积分|分数)[^,，。]{0,8}$")
_BETWEEN: Final = "between"

_RANGE: Final = re.compile(
    rf"(?P<asked>预算|价格|价位|价钱|between\s|budget\s|price\s)?(?:在|是|大概|大约|from\s|of\s|is\s)?"
    rf"{APART}{_NOT_VAGUE}(?<!-)(?P<low>(?P<sign>{_SIGN})?(?P<n>{NUMBER})(?:\s?(?P<unit>{_UNIT}))?)"
    rf"\s?(?P<join>[-~～到至]|to(?=\s)|and(?=\s))\s?"
    rf"(?P<high>(?P<sign2>{_SIGN})?(?P<n2>{NUMBER})(?:\s?(?P<unit2>{_UNIT}))?)(?!-?\d){_NOT_MONEY}",
    re.IGNORECASE,
)
_NUMERALS: Final = frozenset("0123456789零一二两三四五六七八九十百千万")
_MONEY_EN: Final = (
    "rmb cny usd hkd eur gbp aud cad sgd nzd chf jpy twd inr yuan dollar buck quid $ € £ ¥".split()
)

PRICES: Final[tuple[Finder, ...]] = (
    _ranges,
    pattern(
        "price_max",
        rf"(?:{_CEILING_ZH}|(?<!不)){_NOT_AFTER}(?P<sign>{_SIGN})?(?P<n>{NUMBER})多?\s?(?P<unit>{_UNIT})?{_ENOUGH}",
        _bound,
        needs="内下顶",
    ),
    pattern(
        "price_max",
        rf"(?:{_CEILING_ZH}|{_BUDGET_ZH})\s?(?P<sign>{_SIGN})?(?P<n>{NUMBER})(?:\s?(?P<unit>{_UNIT}))?+"
        rf"(?!{_ENOUGH}){_NOT_MONEY}{_ABOUT_ZH}",
        _bound,
        needs="不别低小最顶至上控预",
    ),
    pattern(
        "price_max",
        rf"{L}{_UNDER}\s+(?P<sign>{_SIGN})?(?P<n>{NUMBER_EN})(?P<unit>\s?{_UNIT})?(?!{_ENOUGH}){_NOT_MONEY}{R}",
        _bound_en,
    ),
    pattern(
        "price_max",
        rf"{L}(?P<sign>{_SIGN})?(?P<n>{DIGITS})(?P<unit>\s?{_UNIT})?\s"
        rf"(?:or (?:less|under|below|cheaper)|max(?:imum)?|tops|budget|limit){R}",
        _bound_en,
        has_digit=True,
        words="less under below cheaper max tops budget limit".split(),
    ),
    pattern(
        "price_min",
        rf"{_FLOOR_ZH}?{_NOT_AFTER}(?P<sign>{_SIGN})?(?P<n>{NUMBER})多?\s?(?P<unit>{_UNIT})?"
        r"(?:[以之]上|起步|往上|起(?![来床码始]))",
        _bound,
        needs="上起",
    ),
    pattern(
        "price_min",
        rf"{_FLOOR_ZH}\s?(?P<sign>{_SIGN})?(?P<n>{NUMBER})\s?(?P<unit>{_UNIT})?{_NOT_MONEY}",
        _bound,
        needs="不至最高超",
    ),
    pattern(
        "price_min",
        rf"{L}{_OVER}\s+(?P<sign>{_SIGN})?(?P<n>{NUMBER_EN})(?P<unit>\s?{_UNIT})?{_NOT_MONEY}{R}",
        _bound_en,
    ),
    pattern(
        "price_min",
        rf"{L}(?P<sign>{_SIGN})?(?P<n>{DIGITS})(?P<unit>\s?{_UNIT})?"
        rf"(?:\s(?:or (?:more|over|above)|and (?:up|above|over)|plus|minimum){R}|\+(?!\d))",
        _bound_en,
        has_digit=True,
        words="more over above up plus minimum +".split(),
    ),
    pattern(
        "price",
        rf"{_SIGN}(?P<n>{DIGITS})(?:\s?{_UNIT})?",
        number,
        needs="$¥€£₹₩₽rRcCuUhHeEgGaAsSnNjJtTiI",
        has_digit=True,
    ),
    pattern(
        "price",
        rf"{_FEW}(?!一块(?!钱))(?P<n>{NUMBER})[多来]?\s?{_UNIT_ZH}{_TENTHS}{_NOT_PIECES}",
        _spoken,
        needs="块元圆币金镑",
    ),
    pattern("price", rf"{_FEW}(?P<n>{NUMBER})(?:毛钱|毛(?![巾衣毯绒线衫裤]))", _times("0.1"), needs="毛"),
    pattern(
        "price", rf"{APART}(?P<n>{NUMBER_EN})\s?(?:{_UNIT_EN}{R}|{_SIGN_AFTER})", number, words=_MONEY_EN
    ),
    pattern(
        "price",
        rf"{APART}(?P<n>{NUMBER_EN})\spounds?{R}(?! (?:of|over|heav|light|weight))",
        _not_a_weight,
        words=["pound"],
    ),
    pattern(
        "price",
        rf"{APART}(?!an? )(?P<n>{NUMBER_EN})\s(?-i:grand){R}(?! (?:piano|total))",
        _times("1000"),
        words=["grand"],
    ),
    pattern("price", rf"{APART}(?P<n>{NUMBER_EN})\scents?{R}", _times("0.01"), words=["cent"]),
    pattern(
        "price",
        rf"(?<![第几数上好百千万{_ZH_DIGIT}])(?P<n>{_SPOKEN})多?{_AFTER_SPOKEN}",
        _not_a_weight,
        needs="百千万",
    ),
    pattern("price", rf"{_PAID}(?P<span>(?P<n>{NUMBER})多?){_AFTER_SPOKEN}", _paid, needs=_PAID_STARTS),
    pattern("price", rf"{_FEW}(?P<n>\d{{1,4}}(?:\.\d{{1,2}})?[万千]){_AFTER_SPOKEN}", number, needs="万千"),
    pattern("price", rf"{_FEW}(?<![满够])(?P<n>\d{{1,4}}(?:\.\d)?)(?=包邮)", number, needs="邮"),
    pattern(
        "price",
        r"(?:€\s?(?P<n>\d{1,6},\d\d)|(?<![\d,.])(?P<m>\d{1,6},\d\d)\s?(?:€|euros?))(?![\d,])",
        _decimal_comma,
        needs=",",
        words=["€", "euro"],
    ),
    pattern(
        "price",
        rf"{L}{_PAID_EN}\s(?P<span>(?P<n>{DIGITS}))(?=[.!?;]?$|[,.!?;]\s|\s(?:for|and|but|on|in|last|plus|when|instead)\b)",
        _bound,
        has_digit=True,
        words=["paid", "cost", "price", "charged"],
    ),
)
