"""What a policy must mean, beyond the types of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from commerce.domain.orders import RESERVING_STATES
from commerce.domain.policy import CategoryReturnRule, ReturnPolicy, ShippingPolicy, ShopPolicy

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_MOST: Final[Mapping[str, int]] = {
    "_percent": 100,
    "_days": 3_660,
    "_hours": 87_840,
    "_minutes": 527_040,
    "_months": 1_200,
}
_MOST_OF_ALL: Final = 2**53
"""Beyond it, other programs no longer read a number of JSON exactly."""

Problems = Iterator[tuple[str, str]]


def most(path: str) -> int:
    """The largest number that the field at `path` may have: its name says what it counts."""
    for part in reversed(re.split(r"[.\[]", path)):
        for ending, number in _MOST.items():
            if part.endswith(ending):
                return number
    return _MOST_OF_ALL


def problems(policy: ShopPolicy) -> Problems:
    """Paths of fields that contradict each other, or mean nothing, with what is wrong."""
    yield from _place(policy)
    yield from _orders(policy)
    yield from _returns(policy.returns)
    yield from _shipping(policy.shipping)
    for path, least, most_ in _spans(policy):
        if least > most_:
            yield path, f"ends ({most_}) before it begins ({least})"
    for path, listed in _lists(policy):
        if len(set(listed)) != len(listed):
            yield path, "has an entry twice"
        if "" in listed:
            yield path, "has an empty entry"
    if 0 in policy.payment.instalment_months:
        yield "payment.instalment_months", "has an entry of no month"


def is_time_zone(name: str) -> bool:
    """By its name, which means the same on every machine: "localtime" does not."""
    return name in _time_zones()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


def named_categories(policy: ShopPolicy) -> Iterator[tuple[str, str]]:
    """Every category that the policy names, with where."""
    for path, categories in (
        ("returns.categories", policy.returns.categories),
        ("repair.warranty_months", policy.repair.warranty_months),
        ("service.gift_wrap_free_categories", policy.service.gift_wrap_free_categories),
    ):
        for category in categories:
            yield path, category


def _place(policy: ShopPolicy) -> Problems:
    if not is_time_zone(policy.zone):
        yield "zone", f"{policy.zone!r} is no time zone such as Asia/Shanghai"
    if not _CURRENCY.fullmatch(policy.currency):
        yield "currency", f"{policy.currency!r} is no currency such as CNY"


def _orders(policy: ShopPolicy) -> Problems:
    allowed = ", ".join(sorted(RESERVING_STATES))
    for name in ("cancel_states", "change_states"):
        for state in getattr(policy.orders, name):
            if state not in RESERVING_STATES:
                yield f"orders.{name}", f"{state.value!r}: the goods have left; allowed are {allowed}"


def _returns(policy: ReturnPolicy) -> Problems:
    rules: dict[str, CategoryReturnRule] = {"default": policy.default}
    rules |= {f"categories.{category}": rule for category, rule in policy.categories.items()}
    for name, rule in rules.items():
        if rule.fault_days is not None and rule.fault_hours is not None:
            yield (
                f"returns.{name}.fault_hours",
                "is set beside fault_days: a fault has one window; make one null",
            )
        if rule.fault_hours == 0:
            yield (
                f"returns.{name}.fault_hours",
                "leaves no time at all: make it null, or fault_days 0 for one day",
            )


def _shipping(policy: ShippingPolicy) -> Problems:
    """A place in two lists would have two fees."""
    lists = ("excluded_regions", "remote_regions", "metro_regions")
    for index, name in enumerate(lists):
        for other in lists[:index]:
            for place in getattr(policy, name):
                if place in getattr(policy, other):
                    yield f"shipping.{name}", f"{place!r} is in {other} too"


def _spans(policy: ShopPolicy) -> Iterator[tuple[str, int, int]]:
    for name in ("metro", "other", "remote"):
        time = getattr(policy.shipping, name)
        yield f"shipping.{name}", time.min_days, time.max_days
    yield "refunds.card_max_days", policy.refunds.card_min_days, policy.refunds.card_max_days
    yield "repair.max_working_days", policy.repair.min_working_days, policy.repair.max_working_days
    yield "membership.gold_from_minor", policy.membership.silver_from_minor, policy.membership.gold_from_minor


def _lists(policy: ShopPolicy) -> Iterator[tuple[str, tuple[object, ...]]]:
    for section, names in {
        "orders": ("cancel_states", "change_states", "cancel_reasons"),
        "returns": ("no_reason_excluded",),
        "shipping": ("remote_regions", "metro_regions", "excluded_regions"),
        "payment": ("methods", "instalment_months"),
        "service": ("gift_wrap_free_categories",),
    }.items():
        for name in names:
            yield f"{section}.{name}", getattr(getattr(policy, section), name)
