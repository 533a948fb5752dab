"""Actions over HTTP, on the demonstration shop."""

from typing import Any

from sqlalchemy import select

from commerce.store.tables import orders
from tests.local_service import Shop, token


async def an_order(shop: Shop, state: str) -> tuple[str, dict[str, str]]:
    """An order in that state, and the headers of its customer."""
    async with shop.service.store.reading() as connection:
        row = (
            await connection.execute(
                select(orders.c.order_id, orders.c.customer_id).where(orders.c.state == state).limit(1)
            )
        ).one()
    return row.order_id, token(row.customer_id)


def cancel(order_id: str, reason: str = "no_longer_needed") -> dict[str, Any]:
    return {"action": "cancel", "order_id": order_id, "reason": reason}


async def propose(
    shop: Shop, wanted: dict[str, Any], headers: dict[str, str], **query: str
) -> dict[str, Any]:
    response = await shop.client.post("/v1/actions/propose", json=wanted, headers=headers, params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def commit(
    shop: Shop, wanted: dict[str, Any], agreed: str, headers: dict[str, str], key: str = "k1"
) -> Any:
    body = {"arguments": wanted, "confirmation_token": agreed}
    return await shop.client.post("/v1/actions", json=body, headers=headers | {"Idempotency-Key": key})


async def test_an_order_is_cancelled_after_its_customer_agreed(shop: Shop) -> None:
    order_id, headers = await an_order(shop, "paid")
    wanted = cancel(order_id)
    found = await propose(shop, wanted, headers)
    effects = {effect["effect"]: effect for effect in found["effects"]}
    assert effects["StateChange"]["after"] == "cancelled"
    assert effects["MoneyMove"]["kind"] == "refund" and effects["MoneyMove"]["currency"] == "CNY"
    assert (await shop.client.get(f"/v1/orders/{order_id}", headers=headers)).json()["state"] != "cancelled"

    done = await commit(shop, wanted, found["confirmation_token"], headers)
    assert done.status_code == 200 and not done.json()["is_repeat"]
    again = await commit(shop, wanted, found["confirmation_token"], headers)
    assert again.json() == done.json() | {"is_repeat": True}
    other_key = await commit(shop, wanted, found["confirmation_token"], headers, key="k2")
    assert (other_key.status_code, other_key.json()["type"]) == (409, "confirmation_refused")


async def test_what_a_rule_forbids_is_told_with_the_rule(shop: Shop) -> None:
    order_id, headers = await an_order(shop, "packed")
    for language, words in (("zh", "打包"), ("en", "packed")):
        found = await propose(shop, cancel(order_id), headers, language=language)
        assert not found["is_allowed"] and found["confirmation_token"] is None and found["effects"] == []
        failed = [rule for rule in found["rules"] if rule["outcome"] == "failed"]
        assert [rule["rule_id"] for rule in failed] == ["order.cancel_cutoff"] and words in failed[0]["text"]


async def test_anothers_order_is_not_found(shop: Shop) -> None:
    order_id, headers = await an_order(shop, "paid")
    found = await propose(shop, cancel(order_id), headers)
    stranger = shop.other
    asked = await shop.client.post("/v1/actions/propose", json=cancel(order_id), headers=stranger)
    taken = await commit(shop, cancel(order_id), found["confirmation_token"], stranger)
    assert [each.status_code for each in (asked, taken)] == [404, 404]
    nobody = {"X-Customer-Token": ""}
    asked = await shop.client.post("/v1/actions/propose", json=cancel(order_id), headers=nobody)
    assert asked.status_code == 401


async def test_bad_arguments_are_named(shop: Shop) -> None:
    order_id, headers = await an_order(shop, "paid")

    async def refused(wanted: dict[str, Any]) -> str:
        response = await shop.client.post("/v1/actions/propose", json=wanted, headers=headers)
        assert response.status_code == 422, response.text
        message: str = response.json()["message"]
        return message

    assert "reason" in await refused(cancel(order_id, "bored"))
    assert "price" in await refused(cancel(order_id) | {"price": 1})
    assert "action" in await refused({"action": "steal", "order_id": order_id})
    assert "items" in await refused({"action": "return", "order_id": order_id, "items": []})
    assert "words" in await refused({"action": "open_complaint", "order_id": order_id, "words": "a\u0000b"})
    found = await propose(shop, cancel(order_id), headers)
    body = {"arguments": cancel(order_id), "confirmation_token": found["confirmation_token"]}
    without = await shop.client.post("/v1/actions", json=body, headers=headers)
    assert without.status_code == 422 and "idempotency-key" in without.json()["message"].lower()
