"""The shop that a local cluster serves: its database, its secret, its demonstration data and keys."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cluster.config import ClusterConfig, resolve_secret
from cluster.config_error import ConfigError
from commerce import tokens
from commerce.demo.shop import DEMO_TENANT, DemoSeed, DemoSize, seed_demo
from commerce.domain.audit import AuditEntry
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.revocations import Revocation
from commerce.store import Store, migrate, open_store
from commerce.store.url import parse_store_url

_LONGEST_TOKEN: Final = timedelta(days=30)
_AUDIT_PAGE: Final = 1000
_SECRET_BYTES: Final = 48


@dataclass(frozen=True, slots=True)
class ServeFile:
    """What a client on this machine needs while the cluster runs. Written with mode 0600, removed at the end."""

    base_url: str
    api_key: str
    operator_key: str
    agent_token: str
    customer_token: str
    customer_order_ids: tuple[str, ...]
    other_customer_token: str

    def write(self, path: Path) -> None:
        """Write it whole, readable by this user alone."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write `path` whole with mode 0600: never half-written, never readable by others in between."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(partial, path)


def ensure_token_secret(config: ClusterConfig) -> None:
    """Make the token-signing secret on first start, where the configuration keeps it in a file."""
    kind, _, path = config.token_secret_ref.partition(":")
    if kind == "file" and not Path(path).exists():
        write_private(Path(path), secrets.token_urlsafe(_SECRET_BYTES) + "\n")


async def prepare_store(config: ClusterConfig) -> None:
    """Create or upgrade the schema. ConfigError for a URL that is no store's."""
    url = resolve_secret(config.store_ref)
    try:
        parse_store_url(url)
    except ValueError as error:
        raise ConfigError(config.store_ref, (str(error),)) from error
    if config.is_sqlite:
        Path(config.store_ref.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    await migrate(url)


async def seed(config: ClusterConfig, *, reset: bool = False) -> DemoSeed:
    """The demonstration shop; quick when it is there already. DemoSeedConflict when another seed's shop is."""
    demo = config.identity.demo
    async with open_store(resolve_secret(config.store_ref)) as store:
        size = DemoSize(customers=demo.customers, orders=demo.orders)
        return await seed_demo(store, demo.seed, datetime.now(UTC), size=size, reset=reset)


async def import_shop(config: ClusterConfig, path: Path, tenant_id: str) -> dict[str, int]:
    """Load a real shop as another tenant: tau2's file, or ECom-Bench's folder; returns how many rows of each kind.
    ImportInvalid names the field.
    """
    from commerce.importers.ecom_bench import load_ecom_bench
    from commerce.importers.tau2 import load_tau2

    async with open_store(resolve_secret(config.store_ref)) as store:
        if path.is_dir():
            return await load_ecom_bench(store, path, tenant_id, datetime.now(UTC))
        return dict(await load_tau2(store, path, tenant_id))


async def open_doors(config: ClusterConfig, shop: DemoSeed) -> ServeFile:
    """Issue this run's keys and tokens of the demonstration shop."""
    http = config.identity.http
    operator = Principal(shop.tenant_id, operator_id=shell_operator())
    async with open_store(resolve_secret(config.store_ref)) as store:
        api_key = (await store.issue_api_key(operator, ApiKeyRole.SHOP)).value
        operator_key = (await store.issue_api_key(operator, ApiKeyRole.OPERATOR)).value
    return ServeFile(
        base_url=f"http://{http.host}:{http.port}",
        api_key=api_key,
        operator_key=operator_key,
        agent_token=mint(config, shop.tenant_id, "agent-demo", tokens.TokenKind.AGENT),
        customer_token=mint(config, shop.tenant_id, shop.customer_id, tokens.TokenKind.CUSTOMER),
        customer_order_ids=tuple(shop.customer_order_ids),
        other_customer_token=mint(config, shop.tenant_id, shop.other_customer_id, tokens.TokenKind.CUSTOMER),
    )


async def close_doors(config: ClusterConfig, path: Path) -> None:
    """Revoke the keys of the run that wrote `path`, and remove it. Quick when there is none."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    async with open_store(resolve_secret(config.store_ref)) as store:
        await _revoke(store, (written["api_key"], written["operator_key"]))
    path.unlink(missing_ok=True)


async def _revoke(store: Store, keys: tuple[str, ...]) -> None:
    operator = Principal(DEMO_TENANT, operator_id=shell_operator())
    for known in await store.api_keys(DEMO_TENANT):
        if any(key.startswith(known.prefix) for key in keys):
            # The run's own operator key may well be the last.
            await store.revoke_api_key(operator, known.key_id, is_forced=True)


def mint(config: ClusterConfig, tenant_id: str, subject: str, kind: tokens.TokenKind) -> str:
    """A customer's or agent's token, good for 30 days, or for as long as the service accepts one."""
    secret = resolve_secret(config.token_secret_ref).encode()
    limits = config.identity.limits
    hours = limits.agent_token_hours if kind is tokens.TokenKind.AGENT else limits.customer_token_hours
    ttl = min(_LONGEST_TOKEN, timedelta(hours=hours))
    return tokens.mint(
        secret, tenant_id=tenant_id, subject=subject, kind=kind, now=datetime.now(UTC), ttl=ttl
    )


def shell_operator() -> str:
    """Who answers in the audit log for what is done in a shell: whose process this is."""
    return f"shell:{os.getuid()}"


async def revoke_tokens(
    config: ClusterConfig, tenant_id: str, wanted: Revocation, now: datetime
) -> Revocation:
    """Refuse these tokens from now on. TenantNotFound, RevocationInvalid."""
    async with open_store(resolve_secret(config.store_ref)) as store:
        return await store.revoke_tokens(Principal(tenant_id, operator_id=shell_operator()), wanted, now)


async def audit_entries(
    config: ClusterConfig,
    tenant_id: str,
    *,
    order_id: str | None,
    customer_id: str | None,
    since: datetime | None,
) -> list[AuditEntry]:
    """The audit log of a tenant, oldest first. TenantNotFound."""
    found: list[AuditEntry] = []
    async with open_store(resolve_secret(config.store_ref)) as store:
        await store.tenant(tenant_id)
        while True:
            page = await store.audit_entries(
                tenant_id,
                order_id=order_id,
                customer_id=customer_id,
                since=since,
                after=found[-1].entry_id if found else 0,
                limit=_AUDIT_PAGE,
            )
            found += page
            if len(page) < _AUDIT_PAGE:
                return found
