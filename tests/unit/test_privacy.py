"""What is kept of a customer is handed out whole, and forgotten whole but for the books."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from commerce.domain.conversations import NewTurn
from commerce.domain.errors import CustomerNotFound, CustomerTokenInvalid, ErasureRefused
from commerce.domain.feedback import Origin
from commerce.domain.identity import Principal
from commerce.domain.orders import OrderState
from commerce.domain.tenants import BehaviourEvent, BehaviourKind, ChangeKind
from commerce.store import Store, open_store, tables
from commerce.store.customers import personal_facts
from commerce.store.privacy import EXPORTED
from tests.acting import rows
from tests.builders import TENANT
from tests.local_service import Shop, token

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
OPERATOR = "operator:test"
# Planted in every place that a person can be named in.
NAME, PHONE, MAIL, STREET, TITLE = (
    "欧阳诗涵",
    "15812349876",
    "ouyang@example.org",
    "梧桐路77号听雨轩6栋1402室",
    "欧阳诗涵工作室",
)
# Tables that hold nothing of customers.
OF_THE_SHOP = {
    "tenants", "tenant_removals", "api_keys", "catalogue_terms", "products", "variants", "article_versions",
    "articles", "promoted_models",
    "shadow_tallies", "change_log", "token_revocations",
}  # fmt: skip


def by(customer_id: str, tenant_id: str = "demo") -> Principal:
    """An operator, about a customer."""
    return Principal(tenant_id, customer_id, operator_id=OPERATOR.removeprefix("operator:"))


def a_turn(message: str, **changes: Any) -> NewTurn:
    plain: dict[str, Any] = {
        "request_id": "r1", "message": message, "answer": "好的", "intent": "order_status", "probability": 0.9,
        "decision": "route", "rung": "composed", "queue": "orders", "language": "zh", "at": NOW,
    }  # fmt: skip
    return NewTurn(**(plain | changes))


async def settled(store: Store, customer_id: str) -> None:
    """Nothing of theirs is under way any more."""
    async with store.writing() as connection:
        mine = (tables.orders.c.tenant_id == "demo") & (tables.orders.c.customer_id == customer_id)
        await connection.execute(update(tables.orders).where(mine).values(state=OrderState.DELIVERED.value))
        await connection.execute(
            update(tables.cases).where(tables.cases.c.customer_id == customer_id).values(state="done")
        )


async def planted(store: Store, customer_id: str) -> str:
    """A person in every place that can name one; returns an order of theirs."""
    who = {"tenant_id": "demo", "customer_id": customer_id}
    async with store.writing() as connection:
        order_id: str | None = await connection.scalar(
            select(tables.orders.c.order_id).where(tables.orders.c.customer_id == customer_id).limit(1)
        )
        assert order_id is not None
        home = {"recipient": NAME, "phone": PHONE, "street": STREET}
        for statement in (
            update(tables.customers).values(name=NAME, phone=PHONE, email=MAIL, attributes={"nick": NAME})
            .where(tables.customers.c.customer_id == customer_id),
            update(tables.addresses).values(home).where(tables.addresses.c.customer_id == customer_id),
            update(tables.orders).where(tables.orders.c.customer_id == customer_id)
            .values(attributes={"note": NAME}, address=home | {
                "address_id": "A1", "region": "浙江省", "city": "杭州市", "district": "西湖区", "postcode": "310000",
                "country": "CN", "is_default": True,
            }),
            insert(tables.tickets).values(who | {
                "ticket_id": "S-1", "order_id": order_id, "kind": "complaint", "state": "open", "words": NAME,
                "opened_at": NOW,
            }),
            insert(tables.cases).values(who | {
                "case_id": "R-1", "order_id": order_id, "kind": "return", "state": "done", "lines": [], "reason": "other",
                "words": PHONE, "answer": NAME, "refund_minor": 0, "prepaid_minor": 0, "currency": "CNY", "opened_at": NOW,
            }),
            insert(tables.invoices).values(
                tenant_id="demo", invoice_id="I-1", order_id=order_id, kind="electronic", title=TITLE,
                tax_id="33010219900307651X", amount_minor=100, currency="CNY", issued_at=NOW,
            ),
            insert(tables.actions).values(who | {
                "action_id": "X-1", "idempotency_key": MAIL, "token_id": "t1", "caller": f"customer:{customer_id}",
                "order_id": order_id, "kind": "cancel", "digest": "d", "result": {"made": []}, "at": NOW,
            }),
        ):  # fmt: skip
            await connection.execute(statement)
    principal = Principal("demo", customer_id)
    await store.append_turn(principal, "conv_1", a_turn(f"我是{NAME}，住{STREET}，打{PHONE}"), 0)
    await store.add_feedback("demo", f"{NAME}要退货", "return_request", None, "shop", Origin(customer_id))
    await store.add_feedback(
        "demo", "快递还没到呢", "logistics_tracking", None, "shop", Origin(None, "conv_1")
    )
    return order_id


def found_in(database: Path, needles: Iterable[str]) -> list[str]:
    """Which of them the database's files hold, as text or as JSON writes them."""
    bytes_ = b"".join(path.read_bytes() for path in sorted(database.parent.glob(f"{database.name}*")))
    forms = {needle: {needle.encode(), json.dumps(needle).strip('"').encode()} for needle in needles}
    return [needle for needle, ways in forms.items() if any(way in bytes_ for way in ways)]


def test_every_table_is_exported_or_holds_nothing_of_customers() -> None:
    assert {table.name for table in tables.metadata.sorted_tables} - {t.name for t in EXPORTED} == OF_THE_SHOP


async def test_free_text_is_stored_without_what_the_account_says(shop: Shop, tmp_path: Path) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    await planted(store, customer)
    turn = (await store.conversation(Principal("demo", customer), "conv_1")).turns[0]
    assert turn.message == "我是[name]，住[address]，打[phone]"
    assert [row.text for row in await store.feedback("demo")] == ["[name]要退货", "快递还没到呢"]


async def test_a_number_given_in_two_turns_is_in_neither(shop: Shop) -> None:
    store, principal = shop.service.store, Principal("demo", shop.demo.customer_id)
    for version, message in enumerate(("手机是138", "1234", "5678谢谢")):
        await store.append_turn(principal, "conv_2", a_turn(message, request_id=f"r{version}"), version)
    kept = [turn.message for turn in (await store.conversation(principal, "conv_2")).turns]
    assert kept == ["手机是[number]", "[number]", "[number]谢谢"]


async def test_an_export_holds_everything_that_is_theirs(shop: Shop) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    order_id = await planted(store, customer)
    found = await store.export_customer(by(customer))
    json.dumps(found)
    assert found["customers"][0]["name"] == NAME and found["addresses"][0]["street"] == STREET
    assert {"KF"} == {order["order_id"][:2] for order in found["orders"]} and len(found["payments"]) >= 1
    assert {line["order_id"] for line in found["order_lines"]} == {
        order["order_id"] for order in found["orders"]
    }
    assert [turn["conversation_id"] for turn in found["turns"]] == ["conv_1"]
    assert len(found["feedback"]) == 2 and found["tickets"][0]["words"] == NAME
    assert found["invoices"][0]["order_id"] == order_id and found["cases"][0]["case_id"] == "R-1"
    assert (
        found["tracking_events"] and found["behaviour_events"] and found["actions"][0]["action_id"] == "X-1"
    )
    other = await store.export_customer(by(shop.demo.other_customer_id))
    assert not {row["order_id"] for row in other["orders"]} & {row["order_id"] for row in found["orders"]}
    again = await store.export_customer(by(customer))
    assert [(row["what"], row["caller"]) for row in again["audit_log"]] == [("export_customer", OPERATOR)]


async def test_an_erased_customer_is_nowhere_in_the_database(shop: Shop, tmp_path: Path) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    order_id = await planted(store, customer)
    await settled(store, customer)
    needles = (NAME, PHONE, MAIL, STREET, TITLE, "33010219900307651X")
    assert found_in(tmp_path / "shop.db", needles) == list(needles)
    before = await store.export_customer(by(customer))
    erased = await store.erase_customer(by(customer))
    assert not erased.is_repeat and erased.is_purged
    assert found_in(tmp_path / "shop.db", needles) == []
    after = await store.export_customer(by(customer))
    assert after["customers"][0]["name"] == "" and after["customers"][0]["erased_at"] is not None
    for gone in ("addresses", "conversations", "turns", "feedback", "behaviour_events", "tracking_events"):
        assert before[gone] and not after[gone], gone
    for kept in ("payments", "order_lines", "stock_moves", "payment_methods"):
        assert after[kept] == before[kept], kept
    money = ("order_id", "state", "goods_minor", "discount_minor", "shipping_fee_minor", "placed_at")
    assert [[o[name] for name in money] for o in after["orders"]] == [
        [o[name] for name in money] for o in before["orders"]
    ]
    address = next(o for o in after["orders"] if o["order_id"] == order_id)["address"]
    assert (address["region"], address["country"], address["recipient"], address["street"]) == (
        "浙江省",
        "CN",
        "",
        "",
    )
    entry = (
        after["audit_log"][-1]
        if after["audit_log"][-1]["what"] == "erase_customer"
        else after["audit_log"][-2]
    )
    assert (entry["what"], entry["caller"], entry["entity_id"]) == ("erase_customer", OPERATOR, customer)


async def test_what_others_have_is_not_touched(shop: Shop) -> None:
    store, other = shop.service.store, shop.demo.other_customer_id
    await settled(store, shop.demo.customer_id)
    before = await store.export_customer(by(other))
    await store.erase_customer(by(shop.demo.customer_id))
    after = await store.export_customer(by(other))
    changed = {"exported_at", "audit_log"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }


async def test_erasing_again_changes_nothing_and_is_told_once(shop: Shop) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    await settled(store, customer)
    first = await store.erase_customer(by(customer))
    seq = await store.latest_change()
    again = await store.erase_customer(by(customer))
    assert again.is_repeat and again.at == first.at and await store.latest_change() == seq
    change = (await store.changes_since(seq - 1))[0]
    assert (change.kind, change.entity_id) == (ChangeKind.ERASURE, customer)


async def test_what_is_under_way_is_completed_first(shop: Shop) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    with pytest.raises(ErasureRefused) as refused:
        await store.erase_customer(by(customer))
    states = {o.order_id: o.state for o in await store.orders_of(Principal("demo", customer), 50)}
    assert refused.value.orders and all(
        states[one] is not OrderState.DELIVERED for one in refused.value.orders
    )
    order_id = await planted(store, customer)
    await settled(store, customer)
    async with store.writing() as connection:
        await connection.execute(
            update(tables.cases).where(tables.cases.c.order_id == order_id).values(state="review")
        )
    with pytest.raises(ErasureRefused, match="case R-1 is open"):
        await store.erase_customer(by(customer))
    assert (await store.customer(by(customer))).name == NAME


async def a_refund(
    store: Store, order_id: str, payment_id: str, status: str, action_id: str | None = None
) -> None:
    async with store.writing() as connection:
        await connection.execute(
            insert(tables.payments).values(
                tenant_id="demo", payment_id=payment_id, order_id=order_id, position=90, kind="refund", status=status,
                method="alipay", amount_minor=5, currency="CNY", method_id="M", action_id=action_id,
            )
        )  # fmt: skip


async def test_a_refund_that_has_not_arrived_is_paid_first(shop: Shop) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    order_id = await planted(store, customer)
    await settled(store, customer)
    await a_refund(store, order_id, "RF-1", "pending")
    with pytest.raises(ErasureRefused, match="refund RF-1 has not arrived"):
        await store.erase_customer(by(customer))
    async with store.writing() as connection:
        await connection.execute(
            insert(tables.settlements).values(tenant_id="demo", payment_id="RF-1", status="failed", at=NOW)
        )
    with pytest.raises(ErasureRefused) as refused:
        await store.erase_customer(by(customer))
    assert refused.value.refunds == ("RF-1",)
    async with store.writing() as connection:
        await connection.execute(
            update(tables.actions).where(tables.actions.c.action_id == "X-1").values(kind="retry_refund")
        )
    await a_refund(store, order_id, "RF-2", "succeeded", "X-1")
    assert not (await store.erase_customer(by(customer))).is_repeat


async def test_erasing_again_forgets_what_came_since(shop: Shop, tmp_path: Path) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    await planted(store, customer)
    await settled(store, customer)
    first = await store.erase_customer(by(customer))
    async with store.writing() as connection:
        mine = tables.orders.c.customer_id == customer
        await connection.execute(update(tables.orders).where(mine).values(attributes={"note": NAME}))
    again = await store.erase_customer(by(customer))
    assert again.is_repeat and again.at == first.at
    assert found_in(tmp_path / "shop.db", (NAME,)) == []


async def test_nothing_more_is_written_of_an_erased_customer(shop: Shop) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    await settled(store, customer)
    await store.erase_customer(by(customer))
    with pytest.raises(CustomerTokenInvalid, match="erased"):
        await store.append_turn(Principal("demo", customer), "conv_9", a_turn("在吗"), 0)
    with pytest.raises(CustomerTokenInvalid, match="erased"):
        await store.add_feedback("demo", "在吗", "human_agent", None, "shop", Origin(customer))
    with pytest.raises(CustomerNotFound):
        await store.erase_customer(by("nobody"))
    with pytest.raises(CustomerNotFound):
        await store.export_customer(by(customer, "other"))


GHOST = Principal(TENANT.tenant_id, "ghost", operator_id="test")


async def haunted(store: Store) -> None:
    """A customer of whom there is no account, only what they did."""
    customer = Principal(TENANT.tenant_id, "ghost")
    await store.append_turn(customer, "conv_1", a_turn("梧桐路在哪"), 0)
    seen = BehaviourEvent(0, "ghost", "P1", "home", BehaviourKind.VIEW, 1, 0, "CNY", None, NOW)
    await store.record_behaviour(TENANT.tenant_id, seen)
    await store.add_feedback(TENANT.tenant_id, "要退货", "return_request", None, "shop", Origin("ghost"))


async def test_a_customer_without_an_account_is_exported_and_erased(store: Store) -> None:
    for work in (store.export_customer, store.erase_customer):
        with pytest.raises(CustomerNotFound):
            await work(GHOST)
    await haunted(store)
    found = await store.export_customer(GHOST)
    assert not found["customers"] and [turn["message"] for turn in found["turns"]] == ["梧桐路在哪"]
    assert len(found["behaviour_events"]) == len(found["feedback"]) == len(found["conversations"]) == 1
    erased = await store.erase_customer(GHOST)
    assert not erased.is_repeat and await store.erased_customers(TENANT.tenant_id) == {"ghost"}
    assert (await store.changes_since(await store.latest_change() - 1))[0].kind is ChangeKind.ERASURE
    after = await store.export_customer(GHOST)
    assert not any(after[gone] for gone in ("turns", "conversations", "behaviour_events", "feedback"))
    assert [entry["what"] for entry in after["audit_log"]] == ["export_customer", "erase_customer"]
    assert (await store.erase_customer(GHOST)).is_repeat
    with pytest.raises(CustomerTokenInvalid, match="erased"):
        await haunted(store)
    with pytest.raises(CustomerTokenInvalid, match="erased"):
        await store.record_behaviour(
            TENANT.tenant_id, BehaviourEvent(0, "ghost", "P1", "home", BehaviourKind.VIEW, 1, 0, "CNY", None, NOW)
        )  # fmt: skip


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_what_is_being_written_of_them_is_erased_too(store: Store, url: str) -> None:
    """SQLite has one writer anyhow."""
    await haunted(store)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with (
        asyncio.timeout(30),
        open_store(url) as other,
        asyncio.TaskGroup() as group,
        other.writing() as connection,
    ):
        whose = Principal(TENANT.tenant_id, "ghost")
        assert await personal_facts(connection, whose, is_locked=True) == ()
        erasing = group.create_task(store.erase_customer(GHOST))
        while await rows(store, waiting) != [(1,)]:
            await asyncio.sleep(0.01)
        late = {"tenant_id": TENANT.tenant_id, "customer_id": "ghost", "conversation_id": "conv_2"}
        kept = {"version": 1, "language": "zh", "state": {}, "created_at": NOW, "updated_at": NOW}
        await connection.execute(insert(tables.conversations).values(late | kept))
    assert not erasing.result().is_repeat
    assert not (await store.export_customer(GHOST))["conversations"]


async def test_over_http_a_customer_without_an_account_is_erased_as_any_other(shop: Shop) -> None:
    operator = {"Authorization": f"Bearer {shop.operator_key}"}
    for path, call in (("export", shop.client.get), ("erase", shop.client.post)):
        unknown = await call(f"/v1/customers/ghost/{path}", headers=operator)
        assert (unknown.status_code, unknown.json()["type"]) == (404, "not_found")
    theirs = token("ghost")
    said = await shop.client.post("/v1/chat", json={"message": "hello"}, headers=theirs)
    assert said.status_code == 200
    found = await shop.client.get("/v1/customers/ghost/export", headers=theirs)
    assert found.status_code == 200 and len(found.json()["turns"]) == 1
    seq = await shop.service.store.latest_change()
    erased = await shop.client.post("/v1/customers/ghost/erase", headers=operator)
    assert erased.status_code == 200 and erased.json()["is_repeat"] is False
    await shop.service.snapshots.apply(await shop.service.store.changes_since(seq))
    refused = await shop.client.post("/v1/chat", json={"message": "hello"}, headers=theirs)
    assert (refused.status_code, refused.json()["type"]) == (401, "customer_token_invalid")


def test_deleted_rows_are_overwritten(tmp_path: Path) -> None:
    from commerce.store.sqlite import _opened

    with closing(_opened(tmp_path / "x.db")) as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
        assert isinstance(connection, sqlite3.Connection)


async def test_over_http_an_operator_erases_and_the_token_is_refused(shop: Shop) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    operator = {"Authorization": f"Bearer {shop.operator_key}"}
    path = f"/v1/customers/{customer}"
    busy = await shop.client.post(f"{path}/erase", headers=operator)
    assert (busy.status_code, busy.json()["type"]) == (409, "erasure_refused") and "KF" in busy.json()[
        "message"
    ]
    await settled(store, customer)
    own = await shop.client.get(f"{path}/export", headers=shop.customer)
    assert own.status_code == 200 and own.json()["customers"][0]["customer_id"] == customer
    assert (await shop.client.get(f"{path}/export", headers=operator)).status_code == 200
    for headers, status in ((shop.other, 404), ({}, 403)):
        assert (await shop.client.get(f"{path}/export", headers=headers)).status_code == status
        assert (await shop.client.post(f"{path}/erase", headers=headers)).status_code == 403
    assert (await shop.client.post("/v1/customers/nobody/erase", headers=operator)).status_code == 404
    seq = await store.latest_change()
    erased = await shop.client.post(f"{path}/erase", headers=operator)
    assert erased.status_code == 200 and erased.json()["is_repeat"] is False
    await shop.service.snapshots.apply(await store.changes_since(seq))
    refused = await shop.client.post("/v1/chat", json={"message": "我的订单"}, headers=shop.customer)
    assert (refused.status_code, refused.json()["type"]) == (401, "customer_token_invalid")
    assert (await shop.client.get(f"{path}/export", headers=token(customer))).status_code == 401
    assert (
        await shop.client.post("/v1/chat", json={"message": "我的订单"}, headers=shop.other)
    ).status_code == 200
    again = await shop.client.post(f"{path}/erase", headers=operator)
    assert again.json()["is_repeat"] is True and again.json()["erased_at"] == erased.json()["erased_at"]


async def test_a_chat_model_is_given_no_personal_data(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    generate = shop.service.generation.generate

    async def listening(request: Any) -> Any:
        given.extend(message.content for message in request.messages)
        async for chunk in generate(request):
            yield chunk

    monkeypatch.setattr(shop.service.generation, "generate", listening)
    name = (await shop.service.store.customer(by(shop.demo.customer_id))).name
    await shop.chat(f"hello there, thanks, I am {name}, my phone is 13812345678")
    assert (
        given
        and "[phone]" in given[-1]
        and name not in "".join(given)
        and "13812345678" not in "".join(given)
    )
    headers = {"Authorization": f"Bearer {shop.operator_key}"}
    body = {"model": "kefu/small", "messages": [{"role": "user", "content": "我叫张伟，13912345678"}]}
    assert (await shop.client.post("/v1/chat/completions", json=body, headers=headers)).status_code == 200
    assert given[-1] == "我叫[name]，[phone]"


async def test_what_is_masked_is_still_read(shop: Shop) -> None:
    order_id = shop.demo.customer_order_ids[0]
    answer = await shop.chat(f"我叫张伟，手机13812345678，订单{order_id}到哪了")
    assert order_id in json.dumps(answer, ensure_ascii=False)
    principal = Principal("demo", shop.demo.customer_id)
    turn = (await shop.service.store.conversation(principal, answer["conversation_id"])).turns[0]
    assert turn.message == f"我叫[name]，手机[phone]，订单{order_id}到哪了"
