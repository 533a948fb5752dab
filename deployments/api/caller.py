"""Who calls, and whether they may, as FastAPI dependencies; and how long a text may be."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header

from commerce.domain.access import ALLOWED, Permission, Role, may
from commerce.domain.errors import CustomerNotFound, CustomerRequired
from commerce.domain.identity import ApiKey, Principal
from deployments.api.service import Service
from deployments.errors import Forbidden, RequestInvalid, Unauthorised

MOST_EXPLAINED: Final = 8
MOST_EXPLAINED_CHARACTERS: Final = 500

_BY_TOKEN: Final = frozenset({Role.CUSTOMER, Role.AGENT})
_OPERATORS: Final = "this needs an operator key"
_NEEDED: Final[Mapping[Permission, str]] = {
    Permission.TEACH: "this needs a shop's or an operator's key",
    Permission.TELL_OF_ORDERS: "this needs a shop's or an operator's key",
    Permission.EDIT_KNOWLEDGE: "this needs an operator key, or the shop's key with an X-Agent-Token",
    Permission.READ_ANY_CUSTOMER: "this needs the customer's own X-Customer-Token, or the shop's API key",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's sender: the API key, and whom the tokens beside it name."""

    key: ApiKey
    principal: Principal

    @property
    def roles(self) -> frozenset[Role]:
        """All that the key and the tokens make of them."""
        named = {Role.CUSTOMER: self.principal.customer_id, Role.AGENT: self.principal.agent_id}
        return key_roles(self.key) | {role for role, subject in named.items() if subject is not None}

    def require_customer(self, customer_id: str) -> None:
        """A customer's token narrows whoever sends it to that customer: CustomerNotFound for another. Without one, Forbidden
        for a browser's key.
        """
        if self.principal.customer_id is None:
            require(self.roles, Permission.READ_ANY_CUSTOMER)
        elif self.principal.customer_id != customer_id:
            raise CustomerNotFound(customer_id)


def key_roles(key: ApiKey) -> frozenset[Role]:
    """What the key alone makes of who sends it."""
    return frozenset({Role(key.role.value)})


def require(roles: Set[Role], permission: Permission) -> None:
    """CustomerRequired where a token is missing, Forbidden where the key is another's."""
    if may(roles, permission):
        return
    if ALLOWED[permission] <= _BY_TOKEN:
        raise CustomerRequired
    raise Forbidden(_NEEDED.get(permission, _OPERATORS))


def key_dependency(service: Service, permission: Permission = Permission.CONVERSE) -> Any:
    """The checked API key of `Authorization: Bearer KEY`, where the key alone has the permission."""

    async def key(authorization: Annotated[str | None, Header()] = None) -> ApiKey:
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise Unauthorised("no API key: send the header Authorization: Bearer KEY")
        checked = await service.authenticate(value.strip())
        require(key_roles(checked), permission)
        return checked

    return key


def caller_dependency(service: Service, permission: Permission = Permission.CONVERSE) -> Any:
    """The key, with the customer of `X-Customer-Token` and the agent of `X-Agent-Token` where they were sent, if they have
    the permission.
    """

    async def caller(
        key: Annotated[ApiKey, Depends(key_dependency(service))],
        x_customer_token: Annotated[
            str | None, Header(description="signed by the shop for one customer")
        ] = None,
        x_agent_token: Annotated[
            str | None,
            Header(
                description="signed by the shop for a person of its service team; with the shop's API key"
            ),
        ] = None,
    ) -> Caller:
        found = Caller(key, await service.principal(key, x_customer_token, x_agent_token))
        require(found.roles, permission)
        return found

    return caller


def principal_dependency(service: Service, permission: Permission = Permission.CONVERSE) -> Any:
    """Whom the request is for, as the store takes it."""

    async def principal(
        caller: Annotated[Caller, Depends(caller_dependency(service, permission))],
    ) -> Principal:
        return caller.principal

    return principal


def check_length(service: Service, field: str, text: str) -> None:
    """RequestInvalid for a text over the limit of characters."""
    limit = service.limits.message_characters
    if len(text) > limit:
        raise RequestInvalid(
            field, f"is {len(text)} characters; the limit is {limit}: shorten it or send it in parts"
        )


def check_explainable(key: ApiKey, texts: Sequence[str]) -> None:
    """Explanations quote training messages and cost as much as a hundred readings: few, of short texts, for the shop."""
    require(key_roles(key), Permission.TEACH)
    if len(texts) > MOST_EXPLAINED:
        raise RequestInvalid("texts", f"are {len(texts)}; with explain at most {MOST_EXPLAINED}")
    for number, text in enumerate(texts):
        if len(text) > MOST_EXPLAINED_CHARACTERS:
            problem = f"is {len(text)} characters; with explain at most {MOST_EXPLAINED_CHARACTERS}"
            raise RequestInvalid(f"texts.{number}", problem)
