"""Acting on the orders of a small shop, and looking into its tables."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from commerce.confirmations import mint_confirmation
from commerce.domain.actions import Arguments, arguments_from
from commerce.domain.identity import Principal
from commerce.store import Store
from commerce.store.done import Done

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SECRET = b"a secret of tests, long enough to sign"
ANN = Principal("shop", "ann_1")
BOB = Principal("shop", "bob_2")


def wanted(action: str, order_id: str = "#P", **arguments: Any) -> Arguments:
    return arguments_from({"action": action, "order_id": order_id, **arguments})


async def agreed(store: Store, said: Arguments, principal: Principal = ANN, now: datetime = NOW) -> str:
    """A token for what is wanted."""
    token, _ = mint_confirmation(SECRET, principal, await store.propose(principal, said, now), now)
    return token


async def committed(
    store: Store,
    said: Arguments,
    token: str,
    *,
    key: str = "k1",
    principal: Principal = ANN,
    now: datetime = NOW,
) -> Done:
    return await store.commit(principal, said, token, SECRET, key=key, now=now)


async def done(store: Store, said: Arguments, *, key: str = "k1", principal: Principal = ANN) -> Done:
    """Proposed, agreed to and committed."""
    return await committed(store, said, await agreed(store, said, principal), key=key, principal=principal)


async def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    async with store.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def written(store: Store, *statements: str) -> None:
    """By hand, in one transaction."""
    async with store.writing() as connection:
        for statement in statements:
            await connection.execute(text(statement))
