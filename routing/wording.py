"""How things are said: states, dates in the shop's zone, sums, names of goods."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.catalogue import ProductHit
from commerce.domain.coupons import Coupon
from commerce.domain.money import Money, format_money
from commerce.domain.orders import Order, OrderLine, OrderState
from commerce.domain.payment_methods import PaymentMethod
from commerce.domain.text import LocalText
from models.types import Basis, Passage
from routing.answer import Citation, Recommendation

STATE_WORDS: Final[dict[OrderState, LocalText]] = {
    OrderState.PENDING_PAYMENT: LocalText("待付款", "waiting for payment"),
    OrderState.PAID: LocalText("已付款，等待发货", "paid and waiting to be shipped"),
    OrderState.PACKED: LocalText("已打包，即将出库", "packed and about to leave the warehouse"),
    OrderState.SHIPPED: LocalText("已发货，正在运输途中", "shipped and on its way"),
    OrderState.DELIVERED: LocalText("已签收", "delivered"),
    OrderState.CANCELLED: LocalText("已取消", "cancelled"),
    OrderState.RETURN_REQUESTED: LocalText("退货处理中", "being returned"),
    OrderState.EXCHANGE_REQUESTED: LocalText("换货处理中", "being exchanged"),
    OrderState.RETURNED: LocalText("已退货", "returned"),
}
REASON_NAMES: Final[dict[CancelReason, LocalText]] = {
    CancelReason.NO_LONGER_NEEDED: LocalText("不需要了", "no longer needed"),
    CancelReason.ORDERED_BY_MISTAKE: LocalText("买错了", "ordered by mistake"),
    CancelReason.FOUND_CHEAPER: LocalText("别处更便宜", "found it cheaper"),
    CancelReason.TOO_SLOW: LocalText("发货太慢", "it takes too long"),
    CancelReason.OTHER: LocalText("其他原因", "another reason"),
}
_COLOURS_ZH: Final = {
    "red": "红色", "black": "黑色", "white": "白色", "blue": "蓝色", "navy": "藏青色", "green": "绿色", "yellow": "黄色",
    "pink": "粉色", "purple": "紫色", "grey": "灰色", "gray": "灰色", "brown": "棕色", "beige": "米色", "orange": "橙色",
    "khaki": "卡其色", "silver": "银色", "gold": "金色", "wine_red": "酒红色",
}  # fmt: skip
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def say(language: str, zh: str, en: str) -> str:
    """The text of the answer's language."""
    return zh if language == "zh" else en


def day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """A date as the shop's customers read it: 11月24日, or 24 Nov 2026."""
    local = at.astimezone(zone)
    return say(
        language, f"{local.month}月{local.day}日", f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
    )


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """A date with the time of day in the shop's zone."""
    local = at.astimezone(zone)
    return f"{day(at, zone, language)}{say(language, ' ', ', ')}{local:%H:%M}"


def money(amount_minor: int, currency: str, language: str) -> str:
    """A sum as that language writes it."""
    return format_money(Money(amount_minor, currency), language)


def colour_name(colour: str | None, language: str) -> str:
    """The colour's word in the answer's language; an unknown one stays as the shop wrote it."""
    if colour is None:
        return ""
    return say(language, _COLOURS_ZH.get(colour, colour), colour.replace("_", " "))


def line_name(line: OrderLine, language: str) -> str:
    """One order line: its name, what distinguishes it, how many."""
    marks = [m for m in (colour_name(line.colour, language), line.size or "") if m]
    detail = f"（{'，'.join(marks)}）" if language == "zh" else f" ({', '.join(marks)})"
    return f"{line.name.in_language(language)}{detail if marks else ''} ×{line.quantity}"


def order_goods(order: Order, language: str) -> str:
    """What is in an order, at most two lines named."""
    named = [line_name(line, language) for line in order.lines[:2]]
    more = len(order.lines) - len(named)
    text = say(language, "、", " and ").join(named)
    return text + (say(language, f"等{len(order.lines)}种商品", f" and {more} more") if more else "")


def order_card(order: Order, language: str, zone: ZoneInfo) -> dict[str, object]:
    """An order as the page shows it. Times are ISO 8601 in the shop's zone."""
    shipment = order.shipments[0] if order.shipments else None
    return {
        "type": "order",
        "order_id": order.order_id,
        "state": order.state.value,
        "state_text": STATE_WORDS[order.state].in_language(language),
        "total_minor": order.total.amount_minor,
        "currency": order.currency,
        "lines": [
            {
                "line_id": line.line_id,
                "product_id": line.product_id,
                "name": line.name.in_language(language),
                "colour": line.colour,
                "size": line.size,
                "quantity": line.quantity,
                "unit_price_minor": line.unit_price_minor,
            }
            for line in order.lines
        ],
        "carrier": shipment.carrier.in_language(language) if shipment else None,
        "tracking_number": shipment.tracking_number if shipment else None,
        "expected_at": iso(shipment.expected_at, zone) if shipment else None,
        "placed_at": iso(order.placed_at, zone),
        "delivered_at": iso(order.delivered_at, zone),
    }


def iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    """ISO 8601 with the zone's offset, or None."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def cite(passage: Passage) -> Citation:
    """The citation of a passage whose quote stands in the answer."""
    return Citation(passage.article_id, passage.title, passage.quote)


_SERVICES: Final = {
    "alipay": LocalText("支付宝", "Alipay"),
    "wechat_pay": LocalText("微信支付", "WeChat Pay"),
    "unionpay_card": LocalText("银联卡", "UnionPay card"),
    "huabei": LocalText("花呗", "Huabei"),
    "gift_card": LocalText("礼品卡", "gift card"),
    "credit_card": LocalText("信用卡", "credit card"),
    "bank_card": LocalText("银行卡", "bank card"),
    "paypal": LocalText("PayPal", "PayPal"),
}


def service_name(service: str, language: str) -> str:
    """A payment service by the name that customers know; one of the shop's own stays as it is written."""
    known = _SERVICES.get(service)
    return known.in_language(language) if known else service.replace("_", " ")


def method_name(method: PaymentMethod, language: str) -> str:
    """A payment method; of a gift card its balance too."""
    name = service_name(method.service, language)
    if method.balance_minor is None:
        return name
    left = money(method.balance_minor, method.currency, language)
    return name + say(language, f"（余额 {left}）", f" ({left} left)")


def coupon_name(coupon: Coupon, language: str) -> str:
    """What a coupon takes off, and from which sum on."""
    if coupon.percent is not None:
        off = say(language, f"减{coupon.percent}%", f"{coupon.percent}% off")
    else:
        amount = money(coupon.amount_minor or 0, coupon.currency, language)
        off = say(language, f"减 {amount}", f"{amount} off")
    least = money(coupon.min_goods_minor, coupon.currency, language)
    terms = say(language, f"，满 {least} 可用", f" from {least}") if coupon.min_goods_minor else ""
    return f"{coupon.coupon_id} {off}{terms}"


def address_text(parts: Mapping[str, str], language: str) -> str:
    """An address as its script writes it: the largest part first in Chinese, last in Latin letters."""
    order = ("region", "city", "district", "street")
    known = [parts[name] for name in order if parts.get(name)]
    # A municipality is its own province.
    if len(known) > 1 and known[1].startswith(known[0].rstrip("市")):
        known = known[1:]
    if any("\u4e00" <= c <= "\u9fff" for c in "".join(known)):
        place = "".join(dict.fromkeys(known))
    else:
        place = ", ".join(dict.fromkeys(reversed(known))) + (
            f" {parts['postcode']}" if parts.get("postcode") else ""
        )
    phone = say(language, f"，电话 {parts['phone']}", f", phone {parts['phone']}") if parts["phone"] else ""
    return say(
        language,
        f"{place}，收件人 {parts['recipient']}{phone}",
        f"{place}, for {parts['recipient']}{phone}",
    )


def product_name(hit: ProductHit, language: str) -> str:
    """A product with the colour and size that was found, as far as its name does not say them."""
    name = hit.name.in_language(language)
    marks = [
        m for m in (colour_name(hit.colour, language), hit.size or "") if m and m.lower() not in name.lower()
    ]
    detail = f"（{'，'.join(marks)}）" if language == "zh" else f" ({', '.join(marks)})"
    return name + (detail if marks else "")


def recommendation(
    hit: ProductHit, reason: str, language: str, basis: Basis | Literal["match"] = "match"
) -> Recommendation:
    """A product as an answer offers it."""
    return Recommendation(
        hit.product_id, hit.name.in_language(language), hit.price_minor, hit.currency, reason, basis
    )


def product_card(hit: ProductHit, language: str) -> dict[str, object]:
    """A product as the page shows it."""
    return {
        "type": "product",
        "product_id": hit.product_id,
        "variant_id": hit.variant_id,
        "name": hit.name.in_language(language),
        "colour": hit.colour,
        "size": hit.size,
        "price_minor": hit.price_minor,
        "currency": hit.currency,
        "in_stock": hit.stock > 0,
    }
