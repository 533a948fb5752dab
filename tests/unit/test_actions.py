"""Actions in a real store: agreed to once, done once, by whom it concerns, and nothing half."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event, insert, make_url
from sqlalchemy.exc import IntegrityError

from commerce.confirmations import TTL
from commerce.domain.actions import Arguments
from commerce.domain.errors import (
    ActionRefused,
    ConfirmationRefused,
    CustomerRequired,
    IdempotencyConflict,
    OrderNotFound,
)
from commerce.domain.identity import Principal
from commerce.domain.orders import OrderState, PaymentKind
from commerce.domain.payment_methods import held
from commerce.importers.tau2 import export_tau2, load_tau2
from commerce.store import Store
from commerce.store import actions as actions_module
from commerce.store.done import done_before
from commerce.store.tables import invoices
from tests.acting import ANN, BOB, NOW, agreed, committed, done, rows, wanted, written
from tests.tau2_shop import a_shop


@pytest_asyncio.fixture
async def store(store: Store, tmp_path: Path) -> Store:
    document = a_shop()
    bob = json.loads(json.dumps(document["users"]["ann_1"]).replace("_1", "_2"))
    document["users"]["bob_2"] = bob | {"user_id": "bob_2", "orders": []}
    (tmp_path / "db.json").write_text(json.dumps(document))
    for tenant_id in ("shop", "other"):
        await load_tau2(store, tmp_path / "db.json", tenant_id)
    return store


CANCEL = wanted("cancel", reason="no_longer_needed")


async def state(store: Store) -> Any:
    return await export_tau2(store, "shop")


async def gift(store: Store) -> float:
    found: float = (await state(store))["users"]["ann_1"]["payment_methods"]["gift_1"]["balance"]
    return found


async def refused_reason(store: Store, said: Arguments, token: str, **options: Any) -> str:
    before = await state(store)
    with pytest.raises(ConfirmationRefused) as refused:
        await committed(store, said, token, **options)
    assert await state(store) == before
    return refused.value.reason


async def test_a_proposal_changes_nothing(store: Store) -> None:
    before = await state(store)
    await store.propose(ANN, CANCEL, NOW)
    assert await state(store) == before


async def test_facts_of_several_orders_are_those_of_each(store: Store) -> None:
    """With a case of one and an invoice of the other, in the order that was asked for."""
    await done(store, wanted("return", "#D", items=[{"line_id": "#D-1", "quantity": 1}]), key="back")
    issued = {
        "invoice_id": "I1",
        "order_id": "#P",
        "kind": "electronic",
        "title": "Ann",
        "tax_id": "",
        "issued_at": NOW,
    }
    async with store.writing() as connection:
        values = {**issued, "tenant_id": "shop", "amount_minor": 35_30, "currency": "USD"}
        await connection.execute(insert(invoices).values(**values))
    for asked in (("#D", "#P"), ("#P", "#D"), ("#D",)):
        each = tuple([await store.action_facts(ANN, order_id, NOW) for order_id in asked])
        assert await store.action_facts_of(ANN, asked, NOW) == each
    both = await store.action_facts_of(ANN, ("#D", "#P"), NOW)
    assert [(len(facts.cases), len(facts.invoices)) for facts in both] == [(1, 0), (0, 1)]
    with pytest.raises(OrderNotFound):
        await store.action_facts_of(ANN, ("#P", "#nobodys"), NOW)


def a_coupon(coupon_id: str, customer: str) -> str:
    return (
        f"INSERT INTO coupons VALUES ('shop', '{coupon_id}', {customer}, 500, NULL, 'USD', 0, '[]', "
        "'2026-01-01 00:00:00', '2027-01-01 00:00:00', 1, 0)"
    )


async def test_coupons_and_failed_refunds_of_several_orders_are_read_at_once(store: Store) -> None:
    """One's own coupon, everybody's, and another's; and a refund that did not arrive."""
    await done(store, CANCEL)
    await done(store, wanted("cancel", "#G", reason="no_longer_needed"), key="other")
    await written(
        store,
        *(a_coupon(*each) for each in (("K1", "'ann_1'"), ("K2", "NULL"), ("K3", "'bob_2'"))),
        *(
            f"UPDATE orders SET coupon_id = '{coupon_id}' WHERE order_id = '{order_id}' AND tenant_id = 'shop'"
            for order_id, coupon_id in (("#P", "K1"), ("#G", "K2"), ("#D", "K3"))
        ),
        "INSERT INTO settlements SELECT tenant_id, payment_id, 'failed', '2026-11-29 12:00:00' FROM payments "
        "WHERE tenant_id = 'shop' AND kind = 'refund' AND order_id = '#P'",
    )
    all_of_them = ("#P", "#G", "#D")
    each = tuple([await store.action_facts(ANN, order_id, NOW) for order_id in all_of_them])
    assert await store.action_facts_of(ANN, all_of_them, NOW) == each
    assert [facts.coupon and facts.coupon.coupon_id for facts in each] == ["K1", "K2", None]
    assert [list(facts.made_by.values()) for facts in each] == [["cancel"], [], []]
    counts = [await statements(store, order_ids) for order_ids in (("#P",), all_of_them)]
    assert counts[0] == counts[1]


async def statements(store: Store, order_ids: tuple[str, ...]) -> int:
    """How many are run to read the facts of these orders."""
    run: list[str] = []
    engine = store._engine.sync_engine

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        run.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    await store.action_facts_of(ANN, order_ids, NOW)
    event.remove(engine, "before_cursor_execute", note)
    return len(run)


async def test_a_cancellation_is_done_as_it_was_proposed(store: Store) -> None:
    assert not (await done(store, CANCEL)).is_repeat
    order = await store.order(ANN, "#P")
    assert order.state is OrderState.CANCELLED and order.version == 2 and order.cancelled_at == NOW
    assert [(p.kind, p.method_id, p.amount_minor) for p in order.payments] == [
        (PaymentKind.PAYMENT, "card_1", 35_30),
        (PaymentKind.REFUND, "card_1", 35_30),
    ]
    assert held(order) == ()
    assert await rows(store, "SELECT sum(reserved) FROM variants WHERE tenant_id = 'shop'") == [(1,)]
    assert await rows(store, "SELECT sum(reserved) FROM variants WHERE tenant_id = 'other'") == [(4,)]
    told = await rows(store, "SELECT caller, what, entity_id, why FROM audit_log")
    why = "order.cancel_cutoff, payment.settled, order.cancel_changed, order.cancel_reason"
    assert told == [("customer:ann_1", "cancel", "#P", why)]


async def test_a_switched_payment_and_a_cancellation_refund_what_was_paid(store: Store) -> None:
    """The benchmark refunds 12,287.35 on an order of 4,079.45 this way."""
    await done(store, wanted("change_payment", method_id="gift_1"), key="switch")
    assert await gift(store) == 13.7
    await done(store, CANCEL, key="cancel")
    assert await gift(store) == 49.0
    order = await store.order(ANN, "#P")
    came = sum(p.amount_minor for p in order.payments if p.kind is PaymentKind.PAYMENT)
    went = sum(p.amount_minor for p in order.payments if p.kind is PaymentKind.REFUND)
    assert came == went == 2 * 35_30


async def test_items_of_a_change_have_their_own_prices(store: Store) -> None:
    """The benchmark gives every one of them the last one's price and options."""
    items = [
        {"line_id": "#P-1", "quantity": 1, "variant_id": "i3"},
        {"line_id": "#P-2", "quantity": 1, "variant_id": "i4"},
    ]
    await done(store, wanted("change_items", items=items, method_id="card_1"))
    found = (await state(store))["orders"]["#P"]
    assert [(item["item_id"], item["price"], item["options"]) for item in found["items"][:2]] == [
        ("i3", 30.3, {"color": "blue"}),
        ("i4", 40.7, {"color": "green"}),
    ]
    assert found["status"] == "pending (item modified)"
    assert found["payment_history"][-1]["amount"] == 40.7
    order = await store.order(ANN, "#P")
    assert sum(part.amount_minor for part in held(order)) == order.total.amount_minor == 76_00
    with pytest.raises(ActionRefused):
        await store.propose(ANN, CANCEL_AFTER, NOW)


CANCEL_AFTER = wanted("change_address", address={"recipient": "Ann", "phone": "", "region": "NV", "city": "Reno",
                                                "street": "2 B St", "country": "USA"})  # fmt: skip


async def test_a_part_of_a_line_becomes_a_line_of_its_own(store: Store) -> None:
    await written(
        store,
        "UPDATE order_lines SET quantity = 3 WHERE line_id = '#P-1' AND tenant_id = 'shop'",
        "UPDATE stock_reservations SET quantity = 3 WHERE order_id = '#P' AND variant_id = 'i1' AND tenant_id = 'shop'",
        "UPDATE variants SET reserved = 4 WHERE variant_id = 'i1' AND tenant_id = 'shop'",
    )
    items = [{"line_id": "#P-1", "quantity": 2, "variant_id": "i3"}]
    made = await done(store, wanted("change_items", items=items, method_id="card_1"))
    lines = {line.variant_id: line.quantity for line in (await store.order(ANN, "#P")).lines}
    assert lines == {"i1": 1, "i2": 1, "r1": 1, "i3": 2}
    assert "LineReplaced" in [each["kind"] for each in made.made]


async def test_an_address_is_the_orders_alone(store: Store) -> None:
    home = (await state(store))["users"]["ann_1"]["address"]
    await done(store, CANCEL_AFTER)
    found = await state(store)
    assert found["orders"]["#P"]["address"]["city"] == "Reno"
    assert found["users"]["ann_1"]["address"] == home


async def test_a_return_opens_a_case_and_the_next_one_waits(store: Store) -> None:
    back = wanted("return", "#D", items=[{"line_id": "#D-1", "quantity": 1}], method_id="gift_1")
    made = await done(store, back)
    ((case_id, kind, amount),) = await rows(store, "SELECT case_id, kind, refund_minor FROM cases")
    assert {"kind": "CaseOpened", "id": case_id} in made.made
    assert (kind, amount) == ("return", 10_10) and await gift(store) == 49.0
    with pytest.raises(ActionRefused) as refused:
        await store.propose(ANN, back, NOW)
    assert refused.value.blocker.rule_id == "order.delivered"


AGENT = replace(ANN, agent_id="A7")


async def opened(store: Store, said: Arguments) -> str:
    made = (await done(store, said, key=f"open {said.action}")).made
    return next(each["id"] for each in made if each["kind"] == "CaseOpened")


async def test_a_return_is_refunded_when_the_goods_are_back(store: Store) -> None:
    back = [{"line_id": f"#D-{number}", "quantity": 1} for number in (1, 2)]
    case_id = await opened(store, wanted("return", "#D", items=back[:1], method_id="gift_1"))
    shelf = "SELECT stock, reserved FROM variants WHERE variant_id = 'i1' AND tenant_id = 'shop'"
    ((stock, reserved),) = await rows(store, shelf)
    complete = wanted("complete_case", "#D", case_id=case_id, is_sellable=True)
    with pytest.raises(ActionRefused) as refused:
        await store.propose(ANN, complete, NOW)
    assert refused.value.blocker.rule_id == "case.by_agent"
    await done(store, complete, principal=AGENT)
    assert await gift(store) == 59.1
    assert await rows(store, shelf) == [(stock + 1, reserved)]
    order = await store.order(ANN, "#D")
    assert order.state is OrderState.DELIVERED and [line.returned_quantity for line in order.lines] == [1, 0]
    with pytest.raises(ActionRefused) as refused:
        await store.propose(AGENT, complete, NOW)
    assert refused.value.blocker.rule_id == "case.open"

    rest = wanted("return", "#D", items=back[1:])
    last = (await done(store, rest, key="the rest")).made
    last_id = next(each["id"] for each in last if each["kind"] == "CaseOpened")
    await done(store, wanted("complete_case", "#D", case_id=last_id), principal=AGENT, key="last")
    order = await store.order(ANN, "#D")
    assert order.state is OrderState.RETURNED and held(order) == ()
    assert sum(p.amount_minor for p in order.payments if p.kind is PaymentKind.REFUND) == 21_20
    assert (
        await rows(store, "SELECT caller FROM audit_log WHERE what = 'complete_case'") == [("agent:A7",)] * 2
    )


async def test_an_exchange_is_done_at_the_price_that_was_agreed(store: Store) -> None:
    items = [{"line_id": "#D-1", "quantity": 1, "variant_id": "i3"}]
    case_id = await opened(store, wanted("exchange", "#D", items=items, method_id="gift_1"))
    assert await gift(store) == 28.8
    shelf = "SELECT stock, reserved FROM variants WHERE variant_id = 'i3' AND tenant_id = 'shop'"
    assert await rows(store, shelf) == [(99, 1)]
    await written(store, "UPDATE variants SET price_minor = 9900 WHERE variant_id = 'i3'")
    await done(store, wanted("complete_case", "#D", case_id=case_id), principal=AGENT)
    order = await store.order(ANN, "#D")
    changed = next(line for line in order.lines if line.line_id == "#D-1")
    assert (changed.variant_id, changed.unit_price_minor, changed.exchanged_count) == ("i3", 30_30, 1)
    assert order.state is OrderState.DELIVERED and order.total.amount_minor == 41_40
    assert sum(part.amount_minor for part in held(order)) == 41_40
    assert await rows(store, shelf) == [(99, 0)]


async def test_a_refused_exchange_puts_everything_back(store: Store) -> None:
    items = [{"line_id": "#D-1", "quantity": 1, "variant_id": "i3"}]
    case_id = await opened(store, wanted("exchange", "#D", items=items, method_id="gift_1"))
    refuse = wanted("refuse_case", "#D", case_id=case_id, words="吊牌已剪")
    await done(store, refuse, principal=AGENT)
    assert await gift(store) == 49.0
    assert await rows(
        store, "SELECT stock, reserved FROM variants WHERE variant_id = 'i3' AND tenant_id = 'shop'"
    ) == [(100, 0)]
    order = await store.order(ANN, "#D")
    assert order.state is OrderState.DELIVERED and order.lines[0].variant_id == "i1"
    assert await rows(store, "SELECT state, answer FROM cases") == [("refused", "吊牌已剪")]


async def test_what_did_not_arrive_is_sent_again(store: Store) -> None:
    items = [{"line_id": "#D-1", "quantity": 1}]
    said = wanted("report_problem", "#D", items=items, problem="missing", wants="replacement", words="gone")
    case_id = await opened(store, said)
    await done(store, wanted("complete_case", "#D", case_id=case_id, is_sellable=True), principal=AGENT)
    order = await store.order(ANN, "#D")
    assert order.state is OrderState.DELIVERED and order.lines[0].returned_quantity == 0
    assert sum(part.amount_minor for part in held(order)) == 21_20
    moves = await rows(store, "SELECT reason, quantity FROM stock_moves ORDER BY move_id")
    assert moves == [("reserve", 1), ("ship", 1)]


async def test_free_text_is_masked_before_it_is_stored(store: Store) -> None:
    await done(store, wanted("open_complaint", words="打13812345678给我"))
    assert await rows(store, "SELECT words FROM tickets") == [("打[phone]给我",)]
    items = [{"line_id": "#D-1", "quantity": 1}]
    said = "我叫张伟，碎了"
    report = wanted("report_problem", "#D", items=items, problem="damaged", wants="refund", words=said)
    case_id = await opened(store, report)
    refusal = wanted("refuse_case", "#D", case_id=case_id, words="请联系zhang@example.com")
    await done(store, refusal, principal=AGENT)
    assert await rows(store, "SELECT words, answer FROM cases") == [("我叫[name]，碎了", "请联系[email]")]


# Tokens


async def test_a_token_is_good_once(store: Store) -> None:
    said = wanted("open_complaint", words="slow")
    token = await agreed(store, said)
    await committed(store, said, token, key="k1")
    assert await refused_reason(store, said, token, key="k2") == "reused"


async def test_a_token_is_its_callers(store: Store) -> None:
    token = await agreed(store, CANCEL)
    agent = replace(ANN, agent_id="A7")
    assert await refused_reason(store, CANCEL, token, principal=agent) == "foreign"
    assert await refused_reason(store, CANCEL, token, principal=replace(ANN, tenant_id="other")) == "foreign"


async def test_a_token_is_for_its_exact_arguments(store: Store) -> None:
    token = await agreed(store, CANCEL)
    assert await refused_reason(store, wanted("cancel", reason="ordered_by_mistake"), token) == "altered"
    assert await refused_reason(store, wanted("cancel", "#G", reason="no_longer_needed"), token) == "altered"


async def test_a_token_is_for_the_state_that_was_shown(store: Store) -> None:
    token = await agreed(store, CANCEL)
    await done(store, wanted("change_payment", method_id="pal_1"), key="between")
    assert await refused_reason(store, CANCEL, token, key="late") == "stale"


async def test_a_token_lasts_minutes(store: Store) -> None:
    token = await agreed(store, CANCEL)
    assert await refused_reason(store, CANCEL, token, now=NOW + TTL) == "expired"
    await committed(store, CANCEL, token, now=NOW + TTL - timedelta(seconds=1))


async def test_what_is_no_longer_allowed_is_not_done(store: Store) -> None:
    """The window ended between the proposal and its confirmation."""
    policy = await store.policy("shop")
    short = replace(policy.returns.default, no_reason_days=7)
    shorter = replace(policy, returns=replace(policy.returns, default=short))
    await store.put_policy("shop", shorter, "shell:1")
    await written(store, "UPDATE orders SET delivered_at = '2026-11-22 12:00:00+00:00' WHERE order_id = '#D'")
    back = wanted("return", "#D", items=[{"line_id": "#D-1", "quantity": 1}])
    last_minute = datetime(2026, 11, 30, 4, 59, tzinfo=UTC)  # 23:59 on the seventh day in New York
    token = await agreed(store, back, now=last_minute)
    with pytest.raises(ActionRefused) as refused:
        await committed(store, back, token, now=last_minute + timedelta(minutes=1))
    assert refused.value.blocker.rule_id == "return.window.no_reason"
    await committed(store, back, token, now=last_minute + timedelta(seconds=59))


async def test_a_token_is_signed(store: Store) -> None:
    token = await agreed(store, CANCEL)
    head, claims, signature = token.split(".")
    other = ("B" if signature[0] == "A" else "A") + signature[1:]
    assert await refused_reason(store, CANCEL, f"{head}.{claims}.{other}") == "signature"
    assert await refused_reason(store, CANCEL, "none") == "malformed"


async def test_a_stock_that_fell_since_makes_it_stale(store: Store) -> None:
    items = [{"line_id": "#P-1", "quantity": 1, "variant_id": "i3"}]
    said = wanted("change_items", items=items, method_id="card_1")
    token = await agreed(store, said)
    await written(
        store, "UPDATE variants SET price_minor = 9900 WHERE variant_id = 'i3' AND tenant_id = 'shop'"
    )
    assert await refused_reason(store, said, token) == "stale"
    await written(store, "UPDATE variants SET stock = 0 WHERE variant_id = 'i3' AND tenant_id = 'shop'")
    with pytest.raises(ActionRefused):
        await committed(store, said, token)


# Idempotency and ownership


async def test_the_same_key_again_changes_nothing(store: Store) -> None:
    token = await agreed(store, CANCEL)
    first = await committed(store, CANCEL, token)
    after = await state(store)
    again = await committed(store, CANCEL, token, now=NOW + timedelta(days=2))
    assert again == replace(first, is_repeat=True)
    assert await state(store) == after


async def test_a_key_is_for_one_action(store: Store) -> None:
    await done(store, CANCEL)
    other = wanted("open_complaint", words="slow")
    with pytest.raises(IdempotencyConflict):
        await committed(store, other, await agreed(store, other))


async def test_nobody_acts_on_what_is_not_theirs(store: Store) -> None:
    for principal in (BOB, Principal("nowhere", "ann_1")):
        with pytest.raises(OrderNotFound):
            await store.propose(principal, CANCEL, NOW)
    with pytest.raises(CustomerRequired):
        await store.propose(Principal("shop"), CANCEL, NOW)
    token = await agreed(store, CANCEL)
    with pytest.raises(OrderNotFound):
        await committed(store, CANCEL, token, principal=BOB)
    for method in ("gift_2", "card_2"):
        with pytest.raises(ActionRefused):
            await store.propose(ANN, wanted("change_payment", method_id=method), NOW)


async def test_a_failure_on_the_way_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    token, before = await agreed(store, CANCEL), await state(store)

    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("commerce.store.actions.record_audit", fails)
        with pytest.raises(RuntimeError):
            await committed(store, CANCEL, token)
    assert await state(store) == before
    assert not (await committed(store, CANCEL, token)).is_repeat


# What deletes without a DELETE.
REPLACED = {"sqlite": "INSERT OR REPLACE INTO {0} SELECT * FROM {0}", "postgresql": "TRUNCATE {0} CASCADE"}


@pytest.mark.parametrize("table", ["payments", "settlements", "stock_moves", "audit_log"])
async def test_what_was_written_down_stays(store: Store, url: str, table: str) -> None:
    await done(store, CANCEL)
    payment = "(SELECT min(payment_id) FROM payments WHERE tenant_id = 'shop')"
    await written(
        store, f"INSERT INTO settlements VALUES ('shop', {payment}, 'failed', '2026-11-29 12:00:00')"
    )
    before = await rows(store, f"SELECT * FROM {table}")
    assert before
    replaced = REPLACED[make_url(url).drivername].format(table)
    for statement in (f"UPDATE {table} SET tenant_id = 'mine'", f"DELETE FROM {table}", replaced):
        with pytest.raises(IntegrityError, match="append-only"):
            await written(store, statement)
    assert await rows(store, f"SELECT * FROM {table}") == before


async def test_a_key_that_another_order_takes_in_the_same_moment_is_a_conflict(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL two orders' transactions run side by side; what the first one's row then refuses is read again."""
    other = wanted("cancel", "#G", reason="no_longer_needed")
    mine, theirs = await agreed(store, CANCEL), await agreed(store, other)
    await committed(store, other, theirs)
    seen = done_before
    calls: list[int] = []

    async def blind(*arguments: Any) -> Any:
        calls.append(1)
        return None if len(calls) == 1 else await seen(*arguments)

    monkeypatch.setattr(actions_module, "done_before", blind)
    with pytest.raises(IdempotencyConflict):
        await committed(store, CANCEL, mine)
    assert len(calls) == 2 and (await store.order(ANN, "#P")).state is OrderState.PAID


async def test_money_goes_back_to_a_method_that_the_account_has_no_more(store: Store) -> None:
    await written(store, "DELETE FROM payment_methods WHERE method_id = 'card_1' AND tenant_id = 'shop'")
    await done(store, CANCEL)
    order = await store.order(ANN, "#P")
    assert held(order) == () and order.payments[-1].method_id == "card_1"
    assert order.payments[-1].method == "credit_card"


async def test_a_coupon_of_a_cancelled_order_can_be_used_again(store: Store) -> None:
    await written(
        store,
        a_coupon("K1", "'ann_1'"),
        "UPDATE orders SET state = 'pending_payment' WHERE order_id = '#P' AND tenant_id = 'shop'",
    )
    policy = await store.policy("shop")
    states = (OrderState.PENDING_PAYMENT, *policy.orders.cancel_states)
    await store.put_policy(
        "shop", replace(policy, orders=replace(policy.orders, cancel_states=states)), "shell:1"
    )
    await done(store, wanted("apply_coupon", coupon_id="K1"), key="use")
    order = await store.order(ANN, "#P")
    # Of lines at 10.10, 20.20 and 5.00.
    assert order.discount_minor == 500 and [line.discount_minor for line in order.lines] == [143, 286, 71]
    assert await rows(store, "SELECT used_count FROM coupons") == [(1,)]
    await done(store, CANCEL, key="cancel")
    assert await rows(store, "SELECT used_count FROM coupons") == [(0,)]


async def test_the_limit_of_goodwill_is_an_orders(store: Store) -> None:
    policy = await store.policy("shop")
    refunds = replace(policy.refunds, goodwill_max_minor=600)
    await store.put_policy("shop", replace(policy, refunds=refunds), "shell:1")
    said: dict[str, Any] = {"items": [{"line_id": "#D-1", "quantity": 1}], "reason": "goodwill"}
    await done(store, wanted("refund", "#D", amount_minor=400, **said), key="one", principal=AGENT)
    with pytest.raises(ActionRefused) as refused:
        await store.propose(AGENT, wanted("refund", "#D", amount_minor=201, **said), NOW)
    assert refused.value.blocker.rule_id == "refund.goodwill_limit"
    await done(store, wanted("refund", "#D", amount_minor=200, **said), key="two", principal=AGENT)
