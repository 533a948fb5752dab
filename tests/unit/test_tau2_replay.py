"""The benchmark's tools to the bit, quirks and all, and what a replay says."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cluster.cli import app, guarded
from commerce.domain.errors import ImportInvalid
from commerce.replay.tau2 import replay_tau2
from commerce.replay.tau2_tools import READS, Tau2Tools, ToolRefused
from tests.tau2_shop import a_shop, an_address

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retail_tau2"
needs_data = pytest.mark.skipif(
    not (DATA / "replay_train.json").exists(), reason=f"the benchmark's data is not at {DATA}"
)


@pytest.fixture
def shop() -> dict[str, Any]:
    return a_shop()


def history(shop: dict[str, Any], order_id: str) -> list[tuple[str, float, str]]:
    rows = shop["orders"][order_id]["payment_history"]
    return [(row["transaction_type"], row["amount"], row["payment_method_id"]) for row in rows]


def balance(shop: dict[str, Any]) -> float:
    found: float = shop["users"]["ann_1"]["payment_methods"]["gift_1"]["balance"]
    return found


def test_every_order_carries_all_optional_fields(shop: dict[str, Any]) -> None:
    Tau2Tools(shop)
    assert shop["orders"]["#P"]["cancel_reason"] is None
    assert shop["orders"]["#P"]["exchange_price_difference"] is None


def test_a_cancellation_refunds_every_row(shop: dict[str, Any]) -> None:
    tools = Tau2Tools(shop)
    tools.call("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "pal_1"})
    tools.call("cancel_pending_order", {"order_id": "#P", "reason": "no longer needed"})
    amount = 10.1 + 20.2 + 5.0
    assert history(shop, "#P") == [
        ("payment", amount, "card_1"),
        ("payment", amount, "pal_1"),
        ("refund", amount, "card_1"),
        ("refund", amount, "card_1"),
        ("refund", amount, "pal_1"),
        ("refund", amount, "card_1"),
    ]
    assert shop["orders"]["#P"]["status"] == "cancelled"
    assert shop["orders"]["#P"]["cancel_reason"] == "no longer needed"


def test_a_gift_card_moves_at_once(shop: dict[str, Any]) -> None:
    tools = Tau2Tools(shop)
    tools.call("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "gift_1"})
    assert balance(shop) == round(49.0 - (10.1 + 20.2 + 5.0), 2)
    tools.call("cancel_pending_order", {"order_id": "#G", "reason": "ordered by mistake"})
    assert balance(shop) == round(round(49.0 - (10.1 + 20.2 + 5.0), 2) + 10.1, 2)


def test_every_item_of_a_change_gets_the_last_price(shop: dict[str, Any]) -> None:
    change = {
        "order_id": "#P",
        "item_ids": ["i1", "i2"],
        "new_item_ids": ["i3", "i4"],
        "payment_method_id": "pal_1",
    }
    Tau2Tools(shop).call("modify_pending_order_items", change)
    changed = shop["orders"]["#P"]["items"][:2]
    assert [item["item_id"] for item in changed] == ["i3", "i4"]
    assert [(item["price"], item["options"]) for item in changed] == [(40.7, {"color": "green"})] * 2
    # Not rounded: the sum of the differences as floats have it.
    assert history(shop, "#P")[-1] == ("payment", (30.3 - 10.1) + (40.7 - 20.2), "pal_1")
    assert shop["orders"]["#P"]["status"] == "pending (item modified)"


def test_a_line_is_the_first_with_that_item_at_that_moment(shop: dict[str, Any]) -> None:
    exchange = {
        "order_id": "#D",
        "item_ids": ["i1", "i1"],
        "new_item_ids": ["i4", "i1"],
        "payment_method_id": "card_1",
    }
    Tau2Tools(shop).call("exchange_delivered_order_items", exchange)
    order = shop["orders"]["#D"]
    assert order["exchange_items"] == ["i1", "i1"] and order["exchange_new_items"] == ["i1", "i4"]
    assert order["exchange_price_difference"] == round((40.7 - 10.1) + (10.1 - 10.1), 2)
    assert order["status"] == "exchange requested" and len(order["payment_history"]) == 1


def test_a_return_of_nothing_is_accepted(shop: dict[str, Any]) -> None:
    Tau2Tools(shop).call(
        "return_delivered_order_items", {"order_id": "#D", "item_ids": [], "payment_method_id": "gift_1"}
    )
    assert shop["orders"]["#D"]["status"] == "return requested"
    assert shop["orders"]["#D"]["return_items"] == []


def test_addresses_are_replaced_also_after_items_were_changed(shop: dict[str, Any]) -> None:
    shop["orders"]["#P"]["status"] = "pending (item modified)"
    tools = Tau2Tools(shop)
    tools.call("modify_pending_order_address", {"order_id": "#P", **an_address("Reno")})
    tools.call("modify_user_address", {"user_id": "ann_1", **an_address("Elko")})
    assert shop["orders"]["#P"]["address"]["city"] == "Reno"
    assert shop["users"]["ann_1"]["address"]["city"] == "Elko"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("cancel_pending_order", {"order_id": "#P", "reason": "found cheaper"}),
        ("cancel_pending_order", {"order_id": "#D", "reason": "no longer needed"}),
        ("cancel_pending_order", {"order_id": "#X", "reason": "no longer needed"}),
        ("cancel_pending_order", {"order_id": "#P"}),
        ("cancel_pending_order", {"order_id": 7, "reason": "no longer needed"}),
        ("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "card_1"}),
        ("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "card_9"}),
        ("modify_pending_order_payment", {"order_id": "#D", "payment_method_id": "pal_1"}),
        (
            "modify_pending_order_items",
            {"order_id": "#P", "item_ids": ["i1"], "new_item_ids": ["i1"], "payment_method_id": "card_1"},
        ),
        (
            "modify_pending_order_items",
            {"order_id": "#P", "item_ids": ["i1"], "new_item_ids": ["r1"], "payment_method_id": "card_1"},
        ),
        (
            "modify_pending_order_items",
            {"order_id": "#P", "item_ids": ["i1"], "new_item_ids": ["i5"], "payment_method_id": "card_1"},
        ),
        (
            "modify_pending_order_items",
            {
                "order_id": "#P",
                "item_ids": ["i1", "i1"],
                "new_item_ids": ["i3", "i4"],
                "payment_method_id": "card_1",
            },
        ),
        (
            "modify_pending_order_items",
            {
                "order_id": "#P",
                "item_ids": ["i1", "i2"],
                "new_item_ids": ["i3"],
                "payment_method_id": "card_1",
            },
        ),
        (
            "modify_pending_order_items",
            {"order_id": "#P", "item_ids": "i1", "new_item_ids": ["i3"], "payment_method_id": "card_1"},
        ),
        (
            "return_delivered_order_items",
            {"order_id": "#D", "item_ids": ["i1"], "payment_method_id": "pal_1"},
        ),
        (
            "return_delivered_order_items",
            {"order_id": "#P", "item_ids": ["i1"], "payment_method_id": "card_1"},
        ),
        ("modify_user_address", {"user_id": "bob", **an_address()}),
    ],
)
def test_an_action_that_fails_changes_nothing(
    shop: dict[str, Any], tool: str, arguments: dict[str, Any]
) -> None:
    tools = Tau2Tools(shop)
    before = copy.deepcopy(shop)
    with pytest.raises(ToolRefused):
        tools.call(tool, arguments)
    assert shop == before


def test_a_gift_card_that_does_not_cover_it_pays_nothing(shop: dict[str, Any]) -> None:
    shop["users"]["ann_1"]["payment_methods"]["gift_1"]["balance"] = 20.0
    tools = Tau2Tools(shop)
    before = copy.deepcopy(shop)
    change = {"order_id": "#P", "item_ids": ["i1"], "new_item_ids": ["i3"], "payment_method_id": "gift_1"}
    with pytest.raises(ToolRefused):
        tools.call("modify_pending_order_items", change)
    with pytest.raises(ToolRefused):
        tools.call("modify_pending_order_payment", {"order_id": "#P", "payment_method_id": "gift_1"})
    with pytest.raises(ToolRefused):
        tools.call("exchange_delivered_order_items", {**change, "order_id": "#D"})
    assert shop == before


@pytest.mark.parametrize("tool", sorted(READS))
def test_what_reads_changes_nothing(shop: dict[str, Any], tool: str) -> None:
    tools = Tau2Tools(shop)
    before = tools.sha256()
    tools.call(tool, {"anything": "at all"})
    assert tools.sha256() == before


def written(folder: Path, **tasks: Any) -> tuple[Path, Path]:
    """The shop, and tasks that were made with it; a hash that is not given is that of the shop as it was."""
    database, listed = folder / "db.json", folder / "tasks.json"
    database.write_text(json.dumps(a_shop()))
    initial = Tau2Tools(a_shop()).sha256()
    document = {
        "initial_db_sha256": initial,
        "tasks": [
            {"id": "same", "actions": [], "final_db_sha256": initial},
            {
                "id": "refused",
                "actions": [
                    {
                        "name": "cancel_pending_order",
                        "arguments": {"order_id": "#D", "reason": "no longer needed"},
                    }
                ],
                "final_db_sha256": initial,
            },
        ],
    }
    listed.write_text(json.dumps(document | tasks))
    return database, listed


def cancelled(sha256: str) -> dict[str, Any]:
    action = {"name": "cancel_pending_order", "arguments": {"order_id": "#P", "reason": "no longer needed"}}
    return {"id": "cancelled", "actions": [action], "final_db_sha256": sha256}


def test_each_task_begins_with_the_database_as_it_was(tmp_path: Path) -> None:
    after = Tau2Tools(a_shop())
    after.call("cancel_pending_order", {"order_id": "#P", "reason": "no longer needed"})
    database, tasks = written(
        tmp_path, tasks=[cancelled(after.sha256()), cancelled(after.sha256()), cancelled("0" * 64)]
    )
    assert [task.is_equal for task in replay_tau2(database, tasks)] == [True, True, False]


def test_a_refusal_is_told_and_the_replay_goes_on(tmp_path: Path) -> None:
    same, refused = replay_tau2(*written(tmp_path))
    assert same.is_equal and not same.refusals
    assert refused.is_equal and [error.tool for error in refused.refusals] == ["cancel_pending_order"]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"initial_db_sha256": "0" * 64}, "tasks.json.initial_db_sha256"),
        ({"tasks": []}, "tasks.json.tasks"),
        (
            {"tasks": [{"id": "1", "actions": [], "final_db_sha256": 3}]},
            "tasks.json.tasks[0].final_db_sha256",
        ),
        (
            {"tasks": [{"id": "1", "actions": [{"name": "drop", "arguments": {}}], "final_db_sha256": "0"}]},
            "tasks.json.tasks[0].actions[0].name",
        ),
        ({"more": 1}, "tasks.json.more"),
    ],
)
def test_a_fault_in_the_tasks_is_named(tmp_path: Path, changed: dict[str, Any], path: str) -> None:
    with pytest.raises(ImportInvalid) as refused:
        replay_tau2(*written(tmp_path, **changed))
    assert refused.value.field == path


def test_the_command_says_how_many_are_equal(tmp_path: Path) -> None:
    database, tasks = written(tmp_path)
    line = ["replay", "tau2", "--db", str(database), "--tasks", str(tasks)]
    ended = CliRunner().invoke(app, [*line, "--json"])
    assert ended.exit_code == 0
    assert json.loads(ended.stdout.splitlines()[-1]) == {"equal": 2, "total": 2}
    told = CliRunner().invoke(app, line)
    assert "2 of 2 databases are equal" in told.stdout and "refused: cancel_pending_order" in told.stdout


def test_the_command_fails_where_one_differs(tmp_path: Path) -> None:
    database, tasks = written(tmp_path, tasks=[cancelled("0" * 64)])
    line = ["replay", "tau2", "--db", str(database), "--tasks", str(tasks), "--json"]
    ended = CliRunner().invoke(app, line)
    assert ended.exit_code == 1
    assert json.loads(ended.stdout.splitlines()[-1]) == {"equal": 0, "total": 1}


def test_the_command_names_a_file_that_is_missing(tmp_path: Path) -> None:
    database, tasks = written(tmp_path)
    ended = CliRunner().invoke(app, ["replay", "tau2", "--db", str(tmp_path / "none"), "--tasks", str(tasks)])
    assert ended.exit_code == 2 and "--db" in ended.output
    tasks.write_text("{")

    def run() -> None:
        app(["replay", "tau2", "--db", str(database), "--tasks", str(tasks)])

    assert guarded(run) == 1


@needs_data
def test_every_task_of_the_benchmark_ends_in_its_database() -> None:
    found = replay_tau2(DATA / "db.json", DATA / "replay_train.json")
    assert [task.task_id for task in found if not task.is_equal] == []
    assert len(found) == 74
