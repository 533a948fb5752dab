"""Whether the money is right: nothing comes back that did not come, and what is held is what the order says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Row

from benchmarks.commerce_attack.books import Books, OrderBooks, promised, status, summed, total
from benchmarks.commerce_attack.shops import COUPONS, GIFT_CARDS

_BACK: Final = ("return", "refund")
_LOST: Final = ("cancelled", "returned")


def audit_money(books: Books) -> Iterator[str]:
    """Every violation, told."""
    for order in books.orders.values():
        for check in (_never_more_back, _worth, _all_back, _totals, _promised, _invoice, _by_own_methods):
            yield from (f"{order.name}: {what}" for what in check(order, books))
    yield from _gift_cards(books)
    yield from _coupons(books)


def _came(payment: Row[Any]) -> bool:
    return payment.kind == "payment" and status(payment) == "succeeded"


def _went(payment: Row[Any]) -> bool:
    return payment.kind == "refund" and status(payment) != "failed"


def _never_more_back(order: OrderBooks, books: Books) -> Iterator[str]:
    came, went = total(order.payments, _came), total(order.payments, _went)
    if went > came:
        yield f"{went} went back of {came} that came"
    by_method: defaultdict[str, int] = defaultdict(int)
    for payment in order.payments:
        if payment.amount_minor <= 0:
            yield f"{payment.payment_id} moves {payment.amount_minor}"
        by_method[payment.method_id] += payment.amount_minor * (_came(payment) - _went(payment))
    for method_id, left in by_method.items():
        # Only a gift card may be given what another method paid.
        if left < 0 and method_id.split("-")[0] not in GIFT_CARDS:
            yield f"{-left} more went back to {method_id} than it paid"


def _worth(order: OrderBooks, books: Books) -> Iterator[str]:
    """Held is the order's total less what was given back for good, and what is owed again since a refund failed, less what is
    missing since a payment was declined.
    """
    held = total(order.payments, _came) - total(order.payments, _went)
    kinds = order.kind_of()
    failed = repeated = back = 0
    for payment in order.payments:
        kind = kinds.get(payment.action_id or "", "")
        if payment.kind != "refund":
            continue
        is_failed = status(payment) == "failed"
        if kind == "retry_refund":
            repeated += 0 if is_failed else payment.amount_minor
            continue
        failed += payment.amount_minor if is_failed else 0
        if kind == "complete_case":
            back += payment.amount_minor
    owed = failed - repeated
    if owed < 0:
        yield f"{repeated} was repeated of {failed} that failed"
    declined, again = order.declined()
    state = order.order.state
    if state != "cancelled" and again > declined:
        yield f"{again} was paid once more of {declined} that was declined"
    given = order.goodwill()
    if state == "pending_payment":
        expected = {0}
    elif state == "cancelled" or order.came_back:
        # What was owed went back with the rest.
        expected = {min(owed, held) if failed else 0}
    else:
        rest = _order_total(order) - back + owed + sum(_of_cases(order)) - (declined - again)
        expected = {rest - each for each in given}
    if held not in expected:
        why_not = (
            f"given {_any(given)}, back {back}, owed {owed}, declined {declined}, paid once more {again}"
        )
        yield f"{held} is held, not {_any(expected)} (total {_order_total(order)}, {why_not})"


def _all_back(order: OrderBooks, books: Books) -> Iterator[str]:
    """Where every piece came back for no fault of the customer's, nothing is held: by whatever steps, and whatever was
    exchanged or paid back between.
    """
    back = [case for case in order.cases if case.kind in _BACK and case.state == "done"]
    is_free = order.order.state == "returned" and all(case.reason != "no_reason" for case in back)
    if order.came_back or not is_free or any(status(each) == "failed" for each in order.payments):
        return
    held = total(order.payments, _came) - total(order.payments, _went)
    if held:
        yield f"all of it came back, and {held} is held"


def _any(sums: Collection[int]) -> str:
    return " or ".join(map(str, sorted(sums)))


def _order_total(order: OrderBooks) -> int:
    row = order.order
    return int(row.goods_minor - row.discount_minor + row.shipping_fee_minor)


def _of_cases(order: OrderBooks) -> Iterator[int]:
    """What cases add to what is held: money paid in advance, or a cheaper piece's difference that went back with the case."""
    closed_by = order.closed_by()
    for case in order.cases:
        action_id = closed_by.get(case.case_id)
        went = order.given_back(action_id)
        if case.state == "refused":
            yield case.prepaid_minor - went
        elif case.state != "done":
            yield case.prepaid_minor
        elif case.kind not in _BACK:
            # The order's total has followed already; what went is in the refunds of the case.
            yield case.refund_minor


def _totals(order: OrderBooks, books: Books) -> Iterator[str]:
    row = order.order
    goods = sum(line.quantity * line.unit_price_minor for line in order.lines)
    if row.goods_minor != goods:
        yield f"its goods come to {row.goods_minor}, and its lines to {goods}"
    off = sum(line.discount_minor for line in order.lines)
    if row.discount_minor != off:
        yield f"its discount is {row.discount_minor}, and its lines' {off}"
    for line in order.lines:
        if not 0 <= line.discount_minor <= line.quantity * line.unit_price_minor:
            yield f"{line.line_id} has a discount of {line.discount_minor}"
    closed_by, has_failed = order.closed_by(), any(status(each) == "failed" for each in order.payments)
    for case in order.cases:
        if case.case_id not in closed_by:
            continue
        went, due = order.given_back(closed_by[case.case_id]), promised(case)
        # Where a refund failed and was repeated meanwhile, less may be held.
        if went > due or (went < due and not has_failed):
            yield f"case {case.case_id} ({case.kind}, {case.state}) gave back {went} of {due}"


def _promised(order: OrderBooks, books: Books) -> Iterator[str]:
    """For pieces that come back what they cost, but for rounding, and the fee for shipping. Less for no reason of the shop's,
    and where less may have been held.
    """
    lines = {line.line_id: line for line in order.lines}
    kinds = {action.kind for action in order.actions}
    is_changed = bool({"exchange", "refund"} & kinds)
    is_all_held = "refund" not in kinds and all(status(each) != "failed" for each in order.payments)
    for case in order.cases:
        # What the pieces of a refused one cost may have changed since; what came back, and what waits, keeps its price.
        if case.kind not in _BACK or (is_changed and case.state == "refused"):
            continue
        cost = rounded = 0
        for said in case.lines:
            line = lines[said["line_id"]]
            whole = line.quantity * line.unit_price_minor - line.discount_minor
            cost += whole * said["quantity"] // line.quantity
            # One unit for the pieces, and one for others of the line that became a line of their own.
            rounded += 1 + is_changed
        least = cost - rounded if is_all_held and case.reason != "no_reason" else 0
        if not least <= case.refund_minor <= cost + rounded + order.order.shipping_fee_minor:
            yield f"case {case.case_id} promises {case.refund_minor} for pieces that cost {cost}"


def _invoice(order: OrderBooks, books: Books) -> Iterator[str]:
    valid = [invoice for invoice in order.invoices if invoice.voided_at is None]
    if len(valid) > 1:
        yield f"{len(valid)} invoices are valid"
    if valid and not any(each.kind == "refund" and status(each) == "failed" for each in order.payments):
        held = total(order.payments, _came) - total(order.payments, _went)
        if valid[-1].amount_minor != held or held <= 0:
            yield f"its invoice is for {valid[-1].amount_minor}, and {held} is held"


def _by_own_methods(order: OrderBooks, books: Books) -> Iterator[str]:
    tenant_id, owner = order.order.tenant_id, order.order.customer_id
    for payment in order.payments:
        method = books.methods.get((tenant_id, payment.method_id))
        if method is not None and method.customer_id != owner:
            yield f"{payment.payment_id} is by {payment.method_id} of another customer"
        if payment.currency != order.order.currency:
            yield f"{payment.payment_id} is of another currency"


def _gift_cards(books: Books) -> Iterator[str]:
    """What is on each is what was, less what it paid, and what it was given."""
    moved: defaultdict[tuple[str, str], int] = defaultdict(int)
    for order in books.orders.values():
        for payment in order.payments:
            sign = -1 if payment.kind == "payment" else 1
            moved[order.order.tenant_id, payment.method_id] += sign * payment.amount_minor
    for key, method in books.methods.items():
        if method.kind != "gift_card":
            continue
        expected = GIFT_CARDS[method.method_id.split("-")[0]] + moved[key]
        if method.balance_minor != expected or expected < 0:
            yield f"{key} holds {method.balance_minor}, not {expected}"


def _coupons(books: Books) -> Iterator[str]:
    """Each is used as often as orders have it; one for a delay goes to one order."""
    held = summed(
        (order.order for order in books.orders.values() if order.order.coupon_id),
        lambda row: (row.tenant_id, row.coupon_id),
        lambda row: row.state not in _LOST,
    )
    owners: dict[Any, set[str]] = defaultdict(set)
    given: defaultdict[str, int] = defaultdict(int)
    for order in books.orders.values():
        if order.order.coupon_id:
            owners[order.order.tenant_id, order.order.coupon_id].add(order.order.customer_id)
        made = [each for action in order.actions for each in action.result["made"]]
        late = sum(each["kind"] == "CouponGiven" for each in made)
        given[order.order.tenant_id] += late
        if late > 1:
            yield f"{order.name}: {late} coupons for one delay"
    for coupon in books.coupons:
        key = coupon.tenant_id, coupon.coupon_id
        if coupon.used_count != held.get(key, 0) or not 0 <= coupon.used_count <= coupon.max_uses:
            yield f"coupon {key} was used {coupon.used_count} times of {coupon.max_uses}; {held.get(key, 0)} orders have it"
        if coupon.customer_id is not None and not owners[key] <= {coupon.customer_id}:
            yield f"coupon {key} of {coupon.customer_id} was used by {sorted(owners[key])}"
        given[coupon.tenant_id] -= coupon.coupon_id not in COUPONS
    yield from (
        f"{tenant_id}: {more} coupons too few or too many" for tenant_id, more in given.items() if more
    )
