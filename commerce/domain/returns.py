"""May this line be returned or exchanged? The answer carries the rules that led to it.

The window is counted in the shop's zone: day 1 is the day after delivery, and the window ends when day N
ends there, whatever the hour of the delivery was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from commerce.domain.orders import Order, OrderLine, OrderState
from commerce.domain.policy import CategoryReturnRule, GoodsRequirement, ShopPolicy
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText


class Remedy(StrEnum):
    RETURN = "return"
    EXCHANGE = "exchange"


class ReturnReason(StrEnum):
    """`NO_REASON` is the customer's change of mind; the others are the shop's or the carrier's fault."""

    NO_REASON = "no_reason"
    FAULT = "fault"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"


@dataclass(frozen=True, slots=True)
class ReturnDecision:
    """`is_eligible` holds on the steps whose outcome is `CONDITION`. `window_ends_at` is UTC and
    exclusive: None when no window applies or none has begun. `is_postage_paid_by_shop` and
    `postage_minor` are for eligible returns.
    """

    is_eligible: bool
    rule_trace: tuple[RuleStep, ...]
    window_ends_at: datetime | None
    is_postage_paid_by_shop: bool
    postage_minor: int

    @property
    def conditions(self) -> tuple[RuleStep, ...]:
        return tuple(step for step in self.rule_trace if step.outcome is RuleOutcome.CONDITION)

    @property
    def blocker(self) -> RuleStep | None:
        """The first rule that refused it."""
        return next((step for step in self.rule_trace if step.outcome is RuleOutcome.FAILED), None)


def day_window_end(start: datetime, days: int, zone: str) -> datetime:
    """The instant (UTC) at which day `days` after `start`'s local day ends in `zone`."""
    local_day = start.astimezone(ZoneInfo(zone)).date() + timedelta(days=days + 1)
    midnight = datetime(local_day.year, local_day.month, local_day.day, tzinfo=ZoneInfo(zone))
    return midnight.astimezone(ZoneInfo("UTC"))


def return_eligibility(
    order: Order,
    line: OrderLine,
    policy: ShopPolicy,
    now: datetime,
    *,
    remedy: Remedy = Remedy.RETURN,
    reason: ReturnReason = ReturnReason.NO_REASON,
    is_condition_met: bool | None = None,
    has_freight_insurance: bool = False,
) -> ReturnDecision:
    """Apply the policy to one line at `now` (timezone-aware).

    `is_condition_met` answers the category's requirement (unworn, unopened, seal unbroken): None when it
    is not known, and the decision is then conditional. Raises ValueError for a line of another order.
    """
    if line not in order.lines:
        raise ValueError(f"line {line.line_id} is not of order {order.order_id}")
    rule = policy.returns.rule_for(line.category)
    is_own_choice = reason is ReturnReason.NO_REASON
    window_ends_at = _window_end(order, rule, policy.zone, is_own_choice)
    trace: list[RuleStep | None] = [_delivered(order, line)]
    if is_own_choice:
        trace += [_not_excluded(line, policy), _category_allows(line, rule)]
    trace.append(_within_window(line, rule, window_ends_at, now, policy.zone, is_own_choice))
    trace.append(_not_done_before(line, remedy, policy))
    if is_own_choice:
        trace.append(_requirement(line, rule, is_condition_met))
    elif rule.needs_photo:
        trace.append(_step("return.photo", line, RuleOutcome.CONDITION, "需要提供照片", "a photo is needed"))
    kept = tuple(step for step in trace if step is not None)
    is_eligible = all(step.outcome is not RuleOutcome.FAILED for step in kept)
    is_free = not is_own_choice or has_freight_insurance
    return ReturnDecision(
        is_eligible=is_eligible,
        rule_trace=kept,
        window_ends_at=window_ends_at,
        is_postage_paid_by_shop=not is_own_choice,
        postage_minor=0 if is_free else policy.returns.pickup_fee_minor,
    )


def _step(rule_id: str, line: OrderLine, outcome: RuleOutcome, zh: str, en: str) -> RuleStep:
    return RuleStep(rule_id, line.line_id, outcome, LocalText(zh, en))


def _passed(holds: bool) -> RuleOutcome:
    return RuleOutcome.PASSED if holds else RuleOutcome.FAILED


def _window_end(order: Order, rule: CategoryReturnRule, zone: str, is_own_choice: bool) -> datetime | None:
    if order.delivered_at is None:
        return None
    if not is_own_choice and rule.fault_hours is not None:
        # Hours that pass, not those of a clock that is changed meanwhile.
        return order.delivered_at.astimezone(UTC) + timedelta(hours=rule.fault_hours)
    days = rule.no_reason_days if is_own_choice else rule.fault_days
    # No days for a change of mind is a rule of its own; for a fault it is the day of the delivery.
    if days is None or (days == 0 and is_own_choice):
        return None
    return day_window_end(order.delivered_at, days, zone)


def _delivered(order: Order, line: OrderLine) -> RuleStep:
    if order.state is OrderState.DELIVERED:
        return _step(
            "order.delivered", line, RuleOutcome.PASSED, "订单已签收", "the order has been delivered"
        )
    zh, en = _WHY_NOT_DELIVERED[order.state]
    return _step("order.delivered", line, RuleOutcome.FAILED, zh, en)


_WHY_NOT_DELIVERED = {
    OrderState.PENDING_PAYMENT: ("订单尚未付款", "the order has not been paid"),
    OrderState.PAID: ("订单尚未发货，可以直接取消", "the order has not shipped: it can be cancelled instead"),
    OrderState.PACKED: (
        "订单已打包，请签收后申请或拒收",
        "the order is packed: refuse it or ask after delivery",
    ),
    OrderState.SHIPPED: (
        "订单还在运输途中，请签收后申请或拒收",
        "the parcel is on its way: refuse it or ask after delivery",
    ),
    OrderState.CANCELLED: ("订单已取消", "the order was cancelled"),
    OrderState.RETURN_REQUESTED: (
        "该订单已有退货申请在处理",
        "a return of this order is already being handled",
    ),
    OrderState.EXCHANGE_REQUESTED: (
        "该订单已有换货申请在处理",
        "an exchange of this order is already being handled",
    ),
    OrderState.RETURNED: ("订单已退货", "the order was already returned"),
}


def _not_excluded(line: OrderLine, policy: ShopPolicy) -> RuleStep | None:
    if line.sale_class not in policy.returns.no_reason_excluded:
        return None
    return _step(
        "return.excluded_goods",
        line,
        RuleOutcome.FAILED,
        "贴身衣物、定制商品、已拆封软件和预付卡不支持无理由退换",
        "underwear, custom-made goods, opened software and prepaid cards: no no-reason return or exchange",
    )


def _category_allows(line: OrderLine, rule: CategoryReturnRule) -> RuleStep | None:
    if rule.no_reason_days != 0:
        return None
    return _step(
        f"return.no_reason.{line.category}",
        line,
        RuleOutcome.FAILED,
        "该类商品不支持无理由退换",
        "this category has no no-reason return or exchange",
    )


def _within_window(
    line: OrderLine,
    rule: CategoryReturnRule,
    ends_at: datetime | None,
    now: datetime,
    zone: str,
    is_own_choice: bool,
) -> RuleStep | None:
    if ends_at is None:
        return None
    rule_id = "return.window.no_reason" if is_own_choice else "return.window.fault"
    if not is_own_choice and rule.fault_hours is not None:
        span_zh, span_en = f"签收后{rule.fault_hours}小时内", f"within {rule.fault_hours} hours of delivery"
        local = ends_at.astimezone(ZoneInfo(zone))
    else:
        days = rule.no_reason_days if is_own_choice else rule.fault_days
        span_zh, span_en = f"签收次日起{days}天内", f"within {days} days of delivery"
        if not days:
            span_zh, span_en = "签收当天", "on the day of delivery"
        # The end is exclusive midnight: the last day on which it can be done is the one before. Where clocks go forward at
        # midnight the end reads 01:00, and the minute before it is yesterday's.
        local = (ends_at - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
    zh = f"{span_zh},截止{local:%Y-%m-%d %H:%M}"
    en = f"{span_en}, until {local:%Y-%m-%d %H:%M}"
    return _step(rule_id, line, _passed(now < ends_at), zh, en)


def _not_done_before(line: OrderLine, remedy: Remedy, policy: ShopPolicy) -> RuleStep:
    if line.returned_quantity >= line.quantity:
        return _step(
            "return.once", line, RuleOutcome.FAILED, "该商品已退货", "this item was already returned"
        )
    if remedy is Remedy.EXCHANGE:
        limit = policy.returns.max_exchanges
        if not limit:
            return _step(
                "exchange.offered", line, RuleOutcome.FAILED, "店铺不支持换货", "the shop exchanges nothing"
            )
        return _step(
            "exchange.once",
            line,
            _passed(line.exchanged_count < limit),
            f"每件商品可换货{limit}次",
            f"an item can be exchanged {'once' if limit == 1 else f'{limit} times'}",
        )
    return _step("return.once", line, RuleOutcome.PASSED, "该商品未退过货", "this item has not been returned")


_REQUIREMENTS = {
    GoodsRequirement.COMPLETE_AND_UNWORN: (
        "商品完好、未穿着使用，吊牌和包装齐全",
        "the goods are complete and unworn, with tags and packaging",
    ),
    GoodsRequirement.UNOPENED: ("商品未拆封、未激活", "the goods are unopened and not activated"),
    GoodsRequirement.SEAL_UNBROKEN: ("商品封口完好未开启", "the seal is unbroken"),
}


def _requirement(line: OrderLine, rule: CategoryReturnRule, is_met: bool | None) -> RuleStep | None:
    # Where it costs nothing to have opened them, they may be as they are.
    if rule.requirement is GoodsRequirement.NONE or rule.opened_fee_percent == 0:
        return None
    zh, en = _REQUIREMENTS[rule.requirement]
    if rule.opened_fee_percent is not None:
        fee = rule.opened_fee_percent
        zh, en = f"{zh}，否则收取{fee}%折旧费", f"{en}, or a fee of {fee} % is kept"
        is_accepted = True
    else:
        is_accepted = bool(is_met)
    outcome = RuleOutcome.CONDITION if is_met is None else _passed(is_accepted)
    return _step(f"return.condition.{rule.requirement}", line, outcome, zh, en)
