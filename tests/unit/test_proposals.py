"""What an action would do, and which rule forbids it. Noon of 22 November 2026 in the shop's zone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.actions import Arguments, InvoiceKind, arguments_from
from commerce.domain.after_sales import Case, CaseKind, CaseLine, CaseState
from commerce.domain.catalogue import Variant
from commerce.domain.coupons import Coupon
from commerce.domain.errors import ActionInvalid, ActionRefused
from commerce.domain.invoices import Invoice
from commerce.domain.orders import Order, OrderState, Payment, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import Held, MethodKind, PaymentMethod, held, spread
from commerce.domain.proposals import (
    AddressChange,
    Advanced,
    CaseOpened,
    CouponGiven,
    CouponReleased,
    CouponUsed,
    InvoiceReissued,
    InvoiceVoided,
    LineDiscount,
    LineReplaced,
    MoneyMove,
    PaymentSettled,
    PriceLowered,
    Proposal,
    StateChange,
    StockMove,
    StockReason,
    TicketOpened,
    TotalsChange,
)
from commerce.domain.proposing.after_sales import worth
from commerce.domain.proposing.balances import missing_minor
from commerce.domain.proposing.facts import Facts
from commerce.domain.proposing.invoicing import invoice_follows
from commerce.domain.proposing.propose import propose
from routing.reasons import reasons
from tests.builders import NOW, discounted, line, order

ALIPAY = PaymentMethod("alipay-C1", "C1", MethodKind.WALLET, "alipay", None, "CNY")
CARD = PaymentMethod("card-C1", "C1", MethodKind.CARD, "unionpay_card", None, "CNY")
GIFT = PaymentMethod("gift-C1", "C1", MethodKind.GIFT_CARD, "gift_card", 300_00, "CNY")

LINES = (
    line(
        line_id="L1",
        product_id="P1",
        variant_id="V1",
        quantity=2,
        unit_price_minor=100_00,
        discount_minor=24_00,
    ),
    line(
        line_id="L2",
        product_id="P2",
        variant_id="W1",
        quantity=1,
        unit_price_minor=50_00,
        discount_minor=6_00,
    ),
)


def moved(
    kind: PaymentKind, method: str, amount: int, status: PaymentStatus = PaymentStatus.SUCCEEDED
) -> Payment:
    return Payment("T", kind, status, method.split("-")[0], amount, "CNY", NOW, NOW, method)


def variant(variant_id: str, price: int, stock: int = 5, product_id: str = "P1") -> Variant:
    return Variant(variant_id, product_id, "red", "M", {}, price, "CNY", stock)


def an_order(state: OrderState = OrderState.PAID, **changes: Any) -> Order:
    """Two jackets at 100 and one more thing at 50, 30 off, 8 for shipping: 228 in all, paid by alipay."""
    is_paid = state is not OrderState.PENDING_PAYMENT
    plain: dict[str, Any] = {
        "goods_minor": 250_00,
        "discount_minor": 30_00,
        "shipping_fee_minor": 8_00,
        "payments": (moved(PaymentKind.PAYMENT, "alipay-C1", 228_00),) if is_paid else (),
    }
    return order(state=state, lines=LINES, **(plain | changes))


def facts(of: Order | None = None, **changes: Any) -> Facts:
    variants = (
        variant("V1", 100_00),
        variant("V2", 120_00),
        variant("V3", 90_00),
        variant("V4", 100_00, stock=1),
        variant("W1", 50_00, product_id="P2"),
        variant("W2", 50_00, product_id="P2"),
    )
    plain = Facts(
        order=of or an_order(),
        is_plus=False,
        methods={method.method_id: method for method in (ALIPAY, CARD, GIFT)},
        variants={each.variant_id: each for each in variants},
        cases=(),
        invoices=(),
        coupon=None,
        policy=DEMO_POLICY,
        now=NOW,
    )
    return replace(plain, **changes)


def wanted(action: str, **arguments: Any) -> Arguments:
    return arguments_from({"action": action, "order_id": "KF260000000001", **arguments})


def proposed(action: str, of: Facts | None = None, **arguments: Any) -> Proposal:
    return propose(of or facts(), wanted(action, **arguments))


def of_kind(proposal: Proposal, kind: type) -> list[Any]:
    return [effect for effect in proposal.effects if isinstance(effect, kind)]


def money(proposal: Proposal) -> list[tuple[str, str, int]]:
    return [(move.kind.value, move.method_id, move.amount_minor) for move in of_kind(proposal, MoneyMove)]


def refused_by(action: str, of: Facts | None = None, **arguments: Any) -> str:
    with pytest.raises(ActionRefused) as caught:
        proposed(action, of, **arguments)
    return caught.value.blocker.rule_id


CANCEL: dict[str, Any] = {"reason": "no_longer_needed"}
ADDRESS = {
    "recipient": "李静", "phone": "13900000000", "region": "浙江省", "city": "宁波市", "district": "鄞州区",
    "street": "中山路2号", "postcode": "315000", "country": "CN",
}  # fmt: skip
TO_V2 = [{"line_id": "L1", "quantity": 1, "variant_id": "V2"}]


# What is held


def test_a_refund_by_another_way_is_held_no_longer() -> None:
    """Otherwise the whole payment could be refunded again by the way it came."""
    paid = (
        moved(PaymentKind.PAYMENT, "alipay-C1", 100_00),
        moved(PaymentKind.REFUND, "gift-C1", 30_00, PaymentStatus.PENDING),
    )
    assert held(an_order(payments=paid)) == (Held("alipay-C1", 70_00),)


def test_a_refund_that_is_written_down_before_its_payment() -> None:
    early = moved(PaymentKind.REFUND, "alipay-C1", 60_00)
    of = an_order(payments=(early, moved(PaymentKind.PAYMENT, "alipay-C1", 228_00)))
    assert held(of) == (Held("alipay-C1", 168_00),)


def test_what_failed_has_not_moved() -> None:
    paid = (
        moved(PaymentKind.PAYMENT, "card-C1", 100_00, PaymentStatus.FAILED),
        moved(PaymentKind.PAYMENT, "card-C1", 80_00, PaymentStatus.PENDING),
        moved(PaymentKind.PAYMENT, "alipay-C1", 100_00),
        moved(PaymentKind.REFUND, "alipay-C1", 40_00, PaymentStatus.FAILED),
    )
    assert held(an_order(payments=paid)) == (Held("alipay-C1", 100_00),)


movements = st.lists(
    st.tuples(
        st.sampled_from(list(PaymentKind)),
        st.sampled_from(["alipay-C1", "card-C1", "gift-C1"]),
        st.integers(1, 500),
        st.sampled_from(list(PaymentStatus)),
    ),
    max_size=12,
)


@given(movements)
def test_what_is_held_is_what_came_less_what_went(moves: list[Any]) -> None:
    came = went = 0
    payments = []
    for kind, method, amount, status in moves:
        if kind is PaymentKind.PAYMENT:
            came += amount if status is PaymentStatus.SUCCEEDED else 0
        elif status is not PaymentStatus.FAILED:
            if went + amount > came:  # no ledger has this
                continue
            went += amount
        payments.append(moved(kind, method, amount, status))
    found = held(an_order(payments=tuple(payments)))
    assert sum(part.amount_minor for part in found) == came - went
    assert all(part.amount_minor > 0 for part in found)


def test_the_newest_money_goes_back_first() -> None:
    sources = (Held("alipay-C1", 100), Held("card-C1", 30))
    assert spread(sources, 50) == (Held("card-C1", 30), Held("alipay-C1", 20))
    with pytest.raises(ValueError, match="1 more"):
        spread(sources, 131)


# Before the parcel leaves


def test_a_cancellation_refunds_what_was_paid_and_frees_the_pieces() -> None:
    proposal = proposed("cancel", **CANCEL)
    assert money(proposal) == [("refund", "alipay-C1", 228_00)]
    assert of_kind(proposal, StateChange) == [StateChange(OrderState.PAID, OrderState.CANCELLED)]
    assert of_kind(proposal, StockMove) == [
        StockMove(StockReason.RELEASE, "V1", 2),
        StockMove(StockReason.RELEASE, "W1", 1),
    ]
    (refund,) = of_kind(proposal, MoneyMove)
    assert refund.by == NOW + timedelta(hours=DEMO_POLICY.refunds.wallet_hours)


def test_a_changed_payment_is_refunded_once() -> None:
    """In the benchmark a switch of the method and a cancellation refund three times what was paid."""
    switched = proposed("change_payment", method_id="card-C1")
    assert money(switched) == [("payment", "card-C1", 228_00), ("refund", "alipay-C1", 228_00)]
    now = an_order(
        payments=(
            moved(PaymentKind.PAYMENT, "alipay-C1", 228_00),
            moved(PaymentKind.PAYMENT, "card-C1", 228_00),
            moved(PaymentKind.REFUND, "alipay-C1", 228_00, PaymentStatus.PENDING),
        )
    )
    assert money(proposed("cancel", facts(now), **CANCEL)) == [("refund", "card-C1", 228_00)]


def test_an_unpaid_order_is_cancelled_without_money() -> None:
    assert money(proposed("cancel", facts(an_order(OrderState.PENDING_PAYMENT)), **CANCEL)) == []


@pytest.mark.parametrize(
    "state", [s for s in OrderState if s not in (OrderState.PENDING_PAYMENT, OrderState.PAID)]
)
def test_what_has_left_is_changed_no_more(state: OrderState) -> None:
    of = facts(an_order(state))
    assert refused_by("cancel", of, **CANCEL) == "order.cancel_cutoff"
    assert refused_by("change_address", of, address=ADDRESS) == "order.change_cutoff"
    assert refused_by("change_items", of, items=TO_V2, method_id="alipay-C1") == "order.change_cutoff"
    assert refused_by("change_payment", of, method_id="card-C1") == "order.change_cutoff"


def test_the_cut_off_is_the_policys() -> None:
    later = replace(DEMO_POLICY.orders, cancel_states=(OrderState.PACKED,))
    of = facts(an_order(OrderState.PACKED), policy=replace(DEMO_POLICY, orders=later))
    assert of_kind(proposed("cancel", of, **CANCEL), StateChange)
    assert refused_by("cancel", replace(of, order=an_order()), **CANCEL) == "order.cancel_cutoff"


def test_a_reason_that_the_shop_does_not_accept() -> None:
    few = replace(DEMO_POLICY.orders, cancel_reasons=())
    assert (
        refused_by("cancel", facts(policy=replace(DEMO_POLICY, orders=few)), **CANCEL)
        == "order.cancel_reason"
    )


def test_a_payment_under_way_is_waited_for() -> None:
    paid = (*an_order().payments, moved(PaymentKind.PAYMENT, "card-C1", 1, PaymentStatus.PENDING))
    assert refused_by("cancel", facts(an_order(payments=paid)), **CANCEL) == "payment.settled"


def test_every_item_of_a_change_has_its_own_price() -> None:
    """In the benchmark each gets the last one's."""
    items = [
        {"line_id": "L1", "quantity": 2, "variant_id": "V2"},
        {"line_id": "L2", "quantity": 1, "variant_id": "W2"},
    ]
    proposal = proposed("change_items", items=items, method_id="gift-C1")
    assert of_kind(proposal, LineReplaced) == [
        LineReplaced("L1", 2, "V1", "V2", 100_00, 120_00, 24_00, 24_00),
        LineReplaced("L2", 1, "W1", "W2", 50_00, 50_00, 6_00, 6_00),
    ]
    assert money(proposal) == [("payment", "gift-C1", 40_00)]
    assert of_kind(proposal, TotalsChange) == [TotalsChange(290_00, 30_00, 8_00)]
    assert of_kind(proposal, StockMove)[:2] == [
        StockMove(StockReason.RELEASE, "V1", 2),
        StockMove(StockReason.RESERVE, "V2", 2),
    ]


def test_a_cheaper_item_brings_the_difference_back() -> None:
    proposal = proposed(
        "change_items", items=[{"line_id": "L1", "quantity": 1, "variant_id": "V3"}], method_id="alipay-C1"
    )
    # Less its share of the 30 off 250.
    assert money(proposal) == [("refund", "alipay-C1", 8_80)]
    assert of_kind(proposal, TotalsChange) == [TotalsChange(240_00, 28_80, 8_00)]


def test_two_lines_cannot_become_the_same_last_piece() -> None:
    lines = (LINES[0], replace(LINES[0], line_id="L3"))
    both = [{"line_id": line_id, "quantity": 1, "variant_id": "V4"} for line_id in ("L1", "L3")]
    of = facts(replace(an_order(), lines=lines))
    assert refused_by("change_items", of, items=both, method_id="alipay-C1") == "item.stock"
    delivered = facts(replace(DELIVERED, lines=lines))
    assert refused_by("exchange", delivered, items=both, method_id="alipay-C1") == "item.stock"


def test_an_order_that_costs_nothing_waits_for_no_payment() -> None:
    whole = replace(USED, amount_minor=250_00, used_count=0)
    free = an_order(OrderState.PENDING_PAYMENT, shipping_fee_minor=0, discount_minor=0)
    free = replace(free, lines=discounted(LINES, 0))
    proposal = proposed("apply_coupon", facts(free, coupon=whole), coupon_id="K1")
    assert of_kind(proposal, Advanced) == [Advanced(OrderState.PENDING_PAYMENT, OrderState.PAID, NOW)]
    with_fee = replace(free, shipping_fee_minor=8_00)
    assert not of_kind(proposed("apply_coupon", facts(with_fee, coupon=whole), coupon_id="K1"), Advanced)


def test_a_case_whose_method_nobody_knows_is_paid_back_to_what_paid() -> None:
    case = Case("R1", "KF1", "C1", CaseKind.RETURN, CaseState.AWAITING_GOODS, (CaseLine("L2", 1),), "no_reason", 44_00,
                "long-gone", NOW, None)  # fmt: skip
    of = facts(replace(DELIVERED, state=OrderState.RETURN_REQUESTED), cases=(case,), is_agent=True)
    assert money(proposed("complete_case", of, case_id="R1")) == [("refund", "alipay-C1", 44_00)]
    assert proposed("refuse_case", of, case_id="R1", words="不符")


def test_what_failed_twice_is_owed_once() -> None:
    """The card's refund failed after a switch, and again after the cancellation."""
    failed = moved(PaymentKind.REFUND, "card-C1", 228_00, PaymentStatus.FAILED)
    moves = (
        moved(PaymentKind.PAYMENT, "card-C1", 228_00), moved(PaymentKind.PAYMENT, "alipay-C1", 228_00), failed,
        moved(PaymentKind.REFUND, "alipay-C1", 228_00), failed,
    )  # fmt: skip
    of = facts(an_order(OrderState.CANCELLED, payments=moves), is_agent=True)
    assert money(proposed("retry_refund", of)) == [("refund", "card-C1", 228_00)]
    assert money(proposed("retry_refund", of, method_id="gift-C1")) == [("refund", "gift-C1", 228_00)]


def test_a_change_keeps_to_the_minimum_of_the_orders_coupon() -> None:
    coupon = Coupon("K1", None, 30_00, None, "CNY", 250_00, (), NOW, NOW + timedelta(days=1), 5, 1)
    cheaper = [{"line_id": "L1", "quantity": 1, "variant_id": "V3"}]
    of = facts(an_order(OrderState.PENDING_PAYMENT, coupon_id="K1"), coupon=coupon)
    assert refused_by("change_items", of, items=cheaper, method_id="alipay-C1") == "coupon.minimum"
    lower = replace(of, coupon=replace(coupon, min_goods_minor=240_00))
    assert proposed("change_items", lower, items=cheaper, method_id="alipay-C1")
    elsewhere = replace(of, coupon=replace(coupon, min_goods_minor=1, categories=("phones",)))
    assert refused_by("change_items", elsewhere, items=cheaper, method_id="alipay-C1") == "coupon.minimum"


def test_of_an_unpaid_order_only_the_total_changes() -> None:
    proposal = proposed(
        "change_items", facts(an_order(OrderState.PENDING_PAYMENT)), items=TO_V2, method_id="gift-C1"
    )
    assert money(proposal) == [] and of_kind(proposal, TotalsChange) == [TotalsChange(270_00, 30_00, 8_00)]


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        ({"line_id": "L1", "quantity": 1, "variant_id": "V1"}, "item.another"),
        ({"line_id": "L1", "quantity": 1, "variant_id": "W2"}, "item.same_product"),
        ({"line_id": "L1", "quantity": 1, "variant_id": "none"}, "item.same_product"),
        ({"line_id": "L1", "quantity": 3, "variant_id": "V2"}, "item.quantity"),
        ({"line_id": "L1", "quantity": 2, "variant_id": "V4"}, "item.stock"),
        ({"line_id": "L9", "quantity": 1, "variant_id": "V2"}, "order.line"),
    ],
)
@pytest.mark.parametrize("action", ["change_items", "exchange"])
def test_a_new_item_must_be_one_that_can_be_had(action: str, item: dict[str, Any], rule: str) -> None:
    of = facts(an_order(OrderState.DELIVERED) if action == "exchange" else None)
    assert refused_by(action, of, items=[item], method_id="alipay-C1") == rule


def test_nothing_is_changed_after_the_items_were() -> None:
    of = facts(an_order(item_changes=1))
    assert refused_by("change_items", of, items=TO_V2, method_id="alipay-C1") == "order.items_changed"
    assert refused_by("change_address", of, address=ADDRESS) == "order.items_changed"
    assert refused_by("change_payment", of, method_id="card-C1") == "order.items_changed"


def test_where_no_items_are_changed_all_else_can_be() -> None:
    never = replace(DEMO_POLICY, orders=replace(DEMO_POLICY.orders, max_item_changes=0))
    of = facts(an_order(), policy=never)
    with pytest.raises(ActionRefused) as refusal:
        proposed("change_items", of, items=TO_V2, method_id="alipay-C1")
    assert reasons(refusal.value.rule_trace, "zh") == "店铺不支持修改订单的商品"
    assert proposed("change_address", of, address=ADDRESS).effects
    assert proposed("change_payment", of, method_id="card-C1").effects


def test_a_gift_card_pays_what_it_holds() -> None:
    poor = facts(methods={"gift-C1": replace(GIFT, balance_minor=19_99)})
    assert refused_by("change_items", poor, items=TO_V2, method_id="gift-C1") == "payment.covered"
    assert refused_by("change_payment", poor, method_id="gift-C1") == "payment.covered"


def test_a_payment_method_is_the_customers_own() -> None:
    assert refused_by("change_payment", method_id="card-C2") == "payment.own_method"
    assert refused_by("change_items", items=TO_V2, method_id="card-C2") == "payment.own_method"
    assert refused_by("change_payment", method_id="alipay-C1") == "payment.another"


def test_an_address_is_where_the_shop_delivers() -> None:
    proposal = proposed("change_address", address=ADDRESS)
    assert of_kind(proposal, AddressChange) == [AddressChange(**ADDRESS)]
    assert refused_by("change_address", address=ADDRESS | {"region": "香港"}) == "shipping.area"
    assert refused_by("change_address", address=ADDRESS | {"region": "西藏"}) == "shipping.fee"
    for spelt in ("中国西藏", " XIZANG ", "tibet autonomous region", "Ｔｉｂｅｔ"):
        assert refused_by("change_address", address=ADDRESS | {"region": spelt}) == "shipping.fee"
    for vague in ("雪域高原", "", "zone 5"):
        assert refused_by("change_address", address=ADDRESS | {"region": vague}) == "shipping.region"
    assert refused_by("change_address", address=ADDRESS | {"country": "US"}) == "shipping.country"
    # Delivery was free once; today's fee is the old place's too.
    cheap = facts(an_order(goods_minor=50_00, discount_minor=0, shipping_fee_minor=0))
    assert proposed("change_address", cheap, address=ADDRESS)
    assert refused_by("change_address", cheap, address=ADDRESS | {"region": "西藏"}) == "shipping.fee"
    unpaid = facts(an_order(OrderState.PENDING_PAYMENT))
    dearer = proposed("change_address", unpaid, address=ADDRESS | {"region": "西藏"})
    assert of_kind(dearer, TotalsChange) == [TotalsChange(250_00, 30_00, 20_00)]


def test_a_coupon_is_for_an_order_that_is_not_paid() -> None:
    coupon = Coupon(
        "K1", "C1", 20_00, None, "CNY", 200_00, (), NOW - timedelta(days=1), NOW + timedelta(days=1), 1, 0
    )
    unpaid = facts(an_order(OrderState.PENDING_PAYMENT), coupon=coupon)
    assert of_kind(proposed("apply_coupon", unpaid, coupon_id="K1"), TotalsChange) == [
        TotalsChange(250_00, 50_00, 8_00)
    ]

    def rule(of: Facts) -> str:
        return refused_by("apply_coupon", of, coupon_id="K1")

    assert rule(replace(unpaid, order=an_order())) == "coupon.before_payment"
    assert rule(replace(unpaid, coupon=None)) == "coupon.known"
    assert rule(replace(unpaid, coupon=replace(coupon, used_count=1))) == "coupon.unused"
    assert rule(replace(unpaid, coupon=replace(coupon, min_goods_minor=250_01))) == "coupon.minimum"
    assert rule(replace(unpaid, coupon=replace(coupon, categories=("food",)))) == "coupon.minimum"
    assert rule(replace(unpaid, now=coupon.valid_until)) == "coupon.valid_now"
    assert rule(replace(unpaid, order=replace(unpaid.order, coupon_id="K0"))) == "coupon.one"


def test_a_percentage_is_of_the_goods_that_it_is_for() -> None:
    coupon = Coupon("K1", None, None, 10, "CNY", 0, ("womens_clothing",), NOW, NOW + timedelta(days=1), 9, 3)
    lines = (LINES[0], replace(LINES[1], category="food"))
    unpaid = facts(replace(an_order(OrderState.PENDING_PAYMENT), lines=lines), coupon=coupon)
    proposal = proposed("apply_coupon", unpaid, coupon_id="K1")
    assert of_kind(proposal, TotalsChange) == [TotalsChange(250_00, 50_00, 8_00)]
    assert of_kind(proposal, LineDiscount) == [LineDiscount("L1", 44_00)]


def test_a_coupon_takes_no_more_off_than_its_goods_still_cost() -> None:
    coupon = Coupon("K1", None, 100_00, None, "CNY", 0, ("food",), NOW, NOW + timedelta(days=1), 9, 3)
    lines = (LINES[0], replace(LINES[1], category="food"))
    unpaid = facts(replace(an_order(OrderState.PENDING_PAYMENT), lines=lines), coupon=coupon)
    proposal = proposed("apply_coupon", unpaid, coupon_id="K1")
    assert of_kind(proposal, CouponUsed) == [CouponUsed("K1", 44_00, "CNY")]
    assert of_kind(proposal, LineDiscount) == [LineDiscount("L2", 50_00)]


# After delivery

BACK = [{"line_id": "L1", "quantity": 1}]
DELIVERED = an_order(OrderState.DELIVERED)


def opened(proposal: Proposal) -> CaseOpened:
    (case,) = of_kind(proposal, CaseOpened)
    assert isinstance(case, CaseOpened)
    return case


def test_a_return_opens_a_case_and_moves_no_money_yet() -> None:
    proposal = proposed("return", facts(DELIVERED), items=BACK)
    case = opened(proposal)
    # A jacket's share of the 220 that the goods cost: 88, less the 12 of the pick-up.
    assert (case.kind, case.state, case.refund_minor) == (CaseKind.RETURN, CaseState.AWAITING_GOODS, 76_00)
    assert money(proposal) == []
    assert [step.rule_id for step in proposal.conditions] == ["return.condition.complete_and_unworn"]


def test_for_a_fault_the_postage_is_the_shops() -> None:
    everything = [{"line_id": "L1", "quantity": 2}, {"line_id": "L2", "quantity": 1}]
    case = opened(proposed("return", facts(DELIVERED), items=everything, reason="fault"))
    assert case.refund_minor == 228_00
    case = opened(proposed("return", facts(DELIVERED), items=everything))
    assert case.refund_minor == 220_00 - 12_00


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ([], "items"),
        ([{"line_id": "L1", "quantity": 0}], "items.0.quantity"),
        ([{"line_id": "L1", "quantity": True}], "items.0.quantity"),
        ([{"line_id": "L1", "quantity": 1}] * 2, "action"),
        ([{"line_id": "L1"}], "items.0.quantity"),
        ([{"line_id": "L1", "quantity": 1, "price": 3}], "items.0.price"),
    ],
)
def test_a_return_of_nothing_is_none(items: list[Any], path: str) -> None:
    with pytest.raises(ActionInvalid) as refused:
        wanted("return", items=items)
    assert refused.value.field == path


def test_an_unknown_action_names_the_known_ones() -> None:
    with pytest.raises(ActionInvalid, match="cancel"):
        arguments_from({"action": "steal", "order_id": "KF1"})
    with pytest.raises(ActionInvalid):
        arguments_from({"order_id": "KF1"})


def test_no_more_pieces_come_back_than_are_there() -> None:
    of = facts(replace(DELIVERED, lines=(replace(LINES[0], returned_quantity=1), LINES[1])))
    assert refused_by("return", of, items=[{"line_id": "L1", "quantity": 2}]) == "item.quantity"


def test_a_refund_goes_to_what_paid_or_to_a_gift_card() -> None:
    assert (
        opened(proposed("return", facts(DELIVERED), items=BACK, method_id="gift-C1")).method_id == "gift-C1"
    )
    assert (
        opened(proposed("return", facts(DELIVERED), items=BACK, method_id="alipay-C1")).method_id
        == "alipay-C1"
    )
    assert refused_by("return", facts(DELIVERED), items=BACK, method_id="card-C1") == "refund.method"


def test_opened_goods_come_back_against_their_fee() -> None:
    rule = replace(DEMO_POLICY.returns.rule_for("womens_clothing"), opened_fee_percent=15)
    returns = replace(DEMO_POLICY.returns, categories={"womens_clothing": rule})
    of = facts(DELIVERED, policy=replace(DEMO_POLICY, returns=returns))
    assert (
        opened(proposed("return", of, items=BACK, is_condition_met=False)).refund_minor
        == 88_00 - 13_20 - 12_00
    )
    assert opened(proposed("return", of, items=BACK, is_condition_met=True)).refund_minor == 76_00
    # Not to answer is not to pay.
    assert refused_by("return", of, items=BACK) == "return.condition_said"
    assert (
        refused_by("return", facts(DELIVERED), items=BACK, is_condition_met=False)
        == "return.condition.complete_and_unworn"
    )


@given(st.data())
def test_returns_give_back_what_was_paid_for_the_goods_and_no_more(data: st.DataObject) -> None:
    """Piece by piece or together, whatever was given back between."""
    lines = tuple(
        line(
            line_id=f"L{number}",
            quantity=data.draw(st.integers(1, 4)),
            unit_price_minor=data.draw(st.integers(0, 99_99)),
        )
        for number in range(data.draw(st.integers(1, 3)))
    )
    goods = sum(each.total.amount_minor for each in lines)
    discount = data.draw(st.integers(0, goods))
    lines = discounted(lines, discount)
    paid = goods - discount + 8_00
    payments = [moved(PaymentKind.PAYMENT, "alipay-C1", paid)]
    current = order(
        state=OrderState.DELIVERED, lines=lines, goods_minor=goods, discount_minor=discount, shipping_fee_minor=8_00,
        payments=tuple(payments),
    )  # fmt: skip
    back = 0
    while any(each.returned_quantity < each.quantity for each in current.lines):
        number = data.draw(
            st.sampled_from(
                [i for i, each in enumerate(current.lines) if each.returned_quantity < each.quantity]
            )
        )
        chosen = current.lines[number]
        pieces = data.draw(st.integers(1, chosen.quantity - chosen.returned_quantity))
        items = wanted("return", items=[{"line_id": chosen.line_id, "quantity": pieces}]).items  # type: ignore[attr-defined]
        amount = worth(current, items, with_shipping=False)
        assert amount >= 0
        back += amount
        if amount:
            payments.append(moved(PaymentKind.REFUND, "alipay-C1", amount))
        returned = replace(chosen, returned_quantity=chosen.returned_quantity + pieces)
        current = replace(
            current,
            lines=(*current.lines[:number], returned, *current.lines[number + 1 :]),
            payments=tuple(payments),
        )
    assert back == goods - discount


def test_an_exchange_keeps_the_new_piece_and_takes_the_difference() -> None:
    proposal = proposed("exchange", facts(DELIVERED), items=TO_V2, method_id="alipay-C1")
    assert money(proposal) == [("payment", "alipay-C1", 20_00)]
    assert of_kind(proposal, StockMove) == [StockMove(StockReason.RESERVE, "V2", 1)]
    assert opened(proposal).lines[0].new_variant_id == "V2" and opened(proposal).refund_minor == 0
    cheaper = proposed(
        "exchange",
        facts(DELIVERED),
        items=[{"line_id": "L1", "quantity": 1, "variant_id": "V3"}],
        method_id="gift-C1",
    )
    assert money(cheaper) == [] and opened(cheaper).refund_minor == 8_80


def test_a_price_that_fell_is_paid_back_within_its_window_once() -> None:
    """Two jackets for 200 with their share of the discount cost 176: at 85 each they are 6 dearer than today."""
    fallen = {"V1": variant("V1", 85_00), "W1": variant("W1", 60_00, product_id="P2")}
    of = facts(DELIVERED, variants=fallen)
    said: dict[str, Any] = {
        "items": [{"line_id": "L1", "quantity": 2}, {"line_id": "L2", "quantity": 1}],
        "reason": "price_protection",
    }
    proposal = proposed("refund", of, **said)
    assert money(proposal) == [("refund", "alipay-C1", 6_00)]
    assert of_kind(proposal, PriceLowered) == [PriceLowered("L1", 100_00, 85_00)]
    (totals,) = of_kind(proposal, TotalsChange)
    assert totals == TotalsChange(220_00, 6_00, 8_00)
    lowered = replace(
        DELIVERED,
        lines=(replace(LINES[0], unit_price_minor=85_00, discount_minor=0), LINES[1]),
        goods_minor=totals.goods_minor,
        discount_minor=totals.discount_minor,
        payments=(*DELIVERED.payments, moved(PaymentKind.REFUND, "alipay-C1", 6_00)),
    )
    assert refused_by("refund", replace(of, order=lowered), **said) == "refund.price_fell"
    assert refused_by("refund", facts(DELIVERED), **said) == "refund.price_fell"
    late = replace(of, now=NOW + timedelta(days=14))
    assert refused_by("refund", late, **said) == "refund.price_protection"
    gone = replace(of, order=replace(DELIVERED, state=OrderState.RETURN_REQUESTED))
    assert refused_by("refund", gone, **said) == "refund.price_protection"
    part = said | {"items": [{"line_id": "L1", "quantity": 1}]}
    assert refused_by("refund", of, **part) == "refund.whole_line"


def test_a_shop_without_price_protection_pays_no_difference_and_says_why() -> None:
    never = replace(DEMO_POLICY, refunds=replace(DEMO_POLICY.refunds, price_protection_days=0))
    paid_today = replace(DELIVERED, paid_at=NOW)
    of = facts(paid_today, variants={"V1": variant("V1", 85_00)}, policy=never)
    items = [{"line_id": "L1", "quantity": 2}]
    with pytest.raises(ActionRefused) as refusal:
        proposed("refund", of, items=items, reason="price_protection")
    assert reasons(refusal.value.rule_trace, "zh") == "店铺没有价格保护"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": OrderState.CANCELLED}, "已取消或退换的订单没有价格保护"),
        ({"state": OrderState.RETURNED}, "已取消或退换的订单没有价格保护"),
        ({"state": OrderState.PENDING_PAYMENT, "paid_at": None}, "付款之后才有价格保护"),
        ({"paid_at": None}, "没有付款时间的记录"),
        ({"paid_at": NOW - timedelta(days=40)}, "已过价保期（价保截止2026-10-28 23:59）"),
    ],
)
def test_why_the_price_of_an_order_is_not_protected(changes: dict[str, Any], why: str) -> None:
    of = facts(replace(DELIVERED, **changes), variants={"V1": variant("V1", 85_00)})
    items = [{"line_id": "L1", "quantity": 2}]
    with pytest.raises(ActionRefused) as refusal:
        proposed("refund", of, items=items, reason="price_protection")
    assert reasons(refusal.value.rule_trace, "zh").startswith(why)


def after_claim(of: Facts, line_ids: list[str]) -> tuple[int, Facts]:
    """What claiming these lines pays, and the facts afterwards; nothing where no price of theirs fell."""
    quantities = {line.line_id: line.quantity for line in of.order.lines}
    items = [{"line_id": line_id, "quantity": quantities[line_id]} for line_id in line_ids]
    try:
        proposal = proposed("refund", of, items=items, reason="price_protection")
    except ActionRefused as refused:
        assert refused.blocker.rule_id == "refund.price_fell"
        return 0, of
    prices = {each.line_id: each.new_price_minor for each in of_kind(proposal, PriceLowered)}
    lines = tuple(
        replace(line, unit_price_minor=prices[line.line_id], discount_minor=0)
        if line.line_id in prices
        else line
        for line in of.order.lines
    )
    (totals,) = of_kind(proposal, TotalsChange)
    amount = sum(move.amount_minor for move in of_kind(proposal, MoneyMove))
    back = moved(PaymentKind.REFUND, "alipay-C1", amount)
    changed = replace(
        of.order, lines=lines, goods_minor=totals.goods_minor, discount_minor=totals.discount_minor,
        payments=(*of.order.payments, back),
    )  # fmt: skip
    assert totals.goods_minor == sum(line.total.amount_minor for line in lines)
    assert 0 <= totals.discount_minor <= totals.goods_minor
    assert changed.total.amount_minor == of.order.total.amount_minor - amount
    return amount, replace(of, order=changed)


def all_that_is_left(of: Facts, line_ids: list[str]) -> int:
    """What is paid where all lines are claimed until nothing is."""
    amount, then = after_claim(of, line_ids)
    return amount + all_that_is_left(then, line_ids) if amount else 0


@given(st.data())
def test_prices_that_fell_pay_the_same_in_whatever_order_they_are_claimed(data: st.DataObject) -> None:
    prices = data.draw(st.lists(st.integers(1, 20_000), min_size=2, max_size=4))
    quantities = [data.draw(st.integers(1, 3)) for _ in prices]
    today = [data.draw(st.integers(1, 20_000)) for _ in prices]
    lines = tuple(
        line(
            line_id=f"L{n}", product_id=f"P{n}", variant_id=f"V{n}", quantity=quantity, unit_price_minor=price
        )
        for n, (price, quantity) in enumerate(zip(prices, quantities, strict=True))
    )
    goods = sum(each.total.amount_minor for each in lines)
    discount = data.draw(st.integers(0, goods - 1))
    lines = discounted(lines, discount)
    paid = (moved(PaymentKind.PAYMENT, "alipay-C1", goods - discount),)
    of = facts(
        replace(
            DELIVERED,
            lines=lines,
            goods_minor=goods,
            discount_minor=discount,
            shipping_fee_minor=0,
            payments=paid,
        ),
        variants={f"V{n}": variant(f"V{n}", price, product_id=f"P{n}") for n, price in enumerate(today)},
    )
    ids = [each.line_id for each in lines]
    together, end = after_claim(of, ids)
    one_by_one = 0
    for line_id in data.draw(st.permutations(ids)):
        amount, of = after_claim(of, [line_id])
        one_by_one += amount
    # What was paid for the pieces over what they cost today, and nothing however often it is asked once more.
    falls = sum(
        max(0, each.paid_minor - price * each.quantity) for each, price in zip(lines, today, strict=True)
    )
    assert together == one_by_one == falls
    assert all_that_is_left(end, ids) == all_that_is_left(of, ids) == 0


def test_nothing_is_given_while_a_case_is_open() -> None:
    case = Case("R1", "KF1", "C1", CaseKind.RETURN, CaseState.AWAITING_GOODS, (), "fault", 0, None, NOW, None)
    agent = facts(DELIVERED, is_agent=True, cases=(case,))
    said: dict[str, Any] = {"items": BACK, "reason": "goodwill", "amount_minor": 1}
    assert refused_by("refund", agent, **said) == "refund.no_case"
    assert proposed("refund", replace(agent, cases=(replace(case, kind=CaseKind.REPAIR),)), **said)


def test_no_change_gives_back_more_than_is_held() -> None:
    """Also where a part was given back before."""
    given = (*an_order().payments, moved(PaymentKind.REFUND, "alipay-C1", 220_00))
    of = facts(an_order(payments=given))
    cheaper = [{"line_id": "L1", "quantity": 1, "variant_id": "V3"}]
    assert refused_by("change_items", of, items=cheaper, method_id="alipay-C1") == "refund.held"


def test_a_difference_goes_back_to_what_paid_or_to_a_gift_card() -> None:
    cheaper = [{"line_id": "L1", "quantity": 1, "variant_id": "V3"}]
    assert refused_by("change_items", items=cheaper, method_id="card-C1") == "refund.method"
    assert refused_by("exchange", facts(DELIVERED), items=cheaper, method_id="card-C1") == "refund.method"
    assert money(proposed("change_items", items=cheaper, method_id="gift-C1")) == [
        ("refund", "gift-C1", 8_80)
    ]
    two = (moved(PaymentKind.PAYMENT, "card-C1", 4_00), moved(PaymentKind.PAYMENT, "alipay-C1", 224_00))
    shared = proposed("change_items", facts(an_order(payments=two)), items=cheaper, method_id="card-C1")
    assert money(shared) == [("refund", "card-C1", 4_00), ("refund", "alipay-C1", 4_80)]


def test_a_method_that_is_no_longer_listed_is_paid_back_and_asked_for_nothing() -> None:
    of = facts(methods={"alipay-C1": replace(ALIPAY, is_own=False), "card-C1": CARD})
    assert money(proposed("cancel", of, **CANCEL)) == [("refund", "alipay-C1", 228_00)]
    assert refused_by("change_items", of, items=TO_V2, method_id="alipay-C1") == "payment.own_method"


def test_currencies_are_not_mixed() -> None:
    dollars = facts(methods={"alipay-C1": ALIPAY, "gift-C1": replace(GIFT, currency="USD")})
    assert refused_by("change_payment", dollars, method_id="gift-C1") == "payment.currency"
    foreign = facts(variants={"V2": replace(variant("V2", 1), currency="USD")})
    assert refused_by("change_items", foreign, items=TO_V2, method_id="alipay-C1") == "item.currency"


def test_a_cancelled_order_gives_its_coupon_back() -> None:
    of = facts(an_order(coupon_id="K1"), coupon=USED)
    assert of_kind(proposed("cancel", of, **CANCEL), CouponReleased) == [CouponReleased("K1")]
    # One that there is no more holds nothing up.
    for gone in (None, replace(USED, used_count=0)):
        assert not of_kind(proposed("cancel", replace(of, coupon=gone), **CANCEL), CouponReleased)
    assert not of_kind(proposed("cancel", **CANCEL), CouponReleased)


def test_whether_a_changed_order_is_cancelled_is_the_policys() -> None:
    changed = facts(an_order(item_changes=1))
    assert proposed("cancel", changed, **CANCEL).effects
    strict = replace(DEMO_POLICY, orders=replace(DEMO_POLICY.orders, is_changed_cancellable=False))
    assert refused_by("cancel", replace(changed, policy=strict), **CANCEL) == "order.cancel_changed"


def test_goodwill_is_an_agents_and_has_a_limit() -> None:
    said: dict[str, Any] = {"items": BACK, "reason": "goodwill", "amount_minor": 50_00}
    agent = facts(DELIVERED, is_agent=True)
    assert money(proposed("refund", agent, **said)) == [("refund", "alipay-C1", 50_00)]
    assert refused_by("refund", facts(DELIVERED), **said) == "refund.by_agent"
    assert refused_by("refund", agent, **said | {"amount_minor": 50_01}) == "refund.goodwill_limit"
    given = replace(agent, goodwill_minor=30_00)
    assert refused_by("refund", given, **said | {"amount_minor": 20_01}) == "refund.goodwill_limit"
    drained = replace(
        DELIVERED, payments=(*DELIVERED.payments, moved(PaymentKind.REFUND, "alipay-C1", 200_00))
    )
    assert refused_by("refund", replace(agent, order=drained), **said) == "refund.held"
    with pytest.raises(ActionInvalid, match="goodwill"):
        wanted("refund", items=BACK, reason="price_protection", amount_minor=1)


def test_what_is_missing_is_looked_into_by_a_person() -> None:
    said: dict[str, Any] = {"items": BACK, "problem": "missing", "words": "少了一件"}
    refund = opened(proposed("report_problem", facts(DELIVERED), wants="refund", **said))
    assert (refund.kind, refund.state, refund.refund_minor) == (CaseKind.REFUND, CaseState.REVIEW, 88_00)
    proposal = proposed("report_problem", facts(DELIVERED), wants="replacement", **said)
    assert opened(proposal).kind is CaseKind.REPLACEMENT
    assert of_kind(proposal, StockMove) == [StockMove(StockReason.RESERVE, "V1", 1)]
    sold_out = facts(DELIVERED, variants={"V1": variant("V1", 100_00, stock=0)})
    assert refused_by("report_problem", sold_out, wants="replacement", **said) == "item.stock"


def test_a_repair_is_within_the_warranty() -> None:
    phone = replace(LINES[0], category="phones")
    of = facts(replace(DELIVERED, lines=(phone, LINES[1])))
    said: dict[str, Any] = {"items": BACK, "words": "屏幕不亮"}
    assert opened(proposed("repair", of, **said)).kind is CaseKind.REPAIR
    assert refused_by("repair", facts(DELIVERED), **said) == "repair.warranty"
    assert refused_by("repair", replace(of, now=NOW + timedelta(days=800)), **said) == "repair.warranty"
    case = Case(
        "R1",
        "KF1",
        "C1",
        CaseKind.REPAIR,
        CaseState.AWAITING_GOODS,
        (CaseLine("L1", 1),),
        "fault",
        0,
        None,
        NOW,
        None,
    )
    assert refused_by("repair", replace(of, cases=(case,)), **said) == "repair.once"
    on_the_road = replace(of, order=replace(of.order, state=OrderState.SHIPPED, delivered_at=None))
    assert refused_by("repair", on_the_road, **said) == "repair.delivered"


def test_an_invoice_is_for_what_is_held() -> None:
    said: dict[str, Any] = {"kind": "electronic", "title": "某某公司", "tax_id": "91330000MA00000001"}
    (issued,) = proposed("reissue_invoice", **said).effects
    assert issued.amount_minor == 228_00 and issued.replaces is None  # type: ignore[union-attr]
    assert (
        refused_by("reissue_invoice", facts(an_order(OrderState.PENDING_PAYMENT)), **said) == "invoice.paid"
    )
    late = facts(now=NOW + timedelta(days=200))
    assert refused_by("reissue_invoice", late, **said) == "invoice.window"


USED = Coupon("K1", None, 30_00, None, "CNY", 1, (), NOW, NOW + timedelta(days=1), 5, 1)
INVOICE = Invoice(
    "I1", "KF260000000001", InvoiceKind.ELECTRONIC, "某某公司", "9133", 228_00, "CNY", NOW, None
)


def test_an_invoice_follows_the_money() -> None:
    of = facts(invoices=(INVOICE,))
    assert of_kind(proposed("cancel", of, **CANCEL), InvoiceVoided) == [InvoiceVoided("I1")]
    changed = proposed("change_items", of, items=TO_V2, method_id="alipay-C1")
    (dearer,) = of_kind(changed, InvoiceReissued)
    assert (dearer.amount_minor, dearer.replaces, dearer.title) == (248_00, "I1", "某某公司")
    moved_over = proposed("change_payment", of, method_id="card-C1")
    assert money(moved_over) and not of_kind(moved_over, InvoiceReissued)
    void = replace(of, invoices=(replace(INVOICE, voided_at=NOW),))
    assert not of_kind(proposed("cancel", void, **CANCEL), InvoiceVoided)


def test_reissuing_does_not_begin_the_window_anew() -> None:
    days = DEMO_POLICY.invoice.reissue_days
    first = replace(INVOICE, issued_at=NOW - timedelta(days=days + 2), voided_at=NOW - timedelta(days=2))
    second = replace(INVOICE, invoice_id="I2", issued_at=NOW - timedelta(days=2))
    said: dict[str, Any] = {"kind": "paper", "title": "某某公司", "tax_id": "9133"}
    assert proposed("reissue_invoice", facts(invoices=(second,)), **said)
    assert refused_by("reissue_invoice", facts(invoices=(first, second)), **said) == "invoice.window"


def test_the_coupon_comes_back_with_the_last_piece() -> None:
    every = tuple(CaseLine(each.line_id, each.quantity) for each in LINES)
    case = Case("R1", "KF260000000001", "C1", CaseKind.RETURN, CaseState.AWAITING_GOODS, every, "no_reason", 220_00, None,
                NOW, None)  # fmt: skip
    order = replace(DELIVERED, state=OrderState.RETURN_REQUESTED, coupon_id="K1")
    whole = facts(order, cases=(case,), is_agent=True, coupon=USED)
    assert of_kind(proposed("complete_case", whole, case_id="R1"), CouponReleased) == [CouponReleased("K1")]
    part = replace(whole, cases=(replace(case, lines=every[:1]),))
    assert not of_kind(proposed("complete_case", part, case_id="R1"), CouponReleased)


def test_a_case_from_elsewhere_is_ended_without_goods() -> None:
    """An exchange that was under way before it stood on these books."""
    case = Case("R1", "KF260000000001", "C1", CaseKind.EXCHANGE, CaseState.REVIEW, (CaseLine("L1", 1),), "no_reason", 0, None,
                NOW, None)  # fmt: skip
    of = facts(replace(DELIVERED, state=OrderState.EXCHANGE_REQUESTED), cases=(case,), is_agent=True)
    for proposal in (
        proposed("complete_case", of, case_id="R1"),
        proposed("refuse_case", of, case_id="R1", words="超过期限"),
    ):
        assert of_kind(proposal, StateChange)[0].after is OrderState.DELIVERED
        assert not of_kind(proposal, StockMove) and not money(proposal)


def test_a_late_parcel_is_worth_a_coupon_once() -> None:
    late = facts(replace(an_order(), paid_at=NOW - timedelta(days=9)))
    assert of_kind(proposed("urge_shipment", late), CouponGiven)
    assert of_kind(proposed("urge_shipment", late), TicketOpened)
    assert not of_kind(proposed("urge_shipment", facts(replace(an_order(), paid_at=NOW))), CouponGiven)
    again = facts(replace(late.order, urged_at=NOW - timedelta(hours=1)))
    assert refused_by("urge_shipment", again) == "urge.once"
    much_later = facts(replace(late.order, urged_at=NOW - timedelta(days=8)))
    assert of_kind(proposed("urge_shipment", much_later), CouponGiven)  # that one was early
    assert not of_kind(proposed("urge_shipment", replace(much_later, has_late_coupon=True)), CouponGiven)
    assert refused_by("urge_shipment", facts(DELIVERED)) == "urge.open"


def test_how_often_a_parcel_is_urged_is_told_by_the_shops_own_rule() -> None:
    urged = facts(replace(an_order(), urged_at=NOW - timedelta(hours=1)))

    def of_hours(hours: int) -> Facts:
        shipping = replace(DEMO_POLICY.shipping, late_after_hours=hours)
        return replace(urged, policy=replace(DEMO_POLICY, shipping=shipping))

    with pytest.raises(ActionRefused) as refusal:
        proposed("urge_shipment", of_hours(24))
    assert reasons(refusal.value.rule_trace, "zh") == "它已经催过了（每24小时可以催一次）"
    assert reasons(refusal.value.rule_trace, "en") == "it was hurried already (once in 24 hours)"
    without = proposed("urge_shipment", of_hours(0))
    assert [step.rule_id for step in without.rule_trace] == ["urge.open"]
    assert [ticket.due_at for ticket in of_kind(without, TicketOpened)] == [None]


def test_a_complaint_is_due_within_the_promised_hours() -> None:
    (ticket,) = proposed("open_complaint", words="客服态度不好").effects
    assert ticket.due_at == NOW + timedelta(hours=DEMO_POLICY.service.complaint_hours)  # type: ignore[union-attr]


# What is agreed to


def test_another_effect_is_another_agreement() -> None:
    plain = proposed("cancel", **CANCEL).digest
    assert proposed("cancel", **CANCEL).digest == plain
    assert proposed("cancel", reason="too_slow").digest != plain
    assert proposed("cancel", facts(an_order(version=2)), **CANCEL).digest != plain
    paid_more = an_order(payments=(moved(PaymentKind.PAYMENT, "alipay-C1", 229_00),))
    assert proposed("cancel", facts(paid_more), **CANCEL).digest != plain


def test_a_refusal_has_every_rule_that_was_applied() -> None:
    with pytest.raises(ActionRefused) as refused:
        proposed("cancel", facts(an_order(OrderState.PACKED)), **CANCEL)
    assert [step.rule_id for step in refused.value.rule_trace] == [
        "order.cancel_cutoff",
        "payment.settled",
        "order.cancel_changed",
        "order.cancel_reason",
    ]
    assert "打包" in refused.value.blocker.text.zh


def declined_exchange(**changes: Any) -> Facts:
    """20 in advance, which were declined."""
    lines = (CaseLine("L1", 1, "V2", 120_00),)
    case = Case("R1", "KF260000000001", "C1", CaseKind.EXCHANGE, CaseState.AWAITING_GOODS, lines, "no_reason", 0, "card-C1",
                NOW, None, prepaid_minor=20_00)  # fmt: skip
    paid = moved(PaymentKind.PAYMENT, "alipay-C1", 228_00)
    advance = moved(PaymentKind.PAYMENT, "card-C1", 20_00, PaymentStatus.FAILED)
    of = an_order(OrderState.EXCHANGE_REQUESTED, payments=(paid, replace(advance, payment_id="advance")))
    return replace(facts(of, cases=(case,), is_agent=True, made_by={"advance": "exchange"}), **changes)


def test_an_advance_that_did_not_come_does_not_go_back() -> None:
    of = declined_exchange()
    assert refused_by("complete_case", of, case_id="R1") == "payment.missing"
    assert not money(proposed("refuse_case", of, case_id="R1", words="超过期限"))
    came = replace(of, order=replace(of.order, payments=(moved(PaymentKind.PAYMENT, "card-C1", 248_00),)))
    assert money(proposed("refuse_case", came, case_id="R1", words="超过期限")) == [
        ("refund", "card-C1", 20_00)
    ]


def test_a_cancellation_gives_back_what_came() -> None:
    """And not the 100 of a dearer item that were declined."""
    dearer = replace(moved(PaymentKind.PAYMENT, "card-C1", 100_00, PaymentStatus.FAILED), payment_id="dearer")
    order = an_order(payments=(moved(PaymentKind.PAYMENT, "alipay-C1", 128_00), dearer))
    of = facts(order, made_by={"dearer": "change_items"}, is_agent=True)
    assert money(proposed("cancel", of, **CANCEL)) == [("refund", "alipay-C1", 128_00)]
    favour = {"reason": "goodwill", "items": [{"line_id": "L1", "quantity": 1}]}
    little = replace(order, payments=(moved(PaymentKind.PAYMENT, "alipay-C1", 1_00), dearer))
    assert refused_by("refund", replace(of, order=little), **favour, amount_minor=1_01) == "refund.held"
    for action, said in (("change_payment", {}), ("change_items", {"items": TO_V2})):
        assert refused_by(action, of, method_id="card-C1", **said) == "payment.missing"


def test_what_is_owed_makes_up_for_what_is_missing() -> None:
    of = declined_exchange()
    failed = replace(moved(PaymentKind.REFUND, "alipay-C1", 50_00, PaymentStatus.FAILED), payment_id="failed")
    order = replace(of.order, payments=(*of.order.payments, failed))
    assert missing_minor(of) == 20_00 and missing_minor(replace(of, order=order)) == 0
    assert money(proposed("retry_refund", replace(of, order=order))) == [("refund", "alipay-C1", 30_00)]
    # Of an order that is over all that is held is the customer's.
    over = replace(order, state=OrderState.CANCELLED)
    assert money(proposed("retry_refund", replace(of, order=over))) == [("refund", "alipay-C1", 228_00)]


def test_an_invoice_follows_a_declined_payment() -> None:
    order = replace(declined_exchange().order, payments=(moved(PaymentKind.PAYMENT, "card-C1", 20_00),))
    paid = facts(order, invoices=(INVOICE,))
    effects = (PaymentSettled(order.payments[0].payment_id, PaymentStatus.FAILED, NOW),)
    assert [type(each) for each in invoice_follows(paid, effects)] == [InvoiceVoided]


def test_what_a_failed_refund_owes_is_no_goodwill() -> None:
    """Else the customer is given as a favour what is theirs, and the retry finds less than it owes."""
    line = [{"line_id": "L1", "quantity": 1}]
    paid, failed = (
        moved(PaymentKind.PAYMENT, "card-C1", 228_00),
        moved(PaymentKind.REFUND, "card-C1", 220_00, PaymentStatus.FAILED),
    )
    for state, most in ((OrderState.PAID, 8_00), (OrderState.CANCELLED, 0)):
        of = facts(an_order(state, payments=(paid, failed)), is_agent=True)
        given = {"reason": "goodwill", "items": line, "amount_minor": most + 1}
        assert refused_by("refund", of, **given) == "refund.held"
        if most:
            assert money(proposed("refund", of, **given | {"amount_minor": most})) == [
                ("refund", "card-C1", most)
            ]
    again = replace(failed, payment_id="again", status=PaymentStatus.PENDING)
    of = facts(an_order(payments=(paid, failed, again)), is_agent=True, made_by={"again": "retry_refund"})
    assert money(proposed("refund", of, reason="goodwill", items=line, amount_minor=8_00))
