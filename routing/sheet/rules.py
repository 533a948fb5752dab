"""The facts of the shop's policy, which hold for everybody. A 0 is a rule that it does not have: nothing is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Final

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.orders import OrderState
from commerce.domain.policy import CategoryReturnRule, DeliveryTime, GoodsRequirement
from commerce.domain.text import LocalText
from routing.facts import Facts
from routing.sheet.fact import SheetFact, fact
from routing.sheet.goods import told
from routing.wording import REASON_NAMES, money, service_name


def policy_facts(facts: Facts, category_names: dict[str, LocalText]) -> Iterator[SheetFact]:
    """`category_names` by slug, as the shop's catalogue calls them."""
    yield from _delivery(facts)
    yield from _orders(facts)
    yield from _returns(facts, category_names)
    yield from _refunds(facts)
    yield from _paying(facts)
    yield from _membership(facts)
    yield from _service(facts, category_names)
    yield from _promotions(facts)


_NOTHING: Final = LocalText("", "")


def _sum(facts: Facts, amount_minor: int) -> LocalText:
    return LocalText(*(money(amount_minor, facts.policy.currency, language) for language in ("zh", "en")))


def _span(span: DeliveryTime) -> LocalText:
    days = f"{span.min_days}" if span.min_days == span.max_days else f"{span.min_days}-{span.max_days}"
    return LocalText(f"{days}天", f"{days} days")


def _delivery(facts: Facts) -> Iterator[SheetFact]:
    rules = facts.policy.shipping
    free, fee, remote_fee = (
        _sum(facts, each) for each in (rules.free_from_minor, rules.fee_minor, rules.remote_fee_minor)
    )
    if rules.fee_minor and rules.free_from_minor:
        yield fact(
            "shop.shipping_fee",
            None,
            f"满 {free.zh} 包邮，不足收取运费 {fee.zh}。",
            f"Delivery is free from {free.en}; below that it costs {fee.en}.",
        )
    if rules.remote_regions and (rules.remote_fee_minor or rules.remote.max_days):
        remote = _span(rules.remote)
        costs = LocalText(f"运费 {remote_fee.zh}", f"costs {remote_fee.en}")
        takes = LocalText(f"发货后{remote.zh}送达", f"takes {remote.en} from dispatch")
        said = [
            each for each, has in ((costs, rules.remote_fee_minor), (takes, rules.remote.max_days)) if has
        ]
        zh = "、".join(name for name in rules.remote_regions if not name.isascii()) or "、".join(
            rules.remote_regions
        )
        en = ", ".join(name for name in rules.remote_regions if name.isascii())
        yield fact(
            "shop.remote",
            None,
            f"寄到偏远地区（{zh}）{'，'.join(each.zh for each in said)}。",
            f"To remote areas ({en}) delivery {' and '.join(each.en for each in said)}.",
        )
    metro, other = _span(rules.metro), _span(rules.other)
    if rules.metro.max_days and rules.other.max_days:
        yield fact(
            "shop.delivery_time",
            None,
            f"发货后主要城市{metro.zh}送达，其他地区{other.zh}。",
            f"From dispatch it takes {metro.en} to the big cities and {other.en} elsewhere.",
        )
    if rules.excluded_regions:
        zh = "、".join(name for name in rules.excluded_regions if not name.isascii()) or "、".join(
            rules.excluded_regions
        )
        en = ", ".join(name for name in rules.excluded_regions if name.isascii())
        yield fact("shop.excluded", None, f"暂不支持配送到{zh}。", f"We can't deliver to {en}.")
    if rules.cutoff != time(0, 0):
        cutoff = f"{rules.cutoff:%H:%M}"
        yield fact(
            "shop.cutoff",
            None,
            f"{cutoff}前付款当天发货，之后付款次日发货。",
            f"What is paid before {cutoff} leaves the same day, later payments the day after.",
        )
    yield from _late(facts)


def _late(facts: Facts) -> Iterator[SheetFact]:
    """What comes of an order that does not leave in time: the coupon, and its cancelling as long as the shop lets."""
    rules, cancelled_in = facts.policy.shipping, facts.policy.orders.cancel_states
    zh, en = [], []
    if rules.late_coupon_minor:
        off = _sum(facts, rules.late_coupon_minor)
        zh.append(f"催单时补偿 {off.zh} 优惠券")
        en.append(f"brings a {off.en} coupon when you ask us to hurry it")
    if last := next((state for state in (OrderState.PACKED, OrderState.PAID) if state in cancelled_in), None):
        # Whatever has not left is not shipped: only an earlier end has to be told.
        is_earlier, end = last is not OrderState.PACKED, _ENDS_IT[last]
        zh.append(f"{f'{end.zh}之前' if is_earlier else ''}{'也' if zh else ''}可以取消订单全额退款")
        en.append(f"can be cancelled{f' before it is {end.en}' if is_earlier else ''} for a full refund")
    if rules.late_after_hours and zh:
        hours = rules.late_after_hours
        yield fact(
            "shop.late",
            None,
            f"付款后{hours}小时仍未发货的，{'，'.join(zh)}。",
            f"What has not left {hours} hours after payment {', and '.join(en)}.",
        )


_BEFORE: Final = (OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.PACKED)
_ENDS_IT: Final[dict[OrderState, LocalText]] = {
    OrderState.PENDING_PAYMENT: LocalText("付款", "paid"),
    OrderState.PAID: LocalText("打包", "packed"),
    OrderState.PACKED: LocalText("发货", "shipped"),
}


def _orders(facts: Facts) -> Iterator[SheetFact]:
    """Until when orders can be cancelled and changed."""
    rules = facts.policy.orders
    for kind, states, deed in (
        ("shop.cancelling", rules.cancel_states, LocalText("取消", "cancelled")),
        ("shop.changing", rules.change_states, LocalText("修改", "changed")),
    ):
        if last := next((state for state in reversed(_BEFORE) if state in states), None):
            until = _ENDS_IT[last]
            yield fact(
                kind,
                None,
                f"订单{until.zh}之前可以{deed.zh}，{until.zh}之后就不能{deed.zh}了。",
                f"An order can be {deed.en} before it is {until.en}; once it is {until.en} it can't be {deed.en}.",
            )
    if rules.cancel_states and len(rules.cancel_reasons) < len(CancelReason):
        reasons = [REASON_NAMES[reason] for reason in rules.cancel_reasons]
        zh, en = "、".join(each.zh for each in reasons), " or ".join(each.en for each in reasons)
        yield fact(
            "shop.cancel_reasons", None, f"接受的取消原因：{zh}。", f"The reasons that are accepted: {en}."
        )


def _membership(facts: Facts) -> Iterator[SheetFact]:
    rules = facts.policy.membership
    if rules.points_per_unit and rules.points_per_unit_paid:
        unit, share, months = _sum(facts, 100), rules.points_max_share_percent, rules.points_valid_months
        most = (
            LocalText(f"，最多抵订单金额的{share}%", f", up to {share}% of an order") if share else _NOTHING
        )
        valid = (
            LocalText(f"，{months}个月内有效", f"; they are valid for {months} months")
            if months
            else _NOTHING
        )
        yield fact(
            "shop.points",
            None,
            f"每消费 {unit.zh} 得{rules.points_per_unit}积分，{rules.points_per_unit_paid}积分抵 {unit.zh}"
            f"{most.zh}{valid.zh}。",
            f"Each {unit.en} brings {rules.points_per_unit} point(s), {rules.points_per_unit_paid} points pay {unit.en}"
            f"{most.en}{valid.en}.",
        )
    levels = (
        (rules.silver_from_minor, "银卡", "a silver member"),
        (rules.gold_from_minor, "金卡", "a gold member"),
    )
    steps = [(_sum(facts, least), zh, en) for least, zh, en in levels if least]
    if steps:
        yield fact(
            "shop.levels",
            None,
            f"一年内消费{'，'.join(f'满 {least.zh} 升为{zh}' for least, zh, _ in steps)}。",
            f"Within a year {', '.join(f'{least.en} makes {en}' for least, _, en in steps)}.",
        )


def _returns(facts: Facts, names: dict[str, LocalText]) -> Iterator[SheetFact]:
    rules = facts.policy.returns
    yield from _window("shop.return_window", LocalText("商品", "goods"), rules.default, None)
    for slug, rule in rules.categories.items():
        if slug in names:
            yield from _window("shop.return_window", names[slug], rule, slug)
    yield from _condition(LocalText("商品", "goods"), rules.default, None)
    for slug, rule in rules.categories.items():
        if slug in names:
            yield from _condition(names[slug], rule, slug)
    yield from _faults(facts, names)
    times = rules.max_exchanges
    yield fact(
        "shop.exchanges",
        None,
        f"每件商品可以换货{times}次。" if times else "商品不支持换货。",
        f"An item can be exchanged {'once' if times == 1 else f'{times} times'}."
        if times
        else "Nothing can be exchanged.",
    )
    if rules.pickup_fee_minor:
        fee = _sum(facts, rules.pickup_fee_minor)
        yield fact(
            "shop.pickup_fee",
            None,
            f"无理由退换的上门取件运费是 {fee.zh}，质量问题由我们承担。",
            f"For a change of mind the courier pick-up costs {fee.en}; for a fault we pay it.",
        )


def _faults(facts: Facts, names: dict[str, LocalText]) -> Iterator[SheetFact]:
    """What is done about what came broken or wrong, and until when it is to be told."""
    rules = facts.policy.returns
    by_category = ((names[slug], rule, slug) for slug, rule in rules.categories.items() if slug in names)
    for name, rule, slug in ((LocalText("商品", "goods"), rules.default, None), *by_category):
        until = _fault_until(rule) or LocalText("随时", "at any time")
        photo = LocalText("，请拍照", ", with a photo") if rule.needs_photo else LocalText("", "")
        yield fact(
            "shop.fault",
            None,
            f"{name.zh}有破损、故障或发错的，{until.zh}反馈{photo.zh}，核实后可以退款或者换新，运费由我们承担。",
            f"{name.en[0].upper()}{name.en[1:]} that came broken, faulty or wrong: tell us {until.en}{photo.en}; "
            "you get a refund or a replacement, and we pay the postage.",
            slug,
        )


_THAT_DAY: Final = LocalText("签收当天", "on the day of delivery")


def _fault_until(rule: CategoryReturnRule) -> LocalText | None:
    """None: at any time."""
    if rule.fault_hours is not None:
        return LocalText(f"签收后{rule.fault_hours}小时内", f"within {rule.fault_hours} hours of delivery")
    if rule.fault_days is None:
        return None
    days = rule.fault_days
    return LocalText(f"签收后{days}天内", f"within {days} days of delivery") if days else _THAT_DAY


_CONDITIONS: Final = {
    GoodsRequirement.COMPLETE_AND_UNWORN: LocalText(
        "须完好、未穿着使用，吊牌和包装齐全", "complete and unworn, with tags and packaging"
    ),
    GoodsRequirement.UNOPENED: LocalText("须未拆封、未激活", "unopened and not activated"),
    GoodsRequirement.SEAL_UNBROKEN: LocalText("封口须完好未开启", "with the seal unbroken"),
}


def _condition(name: LocalText, rule: CategoryReturnRule, slug: str | None) -> Iterator[SheetFact]:
    if rule.no_reason_days == 0 or rule.requirement is GoodsRequirement.NONE or rule.opened_fee_percent == 0:
        return
    state, fee = _CONDITIONS[rule.requirement], rule.opened_fee_percent
    else_ = (
        LocalText(f"，否则收取{fee}%折旧费", f", or {fee} % is kept")
        if fee is not None
        else LocalText("，否则不能无理由退", ", or they can't go back without a reason")
    )
    yield fact(
        "shop.return_condition",
        None,
        f"无理由退换的{name.zh}{state.zh}{else_.zh}。",
        f"To go back without a reason {name.en.lower()} have to be {state.en}{else_.en}.",
        slug,
    )


def _promotions(facts: Facts) -> Iterator[SheetFact]:
    """Whatever the shop wrote down of its discounts."""
    for said in told(facts.tenant.attributes.get("discount")):
        yield fact("shop.promotion", None, f"{said.rstrip('。；;')}。", f"{said.rstrip('.;；')}.")


def _window(kind: str, name: LocalText, rule: CategoryReturnRule, slug: str | None) -> Iterator[SheetFact]:
    if rule.no_reason_days is None:
        zh, en = (
            f"{name.zh}无理由退换没有时间限制",
            f"{name.en} can be returned at any time, there is no time limit",
        )
    elif rule.no_reason_days == 0:
        zh, en = f"{name.zh}不支持无理由退换", f"{name.en} can't be returned without a reason"
    else:
        days = rule.no_reason_days
        zh, en = (
            f"{name.zh}签收次日起{days}天内可以无理由退换",
            f"{name.en} can be returned within {days} days of delivery",
        )
    if rule.fault_hours is not None:
        zh, en = (
            f"{zh}；质量问题签收后{rule.fault_hours}小时内",
            f"{en}; faults within {rule.fault_hours} hours",
        )
    elif rule.fault_days is not None:
        days = rule.fault_days
        until = LocalText(f"{days}天内", f"within {days} days") if days else _THAT_DAY
        zh, en = f"{zh}；质量问题{until.zh}", f"{en}; faults {until.en}"
    yield fact(kind, None, f"{zh}。", f"{en[0].upper()}{en[1:]}.", slug)


def _refunds(facts: Facts) -> Iterator[SheetFact]:
    rules = facts.policy.refunds
    low, high, hours = rules.card_min_days, rules.card_max_days, rules.wallet_hours
    span = f"{low}" if low == high else f"{low}-{high}"
    cards = LocalText("银行卡", "a card")
    if not hours:
        # Wallets are no faster there.
        cards = LocalText("银行卡、PayPal 等", "a card, PayPal and the like")
    if high:
        yield fact(
            "shop.refund_card",
            None,
            f"退款到{cards.zh}需要{span}个工作日。",
            f"Refunds to {cards.en} take {span} working days.",
        )
    if hours:
        yield fact(
            "shop.refund_wallet",
            None,
            f"退款到支付宝、微信、PayPal 等{hours}小时内到账。",
            f"Refunds to wallets such as Alipay, WeChat Pay or PayPal arrive within {hours} hours.",
        )
    yield fact(
        "shop.refund_gift_card", None, "退款到礼品卡立即到账。", "Refunds to a gift card arrive immediately."
    )
    review, check, payment = rules.review_hours, rules.inspection_working_days, rules.payment_working_days
    if review and check and payment:
        yield fact(
            "shop.refund_chain",
            None,
            f"退款申请{review}小时内审核，退回的商品{check}个工作日内验完，之后{payment}个工作日内打款。",
            f"A request is reviewed within {review} hours, what comes back is checked within {check} working days, "
            f"and the money leaves within {payment} working days more.",
        )
    if rules.price_protection_days:
        yield fact(
            "shop.price_protection",
            None,
            f"付款后{rules.price_protection_days}天内降价可以退差价。",
            f"If the price falls within {rules.price_protection_days} days of payment, the difference is refunded.",
        )


def _paying(facts: Facts) -> Iterator[SheetFact]:
    rules = facts.policy.payment
    zh = "、".join(service_name(method, "zh") for method in rules.methods)
    en = ", ".join(service_name(method, "en") for method in rules.methods)
    yield fact("shop.methods", None, f"支持的支付方式：{zh}。", f"You can pay by {en}.")
    yield fact(
        "shop.cash_on_delivery",
        None,
        "支持货到付款。" if rules.has_cash_on_delivery else "不支持货到付款。",
        f"Cash on delivery is {'' if rules.has_cash_on_delivery else 'not '}possible.",
    )
    if rules.instalment_months:
        months, least = "/".join(map(str, rules.instalment_months)), _sum(facts, rules.instalment_from_minor)
        least_zh, least_en = (
            (f"满 {least.zh} ", f"From {least.en} on you") if rules.instalment_from_minor else ("", "You")
        )
        yield fact(
            "shop.instalments",
            None,
            f"{least_zh}可以分{months}期付款。",
            f"{least_en} can pay in {months} months.",
        )
    if rules.unpaid_minutes:
        yield fact(
            "shop.unpaid",
            None,
            f"未付款的订单{rules.unpaid_minutes}分钟后自动关闭。",
            f"An order that is not paid closes after {rules.unpaid_minutes} minutes.",
        )


def _service(facts: Facts, names: dict[str, LocalText]) -> Iterator[SheetFact]:
    invoice, repair, service = facts.policy.invoice, facts.policy.repair, facts.policy.service
    hours, days = invoice.electronic_hours, invoice.paper_working_days
    electronic = LocalText(f"电子发票{hours}小时内开出", f"electronic invoices come within {hours} hours")
    paper = LocalText(f"纸质发票{days}个工作日内开出", f"paper invoices come within {days} working days")
    if said := [each for each, has in ((electronic, hours), (paper, days)) if has]:
        en = ", ".join(each.en for each in said)
        yield fact(
            "shop.invoice", None, f"{'，'.join(each.zh for each in said)}。", f"{en[0].upper()}{en[1:]}."
        )
    if invoice.reissue_days:
        yield fact(
            "shop.invoice_reissue",
            None,
            f"发票{invoice.reissue_days}天内可以补开或重开。",
            f"An invoice can be issued again, or later, within {invoice.reissue_days} days.",
        )
    for slug, months in repair.warranty_months.items():
        if slug in names and months:
            name = names[slug]
            yield fact(
                "shop.warranty",
                None,
                f"{name.zh}保修{months}个月。",
                f"The warranty on {name.en.lower()} is {months} months.",
                slug,
            )
    for slug, name in names.items() if repair.warranty_months else ():
        if not repair.warranty_months.get(slug):
            yield fact(
                "shop.warranty",
                None,
                f"{name.zh}没有单独的保修，有问题按退换货规则处理。",
                f"There is no warranty of its own on {name.en.lower()}; faults go by the rules for returns.",
                slug,
            )
    if repair.max_working_days:
        span = f"{repair.min_working_days}-{repair.max_working_days}"
        yield fact(
            "shop.repair_time",
            None,
            f"维修一般需要{span}个工作日。",
            f"A repair takes {span} working days as a rule.",
        )
    if service.opens != service.closes:
        yield fact(
            "shop.hours",
            None,
            f"人工客服时间：{service.opens:%H:%M}–{_until(service.closes)}。",
            f"Our colleagues are there from {service.opens:%H:%M} to {_until(service.closes)}.",
        )
    if service.complaint_hours:
        yield fact(
            "shop.complaint",
            None,
            f"投诉会在{service.complaint_hours}小时内答复。",
            f"Complaints are answered within {service.complaint_hours} hours.",
        )
    if service.account_deletion_days:
        yield fact(
            "shop.account_deletion",
            None,
            f"注销账号的申请会在{service.account_deletion_days}天内处理完成。",
            f"A request to delete an account is done within {service.account_deletion_days} days.",
        )
    if service.gift_wrap_minor:
        yield _gift_wrap(facts, names)


def _gift_wrap(facts: Facts, names: dict[str, LocalText]) -> SheetFact:
    service = facts.policy.service
    fee = _sum(facts, service.gift_wrap_minor)
    free = [names[slug] for slug in service.gift_wrap_free_categories if slug in names]
    zh, en = "、".join(name.zh for name in free), ", ".join(name.en.lower() for name in free)
    return fact(
        "shop.gift_wrap",
        None,
        f"礼品包装收费 {fee.zh}{f'，{zh}免费' if zh else ''}。",
        f"Gift wrapping costs {fee.en}{f', and nothing for {en}' if en else ''}.",
    )


def _until(closes: time) -> str:
    """Midnight at the end of the day reads 24:00."""
    return "24:00" if closes == time(0, 0) else f"{closes:%H:%M}"
