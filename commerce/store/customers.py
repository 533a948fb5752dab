"""Customers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from commerce.domain.customers import Address, Customer, MemberLevel
from commerce.domain.errors import CustomerNotFound
from commerce.store.connection import Connected
from commerce.store.tables import addresses, customers


class CustomerStore(Connected):
    async def customer(self, tenant_id: str, customer_id: str) -> Customer:
        """With their addresses, the default one first. Raises CustomerNotFound."""
        mine = (customers.c.tenant_id == tenant_id) & (customers.c.customer_id == customer_id)
        homes = (
            select(addresses)
            .where(addresses.c.tenant_id == tenant_id, addresses.c.customer_id == customer_id)
            .order_by(addresses.c.is_default.desc(), addresses.c.address_id)
        )
        async with self.reading() as connection:
            row = (await connection.execute(select(customers).where(mine))).one_or_none()
            if row is None:
                raise CustomerNotFound(customer_id)
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
