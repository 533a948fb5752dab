"""A shop's API keys, looked after by its operators."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel

from commerce.domain.access import Permission, Role, may_confer
from commerce.domain.identity import ApiKey, ApiKeyRole, Principal
from deployments.api import schemas
from deployments.api.caller import key_dependency, key_roles
from deployments.api.service import Service
from deployments.errors import Forbidden

KeyId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class KeyRequest(schemas.Request):
    """What the key is for: `page` for a browser, `shop` for the shop's back end, `operator`."""

    role: ApiKeyRole


class KeyOut(BaseModel):
    """A key by its id and its readable beginning. `revoked_at` null: it is valid."""

    key_id: str
    prefix: str
    role: ApiKeyRole
    issued_at: datetime
    revoked_at: datetime | None


class IssuedKeyOut(KeyOut):
    """`key` is the key itself. It is told this once."""

    key: str


class KeysOut(BaseModel):
    """Oldest first, revoked ones too."""

    keys: list[KeyOut]


def add_keys(app: FastAPI, service: Service) -> None:
    """Add `/v1/keys`."""
    operator_key = key_dependency(service, Permission.MANAGE_KEYS)

    @app.get("/v1/keys", tags=["keys"], response_model=KeysOut)
    async def keys(caller: Annotated[ApiKey, Depends(operator_key)]) -> KeysOut:
        """The shop's API keys; never a key itself. Needs an operator key."""
        return KeysOut(keys=[_told(key) for key in await service.api_keys(caller.tenant_id)])

    @app.post("/v1/keys", tags=["keys"], status_code=201, response_model=IssuedKeyOut)
    async def issue(
        body: KeyRequest,
        request: Request,
        response: Response,
        caller: Annotated[ApiKey, Depends(operator_key)],
    ) -> IssuedKeyOut:
        """Issue a key, which is told this once. Needs an operator key."""
        if not may_confer(key_roles(caller), Role(body.role.value)):
            raise Forbidden(f"a key of the role {body.role.value} may do more than yours")
        issued = await service.issue_api_key(_operator(caller), body.role, request.state.request_id)
        response.headers["Cache-Control"] = "no-store"
        return IssuedKeyOut(**dict(_told(issued.key)), key=issued.value)

    @app.delete("/v1/keys/{key_id}", tags=["keys"], response_model=KeyOut)
    async def revoke(
        key_id: KeyId, request: Request, caller: Annotated[ApiKey, Depends(operator_key)]
    ) -> KeyOut:
        """Refuse a key for good; every replica follows within the poll interval. Needs an operator key.

        The shop's last operator key is not revoked here (409).
        """
        return _told(await service.revoke_api_key(_operator(caller), key_id, request.state.request_id))


def _operator(key: ApiKey) -> Principal:
    return Principal(key.tenant_id, operator_id=key.prefix)


def _told(key: ApiKey) -> KeyOut:
    return KeyOut(
        key_id=key.key_id,
        prefix=key.prefix,
        role=key.role,
        issued_at=key.created_at,
        revoked_at=key.revoked_at,
    )
