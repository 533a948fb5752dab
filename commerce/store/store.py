"""The store: every part of its interface on one object."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from commerce.domain.errors import StoreNotMigrated
from commerce.store.actions import ActionStore
from commerce.store.audit import AuditStore
from commerce.store.behaviour import BehaviourStore
from commerce.store.catalogue import CatalogueStore
from commerce.store.conversations import ConversationStore
from commerce.store.customers import CustomerStore
from commerce.store.feedback import FeedbackStore
from commerce.store.keys import KeyStore
from commerce.store.knowledge import KnowledgeStore
from commerce.store.migrate import current_revision, head_revision
from commerce.store.models import ModelStore
from commerce.store.order_events import OrderEventStore
from commerce.store.orders import OrderStore
from commerce.store.privacy import PrivacyStore
from commerce.store.revocations import RevocationStore
from commerce.store.tenants import TenantStore


class Store(
    KeyStore,
    TenantStore,
    CustomerStore,
    OrderStore,
    CatalogueStore,
    KnowledgeStore,
    ConversationStore,
    BehaviourStore,
    ModelStore,
    FeedbackStore,
    ActionStore,
    OrderEventStore,
    AuditStore,
    RevocationStore,
    PrivacyStore,
):
    """All that a shop remembers. Every method is asynchronous and may raise StoreUnavailable; values are
    immutable.

    Reads and writes are one transaction each. One object serves a whole process, from one event loop.
    """

    async def check(self) -> None:
        """Raises StoreUnavailable, or StoreNotMigrated when the schema is not that of this version."""
        async with self.reading() as connection:
            found = await connection.run_sync(current_revision)
        if found != head_revision():
            raise StoreNotMigrated(found, head_revision())

    async def aclose(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
