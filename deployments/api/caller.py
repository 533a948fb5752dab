"""Who calls, as FastAPI dependencies: the key, the customer; and how long a text may be."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, Header

from commerce.domain.identity import ApiKey, ApiKeyRole, Principal
from deployments.api.service import Service
from deployments.errors import Forbidden, RequestInvalid, Unauthorised

MOST_EXPLAINED: Final = 8
MOST_EXPLAINED_CHARACTERS: Final = 500


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


def require_shop(key: ApiKey) -> None:
    """Forbidden for a browser's key, which reads nothing of any customer and teaches nothing."""
    if key.role is ApiKeyRole.PAGE:
        raise Forbidden("this needs a shop's or an operator's key")


def check_explainable(key: ApiKey, texts: Sequence[str]) -> None:
    """Explanations quote training messages and cost as much as a hundred readings: few, of short texts, for the shop."""
    require_shop(key)
    if len(texts) > MOST_EXPLAINED:
        raise RequestInvalid("texts", f"are {len(texts)}; with explain at most {MOST_EXPLAINED}")
    for number, text in enumerate(texts):
        if len(text) > MOST_EXPLAINED_CHARACTERS:
            problem = f"is {len(text)} characters; with explain at most {MOST_EXPLAINED_CHARACTERS}"
            raise RequestInvalid(f"texts.{number}", problem)
