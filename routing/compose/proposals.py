"""A proposal as the customer reads it: every effect that is theirs, in the order in which it matters to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from commerce.domain.actions import ActionKind, InvoiceKind, Return
from commerce.domain.after_sales import CaseKind
from commerce.domain.orders import OrderLine, OrderState, PaymentKind
from commerce.domain.proposals import (
    AddressChange,
    CaseOpened,
    CouponGiven,
    CouponReleased,
    CouponUsed,
    InvoiceReissued,
    InvoiceVoided,
    LineReplaced,
    MoneyMove,
    PriceLowered,
    Proposal,
    StateChange,
    TicketKind,
    TicketOpened,
    TotalsChange,
)
from commerce.domain.returns import ReturnReason
from routing.facts import Details
from routing.wording import (
    address_text,
    colour_name,
    line_name,
    moment,
    money,
    order_goods,
    say,
    service_name,
)

_HEADINGS: Final[Mapping[ActionKind, tuple[str, str]]] = {
    ActionKind.CANCEL: ("可以取消订单 {order}（{goods}）", "Order {order} ({goods}) can be cancelled"),
    ActionKind.CHANGE_ADDRESS: (
        "订单 {order}（{goods}）可以修改收货信息",
        "Order {order} ({goods}): the delivery address can be changed",
    ),
    ActionKind.CHANGE_ITEMS: ("订单 {order} 的商品可以修改", "The items of order {order} can be changed"),
    ActionKind.CHANGE_PAYMENT: (
        "订单 {order}（{goods}）可以更换支付方式",
        "The payment of order {order} ({goods}) can be changed",
    ),
    ActionKind.RETURN: ("订单 {order} 的商品可以退货", "This can be returned from order {order}"),
    ActionKind.EXCHANGE: ("订单 {order} 的商品可以换货", "This can be exchanged from order {order}"),
    ActionKind.REFUND: (
        "订单 {order}（{goods}）可以申请价保退差价",
        "You can get the difference for order {order} ({goods})",
    ),
    ActionKind.REPORT_PROBLEM: ("为订单 {order} 登记商品问题", "Report a problem with order {order}"),
    ActionKind.REPAIR: ("订单 {order} 的商品可以维修", "This can be repaired from order {order}"),
    ActionKind.REISSUE_INVOICE: (
        "可以为订单 {order}（{goods}）开具发票",
        "An invoice can be issued for order {order} ({goods})",
    ),
    ActionKind.URGE_SHIPMENT: ("为订单 {order}（{goods}）催单", "Hurry order {order} ({goods})"),
    ActionKind.APPLY_COUPON: (
        "订单 {order}（{goods}）可以使用优惠券",
        "A coupon can be used on order {order} ({goods})",
    ),
    ActionKind.OPEN_COMPLAINT: (
        "就订单 {order}（{goods}）提交投诉",
        "Complaint about order {order} ({goods})",
    ),
}


class _Telling:
    """What the sentences of one proposal have in common."""

    def __init__(self, proposal: Proposal, details: Details, language: str, zone: ZoneInfo) -> None:
        self.proposal = proposal
        self.details = details
        self.language = language
        self.zone = zone

    def line(self, line_id: str, quantity: int) -> str:
        line = next(line for line in self.details.order.lines if line.line_id == line_id)
        return _pieces(line, quantity, self.language)

    def variant(self, variant_id: str) -> str:
        variant = self.details.action.variants[variant_id]
        marks = [colour_name(variant.colour, self.language), variant.size or "", *variant.options.values()]
        return " ".join(mark for mark in dict.fromkeys(marks) if mark) or variant_id

    def method(self, method_id: str) -> str:
        method = self.details.action.methods.get(method_id)
        if method is None:
            return say(self.language, "原支付方式", "the original payment")
        return service_name(method.service, self.language)

    def money(self, amount_minor: int, currency: str) -> str:
        return money(amount_minor, currency, self.language)

    def last_moment(self, at: datetime) -> str:
        """Ends are exclusive: what is told is the last minute before."""
        return moment(at - timedelta(minutes=1), self.zone, self.language)

    def say(self, zh: str, en: str) -> str:
        return say(self.language, zh, en)


def _pieces(line: OrderLine, quantity: int, language: str) -> str:
    return line_name(line, language).rsplit(" ×", 1)[0] + f" ×{quantity}"


def heading(proposal: Proposal, details: Details, language: str) -> str:
    """What is done, to which order."""
    zh, en = _HEADINGS[proposal.arguments.action]
    order = details.order
    return say(language, zh, en).format(order=order.order_id, goods=order_goods(order, language))


def effects(proposal: Proposal, details: Details, language: str, zone: ZoneInfo) -> tuple[str, ...]:
    """A line for every effect that the customer sees; what moves in the warehouse is left out."""
    telling = _Telling(proposal, details, language, zone)
    return tuple(
        line
        for effect in proposal.effects
        if (tell := _TOLD.get(type(effect))) is not None and (line := tell(telling, effect)) is not None
    )


def _state(telling: _Telling, effect: StateChange) -> str | None:
    if effect.after is not OrderState.CANCELLED:
        return None
    return telling.say("订单将关闭，不再发货", "the order is closed and will not be sent")


def _address(telling: _Telling, effect: AddressChange) -> str:
    to = address_text(asdict(effect), telling.language)
    return telling.say(f"改送到：{to}", f"deliver to: {to}")


def _replaced(telling: _Telling, effect: LineReplaced) -> str:
    old, new = telling.line(effect.line_id, effect.quantity), telling.variant(effect.new_variant_id)
    price = telling.money(effect.new_price_minor, telling.details.order.currency)
    return telling.say(f"{old} 换成 {new}，单价 {price}", f"{old} becomes {new} at {price} each")


def _totals(telling: _Telling, effect: TotalsChange) -> str | None:
    total = effect.goods_minor - effect.discount_minor + effect.shipping_fee_minor
    if total == telling.details.order.total.amount_minor:
        return None
    now = telling.money(total, telling.details.order.currency)
    return telling.say(f"订单总额变为 {now}", f"the order's total becomes {now}")


def _money(telling: _Telling, effect: MoneyMove) -> str:
    amount, method = telling.money(effect.amount_minor, effect.currency), telling.method(effect.method_id)
    if effect.kind is PaymentKind.PAYMENT:
        return telling.say(f"通过{method}付款 {amount}", f"pay {amount} by {method}")
    if effect.by is None:
        return telling.say(f"{amount} 立即退回{method}", f"{amount} back to your {method} at once")
    by = telling.last_moment(effect.by)
    return telling.say(f"{amount} 退回{method}，最迟 {by} 到账", f"{amount} back to your {method} by {by}")


def _price(telling: _Telling, effect: PriceLowered) -> str:
    currency = telling.details.order.currency
    old, new = (
        telling.money(effect.old_price_minor, currency),
        telling.money(effect.new_price_minor, currency),
    )
    line = next(each for each in telling.details.order.lines if each.line_id == effect.line_id)
    name = _pieces(line, line.quantity, telling.language)
    return telling.say(f"{name} 单价从 {old} 调整为 {new}", f"{name}: the price of {old} becomes {new}")


def _case(telling: _Telling, effect: CaseOpened) -> str:
    goods = telling.say("、", " and ").join(
        telling.line(line.line_id, line.quantity) for line in effect.lines
    )
    due = telling.last_moment(effect.due_at) if effect.due_at else None
    return _CASES[effect.kind](telling, effect, goods, due)


def _kept_back(telling: _Telling, effect: CaseOpened) -> str:
    """What is kept of the price of goods that were opened; the postage is told for itself."""
    lines = {line.line_id: line for line in telling.details.order.lines}
    paid = sum(lines[each.line_id].next_paid_minor(each.quantity) for each in effect.lines)
    kept_minor = paid - effect.refund_minor - _postage_minor(telling.proposal, telling.details)
    if kept_minor <= 0:
        return ""
    kept = telling.money(kept_minor, effect.currency)
    return telling.say(f"（已扣除折旧费 {kept}）", f" (less a fee of {kept} since it was opened)")


def _returned(telling: _Telling, effect: CaseOpened, goods: str, due: str | None) -> str:
    amount, kept = telling.money(effect.refund_minor, effect.currency), _kept_back(telling, effect)
    to = (
        telling.method(effect.method_id)
        if effect.method_id
        else telling.say("原支付方式", "your original payment method")
    )
    review = telling.say(f"，{due} 前审核", f"; we look at it by {due}") if due else ""
    return telling.say(
        f"寄回 {goods}，验货后退款 {amount}{kept or ' '}到{to}{review}",
        f"send back {goods}; after a check we refund {amount}{kept} to {to}{review}",
    )


def _exchanged(telling: _Telling, effect: CaseOpened, goods: str, due: str | None) -> str:
    new = telling.say("、", " and ").join(
        telling.variant(line.new_variant_id) for line in effect.lines if line.new_variant_id
    )
    review = telling.say(f"，{due} 前审核", f"; we look at it by {due}") if due else ""
    back = ""
    if effect.refund_minor:
        amount = telling.money(effect.refund_minor, effect.currency)
        back = telling.say(f"，差价 {amount} 退回", f", and the difference of {amount} comes back")
    return telling.say(
        f"寄回 {goods}，换成 {new}，新品会为您留好{back}{review}",
        f"send back {goods} for {new}, which we keep for you{back}{review}",
    )


def _money_back(telling: _Telling, effect: CaseOpened, goods: str, due: str | None) -> str:
    amount = telling.money(effect.refund_minor, effect.currency)
    review = telling.say(f"{due} 前审核", f"we look at it by {due}") if due else ""
    return telling.say(
        f"{goods} 退款 {amount}，无需先寄回，{review}",
        f"{amount} back for {goods}; nothing has to be sent first; {review}",
    )


def _sent_again(telling: _Telling, effect: CaseOpened, goods: str, due: str | None) -> str:
    review = telling.say(f"{due} 前审核", f"we look at it by {due}") if due else ""
    return telling.say(
        f"为您留货并补发 {goods}，{review}",
        f"we send {goods} again, and keep it for you until then; {review}",
    )


def _repaired(telling: _Telling, effect: CaseOpened, goods: str, due: str | None) -> str:
    until = telling.say(f"，最迟 {due} 修好", f", repaired by {due}") if due else ""
    return telling.say(
        f"寄修 {goods}，保修期内免费{until}", f"send in {goods}; under warranty it is free{until}"
    )


_CASES: Final[Mapping[CaseKind, Callable[[_Telling, CaseOpened, str, str | None], str]]] = {
    CaseKind.RETURN: _returned,
    CaseKind.EXCHANGE: _exchanged,
    CaseKind.REFUND: _money_back,
    CaseKind.REPLACEMENT: _sent_again,
    CaseKind.REPAIR: _repaired,
}


def _invoice(telling: _Telling, effect: InvoiceReissued) -> str:
    is_paper = effect.kind is InvoiceKind.PAPER
    kind = telling.say(
        "纸质发票" if is_paper else "电子发票", "paper invoice" if is_paper else "electronic invoice"
    )
    amount, due = telling.money(effect.amount_minor, effect.currency), telling.last_moment(effect.due_at)
    tax = telling.say(f"，税号 {effect.tax_id}", f", tax number {effect.tax_id}") if effect.tax_id else ""
    void = telling.say("，原发票作废", "; the one before is void") if effect.replaces else ""
    return telling.say(
        f"{kind}，抬头“{effect.title}”{tax}，金额 {amount}，最迟 {due} 开出{void}",
        f"{kind} for “{effect.title}”{tax}, {amount}, by {due}{void}",
    )


def _voided(telling: _Telling, effect: InvoiceVoided) -> str:
    return telling.say("原发票作废", "the invoice is void")


def _coupon_used(telling: _Telling, effect: CouponUsed) -> str:
    amount = telling.money(effect.amount_minor, effect.currency)
    return telling.say(
        f"使用优惠券 {effect.coupon_id}，减 {amount}", f"coupon {effect.coupon_id} takes off {amount}"
    )


def _coupon_back(telling: _Telling, effect: CouponReleased) -> str:
    return telling.say(f"优惠券 {effect.coupon_id} 退还给您", f"coupon {effect.coupon_id} can be used again")


def _coupon_given(telling: _Telling, effect: CouponGiven) -> str:
    amount = telling.money(effect.amount_minor, effect.currency)
    return telling.say(f"补偿您一张 {amount} 优惠券", f"you get a coupon of {amount} for the delay")


_TICKETS: Final = {
    TicketKind.URGENT_SHIPMENT: ("登记催单，专人跟进", "a colleague looks after the parcel"),
    TicketKind.COMPLAINT: ("登记投诉，专人处理", "a colleague looks into the complaint"),
}


def _ticket(telling: _Telling, effect: TicketOpened) -> str:
    zh, en = _TICKETS[effect.kind]
    if effect.due_at is None:
        return telling.say(zh, en)
    due = telling.last_moment(effect.due_at)
    return telling.say(f"{zh}，最迟 {due} 答复您", f"{en} and answers you by {due}")


_TOLD: Final[Mapping[type, Callable[[_Telling, Any], str | None]]] = {
    StateChange: _state,
    AddressChange: _address,
    LineReplaced: _replaced,
    CaseOpened: _case,
    CouponUsed: _coupon_used,
    PriceLowered: _price,
    TotalsChange: _totals,
    MoneyMove: _money,
    InvoiceReissued: _invoice,
    InvoiceVoided: _voided,
    CouponReleased: _coupon_back,
    CouponGiven: _coupon_given,
    TicketOpened: _ticket,
}


# Rules that held until a day: what can still be done then is worth knowing.
_UNTIL: Final = ("return.window", "repair.warranty", "refund.price_protection")


def told(proposal: Proposal, details: Details, language: str, zone: ZoneInfo) -> tuple[str, ...]:
    """The effects, and until when the rules allow them."""
    until: dict[str, list[str]] = {}
    for step in proposal.rule_trace:
        if step.rule_id.startswith(_UNTIL):
            text = step.text.in_language(language).replace(",", say(language, "，", ","))
            until.setdefault(text, []).append(step.line_id or "")
    limits = (_limit(text, lines, details, language, len(until) > 1) for text, lines in until.items())
    return (*effects(proposal, details, language, zone), *_postage(proposal, details, language), *limits)


def _postage(proposal: Proposal, details: Details, language: str) -> tuple[str, ...]:
    """Who pays for sending it back; what the customer pays is taken off the refund already."""
    wanted = proposal.arguments
    if not isinstance(wanted, Return):
        return ()
    if wanted.reason is not ReturnReason.NO_REASON:
        return (say(language, "寄回运费由我们承担", "we pay the postage"),)
    if details.order.attributes.get("has_freight_insurance"):
        return (say(language, "有运费险，寄回免运费", "with the freight insurance the postage is free"),)
    fee = _postage_minor(proposal, details)
    if not fee:
        return ()
    amount = money(fee, details.order.currency, language)
    return (say(language, f"已扣除上门取件运费 {amount}", f"the courier pick-up of {amount} is taken off"),)


def _postage_minor(proposal: Proposal, details: Details) -> int:
    """What the customer pays of it."""
    wanted = proposal.arguments
    is_own_choice = isinstance(wanted, Return) and wanted.reason is ReturnReason.NO_REASON
    is_insured = bool(details.order.attributes.get("has_freight_insurance"))
    return details.action.policy.returns.pickup_fee_minor if is_own_choice and not is_insured else 0


def _limit(text: str, line_ids: list[str], details: Details, language: str, is_named: bool) -> str:
    """`is_named`: other goods have another limit."""
    names = [each.name.in_language(language) for each in details.order.lines if each.line_id in line_ids]
    if not is_named or not names:
        return say(language, f"期限：{text}", f"time limit: {text}")
    goods = say(language, "、", " and ").join(dict.fromkeys(names))
    return say(language, f"{goods}的期限：{text}", f"time limit for {goods}: {text}")


def proposed(proposal: Proposal, details: Details, lines: tuple[str, ...], language: str) -> tuple[str, ...]:
    """The whole proposal, `lines` being what `told` says, the conditions on which it holds, and how to say yes."""
    lead = heading(proposal, details, language) + say(language, "：", ":")
    terms, ask = _terms(proposal, language), confirm(language)
    return (lead, *(f"· {line}" for line in lines), *terms, ask if terms else f"\n{ask}")


def _terms(proposal: Proposal, language: str) -> tuple[str, ...]:
    """What must hold of the goods, and what is needed from the customer."""
    texts = dict.fromkeys(
        step.text.in_language(language) for step in proposal.conditions if step.rule_id != _PHOTO
    )
    conditions = say(language, "；", "; ").join(texts)
    said = []
    if conditions:
        said.append(say(language, f"前提：{conditions}。", f"Provided that {conditions}."))
    if any(step.rule_id == _PHOTO for step in proposal.conditions):
        said.append(say(language, "请准备好商品照片。", "Please have a photo of it ready."))
    return (f"\n{said[0]}", *said[1:]) if said else ()


_PHOTO: Final = "return.photo"


def confirm(language: str) -> str:
    """How to agree, and how not to."""
    return say(
        language,
        "确认办理请回复“确认”，不办请回复“不用了”。",
        "Reply “confirm” to go ahead, or “no” to leave it.",
    )
