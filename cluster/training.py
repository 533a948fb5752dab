"""Trains what a shop's own data teaches, publishes it as an immutable folder, and promotes it: replicas load it at once."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cluster.config import ClusterConfig, resolve_secret
from commerce.domain.tenants import ModelKind
from commerce.store import Store, open_store
from deployments.behaviour import interaction, item
from models.artifacts import publish

Report = Callable[[str, float | None], None]
SEED: Final = 0
_ON_EVENTS: Final = (ModelKind.SEGMENTATION, ModelKind.RECOMMENDATION)


@dataclass(frozen=True, slots=True)
class Trained:
    """A promoted model: `card` is what its training says of itself."""

    kind: ModelKind
    tenant_id: str
    version: str
    url: str
    card: dict[str, Any]


async def train(
    config: ClusterConfig, tenant_id: str, kind: ModelKind, report: Report, seed: int = SEED
) -> Trained:
    """Train that kind on the tenant's events up to now, and promote it. TenantNotFound, StoreError, ModelError."""
    async with open_store(resolve_secret(config.store_ref)) as store:
        await store.tenant(tenant_id)
        return await _train(config, store, tenant_id, kind, report, seed, None)


async def train_missing(config: ClusterConfig, report: Report, as_of: datetime | None = None) -> None:
    """Train whatever a tenant has no promoted model of: at a first start, or after a shop was imported.

    `as_of` is when that is; None: now.
    """
    async with open_store(resolve_secret(config.store_ref)) as store:
        for tenant in await store.tenants():
            for kind in _ON_EVENTS:
                if await store.promoted_model(tenant.tenant_id, kind) is None:
                    await _train(config, store, tenant.tenant_id, kind, report, SEED, as_of)


async def _train(
    config: ClusterConfig,
    store: Store,
    tenant_id: str,
    kind: ModelKind,
    report: Report,
    seed: int,
    as_of: datetime | None,
) -> Trained:
    report(f"{kind.value} of {tenant_id}: reading events", None)
    as_of = as_of or datetime.now(UTC)
    interactions = [interaction(event) for event in await store.behaviour_events(tenant_id)]
    items = [item(product) for product in await store.products(tenant_id)]
    report(f"{kind.value} of {tenant_id}: training on {len(interactions)} events", None)
    root = f"{config.artifacts_url}/{kind.value}/{tenant_id}"

    def fit() -> tuple[str, str, dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="kefu-train-") as scratch:
            folder = Path(scratch)
            if kind is ModelKind.SEGMENTATION:
                from models.segmentation.train import train as train_segmentation

                card = train_segmentation(interactions, as_of, seed, folder).as_json()
            else:
                from models.recommendation.train import train as train_recommendation

                card = train_recommendation(interactions, items, as_of, seed, folder).as_json()
            published = publish(folder, root)
        return published.version, published.url, card

    version, url, card = await asyncio.to_thread(fit)
    await store.promote_model(tenant_id, kind, version, url)
    report(f"{kind.value} of {tenant_id}: promoted {version[:12]}", None)
    return Trained(kind, tenant_id, version, url, card)
