"""A shop's policy, read and replaced by its operators."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from pydantic import BaseModel

from commerce.domain.access import Permission
from commerce.domain.errors import PolicyInvalid
from commerce.domain.identity import ApiKey
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_codec import policy_digest, policy_from_json, policy_to_json
from deployments.api import schemas
from deployments.api.caller import key_dependency
from deployments.api.service import Service
from deployments.errors import RequestInvalid

IfMatch = Annotated[
    str | None,
    Header(
        description="the ETag of the policy that was read: it is refused where another was set since",
        pattern=r'^"[0-9a-f]{64}"$',
    ),
]


class PolicyRequest(schemas.Request):
    """The whole policy, with every field."""

    policy: dict[str, Any]


class PolicyOut(BaseModel):
    """The whole policy. The header ETag names it."""

    policy: dict[str, Any]


def add_policy(app: FastAPI, service: Service) -> None:
    """Add `/v1/policy`."""
    key = key_dependency(service, Permission.EDIT_POLICY)

    @app.get("/v1/policy", tags=["policy"], response_model=PolicyOut)
    async def policy(response: Response, caller: Annotated[ApiKey, Depends(key)]) -> PolicyOut:
        """The shop's rules. Needs an operator key."""
        return _told(response, await service.policy(caller))

    @app.put("/v1/policy", tags=["policy"], response_model=PolicyOut)
    async def put_policy(
        body: PolicyRequest,
        request: Request,
        response: Response,
        caller: Annotated[ApiKey, Depends(key)],
        if_match: IfMatch = None,
    ) -> PolicyOut:
        """Replace the shop's rules; every replica follows within the poll interval. Needs an operator key."""
        try:
            wanted = policy_from_json(body.policy)
        except PolicyInvalid as error:
            raise RequestInvalid(error.field, error.problem) from None
        replaces = None if if_match is None else if_match.strip('"')
        await service.put_policy(caller, wanted, replaces, request.state.request_id)
        return _told(response, wanted)


def _told(response: Response, policy: ShopPolicy) -> PolicyOut:
    response.headers["ETag"] = f'"{policy_digest(policy)}"'
    return PolicyOut(policy=policy_to_json(policy))
