"""The chat page's files and headers, the demonstration's key, and what that key is not good for. No browser."""

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import httpx
import jwt
import pytest

from commerce import tokens
from commerce.domain.errors import CustomerTokenInvalid, PageTokenInvalid
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.revocations import ALL_PAGES, Revocation, RevocationScope
from commerce.tokens import TokenKind
from deployments.api.page import CONTENT_TYPES, PAGE
from deployments.authentication import Authentication
from deployments.demo import PAGE_TTL, Demonstration, is_page_key
from deployments.snapshots import Snapshots
from tests.local_service import SECRET, Shop
from tests.unit.test_agents_api import revoked, seen, what_was_done
from tests.unit.test_api import assert_error

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOCAL = {"Host": "127.0.0.1:8000"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)


def source(name: str) -> str:
    return files("deployments").joinpath("console", name).read_text(encoding="utf-8")


def url_of(name: str) -> str:
    return "/" if name == PAGE else f"/console/{name}"


def page_token(
    tenant_id: str = "demo",
    secret: bytes = SECRET,
    kind: TokenKind = TokenKind.PAGE,
    *,
    now: datetime = NOW,
    ttl: timedelta = PAGE_TTL,
) -> str:
    return tokens.mint(secret, tenant_id=tenant_id, subject="page", kind=kind, now=now, ttl=ttl)


@pytest.mark.parametrize("name", CONTENT_TYPES)
async def test_a_file_comes_whole_with_strict_headers(shop: Shop, name: str) -> None:
    response = await shop.client.get(url_of(name))
    assert (response.status_code, response.text) == (200, source(name))
    assert response.headers["Content-Type"] == CONTENT_TYPES[name]
    assert response.headers["Content-Security-Policy"] == CSP
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("wrapped", ["{}", "W/{}", '"other", {}'])
async def test_a_file_that_the_browser_has_is_not_sent_again(shop: Shop, wrapped: str) -> None:
    etag = (await shop.client.get("/")).headers["ETag"]
    again = await shop.client.get("/", headers={"If-None-Match": wrapped.format(etag)})
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["ETag"], again.headers["Content-Security-Policy"]) == (etag, CSP)
    stale = await shop.client.get("/", headers={"If-None-Match": '"other"'})
    assert stale.status_code == 200
    assert (await shop.client.get("/console/chat.js")).headers["ETag"] != etag


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapi%2Fpage.py", "%2Fetc%2Fpasswd", "__init__.py"])
async def test_no_other_file_is_served(shop: Shop, name: str) -> None:
    assert_error(await shop.client.get(f"/console/{name}"), 404, "not_found", "no such route")


async def test_the_page_is_no_part_of_the_documented_api(shop: Shop) -> None:
    paths = (await shop.client.get("/openapi.json")).json()["paths"]
    assert "/v1/chat" in paths
    assert not {"/", "/console/{name}", "/demo"} & set(paths)


def test_the_page_refers_to_its_own_files_alone_and_to_every_one() -> None:
    html = source(PAGE)
    referred = set(re.findall(r'(?:src|href)="/console/([^"]+)"', html))
    for name in CONTENT_TYPES:
        if name.endswith(".js"):
            referred |= set(re.findall(r"from '\./([^']+)'", source(name)))
    assert referred | {PAGE} == set(CONTENT_TYPES)
    for name in CONTENT_TYPES:
        foreign = re.findall(r"(?:https?:)?//[a-z][a-z0-9.-]+\.[a-z]+", source(name))
        assert set(foreign) <= {"http://www.w3.org"}, name
        assert "@import" not in source(name) and "url(" not in source(name), name


def test_no_script_or_style_is_inline_and_no_data_is_read_as_markup() -> None:
    html = source(PAGE)
    assert re.findall(r"<script[^>]*>([^<]*)</script>", html) == [""]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    for name in CONTENT_TYPES:
        if name.endswith(".js"):
            markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b"
            assert not re.search(markup, source(name)), name


INK_ON_GROUND = [
    ("ink", "ground"), ("ink", "surface"), ("ink", "raised"), ("ink", "mark"), ("ink", "line"), ("soft", "ground"),
    ("soft", "surface"), ("soft", "raised"), ("soft", "bad-soft"), ("accent", "ground"), ("accent", "surface"),
    ("accent", "raised"), ("accent", "accent-soft"), ("accent-ink", "accent"), ("warn", "warn-soft"),
    ("warn", "ground"), ("bad", "bad-soft"), ("bad", "surface"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(scheme: str) -> None:
    light, dark, *_ = re.findall(r":root \{(.*?)\}", source("chat.css"), re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))
    for ink, ground in INK_ON_GROUND:
        assert _contrast(colours[ink], colours[ground]) >= 4.5, f"{ink} on {ground}"


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two #rrggbb colours."""
    darker, lighter = sorted(_luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_the_demonstration_lets_a_page_ask_as_its_customers(shop: Shop) -> None:
    response = await shop.client.get("/demo", headers={**LOCAL, "Authorization": ""})
    given = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert [c["id"] for c in given["customers"]] == [shop.demo.customer_id, shop.demo.other_customer_id]
    assert all(c["name"] and c["about_zh"] and c["about_en"] for c in given["customers"])
    headers = {
        "Authorization": f"Bearer {given['key']}",
        "X-Customer-Token": given["customers"][0]["token"],
    }
    answer = await shop.chat("我的订单到哪了", headers=headers)
    assert answer["cards"][0]["order_id"] == shop.demo.customer_order_ids[0]
    metrics = await shop.client.get("/metrics", headers=headers)
    assert_error(metrics, 403, "forbidden", "operator key")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8000"]
)
async def test_the_demonstration_is_given_on_this_machine(shop: Shop, host: str) -> None:
    assert (await shop.client.get("/demo", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.5:8000",
     "evil.example:localhost", "127.0.0.1:80:80", "[::1].evil.example", "user@127.0.0.1", ":8000", ""],
)  # fmt: skip
async def test_a_name_that_only_resolves_to_this_machine_is_refused(shop: Shop, host: str) -> None:
    response = await shop.client.get("/demo", headers={"Host": host})
    assert_error(response, 403, "forbidden", "this machine")
    assert "eyJ" not in response.text


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)]
)
async def test_another_sites_page_is_refused(shop: Shop, site: str, status: int) -> None:
    response = await shop.client.get("/demo", headers={**LOCAL, "Sec-Fetch-Site": site})
    assert response.status_code == status
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_real_shop_gives_a_page_no_key_and_says_what_to_do(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none() -> Demonstration | None:
        return None

    monkeypatch.setattr(shop.service, "demonstration", none)
    assert_error(await shop.client.get("/demo", headers=LOCAL), 404, "no_demonstration", "API key")


async def test_a_store_without_the_demonstration_shop_has_none(shop: Shop) -> None:
    from deployments.demo import demonstration

    class Empty:
        async def tenants(self) -> tuple[()]:
            return ()

    assert await demonstration(Empty(), SECRET, NOW, PAGE_TTL) is None  # type: ignore[arg-type]


async def test_a_pages_key_is_its_own_shops_and_no_operators(shop: Shop) -> None:
    key = await shop.service.authenticate(page_token("other", now=datetime.now(UTC)))
    assert (key.tenant_id, key.role) == ("other", ApiKeyRole.PAGE)
    assert is_page_key(page_token()) and not is_page_key("kf_shop_0123456789ab_" + "x" * 43)


@pytest.mark.parametrize(
    ("token", "now", "reason"),
    [
        (page_token(), NOW + PAGE_TTL + timedelta(minutes=1), "expired"),
        (page_token(), NOW - timedelta(minutes=1), "not_yet_valid"),
        (page_token(secret=b"x" * 32), NOW, "signature"),
        (page_token(kind=TokenKind.CUSTOMER), NOW, "kind"),
        (page_token(kind=TokenKind.AGENT), NOW, "kind"),
        (page_token(ttl=PAGE_TTL + timedelta(seconds=1)), NOW, "lifetime"),
        ("a.b.c", NOW, "malformed"),
        ("", NOW, "malformed"),
    ],
)
def test_another_key_is_refused_with_the_reason(token: str, now: datetime, reason: str) -> None:
    with pytest.raises(PageTokenInvalid) as caught:
        tokens.verify_page(token, SECRET, now=now, longest=PAGE_TTL)
    assert caught.value.reason == reason


def test_a_pages_key_is_nobodys_customer_token() -> None:
    with pytest.raises(CustomerTokenInvalid) as caught:
        tokens.verify(page_token(), SECRET, tenant_id="demo", kind=TokenKind.CUSTOMER, now=NOW)
    assert caught.value.reason == "kind"
    with pytest.raises(PageTokenInvalid) as refused:
        tokens.verify(page_token(), SECRET, tenant_id="other", kind=TokenKind.PAGE, now=NOW)
    assert refused.value.reason == "tenant"


async def test_a_customers_token_is_no_key(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.customer['X-Customer-Token']}"}
    response = await shop.client.post("/v1/chat", json={"message": "hi"}, headers=headers)
    assert_error(response, 401, "page_token_invalid", "reload")


async def reading(shop: Shop, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return await shop.client.post("/v1/understand", json={"texts": ["hi"]}, headers=headers)


async def test_one_page_is_revoked_and_another_goes_on(shop: Shop) -> None:
    first, other = page_token(now=datetime.now(UTC)), page_token(now=datetime.now(UTC))
    assert (await reading(shop, first)).status_code == 200
    before = await shop.service.store.latest_change()
    await revoked(shop, jti=jwt.decode(first, options={"verify_signature": False})["jti"])
    await seen(shop, before)
    assert_error(await reading(shop, first), 401, "page_token_invalid", "revoked")
    assert (await reading(shop, other)).status_code == 200


async def test_all_pages_of_the_shop_are_revoked_up_to_an_instant(shop: Shop) -> None:
    now = datetime.now(UTC)
    old, new = page_token(now=now - timedelta(hours=11)), page_token(now=now)
    elsewhere = page_token("other", now=now - timedelta(hours=11))
    assert (await reading(shop, old)).status_code == 200
    before = await shop.service.store.latest_change()
    until = now - timedelta(hours=10)
    made = await revoked(shop, pages=True, before=until.isoformat())
    assert (made["scope"], datetime.fromisoformat(made["not_before"])) == ("page", until)
    await seen(shop, before)
    assert_error(await reading(shop, old), 401, "page_token_invalid", "revoked")
    assert [(await reading(shop, key)).status_code for key in (new, elsewhere)] == [200, 200]
    # The page's own is no customer's: theirs are revoked by their own ids.
    order = await shop.client.get(f"/v1/orders/{shop.demo.customer_order_ids[0]}", headers=shop.customer)
    assert order.status_code == 200
    before = await shop.service.store.latest_change()
    await revoked(shop, pages=True)
    await seen(shop, before)
    assert_error(await reading(shop, new), 401, "page_token_invalid", "revoked")
    assert [(each["entity_id"], each["customer_id"]) for each in await what_was_done(shop)] == [
        ("page", None)
    ] * 2


async def test_a_page_is_refused_as_long_as_its_key_would_be_good_however_short_others_are(
    shop: Shop,
) -> None:
    store, now = shop.service.store, datetime.now(UTC)
    limits = shop.service.limits.model_copy(update={"customer_token_hours": 1, "agent_token_hours": 1})
    old = now - timedelta(hours=11)
    await store.revoke_tokens(
        Principal("demo", operator_id="o"), Revocation(RevocationScope.PAGE, ALL_PAGES, old), old
    )
    authentication = Authentication(Snapshots(store), SECRET, limits, is_demo=True)
    with pytest.raises(PageTokenInvalid) as caught:
        await authentication.key(page_token(now=old - timedelta(minutes=1)))
    assert caught.value.reason == "revoked"
