"""Who sends a request, from its API key and the tokens beside it."""

from datetime import UTC, datetime, timedelta

from commerce import tokens
from commerce.domain.identity import ApiKey, ApiKeyRole, Principal
from commerce.domain.revocations import CLOCK_LEEWAY, Revocations
from commerce.tokens import TokenKind
from deployments.demo import PAGE_TTL, is_page_key, page_key
from deployments.errors import Forbidden
from deployments.identity import Limits
from deployments.snapshots import Snapshots


class Authentication:
    """Keys and revocations are the snapshots': no request waits for the database once they are read."""

    def __init__(self, snapshots: Snapshots, secret: bytes, limits: Limits, *, is_demo: bool) -> None:
        self._snapshots = snapshots
        self._secret = secret
        self._is_demo = is_demo
        self._longest = {
            TokenKind.CUSTOMER: timedelta(hours=limits.customer_token_hours),
            TokenKind.AGENT: timedelta(hours=limits.agent_token_hours),
            TokenKind.PAGE: PAGE_TTL,
        }

    async def key(self, value: str) -> ApiKey:
        """The checked key. InvalidCredentials, PageTokenInvalid."""
        # A real shop's browsers hold an API key of the role page, which can be revoked.
        if self._is_demo and is_page_key(value):
            return await self._page_key(value, datetime.now(UTC))
        return await self._snapshots.api_key(value)

    @property
    def longest_customer_token(self) -> timedelta:
        """For how long a customer's token may be good."""
        return self._longest[TokenKind.CUSTOMER]

    async def principal(self, key: ApiKey, customer_token: str | None, agent_token: str | None) -> Principal:
        """The key's shop, with the customer and the agent whose tokens were sent.

        Raises CustomerTokenInvalid and AgentTokenInvalid, and Forbidden for an agent with a browser's key.
        """
        if agent_token is not None and key.role is ApiKeyRole.PAGE:
            raise Forbidden("an X-Agent-Token goes with the shop's own API key, never with a browser's")
        customer_id = await self._subject(key.tenant_id, customer_token, TokenKind.CUSTOMER)
        if customer_id is not None:
            await self._snapshots.require_customer(key.tenant_id, customer_id)
        return Principal(
            key.tenant_id,
            customer_id,
            await self._subject(key.tenant_id, agent_token, TokenKind.AGENT),
        )

    async def _page_key(self, token: str, now: datetime) -> ApiKey:
        claims = tokens.verify_page(token, self._secret, now=now, longest=self._longest[TokenKind.PAGE])
        tokens.require_unrevoked(claims, await self._revocations(claims.tenant_id, now))
        return page_key(claims)

    async def _subject(self, tenant_id: str, token: str | None, kind: TokenKind) -> str | None:
        if token is None:
            return None
        now = datetime.now(UTC)
        claims = tokens.verify(
            token,
            self._secret,
            tenant_id=tenant_id,
            kind=kind,
            now=now,
            longest=self._longest[kind],
            revoked=await self._revocations(tenant_id, now),
        )
        return claims.subject

    async def _revocations(self, tenant_id: str, now: datetime) -> Revocations:
        # What was revoked before has expired since, on either clock.
        return await self._snapshots.revocations(
            tenant_id, now - max(self._longest.values()) - 2 * CLOCK_LEEWAY
        )
