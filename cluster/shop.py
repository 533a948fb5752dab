"""The shop that a local cluster serves: its database, its secret, its demonstration data and keys."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cluster.config import ClusterConfig, resolve_secret
from commerce import tokens
from commerce.demo.shop import DEMO_TENANT, DemoSeed, DemoSize, seed_demo
from commerce.domain.identity import ApiKeyRole
from commerce.store import Store, migrate, open_store

_TOKEN_DAYS: Final = 30
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
    """Create or upgrade the schema."""
    if config.is_sqlite:
        Path(config.store_ref.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    await migrate(resolve_secret(config.store_ref))


async def seed(config: ClusterConfig, *, reset: bool = False) -> DemoSeed:
    """The demonstration shop; quick when it is there already. DemoSeedConflict when another seed's shop is."""
    demo = config.identity.demo
    async with open_store(resolve_secret(config.store_ref)) as store:
        size = DemoSize(customers=demo.customers, orders=demo.orders)
        return await seed_demo(store, demo.seed, datetime.now(UTC), size=size, reset=reset)


async def import_shop(config: ClusterConfig, path: Path, tenant_id: str) -> dict[str, int]:
    """Load a real shop's file as another tenant; returns how many rows of each kind. ImportInvalid names the field."""
    from commerce.importers.tau2 import load_tau2

    async with open_store(resolve_secret(config.store_ref)) as store:
        return dict(await load_tau2(store, path, tenant_id))


async def issue_key(config: ClusterConfig, tenant_id: str, role: ApiKeyRole) -> str:
    """A new API key. TenantNotFound."""
    async with open_store(resolve_secret(config.store_ref)) as store:
        return await store.issue_api_key(tenant_id, role)


async def open_doors(config: ClusterConfig, shop: DemoSeed) -> ServeFile:
    """Issue this run's keys and tokens of the demonstration shop."""
    http = config.identity.http
    async with open_store(resolve_secret(config.store_ref)) as store:
        api_key = await store.issue_api_key(shop.tenant_id, ApiKeyRole.SHOP)
        operator_key = await store.issue_api_key(shop.tenant_id, ApiKeyRole.OPERATOR)
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
    for known in await store.api_keys(DEMO_TENANT):
        if known.revoked_at is None and any(key.startswith(known.prefix) for key in keys):
            await store.revoke_api_key(DEMO_TENANT, known.key_id)


def mint(config: ClusterConfig, tenant_id: str, subject: str, kind: tokens.TokenKind) -> str:
    """A customer's or agent's token, good for 30 days."""
    secret = resolve_secret(config.token_secret_ref).encode()
    now = datetime.now(UTC)
    return tokens.mint(
        secret, tenant_id=tenant_id, subject=subject, kind=kind, now=now, ttl=timedelta(days=_TOKEN_DAYS)
    )
