"""Until when an order can be changed: the rules that hold whatever it is to become, so that they can be told before that is
asked.
"""

from __future__ import annotations

from typing import Protocol

from commerce.domain.orders import RESERVING_STATES, Order, OrderState, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import held
from commerce.domain.policy import ShopPolicy
from commerce.domain.proposing.balances import nothing_missing
from commerce.domain.proposing.facts import Facts, ruled
from commerce.domain.rules import RuleStep


class OfOrder(Protocol):
    """All that is needed to tell whether an order can still be cancelled or changed."""

    @property
    def order(self) -> Order: ...

    @property
    def policy(self) -> ShopPolicy: ...


def in_state(facts: OfOrder, allowed: tuple[OrderState, ...], rule_id: str) -> RuleStep:
    """The policy's cut-off."""
    zh, en = _TOO_LATE[facts.order.state]
    # What has left is nobody's to change, whatever the policy says.
    holds = facts.order.state in allowed and facts.order.state in RESERVING_STATES
    return ruled(
        rule_id, holds, "订单尚可更改" if holds else zh, "the order can still be changed" if holds else en
    )


_TOO_LATE = {
    OrderState.PENDING_PAYMENT: ("订单待付款", "the order waits for its payment"),
    OrderState.PAID: ("订单已付款", "the order is paid"),
    OrderState.PACKED: ("订单已打包", "the order is packed already"),
    OrderState.SHIPPED: ("订单已发货", "the parcel is on its way"),
    OrderState.DELIVERED: ("订单已签收", "the order has been delivered"),
    OrderState.CANCELLED: ("订单已取消", "the order was cancelled"),
    OrderState.RETURN_REQUESTED: ("订单正在退货", "a return of this order is being handled"),
    OrderState.EXCHANGE_REQUESTED: ("订单正在换货", "an exchange of this order is being handled"),
    OrderState.RETURNED: ("订单已退货", "the order was returned"),
}


def items_unchanged(facts: OfOrder) -> RuleStep:
    """No more often than the policy lets."""
    limit, changes = facts.policy.orders.max_item_changes, facts.order.item_changes
    return ruled(
        "order.items_changed",
        not changes or changes < limit,
        f"每单可修改商品{limit}次，修改后不能再改",
        f"items can be changed {'once' if limit == 1 else f'{limit} times'}, and nothing after that",
    )


def items_may_change(facts: OfOrder) -> RuleStep:
    """At all, in this shop."""
    may = facts.policy.orders.max_item_changes > 0
    return ruled(
        "order.item_changes",
        may,
        "订单的商品可以修改" if may else "店铺不支持修改订单的商品",
        "the items of an order can be changed" if may else "the shop changes no items of an order",
    )


def settled(facts: OfOrder) -> RuleStep:
    """It is known of every payment whether it came."""
    under_way = any(
        payment.kind is PaymentKind.PAYMENT and payment.status is PaymentStatus.PENDING
        for payment in facts.order.payments
    )
    return ruled("payment.settled", not under_way, "没有处理中的付款", "no payment is under way")


def cancellable(facts: OfOrder) -> tuple[RuleStep, ...]:
    """Whatever the reason."""
    rules = facts.policy.orders
    return (
        in_state(facts, rules.cancel_states, "order.cancel_cutoff"),
        settled(facts),
        ruled(
            "order.cancel_changed",
            not facts.order.item_changes or rules.is_changed_cancellable,
            "商品修改过的订单不能取消",
            "an order whose items were changed is not cancelled",
        ),
    )


def changeable(facts: OfOrder) -> tuple[RuleStep, ...]:
    """Wherever it is to go."""
    return in_state(facts, facts.policy.orders.change_states, "order.change_cutoff"), items_unchanged(facts)


def items_changeable(facts: Facts) -> tuple[RuleStep, ...]:
    """Whatever is wanted instead."""
    return *changeable(facts), items_may_change(facts), settled(facts), nothing_missing(facts)


def payment_changeable(facts: Facts) -> tuple[RuleStep, ...]:
    """However it is to be paid."""
    return (
        *changeable(facts),
        settled(facts),
        nothing_missing(facts),
        ruled(
            "payment.paid_once",
            len(held(facts.order)) == 1,
            "订单须已由一种支付方式付清",
            "the order is paid, by one method",
        ),
    )


def takes_coupon(facts: Facts) -> tuple[RuleStep, ...]:
    """Whichever it is."""
    return (
        ruled(
            "coupon.before_payment",
            facts.order.state is OrderState.PENDING_PAYMENT,
            "优惠券须在付款前使用",
            "a coupon is used before the payment",
        ),
        ruled("coupon.one", facts.order.coupon_id is None, "每单限用一张", "one coupon an order"),
    )
