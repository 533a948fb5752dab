"""A second shop for dialogues: the demonstration shop's goods and words under stricter rules, which ask for more."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import insert, select

from benchmarks.in_process.shops import DEMO, Shop
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.policy import CategoryReturnRule, GoodsRequirement
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.store import Store
from commerce.store.tables import catalogue_terms
from commerce.store.tenants import insert_tenant

_POLICY: Final = replace(
    DEMO_POLICY,
    orders=replace(
        DEMO_POLICY.orders,
        # It wants to know why.
        cancel_reasons=(CancelReason.NO_LONGER_NEEDED, CancelReason.ORDERED_BY_MISTAKE),
        is_changed_cancellable=False,
    ),
    returns=replace(
        DEMO_POLICY.returns,
        # It takes back what was opened, and keeps a part of the price.
        default=CategoryReturnRule(
            no_reason_days=7, fault_days=7, requirement=GoodsRequirement.UNOPENED, opened_fee_percent=10
        ),
        categories={},
    ),
)


async def _load(store: Store, shop: Shop) -> object:
    """Raises TenantExists. The demonstration shop is there before it."""
    tenant = Tenant(
        shop.tenant_id, LocalText("严选商店", "The Strict Store"), "zh-CN", _POLICY.zone, _POLICY.currency, {}
    )
    async with store.writing() as connection:
        await insert_tenant(connection, tenant, _POLICY)
        words = await connection.execute(
            select(catalogue_terms).where(catalogue_terms.c.tenant_id == DEMO.tenant_id)
        )
        copied = [{**row._mapping, "tenant_id": shop.tenant_id} for row in words]
        await connection.execute(insert(catalogue_terms), copied)
    return tenant


STRICT: Final = Shop("strict", DEMO.now, None, _load)
