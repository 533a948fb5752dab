"""What the shop's policy decides for an order. Times are given in the shop's zone, Asia/Shanghai, which is UTC+8."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.catalogue import SaleClass
from commerce.domain.customers import Address
from commerce.domain.money import Money
from commerce.domain.order_rules import (
    can_cancel,
    can_change,
    is_shipping_late,
    payment_due_at,
    price_protection_ends_at,
    shipping_quote,
    ships_on,
    warranty_ends_at,
)
from commerce.domain.orders import Order, OrderLine, OrderState, Payment, PaymentKind, PaymentStatus
from commerce.domain.returns import Remedy, ReturnDecision, ReturnReason, return_eligibility
from commerce.domain.rules import RuleOutcome
from commerce.domain.text import LocalText
from commerce.importers.tau2 import TAU2_POLICY

BEIJING = timezone(timedelta(hours=8))
# Late in the evening: in UTC it is still the afternoon of the same day, and early mornings are the day before.
DELIVERED = datetime(2026, 11, 3, 23, 30, tzinfo=BEIJING)


def at(day: int, hour: int = 12, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


def a_line(category: str, **changes: Any) -> OrderLine:
    plain = OrderLine(
        line_id="L1", product_id="P1", variant_id="V1", name=LocalText("商品", "goods"), category=category,
        sale_class=SaleClass.STANDARD, colour=None, size=None, options={}, quantity=1, unit_price_minor=10000,
        currency="CNY",
    )  # fmt: skip
    return replace(plain, **changes)


def an_address(region: str = "浙江", city: str = "杭州市") -> Address:
    return Address("A1", "李静", "", region, city, "", "", "", "CN")


def an_order(line: OrderLine, state: OrderState = OrderState.DELIVERED, **changes: Any) -> Order:
    plain = Order(
        order_id="KF1", customer_id="C1", state=state, lines=(line,), goods_minor=10000, discount_minor=500,
        shipping_fee_minor=800, currency="CNY", address=an_address(), placed_at=at(1), paid_at=at(1), packed_at=None,
        shipped_at=None, delivered_at=DELIVERED if state is OrderState.DELIVERED else None, cancelled_at=None,
        payments=(), shipments=(),
    )  # fmt: skip
    return replace(plain, **changes)


def decide(category: str, now: datetime, *, line: OrderLine | None = None, **options: Any) -> ReturnDecision:
    line = line or a_line(category)
    return return_eligibility(an_order(line), line, DEMO_POLICY, now, **options)


@pytest.mark.parametrize(
    ("category", "last_day"),
    [
        ("home", 10),
        ("jewelry", 10),
        ("womens_clothing", 18),
        ("shoes", 18),
        ("bags", 18),
        ("electronics", 10),
    ],
)
def test_the_window_ends_when_the_last_local_day_does(category: str, last_day: int) -> None:
    """Delivered at 23:30 on the 3rd: day 1 is the 4th, in Beijing and not in UTC."""
    last_minute = at(last_day, 23, 59)
    assert decide(category, last_minute).is_eligible
    decision = decide(category, last_minute + timedelta(minutes=1))
    assert not decision.is_eligible
    assert decision.window_ends_at == at(last_day + 1, 0)
    assert decision.blocker is not None
    assert decision.blocker.rule_id == "return.window.no_reason"


def test_the_hour_of_delivery_does_not_move_the_window() -> None:
    line = a_line("home")
    early = an_order(line, delivered_at=at(3, 0, 10))
    assert return_eligibility(early, line, DEMO_POLICY, at(4)).window_ends_at == at(11, 0)


def test_the_trace_names_each_rule_and_the_line() -> None:
    decision = decide("womens_clothing", at(5))
    assert {step.line_id for step in decision.rule_trace} == {"L1"}
    assert [step.rule_id for step in decision.rule_trace] == [
        "order.delivered",
        "return.window.no_reason",
        "return.once",
        "return.condition.complete_and_unworn",
    ]
    assert [step.outcome for step in decision.conditions] == [RuleOutcome.CONDITION]
    assert "2026-11-18 23:59" in decision.rule_trace[1].text.zh
    assert "2026-11-18 23:59" in decision.rule_trace[1].text.en


def test_devices_must_be_unopened_unless_they_are_faulty() -> None:
    assert not decide("phones", at(5), is_condition_met=False).is_eligible
    assert decide("phones", at(5), is_condition_met=True).is_eligible
    assert [step.rule_id for step in decide("phones", at(5)).conditions] == ["return.condition.unopened"]
    fault = decide("phones", at(18, 23, 59), reason=ReturnReason.FAULT)
    assert fault.is_eligible
    assert fault.is_postage_paid_by_shop
    assert fault.postage_minor == 0
    assert not decide("phones", at(19, 0), reason=ReturnReason.FAULT).is_eligible


def test_food_has_48_hours_for_damage_and_no_return_without_a_reason() -> None:
    refused = decide("food", at(4))
    assert not refused.is_eligible
    assert refused.blocker is not None
    assert refused.blocker.rule_id == "return.no_reason.food"
    assert decide(
        "food", DELIVERED + timedelta(hours=47, minutes=59), reason=ReturnReason.DAMAGED
    ).is_eligible
    late = decide("food", DELIVERED + timedelta(hours=48), reason=ReturnReason.DAMAGED)
    assert not late.is_eligible
    assert late.window_ends_at == DELIVERED + timedelta(hours=48)


@pytest.mark.parametrize("sale_class", [item for item in SaleClass if item is not SaleClass.STANDARD])
def test_excluded_goods_come_back_only_for_a_fault(sale_class: SaleClass) -> None:
    line = a_line("womens_clothing", sale_class=sale_class)
    refused = decide("womens_clothing", at(5), line=line)
    assert refused.blocker is not None
    assert refused.blocker.rule_id == "return.excluded_goods"
    assert decide("womens_clothing", at(5), line=line, reason=ReturnReason.WRONG_ITEM).is_eligible


def test_an_item_is_exchanged_once_and_returned_once() -> None:
    exchanged = a_line("shoes", exchanged_count=1)
    assert decide("shoes", at(5), remedy=Remedy.EXCHANGE).is_eligible
    assert not decide("shoes", at(5), line=exchanged, remedy=Remedy.EXCHANGE).is_eligible
    assert decide("shoes", at(5), line=exchanged).is_eligible
    assert not decide("shoes", at(5), line=a_line("shoes", returned_quantity=1)).is_eligible


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.DELIVERED])
def test_only_delivered_orders_come_back(state: OrderState) -> None:
    line = a_line("home")
    decision = return_eligibility(an_order(line, state), line, DEMO_POLICY, at(5))
    assert not decision.is_eligible
    assert decision.blocker is not None
    assert decision.blocker.rule_id == "order.delivered"


def test_postage_is_the_customers_unless_insured() -> None:
    assert decide("home", at(5)).postage_minor == 1200
    assert decide("home", at(5), has_freight_insurance=True).postage_minor == 0


def test_a_line_of_another_order_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not of order"):
        return_eligibility(an_order(a_line("home")), a_line("shoes"), DEMO_POLICY, at(5))


def test_a_shop_without_windows_takes_delivered_goods_back_at_any_time() -> None:
    line = a_line("general")
    order = an_order(line, delivered_at=None)
    decision = return_eligibility(order, line, TAU2_POLICY, at(5))
    assert decision.is_eligible
    assert decision.window_ends_at is None
    assert decision.conditions == ()


def test_cancelling_and_changing_end_with_packing() -> None:
    allowed = {state for state in OrderState if can_cancel(an_order(a_line("home"), state), DEMO_POLICY)}
    assert allowed == {OrderState.PENDING_PAYMENT, OrderState.PAID}
    assert allowed == {
        state for state in OrderState if can_change(an_order(a_line("home"), state), DEMO_POLICY)
    }


@pytest.mark.parametrize(
    ("goods", "region", "city", "fee", "days"),
    [
        (9899, "浙江", "杭州市", 800, (1, 2)),
        (9900, "山东", "济南市", 0, (2, 4)),
        (99900, "新疆维吾尔自治区", "乌鲁木齐市", 2000, (5, 7)),
        (500, "Beijing", "Beijing", 800, (1, 2)),
    ],
)
def test_shipping_costs_by_value_and_region(
    goods: int, region: str, city: str, fee: int, days: tuple[int, int]
) -> None:
    quote = shipping_quote(Money(goods, "CNY"), an_address(region, city), DEMO_POLICY)
    assert quote.fee == Money(fee, "CNY")
    assert quote.time is not None
    assert (quote.time.min_days, quote.time.max_days) == days
    assert shipping_quote(
        Money(goods, "CNY"), an_address(region, city), DEMO_POLICY, is_plus=True
    ).fee == Money(0, "CNY")


def test_there_is_no_delivery_to_excluded_regions() -> None:
    quote = shipping_quote(Money(50000, "CNY"), an_address("香港特别行政区", "香港"), DEMO_POLICY)
    assert (quote.is_deliverable, quote.fee, quote.time) == (False, None, None)


def test_paid_before_16_00_ships_the_same_day() -> None:
    assert ships_on(at(5, 15, 59), DEMO_POLICY) == at(6, 0)
    assert ships_on(at(5, 16, 0), DEMO_POLICY) == at(7, 0)


def test_an_order_is_late_48_hours_after_payment() -> None:
    waiting = an_order(a_line("home"), OrderState.PAID, paid_at=at(5))
    assert not is_shipping_late(waiting, DEMO_POLICY, at(7))
    assert is_shipping_late(waiting, DEMO_POLICY, at(7, 12, 1))
    assert not is_shipping_late(replace(waiting, state=OrderState.SHIPPED), DEMO_POLICY, at(9))
    assert not is_shipping_late(replace(waiting, paid_at=None), DEMO_POLICY, at(9))


def test_price_protection_lasts_15_local_days_after_payment() -> None:
    assert price_protection_ends_at(an_order(a_line("home"), paid_at=at(5, 1)), DEMO_POLICY) == at(21, 0)
    assert price_protection_ends_at(an_order(a_line("home"), paid_at=None), DEMO_POLICY) is None
    cancelled = an_order(a_line("home"), OrderState.CANCELLED, paid_at=at(5, 1))
    assert price_protection_ends_at(cancelled, DEMO_POLICY) is None


def test_a_0_is_a_rule_that_the_shop_does_not_have() -> None:
    waiting = an_order(a_line("home"), OrderState.PAID, paid_at=at(5))
    assert not is_shipping_late(waiting, TAU2_POLICY, at(9))
    assert price_protection_ends_at(waiting, TAU2_POLICY) is None
    assert ships_on(at(5), TAU2_POLICY) is None
    assert payment_due_at(replace(waiting, state=OrderState.PENDING_PAYMENT), TAU2_POLICY) is None
    unrepaired = replace(DEMO_POLICY, repair=replace(DEMO_POLICY.repair, warranty_months={"phones": 0}))
    phone = a_line("phones")
    assert warranty_ends_at(an_order(phone), phone, unrepaired) is None


def test_warranty_is_counted_in_months() -> None:
    phone, kettle, bag = a_line("phones"), a_line("appliances"), a_line("bags")
    order = an_order(phone, delivered_at=datetime(2026, 8, 31, 9, tzinfo=BEIJING))
    assert warranty_ends_at(order, phone, DEMO_POLICY) == datetime(2027, 9, 1, tzinfo=BEIJING)
    assert warranty_ends_at(order, kettle, DEMO_POLICY) == datetime(2028, 9, 1, tzinfo=BEIJING)
    # Six months after 31 August there is no 31 February.
    assert warranty_ends_at(order, bag, DEMO_POLICY) == datetime(2027, 3, 1, tzinfo=BEIJING)
    assert warranty_ends_at(order, a_line("food"), DEMO_POLICY) is None
    december = an_order(phone, delivered_at=datetime(2026, 12, 31, 9, tzinfo=BEIJING))
    assert warranty_ends_at(december, phone, DEMO_POLICY) == datetime(2028, 1, 1, tzinfo=BEIJING)


def test_an_unpaid_order_is_due_after_30_minutes() -> None:
    assert payment_due_at(an_order(a_line("home"), OrderState.PENDING_PAYMENT), DEMO_POLICY) == at(1, 12, 30)
    assert payment_due_at(an_order(a_line("home"), OrderState.PAID), DEMO_POLICY) is None


def test_an_orders_total_and_what_was_paid() -> None:
    def moved(kind: PaymentKind, status: PaymentStatus, amount: int) -> Payment:
        return Payment("T", kind, status, "alipay", amount, "CNY", at(1), at(1), "alipay-C1")

    order = an_order(
        a_line("home"),
        payments=(
            moved(PaymentKind.PAYMENT, PaymentStatus.FAILED, 10300),
            moved(PaymentKind.PAYMENT, PaymentStatus.SUCCEEDED, 10300),
            moved(PaymentKind.REFUND, PaymentStatus.SUCCEEDED, 300),
            moved(PaymentKind.REFUND, PaymentStatus.PENDING, 10000),
        ),
    )
    assert order.total == Money(10300, "CNY")
    assert order.paid == Money(10000, "CNY")
    assert not order.is_open
