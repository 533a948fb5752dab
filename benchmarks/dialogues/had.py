"""What a customer has, as a dialogue says it in words: orders, coupons, methods of payment, addresses.

An order is one line, parts between commas: its state and since when, its goods, and what else there is to say of it:

    A: delivered 3d ago, jacket red M, 2 mug white at 35, by wechat_pay, off 50, insured
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from benchmarks.dialogues.goods import kind
from commerce.domain.orders import OrderState

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"(\d+)([mhd])")
_BEGINS: Final = re.compile(r"(\w+) (\d+[mhd]) ago")
_LINE: Final = re.compile(r"(?:(\d+) )?(.+?)(?: at ([\d.]+))?( returned| exchanged)?")
STATES: Final = {state.value: state for state in OrderState} | {"unpaid": OrderState.PENDING_PAYMENT}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is a name of `goods`; `price_minor` was agreed for one piece."""

    kind: str
    quantity: int
    price_minor: int
    is_returned: bool = False
    is_exchanged: bool = False


@dataclass(frozen=True, slots=True)
class HadOrder:
    """In `state` for `ago`."""

    state: OrderState
    ago: timedelta
    lines: tuple[Line, ...] = ()
    service: str = "alipay"
    off_minor: int = 0
    is_insured: bool = False
    urged_ago: timedelta | None = None
    item_changes: int = 0


@dataclass(frozen=True, slots=True)
class HadCoupon:
    """Off are `amount_minor`, or `percent`."""

    amount_minor: int | None = None
    percent: int | None = None
    min_minor: int = 0
    ends_in: timedelta = timedelta(days=10)
    categories: tuple[str, ...] = ()
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class Had:
    """`shop` is `demo` or `strict`; `orders` and `coupons` by the letter that stands for them; `others` are of somebody else.
    `stock` and `today` say how many pieces and at what price (minor units) there are now of a variant. `saved` name further
    addresses, `invoices` whom an order's invoice is for.
    """

    language: str = "zh"
    shop: str = "demo"
    orders: Mapping[str, HadOrder] = field(hash=False, default_factory=dict)
    others: Mapping[str, HadOrder] = field(hash=False, default_factory=dict)
    coupons: Mapping[str, HadCoupon] = field(hash=False, default_factory=dict)
    methods: tuple[str, ...] = ("alipay", "wechat_pay", "unionpay_card", "gift_card")
    gift_card_minor: int = 200_00
    stock: Mapping[str, int] = field(hash=False, default_factory=dict)
    today: Mapping[str, int] = field(hash=False, default_factory=dict)
    saved: tuple[str, ...] = ()
    invoices: Mapping[str, str] = field(hash=False, default_factory=dict)
    is_signed_in: bool = True


def had(said: Mapping[str, Any], language: str) -> Had:
    """From YAML. Capital letters are orders, those from X on somebody else's, and K to N coupons. Raises ValueError."""
    own: dict[str, Any] = {"language": language}
    orders: dict[str, HadOrder] = {}
    others: dict[str, HadOrder] = {}
    coupons: dict[str, HadCoupon] = {}
    for name, value in said.items():
        if name in "KLMN":
            coupons[name] = _coupon(value)
        elif name.isupper():
            (others if name in "XYZ" else orders)[name] = had_order(value)
        else:
            own |= _rest(name, value)
    return Had(orders=orders, others=others, coupons=coupons, **own)


def _rest(name: str, value: Any) -> dict[str, Any]:
    match name:
        case "gift card":
            return {"gift_card_minor": value * 100}
        case "methods" | "saved":
            return {name: tuple(value)}
        case "stock":
            return {"stock": {kind(each).name: count for each, count in value.items()}}
        case "today":
            return {"today": {kind(each).name: round(yuan * 100) for each, yuan in value.items()}}
        case "invoices":
            return {"invoices": value}
        case "shop":
            return {"shop": value}
        case "signed in":
            return {"is_signed_in": value}
    raise ValueError(f"{name!r} is nothing that a customer has")


def span(text: str) -> timedelta:
    """`90m`, `2h` or `3d`."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no span such as 90m, 2h or 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def had_order(text: str) -> HadOrder:
    """Raises ValueError, and KeyError for goods that there are not."""
    first, *parts = [part.strip() for part in text.split(",")]
    begins = _BEGINS.fullmatch(first)
    if begins is None or begins[1] not in STATES:
        raise ValueError(f"{first!r} is no state and span such as 'paid 2h ago'")
    order = HadOrder(STATES[begins[1]], span(begins[2]))
    for part in parts:
        order = _with(order, part)
    return order


def _with(order: HadOrder, part: str) -> HadOrder:
    word, _, rest = part.partition(" ")
    match word:
        case "by":
            return replace(order, service=rest)
        case "off":
            return replace(order, off_minor=int(rest) * 100)
        case "insured":
            return replace(order, is_insured=True)
        case "urged":
            return replace(order, urged_ago=span(rest.removesuffix(" ago")))
        case "changed":
            return replace(order, item_changes=1)
    return replace(order, lines=(*order.lines, _line(part)))


def _line(part: str) -> Line:
    found = _LINE.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no goods")
    of = kind(found[2])
    price = of.price_minor if found[3] is None else round(float(found[3]) * 100)
    return Line(of.name, int(found[1] or 1), price, found[4] == " returned", found[4] == " exchanged")


def _coupon(text: str) -> HadCoupon:
    """`5 off, from 50, ends in 3d`, `10% off, for womens_clothing`, `5 off, used`."""
    coupon = HadCoupon()
    for part in (part.strip() for part in text.split(",")):
        word, _, rest = part.partition(" ")
        match word:
            case "from":
                coupon = replace(coupon, min_minor=int(rest) * 100)
            case "ends":
                coupon = replace(coupon, ends_in=span(rest.removeprefix("in ")))
            case "for":
                coupon = replace(coupon, categories=(rest,))
            case "used":
                coupon = replace(coupon, is_used=True)
            case _ if word.endswith("%"):
                coupon = replace(coupon, percent=int(word[:-1]))
            case _:
                coupon = replace(coupon, amount_minor=int(word) * 100)
    return coupon
