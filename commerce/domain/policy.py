"""The shop's rules as typed values, one `ShopPolicy` a tenant. What follows from them for an order is in
`returns` and `order_rules`. Money is minor units of the tenant's currency; every number of days is
counted in the tenant's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.catalogue import SaleClass
from commerce.domain.orders import OrderState


class GoodsRequirement(StrEnum):
    """What the goods must be like to be taken back without a reason."""

    NONE = "none"
    COMPLETE_AND_UNWORN = "complete_and_unworn"
    UNOPENED = "unopened"
    SEAL_UNBROKEN = "seal_unbroken"


@dataclass(frozen=True, slots=True)
class CategoryReturnRule:
    """`no_reason_days` counts from the day after delivery; 0 means that there is no no-reason return,
    None that there is no limit. Goods that are not as `requirement` says come back against `opened_fee_percent` of what
    was paid for them, or where that is None not at all. A fault, damage or wrong item is reported within `fault_days` (0:
    on the day of delivery), or within `fault_hours` where that is set.
    """

    no_reason_days: int | None
    fault_days: int | None
    requirement: GoodsRequirement = GoodsRequirement.COMPLETE_AND_UNWORN
    fault_hours: int | None = None
    needs_photo: bool = False
    opened_fee_percent: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """`categories` overrides `default` by category slug; goods of `no_reason_excluded` are never taken
    back without a reason. `max_exchanges` is per line.
    """

    default: CategoryReturnRule
    categories: Mapping[str, CategoryReturnRule] = field(hash=False, default_factory=dict)
    no_reason_excluded: tuple[SaleClass, ...] = ()
    pickup_fee_minor: int = 0
    max_exchanges: int = 1

    def rule_for(self, category: str) -> CategoryReturnRule:
        return self.categories.get(category, self.default)


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """The chain after a return: review, inspection in the warehouse, payment, and what the payment method
    then takes. `goodwill_max_minor` is what an agent may give at once.
    """

    review_hours: int
    inspection_working_days: int
    payment_working_days: int
    wallet_hours: int
    card_min_days: int
    card_max_days: int
    price_protection_days: int
    goodwill_max_minor: int


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """Until which state an order can be cancelled or changed, why, and how often its items can be (0: never); whether it
    can be cancelled after they were.
    """

    cancel_states: tuple[OrderState, ...]
    change_states: tuple[OrderState, ...]
    cancel_reasons: tuple[CancelReason, ...]
    max_item_changes: int
    is_changed_cancellable: bool


@dataclass(frozen=True, slots=True)
class DeliveryTime:
    """Days from shipping, both ends included."""

    min_days: int
    max_days: int


@dataclass(frozen=True, slots=True)
class ShippingPolicy:
    """`cutoff` is local: paid before it, shipped the same day. `regions` name what an address's `region`
    or `city` begins with.
    """

    free_from_minor: int
    fee_minor: int
    remote_fee_minor: int
    remote_regions: tuple[str, ...]
    metro_regions: tuple[str, ...]
    excluded_regions: tuple[str, ...]
    cutoff: time
    metro: DeliveryTime
    other: DeliveryTime
    remote: DeliveryTime
    late_after_hours: int
    late_coupon_minor: int


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """`methods` are slugs; instalments start at `instalment_from_minor`."""

    methods: tuple[str, ...]
    unpaid_minutes: int
    instalment_months: tuple[int, ...]
    instalment_from_minor: int
    has_cash_on_delivery: bool


@dataclass(frozen=True, slots=True)
class MembershipPolicy:
    """`points_per_unit` are earned for each major unit after confirmed receipt, `points_per_unit_paid`
    pay one.
    """

    points_per_unit: int
    points_per_unit_paid: int
    points_max_share_percent: int
    points_valid_months: int
    silver_from_minor: int
    gold_from_minor: int
    plus_fee_minor: int
    plus_discount_percent: int
    plus_monthly_coupon_minor: int
    plus_refund_days: int


@dataclass(frozen=True, slots=True)
class InvoicePolicy:
    """Until it is there; another can be had for `reissue_days` after the one before."""

    electronic_hours: int
    paper_working_days: int
    reissue_days: int


@dataclass(frozen=True, slots=True)
class RepairPolicy:
    """Months of warranty by category slug (no entry: none beyond the return); for bags it covers zips and
    handles.
    """

    warranty_months: Mapping[str, int] = field(hash=False)
    min_working_days: int
    max_working_days: int


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """Human agents work from `opens` to `closes` local time; a `closes` of 00:00 is midnight at the end
    of the day.
    """

    opens: time
    closes: time
    complaint_hours: int
    account_deletion_days: int
    gift_wrap_minor: int
    gift_wrap_free_categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopPolicy:
    """Everything that a customer can be promised. `zone` and `currency` are the tenant's."""

    zone: str
    currency: str
    orders: OrderPolicy
    returns: ReturnPolicy
    refunds: RefundPolicy
    shipping: ShippingPolicy
    payment: PaymentPolicy
    membership: MembershipPolicy
    invoice: InvoicePolicy
    repair: RepairPolicy
    service: ServicePolicy
