"""Windows in the shop's zone: to the second at local midnight, across changes of the clock, and none shorter than it says."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.actions import ApplyCoupon, InvoiceKind, ReissueInvoice
from commerce.domain.coupons import Coupon
from commerce.domain.errors import ActionRefused
from commerce.domain.invoices import Invoice
from commerce.domain.order_rules import price_protection_ends_at, ships_on, warranty_ends_at
from commerce.domain.orders import Order, OrderState, Payment, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind, back_by
from commerce.domain.policy import ShopPolicy
from commerce.domain.proposing.facts import Facts
from commerce.domain.proposing.propose import propose
from commerce.domain.returns import ReturnReason, day_window_end, return_eligibility
from commerce.domain.working_days import working_days_end
from tests.builders import line, order

SHANGHAI, NEW_YORK, LORD_HOWE = "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"
BEIRUT, HAVANA = "Asia/Beirut", "America/Havana"
ZONES = (SHANGHAI, NEW_YORK, LORD_HOWE, BEIRUT, HAVANA, "UTC")
SECOND = timedelta(seconds=1)


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


def shop_in(zone: str) -> ShopPolicy:
    return replace(DEMO_POLICY, zone=zone)


# In New York clocks go forward on 8 March 2026 at 02:00 and back on 1 November; on Lord Howe Island forward by half an hour
# on 4 October 2026 and back on 5 April; in Beirut forward on 29 March at midnight, so that the day begins at 01:00.
WINDOWS = [
    (SHANGHAI, (2026, 11, 3), (2026, 11, 11)),
    (NEW_YORK, (2026, 3, 5), (2026, 3, 13)),
    (NEW_YORK, (2026, 2, 28), (2026, 3, 8)),
    (NEW_YORK, (2026, 10, 30), (2026, 11, 7)),
    (LORD_HOWE, (2026, 9, 30), (2026, 10, 8)),
    (LORD_HOWE, (2026, 4, 1), (2026, 4, 9)),
    (BEIRUT, (2026, 3, 21), (2026, 3, 29)),
]


@pytest.mark.parametrize(("zone", "delivered", "ends"), WINDOWS)
@pytest.mark.parametrize("clock", [(0, 0, 0), (12, 30, 0), (23, 59, 59)], ids=str)
def test_seven_days_end_with_the_seventh_local_day(
    zone: str, delivered: tuple[int, int, int], ends: tuple[int, int, int], clock: tuple[int, int, int]
) -> None:
    policy, goods = shop_in(zone), line("home")
    received = order(state=OrderState.DELIVERED, lines=(goods,), delivered_at=local(zone, *delivered, *clock))
    end = local(zone, *ends).astimezone(UTC)
    decision = return_eligibility(received, goods, policy, end - SECOND)
    assert decision.is_eligible
    assert decision.window_ends_at == end
    last_day = date(*ends) - timedelta(days=1)
    assert f"until {last_day} 23:59" in " ".join(step.text.en for step in decision.rule_trace)
    late = return_eligibility(received, goods, policy, end)
    assert late.blocker is not None and late.blocker.rule_id == "return.window.no_reason"


def test_a_days_delivery_is_before_or_after_midnight_of_the_shop() -> None:
    goods = line("home")
    midnight = local(NEW_YORK, 2026, 11, 2)
    ends = [
        return_eligibility(
            order(state=OrderState.DELIVERED, lines=(goods,), delivered_at=at), goods, shop_in(NEW_YORK), at
        ).window_ends_at
        for at in (midnight - SECOND, midnight)
    ]
    assert ends == [local(NEW_YORK, 2026, 11, 9), local(NEW_YORK, 2026, 11, 10)]


def test_a_fault_window_of_hours_is_as_long_as_it_says_when_clocks_change() -> None:
    goods = line("food")
    received = order(
        state=OrderState.DELIVERED, lines=(goods,), delivered_at=local(NEW_YORK, 2026, 10, 31, 12)
    )
    end = local(NEW_YORK, 2026, 11, 2, 11)
    for now, is_eligible in ((end.astimezone(UTC) - SECOND, True), (end.astimezone(UTC), False)):
        found = return_eligibility(received, goods, shop_in(NEW_YORK), now, reason=ReturnReason.DAMAGED)
        assert found.is_eligible is is_eligible


def test_no_days_for_a_fault_is_the_day_of_delivery_and_not_for_ever() -> None:
    rule = replace(DEMO_POLICY.returns.default, fault_days=0)
    policy = replace(DEMO_POLICY, returns=replace(DEMO_POLICY.returns, default=rule))
    goods = line("home")
    received = order(state=OrderState.DELIVERED, lines=(goods,), delivered_at=local(SHANGHAI, 2026, 11, 3, 9))
    midnight = local(SHANGHAI, 2026, 11, 4)
    for now, is_eligible in ((midnight - SECOND, True), (midnight, False)):
        found = return_eligibility(received, goods, policy, now, reason=ReturnReason.FAULT)
        assert found.is_eligible is is_eligible


@pytest.mark.parametrize(
    ("zone", "paid", "ends"),
    [
        (SHANGHAI, (2026, 11, 11, 23, 59, 59), (2026, 11, 27)),
        (NEW_YORK, (2026, 2, 28, 0, 0, 0), (2026, 3, 16)),
        (NEW_YORK, (2026, 10, 25, 23, 59, 59), (2026, 11, 10)),
        (LORD_HOWE, (2026, 9, 25, 0, 0, 0), (2026, 10, 11)),
    ],
)
def test_price_protection_ends_at_a_local_midnight(
    zone: str, paid: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    bought = order(paid_at=local(zone, *paid))
    assert price_protection_ends_at(bought, shop_in(zone)) == local(zone, *ends)


@pytest.mark.parametrize(
    ("zone", "delivered", "ends"),
    [
        (SHANGHAI, (2026, 11, 22, 23, 59, 59), (2027, 11, 23)),
        (NEW_YORK, (2026, 3, 8, 3, 0, 0), (2027, 3, 9)),
        # The repeated hour: the first and the second 01:30 are of the same day.
        (NEW_YORK, (2026, 11, 1, 1, 30, 0), (2027, 11, 2)),
        (LORD_HOWE, (2026, 10, 4, 2, 30, 0), (2027, 10, 5)),
        (NEW_YORK, (2028, 2, 29, 12, 0, 0), (2029, 3, 1)),
    ],
)
def test_warranty_is_counted_in_local_months(
    zone: str, delivered: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    phone = line("phones")
    for fold in (0, 1):
        at = local(zone, *delivered).replace(fold=fold)
        received = order(state=OrderState.DELIVERED, lines=(phone,), delivered_at=at)
        assert warranty_ends_at(received, phone, shop_in(zone)) == local(zone, *ends)


def facts(zone: str, bought: Order, now: datetime, **known: object) -> Facts:
    plain = Facts(bought, False, {}, {}, (), (), None, shop_in(zone), now)
    return replace(plain, **known)  # type: ignore[arg-type]


def is_allowed(known: Facts, wanted: ApplyCoupon | ReissueInvoice, rule: str) -> bool:
    """Whether it can be done; where not, because of that rule."""
    try:
        propose(known, wanted)
    except ActionRefused as refused:
        assert refused.blocker.rule_id == rule
        return False
    return True


@pytest.mark.parametrize(
    ("zone", "issued", "ends"),
    [
        (SHANGHAI, (2026, 8, 31, 23, 59, 59), (2026, 11, 30)),
        (NEW_YORK, (2026, 2, 1, 0, 0, 0), (2026, 5, 3)),
        (NEW_YORK, (2026, 9, 1, 23, 59, 59), (2026, 12, 1)),
        (LORD_HOWE, (2026, 9, 1, 12, 0, 0), (2026, 12, 1)),
    ],
)
def test_an_invoice_is_reissued_until_the_last_second_of_the_ninetieth_day(
    zone: str, issued: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    invoice = Invoice("I1", "O1", InvoiceKind.ELECTRONIC, "王芳", "", 100, "CNY", local(zone, *issued), None)
    came = Payment(
        "T1", PaymentKind.PAYMENT, PaymentStatus.SUCCEEDED, "alipay", 100, "CNY", None, None, "a-1"
    )
    wanted = ReissueInvoice(order_id="O1", kind=InvoiceKind.PAPER, title="王芳", tax_id="")
    end = local(zone, *ends).astimezone(UTC)
    for now, expected in ((end - SECOND, True), (end, False)):
        known = facts(zone, order(payments=(came,)), now, invoices=(invoice,))
        assert is_allowed(known, wanted, "invoice.window") is expected


@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        (SHANGHAI, (2026, 11, 1), (2026, 11, 12)),
        (NEW_YORK, (2026, 3, 8), (2026, 3, 9)),
        (NEW_YORK, (2026, 11, 1), (2026, 11, 2)),
        (LORD_HOWE, (2026, 10, 4), (2026, 10, 5)),
        (BEIRUT, (2026, 3, 28), (2026, 3, 29)),
    ],
)
def test_a_coupon_is_valid_from_its_first_to_its_last_second(
    zone: str, begins: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    """The days on which clocks change have 23, 25, 23.5 and 24 hours."""
    first, end = local(zone, *begins).astimezone(UTC), local(zone, *ends).astimezone(UTC)
    coupon = Coupon("K1", None, 100, None, "CNY", 0, (), first, end, 1, 0)
    waiting = order(state=OrderState.PENDING_PAYMENT)
    wanted = ApplyCoupon(order_id="O1", coupon_id="K1")
    for now, expected in ((first - SECOND, False), (first, True), (end - SECOND, True), (end, False)):
        known = facts(zone, waiting, now, coupon=coupon)
        assert is_allowed(known, wanted, "coupon.valid_now") is expected
    trace = propose(facts(zone, waiting, first, coupon=coupon), wanted).rule_trace
    last_day = date(*ends) - timedelta(days=1)
    assert any(f"valid until {last_day} 23:59" in step.text.en for step in trace)


def test_the_days_cut_off_is_the_clocks_also_when_it_changes() -> None:
    for paid, ships in (((2026, 3, 8, 15, 59, 59), (2026, 3, 9)), ((2026, 3, 8, 16, 0, 0), (2026, 3, 10))):
        assert ships_on(local(NEW_YORK, *paid), shop_in(NEW_YORK)) == local(NEW_YORK, *ships)


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


@given(INSTANTS, st.integers(0, 400), st.sampled_from(ZONES))
def test_a_window_ends_where_a_local_day_does_and_is_never_shorter_than_it_says(
    start: datetime, days: int, zone: str
) -> None:
    end = day_window_end(start, days, zone)
    here = ZoneInfo(zone)
    before, after = (end - SECOND).astimezone(here), end.astimezone(here)
    assert before.date() == start.astimezone(here).date() + timedelta(days=days)
    assert after.date() == before.date() + timedelta(days=1)
    # A day that clocks begin an hour late has no midnight.
    assert after.time() in (time(0), time(1))
    assert timedelta(days=days, hours=-1) <= end - start <= timedelta(days=days + 1, hours=1)


@given(INSTANTS, st.integers(0, 60), st.sampled_from(ZONES))
def test_so_many_working_days_pass_before_their_window_ends(start: datetime, days: int, zone: str) -> None:
    here = ZoneInfo(zone)
    first = start.astimezone(here).date()
    last = (working_days_end(start, days, zone) - SECOND).astimezone(here).date()
    passed = [first + timedelta(days=number + 1) for number in range((last - first).days)]
    assert sum(day.weekday() < 5 for day in passed) == days
    assert not passed or passed[-1].weekday() < 5


@given(INSTANTS, st.sampled_from(ZONES))
def test_money_is_back_when_a_local_day_ends(now: datetime, zone: str) -> None:
    arrived = back_by(MethodKind.CARD, DEMO_POLICY.refunds, now, zone)
    assert arrived == day_window_end(now, DEMO_POLICY.refunds.card_max_days, zone)
    assert back_by(MethodKind.GIFT_CARD, DEMO_POLICY.refunds, now, zone) is None


@given(INSTANTS, st.integers(1, 120), st.sampled_from(ZONES))
def test_a_warranty_of_months_ends_on_the_same_day_or_the_months_last(
    delivered: datetime, months: int, zone: str
) -> None:
    here = ZoneInfo(zone)
    policy = replace(shop_in(zone), repair=replace(DEMO_POLICY.repair, warranty_months={"phones": months}))
    phone = line("phones")
    received = order(state=OrderState.DELIVERED, lines=(phone,), delivered_at=delivered)
    end = warranty_ends_at(received, phone, policy)
    assert end is not None
    first, last = delivered.astimezone(here).date(), (end - SECOND).astimezone(here).date()
    assert (last.year - first.year) * 12 + last.month - first.month == months
    assert last.day == first.day or (last.day < first.day and (last + timedelta(days=1)).day == 1)
