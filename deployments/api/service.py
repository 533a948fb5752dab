"""What the API needs of the gateway behind it."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

from commerce.domain.identity import ApiKey, Principal
from commerce.domain.orders import Order
from commerce.domain.tenants import Tenant
from deployments.chat import Finished
from deployments.contracts import Metrics
from deployments.identity import Limits
from models.types import Passage, SearchRequest, Understood
from routing.flow import Emit


class Service(Protocol):
    """The gateway, as the HTTP API sees it. Methods raise ServingError and CommerceError."""

    @property
    def limits(self) -> Limits:
        """Sizes and counts that are accepted."""
        ...

    @property
    def metrics(self) -> Metrics:
        """Where requests are counted."""
        ...

    async def authenticate(self, key: str) -> ApiKey:
        """The key's tenant and role."""
        ...

    def customer(self, key: ApiKey, token: str | None) -> Principal:
        """The caller: the key's tenant, and the token's customer when there is one."""
        ...

    def turn(
        self, principal: Principal, message: str, conversation_id: str | None, request_id: str
    ) -> AsyncIterator[Emit | Finished]:
        """One chat turn's events."""
        ...

    async def understand(self, texts: list[str]) -> list[Understood]:
        """One reading per text."""
        ...

    async def search(self, request: SearchRequest) -> tuple[Passage, ...]:
        """Articles that answer."""
        ...

    async def order(self, principal: Principal, order_id: str) -> tuple[Order, Tenant]:
        """The caller's own order, and its shop."""
        ...

    async def readiness(self) -> dict[str, Any]:
        """Each part's state; `is_ready` says whether all that is needed works."""
        ...

    async def metrics_text(self) -> str:
        """Every replica's metrics, in Prometheus' text format."""
        ...
