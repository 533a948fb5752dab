"""What is kept of a customer, handed out, and forgotten."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from commerce.domain.access import Permission
from commerce.domain.identity import ApiKey, Principal
from deployments.api.caller import Caller, caller_dependency, key_dependency, require
from deployments.api.customers import CustomerId
from deployments.api.service import Service


class ErasedOut(BaseModel):
    """`is_repeat`: they had been erased at `erased_at`, and nothing was left to do. Not `is_purged`: the database's log still
    holds old pages, since others read meanwhile; send it again.
    """

    customer_id: str
    erased_at: datetime
    is_repeat: bool
    is_purged: bool


def add_privacy(app: FastAPI, service: Service) -> None:
    """Add `/v1/customers/{customer_id}/export` and `/erase`."""
    caller_of = caller_dependency(service)
    eraser = key_dependency(service, Permission.ERASE_CUSTOMERS)

    @app.get("/v1/customers/{customer_id}/export", tags=["customers"])
    async def export(
        customer_id: CustomerId, caller: Annotated[Caller, Depends(caller_of)]
    ) -> dict[str, Any]:
        """Everything that is kept of the customer, by table. With the customer's own token, or an operator's key."""
        if caller.principal.customer_id is None:
            require(caller.roles, Permission.EXPORT_ANY_CUSTOMER)
            return await service.export_customer(_operator(caller.key, customer_id))
        caller.require_customer(customer_id)
        return await service.export_customer(caller.principal)

    @app.post("/v1/customers/{customer_id}/erase", tags=["customers"], response_model=ErasedOut)
    async def erase(customer_id: CustomerId, caller: Annotated[ApiKey, Depends(eraser)]) -> ErasedOut:
        """Forget the customer: orders and money stay in the books, without who it was. Their tokens are refused from then on.

        Needs an operator's key. Refused with 409 while an order of theirs is under way or a case open.
        """
        found = await service.erase_customer(_operator(caller, customer_id))
        return ErasedOut(
            customer_id=found.customer_id,
            erased_at=found.at,
            is_repeat=found.is_repeat,
            is_purged=found.is_purged,
        )


def _operator(key: ApiKey, customer_id: str) -> Principal:
    return Principal(key.tenant_id, customer_id, operator_id=key.prefix)
