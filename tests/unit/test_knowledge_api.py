"""Articles over HTTP: written, read, brought back, and refused where they make no sense."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from commerce.domain.identity import Principal
from tests.local_service import Shop, agent_token

BODY: Final[dict[str, Any]] = {
    "kind": "policy",
    "intents": ["delivery_policy"],
    "title": {"zh": "春节发货吗", "en": "Chinese New Year"},
    "body": {"zh": "春节照常发货。", "en": "We ship as usual."},
}
PATH: Final = "/v1/knowledge/new-year"


def operator(shop: Shop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.operator_key}"}


async def put(shop: Shop, body: dict[str, Any] = BODY, match: str | None = None) -> httpx.Response:
    headers = operator(shop) | ({} if match is None else {"If-Match": match})
    return await shop.client.put(PATH, json=body, headers=headers)


async def test_an_article_is_written_read_changed_and_deleted(shop: Shop) -> None:
    made = await put(shop, match='"0"')
    assert made.status_code == 200, made.text
    assert made.headers["ETag"] == '"1"'
    assert made.json() == {
        **BODY, "id": "new-year", "version": 1, "categories": [], "products": [], "questions": [],
        "is_draft": False, "publish_at": None,
        "expires_at": None, "is_shown": True, "updated_at": made.json()["updated_at"],
    }  # fmt: skip
    got = await shop.client.get(PATH, headers=operator(shop))
    assert got.json() == made.json() and got.headers["ETag"] == '"1"'
    changed = {**BODY, "is_draft": True}
    assert (await put(shop, changed, match='"1"')).json()["is_shown"] is False
    late = await put(shop, match='"1"')
    assert (late.status_code, late.json()["type"]) == (409, "article_conflict")
    stale = await shop.client.delete(PATH, headers=operator(shop) | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (409, "article_conflict")
    gone = await shop.client.delete(PATH, headers=operator(shop) | {"If-Match": '"2"'})
    assert (gone.status_code, gone.content) == (204, b"")
    missing = await shop.client.get(PATH, headers=operator(shop))
    assert (missing.status_code, missing.json()["type"]) == (404, "article_not_found")


async def test_an_agent_edits_and_every_version_says_who(shop: Shop) -> None:
    await put(shop)
    edited = await shop.client.put(PATH, json={**BODY, "kind": "faq"}, headers=agent_token())
    assert edited.status_code == 200, edited.text
    listed = await shop.client.get(f"{PATH}/versions", headers=agent_token())
    versions = listed.json()["versions"]
    assert [(v["version"], v["kind"]) for v in versions] == [(2, "faq"), (1, "policy")]
    assert versions[0]["edited_by"].startswith("agent:")
    assert versions[1]["edited_by"].startswith("operator:kf_operator_")
    page = await shop.client.get(f"{PATH}/versions", params={"limit": 1}, headers=agent_token())
    assert page.json()["next_before"] == 2
    page = await shop.client.get(f"{PATH}/versions", params={"before": 2}, headers=agent_token())
    assert [v["version"] for v in page.json()["versions"]] == [1] and page.json()["next_before"] is None
    one = await shop.client.get(f"{PATH}/versions/1", headers=agent_token())
    assert one.json() == versions[1]
    none = await shop.client.get(f"{PATH}/versions/3", headers=agent_token())
    assert (none.status_code, none.json()["type"]) == (404, "article_version_not_found")
    entry = [e for e in await shop.service.store.audit_entries("demo") if e.what == "put_article"][-1]
    assert entry.caller.startswith("agent:") and entry.request_id == edited.headers["X-Request-Id"]


async def test_an_old_version_and_a_deleted_article_come_back(shop: Shop) -> None:
    await put(shop)
    await put(shop, {**BODY, "kind": "faq"})
    back = await shop.client.post(
        f"{PATH}/restore", json={"version": 1}, headers=operator(shop) | {"If-Match": '"2"'}
    )
    assert back.status_code == 200, back.text
    assert (back.json()["version"], back.json()["kind"], back.headers["ETag"]) == (3, "policy", '"3"')
    await shop.client.delete(PATH, headers=operator(shop))
    back = await shop.client.post(f"{PATH}/restore", json={"version": 3}, headers=operator(shop))
    assert back.json()["version"] == 4


async def test_articles_are_listed_in_pages_of_the_own_shop(shop: Shop) -> None:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await shop.client.get(
            "/v1/knowledge", params={"after": after, "limit": 50}, headers=operator(shop)
        )
        found += [article["id"] for article in page.json()["articles"]]
        after = page.json()["next_after"]
    assert found == [article.article_id for article in await shop.service.store.articles("demo")]


async def test_a_time_is_an_instant_and_decides_what_is_shown(shop: Shop) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    later = await put(shop, {**BODY, "publish_at": soon.isoformat()})
    assert (later.status_code, later.json()["is_shown"]) == (200, False)
    assert datetime.fromisoformat(later.json()["publish_at"]) == soon


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"intents": ["no_such"]}, "intents: 'no_such' is no intent"),
        ({"categories": ["cars"]}, "categories: 'cars' is no category"),
        ({"products": ["P-none"]}, "products: 'P-none' is no product"),
        ({"title": {"zh": "费", "en": "F" * 501}}, "title.en: is 501 characters"),
        ({"title": {"zh": "费"}}, "title.en: is missing"),
        ({"body": {"zh": "费", "en": "a\u202eb"}}, "body.en: holds the control character U+202E"),
        ({"publish_at": "2027-02-01T00:00:00"}, "publish_at"),
        ({"publish_at": "2027-02-01T00:00:00Z", "expires_at": "2027-02-01T00:00:00Z"}, "expires_at: is not after"),
        ({"version": 3}, "version: is not a known field"),
        ({"intents": ["invoice", "invoice"]}, "intents: holds one twice"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_field(
    shop: Shop, changes: dict[str, Any], said: str
) -> None:
    refused = await put(shop, {**BODY, **changes})
    assert refused.status_code == 422 and said in refused.json()["message"], refused.text


@pytest.mark.parametrize("path", ["/v1/knowledge/search", "/v1/knowledge/Ship", f"/v1/knowledge/{'a' * 101}"])
async def test_an_id_is_a_slug_and_no_route(shop: Shop, path: str) -> None:
    refused = await shop.client.put(path, json=BODY, headers=operator(shop))
    assert refused.status_code == 422 and "article_id" in refused.json()["message"], refused.text


async def test_if_match_is_an_etag(shop: Shop) -> None:
    for wrong in ("1", '"-1"', '"one"', "*"):
        assert (await put(shop, match=wrong)).status_code == 422


async def test_another_shops_agent_writes_their_own(shop: Shop) -> None:
    """The same id in two shops is two articles: tests/unit/test_roles_api.py has the callers."""
    await put(shop)
    store = shop.service.store
    other = Principal("other", agent_id="A1")
    assert await store.articles(other.tenant_id) == ()
    assert (await store.article("demo", "new-year")).title.en == BODY["title"]["en"]
