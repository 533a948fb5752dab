"""Before the parcel leaves: cancel, change the address or the payment, use a coupon."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from commerce.domain.actions import (
    ApplyCoupon,
    Cancel,
    ChangeAddress,
    ChangePayment,
)
from commerce.domain.coupons import Coupon
from commerce.domain.customers import Address
from commerce.domain.money import Money, shares
from commerce.domain.order_rules import shipping_quote
from commerce.domain.orders import OrderState, PaymentKind
from commerce.domain.payment_methods import held
from commerce.domain.proposals import (
    AddressChange,
    CouponUsed,
    Effect,
    LineDiscount,
    MoneyMove,
    Proposal,
    StateChange,
    StockMove,
    StockReason,
    TotalsChange,
)
from commerce.domain.proposing.cutoffs import cancellable, changeable, payment_changeable, takes_coupon
from commerce.domain.proposing.facts import (
    Facts,
    coupon_back,
    covered,
    free_is_paid,
    refunds,
    refused,
    require_all,
    ruled,
)
from commerce.domain.provinces import folded, is_in_china, province_of


def cancel(facts: Facts, wanted: Cancel) -> Proposal:
    """All that is held goes back the way it came, and the pieces to the shelf."""
    order, rules = facts.order, facts.policy.orders
    trace = require_all(
        (
            *cancellable(facts),
            ruled(
                "order.cancel_reason",
                wanted.reason in rules.cancel_reasons,
                "取消原因须是店铺接受的原因",
                f"the reason is one of {', '.join(rules.cancel_reasons)}",
            ),
        )
    )
    effects: list[Effect] = [StateChange(order.state, OrderState.CANCELLED)]
    effects += coupon_back(facts)
    effects += refunds(facts, held(order))
    effects += [StockMove(StockReason.RELEASE, line.variant_id, line.quantity) for line in order.lines]
    return Proposal(wanted, order.version, tuple(effects), trace)


def change_address(facts: Facts, wanted: ChangeAddress) -> Proposal:
    """A dearer place is refused where the order is paid: nobody has agreed to pay more; a cheaper one costs what was paid."""
    order, policy = facts.order, facts.policy
    place = Address(address_id=order.address.address_id, **wanted.address.model_dump())
    goods = Money(order.goods_minor - order.discount_minor, order.currency)
    quote = shipping_quote(goods, place, policy, is_plus=facts.is_plus)
    fee = order.shipping_fee_minor if quote.fee is None else quote.fee.amount_minor
    old = shipping_quote(goods, order.address, policy, is_plus=facts.is_plus).fee
    most = max(order.shipping_fee_minor, 0 if old is None else old.amount_minor)
    is_unpaid = order.state is OrderState.PENDING_PAYMENT
    trace = require_all(
        (
            *changeable(facts),
            ruled(
                "shipping.country",
                is_in_china(place.country) == is_in_china(order.address.country)
                and (is_in_china(place.country) or folded(place.country) == folded(order.address.country)),
                "收货国家不能更改",
                "the parcel stays in its country",
            ),
            ruled(
                "shipping.region",
                not is_in_china(place.country) or province_of(place.region) is not None,
                "请填写省级行政区，例如浙江省",
                "the region is a province, such as Zhejiang",
            ),
            ruled("shipping.area", quote.is_deliverable, "收货地区可配送", "the shop delivers there"),
            ruled(
                "shipping.fee",
                is_unpaid or fee <= most,
                "已付款订单的新地址运费不能高于原地址",
                "the new place costs no more to deliver to than the old one",
            ),
        )
    )
    effects: list[Effect] = [AddressChange(**wanted.address.model_dump())]
    if is_unpaid and fee != order.shipping_fee_minor:
        totals = TotalsChange(order.goods_minor, order.discount_minor, fee)
        effects += [totals, *free_is_paid(facts, totals, facts.now)]
    return Proposal(wanted, order.version, tuple(effects), trace)


def change_payment(facts: Facts, wanted: ChangePayment) -> Proposal:
    """The whole amount by the new method first, then back what the old one paid: never more than was paid twice."""
    order = facts.order
    method, sources = facts.method(wanted.method_id), held(facts.order)
    trace = require_all(
        (
            *payment_changeable(facts),
            ruled(
                "payment.another",
                all(source.method_id != wanted.method_id for source in sources),
                "新的支付方式须与原来不同",
                "the new method is another than the one that paid",
            ),
            covered(method, sum(source.amount_minor for source in sources)),
        )
    )
    amount = sources[0].amount_minor
    paid = MoneyMove(PaymentKind.PAYMENT, method.method_id, amount, order.currency)
    return Proposal(wanted, order.version, (paid, *refunds(facts, sources)), trace)


def apply_coupon(facts: Facts, wanted: ApplyCoupon) -> Proposal:
    """One coupon for an order that waits for its payment, off the lines that it is for."""
    order, coupon = facts.order, facts.coupon
    if coupon is None:
        raise refused("coupon.known", "优惠券不存在或不属于此账户", "there is no such coupon of this account")
    lines = [line for line in order.lines if not coupon.categories or line.category in coupon.categories]
    goods = sum(line.total.amount_minor for line in lines)
    still_cost = [line.paid_minor for line in lines]
    off = min(coupon.off(goods), sum(still_cost))
    trace = require_all(
        (
            *takes_coupon(facts),
            ruled(
                "coupon.valid_now",
                coupon.valid_from <= facts.now < coupon.valid_until,
                f"有效期至{_local(facts, coupon)}",
                f"valid until {_local(facts, coupon)}",
            ),
            ruled(
                "coupon.currency",
                coupon.currency == order.currency,
                "优惠券与订单币种相同",
                "it is of the order's currency",
            ),
            ruled("coupon.unused", coupon.used_count < coupon.max_uses, "优惠券未用完", "it has uses left"),
            ruled(
                "coupon.minimum",
                goods >= coupon.min_goods_minor and off > 0,
                "商品金额达到使用门槛",
                "the goods that it is for reach its minimum",
            ),
        )
    )
    totals = TotalsChange(order.goods_minor, order.discount_minor + off, order.shipping_fee_minor)
    used = CouponUsed(coupon.coupon_id, off, order.currency)
    shared = [
        LineDiscount(line.line_id, line.discount_minor + share)
        for line, share in zip(lines, shares(off, still_cost), strict=True)
    ]
    effects = (used, totals, *shared, *free_is_paid(facts, totals, facts.now))
    return Proposal(wanted, order.version, effects, trace)


def _local(facts: Facts, coupon: Coupon) -> str:
    # The end is exclusive: what is told is the last minute in which it holds.
    local = (coupon.valid_until - timedelta(minutes=1)).astimezone(ZoneInfo(facts.policy.zone))
    return f"{local:%Y-%m-%d %H:%M}"
