"""`kefu customer`: hand out what is kept of a customer, and forget them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cluster.config import ClusterConfig, resolve_secret
from cluster.options import Overrides, Profile, console, read_config
from commerce.domain.identity import Principal
from commerce.store import Store, open_store

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Export what is kept of a customer, or erase them.")

Tenant = Annotated[str, typer.Option(help="the tenant's id")]
Customer = Annotated[str, typer.Option(help="the customer's id")]


@app.command()
def export(
    tenant: Tenant,
    customer: Customer,
    out: Annotated[Path, typer.Option("--out", help="the JSON file to write, readable by you alone")],
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Write everything that is kept of a customer, by table."""
    from cluster.shop import write_private

    found: dict[str, Any] = _in_store(
        read_config(profile, overrides), lambda store: store.export_customer(_operator(tenant, customer))
    )
    write_private(out, json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    rows = sum(len(value) for value in found.values() if isinstance(value, list))
    console.print(f"{rows} rows of customer {customer} written to {out}", soft_wrap=True, highlight=False)


@app.command()
def erase(
    tenant: Tenant,
    customer: Customer,
    is_agreed: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Forget a customer: conversations and personal data go, orders and money stay in the books. It can't be undone."""
    config = read_config(profile, overrides)
    if not is_agreed:
        typer.confirm(f"Erase customer {customer} of {tenant} for good?", abort=True)
    erased = _in_store(config, lambda store: store.erase_customer(_operator(tenant, customer)))
    told = f"was erased at {erased.at.isoformat()} already" if erased.is_repeat else "is erased"
    console.print(f"customer {customer} {told}", highlight=False)
    if not erased.is_purged:
        console.print(
            "the database's log still holds old pages, since others read: run this again", highlight=False
        )
        raise typer.Exit(1)


@app.command()
def erasures(
    out: Annotated[Path, typer.Option("--out", help="the file to write or replace; it holds ids alone")],
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Write who was erased, of all shops: kefu restore --erasures erases them again after an older backup."""
    from cluster.shop import write_private
    from commerce.portable.erasures import stored_erasures

    found = _in_store(
        read_config(profile, overrides), lambda store: stored_erasures(store, datetime.now(UTC))
    )
    write_private(out, found.model_dump_json(indent=2) + "\n")
    console.print(f"{len(found.erasures)} erasures written to {out}", soft_wrap=True, highlight=False)


def _in_store(config: ClusterConfig, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_store(resolve_secret(config.store_ref)) as store:
            await store.check()
            return await work(store)

    return asyncio.run(run())


def _operator(tenant_id: str, customer_id: str) -> Principal:
    from cluster.shop import shell_operator

    return Principal(tenant_id, customer_id, operator_id=shell_operator())
