"""Who may what over HTTP: every route with every kind of caller. A route that is not in the matrix fails."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from sqlalchemy import select
from starlette.routing import Route

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.access import ALLOWED, Permission, Role, may, may_confer
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.policy_codec import policy_to_json
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.store.tables import orders
from deployments.api.app import create_app
from tests.builders import new_key
from tests.local_service import Shop, agent_token, token

OTHER: Final = Tenant("other", LocalText("别家", "Another"), "zh-CN", "Asia/Shanghai", "CNY")
CALLERS: Final = (
    "nobody", "page", "shop", "operator", "customer", "stranger", "page+customer", "operator+customer", "agent",
    "agent+customer", "agent+stranger", "page+agent", "customer elsewhere", "agent elsewhere", "other shop",
    "other shop+customer", "other shop+agent",
)  # fmt: skip
"""`stranger` is another customer of the shop. `elsewhere`: another shop's token with this shop's key; `other shop`: its key,
alone, with this shop's customer's token, and with its own agent's.
"""

Row = Mapping[str, int]


def with_tokens(everyone: int, **others: int) -> Row:
    """Where tokens are read: one of another shop is refused, and so is an agent in a browser."""
    refused = {"nobody", "customer elsewhere", "agent elsewhere", "other shop+customer"}
    usual = {name: 401 if name in refused else 403 if name == "page+agent" else everyone for name in CALLERS}
    return {**usual, **_by_name(others)}


def by_key(everyone: int, **others: int) -> Row:
    """Where the key alone counts."""
    found = _by_name(others)
    return {
        name: 401 if name == "nobody" else found.get(name.partition("+")[0], everyone) for name in CALLERS
    }


def _by_name(statuses: Mapping[str, int]) -> dict[str, int]:
    return {name.replace("__", "+").replace("_", " "): status for name, status in statuses.items()}


OPEN: Final[Row] = dict.fromkeys(CALLERS, 200)
OPERATORS: Final = by_key(403, operator=200)
# `customer`'s order: who names no customer is asked for one, and to others it is not there.
ORDER: Final = with_tokens(
    401, customer=200, stranger=404, page__customer=200, operator__customer=200, agent=200, agent__customer=200,
    agent__stranger=404, other_shop__agent=404,
)  # fmt: skip
# What is known of `customer`: the shop's own may read of anyone, unless a token narrows them.
# Articles are edited with an operator's key, or by an agent; another shop's agent sees that shop's, which has none.
EDITORS: Final = with_tokens(
    403, operator=200, operator__customer=200, agent=200, agent__customer=200, agent__stranger=200, other_shop__agent=200
)  # fmt: skip
ARTICLE: Final = {**EDITORS, "other shop+agent": 404}
KNOWN: Final = with_tokens(
    200, page=403, stranger=404, agent__stranger=404, other_shop=404, other_shop__agent=404
)

MATRIX: Final[dict[str, Row]] = {
    "POST /v1/chat": with_tokens(200),
    "POST /api/chat": with_tokens(200),
    "POST /v1/chat/completions": with_tokens(403, operator=200, operator__customer=200),
    "GET /v1/models": by_key(200),
    "GET /v1/models/{model:path}": by_key(404, operator=200),
    "POST /v1/understand": by_key(200),
    "POST /v1/feedback": with_tokens(200, page=403, page__customer=403),
    "GET /v1/knowledge/search": by_key(200),
    "GET /v1/knowledge": EDITORS,
    "GET /v1/knowledge/{article_id}": ARTICLE,
    "PUT /v1/knowledge/{article_id}": EDITORS,
    "DELETE /v1/knowledge/{article_id}": {
        name: 204 if status == 200 else status for name, status in ARTICLE.items()
    },
    "GET /v1/knowledge/{article_id}/versions": ARTICLE,
    "GET /v1/knowledge/{article_id}/versions/{version}": ARTICLE,
    "POST /v1/knowledge/{article_id}/restore": ARTICLE,
    "GET /v1/orders/{order_id}": ORDER,
    "POST /v1/orders/{order_id}/events": by_key(200, page=403, other_shop=404),
    "POST /v1/actions/propose": ORDER,
    "POST /v1/actions": ORDER,
    "GET /v1/segments/{customer_id}": KNOWN,
    # The other shop has no model, and its own customers may have that id.
    "GET /v1/recommendations": {**KNOWN, "other shop": 503, "other shop+agent": 503},
    "GET /v1/customers/{customer_id}/export": with_tokens(
        403,
        operator=200,
        customer=200,
        page__customer=200,
        operator__customer=200,
        agent__customer=200,
        stranger=404,
        agent__stranger=404,
    ),
    # An order of theirs is under way.
    "POST /v1/customers/{customer_id}/erase": by_key(403, operator=409),
    "GET /v1/policy": OPERATORS,
    "PUT /v1/policy": OPERATORS,
    "GET /v1/audit": OPERATORS,
    "POST /v1/tokens/revoke": OPERATORS,
    "GET /v1/keys": OPERATORS,
    "POST /v1/keys": by_key(403, operator=201),
    "DELETE /v1/keys/{key_id}": OPERATORS,
    "GET /metrics": OPERATORS,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /": OPEN,
    "GET /console/{name}": OPEN,
    "GET /demo": OPEN,
    "GET /docs": OPEN,
    "GET /docs/oauth2-redirect": OPEN,
    "GET /openapi.json": OPEN,
}


SEEN: Final = {
    "event": "tracked", "at": "2026-11-22T08:00:00Z", "state": "in_transit", "place_zh": "杭州", "place_en": "Hangzhou",
    "text_zh": "已到达", "text_en": "arrived",
}  # fmt: skip


ARTICLE_ID: Final = "invoice-electronic"
WORDS: Final = {"zh": "电子发票", "en": "Electronic invoices"}


class Callers:
    """The headers of each, an order of the customer's, and a key that nobody of them has."""

    def __init__(
        self, order_id: str, customer_id: str, key_id: str, headers: dict[str, dict[str, str]]
    ) -> None:
        self.order_id = order_id
        self.customer_id = customer_id
        self.key_id = key_id
        self.headers = headers

    @classmethod
    async def of(cls, shop: Shop) -> "Callers":
        store, customer_id = shop.service.store, shop.demo.customer_id
        await store.create_tenant(OTHER, DEMO_POLICY)
        given = await shop.service.demonstration()
        assert given is not None
        keys = {
            "page": given.key,
            "shop": shop.client.headers["Authorization"].removeprefix("Bearer "),
            "operator": shop.operator_key,
            "other shop": await new_key(store, "other", ApiKeyRole.SHOP),
        }
        named = {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}
        customer, stranger, agent = shop.customer, shop.other, agent_token()
        headers = named | {
            "nobody": {"Authorization": ""},
            "customer": customer,
            "stranger": stranger,
            "page+customer": named["page"] | customer,
            "operator+customer": named["operator"] | customer,
            "agent": agent,
            "agent+customer": agent | customer,
            "agent+stranger": agent | stranger,
            "page+agent": named["page"] | agent,
            "customer elsewhere": token(customer_id, "other"),
            "agent elsewhere": agent_token(tenant_id="other"),
            "other shop+customer": named["other shop"] | customer,
            "other shop+agent": named["other shop"] | agent_token(tenant_id="other"),
        }
        query = select(orders.c.order_id).where(orders.c.customer_id == customer_id).limit(1)
        async with store.reading() as connection:
            order_id = (await connection.execute(query)).scalar_one()
        spare = await store.authenticate(await new_key(store, "demo", ApiKeyRole.OPERATOR))
        return cls(order_id, customer_id, spare.key_id, headers)


def complaint(order_id: str) -> dict[str, Any]:
    return {"action": "open_complaint", "order_id": order_id, "words": "太慢了"}


async def status(shop: Shop, callers: Callers, route: str, caller: str) -> int:
    """Of the plainest valid request on that route."""
    method, _, path = route.partition(" ")
    headers = {"Host": "127.0.0.1", "Idempotency-Key": f"of {caller}".replace(" ", "-")}
    named = {
        "order_id": callers.order_id, "customer_id": callers.customer_id, "key_id": callers.key_id, "name": "chat.js",
        "article_id": ARTICLE_ID, "version": "1",
    }  # fmt: skip
    for part, value in {**named, "model:path": "kefu/small"}.items():
        path = path.replace(f"{{{part}}}", value)
    bodies: dict[str, Any] = {
        "POST /v1/chat": {"message": "你好"},
        "POST /api/chat": {"input": "你好"},
        "POST /v1/chat/completions": {"model": "kefu/small", "messages": [{"role": "user", "content": "hi"}]},
        "POST /v1/understand": {"texts": ["你好"]},
        "POST /v1/orders/{order_id}/events": SEEN,
        "PUT /v1/knowledge/{article_id}": {"kind": "faq", "title": WORDS, "body": WORDS},
        "POST /v1/knowledge/{article_id}/restore": {"version": 1},
        "PUT /v1/policy": {"policy": policy_to_json(DEMO_POLICY)},
        "POST /v1/feedback": {"text": "包裹没到", "intent": "logistics_tracking"},
        "POST /v1/actions/propose": complaint(callers.order_id),
        "POST /v1/tokens/revoke": {"jti": "some"},
        "POST /v1/keys": {"role": "shop"},
    }
    queries = {
        "GET /v1/knowledge/search": {"q": "退货"},
        "GET /v1/recommendations": {"customer_id": callers.customer_id},
    }
    body = bodies.get(route)
    if route == "POST /v1/actions":
        body = await agreed(shop, callers, caller)
    if method == "DELETE" and "article_id" in route:
        # The last caller may have deleted it.
        await shop.service.store.restore_article(Principal("demo", operator_id="test"), ARTICLE_ID, 1)
    response = await shop.client.request(
        method, path, json=body, params=queries.get(route), headers=headers | callers.headers[caller]
    )
    return response.status_code


async def agreed(shop: Shop, callers: Callers, caller: str) -> dict[str, Any]:
    """What the caller was given a token for; who is given none tries with the customer's."""
    wanted = complaint(callers.order_id)
    is_given = MATRIX["POST /v1/actions/propose"][caller] == 200
    headers = callers.headers[caller if is_given else "customer"]
    proposed = await shop.client.post("/v1/actions/propose", json=wanted, headers=headers)
    return {"arguments": wanted, "confirmation_token": proposed.json()["confirmation_token"]}


@pytest.mark.parametrize("route", MATRIX)
async def test_each_caller_gets_what_the_matrix_says(shop: Shop, route: str) -> None:
    callers = await Callers.of(shop)
    found = {caller: await status(shop, callers, route, caller) for caller in CALLERS}
    assert found == MATRIX[route]


def test_every_route_is_in_the_matrix(shop: Shop) -> None:
    routes = create_app(shop.service).routes
    served = {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(routes) == len(served) and served == set(MATRIX)


def test_every_permission_has_its_roles() -> None:
    assert set(ALLOWED) == set(Permission)
    assert {role.value for role in ApiKeyRole} <= {role.value for role in Role}
    assert may({Role.SHOP, Role.CUSTOMER}, Permission.ACT_ON_ORDERS)
    assert not may({Role.SHOP}, Permission.ACT_ON_ORDERS) and not may(set(), Permission.CONVERSE)


def test_nobody_confers_more_than_they_have() -> None:
    conferred = {role: {other for other in Role if may_confer({role}, other)} for role in Role}
    assert conferred[Role.OPERATOR] == {Role.PAGE, Role.SHOP, Role.OPERATOR}
    assert conferred[Role.SHOP] == {Role.PAGE, Role.SHOP}
    assert conferred[Role.PAGE] == {Role.PAGE}
    assert may_confer({Role.OPERATOR, Role.CUSTOMER}, Role.CUSTOMER)
