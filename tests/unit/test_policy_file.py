"""A shop's policy as a file and over HTTP: read, checked, set, and never half understood."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from cluster.cli import app, guarded
from commerce.demo.policy import DEMO_POLICY
from commerce.demo.shop import DemoSeed
from commerce.domain.errors import PolicyConflict, PolicyInvalid
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_codec import policy_digest, policy_from_json, policy_to_json
from commerce.domain.tenants import ChangeKind
from commerce.importers.tau2 import TAU2_POLICY
from commerce.policy_file import policy_diff, policy_yaml, read_policy
from commerce.store import Store, open_store
from commerce.store.tables import audit_log, tenants
from deployments.snapshots import Snapshots
from tests.local_service import Shop

DEARER = replace(DEMO_POLICY, shipping=replace(DEMO_POLICY.shipping, fee_minor=10_00))


@pytest.mark.parametrize("policy", [DEMO_POLICY, TAU2_POLICY], ids=["demo", "tau2"])
def test_what_is_shown_is_read_as_the_same(policy: ShopPolicy, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_yaml(policy))
    assert read_policy(path) == policy
    assert policy_yaml(read_policy(path)) == policy_yaml(policy)
    assert list(policy_diff(policy, policy)) == []


def test_each_section_says_what_it_means_and_what_is_allowed() -> None:
    text = policy_yaml(DEMO_POLICY)
    assert "# requirement: none, complete_and_unworn, unopened, seal_unbroken." in text
    assert "# cancel_states: pending_payment, paid, packed." in text
    assert "no_reason_days counts from the day after delivery" in text
    assert all(len(line) <= 112 for line in text.splitlines() if line.startswith("#"))


def test_a_difference_names_the_line() -> None:
    changed = list(policy_diff(DEMO_POLICY, DEARER))
    assert [line for line in changed[2:] if line[0] in "+-"] == ["-  fee_minor: 800", "+  fee_minor: 1000"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fee_minor: 800", "fee_minor: 800\n  fee_minor: 900", r"p.yaml line \d+: fee_minor is there twice"),
        ("zone: Asia/Shanghai", "zone: [", r"p.yaml line \d+: is not YAML"),
        ("cutoff: '16:00'", "cutoff: 16:00", r"policy.shipping.cutoff: 960 is not a time such as '16:00', in quotes"),
        ("cutoff: '16:00'", "cutoff: 2024-13-45", r"p.yaml line \d+: is not YAML: '2024-13-45': month must be in 1..12"),
        ("zone: Asia/Shanghai", "? [a, b]\n: 1", r"p.yaml line \d+: has a list or a mapping for a name"),
        ("zone: Asia/Shanghai", "zone: &z [*z]", r"p.yaml line \d+: \*z is an alias: write out"),
        ("zone: Asia/Shanghai", "zone: " + "[" * 5000, r"p.yaml: is nested too deeply"),
        ("    food:", "    no:", r"policy.returns.categories: False is no name: write it in quotes"),
    ],
)  # fmt: skip
def test_what_yaml_would_take_silently_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    path, text = tmp_path / "p.yaml", policy_yaml(DEMO_POLICY)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(PolicyInvalid, match=said):
        read_policy(path)


def test_a_file_of_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes("zone: Asia/Shanghai\n# 规则\n".encode("gbk"))
    with pytest.raises(PolicyInvalid, match=r"p\.yaml line 2: is not UTF-8"):
        read_policy(path)


def test_the_command_prints_an_error_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise PolicyInvalid("policy.[red]x", "has [/nothing] to close")

    assert guarded(fails) == 1
    assert "policy.[red]x: has [/nothing] to close" in capsys.readouterr().err


def test_an_empty_file_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").touch()
    with pytest.raises(PolicyInvalid, match="policy: must be a mapping"):
        read_policy(tmp_path / "p.yaml")


def at(path: str, value: Any) -> dict[str, Any]:
    document = policy_to_json(DEMO_POLICY)
    *parents, last = path.split(".")
    target = document
    for name in parents:
        target = target[name]
    target[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("zone", "Asia/Peking", "is no time zone"),
        ("zone", "../etc/passwd", "is no time zone"),
        ("zone", "", "is no time zone"),
        ("zone", "Asia", "is no time zone"),
        ("zone", "localtime", "is no time zone"),
        ("zone", "A" * 5000, "has a text of over 200 characters"),
        ("payment.methods", ["\ud800"], "holds a control character"),
        ("shipping.metro_regions", ["北\n京"], "holds a control character"),
        ("repair.warranty_months.a\x1b[2J", 1, "holds a control character"),
        ("currency", "yuan", "is no currency such as CNY"),
        ("mode", "tau2_compat", "tau2_compat is for kefu replay alone"),
        ("modus", "x", "is not a field of the policy; here are zone, currency, orders"),
        ("orders.cancel_states", ["paid", "lost"], "'lost' is not one of pending_payment, paid"),
        ("orders.cancel_states", ["paid", "delivered"], "'delivered': the goods have left; allowed are"),
        ("orders.change_states", ["shipped"], "'shipped': the goods have left"),
        ("orders.cancel_states", ["paid", "paid"], "has an entry twice"),
        ("returns.default.no_reason_days", -1, "must not be negative"),
        ("returns.default.no_reason_days", 3661, "must be at most 3660"),
        ("returns.default.no_reason_days", 7.5, "must be of type int"),
        ("returns.default.opened_fee_percent", 101, "must be at most 100"),
        ("returns.default.fault_hours", 48, "is set beside fault_days"),
        ("returns.categories.food.fault_hours", 0, "leaves no time at all"),
        ("returns.categories.food.fault_days", 2, "is set beside fault_days"),
        ("refunds.card_max_days", 2, "ends (2) before it begins (3)"),
        ("shipping.metro", {"min_days": 3, "max_days": 2}, "ends (2) before it begins (3)"),
        ("shipping.metro_regions", ["北京", "新疆"], "'新疆' is in remote_regions too"),
        ("shipping.metro_regions", ["北京", ""], "has an empty entry"),
        ("shipping.cutoff", "16:00:30", "is not a time such as"),
        ("shipping.cutoff", "16:00+08:00", "is not a time such as"),
        ("shipping.cutoff", "24:00", "is not a time such as"),
        ("shipping.late_after_hours", 10**6, "must be at most 87840"),
        ("payment.instalment_months", [0], "has an entry of no month"),
        ("payment.methods", ["alipay", "alipay"], "has an entry twice"),
        ("membership.points_max_share_percent", 120, "must be at most 100"),
        ("membership.gold_from_minor", 1, "ends (1) before it begins (100000)"),
        ("repair.warranty_months.phones", 1201, "must be at most 1200"),
        ("repair.min_working_days", 11, "ends (10) before it begins (11)"),
        ("shipping.fee_minor", 2**53 + 1, "must be at most"),
    ],
)
def test_a_policy_without_sense_names_the_field(path: str, value: Any, said: str) -> None:
    with pytest.raises(PolicyInvalid) as raised:
        policy_from_json(at(path, value))
    section = path.split(".")[0]
    assert raised.value.field.startswith(f"policy.{section}")
    assert said in raised.value.problem


def leaves(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(document, dict):
        return [leaf for key, value in document.items() for leaf in leaves(value, (*path, key))]
    return [path]


LEAVES = leaves(policy_to_json(DEMO_POLICY))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(LEAVES), JSON_VALUES)
def test_whatever_stands_in_a_field_it_is_a_policy_or_is_refused(leaf: tuple[Any, ...], value: Any) -> None:
    document = policy_to_json(DEMO_POLICY)
    target = document
    for name in leaf[:-1]:
        target = target[name]
    target[leaf[-1]] = value
    try:
        found = policy_from_json(document)
    except PolicyInvalid:
        return
    assert policy_to_json(found) == document


async def test_setting_is_told_to_replicas_and_to_the_audit_log(store: Store) -> None:
    before = await store.latest_change()
    await store.put_policy("demo", DEARER, "shell:7", request_id="r1")
    assert await store.policy("demo") == DEARER
    assert [change.kind for change in await store.changes_since(before)] == [ChangeKind.POLICY]
    async with store.reading() as connection:
        told = (await connection.execute(select(audit_log))).one()
    assert (told.caller, told.what, told.entity_id, told.request_id) == (
        "operator:shell:7",
        "policy",
        "demo",
        "r1",
    )
    assert told.why == f"{policy_digest(DEMO_POLICY)[:16]} -> {policy_digest(DEARER)[:16]}"


async def test_of_two_editors_one_is_told(store: Store) -> None:
    read = policy_digest(DEMO_POLICY)
    other = replace(DEMO_POLICY, invoice=replace(DEMO_POLICY.invoice, reissue_days=30))
    done = await asyncio.gather(
        store.put_policy("demo", DEARER, "a", replaces=read),
        store.put_policy("demo", other, "b", replaces=read),
        return_exceptions=True,
    )
    assert [type(error) for error in done if error is not None] == [PolicyConflict]
    async with store.reading() as connection:
        assert len((await connection.execute(select(audit_log))).all()) == 1


async def test_zone_and_currency_are_the_shops(store: Store) -> None:
    for changed in (replace(DEMO_POLICY, zone="Europe/Vienna"), replace(DEMO_POLICY, currency="EUR")):
        with pytest.raises(PolicyInvalid, match="is the shop's own, which is"):
            await store.put_policy("demo", changed, "shell:7")
        with pytest.raises(PolicyInvalid, match="is the shop's own, which is"):
            await store.check_policy("demo", changed)
    assert await store.policy("demo") == DEMO_POLICY


async def test_a_shop_is_not_served_in_the_benchmarks_mode(store: Store) -> None:
    """tau2_compat pays back money that was never paid: it is for replays, which no server runs."""
    document = {**policy_to_json(DEMO_POLICY), "mode": "tau2_compat"}
    async with store.writing() as connection:
        await connection.execute(update(tenants).values(policy=document))
    with pytest.raises(PolicyInvalid, match=r"policy\.mode.*tau2_compat is for kefu replay alone"):
        await Snapshots(store).shop("demo")


async def test_an_operator_reads_and_replaces_the_policy(shop: Shop) -> None:
    operator = {"Authorization": f"Bearer {shop.operator_key}"}
    got = await shop.client.get("/v1/policy", headers=operator)
    assert got.status_code == 200
    assert got.json() == {"policy": policy_to_json(DEMO_POLICY)}
    body, match = {"policy": policy_to_json(DEARER)}, {"If-Match": got.headers["ETag"]}
    put = await shop.client.put("/v1/policy", json=body, headers=operator | match)
    assert put.status_code == 200, put.text
    assert put.json() == body and put.headers["ETag"] != got.headers["ETag"]
    assert await shop.service.store.policy("demo") == DEARER
    again = await shop.client.put("/v1/policy", json=body, headers=operator | match)
    assert (again.status_code, again.json()["type"]) == (409, "policy_conflict")
    async with shop.service.store.reading() as connection:
        told = (await connection.execute(select(audit_log).where(audit_log.c.what == "policy"))).one()
    assert told.caller.startswith("operator:kf_operator_") and told.request_id == put.headers["X-Request-Id"]


async def test_the_policy_is_for_operators_alone(shop: Shop) -> None:
    assert (await shop.client.get("/v1/policy")).status_code == 403
    body = {"policy": policy_to_json(DEARER)}
    assert (await shop.client.put("/v1/policy", json=body)).status_code == 403
    assert await shop.service.store.policy("demo") == DEMO_POLICY


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (at("shipping.fee_minor", -1), "policy.shipping.fee_minor"),
        (at("currency", "EUR"), "policy.currency: is the shop's own"),
        (
            at("returns.categories.fod", policy_to_json(DEMO_POLICY)["returns"]["default"]),
            "'fod' is no category",
        ),
        (at("mode", "tau2_compat"), "tau2_compat is for kefu replay alone"),
    ],
)
async def test_a_bad_policy_is_refused_by_its_field(shop: Shop, document: dict[str, Any], said: str) -> None:
    operator = {"Authorization": f"Bearer {shop.operator_key}"}
    refused = await shop.client.put("/v1/policy", json={"policy": document}, headers=operator)
    assert refused.status_code == 422
    assert said in refused.json()["message"]
    assert await shop.service.store.policy("demo") == DEMO_POLICY


@pytest.fixture
def kefu(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> Callable[..., Result]:
    """The command, on a copy of the demonstration shop."""
    shutil.copy(seeded[0], tmp_path / "store.db")
    on = ("-p", "fake", "--set", f"identity.home={tmp_path}", "--set", "identity.store=sqlite:store.db")
    return lambda *words, answer=None: CliRunner().invoke(app, ["policy", *words, *on], input=answer)


def test_the_commands_show_check_and_set(kefu: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    assert kefu("show", "--tenant", "demo").output == policy_yaml(DEMO_POLICY)
    assert kefu("show", "--tenant", "demo", "--out", str(file)).exit_code == 0
    assert kefu("set", "--tenant", "demo", str(file)).output == "nothing changes\n"
    file.write_text(policy_yaml(DEARER))
    assert "it can be set" in kefu("check", str(file), "--tenant", "demo").output
    declined = kefu("set", "--tenant", "demo", str(file), answer="n\n")
    assert declined.exit_code == 1
    assert "-  fee_minor: 800" in declined.output and "+  fee_minor: 1000" in declined.output
    assert kefu("show", "--tenant", "demo").output == policy_yaml(DEMO_POLICY)
    done = kefu("set", "--tenant", "demo", str(file), "--yes")
    assert done.exit_code == 0 and "set: the policy of tenant demo" in done.output
    assert kefu("show", "--tenant", "demo").output == policy_yaml(DEARER)


def test_a_file_that_does_not_fit_the_shop_is_told(kefu: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(policy_yaml(replace(DEMO_POLICY, currency="EUR")))
    assert kefu("check", str(file)).exit_code == 0
    for words in (("check", str(file), "--tenant", "demo"), ("set", "--tenant", "demo", str(file), "--yes")):
        assert isinstance(kefu(*words).exception, PolicyInvalid)


def test_the_command_opens_the_store_of_its_profile(tmp_path: Path, kefu: Callable[..., Result]) -> None:
    async def audited() -> list[str]:
        async with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store, store.reading() as connection:
            return [row.caller for row in await connection.execute(select(audit_log))]

    file = tmp_path / "policy.yaml"
    file.write_text(policy_yaml(DEARER))
    assert kefu("set", "--tenant", "demo", str(file), "--yes").exit_code == 0
    assert [caller.rpartition(":")[0] for caller in asyncio.run(audited())] == ["operator:shell"]
