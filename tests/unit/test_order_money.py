"""The money of an order that is changed, exchanged and returned in parts, by any route, adds up."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.actions import arguments_from
from commerce.domain.after_sales import Case
from commerce.domain.catalogue import Variant
from commerce.domain.coupons import Coupon
from commerce.domain.errors import ActionRefused
from commerce.domain.money import shares
from commerce.domain.orders import Order, OrderState, Payment, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind, PaymentMethod, held
from commerce.domain.proposals import (
    Advanced,
    CaseClosed,
    CaseOpened,
    CouponReleased,
    CouponUsed,
    Effect,
    LineDiscount,
    LineReplaced,
    MoneyMove,
    PiecesReturned,
    PriceLowered,
    StateChange,
    StockMove,
    TotalsChange,
)
from commerce.domain.proposing.facts import Facts
from commerce.domain.proposing.items import replacement
from commerce.domain.proposing.propose import propose
from tests.builders import NOW, discounted, line, order

CARD = PaymentMethod("card-C1", "C1", MethodKind.CARD, "unionpay_card", None, "CNY")
POLICY = replace(
    DEMO_POLICY,
    orders=replace(DEMO_POLICY.orders, max_item_changes=3),
    returns=replace(DEMO_POLICY.returns, max_exchanges=3),
    refunds=replace(DEMO_POLICY.refunds, goodwill_max_minor=5),
)
OURS = ("fault", "damaged", "wrong_item")
"""Reasons for which a return costs the customer nothing."""

prices = st.one_of(st.integers(0, 20), st.integers(1, 99_99))


def after(order: Order, effect: Effect) -> Order:
    """What the store would make of it; what is not of the order's lines and money is left out."""
    match effect:
        case StateChange() | Advanced():
            return replace(order, state=effect.after)
        case TotalsChange():
            return replace(order, goods_minor=effect.goods_minor, discount_minor=effect.discount_minor)
        case MoneyMove():
            moved = Payment(
                f"T{len(order.payments)}", effect.kind, PaymentStatus.SUCCEEDED, "card", effect.amount_minor, "CNY", NOW, NOW,
                effect.method_id,
            )  # fmt: skip
            return replace(order, payments=(*order.payments, moved))
        case LineReplaced():
            return replaced(order, effect)
        case PriceLowered():
            return changed(order, effect.line_id, unit_price_minor=effect.new_price_minor, discount_minor=0)
        case LineDiscount():
            return changed(order, effect.line_id, discount_minor=effect.discount_minor)
        case PiecesReturned():
            (old,) = [each for each in order.lines if each.line_id == effect.line_id]
            return changed(order, old.line_id, returned_quantity=old.returned_quantity + effect.quantity)
        case StockMove() | CaseOpened() | CaseClosed() | CouponUsed() | CouponReleased():
            return order
        case _:
            raise AssertionError(f"{effect} does not belong to this test")


def changed(order: Order, line_id: str, **changes: Any) -> Order:
    lines = (replace(each, **changes) if each.line_id == line_id else each for each in order.lines)
    return replace(order, lines=tuple(lines))


def replaced(order: Order, effect: LineReplaced) -> Order:
    (old,) = [each for each in order.lines if each.line_id == effect.line_id]
    becomes: dict[str, Any] = {
        "variant_id": effect.new_variant_id,
        "unit_price_minor": effect.new_price_minor,
        "discount_minor": effect.new_discount_minor,
        "exchanged_count": old.exchanged_count + effect.is_exchange,
    }
    if effect.quantity == old.quantity:
        return changed(order, old.line_id, **becomes)
    new = replace(
        old, line_id=f"L{len(order.lines)}", quantity=effect.quantity, returned_quantity=0, **becomes
    )
    kept = changed(
        order, old.line_id, quantity=old.quantity - effect.quantity,
        discount_minor=old.discount_minor - effect.old_discount_minor,
    )  # fmt: skip
    return replace(kept, lines=(*kept.lines, new))


@dataclass(frozen=True)
class Paid:
    """What was paid for one piece of a line, and how often the line was rounded to a whole unit on the way to that."""

    price: Fraction
    roundings: int = 0


@dataclass
class Customer:
    """Acts on one order, and keeps books of their own: what they paid for a piece of each line."""

    facts: Facts
    paid: dict[str, Paid] = field(default_factory=dict)
    given: int = 0

    @property
    def order(self) -> Order:
        return self.facts.order

    @property
    def held(self) -> int:
        return sum(part.amount_minor for part in held(self.order))

    def do(self, action: str, **said: Any) -> None:
        """Raises ActionRefused."""
        said = {"action": action, "order_id": self.order.order_id, **said}
        effects = propose(self.facts, arguments_from(said)).effects
        order = self.order
        for effect in effects:
            order = after(order, effect)
            if isinstance(effect, CaseOpened):
                case = Case(
                    "R1", order.order_id, "C1", effect.kind, effect.state, effect.lines, effect.reason, effect.refund_minor,
                    effect.method_id, NOW, None, prepaid_minor=effect.prepaid_minor,
                )  # fmt: skip
                self.facts = replace(self.facts, cases=(case,))
            if isinstance(effect, CaseClosed):
                self.facts = replace(self.facts, cases=())
        self.facts = replace(self.facts, order=order)
        self.check()

    def check(self) -> None:
        order = self.order
        came, went = (
            sum(each.amount_minor for each in order.payments if each.kind is kind)
            for kind in (PaymentKind.PAYMENT, PaymentKind.REFUND)
        )
        assert went <= came
        assert order.goods_minor == sum(each.total.amount_minor for each in order.lines)
        assert order.discount_minor == sum(each.discount_minor for each in order.lines)
        assert all(0 <= each.discount_minor <= each.total.amount_minor for each in order.lines)

    def left(self) -> list[dict[str, Any]]:
        return [
            {"line_id": each.line_id, "quantity": each.quantity - each.returned_quantity}
            for each in self.order.lines
            if each.quantity > each.returned_quantity
        ]

    def some(self, data: st.DataObject) -> dict[str, Any]:
        """Pieces of one line."""
        item: dict[str, Any] = data.draw(st.sampled_from(self.left()))
        return item | {"quantity": data.draw(st.integers(1, item["quantity"]))}

    def give_back(self, items: list[dict[str, Any]], reason: str) -> None:
        """Returned and received: what was paid for the pieces comes back, with the fee when they are the last."""
        before = self.held
        expected = Fraction(0)
        most_off = 0
        for item in items:
            paid = self.paid[item["line_id"]]
            expected += paid.price * item["quantity"]
            most_off += 1 + paid.roundings
        if items == self.left():
            expected += self.order.shipping_fee_minor
        self.do("return", items=items, reason=reason)
        self.do("complete_case", case_id="R1")
        went = before - self.held
        least, most = min(expected, Fraction(before)) - most_off, expected + most_off
        assert least < went < most

    def swap(self, data: st.DataObject, action: str) -> None:
        """For another variant, by a change or by an exchange that is done or refused."""
        item = self.some(data)
        (old,) = [each for each in self.order.lines if each.line_id == item["line_id"]]
        others = [
            each
            for each in self.facts.variants.values()
            if each.product_id == old.product_id and each.variant_id != old.variant_id
        ]
        new = data.draw(st.sampled_from(others))
        before = self.order
        why = {"reason": "fault"} if action == "exchange" else {}
        held_before = self.held
        self.do(action, items=[item | {"variant_id": new.variant_id}], method_id=CARD.method_id, **why)
        if action == "exchange" and data.draw(st.booleans()):
            self.do("refuse_case", case_id="R1", words="不符")
            assert self.held == held_before and self.order.lines == before.lines
            return
        if action == "exchange":
            self.do("complete_case", case_id="R1")
        paid = self.paid[old.line_id]
        rounded = replace(paid, roundings=paid.roundings + 1)
        moved = Fraction(self.held - held_before, item["quantity"])
        is_whole = item["quantity"] == old.quantity
        new_id = old.line_id if is_whole else self.order.lines[-1].line_id
        self.paid[old.line_id] = rounded
        self.paid[new_id] = replace(rounded, price=paid.price + moved)
        off = old.unit_price_minor - paid.price
        kept = off * min(Fraction(1), Fraction(new.price_minor, old.unit_price_minor or 1))
        error = (self.paid[new_id].price - new.price_minor + kept) * item["quantity"]
        # What the pieces cost is rounded, and their discount.
        assert abs(error) < 2 + paid.roundings

    def claim(self, data: st.DataObject) -> None:
        """The fall of a price."""
        today = {
            key: replace(each, price_minor=data.draw(prices)) for key, each in self.facts.variants.items()
        }
        self.facts = replace(self.facts, variants=today)
        chosen = data.draw(st.lists(st.sampled_from(self.order.lines), min_size=1, unique=True))
        before = {each.line_id: each for each in self.order.lines}
        items = [{"line_id": each.line_id, "quantity": each.quantity} for each in chosen]
        held_before = self.held
        self.do("refund", items=items, reason="price_protection")
        lowered = [each for each in self.order.lines if each != before[each.line_id]]
        expected = Fraction(0)
        most_off = 0
        for each in lowered:
            paid = self.paid[each.line_id]
            expected += (paid.price - each.unit_price_minor) * each.quantity
            most_off += paid.roundings
            self.paid[each.line_id] = Paid(Fraction(each.unit_price_minor))
        assert abs(held_before - self.held - expected) <= most_off

    def be_given(self, data: st.DataObject) -> None:
        amount = data.draw(st.integers(1, 3))
        self.do("refund", items=[self.some(data)], reason="goodwill", amount_minor=amount)
        self.given += amount
        self.facts = replace(self.facts, goodwill_minor=self.given)


def an_order(data: st.DataObject) -> Customer:
    """Placed with a discount, perhaps with a coupon, and paid."""
    lines = tuple(
        line(
            category=data.draw(st.sampled_from(["womens_clothing", "shoes"])),
            line_id=f"L{number}",
            product_id=f"P{number}",
            variant_id=f"V{number}0",
            quantity=data.draw(st.integers(1, 4)),
            unit_price_minor=data.draw(prices),
        )
        for number in range(data.draw(st.integers(1, 3)))
    )
    goods = sum(each.total.amount_minor for each in lines)
    discount = data.draw(st.one_of(st.just(0), st.integers(0, goods)))
    placed = order(
        state=OrderState.PENDING_PAYMENT, lines=discounted(lines, discount), goods_minor=goods, discount_minor=discount,
        shipping_fee_minor=data.draw(st.sampled_from([0, 8_00])),
    )  # fmt: skip
    variants = [
        Variant(f"V{number}{letter}", f"P{number}", None, None, {}, data.draw(prices), "CNY", 99)
        for number in range(len(lines))
        for letter in range(3)
    ]
    always = (NOW - timedelta(days=1), NOW + timedelta(days=1))
    percent = data.draw(st.one_of(st.none(), st.integers(1, 100)))
    amount = None if percent else data.draw(st.integers(1, 30_00))
    categories = data.draw(st.sampled_from([(), ("shoes",)]))
    coupon = Coupon("K1", None, amount, percent, "CNY", 0, categories, *always, 9, 0)
    by_id = {each.variant_id: each for each in variants}
    methods = {CARD.method_id: CARD}
    customer = Customer(Facts(placed, False, methods, by_id, (), (), coupon, POLICY, NOW, is_agent=True))
    if data.draw(st.booleans()):
        perhaps(lambda: customer.do("apply_coupon", coupon_id="K1"))
    total = customer.order.total.amount_minor
    paid = Payment(
        "T", PaymentKind.PAYMENT, PaymentStatus.SUCCEEDED, "card", total, "CNY", NOW, NOW, CARD.method_id
    )
    customer.facts = replace(
        customer.facts,
        coupon=None,
        order=replace(customer.order, state=OrderState.PAID, payments=(paid,) if total else (), paid_at=NOW),
    )
    customer.paid = {
        each.line_id: Paid(Fraction(each.paid_minor, each.quantity)) for each in customer.order.lines
    }
    customer.check()
    return customer


@pytest.mark.parametrize("quantity", range(2, 10))
def test_pieces_that_came_back_cost_the_same_when_others_are_exchanged(quantity: int) -> None:
    """What was given back for them is computed anew from a smaller line, and must be what was given."""
    for paid, back in product(range(quantity), range(1, quantity)):
        old = line(
            quantity=quantity,
            unit_price_minor=10,
            discount_minor=10 * quantity - paid,
            returned_quantity=back,
        )
        gave = replace(old, returned_quantity=0).next_paid_minor(back)
        for pieces in range(1, quantity - back + 1):
            swapped = replacement(old, pieces, "V2", 10)
            smaller = replace(
                old,
                quantity=quantity - pieces,
                discount_minor=old.discount_minor - swapped.old_discount_minor,
                returned_quantity=0,
            )
            assert smaller.next_paid_minor(back) == gave


def perhaps(step: Callable[[], None]) -> None:
    """What a rule forbids changes nothing."""
    with contextlib.suppress(ActionRefused):
        step()


@given(st.data())
def test_a_full_return_by_any_route_gives_back_all_that_is_held(data: st.DataObject) -> None:
    customer = an_order(data)
    for _ in range(data.draw(st.integers(0, 2))):
        step = data.draw(st.sampled_from(["change", "claim"]))
        if step == "change":
            perhaps(lambda: customer.swap(data, "change_items"))
        else:
            perhaps(lambda: customer.claim(data))
    customer.facts = replace(
        customer.facts,
        order=replace(
            customer.order,
            state=OrderState.DELIVERED,
            shipped_at=NOW - timedelta(days=1),
            delivered_at=NOW - timedelta(hours=2),
        ),
    )
    for _ in range(data.draw(st.integers(0, 6))):
        if not customer.left():
            break
        step = data.draw(st.sampled_from(["return", "return", "exchange", "exchange", "claim", "goodwill"]))
        if step == "return":
            customer.give_back([customer.some(data)], data.draw(st.sampled_from(OURS)))
        elif step == "exchange":
            perhaps(lambda: customer.swap(data, "exchange"))
        elif step == "claim":
            perhaps(lambda: customer.claim(data))
        else:
            perhaps(lambda: customer.be_given(data))
        is_all_back = not customer.left()
        assert (customer.order.state is OrderState.RETURNED) == is_all_back
    if customer.left():
        customer.give_back(customer.left(), data.draw(st.sampled_from(OURS)))
    assert customer.order.state is OrderState.RETURNED
    assert customer.held == 0


@given(st.lists(prices, min_size=1, max_size=6), st.data())
def test_shares_are_in_proportion_within_one_unit_and_come_to_all(
    costs: list[int], data: st.DataObject
) -> None:
    whole = sum(costs)
    amount = data.draw(st.integers(0, whole))
    found = shares(amount, costs)
    assert sum(found) == amount
    for cost, share in zip(costs, found, strict=True):
        assert 0 <= share <= cost
        assert abs(share - Fraction(amount * cost, whole or 1)) < 1
