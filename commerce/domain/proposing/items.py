"""Other variants of what was ordered, at their own prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from commerce.domain.actions import ChangeItems, LineChange
from commerce.domain.orders import Order, OrderLine, OrderState, PaymentKind
from commerce.domain.payment_methods import PaymentMethod
from commerce.domain.proposals import (
    Effect,
    LineReplaced,
    MoneyMove,
    Proposal,
    StockMove,
    StockReason,
    TotalsChange,
)
from commerce.domain.proposing.cutoffs import items_changeable
from commerce.domain.proposing.facts import (
    Facts,
    back_to,
    covered,
    free_is_paid,
    held_enough,
    may_receive,
    refused,
    require_all,
    ruled,
)
from commerce.domain.rules import RuleStep


def change_items(facts: Facts, wanted: ChangeItems) -> Proposal:
    """Each item at its own variant's price of today; the difference is paid or refunded at once where the order is paid."""
    order = facts.order
    method = facts.method(wanted.method_id)
    trace = [*items_changeable(facts)]
    replaced = [replaced_line(facts, item) for item in wanted.items]
    totals = totals_after(order, replaced)
    trace += [
        *in_stock(facts, ((each.new_variant_id, each.quantity) for each in replaced)),
        _coupon_kept(facts, replaced),
    ]
    difference = total_of(totals) - order.total.amount_minor
    is_paid = order.state is not OrderState.PENDING_PAYMENT
    if is_paid:
        trace += [covered(method, difference), held_enough(facts, -difference)]
        if difference < 0:
            trace.append(may_receive(facts, method))
    done = require_all(trace)
    effects: list[Effect] = [*replaced, totals]
    for each in replaced:
        effects.append(StockMove(StockReason.RELEASE, each.old_variant_id, each.quantity))
        effects.append(StockMove(StockReason.RESERVE, each.new_variant_id, each.quantity))
    effects += settle(facts, method, difference) if is_paid else free_is_paid(facts, totals, facts.now)
    return Proposal(wanted, order.version, tuple(effects), done)


def replaced_line(facts: Facts, item: LineChange) -> LineReplaced:
    """By another available variant of the same product. Raises ActionRefused."""
    line = facts.line(item.line_id)
    new = facts.variants.get(item.variant_id)
    if new is None or new.product_id != line.product_id:
        raise refused(
            "item.same_product",
            "只能换成同一商品的其他规格",
            "it can become another variant of the same product",
            line.line_id,
        )
    if new.variant_id == line.variant_id:
        raise refused(
            "item.another",
            "新规格须与原规格不同",
            "the new variant is another than the old one",
            line.line_id,
        )
    if new.currency != line.currency:
        raise refused("item.currency", "新规格币种不同", "the new variant has another currency", line.line_id)
    left = line.quantity - line.returned_quantity
    if item.quantity > left:
        raise refused("item.quantity", f"该商品只有{left}件", f"there are {left} of it", line.line_id)
    return replacement(line, item.quantity, new.variant_id, new.price_minor)


def replacement(
    line: OrderLine, quantity: int, variant_id: str, price_minor: int, *, is_exchange: bool = False
) -> LineReplaced:
    """A discount was for what was bought: of cheaper pieces its share, of dearer ones the same amount."""
    old_price = line.unit_price_minor
    discount = old_price * quantity - line.next_paid_minor(quantity)
    kept = discount * price_minor // old_price if price_minor < old_price else discount
    return LineReplaced(
        line.line_id, quantity, line.variant_id, variant_id, old_price, price_minor, discount, kept, is_exchange
    )  # fmt: skip


def totals_after(order: Order, replaced: Sequence[LineReplaced]) -> TotalsChange:
    """The other pieces cost what they did."""
    return TotalsChange(
        order.goods_minor
        + sum(each.quantity * (each.new_price_minor - each.old_price_minor) for each in replaced),
        order.discount_minor + sum(each.new_discount_minor - each.old_discount_minor for each in replaced),
        order.shipping_fee_minor,
    )


def in_stock(facts: Facts, pieces: Iterable[tuple[str, int]]) -> list[RuleStep]:
    """A rule for each variant, of all the pieces that are wanted of it."""
    wanted: Counter[str] = Counter()
    for variant_id, quantity in pieces:
        wanted[variant_id] += quantity
    return [
        ruled(
            "item.stock",
            facts.variants[variant_id].stock >= quantity,
            f"{variant_id}需有库存{quantity}件",
            f"{quantity} of {variant_id} are in stock",
        )
        for variant_id, quantity in wanted.items()
    ]


def _coupon_kept(facts: Facts, replaced: Sequence[LineReplaced]) -> RuleStep:
    """The goods of the changed order still reach the minimum of the coupon that it has."""
    coupon = facts.coupon
    prices = Counter[str]()
    for each in replaced:
        prices[each.line_id] += each.quantity * (each.new_price_minor - each.old_price_minor)
    goods = sum(
        line.total.amount_minor + prices[line.line_id]
        for line in facts.order.lines
        if coupon is not None and (not coupon.categories or line.category in coupon.categories)
    )
    return ruled(
        "coupon.minimum",
        coupon is None or goods >= coupon.min_goods_minor,
        "修改后的商品金额仍达到优惠券门槛",
        "the changed goods still reach the coupon's minimum",
    )


def settle(facts: Facts, method: PaymentMethod, difference_minor: int) -> list[Effect]:
    """A difference paid by, or refunded to, one method."""
    if difference_minor > 0:
        return [MoneyMove(PaymentKind.PAYMENT, method.method_id, difference_minor, facts.order.currency)]
    if difference_minor < 0:
        return back_to(facts, method.method_id, -difference_minor)
    return []


def total_of(totals: TotalsChange) -> int:
    return totals.goods_minor - totals.discount_minor + totals.shipping_fee_minor
