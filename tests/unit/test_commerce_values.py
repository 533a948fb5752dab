"""Money, masking, tokens, errors and the policy's JSON."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from commerce.demo.policy import DEMO_POLICY
from commerce.domain import errors
from commerce.domain.masking import mask_personal_data
from commerce.domain.money import Money, format_money
from commerce.domain.policy_codec import policy_from_json, policy_to_json
from commerce.domain.revocations import CLOCK_LEEWAY, Revocations, RevocationScope
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from commerce.importers.tau2 import TAU2_POLICY
from commerce.tokens import TokenClaims, TokenKind, mint, verify

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("amount", "currency", "language", "expected"),
    [
        (12900, "CNY", "zh", "¥129.00"),
        (12900, "CNY", "en", "CNY 129.00"),
        (1234, "USD", "en", "$12.34"),
        (1234, "USD", "zh-CN", "US$12.34"),
        (-5, "CNY", "zh", "-¥0.05"),
        (123456789, "USD", "en", "$1,234,567.89"),
        (500, "JPY", "en", "JPY 500"),
        (0, "CHF", "zh", "CHF 0.00"),
    ],
)
def test_money_is_written_for_its_reader(amount: int, currency: str, language: str, expected: str) -> None:
    assert format_money(Money(amount, currency), language) == expected


def test_money_adds_within_a_currency_only() -> None:
    assert Money(150, "CNY") + Money(50, "CNY") - Money(300, "CNY") == Money(-100, "CNY")
    assert Money(150, "CNY").times(3) == Money(450, "CNY")
    with pytest.raises(errors.CurrencyMismatch):
        Money(1, "CNY") + Money(1, "USD")
    with pytest.raises(errors.CurrencyMismatch):
        _ = Money(1, "CNY") < Money(2, "USD")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的手机号是13812345678,请改一下", "我的手机号是[phone],请改一下"),
        ("call +86 138 1234 5678 or 010-12345678", "call [phone] or [phone]"),
        ("(415) 555-1234 works", "[phone] works"),
        ("write to a.b+c@mail.example.com now", "write to [email] now"),
        ("卡号6222 0212 3456 7890 123", "卡号[card number]"),
        ("6222021234567890123", "[card number]"),
        ("身份证11010519491231002X", "身份证[id number]"),
        ("订单KF261121138123", "订单KF261121138123"),
        (
            "order #W2611340 paid 1380.79, tracking QH138123456789",
            "order #W2611340 paid 1380.79, tracking QH138123456789",
        ),
    ],
)
def test_personal_data_is_masked_and_order_numbers_are_not(text: str, expected: str) -> None:
    assert mask_personal_data(text) == expected


def _token(**changes: Any) -> str:
    values: dict[str, Any] = {
        "tenant_id": "demo", "subject": "C1", "kind": TokenKind.CUSTOMER, "now": NOW, "ttl": timedelta(hours=1),
    }  # fmt: skip
    return mint(SECRET, **(values | changes))


def test_a_token_says_who_it_is_for() -> None:
    claims = verify(
        _token(), SECRET, tenant_id="demo", kind=TokenKind.CUSTOMER, now=NOW + timedelta(minutes=59)
    )
    assert (claims.tenant_id, claims.subject) == ("demo", "C1")
    assert claims.expires_at == NOW + timedelta(hours=1)


def _forged(**changes: Any) -> str:
    claims = {"v": 1, "tenant": "demo", "sub": "C1", "kind": "customer", "iat": 0, "exp": 2**35}
    return jwt.encode(claims | changes, SECRET, algorithm="HS256")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (_token(kind=TokenKind.AGENT), "kind"),
        (_token(tenant_id="other"), "tenant"),
        (_token(now=NOW - timedelta(hours=2)), "expired"),
        (_token(now=NOW + timedelta(seconds=31)), "not_yet_valid"),
        (
            mint(
                SECRET[::-1],
                tenant_id="demo",
                subject="C1",
                kind=TokenKind.CUSTOMER,
                now=NOW,
                ttl=timedelta(1),
            ),
            "signature",
        ),
        (jwt.encode({"sub": "C1"}, SECRET, algorithm="HS256"), "malformed"),
        (jwt.encode({"sub": "C1"}, "", algorithm="none"), "malformed"),
        (_forged(v=2), "version"),
        (_forged(exp="soon"), "malformed"),
        (_forged(tenant=["demo"]), "malformed"),
        (_forged(nbf="soon"), "malformed"),
        (_forged(nbf=int(NOW.timestamp()) + 31), "not_yet_valid"),
        (_forged(jti=7), "malformed"),
        (_forged(jti=""), "malformed"),
        (_forged(jti="J" * 101), "malformed"),
        (_forged(exp=2**70), "malformed"),
        ("no token", "malformed"),
        ("", "malformed"),
    ],
)
def test_other_tokens_are_refused_with_the_reason(token: str, reason: str) -> None:
    with pytest.raises(errors.CustomerTokenInvalid) as caught:
        verify(token, SECRET, tenant_id="demo", kind=TokenKind.CUSTOMER, now=NOW)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "token",
    [
        _token(now=NOW + timedelta(seconds=30)),
        _token(now=NOW - timedelta(hours=1, seconds=29)),
        _forged(nbf=int(NOW.timestamp()) + 30),
        _forged(jti="J" * 100),
    ],
)
def test_clocks_may_differ_by_half_a_minute(token: str) -> None:
    assert _verified(token).subject == "C1"


def _verified(token: str, **options: Any) -> TokenClaims:
    return verify(token, SECRET, tenant_id="demo", kind=TokenKind.CUSTOMER, now=NOW, **options)


def test_a_token_from_the_future_speaks_of_clocks_and_none_is_good_for_ever() -> None:
    with pytest.raises(errors.CustomerTokenInvalid, match="clock"):
        _verified(_token(now=NOW + timedelta(days=1)))
    day = timedelta(days=1)
    assert _verified(_token(ttl=day), longest=day)
    with pytest.raises(errors.CustomerTokenInvalid) as caught:
        _verified(_token(ttl=day + timedelta(seconds=1)), longest=day)
    assert caught.value.reason == "lifetime"


def test_a_token_is_revoked_by_its_id_or_with_all_that_were_issued_before() -> None:
    token = _token()
    token_id = _verified(token).token_id
    assert token_id is not None and token_id != _verified(_token()).token_id
    of_customer, of_agent = RevocationScope.CUSTOMER, RevocationScope.AGENT
    before = NOW - CLOCK_LEEWAY
    for revoked, is_refused in (
        (Revocations(frozenset({token_id})), True),
        (Revocations(frozenset({"another"})), False),
        (Revocations(not_before={(of_customer, "C1"): NOW}), True),
        # Issued by a fast clock, it may be older than it says.
        (Revocations(not_before={(of_customer, "C1"): before}), True),
        (Revocations(not_before={(of_customer, "C1"): before - timedelta(seconds=1)}), False),
        (Revocations(not_before={(of_customer, "C2"): NOW, (of_agent, "C1"): NOW}), False),
    ):
        if not is_refused:
            assert _verified(token, revoked=revoked)
            continue
        with pytest.raises(errors.CustomerTokenInvalid) as caught:
            _verified(token, revoked=revoked)
        assert caught.value.reason == "revoked"


def test_an_agent_token_has_its_own_error_and_secrets_are_long() -> None:
    with pytest.raises(errors.AgentTokenInvalid):
        verify(_token(), SECRET, tenant_id="demo", kind=TokenKind.AGENT, now=NOW)
    with pytest.raises(ValueError, match="32 bytes"):
        mint(b"short", tenant_id="demo", subject="C1", kind=TokenKind.AGENT, now=NOW, ttl=timedelta(1))
    for subject in ("", "x" * 65, "a\x00b"):
        with pytest.raises(ValueError, match="subject"):
            _token(subject=subject)


def _all_errors(root: type[errors.CommerceError]) -> Iterator[type[errors.CommerceError]]:
    for child in root.__subclasses__():
        yield child
        yield from _all_errors(child)


_EXAMPLES: dict[type[errors.CommerceError], tuple[Any, ...]] = {
    errors.InvalidCredentials: (),
    errors.CustomerRequired: (),
    errors.ConversationConflict: ("c", 3),
    errors.ArticleConflict: ("a", 3),
    errors.ArticleVersionNotFound: ("a", 3),
    errors.DemoSeedConflict: ("seed 1", "seed 2"),
    errors.CurrencyMismatch: ("CNY", "USD"),
    errors.StoreNotMigrated: (None, "0001"),
    errors.PolicyInvalid: ("policy.zone", "is missing"),
    errors.ArticleInvalid: ("a.title", "is empty"),
    errors.ImportInvalid: ("db.orders", "is missing"),
    errors.BackupInvalid: ("kefu.backup: orders", "is damaged"),
    errors.NothingToRollBack: ("demo", "understanding"),
    errors.ActionRefused: ((RuleStep("r", None, RuleOutcome.FAILED, LocalText("不行", "no")),),),
    errors.ActionInvalid: ("items", "is empty"),
    errors.ErasureRefused: ("C1", ("KF1",), ("R-1",), ("RF-1",)),
}


def test_every_error_survives_pickling_with_its_fields_and_is_in_the_tree() -> None:
    tree = errors.__doc__ or ""
    for kind in _all_errors(errors.CommerceError):
        if not kind.__name__.startswith("_"):
            assert f"─ {kind.__name__}" in tree
        if (
            "__init__" not in vars(kind)
            and kind not in _EXAMPLES
            and not issubclass(kind, errors.TokenInvalid)
        ):
            continue
        example = kind(*_EXAMPLES.get(kind, ("x", "y") if kind.__name__ == "_InvalidField" else ("x",)))
        copy = pickle.loads(pickle.dumps(example))  # noqa: S301
        assert type(copy) is kind
        assert vars(copy) == vars(example)
        assert str(copy) == str(example)


@pytest.mark.parametrize("policy", [DEMO_POLICY, TAU2_POLICY], ids=["demo", "tau2"])
def test_a_policy_survives_json(policy: Any) -> None:
    import json

    assert policy_from_json(json.loads(json.dumps(policy_to_json(policy)))) == policy


def _with(path: str, value: Any) -> dict[str, Any]:
    document = policy_to_json(DEMO_POLICY)
    *parents, last = path.split(".")
    target = document
    for name in parents:
        target = target[name]
    target[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("shipping.fee_minor", "8.00"),
        ("shipping.fee_minor", -1),
        ("shipping.fee_minor", True),
        ("shipping.cutoff", "4 pm"),
        ("shipping.typo", 1),
        ("returns.categories.food.requirement", "perfect"),
        ("payment.methods", "alipay"),
        ("refunds", None),
    ],
)
def test_a_bad_policy_names_the_field(path: str, value: Any) -> None:
    with pytest.raises(errors.PolicyInvalid) as caught:
        policy_from_json(_with(path, value))
    assert caught.value.field == f"policy.{path}"


def test_a_policy_that_lacks_a_field_is_refused() -> None:
    document = policy_to_json(DEMO_POLICY)
    del document["returns"]["max_exchanges"]
    with pytest.raises(errors.PolicyInvalid, match=r"policy\.returns\.max_exchanges: is missing"):
        policy_from_json(document)
    assert replace(DEMO_POLICY, zone="UTC") != DEMO_POLICY
