"""After delivery: return, exchange, money back, what went wrong, repair. Each opens a case; money moves when it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from commerce.domain.actions import (
    Exchange,
    LineQuantity,
    Problem,
    Refund,
    RefundReason,
    Repair,
    ReportProblem,
    Return,
)
from commerce.domain.after_sales import CaseKind, CaseLine, CaseState
from commerce.domain.order_rules import PRICE_PROTECTED_STATES, price_protection_ends_at, warranty_ends_at
from commerce.domain.orders import Order, OrderLine, OrderState, PaymentKind
from commerce.domain.payment_methods import held
from commerce.domain.policy import ShopPolicy
from commerce.domain.proposals import (
    CaseOpened,
    Effect,
    MoneyMove,
    PriceLowered,
    Proposal,
    StateChange,
    StockMove,
    StockReason,
    TotalsChange,
)
from commerce.domain.proposing.balances import owed_minor
from commerce.domain.proposing.facts import (
    Facts,
    back_to,
    covered,
    held_enough,
    may_receive,
    require_all,
    ruled,
)
from commerce.domain.proposing.items import in_stock, replaced_line, total_of, totals_after
from commerce.domain.returns import Remedy, ReturnDecision, ReturnReason, return_eligibility
from commerce.domain.rules import RuleStep
from commerce.domain.working_days import working_days_end


def worth(order: Order, items: Iterable[LineQuantity], *, with_shipping: bool) -> int:
    """What was paid for these pieces, and no more than is still held. Several returns sum to what was paid for the goods, to
    the last minor unit; the shipping fee comes back with the last of them.
    """
    asked = {item.line_id: item.quantity for item in items}
    paid = sum(line.next_paid_minor(asked.get(line.line_id, 0)) for line in order.lines)
    is_last = all(
        line.quantity - line.returned_quantity == asked.get(line.line_id, 0) for line in order.lines
    )
    if is_last and with_shipping:
        paid += order.shipping_fee_minor
    return min(paid, sum(part.amount_minor for part in held(order)))


def return_items(facts: Facts, wanted: Return) -> Proposal:
    """The refund is what was paid for the pieces, less postage and fees that the policy puts on the customer."""
    order, policy = facts.order, facts.policy
    decisions = [
        _eligible(facts, item, Remedy.RETURN, wanted.reason, wanted.is_condition_met) for item in wanted.items
    ]
    trace = [step for decision in decisions for step in decision.rule_trace]
    if wanted.method_id is not None:
        trace.append(may_receive(facts, facts.method(wanted.method_id)))
    is_own_choice = wanted.reason is ReturnReason.NO_REASON
    trace += [_condition_said(facts, wanted, item) for item in wanted.items]
    goods = worth(order, wanted.items, with_shipping=not is_own_choice)
    refund = max(0, goods - _opened_fee(facts, wanted) - max(d.postage_minor for d in decisions))
    trace.append(held_enough(facts, refund))
    lines = tuple(CaseLine(item.line_id, item.quantity) for item in wanted.items)
    opened = CaseOpened(
        CaseKind.RETURN, CaseState.AWAITING_GOODS, lines, wanted.reason.value, refund, order.currency,
        wanted.method_id, _review_due(policy, facts.now),
    )  # fmt: skip
    state = StateChange(order.state, OrderState.RETURN_REQUESTED)
    return Proposal(wanted, order.version, (opened, state), require_all(trace))


def exchange(facts: Facts, wanted: Exchange) -> Proposal:
    """The new pieces are kept for the customer at once. A dearer one is paid now, a cheaper one's difference comes back when
    the old pieces are there.
    """
    order, policy = facts.order, facts.policy
    method = facts.method(wanted.method_id)
    decisions = [
        _eligible(facts, item, Remedy.EXCHANGE, wanted.reason, wanted.is_condition_met)
        for item in wanted.items
    ]
    trace = [step for decision in decisions for step in decision.rule_trace]
    replaced = [replaced_line(facts, item) for item in wanted.items]
    difference = total_of(totals_after(order, replaced)) - order.total.amount_minor
    trace += in_stock(facts, ((each.new_variant_id, each.quantity) for each in replaced))
    trace += [covered(method, difference), held_enough(facts, -difference)]
    if difference < 0:
        trace.append(may_receive(facts, method))
    lines = tuple(
        CaseLine(each.line_id, each.quantity, each.new_variant_id, each.new_price_minor) for each in replaced
    )
    effects: list[Effect] = [
        CaseOpened(
            CaseKind.EXCHANGE, CaseState.AWAITING_GOODS, lines, wanted.reason.value, max(0, -difference), order.currency,
            wanted.method_id, _review_due(policy, facts.now), prepaid_minor=max(0, difference),
        ),
        StateChange(order.state, OrderState.EXCHANGE_REQUESTED),
    ]  # fmt: skip
    effects += [StockMove(StockReason.RESERVE, r.new_variant_id, r.quantity) for r in replaced]
    if difference > 0:
        effects.append(MoneyMove(PaymentKind.PAYMENT, method.method_id, difference, order.currency))
    return Proposal(wanted, order.version, tuple(effects), require_all(trace))


def refund(facts: Facts, wanted: Refund) -> Proposal:
    """At once: the fall of a price within the protection window, or what an agent gives."""
    give = _price_fall if wanted.reason is RefundReason.PRICE_PROTECTION else _goodwill
    amount, trace, effects = give(facts, wanted)
    # What a failed refund owes is not given once more under another name.
    trace.append(held_enough(facts, amount + owed_minor(facts)))
    trace.append(
        ruled(
            "refund.no_case",
            not any(case.is_open and case.kind is not CaseKind.REPAIR for case in facts.cases),
            "没有处理中的退换货",
            "no return or exchange of this order is open",
        )
    )
    done = require_all(trace)
    return Proposal(wanted, facts.order.version, (*effects, *back_to(facts, None, amount)), done)


def report_problem(facts: Facts, wanted: ReportProblem) -> Proposal:
    """A person looks at it; what was asked for is kept ready. Nothing has to come back first where nothing arrived."""
    order, policy = facts.order, facts.policy
    reason = _REASONS[wanted.problem]
    decisions = [_eligible(facts, item, Remedy.RETURN, reason, None) for item in wanted.items]
    trace = [step for decision in decisions for step in decision.rule_trace]
    lines, effects = [], list[StockMove]()
    for item in wanted.items:
        line = facts.line(item.line_id)
        if wanted.wants == "replacement":
            effects.append(StockMove(StockReason.RESERVE, line.variant_id, item.quantity))
        lines.append(
            CaseLine(item.line_id, item.quantity, line.variant_id if wanted.wants == "replacement" else None)
        )
    trace += in_stock(facts, ((move.variant_id, move.quantity) for move in effects))
    amount = worth(order, wanted.items, with_shipping=True) if wanted.wants == "refund" else 0
    trace.append(held_enough(facts, amount))
    kind = CaseKind.REFUND if wanted.wants == "refund" else CaseKind.REPLACEMENT
    opened = CaseOpened(
        kind, CaseState.REVIEW, tuple(lines), wanted.problem.value, amount, order.currency, None,
        _review_due(policy, facts.now), wanted.words,
    )  # fmt: skip
    after = OrderState.RETURN_REQUESTED if kind is CaseKind.REFUND else OrderState.EXCHANGE_REQUESTED
    return Proposal(
        wanted, order.version, (opened, StateChange(order.state, after), *effects), require_all(trace)
    )


def repair(facts: Facts, wanted: Repair) -> Proposal:
    """Within the line's warranty."""
    order, policy = facts.order, facts.policy
    (item,) = wanted.items
    line = facts.line(item.line_id)
    ends_at = warranty_ends_at(order, line, policy)
    trace = [
        ruled(
            "repair.delivered",
            order.state is OrderState.DELIVERED,
            "订单已签收",
            "the order has been delivered",
            line.line_id,
        ),
        _pieces(line, item),
        ruled(
            "repair.once",
            not any(
                case.is_open
                and case.kind is CaseKind.REPAIR
                and line.line_id in {each.line_id for each in case.lines}
                for case in facts.cases
            ),
            "该商品没有处理中的维修",
            "no repair of it is open",
            line.line_id,
        ),
        ruled(
            "repair.warranty",
            ends_at is not None and facts.now < ends_at,
            "这类商品没有保修" if ends_at is None else f"保修截止{_last_minute(ends_at, policy)}",
            "goods like this have no warranty"
            if ends_at is None
            else f"under warranty until {_last_minute(ends_at, policy)}",
            line.line_id,
        ),
    ]
    opened = CaseOpened(
        CaseKind.REPAIR, CaseState.AWAITING_GOODS, (CaseLine(line.line_id, item.quantity),), "fault", 0, order.currency, None,
        working_days_end(facts.now, policy.repair.max_working_days, policy.zone), wanted.words,
    )  # fmt: skip
    return Proposal(wanted, order.version, (opened,), require_all(trace))


_REASONS = {
    Problem.DAMAGED: ReturnReason.DAMAGED,
    Problem.MISSING: ReturnReason.WRONG_ITEM,
    Problem.WRONG_ITEM: ReturnReason.WRONG_ITEM,
    Problem.FAULT: ReturnReason.FAULT,
}


def _eligible(
    facts: Facts, item: LineQuantity, remedy: Remedy, reason: ReturnReason, is_condition_met: bool | None
) -> ReturnDecision:
    line = facts.line(item.line_id)
    decision = return_eligibility(
        facts.order,
        line,
        facts.policy,
        facts.now,
        remedy=remedy,
        reason=reason,
        is_condition_met=is_condition_met,
        has_freight_insurance=bool(facts.order.attributes.get("has_freight_insurance")),
    )
    return replace(decision, rule_trace=(*decision.rule_trace, _pieces(line, item)))


def _pieces(line: OrderLine, item: LineQuantity) -> RuleStep:
    left = line.quantity - line.returned_quantity
    return ruled(
        "item.quantity", item.quantity <= left, f"可申请{left}件", f"there are {left} of it", line.line_id
    )


def _condition_said(facts: Facts, wanted: Return, item: LineQuantity) -> RuleStep:
    """Where opened goods come back against a fee, the customer says whether they are."""
    line = facts.line(item.line_id)
    has_fee = bool(facts.policy.returns.rule_for(line.category).opened_fee_percent)
    is_needed = has_fee and wanted.reason is ReturnReason.NO_REASON
    return ruled(
        "return.condition_said",
        not is_needed or wanted.is_condition_met is not None,
        "请说明商品是否未拆封（is_condition_met）",
        "say whether the goods are unopened (is_condition_met)",
        line.line_id,
    )


def _opened_fee(facts: Facts, wanted: Return) -> int:
    """What opened goods cost to bring back, where the policy takes them at all."""
    if wanted.reason is not ReturnReason.NO_REASON or wanted.is_condition_met is not False:
        return 0
    fee = 0
    for item in wanted.items:
        percent = facts.policy.returns.rule_for(facts.line(item.line_id).category).opened_fee_percent
        price = worth(facts.order, (item,), with_shipping=False)
        # In the shop's favour, so that a refund and its fee are what was paid.
        fee += -(-price * (percent or 0) // 100)
    return fee


def _price_fall(facts: Facts, wanted: Refund) -> tuple[int, list[RuleStep], list[Effect]]:
    """What was paid for whole lines over what they cost today. Afterwards that is their price, without a discount: no fall is
    paid twice, and what was paid for the other lines stays, in whatever order they are claimed.
    """
    order = facts.order
    trace = [_protected(facts)]
    amount = goods = discount = 0
    effects: list[Effect] = []
    for item in wanted.items:
        line = facts.line(item.line_id)
        is_whole = item.quantity == line.quantity and not line.returned_quantity
        trace.append(
            ruled(
                "refund.whole_line",
                is_whole,
                "整行商品一起申请",
                "all pieces of a line at once",
                line.line_id,
            )
        )
        today = facts.variants[line.variant_id].price_minor
        if today * line.quantity < line.paid_minor:
            amount += line.paid_minor - today * line.quantity
            goods += (line.unit_price_minor - today) * line.quantity
            discount += line.discount_minor
            effects.append(PriceLowered(line.line_id, line.unit_price_minor, today))
    trace.append(ruled("refund.price_fell", amount > 0, "商品已降价", "the price has fallen"))
    effects.append(
        TotalsChange(order.goods_minor - goods, order.discount_minor - discount, order.shipping_fee_minor)
    )
    return amount, trace, effects


def _protected(facts: Facts) -> RuleStep:
    """Whether a fall of the price is refunded still; where no window ever began, why."""
    order, policy = facts.order, facts.policy
    ends_at = price_protection_ends_at(order, policy)
    if ends_at is not None:
        until = _last_minute(ends_at, policy)
        zh, en = f"价保截止{until}", f"price protection until {until}"
    elif not policy.refunds.price_protection_days:
        zh, en = "店铺没有价格保护", "the shop has no price protection"
    elif order.state is OrderState.PENDING_PAYMENT:
        zh, en = "付款之后才有价格保护", "price protection begins with the payment"
    elif order.state in PRICE_PROTECTED_STATES:
        zh, en = "没有付款时间的记录", "when it was paid is not on record"
    else:
        zh, en = "已取消或退换的订单没有价格保护", "what was cancelled or goes back has no price protection"
    return ruled("refund.price_protection", ends_at is not None and facts.now < ends_at, zh, en)


def _goodwill(facts: Facts, wanted: Refund) -> tuple[int, list[RuleStep], list[Effect]]:
    amount = wanted.amount_minor or 0
    limit = facts.policy.refunds.goodwill_max_minor
    trace = [_pieces(facts.line(item.line_id), item) for item in wanted.items]
    trace.append(ruled("refund.by_agent", facts.is_agent, "补偿由客服发起", "goodwill is given by an agent"))
    trace.append(
        ruled(
            "refund.goodwill_limit",
            facts.goodwill_minor + amount <= limit,
            "每单补偿合计不超过店铺上限",
            "no more for one order than the shop allows an agent",
        )
    )
    return amount, trace, []


def _review_due(policy: ShopPolicy, now: datetime) -> datetime:
    return now + timedelta(hours=policy.refunds.review_hours)


def _last_minute(ends_at: datetime, policy: ShopPolicy) -> str:
    # The end is exclusive.
    return f"{(ends_at - timedelta(minutes=1)).astimezone(ZoneInfo(policy.zone)):%Y-%m-%d %H:%M}"
