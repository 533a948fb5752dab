"""Where an effect is applied, and to what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from commerce.domain.errors import ConfirmationRefused
from commerce.domain.identity import Principal
from commerce.domain.proposing.facts import Facts
from commerce.store.ownership import Values, named_order, of_one_order


@dataclass(frozen=True, slots=True)
class Applying:
    """To whose order; `facts` are of this transaction, with the order locked. `known` is what
    the account says of its customer, which is masked in free text.
    """

    connection: AsyncConnection
    owner: Principal
    facts: Facts
    action_id: str
    known: tuple[str, ...] = ()

    @property
    def tenant_id(self) -> str:
        return self.owner.tenant_id

    @property
    def order_id(self) -> str:
        return self.facts.order.order_id

    @property
    def named(self) -> Values:
        """The order, for a statement with `of_one_order`."""
        return named_order(self.tenant_id, self.order_id)

    async def one(self, statement: Executable, **values: Any) -> None:
        """A statement that must change exactly one row; `values` are for what it leaves open. Raises ConfirmationRefused."""
        if (await self.connection.execute(statement, self.named | values)).rowcount != 1:
            raise ConfirmationRefused("stale")

    async def add(self, table: Table, **values: Any) -> None:
        """A row that hangs on the order."""
        row = {"tenant_id": self.tenant_id, "order_id": self.order_id, **values}
        await self.connection.execute(insert(table), row)

    async def next_position(self, table: Table) -> int:
        """After the order's rows of `table`."""
        return (await self.connection.scalar(_highest(table), self.named) or 0) + 1


@cache
def _highest(table: Table) -> Select[Any]:
    return select(func.max(table.c.position)).where(of_one_order(table))


def new_id(prefix: str) -> str:
    """Nobody can guess it."""
    return f"{prefix}-{secrets.token_hex(8)}"
