"""For operators: the audit log, and tokens that are no longer good."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.domain.access import Permission
from commerce.domain.identity import ApiKey, Principal
from commerce.domain.instants import Instant
from commerce.domain.revocations import ALL_PAGES, Revocation, RevocationScope
from deployments.api import schemas
from deployments.api.caller import key_dependency
from deployments.api.service import Service

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
EntityId = Annotated[str, Field(min_length=1, max_length=64, pattern=_PRINTABLE)]


class AuditEntryOut(BaseModel):
    """One thing that was done: by whom (`customer:ID`, `agent:ID`, `operator:ID`), to whose, and by which rules (`why`)."""

    entry_id: int
    at: datetime
    caller: str
    customer_id: str | None
    what: str
    entity_id: str
    why: str
    request_id: str | None


class AuditOut(BaseModel):
    """Oldest first. `next_after` begins the next page, as `after`; null: this was the last one."""

    entries: list[AuditEntryOut]
    next_after: int | None


class RevokeRequest(schemas.Request):
    """One of `customer_id`, `agent_id`, `pages` (all that the chat page was given) and `jti`. `before`, for all but `jti`:
    tokens issued until then; default: now.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"customer_id": "C000001"},
                {"agent_id": "agent-7", "before": "2026-11-22T08:00:00Z"},
                {"pages": True},
                {"jti": "…"},
            ]
        },
    )

    customer_id: EntityId | None = None
    agent_id: EntityId | None = None
    pages: Literal[True] | None = None
    jti: Annotated[str, Field(min_length=1, max_length=100, pattern=_PRINTABLE)] | None = None
    before: Instant | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "RevokeRequest":
        if sum(each is not None for each in (self.customer_id, self.agent_id, self.pages, self.jti)) != 1:
            raise ValueError("give one of customer_id, agent_id, pages and jti")
        if self.jti is not None and self.before is not None:
            raise ValueError(
                "before is for customer_id, agent_id and pages; a jti is one token, whenever it was issued"
            )
        return self

    def revocation(self, now: datetime) -> Revocation:
        """What is asked for, at `now`."""
        named = (
            (RevocationScope.CUSTOMER, self.customer_id),
            (RevocationScope.AGENT, self.agent_id),
            (RevocationScope.PAGE, self.pages and ALL_PAGES),
            (RevocationScope.TOKEN, self.jti),
        )
        scope, entity_id = next((scope, entity_id) for scope, entity_id in named if entity_id is not None)
        return Revocation(scope, entity_id, self.before or now)


class RevokedOut(BaseModel):
    """What holds now. Replicas refuse the tokens within the change log's interval; new ones are good half a minute after
    `not_before`, since clocks differ.
    """

    scope: RevocationScope
    entity_id: str
    not_before: datetime


def add_operators(app: FastAPI, service: Service) -> None:
    """Add `/v1/audit` and `/v1/tokens/revoke`."""

    @app.get("/v1/audit", tags=["operations"], response_model=AuditOut)
    async def audit(
        key: Annotated[ApiKey, Depends(key_dependency(service, Permission.READ_AUDIT))],
        order_id: Annotated[str | None, Query(min_length=1, max_length=100, pattern=_PRINTABLE)] = None,
        customer_id: Annotated[str | None, Query(min_length=1, max_length=64, pattern=_PRINTABLE)] = None,
        since: Annotated[Instant | None, Query(description="an instant with its zone")] = None,
        after: Annotated[int, Query(ge=0, lt=2**63, description="the last page's next_after")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> AuditOut:
        """Who did what to whose and why. Needs an operator key."""
        # One more than asked for says whether there is a next page.
        found = await service.audit(
            key.tenant_id,
            order_id=order_id,
            customer_id=customer_id,
            since=since,
            after=after,
            limit=limit + 1,
        )
        shown = found[:limit]
        return AuditOut.model_validate(
            {"entries": shown, "next_after": shown[-1].entry_id if len(found) > limit else None},
            from_attributes=True,
        )

    @app.post("/v1/tokens/revoke", tags=["operations"], response_model=RevokedOut)
    async def revoke(
        body: RevokeRequest,
        request: Request,
        key: Annotated[ApiKey, Depends(key_dependency(service, Permission.REVOKE_TOKENS))],
    ) -> RevokedOut:
        """Refuse a token, or all that a customer, an agent or the shop's pages have. Needs an operator key."""
        operator, now = Principal(key.tenant_id, operator_id=key.prefix), datetime.now(UTC)
        made = await service.revoke_tokens(operator, body.revocation(now), now, request.state.request_id)
        return RevokedOut(scope=made.scope, entity_id=made.entity_id, not_before=made.not_before)
