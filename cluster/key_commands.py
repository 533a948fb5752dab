"""`kefu key`: a shop's API keys."""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any

import typer

from cluster.options import Overrides, Profile, console, error_console
from cluster.shop import shell_operator
from cluster.store_commands import ShopOption, opened
from commerce.domain.identity import ApiKey, ApiKeyRole, IssuedKey, Principal

app = typer.Typer(no_args_is_help=True, help="A shop's API keys: issue, list, revoke.")


@app.command()
def issue(
    tenant: ShopOption,
    role: Annotated[
        ApiKeyRole,
        typer.Option(
            help="page: for a browser; shop: for the back end; operator: also policy, keys, metrics, raw engines"
        ),
    ],
    is_json: Annotated[bool, typer.Option("--json", help="as one JSON object")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Issue an API key of a shop. It is shown this once: the store keeps its hash."""

    async def work() -> IssuedKey:
        async with opened(profile, overrides) as store:
            return await store.issue_api_key(_operator(tenant), role)

    issued = asyncio.run(work())
    typer.echo(json.dumps({**_shown(issued.key), "key": issued.value}) if is_json else issued.value)
    # Beside the key, so that a script reads the key alone.
    error_console.print(
        f"{role.value} key {issued.key.key_id} of tenant {tenant}: keep it now, it is not shown again",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


@app.command("list")
def list_(
    tenant: ShopOption,
    is_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """A shop's keys by id and prefix, oldest first, revoked ones too. A key itself can't be shown again."""

    async def work() -> tuple[ApiKey, ...]:
        async with opened(profile, overrides) as store:
            await store.tenant(tenant)
            return await store.api_keys(tenant)

    for key in asyncio.run(work()):
        if is_json:
            typer.echo(json.dumps(_shown(key)))
        else:
            console.print(_told(key), soft_wrap=True, highlight=False, markup=False)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="what kefu key list shows first")],
    tenant: ShopOption,
    is_forced: Annotated[bool, typer.Option("--force", help="even the shop's last operator key")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Refuse a key for good. Running replicas follow within the poll interval; the audit log has it."""

    async def work() -> ApiKey:
        async with opened(profile, overrides) as store:
            return await store.revoke_api_key(_operator(tenant), key_id, is_forced=is_forced)

    console.print(_told(asyncio.run(work())), soft_wrap=True, highlight=False, markup=False)


def _operator(tenant_id: str) -> Principal:
    return Principal(tenant_id, operator_id=shell_operator())


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "prefix": key.prefix,
        "role": key.role.value,
        "issued_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
    }


def _told(key: ApiKey) -> str:
    end = "valid" if key.revoked_at is None else f"revoked {_second(key.revoked_at)}"
    return f"{key.key_id}  {key.prefix:<24}  {key.role.value:<8}  issued {_second(key.created_at)}  {end}"


def _second(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z"
