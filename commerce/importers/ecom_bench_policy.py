"""The rules of ECom-Bench's shop. Its data states none but what each product's own notes say: these are what the law of China
gives any customer of an online shop, and otherwise a 0, a rule that the shop does not have.
"""

from __future__ import annotations

from dataclasses import replace

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.orders import OrderState
from commerce.domain.policy import (
    CategoryReturnRule,
    GoodsRequirement,
    OrderPolicy,
    PaymentPolicy,
    ReturnPolicy,
)
from commerce.importers.ecom_bench_goods import CURRENCY
from commerce.importers.ecom_bench_parcels import ZONE
from commerce.importers.ecom_bench_people import METHODS
from commerce.importers.tau2_policy import TAU2_POLICY

ECOM_BENCH_POLICY = replace(
    TAU2_POLICY,
    zone=ZONE,
    currency=CURRENCY,
    orders=OrderPolicy(
        cancel_states=(OrderState.PAID,),
        change_states=(OrderState.PAID,),
        cancel_reasons=tuple(CancelReason),
        max_item_changes=1,
        is_changed_cancellable=True,
    ),
    # Seven days without a reason; fifteen in which what is faulty is taken back or replaced.
    returns=ReturnPolicy(
        default=CategoryReturnRule(
            no_reason_days=7, fault_days=15, requirement=GoodsRequirement.COMPLETE_AND_UNWORN
        )
    ),
    payment=PaymentPolicy(
        methods=tuple(service for service, _ in METHODS.values()),
        unpaid_minutes=0,
        instalment_months=(),
        instalment_from_minor=0,
        has_cash_on_delivery=False,
    ),
)
