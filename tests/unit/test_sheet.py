"""The sheet of facts: what is on it, what a message asks for, what an answer takes of it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.catalogue import Product, ProductQuery, SaleClass, Variant
from commerce.domain.customers import Customer, MemberLevel
from commerce.domain.order_rules import PRICE_PROTECTED_STATES
from commerce.domain.orders import (
    Order,
    OrderState,
    Payment,
    PaymentKind,
    PaymentStatus,
    TrackingEvent,
    TrackingState,
)
from commerce.domain.payment_methods import MethodKind, PaymentMethod
from commerce.domain.policy import DeliveryTime, ShopPolicy
from commerce.domain.returns import ReturnReason, return_eligibility
from commerce.domain.text import LocalText
from commerce.importers.tau2_policy import TAU2_POLICY
from models.types import Likeness
from models.types.understanding import Language
from routing.compose import compose
from routing.facts import Person
from routing.sheet.asked.intents import INTENT_OF, intent_by_words
from routing.sheet.asked.kinds import ASKS, asked_kinds
from routing.sheet.asked.likeness import kinds_by_likeness
from routing.sheet.goods import named_goods, told
from routing.sheet.order import order_facts
from routing.sheet.questions import questions
from routing.sheet.rules import policy_facts
from routing.sheet.sharing import shared_words
from tests.builders import NOW, facts, hit, line, order, understood


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        ("单号给我一下 我自己去查", {"order.tracking"}),
        ("which courier has it", {"order.tracking"}),
        ("单号KF260000000001 能帮我换个收货地址不", set()),
        ("今天能送到家吗", {"order.expected"}),
        ("when will my parcel be here?", {"order.expected"}),
        ("when was it dropped off", {"order.delivered"}),
        ("取消了 退了我多少", {"order.refund"}),
        ("how much was taken off", {"order.discount"}),
        ("我付了多少钱 用啥付的", {"order.total", "order.method"}),
        ("how did I pay for my order again", {"order.method"}),
        ("which city is my order being sent to?", {"order.address"}),
        ("can you update the delivery address", set()),
        ("我的发票抬头开的是谁", {"order.invoice"}),
        ("我有多少积分了", {"customer.points"}),
        ("whats left on my gift card", {"customer.gift_card"}),
        ("do you ship to Hong Kong", {"shop.excluded"}),
        ("how soon do i get the e-invoice", {"shop.invoice"}),
        ("可以货到付款不", {"shop.cash_on_delivery"}),
        ("what's the fitting going to cost", {"product.installation", "product.materials"}),
        ("那个白色大号还拿得到不", {"product.stock"}),
        ("how much of the bill was the Wireless Earbuds", {"line.price", "product.price"}),
        ("一共三样 里面的台灯占多少", {"line.price"}),
        ("怎么没按原价退 差我钱", {"order.refund", "line.paid"}),
        (
            "how long can I have had it before it goes back",
            {"line.return_until", "line.not_returnable", "line.fault_until", "shop.return_window"},
        ),
        ("can i trade my old fridge in", {"shop.promotion"}),
        ("can I cancel after it has been shipped", {"shop.cancelling"}),
        ("can a delivered order be modified", {"shop.changing"}),
        ("人工客服几点上班几点下班", {"shop.hours"}),
        ("退款到银行卡要多久", {"shop.refund_card", "shop.refund_wallet", "shop.refund_gift_card"}),
        (
            "how many days to return shoes",
            {"line.return_until", "line.not_returnable", "line.fault_until", "shop.return_window"},
        ),
        ("which day did I place it", {"order.placed"}),
        ("哪天发的货", {"order.shipped"}),
        ("快递员电话多少", {"order.courier"}),
        ("what is the refund amount", {"line.paid"}),
        ("a remote-control car", set()),
        ("国补最高能补多少", {"shop.promotion"}),
        ("这个包是啥材质的", {"product.description"}),
        ("买它送什么东西吗", {"product.gifts"}),
        ("今天天气不错", set()),
        ("can I review a product?", set()),
        ("is my request still under review", {"shop.refund_chain"}),
        ("评价审核要多久", set()),
        ("如何用微信付款失败了", set()),
        ("用支付宝付款了但是没反应", set()),
        ("能用花呗付款吗", {"shop.methods"}),
        ("my account was deleted by mistake", set()),
        ("my account has been deleted", set()),
        ("how do I delete my account", {"shop.account_deletion"}),
        ("when will my account be deleted", {"shop.account_deletion"}),
        ("can I pay to send gifts", set()),
        ("do I pay for sending it back", {"shop.pickup_fee"}),
        ("几点关门", {"shop.hours"}),
        ("what time do you close", {"shop.hours"}),
        ("几点签收的", {"order.hour", "order.delivered"}),
        ("what time was it shipped", {"order.hour", "order.shipped"}),
        ("I want to know whether delivery is free for a mug?", {"shop.shipping_fee"}),
        ("几点能到", {"order.hour", "order.expected"}),
        ("用券买的几点到", {"order.hour", "order.expected"}),
        ("什么时候到货", {"order.expected", "product.restock", "product.stock"}),
        ("优惠券几点到期", set()),
        ("优惠券今天几点能到", set()),
        ("积分几点到账", {"customer.points"}),
        ("活动几点到期", {"shop.promotion"}),
        ("红包几点到账", set()),
        ("人工客服几点能联系到", {"shop.hours"}),
        ("when did it arrive", {"order.delivered"}),
        ("when did I receive my parcel?", {"order.delivered"}),
        ("when did the driver drop it off", {"order.delivered"}),
        ("when did you receive my returned jacket", set()),
        ("when did you get it", set()),
        ("when did I receive my coupon", {"customer.coupon"}),
        ("When did I receive these points?", {"customer.points"}),
        ("微信付款后还能用花呗付款吗", {"shop.methods"}),
        ("支付不了，可以用支付宝付款吗", {"shop.methods"}),
        ("付款失败了，支持哪些支付方式", {"shop.methods"}),
        ("可以用支付宝付款但是一直失败", set()),
        ("if alipay fails which other payment methods do you accept", {"shop.methods"}),
        ("which payment methods do you accept if my card is declined", {"shop.methods"}),
        ("what payment method failed", {"order.method"}),
        ("is the jacket well reviewed?", set()),
        ("has anyone reviewed this coat?", set()),
        ("has my return been reviewed yet", {"shop.refund_chain"}),
        ("When was the account book I ordered delivered?", {"order.delivered"}),
        ("when was my code reader delivered", {"order.delivered"}),
        ("when was the code delivered to my e-mail?", set()),
        ("我的退款几点到", set()),
    ],
)
def test_what_a_message_asks_for(message: str, kinds: set[str]) -> None:
    assert set(asked_kinds(message)) == kinds


def test_words_that_ask_for_a_fact_have_its_intent() -> None:
    assert intent_by_words("how much did I pay for it in total") == "payment_problem"
    assert intent_by_words("可以货到付款不") == "payment_problem"
    assert intent_by_words("讲个笑话") is None


def answer(message: str, intent: str, language: Language = "zh", **found: object) -> str:
    return compose(understood(intent, language), facts(message=message, **found)).text(language)


def paid(**changes: object) -> Order:
    payment = Payment(
        "T1", PaymentKind.PAYMENT, PaymentStatus.SUCCEEDED, "alipay", 59_900, "CNY", NOW, NOW, "alipay-1"
    )
    return replace(order(state=OrderState.DELIVERED), payments=(payment,), **changes)  # type: ignore[arg-type]


def test_only_what_is_asked_for_is_told() -> None:
    text = answer("付了多少钱 怎么付的", "payment_problem", orders=(paid(),))
    assert "¥599.00" in text and "支付宝" in text and "运单号" not in text
    english = answer("how did i pay", "payment_problem", "en", orders=(paid(),))
    assert english == "It was paid by Alipay."


def test_ones_own_date_comes_before_the_rule_for_all() -> None:
    mine = answer(
        "KF260000000001几天内可以退", "return_policy", orders=(paid(),), asked_order_id="KF260000000001"
    )
    assert "截止12月7日 23:59" in mine and "上门取件运费 ¥12.00" in mine
    assert "7天内" in answer("几天内可以退", "return_policy")


def test_an_insured_order_goes_back_free_of_charge() -> None:
    insured = paid(attributes={"has_freight_insurance": True})
    text = answer(
        "退KF260000000001运费我出吗", "return_policy", orders=(insured,), asked_order_id="KF260000000001"
    )
    assert "免运费" in text and "12.00" not in text


def test_what_is_not_known_is_said() -> None:
    unsent = order(state=OrderState.PAID)
    assert "查不到预计送达" in answer("什么时候能到", "logistics_tracking", orders=(unsent,))
    assert "还没有发货" in answer("运单号发我", "logistics_tracking", orders=(unsent,))


PRODUCT = Product(
    "P1", "home", "kettle", LocalText("电热水壶", "electric kettle"), LocalText("304不锈钢内胆", "a steel inside"),
    LocalText("青禾", "Qinghe"), SaleClass.STANDARD, False, True, 3, None,
    (
        Variant("V1", "P1", "silver", None, {"capacity": "1L"}, 9_900, "CNY", 0),
        Variant("V2", "P1", "silver", None, {"capacity": "2L"}, 12_900, "CNY", 4),
    ),
    {"gifts": [{"name": "滤网", "description": "两片", "product_id": "X"}]},
)  # fmt: skip


def about_goods(message: str, intent: str, language: Language = "zh") -> str:
    query = ProductQuery(product_types=("kettle",))
    return answer(message, intent, language, goods=(PRODUCT,), products=(hit(),), query=query)


def test_the_variant_that_is_named_is_told_of() -> None:
    assert "缺货" in about_goods("1L的电热水壶有货吗", "stock_availability")
    assert "库存4件" in about_goods("2L的电热水壶有货吗", "stock_availability")
    assert "12L" not in about_goods("12L的有货吗", "stock_availability").replace("12L的", "")
    both = about_goods("电热水壶多少钱", "price_promotion")
    assert "¥99.00" in both and "¥129.00" in both


def test_what_the_shop_wrote_down_is_told_and_what_it_did_not_is_not_made_up() -> None:
    assert "滤网，两片" in about_goods("买电热水壶送什么", "price_promotion")
    assert "不锈钢" in about_goods("电热水壶是什么材质", "product_question")
    assert "查不到" in about_goods("电热水壶的电线几米", "product_question")


def test_goods_are_known_by_the_number_of_their_model() -> None:
    hits = (
        hit(LocalText("热水器 JSQ27-HWA Pro", "heater"), product_id="A"),
        hit(LocalText("热水器 JSQ30-HWA Pro", "heater"), product_id="B"),
    )
    assert [each.product_id for each in named_goods("JSQ30-HWA Pro现在什么价", hits)] == ["B"]


def test_nested_notes_of_a_shop_are_told_entry_by_entry() -> None:
    notes = {"时间": "6月", "详情": [{"类型": "国补", "描述": "20%"}, {"类型": "以旧换新", "描述": "600元"}]}
    assert list(told(notes)) == ["6月", "国补，20%", "以旧换新，600元"]


def test_points_and_the_gift_card_are_the_customers_own() -> None:
    ann = Customer("C1", "王芳", "", "", "zh", MemberLevel.GOLD, False, 61, None, ())
    card = PaymentMethod("G1", "C1", MethodKind.GIFT_CARD, "gift_card", 12_300, "CNY")
    person = Person(ann, (card,), ())
    assert "61积分" in answer("我有多少积分", "membership_points", person=person)
    assert "¥123.00" in answer("礼品卡余额还有多少", "membership_points", person=person)


def test_both_ways_are_told_where_money_is_not_to_go_back_as_it_came() -> None:
    def said(message: str) -> str:
        return answer(message, "refund_status", "en", orders=(paid(),), asked_order_id="KF260000000001")

    other = said("how soon is a refund on my gift card if I cancel")
    assert "goes back to your Alipay" in other and "gift card arrive immediately" in other
    assert "within 24 hours" in other
    assert "gift card" not in said("how soon is a refund on my alipay if I cancel")


def test_nothing_is_told_to_come_back_of_what_came_back() -> None:
    kinds = {fact.kind for fact in order_facts(replace(paid(), state=OrderState.CANCELLED), facts(), None)}
    assert "order.refund_to" not in kinds
    assert "order.refund_to" in {fact.kind for fact in order_facts(paid(), facts(), None)}


def test_goods_that_an_order_does_not_hold_are_not_told_of_as_its_own() -> None:
    bought = paid(lines=(line("electronics"),), delivered_at=NOW - timedelta(days=60))
    (own,) = bought.lines
    nothing, name = LocalText("", ""), LocalText("云朵电吹风", "Cloud hair dryer")
    other = Product(
        "P9", "appliances", "", name, nothing, nothing, SaleClass.STANDARD, False, False, 0, None, ()
    )
    same = replace(other, product_id=own.product_id)

    def said(of: Product) -> str:
        return answer(
            "云朵电吹风还在保修期吗",
            "warranty_repair",
            orders=(bought,),
            asked_order_id="KF260000000001",
            goods=(of,),
        )

    assert "保修至9月23日" in said(same)
    assert "保修至9月23日" not in said(other)


def test_a_rule_about_orders_says_when_it_ends() -> None:
    (cancelling,) = of_shop("shop.cancelling", TAU2_POLICY)
    assert "打包之后就不能取消" in cancelling


def test_a_warranty_is_told_until_its_last_day() -> None:
    bought = paid(lines=(line("electronics"),), delivered_at=NOW - timedelta(days=60))
    assert "2027年" not in answer("还在保修期吗", "warranty_repair", orders=(bought,))
    assert "保修至9月23日" in answer("还在保修期吗", "warranty_repair", orders=(bought,))


def test_a_shop_is_not_said_to_have_rules_that_it_has_not() -> None:
    kinds = {fact.kind for fact in policy_facts(facts(policy=TAU2_POLICY), {})}
    assert {"shop.return_window", "shop.methods", "shop.refund_card", "shop.cancel_reasons"} <= kinds
    none = (
        "shipping_fee",
        "delivery_time",
        "cutoff",
        "late",
        "refund_chain",
        "price_protection",
        "unpaid",
        "invoice",
        "hours",
    )
    assert not kinds & {f"shop.{name}" for name in none}
    text = compose(
        understood("delivery_policy", "en"), facts(message="what does delivery cost", policy=TAU2_POLICY)
    ).text("en")
    assert "does not say that" in text and "$" not in text


def test_goods_are_not_said_to_have_been_changed_in_a_shop_that_lets_none_be() -> None:
    returns = replace(DEMO_POLICY.returns, max_exchanges=0)
    told = [
        fact.text
        for fact in order_facts(paid(), facts(policy=_with(returns=returns)), None)
        if fact.kind == "line.exchangeable"
    ]
    assert [each.zh.split("不能换货：")[1] for each in told] == ["店铺不支持换货。"]
    assert "the shop exchanges nothing" in told[0].en
    orders = replace(DEMO_POLICY.orders, max_item_changes=0)
    told = [
        fact.text
        for fact in order_facts(order(state=OrderState.PAID), facts(policy=_with(orders=orders)), None)
        if fact.kind == "order.changeable"
    ]
    assert told[0].zh.endswith("现在可以修改收货信息，不能修改商品：店铺不支持修改订单的商品。")


def test_goods_that_may_be_opened_have_no_condition_and_no_fee() -> None:
    rule = replace(DEMO_POLICY.returns.rule_for("womens_clothing"), opened_fee_percent=0)
    returns = replace(DEMO_POLICY.returns, categories={"womens_clothing": rule})
    told = [
        fact.text
        for fact in order_facts(paid(), facts(policy=_with(returns=returns)), None)
        if fact.kind == "line.return_until"
    ]
    assert (
        len(told) == 1 and "折旧费" not in told[0].zh and "fee" not in told[0].en and "完好" not in told[0].zh
    )


def test_what_an_action_refuses_is_not_said_to_be_possible() -> None:
    waiting = order(state=OrderState.PAID)
    under_way = replace(paid().payments[0], status=PaymentStatus.PENDING)
    orders = DEMO_POLICY.orders

    def said(kind: str, of: Order, **rules: object) -> str:
        known = facts(policy=_with(orders=replace(orders, **rules)))  # type: ignore[arg-type]
        return next(fact.text.zh for fact in order_facts(of, known, None) if fact.kind == kind)

    assert "现在可以取消" in said("order.cancellable", waiting)
    unsettled = said("order.cancellable", replace(waiting, payments=(under_way,)))
    assert "现在不能取消：还有付款在处理中" in unsettled
    changed = replace(waiting, item_changes=1)
    assert "不能取消：商品修改过" in said("order.cancellable", changed, is_changed_cancellable=False)
    assert "现在可以取消" in said("order.cancellable", changed, is_changed_cancellable=True)
    assert "不能修改：商品已经修改过" in said("order.changeable", changed, max_item_changes=1)
    assert "不能取消。" in said("order.cancellable", order(state=OrderState.SHIPPED))


_NO_HOUR = "具体几点，物流信息里没有写明"


@pytest.mark.parametrize("message", ["几点签收的", "包裹是几点送到的", "what time was it delivered"])
def test_the_hour_of_a_delivery_is_told_and_not_denied(message: str) -> None:
    text = answer(message, "logistics_tracking", orders=(order(state=OrderState.DELIVERED),))
    assert "签收时间：11月22日 10:00" in text and _NO_HOUR not in text


def test_when_a_parcel_was_seen_is_not_the_hour_at_which_it_comes() -> None:
    text = answer("现在到哪了，几点能到", "logistics_tracking", orders=(order(),))
    assert "最新物流（11月22日 07:00）" in text and _NO_HOUR in text
    assert _NO_HOUR in answer("具体时间给我说下", "logistics_tracking", orders=(order(),))
    assert _NO_HOUR not in answer("物流几点更新的", "logistics_tracking", orders=(order(),))


def test_the_hour_is_denied_once_where_nothing_tells_it() -> None:
    on_the_way = answer("几点能送到", "logistics_tracking", orders=(order(),))
    assert "预计11月24日送达" in on_the_way and _NO_HOUR in on_the_way
    assert "发货时间：11月21日 12:00" in answer("几点发的货", "order_status", orders=(order(),))
    assert _NO_HOUR not in answer("几点发的货", "order_status", orders=(order(),))
    unrecorded = order(state=OrderState.DELIVERED, delivered_at=None)
    text = answer("几点签收的", "logistics_tracking", orders=(unrecorded,))
    assert "签收时间没有记录" in text and _NO_HOUR not in text


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.SHIPPED, OrderState.CANCELLED])
def test_what_has_not_happened_is_not_called_unrecorded(state: OrderState) -> None:
    of = order(state=state)
    assert "没有记录" not in answer("包裹送到了吗", "logistics_tracking", orders=(of,))
    unsent = replace(of, shipped_at=None, state=OrderState.PAID)
    text = answer("什么时候发的货", "order_status", orders=(unsent,))
    assert "没有查到发货时间" not in text and "已付款" in text
    assert "没有查到发货时间" in answer("什么时候发的货", "order_status", orders=(order(shipped_at=None),))


def test_a_reason_and_a_courier_are_told_where_they_are_known_and_else_not_seen_here() -> None:
    def with_event(state: TrackingState, zh: str) -> Order:
        event = TrackingEvent(NOW, state, LocalText("", ""), LocalText(zh, zh))
        sent = order()
        return replace(sent, shipments=(replace(sent.shipments[0], events=(event,)),))

    storm = with_event(TrackingState.PROBLEM, "台风停运")
    why = answer("为什么一直不派送", "logistics_tracking", orders=(storm,))
    assert "台风停运" in why and "查不到" not in why
    assert "原因我在这里查不到" in answer("为什么一直不派送", "logistics_tracking", orders=(order(),))
    near = with_event(TrackingState.OUT_FOR_DELIVERY, "快递员王强 13912345678 正在派送")
    who = answer("快递员电话多少", "logistics_tracking", orders=(near,))
    assert "13912345678" in who and "查不到" not in who
    assert "姓名和电话，我在这里查不到" in answer("快递员电话多少", "logistics_tracking", orders=(order(),))
    for given in ("no longer needed", "no_longer_needed", "不需要了"):
        called_off = order(state=OrderState.CANCELLED, attributes={"cancel_reason": given})
        assert answer("为什么取消了", "order_status", orders=(called_off,)).startswith("取消原因：不需要了。")
    # A colleague's words are for colleagues.
    for none in ({}, {"cancel_reason": None}, {"cancel_reason": "suspected fraud, customer on watch list"}):
        unknown = answer("为什么取消了", "order_status", orders=(replace(called_off, attributes=none),))
        assert "原因我在这里查不到" in unknown and "fraud" not in unknown


def test_what_a_line_cost_is_told_where_it_was_paid_and_no_refund_is_promised() -> None:
    def said(of: Order) -> list[LocalText]:
        return [fact.text for fact in order_facts(of, facts(), None) if fact.kind == "line.paid"]

    (told,) = said(paid())
    assert told.zh.endswith("实付 ¥599.00。") and "退" not in told.zh and "return" not in told.en
    assert said(paid(paid_at=None)) == [told]
    assert said(order(state=OrderState.PENDING_PAYMENT)) == []
    assert said(replace(paid(), state=OrderState.CANCELLED)) == []


@pytest.mark.parametrize("status", [PaymentStatus.FAILED, PaymentStatus.PENDING])
def test_what_did_not_come_is_not_said_to_be_paid(status: PaymentStatus) -> None:
    def is_told(of: Order) -> bool:
        return any(fact.kind == "line.paid" for fact in order_facts(of, facts(), None))

    came = paid().payments[0]
    missing = replace(came, payment_id="T2", status=status, amount_minor=20_000)
    dearer = paid(lines=(line(unit_price_minor=79_900),), goods_minor=79_900)
    assert is_told(dearer) and not is_told(replace(dearer, payments=(came, missing)))
    # A first try that failed leaves nothing to pay.
    assert is_told(replace(paid(), payments=(replace(came, status=status), came)))
    back = replace(came, payment_id="T3", kind=PaymentKind.REFUND)
    assert not is_told(replace(paid(), payments=(came, back, missing)))
    half = paid(lines=(line(quantity=2, returned_quantity=1, unit_price_minor=29_950),))
    back = replace(back, amount_minor=29_950)
    assert is_told(replace(half, payments=(missing, came, back)))


@pytest.mark.parametrize("state", OrderState)
def test_a_price_is_protected_only_where_a_difference_is_refunded(state: OrderState) -> None:
    def said(**changes: object) -> list[str]:
        known = facts(policy=_with(refunds=replace(DEMO_POLICY.refunds, **changes)))  # type: ignore[arg-type]
        told = order_facts(order(state=state), known, None)
        return [fact.text.zh for fact in told if fact.kind == "order.price_protection"]

    if state is OrderState.PENDING_PAYMENT:
        assert said() == []
    elif state in PRICE_PROTECTED_STATES:
        assert "价格保护截止12月5日" in said()[0]
    else:
        assert "不能申请价保" in said()[0] and "12月5日" not in said()[0]
    assert said(price_protection_days=0) == []


def test_the_number_of_a_parcel_a_locker_or_a_day_is_not_the_couriers() -> None:
    def is_told(zh: str, en: str = "") -> bool:
        event = TrackingEvent(NOW, TrackingState.OUT_FOR_DELIVERY, LocalText("", ""), LocalText(zh, en or zh))
        of = order()
        of = replace(of, shipments=(replace(of.shipments[0], events=(event,)),))
        return any(fact.kind == "order.courier" for fact in order_facts(of, facts(), None))

    assert is_told("快递员王强 13912345678 正在派送") and is_told("快递员 139-1234-5678")
    assert is_told("网点 0571-88881234") and is_told("派送中，电话：8888 1234")
    assert is_told("派送中", "Out for delivery, call him on +1 555-201-3344")
    assert is_told("派送中", "Out for delivery. Phone: (555) 201-3344")
    assert not is_told("预计2026-11-24 18:00前送达") and not is_told("请凭取件码 12-34-5678 取件")
    assert not is_told("快件 75123456789012 已到达") and not is_told("运单 13912345678901")
    assert not is_told("请电话预约 2026-11-24 派送", "please call on 2026-11-24 before 18:00")
    of = order()
    own = replace(of.shipments[0], tracking_number="13912345678")
    event = replace(own.events[0], text=LocalText("快件 13912345678 派送中", "13912345678 is out"))
    told = order_facts(replace(of, shipments=(replace(own, events=(event,)),)), facts(), None)
    assert not any(fact.kind == "order.courier" for fact in told)


def test_a_late_order_that_is_packed_is_not_offered_its_cancelling() -> None:
    def late(state: OrderState) -> str:
        of = order(state=state, paid_at=NOW - timedelta(hours=60))
        return next(fact.text.zh for fact in order_facts(of, facts(), None) if fact.kind == "order.late")

    assert "催单时补偿 ¥5.00 优惠券，也可以取消订单全额退款。" in late(OrderState.PAID)
    assert late(OrderState.PACKED).endswith("催单时补偿 ¥5.00 优惠券。")


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (
            (OrderState.PAID,),
            ["付款后48小时仍未发货的，催单时补偿 ¥5.00 优惠券，打包之前也可以取消订单全额退款。"],
        ),
        (
            (OrderState.PAID, OrderState.PACKED),
            ["付款后48小时仍未发货的，催单时补偿 ¥5.00 优惠券，也可以取消订单全额退款。"],
        ),
        ((), ["付款后48小时仍未发货的，催单时补偿 ¥5.00 优惠券。"]),
    ],
)
def test_the_rule_of_late_orders_offers_cancelling_as_long_as_it_is_accepted(
    states: tuple[OrderState, ...], told: list[str]
) -> None:
    policy = _with(orders=replace(DEMO_POLICY.orders, cancel_states=states))
    assert of_shop("shop.late", policy) == told
    without_coupon = replace(policy, shipping=replace(policy.shipping, late_coupon_minor=0))
    assert of_shop("shop.late", without_coupon) == [
        text.replace("催单时补偿 ¥5.00 优惠券，", "").replace("也可以", "可以")
        for text in told
        if "取消" in text
    ]


def test_a_payment_under_way_lets_the_address_be_changed_and_not_the_items() -> None:
    under_way = replace(paid().payments[0], status=PaymentStatus.PENDING)
    of = replace(order(state=OrderState.PAID), payments=(under_way,))
    told = next(fact.text for fact in order_facts(of, facts(), None) if fact.kind == "order.changeable")
    assert told.zh.endswith("现在可以修改收货信息，不能修改商品：还有付款在处理中。")
    assert told.en.endswith(
        "its address can be changed now, its items can't be, since a payment is still under way."
    )
    packed = replace(of, state=OrderState.PACKED)
    told = next(fact.text for fact in order_facts(packed, facts(), None) if fact.kind == "order.changeable")
    assert "可以修改" not in told.zh and "can be changed" not in told.en


def test_a_fault_that_is_told_on_the_day_of_delivery_has_no_0_days() -> None:
    rule = replace(DEMO_POLICY.returns.default, fault_days=0)
    policy = _with(returns=replace(DEMO_POLICY.returns, default=rule, categories={}))
    (window,), (fault,) = of_shop("shop.return_window", policy), of_shop("shop.fault", policy)
    assert "质量问题签收当天" in window and "签收当天反馈" in fault
    assert not _A_0.search(window) and not _A_0.search(fault)
    late = paid(delivered_at=NOW - timedelta(days=2))
    decision = return_eligibility(late, late.lines[0], policy, NOW, reason=ReturnReason.FAULT)
    assert decision.blocker is not None
    assert "签收当天" in decision.blocker.text.zh and "on the day of delivery" in decision.blocker.text.en


@pytest.mark.parametrize(
    ("state", "is_unsent"),
    [
        *((state, True) for state in (OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.PACKED)),
        *((state, False) for state in (OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CANCELLED)),
    ],
)
def test_only_what_is_to_be_sent_is_said_not_to_be_sent_yet(state: OrderState, is_unsent: bool) -> None:
    text = answer("运单号发我", "logistics_tracking", orders=(order(state=state, shipments=()),))
    assert ("还没有发货" in text) == is_unsent and ("没有查到运单号" in text) != is_unsent


@pytest.mark.parametrize(
    ("message", "language", "said"),
    [
        ("几点签收的", "zh", ("还没有签收。", "最新物流", "杭州转运中心", "预计11月24日送达")),
        (
            "what time was it delivered",
            "en",
            ("It has not been delivered yet.", "Latest news", "Hangzhou hub"),
        ),
    ],
)
def test_whoever_asks_when_it_was_delivered_is_told_that_it_is_on_its_way(
    message: str, language: Language, said: tuple[str, ...]
) -> None:
    text = answer(message, "logistics_tracking", language, orders=(order(),))
    assert text.startswith(said[0]) and all(part in text for part in said)
    for state in (OrderState.DELIVERED, OrderState.CANCELLED):
        other = answer(message, "logistics_tracking", language, orders=(order(state=state),))
        assert said[0] not in other and "最新物流" not in other and "Latest news" not in other


_A_0 = re.compile(r"(?<![\d.,:-])0(?:\.00)?(?!\d|[.,:]\d)")


@pytest.mark.parametrize(
    ("text", "has_one"),
    [
        ("a fee of CNY 0.00.", True),
        ("within 0 days, or later", True),
        ("收取0%折旧费", True),
        ("运费 ¥0.00，", True),
        ("at 10:00.", False),
        ("CNY 10.00.", False),
        ("满 ¥1,000.00 包邮。", False),
        ("0.5 kg", False),
    ],
)
def test_what_is_a_0(text: str, has_one: bool) -> None:
    assert (_A_0.search(text) is not None) == has_one


def test_no_sentence_tells_a_0_as_a_rule() -> None:
    for state in OrderState:
        there = replace(order(state=state), placed_at=NOW - timedelta(days=2))
        of_tau2 = facts(policy=TAU2_POLICY)
        for fact in (*order_facts(there, of_tau2, None), *policy_facts(of_tau2, {})):
            assert not _A_0.search(fact.text.zh) and not _A_0.search(fact.text.en), fact
    late = order(state=OrderState.PAID, paid_at=NOW - timedelta(hours=60))
    shipping = replace(DEMO_POLICY.shipping, late_coupon_minor=0)
    told_late = answer("怎么还没发货", "order_status", orders=(late,), policy=_with(shipping=shipping))
    assert "48小时" in told_late and "优惠券" not in told_late


def _with(**changes: object) -> ShopPolicy:
    return replace(DEMO_POLICY, **changes)  # type: ignore[arg-type]


def of_shop(kind: str, policy: ShopPolicy) -> list[str]:
    names = {"phones": LocalText("手机", "Phones")}
    return [fact.text.zh for fact in policy_facts(facts(policy=policy), names) if fact.kind == kind]


def test_of_a_sentence_with_several_numbers_what_is_0_is_left_out() -> None:
    member, shipping, refunds = DEMO_POLICY.membership, DEMO_POLICY.shipping, DEMO_POLICY.refunds
    levels = of_shop("shop.levels", _with(membership=replace(member, silver_from_minor=0)))
    assert levels == ["一年内消费满 ¥5,000.00 升为金卡。"]
    points = replace(member, points_valid_months=0, points_max_share_percent=0)
    assert of_shop("shop.points", _with(membership=points)) == ["每消费 ¥1.00 得1积分，100积分抵 ¥1.00。"]
    late = of_shop("shop.late", _with(shipping=replace(shipping, late_coupon_minor=0)))
    assert late == ["付款后48小时仍未发货的，打包之前可以取消订单全额退款。"]
    assert of_shop("shop.shipping_fee", _with(shipping=replace(shipping, free_from_minor=0))) == []
    near = replace(shipping, remote_fee_minor=0)
    assert not any("运费" in text for text in of_shop("shop.remote", _with(shipping=near)))
    nowhere = replace(near, remote=DeliveryTime(0, 0))
    assert of_shop("shop.remote", _with(shipping=nowhere)) == []
    assert of_shop("shop.refund_chain", _with(refunds=replace(refunds, inspection_working_days=0))) == []
    paper = replace(DEMO_POLICY.invoice, electronic_hours=0)
    assert not any("电子" in text for text in of_shop("shop.invoice", _with(invoice=paper)))
    repair = replace(DEMO_POLICY.repair, warranty_months={"phones": 0, "bags": 3})
    assert "没有单独的保修" in of_shop("shop.warranty", _with(repair=repair))[0]
    never = replace(DEMO_POLICY.returns, max_exchanges=0)
    assert of_shop("shop.exchanges", _with(returns=never)) == ["商品不支持换货。"]
    payment = replace(DEMO_POLICY.payment, instalment_months=(3,), instalment_from_minor=0)
    assert of_shop("shop.instalments", _with(payment=payment)) == ["可以分3期付款。"]


@pytest.mark.parametrize("urged_ago_h", [1, 50])
def test_the_coupon_for_a_late_order_is_promised_once(urged_ago_h: int) -> None:
    of = order(
        state=OrderState.PAID,
        paid_at=NOW - timedelta(hours=100),
        urged_at=NOW - timedelta(hours=urged_ago_h),
    )
    (late,) = [fact.text for fact in order_facts(of, facts(), None) if fact.kind == "order.late"]
    assert late.zh.endswith("非常抱歉：可以取消订单全额退款。") and "coupon" not in late.en


def test_what_no_policy_says_of_missing_parts_is_not_promised() -> None:
    told = next(
        fact.text for fact in policy_facts(facts(policy=TAU2_POLICY), {}) if fact.kind == "shop.fault"
    )
    assert "换新" in told.zh and "replacement" in told.en
    assert not any(word in f"{told.zh} {told.en}" for word in ("少发", "补发", "incomplete", "missing"))


def test_an_order_tells_whether_it_goes_back_and_why_not() -> None:
    late = paid(delivered_at=NOW - timedelta(days=30))
    text = answer("KF260000000001还能退吗", "return_policy", orders=(late,), asked_order_id="KF260000000001")
    assert "不能无理由退货：已过期限" in text
    paid_for = answer(
        "退KF260000000001能退多少钱", "refund_status", orders=(paid(),), asked_order_id="KF260000000001"
    )
    assert "实付 ¥599.00" in paid_for and "支付宝" in paid_for


def test_what_words_do_not_tell_is_told_by_what_it_is_asked_like() -> None:
    alike = (Likeness("order.method", 0.62), Likeness("order.total", 0.31))
    text = answer("哪个口袋出的血", "payment_problem", orders=(paid(),), likenesses=alike)
    assert "付款方式：支付宝" in text
    unlike = (Likeness("order.method", 0.38), Likeness("order.total", 0.31))
    assert "付款方式" not in answer("哪个口袋出的血", "order_status", orders=(paid(),), likenesses=unlike)


@pytest.mark.parametrize(
    ("scores", "is_sure", "kinds"),
    [
        ((0.6, 0.58, 0.4), False, ("a", "b")),
        ((0.42, 0.2, 0.1), False, ("a",)),
        ((0.42, 0.2, 0.1), True, ()),
        ((0.42, 0.4, 0.1), False, ()),
        ((0.3, 0.1, 0.1), False, ()),
    ],
)
def test_a_likeness_has_to_be_great_or_ahead_of_the_others(
    scores: tuple[float, ...], is_sure: bool, kinds: tuple[str, ...]
) -> None:
    likenesses = [Likeness(name, score) for name, score in zip("abc", scores, strict=True)]
    assert kinds_by_likeness(likenesses, is_sure=is_sure) == kinds


def test_every_kind_that_is_asked_like_something_is_told_somewhere() -> None:
    """A question under a kind that no fact has would never be answered."""
    known = {kind for ask in ASKS for kind in ask.kinds} | set(INTENT_OF) | {"product.exchangeable"}
    assert set(questions()) <= known
    assert all(len(texts) > 1 for texts in questions().values())


def test_sentences_are_near_by_the_words_that_they_share() -> None:
    message = "银手链变黑了咋整"
    assert shared_words("银饰发黑用擦银布擦亮。", message) > shared_words("戒指按指圈选。", message)
    assert shared_words("Zips are covered.", "is the zip covered") > shared_words(
        "Fabric is not.", "is the zip covered"
    )
