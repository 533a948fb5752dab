"""Segments and recommendations over a real store and models trained on its events."""

from dataclasses import replace

import pytest

from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.tenants import BehaviourKind
from deployments.errors import StageTimeout
from tests.builders import new_key
from tests.local_service import Shop


async def test_the_segment_is_the_customers_own_and_counts_their_orders(shop: Shop) -> None:
    customer = shop.demo.customer_id
    found = (await shop.client.get(f"/v1/segments/{customer}")).json()
    events = await shop.service.store.behaviour_of(Principal("demo", customer))
    bought = [e for e in events if e.kind is BehaviourKind.PURCHASE]
    returned = [e for e in events if e.kind is BehaviourKind.RETURN]
    assert found["customer_id"] == customer and found["is_known"] and found["segment"] != "unknown"
    assert found["frequency"] == len({e.order_id for e in bought})
    assert found["monetary_minor"] == sum(e.amount_minor for e in bought) - sum(
        e.amount_minor for e in returned
    )
    own = await shop.client.get(f"/v1/segments/{customer}", headers=shop.customer)
    assert own.json()["segment"] == found["segment"]


async def test_nobody_reads_another_customers_segment_or_offers(shop: Shop) -> None:
    customer = shop.demo.customer_id
    foreign = await shop.client.get(f"/v1/segments/{customer}", headers=shop.other)
    absent = await shop.client.get("/v1/segments/nobody", headers=shop.other)
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["message"] == absent.json()["message"]
    offers = await shop.client.get(
        "/v1/recommendations", params={"customer_id": customer}, headers=shop.other
    )
    assert offers.status_code == 404
    unknown = await shop.client.get("/v1/segments/nobody")
    assert unknown.status_code == 404 and unknown.json()["type"] == "not_found"


async def test_a_browsers_key_reads_its_own_customer_and_no_other(shop: Shop) -> None:
    given = await shop.service.demonstration()
    assert given is not None
    page = {"Authorization": f"Bearer {given.key}"}
    own = {**page, "X-Customer-Token": given.customers[0].token}
    customer = given.customers[0].id
    assert (await shop.client.get(f"/v1/segments/{customer}", headers=own)).status_code == 200
    for path in (f"/v1/segments/{customer}", f"/v1/recommendations?customer_id={customer}"):
        refused = await shop.client.get(path, headers=page)
        assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")
    for path in ("/metrics", "/v1/models/kefu/small"):
        assert (await shop.client.get(path, headers=page)).status_code in {403, 404}


@pytest.mark.parametrize("wish", ["Recommend me a gift under 200", "送女朋友的礼物，200以内"])
async def test_offers_meet_the_wishes_are_in_stock_not_bought_and_say_why(shop: Shop, wish: str) -> None:
    store, customer = shop.service.store, shop.demo.customer_id
    response = await shop.client.get("/v1/recommendations", params={"q": wish}, headers=shop.customer)
    body = response.json()
    assert body["customer_id"] == customer and len(body["recommendations"]) == 5
    events = await store.behaviour_of(Principal("demo", customer))
    bought = {e.product_id for e in events if e.kind is BehaviourKind.PURCHASE}
    for offer in body["recommendations"]:
        product = await store.product("demo", offer["product_id"])
        variant = next(v for v in product.variants if v.price_minor == offer["price_minor"] and v.stock > 0)
        assert product.is_giftable and variant.price_minor <= 20_000
        assert product.product_id not in bought
        assert offer["reason"] and offer["basis"] in {"personal", "similar", "popular"}


async def test_what_sells_out_is_offered_no_more(shop: Shop) -> None:
    params: dict[str, str | int] = {"q": "送女朋友的礼物，200以内", "limit": 1}
    first = (await shop.client.get("/v1/recommendations", params=params)).json()["recommendations"][0]
    async with shop.service.store.writing() as connection:
        from sqlalchemy import update

        from commerce.store.tables import variants

        sold_out = update(variants).where(variants.c.product_id == first["product_id"]).values(stock=0)
        await connection.execute(sold_out)
    after = (await shop.client.get("/v1/recommendations", params=params)).json()["recommendations"][0]
    assert after["product_id"] != first["product_id"]


async def test_an_unknown_customer_gets_what_is_popular_and_marked(shop: Shop) -> None:
    for params in ({}, {"customer_id": "nobody"}):
        body = (await shop.client.get("/v1/recommendations", params=params)).json()
        assert body["recommendations"] and {o["basis"] for o in body["recommendations"]} == {"popular"}
        assert all("热销" in o["reason"] for o in body["recommendations"])
    answer = await shop.chat("Recommend me a gift under 200", headers={})
    assert {o["basis"] for o in answer["recommendations"]} == {"popular"} and answer["segment"] is None
    assert "Popular in our shop" in answer["answer"]


async def test_a_chat_offers_what_was_ranked_for_the_customer_and_names_the_segment(shop: Shop) -> None:
    answer = await shop.chat("Recommend me a gift under 200")
    ranked = await shop.client.get(
        "/v1/recommendations", params={"q": "Recommend me a gift under 200"}, headers=shop.customer
    )
    offered = [o["product_id"] for o in answer["recommendations"]]
    assert offered == [o["product_id"] for o in ranked.json()["recommendations"]][: len(offered)]
    segment = (await shop.client.get(f"/v1/segments/{shop.demo.customer_id}")).json()["segment"]
    assert answer["segment"] == segment and {"recommendation", "segmentation"} <= set(answer["timings_ms"])


async def test_only_what_the_intent_needs_is_asked(shop: Shop) -> None:
    answer = await shop.chat("我的订单到哪了")
    assert not {"recommendation", "segmentation", "products"} & set(answer["timings_ms"])
    jacket = await shop.chat("我想要一件红色的羽绒服")
    assert "recommendation" not in jacket["timings_ms"], "the customer said which goods"


async def test_a_stage_that_does_not_answer_is_left_out_and_named(shop: Shop) -> None:
    shop.service.recommendation.failure = StageTimeout("recommendation", "slow")
    shop.service.segmentation.failure = StageTimeout("segmentation", "slow")
    answer = await shop.chat("Recommend me a gift under 200")
    assert sorted(answer["missing"]) == ["recommendation: deadline", "segmentation: deadline"]
    assert answer["outcome"] == "degraded" and answer["segment"] is None
    # The catalogue's own search still finds gifts within the price.
    assert answer["recommendations"] and all(o["price_minor"] <= 20_000 for o in answer["recommendations"])
    direct = await shop.client.get("/v1/recommendations")
    assert direct.status_code == 504 and direct.json()["type"] == "deadline"


async def test_a_shop_without_a_trained_model_is_told_so(shop: Shop) -> None:
    tenant = await shop.service.store.tenant("demo")
    policy = await shop.service.store.policy("demo")
    await shop.service.store.create_tenant(replace(tenant, tenant_id="new", attributes={}), policy)
    key = await new_key(shop.service.store, "new", ApiKeyRole.SHOP)
    response = await shop.client.get("/v1/recommendations", headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == 503 and response.json()["type"] == "untrained"
    assert "kefu train" in response.json()["message"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 99}, "limit"),
        ({"q": "!!!"}, "q"),
        ({"language": "fr"}, "language"),
    ],
)
async def test_bad_parameters_are_named(shop: Shop, params: dict[str, str | int], field: str) -> None:
    response = await shop.client.get("/v1/recommendations", params=params)
    assert response.status_code == 422 and response.json()["message"].startswith(field)
