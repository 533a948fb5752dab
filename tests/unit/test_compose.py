"""Composed answers: the right facts, in the customer's language, in the shop's zone."""

from datetime import timedelta

import pytest

from commerce.domain.catalogue import ProductQuery
from commerce.domain.orders import OrderState, Payment, PaymentKind, PaymentStatus
from models.types import INTENTS, OUT_OF_SCOPE
from models.types.understanding import Language
from routing.compose import compose
from routing.facts import NEEDS
from tests.builders import NOW, facts, hit, order, passage, understood


def answer(intent: str, language: Language = "zh", **found: object) -> str:
    return compose(understood(intent, language), facts(**found)).text(language)


def test_every_intent_has_its_needs_and_an_answer_in_both_languages() -> None:
    assert set(NEEDS) == set(INTENTS)
    for name in set(INTENTS) - {OUT_OF_SCOPE}:
        for language in ("zh", "en"):
            for found in ({}, {"orders": (order(),), "products": (hit(),), "passages": (passage(),)}):
                composed = compose(understood(name, language), facts(**found))
                assert composed.text(language).strip(), (name, language)


def test_a_shipped_order_is_told_with_its_parcel_in_the_shops_zone() -> None:
    text = answer("logistics_tracking", orders=(order(),))
    for fact in (
        "KF260000000001",
        "青禾速递",
        "QH531000000001",
        "11月22日 07:00",
        "已到达杭州转运中心",
        "预计11月24日送达",
    ):
        assert fact in text
    english = answer("logistics_tracking", "en", orders=(order(),))
    for fact in ("KF260000000001", "Qinghe Express", "22 Nov 2026, 07:00", "expected on 24 Nov 2026"):
        assert fact in english


def test_the_open_order_is_meant_before_the_newest_closed_one() -> None:
    closed = order("KF260000000009", OrderState.DELIVERED)
    text = answer("order_status", orders=(closed, order()))
    assert "KF260000000001" in text.split("。")[0]


def test_an_order_question_needs_a_signed_in_customer() -> None:
    text = answer("order_status", is_signed_in=False)
    assert "登录" in text and "KF" not in text


def test_an_unknown_number_is_told_as_not_found_whoever_owns_it() -> None:
    text = answer("order_status", "en", asked_order_id="KF1", is_order_unknown=True)
    assert "no order KF1 in your account" in text


def test_a_late_order_is_offered_what_the_policy_promises() -> None:
    late = order(state=OrderState.PAID, paid_at=NOW - timedelta(hours=60))
    text = answer("order_status", orders=(late,))
    assert "48小时" in text and "¥5.00" in text


def test_products_are_listed_with_the_shops_own_prices_and_reasons() -> None:
    query = ProductQuery(colour="red", max_price_minor=60_000)
    composed = compose(
        understood("product_search", "en"),
        facts(products=(hit(), hit(product_id="P2", price_minor=10_050)), query=query),
    )
    text = composed.text("en")
    assert "CNY 599.00" in text and "CNY 100.50" in text and "within CNY 600.00" in text
    assert [r.price_minor for r in composed.recommendations] == [59_900, 10_050]


def test_nothing_found_is_said_and_nothing_else_is_offered() -> None:
    composed = compose(understood("product_search"), facts(query=ProductQuery(colour="red")))
    assert composed.recommendations == () and "没有找到红色" in composed.text("zh")


@pytest.mark.parametrize(
    ("status", "said"), [(PaymentStatus.SUCCEEDED, "已到账（11月20日）"), (PaymentStatus.PENDING, "正在处理")]
)
def test_a_refund_is_told_with_its_sum_and_state(status: PaymentStatus, said: str) -> None:
    refund = Payment(
        "R1",
        PaymentKind.REFUND,
        status,
        "alipay",
        59_900,
        "CNY",
        NOW - timedelta(days=2),
        NOW - timedelta(days=2),
        "alipay-C1",
    )
    text = answer("refund_status", orders=(order(state=OrderState.RETURNED, payments=(refund,)),))
    assert "¥599.00" in text and said in text


def test_an_articles_answer_begins_with_its_direct_sentence_and_holds_its_quote() -> None:
    found = passage(
        "签收次日起7天内可以退货。商品需完好。请在订单页申请。运费由买家承担。", quote="运费由买家承担。"
    )
    composed = compose(understood("return_policy"), facts(passages=(found,)))
    assert composed.sentences[0] == "签收次日起7天内可以退货。"
    assert composed.citations[0].quote in composed.text("zh")


def test_a_store_that_does_not_answer_is_not_told_as_an_empty_account() -> None:
    composed = compose(understood("order_status"), facts(missing=("commerce: unavailable",)))
    assert composed.hands_off and "还没有订单" not in composed.text("zh")
