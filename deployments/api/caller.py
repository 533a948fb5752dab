"""Who calls, as FastAPI dependencies: the key, the customer; and how long a text may be."""

from typing import Annotated, Any

from fastapi import Depends, Header

from commerce.domain.identity import ApiKey, Principal
from deployments.api.service import Service
from deployments.errors import RequestInvalid, Unauthorised


def key_dependency(service: Service) -> Any:
    """The checked API key of `Authorization: Bearer KEY`."""

    async def key(authorization: Annotated[str | None, Header()] = None) -> ApiKey:
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise Unauthorised("no API key: send the header Authorization: Bearer KEY")
        return await service.authenticate(value.strip())

    return key


def principal_dependency(service: Service) -> Any:
    """The key's shop, and the customer of `X-Customer-Token` where it was sent."""

    async def principal(
        key: Annotated[ApiKey, Depends(key_dependency(service))],
        x_customer_token: Annotated[str | None, Header()] = None,
    ) -> Principal:
        return service.customer(key, x_customer_token)

    return principal


def check_length(service: Service, field: str, text: str) -> None:
    """RequestInvalid for a text over the limit of characters."""
    limit = service.limits.message_characters
    if len(text) > limit:
        raise RequestInvalid(
            field, f"is {len(text)} characters; the limit is {limit}: shorten it or send it in parts"
        )
