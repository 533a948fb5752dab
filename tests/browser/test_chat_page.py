"""The chat page in a real browser over a real cluster: what a newcomer sees, clicks and is told."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from models.types import INTENTS
from tests.browser.chat_page import chip, event_stream
from tests.browser.conftest import Opened
from tests.polling import eventually
from tests.serving import Kefu

pytestmark = pytest.mark.cluster

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_it_loads_clean_and_greets_in_the_browsers_language(opened: Opened) -> None:
    chinese = opened("zh-CN")
    expect(chinese.page.get_by_role("heading", name="您好，有什么可以帮您？")).to_be_visible()
    expect(chinese.page.locator("html")).to_have_attribute("lang", "zh-CN")
    english = opened("de-DE")
    expect(english.page.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()
    expect(english.page.locator("html")).to_have_attribute("lang", "en")
    expect(english.message).to_be_focused()


def test_the_customer_asks_where_the_order_is(opened: Opened, kefu: Kefu) -> None:
    chat = opened()
    customers = chat.page.get_by_role("combobox", name="我是")
    expect(customers.locator("option")).to_have_count(3)
    customers.select_option(index=0)
    answer = chat.ask("我的订单到哪了")
    order_id = kefu.served["customer_order_ids"][0]
    expect(answer.locator(".text")).to_contain_text(order_id)
    card = answer.locator('[data-card="order"]').first
    expect(card).to_have_attribute("data-order", order_id)
    expect(card).to_contain_text("运单号")
    expect(card.locator('[aria-current="step"]')).to_have_text("发货")
    expect(chip(answer, "intent")).to_have_text("物流查询 97%")
    expect(chip(answer, "rung")).to_have_text("据实作答")
    expect(chip(answer, "outcome")).to_have_text("已回答")


def test_a_complaint_is_made_with_three_touches(opened: Opened) -> None:
    chat = opened()
    chat.page.get_by_role("combobox", name="我是").select_option(index=0)
    asked = chat.ask("我要投诉")
    orders = asked.locator(".reply")
    expect(orders).to_have_count(2)
    orders.first.click()
    proposed = chat.answers.nth(1)
    expect(proposed.locator(".reply")).to_have_text(["确认", "不用了"])
    expect(proposed.locator(".text")).to_contain_text("提交投诉")
    # What was offered before can no longer be taken.
    expect(asked.locator(".reply")).to_have_count(0)
    chat.button("确认").click()
    expect(chat.answers.nth(2).locator(".text")).to_contain_text("投诉已登记")
    expect(chat.page.locator(".reply")).to_have_count(0)


def test_why_the_rung_answered_can_be_opened(opened: Opened) -> None:
    answer = opened("en-GB").ask("Where is my order?")
    expect(answer.get_by_text("not measured on this kind of question yet")).to_be_hidden()
    answer.get_by_text("How this answer came about").click()
    expect(answer.get_by_text("small model: not measured on this kind of question yet")).to_be_visible()
    expect(answer.get_by_text("parcel tracking, 97% sure")).to_be_visible()
    expect(answer.locator(".timings")).to_contain_text("understanding")


def test_an_answer_streams_in(opened: Opened) -> None:
    chat = opened("en-GB")
    answer = chat.send("Hello")
    expect(answer).to_have_class("answer streaming")
    begun = answer.locator(".text").inner_text()
    expect(answer).to_have_attribute("aria-busy", "false")
    whole = answer.locator(".text").inner_text()
    assert whole.startswith(begun.strip()) and len(whole) > len(begun)
    expect(chip(answer, "rung")).to_have_attribute("data-value", "small")


def test_an_english_question_shows_its_source(opened: Opened) -> None:
    answer = opened("en-GB").ask("What is the return policy for electronics?")
    source = answer.locator(".sources li").first
    quote = source.locator("q").inner_text()
    expect(answer.locator("mark").first).to_have_text(quote)
    expect(source.locator("cite")).not_to_be_empty()
    answer.get_by_role("link", name="Source 1").click()
    expect(source).to_be_in_viewport()


def test_goods_are_shown_with_price_stock_and_reason(opened: Opened) -> None:
    answer = opened("en-GB").ask("Recommend a gift under 200")
    cards = answer.locator('[data-card="product"]')
    expect(cards.first).to_be_visible()
    for card in cards.all():
        expect(card.locator("h3")).not_to_be_empty()
        expect(card.locator(".price")).to_contain_text("CNY")
        expect(card.locator(".stock")).to_have_text("In stock")
        expect(card.locator(".reason")).to_contain_text("within CNY 200.00")
    expect(chip(answer, "segment")).to_contain_text("Segment: ")


def test_who_is_not_signed_in_is_asked_to(opened: Opened, kefu: Kefu) -> None:
    chat = opened()
    chat.ask("我的订单到哪了")
    chat.page.get_by_role("combobox", name="我是").select_option(label="未登录")
    expect(chat.page.get_by_text("身份：未登录 · 新对话")).to_be_visible()
    answer = chat.ask("我的订单到哪了")
    expect(answer).to_contain_text("请先登录")
    expect(answer.locator("[data-card]")).to_have_count(0)
    expect(answer).not_to_contain_text(kefu.served["customer_order_ids"][0])


def test_the_language_is_switched_and_remembered(opened: Opened) -> None:
    chat = opened("zh-CN")
    answer = chat.ask("我的订单到哪了")
    chat.button("EN").click()
    expect(chip(answer, "intent")).to_have_text("parcel tracking 97%")
    expect(answer.get_by_text("Tracking", exact=True)).to_be_visible()
    expect(chat.message).to_have_attribute("placeholder", "Type your question…")
    chat.page.reload()
    expect(chat.page.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()
    expect(chat.button("EN")).to_have_attribute("aria-pressed", "true")


def test_both_languages_have_every_word_and_every_intent(opened: Opened) -> None:
    words = opened().page.evaluate(
        "async () => { const { WORDS } = await import('/console/words.js');"
        " const keys = (w) => Object.fromEntries(Object.entries(w).map(([k, v]) =>"
        " [k, typeof v === 'object' ? Object.keys(v).sort() : typeof v]));"
        " return [keys(WORDS.zh), keys(WORDS.en)] }"
    )
    assert words[0] == words[1]
    assert set(words[0]["intents"]) == set(INTENTS)


def test_the_conversation_goes_on_until_a_new_one_is_begun(opened: Opened) -> None:
    chat = opened()
    sent: list[Any] = []
    chat.page.on("request", lambda r: sent.append(r.post_data_json) if r.url.endswith("/v1/chat") else None)
    chat.ask("我的订单到哪了")
    chat.ask("我要退货")
    chat.button("新对话").click()
    expect(chat.answers).to_have_count(0)
    chat.ask("你好")
    ids = [body.get("conversation_id") for body in sent]
    assert ids[0] is None and ids[1].startswith("conv_") and ids[2] is None


@pytest.mark.parametrize("question", ["我的订单到哪了", "Where is my order?"])
def test_an_example_is_asked_with_a_click(opened: Opened, question: str) -> None:
    chat = opened()
    chat.button(question).click()
    expect(chat.answers.first).to_have_attribute("aria-busy", "false")
    expect(chip(chat.answers.first, "intent")).to_have_attribute("data-value", "logistics_tracking")


def test_enter_does_not_send_while_an_input_method_composes(opened: Opened) -> None:
    chat = opened()
    chat.message.fill("wo de ding dan")
    chat.message.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    chat.message.press("Shift+Enter")
    expect(chat.message).to_have_value("wo de ding dan\n")
    expect(chat.answers).to_have_count(0)


def test_stop_ends_the_stream_here_and_at_the_server(opened: Opened, kefu: Kefu) -> None:
    chat = opened("en-GB")
    before = kefu.metric("ray_kefu_turns_total", outcome="cancelled")
    answer = chat.send("Hello")
    expect(answer).to_have_class("answer streaming")
    chat.button("Stop").click()
    expect(chip(answer, "stopped")).to_have_text("Stopped")
    expect(answer).to_have_attribute("aria-busy", "false")
    expect(chip(answer, "outcome")).to_have_count(0)
    eventually(lambda: kefu.metric("ray_kefu_turns_total", outcome="cancelled") > before, within_s=30)
    expect(chat.button("Send")).to_be_visible()
    expect(chip(chat.ask("Where is my order?"), "outcome")).to_have_text("answered")


def test_escape_stops_too(opened: Opened) -> None:
    chat = opened("en-GB")
    answer = chat.send("Hello")
    expect(chat.button("Stop")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chip(answer, "stopped")).to_be_visible()


def test_markup_in_a_message_is_shown_as_text(opened: Opened) -> None:
    chat = opened()
    text = f"{MARKUP} 我的订单到哪了"
    answer = chat.ask(text)
    expect(chat.page.locator(".question")).to_have_text(text)
    expect(chip(answer, "intent")).to_have_attribute("data-value", "logistics_tracking")
    assert chat.page.get_by_role("log").locator("img, script").count() == 0


def test_markup_in_an_answer_is_shown_as_text(opened: Opened) -> None:
    chat = opened("en-GB")
    card = {
        "type": "order", "order_id": MARKUP, "state": MARKUP, "state_text": MARKUP, "total_minor": 100,
        "currency": "CNY", "carrier": MARKUP, "tracking_number": MARKUP, "expected_at": None, "delivered_at": None,
        "placed_at": "2026-11-24T20:00:00+08:00",
        "lines": [{"name": MARKUP, "colour": MARKUP, "size": MARKUP, "quantity": 1, "unit_price_minor": 100}],
    }  # fmt: skip
    offer = {
        "product_id": MARKUP, "name": MARKUP, "price_minor": 100, "currency": "CNY", "reason": MARKUP, "basis": MARKUP,
    }  # fmt: skip
    done = {
        "answer": MARKUP, "intent": MARKUP, "probability": 0.5, "decision": MARKUP, "queue": MARKUP, "rung": MARKUP,
        "rung_reasons": [MARKUP], "outcome": MARKUP, "handed_off": True, "language": "en",
        "sentiment": {"label": MARKUP, "score": 0}, "citations": [{"id": MARKUP, "title": MARKUP, "quote": MARKUP}],
        "segment": MARKUP, "recommendations": [offer], "missing": [MARKUP], "conversation_id": MARKUP, "replies": [MARKUP],
        "request_id": MARKUP, "timings_ms": {MARKUP: 1},
    }  # fmt: skip
    body = event_stream(("card", card), ("done", done))
    chat.on_chat(lambda route: route.fulfill(content_type="text/event-stream", body=body))
    answer = chat.ask("Hello")
    expect(answer.locator("mark")).to_have_text(MARKUP)
    assert chat.page.get_by_role("log").locator("img, script").count() == 0


def test_too_long_a_message_is_told_so_and_can_be_edited(opened: Opened) -> None:
    chat = opened()
    answer = chat.ask("长" * 5000)
    expect(answer.get_by_role("alert")).to_contain_text("消息有 5000 字，最多 4000 字：请缩短")
    expect(answer.get_by_role("alert")).to_contain_text("req_")
    answer.get_by_role("button", name="修改后重发").click()
    expect(chat.message).to_have_value("长" * 5000)
    assert chat.overflow_px() == 0


def test_what_is_overloaded_can_be_asked_again_after_the_wait(opened: Opened) -> None:
    chat = opened("en-GB")
    error = {"type": "overloaded", "message": "at its limit", "request_id": "req_1", "retry_after_s": 1.0}
    chat.page.route("**/v1/chat", lambda route: route.fulfill(status=429, json=error), times=1)
    answer = chat.ask("Where is my order?")
    expect(answer.get_by_role("alert")).to_contain_text("Wait a moment, then try again.")
    expect(answer.get_by_role("button", name="Try again in")).to_be_disabled()
    answer.get_by_role("button", name="Try again", exact=True).click()
    expect(chip(chat.answers.first, "outcome")).to_have_text("answered")
    expect(chat.answers).to_have_count(1)


@pytest.mark.parametrize("ending", ["", "event: error\ndata: %s\n\n"])
def test_a_stream_that_breaks_off_keeps_its_text_and_says_so(opened: Opened, ending: str) -> None:
    chat = opened("en-GB")
    error = '{"type": "internal", "message": "see the log", "request_id": "req_1", "retry_after_s": 1}'
    body = event_stream(("delta", {"text": "Half an"})) + (ending % error if ending else "")
    chat.on_chat(lambda route: route.fulfill(content_type="text/event-stream", body=body))
    answer = chat.ask("Hello")
    expect(answer.locator(".text")).to_have_text("Half an")
    said = "Something failed on our side" if ending else "The answer broke off"
    expect(answer.get_by_role("alert")).to_contain_text(said)


def test_a_service_that_is_gone_is_named(opened: Opened) -> None:
    chat = opened("en-GB")
    chat.on_chat(lambda route: route.abort())
    expect(chat.ask("Hello").get_by_role("alert")).to_contain_text("The service can’t be reached")


def test_keys_that_expired_are_renewed_unseen(opened: Opened) -> None:
    chat = opened("en-GB")
    expect(chat.page.locator("#send")).to_be_enabled()
    error = {"type": "page_token_invalid", "message": "expired", "request_id": "req_1", "retry_after_s": None}
    chat.page.route("**/v1/chat", lambda route: route.fulfill(status=401, json=error), times=1)
    with chat.page.expect_response("**/demo"):
        answer = chat.ask("Where is my order?")
    expect(chip(answer, "outcome")).to_have_text("answered")


def test_where_there_is_no_demonstration_the_shops_key_is_asked_for(opened: Opened, kefu: Kefu) -> None:
    def no_demonstration(page: Page) -> None:
        error = {"type": "no_demonstration", "message": "none", "request_id": "req_1", "retry_after_s": None}

        def refuse(route: Route) -> None:
            route.fulfill(status=404, json=error)

        page.route("**/demo", refuse)

    chat = opened("en-GB", prepare=no_demonstration)
    chat.page.get_by_label("API key", exact=True).fill("half a key")
    chat.button("Start").click()
    expect(chat.page.get_by_text("A key has only letters, digits and signs")).to_be_visible()
    chat.page.get_by_label("API key", exact=True).fill(kefu.served["api_key"])
    chat.page.get_by_label("Customer token (optional)").fill(kefu.served["customer_token"])
    chat.button("Start").click()
    expect(chat.ask("Where is my order?").locator('[data-card="order"]').first).to_be_visible()
    chat.page.reload()
    expect(chip(chat.ask("Where is my order?"), "outcome")).to_have_text("answered")
    assert chat.page.evaluate("Object.keys(localStorage)") == []
    chat.button("Forget the key").click()
    expect(chat.page.get_by_role("heading", name="An API key is needed")).to_be_visible()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_telephone_shows_it_without_scrolling_sideways(opened: Opened, locale: str) -> None:
    chat = opened(locale, width=375, height=700)
    assert chat.overflow_px() == 0
    for question in ("我的订单到哪了", "Recommend a gift under 200", "Return policy?", "w" * 300):
        answer = chat.ask(question)
        answer.locator(".origin summary").click()
        assert chat.overflow_px() == 0
        inner = chat.page.locator("#log").evaluate("(log) => log.scrollWidth - log.clientWidth")
        assert inner == 0, question
    expect(chat.message).to_be_in_viewport()
