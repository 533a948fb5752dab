"""Customers."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.customers import Address, Customer, MemberLevel
from commerce.domain.errors import CustomerNotFound, CustomerTokenInvalid
from commerce.domain.identity import Principal
from commerce.store.connection import Connected, lock_name_until_commit
from commerce.store.ownership import named_customer, of_one_customer, own
from commerce.store.tables import addresses, customers

_ACCOUNT: Final = select(customers.c.name, customers.c.email, customers.c.phone, customers.c.erased_at).where(
    of_one_customer(customers)
)
_LOCKED_ACCOUNT: Final = _ACCOUNT.with_for_update(read=True)
_HOMES: Final = select(addresses.c.recipient, addresses.c.phone, addresses.c.street).where(
    of_one_customer(addresses)
)


class CustomerStore(Connected):
    async def customer(self, principal: Principal) -> Customer:
        """The caller's customer with their addresses, the default one first. Raises CustomerRequired, CustomerNotFound."""
        known = select(customers).where(own(principal, customers))
        homes = (
            select(addresses)
            .where(own(principal, addresses))
            .order_by(addresses.c.is_default.desc(), addresses.c.address_id)
        )
        async with self.reading() as connection:
            row = (await connection.execute(known)).one_or_none()
            if row is None:
                raise CustomerNotFound(str(principal.customer_id))
            home_rows = (await connection.execute(homes)).all()
        return Customer(
            customer_id=row.customer_id,
            name=row.name,
            email=row.email,
            phone=row.phone,
            language=row.language,
            level=MemberLevel(row.level),
            is_plus=row.is_plus,
            points=row.points,
            registered_at=row.registered_at,
            addresses=tuple(_address(home) for home in home_rows),
            attributes=row.attributes,
        )

    async def personal_facts(self, principal: Principal) -> tuple[str, ...]:
        """What the account says of them, for masking; nothing of nobody. Raises CustomerTokenInvalid for an erased one."""
        async with self.reading() as connection:
            return await personal_facts(connection, principal, is_locked=False)

    async def erased_customers(self, tenant_id: str) -> frozenset[str]:
        """Whose tokens are refused."""
        query = select(customers.c.customer_id).where(
            customers.c.tenant_id == tenant_id, customers.c.erased_at.is_not(None)
        )
        async with self.reading() as connection:
            return frozenset((await connection.execute(query)).scalars())


async def personal_facts(
    connection: AsyncConnection, principal: Principal, *, is_locked: bool
) -> tuple[str, ...]:
    """In the caller's transaction; `is_locked` keeps an erasure off until that ends. A customer without an account has none.
    Raises CustomerTokenInvalid for an erased one: nothing more is written of them.
    """
    if principal.customer_id is None:
        return ()
    whose = named_customer(principal)
    query = _LOCKED_ACCOUNT if is_locked else _ACCOUNT
    row = (await connection.execute(query, whose)).one_or_none()
    if row is None and is_locked:
        await lock_absent_customer(connection, principal, is_shared=True)
        row = (await connection.execute(query, whose)).one_or_none()
    if row is None:
        return ()
    if row.erased_at is not None:
        raise CustomerTokenInvalid("erased")
    found = [row.name, row.email, row.phone]
    for home in await connection.execute(_HOMES, whose):
        found += home
    return tuple(dict.fromkeys(fact for fact in found if fact))


async def lock_absent_customer(connection: AsyncConnection, principal: Principal, *, is_shared: bool) -> None:
    """In the place of the row of a customer who has none: an erasure waits for who writes of them, and the other way round.
    Read again for a row then: an erasure leaves one.
    """
    name = f"customer {principal.tenant_id} {principal.customer_id}"
    await lock_name_until_commit(connection, name, is_shared=is_shared)


def _address(row: Row[Any]) -> Address:
    return Address(
        address_id=row.address_id,
        recipient=row.recipient,
        phone=row.phone,
        region=row.region,
        city=row.city,
        district=row.district,
        street=row.street,
        postcode=row.postcode,
        country=row.country,
        is_default=row.is_default,
    )
