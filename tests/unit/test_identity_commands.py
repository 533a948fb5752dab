"""`kefu key`, `kefu token revoke` and `kefu audit` on a store of their own."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner, Result

from cluster.cli import app, guarded
from cluster.config import load, profile_path
from cluster.shop import ensure_token_secret
from commerce.demo.policy import DEMO_POLICY
from commerce.domain.errors import InvalidCredentials
from commerce.domain.revocations import ALL_PAGES, RevocationScope
from commerce.store import Store, migrate, open_store
from tests.builders import TENANT

Kefu = Callable[..., Result]


@pytest.fixture
def kefu(tmp_path: Path) -> Kefu:
    url = f"sqlite:///{tmp_path / 'shop.db'}"

    async def make() -> None:
        await migrate(url)
        async with open_store(url) as store:
            await store.create_tenant(TENANT, DEMO_POLICY)

    asyncio.run(make())
    setting = f"identity.home={tmp_path}"
    ensure_token_secret(load(profile_path("fake"), (setting,)))
    return lambda *words: CliRunner().invoke(app, [*words, "--profile", "fake", "--set", setting])


def entries(kefu: Kefu, *words: str) -> list[dict[str, str]]:
    ended = kefu("audit", "--tenant", "demo", "--json", *words)
    assert ended.exit_code == 0, ended.output
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_what_was_revoked_is_refused_and_told(kefu: Kefu, tmp_path: Path) -> None:
    token = kefu("token", "customer", "--tenant", "demo", "--customer", "C1").stdout.strip()
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    for told, *words in (
        ("customer C1", "--customer", "C1"),
        ("agent A7", "--agent", "A7", "--before", "2026-01-01T00:00:00+0800"),
        (f"token {jti}", "--jti", jti),
        ("page page", "--pages"),
    ):
        ended = kefu("token", "revoke", "--tenant", "demo", *words)
        assert ended.exit_code == 0 and ended.stdout.startswith(f"{told}: refused"), ended.output

    async def found() -> None:
        async with open_store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
            revoked = await store.revocations("demo", datetime.now(UTC) - timedelta(minutes=5))
        assert revoked.token_ids == {jti}
        assert revoked.not_before[RevocationScope.AGENT, "A7"] == datetime(2025, 12, 31, 16, tzinfo=UTC)
        assert revoked.not_before[RevocationScope.PAGE, ALL_PAGES] > datetime.now(UTC) - timedelta(minutes=5)

    asyncio.run(found())
    made = entries(kefu)
    assert [(each["caller"], each["what"], each["entity_id"]) for each in made] == [
        ("operator:shell:0", "revoke_tokens", "C1"),
        ("operator:shell:0", "revoke_tokens", "A7"),
        ("operator:shell:0", "revoke_tokens", jti),
        ("operator:shell:0", "revoke_tokens", ALL_PAGES),
    ]
    assert [each["entity_id"] for each in entries(kefu, "--customer", "C1")] == ["C1"]
    assert [each["entity_id"] for each in entries(kefu, "--order", "A7")] == ["A7"]
    assert entries(kefu, "--since", "2999-01-01T00:00:00+0000") == []
    assert "operator:shell:0 revoke_tokens C1 of customer C1" in kefu("audit", "--tenant", "demo").stdout


def test_a_token_lasts_as_long_as_the_service_accepts_one(kefu: Kefu) -> None:
    def hours(*settings: str) -> float:
        line = ["token", "customer", "--tenant", "demo", "--customer", "C1"]
        token = kefu(*line, *(word for setting in settings for word in ("--set", setting))).stdout.strip()
        claims = jwt.decode(token, options={"verify_signature": False})
        return float(claims["exp"] - claims["iat"]) / 3600

    assert hours() == 720
    assert hours("identity.limits.customer_token_hours=2") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give one of"),
        (("--customer", "C1", "--agent", "A7"), "give one of"),
        (("--pages", "--agent", "A7"), "give one of"),
        (("--jti", "J", "--before", "2026-01-01T00:00:00+0000"), "--before is for"),
        (("--customer", "C1", "--before", "2026-01-01T00:00:00"), "--before"),
    ],
)
def test_what_can_not_be_revoked_is_told(kefu: Kefu, words: tuple[str, ...], told: str) -> None:
    ended = kefu("token", "revoke", "--tenant", "demo", *words)
    assert ended.exit_code == 2 and told in ended.output
    assert entries(kefu) == []


@pytest.mark.parametrize(
    "command",
    [
        ("audit",),
        ("token", "revoke", "--customer", "C1"),
        ("key", "issue", "--role", "shop"),
        ("key", "list"),
        ("key", "revoke", "K1"),
    ],
)
def test_an_unknown_tenant_is_named(tmp_path: Path, kefu: Kefu, command: tuple[str, ...]) -> None:
    words = [*command, "--tenant", "none", "--profile", "fake", "--set", f"identity.home={tmp_path}"]
    assert guarded(lambda: app(words)) == 1


def keys(kefu: Kefu) -> list[dict[str, str | None]]:
    ended = kefu("key", "list", "--tenant", "demo", "--json")
    assert ended.exit_code == 0, ended.output
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_key_is_issued_listed_and_revoked(kefu: Kefu, tmp_path: Path) -> None:
    plain = kefu("key", "issue", "--tenant", "demo", "--role", "shop")
    assert plain.exit_code == 0 and "not shown again" in plain.stderr
    in_json = kefu("key", "issue", "--tenant", "demo", "--role", "operator", "--json")
    made = json.loads(in_json.stdout)
    values = [plain.stdout.strip(), made.pop("key")]
    shop, operator = keys(kefu)
    assert operator == made and (shop["role"], shop["revoked_at"]) == ("shop", None)
    assert [values[0].startswith(f"{shop['prefix']}_"), operator["role"]] == [True, "operator"]

    async def opened() -> list[bool]:
        async with open_store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
            return [await is_good(store, value) for value in values]

    assert asyncio.run(opened()) == [True, True]
    ended = kefu("key", "revoke", "--tenant", "demo", str(shop["key_id"]))
    assert ended.exit_code == 0 and "revoked 2" in ended.stdout, ended.output
    assert asyncio.run(opened()) == [False, True]
    shown = kefu("key", "list", "--tenant", "demo").stdout
    assert [line.split()[0] for line in shown.splitlines()] == [shop["key_id"], operator["key_id"]]
    assert not any(value in shown for value in values)
    assert "revoked" in shown.splitlines()[0] and shown.splitlines()[1].endswith("valid")
    who = f"operator:shell:{os.getuid()}"
    assert [(each["caller"], each["what"], each["entity_id"]) for each in entries(kefu)] == [
        (who, "issue_key", shop["key_id"]),
        (who, "issue_key", operator["key_id"]),
        (who, "revoke_key", shop["key_id"]),
    ]


async def is_good(store: Store, key: str) -> bool:
    try:
        await store.authenticate(key)
    except InvalidCredentials:
        return False
    return True


def test_the_last_operator_key_goes_only_by_force(
    kefu: Kefu, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kefu("key", "issue", "--tenant", "demo", "--role", "operator")
    (key,) = keys(kefu)
    words = ["key", "revoke", "--tenant", "demo", str(key["key_id"])]
    setting = ["--profile", "fake", "--set", f"identity.home={tmp_path}"]
    assert guarded(lambda: app([*words, *setting])) == 1
    assert "last operator key" in capsys.readouterr().err and keys(kefu) == [key]
    assert kefu(*words, "--force").exit_code == 0
    assert keys(kefu)[0]["revoked_at"] is not None


def test_a_role_that_no_key_has_is_refused(kefu: Kefu) -> None:
    ended = kefu("key", "issue", "--tenant", "demo", "--role", "agent")
    assert ended.exit_code == 2 and "operator" in ended.output
    assert keys(kefu) == []
