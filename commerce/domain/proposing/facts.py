"""What a proposal is made from, and how its rules are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from commerce.domain.after_sales import Case
from commerce.domain.catalogue import Variant
from commerce.domain.coupons import Coupon
from commerce.domain.errors import ActionRefused
from commerce.domain.invoices import Invoice
from commerce.domain.orders import Order, OrderLine, OrderState, PaymentKind
from commerce.domain.payment_methods import Held, MethodKind, PaymentMethod, back_by, held, spread
from commerce.domain.policy import ShopPolicy
from commerce.domain.proposals import Advanced, CouponReleased, Effect, MoneyMove, TotalsChange
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText


@dataclass(frozen=True, slots=True)
class Facts:
    """One snapshot of the store. `methods` are the customer's own, `variants` those of the order's products, `coupon` the one
    that is asked for, or else the one that the order has. `has_late_coupon`: one was given already for this order's being
    late. `made_by`: the kind of action or event that each payment is of, known where one failed or may have.
    `goodwill_minor` was given for this order. `now` is timezone-aware.
    """

    order: Order
    is_plus: bool
    methods: Mapping[str, PaymentMethod] = field(hash=False)
    variants: Mapping[str, Variant] = field(hash=False)
    cases: tuple[Case, ...]
    invoices: tuple[Invoice, ...]
    coupon: Coupon | None
    policy: ShopPolicy
    now: datetime
    is_agent: bool = False
    has_late_coupon: bool = False
    made_by: Mapping[str, str] = field(hash=False, default_factory=dict)
    goodwill_minor: int = 0

    def line(self, line_id: str) -> OrderLine:
        """Raises ActionRefused."""
        for line in self.order.lines:
            if line.line_id == line_id:
                return line
        raise refused("order.line", f"订单里没有商品行{line_id}", f"the order has no line {line_id}")

    def method(self, method_id: str) -> PaymentMethod:
        """The customer's own. Raises ActionRefused."""
        found = self.methods.get(method_id)
        if found is not None and found.currency != self.order.currency:
            raise refused("payment.currency", "支付方式与订单币种不同", "that method is of another currency")
        if found is None or not found.is_own:
            raise refused(
                "payment.own_method", "该支付方式不属于此账户", "that payment method is not of this account"
            )
        return found


def refused(rule_id: str, zh: str, en: str, line_id: str | None = None) -> ActionRefused:
    """By one rule, which no policy can change."""
    return ActionRefused((RuleStep(rule_id, line_id, RuleOutcome.FAILED, LocalText(zh, en)),))


def ruled(rule_id: str, holds: bool, zh: str, en: str, line_id: str | None = None) -> RuleStep:
    return RuleStep(rule_id, line_id, RuleOutcome.PASSED if holds else RuleOutcome.FAILED, LocalText(zh, en))


def require_all(trace: Iterable[RuleStep]) -> tuple[RuleStep, ...]:
    """The trace itself. Raises ActionRefused with all of it where a rule failed."""
    steps = tuple(trace)
    if any(step.outcome is RuleOutcome.FAILED for step in steps):
        raise ActionRefused(steps)
    return steps


def held_enough(facts: Facts, amount_minor: int) -> RuleStep:
    """What comes back came before."""
    held_minor = sum(part.amount_minor for part in held(facts.order))
    return ruled(
        "refund.held", amount_minor <= held_minor, "退款不超过已付金额", "no more comes back than was paid"
    )


def covered(method: PaymentMethod, amount_minor: int) -> RuleStep:
    """A gift card has what it is asked for."""
    return ruled(
        "payment.covered",
        method.covers(amount_minor),
        "礼品卡余额足够支付",
        "the gift card covers the amount",
    )


def may_receive(facts: Facts, method: PaymentMethod) -> RuleStep:
    """A refund to a card that did not pay would be a way to draw out a gift card's money."""
    holds = method.kind is MethodKind.GIFT_CARD or any(
        part.method_id == method.method_id for part in held(facts.order)
    )
    return ruled(
        "refund.method",
        holds,
        "退款须退回原支付方式或礼品卡",
        "the refund goes to a gift card or to what paid",
    )


def back_to(facts: Facts, method_id: str | None, amount_minor: int) -> list[Effect]:
    """To a gift card all of it; to a method that paid no more than is held of its own, and the rest to the others. None: to
    those that paid. Raises ValueError where less is held.
    """
    sources = held(facts.order)
    if method_id not in facts.methods:
        # A case of long ago may name one that nobody knows any more.
        method_id = None
    if method_id is not None and facts.methods[method_id].kind is MethodKind.GIFT_CARD:
        return refunds(facts, (Held(method_id, amount_minor),) if amount_minor else ())
    # `spread` takes from the last first.
    chosen = sorted(sources, key=lambda part: part.method_id == method_id)
    return refunds(facts, spread(chosen, amount_minor))


def free_is_paid(facts: Facts, totals: TotalsChange, at: datetime) -> list[Effect]:
    """An unpaid order that costs nothing waits for no payment."""
    total = totals.goods_minor - totals.discount_minor + totals.shipping_fee_minor
    if total or facts.order.state is not OrderState.PENDING_PAYMENT:
        return []
    return [Advanced(OrderState.PENDING_PAYMENT, OrderState.PAID, at)]


def coupon_back(facts: Facts) -> list[Effect]:
    """The order's coupon can be used again, where there still is one."""
    coupon = facts.coupon
    if coupon is None or coupon.coupon_id != facts.order.coupon_id or not coupon.used_count:
        return []
    return [CouponReleased(coupon.coupon_id)]


def refunds(facts: Facts, parts: Iterable[Held]) -> list[Effect]:
    """Money back, each part to its method."""
    return [
        MoneyMove(
            PaymentKind.REFUND,
            part.method_id,
            part.amount_minor,
            facts.order.currency,
            back_by(facts.methods[part.method_id].kind, facts.policy.refunds, facts.now, facts.policy.zone),
        )
        for part in parts
    ]
