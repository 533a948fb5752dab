"""`kefu token revoke` and `kefu audit`: tokens that are no longer good, and who did what."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from cluster.options import Overrides, Profile, console, read_config
from commerce.domain.audit import AuditEntry
from commerce.domain.revocations import ALL_PAGES, Revocation, RevocationScope

Tenant = Annotated[str, typer.Option("--tenant", help="the tenant's id")]
_INSTANTS = ["%Y-%m-%dT%H:%M:%S%z"]


def revoke(
    tenant: Tenant,
    customer: Annotated[str | None, typer.Option(help="all tokens of this customer")] = None,
    agent: Annotated[str | None, typer.Option(help="all tokens of this agent")] = None,
    is_pages: Annotated[
        bool, typer.Option("--pages", help="all tokens that the demonstration shop's chat page was given")
    ] = False,
    jti: Annotated[str | None, typer.Option(help="the one token with this jti")] = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            formats=_INSTANTS,
            help="only those issued until then, with its zone: 2026-11-22T08:00:00+0800; default: now",
        ),
    ] = None,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Refuse tokens that have not expired. A running service follows within its poll interval, a quarter of a second."""
    from cluster import shop

    now = datetime.now(UTC)
    wanted = _wanted(customer, agent, is_pages, jti, before, now)
    made = asyncio.run(shop.revoke_tokens(read_config(profile, overrides), tenant, wanted, now))
    told = f"{made.scope.value} {made.entity_id}: refused where issued before {made.not_before.isoformat(timespec='seconds')}"
    console.print(told, soft_wrap=True, highlight=False, markup=False)


def _wanted(
    customer: str | None,
    agent: str | None,
    is_pages: bool,
    jti: str | None,
    before: datetime | None,
    now: datetime,
) -> Revocation:
    given = [
        (scope, entity_id)
        for scope, entity_id in (
            (RevocationScope.CUSTOMER, customer),
            (RevocationScope.AGENT, agent),
            (RevocationScope.PAGE, ALL_PAGES if is_pages else None),
            (RevocationScope.TOKEN, jti),
        )
        if entity_id
    ]
    if len(given) != 1:
        raise typer.BadParameter("give one of --customer ID, --agent ID, --pages and --jti J")
    (scope, entity_id) = given[0]
    if before is not None and scope is RevocationScope.TOKEN:
        raise typer.BadParameter("--before is for --customer, --agent and --pages; a jti is one token")
    return Revocation(scope, entity_id, before or now)


def audit(
    tenant: Tenant,
    order: Annotated[str | None, typer.Option(help="only what was done to this order")] = None,
    customer: Annotated[str | None, typer.Option(help="only what was done to this customer's")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=_INSTANTS, help="an instant with its zone: 2026-11-22T08:00:00+0800"),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Who did what to whose, when and by which rules, oldest first."""
    from cluster import shop

    config = read_config(profile, overrides)
    entries = asyncio.run(
        shop.audit_entries(config, tenant, order_id=order, customer_id=customer, since=since)
    )
    if is_json:
        for entry in entries:
            typer.echo(json.dumps({**asdict(entry), "at": entry.at.isoformat()}, ensure_ascii=False))
        return
    for entry in entries:
        console.print(_told(entry), soft_wrap=True, highlight=False, markup=False)


def _told(entry: AuditEntry) -> str:
    whose = f" of customer {entry.customer_id}" if entry.customer_id else ""
    return f"{entry.at:%Y-%m-%d %H:%M:%S}Z {entry.caller} {entry.what} {entry.entity_id}{whose}: {entry.why}"
