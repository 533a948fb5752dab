"""What the benchmark's retail policy says, as far as it says it. A 0 is a rule that the shop does not
have.
"""

from __future__ import annotations

from datetime import time

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.orders import OrderState
from commerce.domain.policy import (
    CategoryReturnRule,
    DeliveryTime,
    GoodsRequirement,
    InvoicePolicy,
    MembershipPolicy,
    OrderPolicy,
    PaymentPolicy,
    RefundPolicy,
    RepairPolicy,
    ReturnPolicy,
    ServicePolicy,
    ShippingPolicy,
    ShopPolicy,
)

_NO_TIME = DeliveryTime(0, 0)

TAU2_POLICY = ShopPolicy(
    zone="America/New_York",
    currency="USD",
    # Processed orders can't be touched any more, and one whose items were changed neither.
    orders=OrderPolicy(
        cancel_states=(OrderState.PAID,),
        change_states=(OrderState.PAID,),
        cancel_reasons=(CancelReason.NO_LONGER_NEEDED, CancelReason.ORDERED_BY_MISTAKE),
        max_item_changes=1,
        is_changed_cancellable=False,
    ),
    # Delivered goods go back at any time, in any state, once.
    returns=ReturnPolicy(
        default=CategoryReturnRule(no_reason_days=None, fault_days=None, requirement=GoodsRequirement.NONE)
    ),
    # Gift cards at once, everything else in 5 to 7 business days.
    refunds=RefundPolicy(
        review_hours=0,
        inspection_working_days=0,
        payment_working_days=0,
        wallet_hours=0,
        card_min_days=5,
        card_max_days=7,
        price_protection_days=0,
        goodwill_max_minor=0,
    ),
    shipping=ShippingPolicy(
        free_from_minor=0,
        fee_minor=0,
        remote_fee_minor=0,
        remote_regions=(),
        metro_regions=(),
        excluded_regions=(),
        cutoff=time(0, 0),
        metro=_NO_TIME,
        other=_NO_TIME,
        remote=_NO_TIME,
        late_after_hours=0,
        late_coupon_minor=0,
    ),
    payment=PaymentPolicy(
        methods=("gift_card", "paypal", "credit_card"),
        unpaid_minutes=0,
        instalment_months=(),
        instalment_from_minor=0,
        has_cash_on_delivery=False,
    ),
    membership=MembershipPolicy(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    invoice=InvoicePolicy(0, 0, 0),
    repair=RepairPolicy({}, 0, 0),
    service=ServicePolicy(time(0, 0), time(0, 0), 0, 0, 0),
)
