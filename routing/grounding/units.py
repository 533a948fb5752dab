"""Words behind a number that say what it counts."""

from __future__ import annotations

import re
from typing import Final

# Unit → what is measured, and how many of its base unit it is. Durations are in minutes, except months, which have no length.
UNITS: Final[dict[str, tuple[str, float]]] = {}


def _add(kind: str, factor: float, words: str) -> None:
    UNITS.update({word.strip(): (kind, factor) for word in words.split(",")})


_add("duration", 1, "分钟,minute,minutes,min,mins")
_add("duration", 60, "小时,个小时,个钟头,个钟,钟头,hour,hours,hr,hrs,h")
_add("duration", 1440, "天,天天,日,day,days,calendar day,calendar days,自然日,个自然日,d")
_add("duration", 10080, "周,个星期,星期,个礼拜,礼拜,week,weeks")
_add("duration", 20160, "fortnight,fortnights")
_add(
    "workdays",
    1,
    "个工作日,工作日,个工作天,工作天,working day,working days,business day,business days,work "
    "day,workday,workdays,work days,weekdays",
)
_add("months", 1, "个月,月内,month,months,期,monthly,instalments,installments,instalment")
_add("months", 12, "年,年度,year,years,yr,yrs,周年")
_add("money", 1, "元,块,块钱,元整,圆,人民币,rmb,cny,yuan,¥,kuai")
_add("money:USD", 1, "美元,美金,usd,dollars,dollar,us dollars,$")
_add("money:EUR", 1, "欧元,eur,euros,euro,€")
_add("money:GBP", 1, "英镑,gbp,pounds,pound,£")
_add("money:HKD", 1, "港币,港元,hkd")
_add("money:JPY", 1, "日元,jpy,yen")
_add("percent", 1, "%,percent,per cent,个百分点,pct")
_add(
    "item",
    1,
    "件,个,双,条,台,部,只,套,本,盒,瓶,支,包,张,袋,箱,份,顶,枚,片,款,种,把,副,对,罐,桶,块表,件商品,个包裹,"
    "pieces,piece,pcs,pc,items,item,pairs,pair,units,unit,bottles,bottle,boxes,box,sets,set,copies,left,products,product,"
    "goods,packs,pack,parcels,packages,package,parcel,versions",
)
_add("times", 1, "次,遍,回,times,time,times over")
_add("points", 1, "积分,分,points,point,点积分,个积分,pts")
_add("orders", 1, "个订单,笔订单,单,笔,orders,order,coupons,coupon,张优惠券,张券")
_add("people", 1, "人,位,名,people,persons,customers")
_add("size", 1, "码,号")
_add("star", 1, "星,stars,star,星级,-star")
_add("inch", 1, "英寸,寸,inch,inches,inch screen,'',\"")
_add("weight", 1, "克,g,gram,grams,grammes")
_add("weight", 1000, "公斤,千克,kg,kgs,kilo,kilos,kilograms,kilogram")
_add("weight", 500, "斤")
_add("weight", 0.001, "毫克,mg")
_add("volume", 1, "毫升,ml,millilitres,milliliters")
_add("volume", 1000, "升,l,litre,litres,liter,liters")
_add("length", 1, "毫米,mm")
_add("length", 10, "厘米,公分,cm,centimetres,centimeters")
_add("length", 1000, "米,m,metre,metres,meter,meters")
_add("length", 1_000_000, "公里,千米,km,kilometres,kilometers")
_add("data", 1, "gb,g内存,吉")
_add("data", 1024, "tb")
_add("data", 0.0009765625, "mb,兆")
_add("power", 1, "瓦,w,watts,watt")
_add("power", 1000, "千瓦,kw")
_add("charge", 1, "毫安时,毫安,mah")
_add("heat", 1, "度,摄氏度,℃,°c,°,degrees")
_add("seconds", 1, "秒,秒钟,seconds,second,s")
_add("hertz", 1, "赫兹,hz")
_add("voltage", 1, "伏,v,volts")
_add("layers", 1, "层")
_add("pixels", 1, "像素,万像素,mp,megapixels")
_add(
    "percentoff",
    1,
    "% off,percent off,%折扣,% discount,percent discount,% reduction,per cent off,% cheaper,% less",
)
_add("zhe", 1, "折")
_add("square", 1, "平方米,平米,square metres,m²,m2")

_BY_LENGTH: Final = sorted(UNITS, key=len, reverse=True)
_UNIT: Final = re.compile(
    r"(?:\s|-)?\s?("
    + "|".join(
        re.escape(word) + ("(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else "")
        for word in _BY_LENGTH
    )
    + ")"
)
# Words between a number and what it counts: two blue jackets, 3 more days.
_BETWEEN: Final = re.compile(
    r"(?:\s|-)(?:more|full|whole|separate|different|additional|extra|free|consecutive|natural)\s"
)


def unit_at(text: str, at: int) -> tuple[str, float, int] | None:
    """The unit behind a number that ends at `at`: kind, factor, and where it ends."""
    if (between := _BETWEEN.match(text, at)) is not None:
        at = between.end() - 1
    match = _UNIT.match(text, at)
    if match is None:
        return None
    kind, factor = UNITS[match[1]]
    return kind, factor, match.end()
