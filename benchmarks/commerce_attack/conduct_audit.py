"""Whether what was done was done once, by whom it concerns, is all there, and led through states that follow each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Row

from benchmarks.commerce_attack.attacker import RESTOCKED
from benchmarks.commerce_attack.books import Books, OrderBooks, instants

_CHANGING: Final = ("pending_payment", "paid", "packed")
_LEAVING: Final = ("paid", "packed", "shipped")
_REQUESTED: Final = ("return_requested", "exchange_requested")
_SENT: Final = ("order_packed", "order_shipped")
_INSTEAD: Final = ("exchange", "replacement")
_ANY: Final = (*_CHANGING, "shipped", "delivered", "cancelled", *_REQUESTED, "returned")

# From which states each kind of action or event can lead, and where to; "=" where it was.
_MOVES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "order_packed": (("paid",), ("packed",)),
    "order_shipped": (("paid", "packed"), ("shipped",)),
    "order_tracked": (("shipped", "delivered", *_REQUESTED, "returned"), ("=",)),
    "order_delivered": (("shipped",), ("delivered",)),
    "order_came_back": (("shipped",), ("returned",)),
    "order_closed": (("pending_payment",), ("cancelled",)),
    "order_settled": (_ANY, ("=",)),
    "cancel": (_CHANGING, ("cancelled",)),
    "change_address": (_CHANGING, ("=",)),
    "change_items": (_CHANGING, ("=",)),
    "change_payment": (_CHANGING[1:], ("=",)),
    "apply_coupon": (("pending_payment",), ("=",)),
    "return": (("delivered",), ("return_requested",)),
    "exchange": (("delivered",), ("exchange_requested",)),
    "refund": ((*_LEAVING, "delivered", "returned"), ("=",)),
    "retry_refund": (_ANY[1:], ("=",)),
    "report_problem": (("delivered",), _REQUESTED),
    "repair": (("delivered",), ("=",)),
    "reissue_invoice": (_ANY[1:], ("=",)),
    "urge_shipment": (_LEAVING, ("=",)),
    "open_complaint": (_ANY, ("=",)),
}
# An order that comes to nothing is paid.
_MAY_BE_FREE: Final = ("change_address", "change_items", "apply_coupon")
_MADE: Final = {
    "MoneyMove": ("payments", "payment_id"),
    "CaseOpened": ("cases", "case_id"),
    "InvoiceReissued": ("invoices", "invoice_id"),
    "TicketOpened": ("tickets", "ticket_id"),
    "ParcelSent": ("shipments", "shipment_id"),
}


def audit_conduct(books: Books) -> Iterator[str]:
    """Every violation, told."""
    yield from books.strays
    for order in books.orders.values():
        for check in (_states, goods_wait, _cases, _logged, _versions, _made, _owners):
            yield from (f"{order.name}: {what}" for what in check(order))
    yield from _once(books)
    yield from _moved_by_actions(books)


def audit_acknowledged(books: Books, acknowledged: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    """Each of (tenant, caller, key, action) is there, as it was answered."""
    stored = {
        (row.tenant_id, row.caller, row.idempotency_key): row.action_id
        for order in books.orders.values()
        for row in order.actions
    }
    for tenant_id, caller, key, action_id in acknowledged:
        found = stored.get((tenant_id, caller, key))
        if found != action_id:
            yield f"{action_id} was acknowledged to {caller} of {tenant_id} for {key}, and {found} is there"


def _states(order: OrderBooks) -> Iterator[str]:
    """The kinds in the order of the log are a path through the machine that ends where the order is."""
    states: set[str] = set()
    for number, entry in enumerate(order.audit):
        before = states
        states = set().union(*(_after(entry.what, state) for state in states or {""}))
        if not states or (entry.what == "order_placed") != (number == 0):
            yield f"{entry.what} came after {sorted(before)}"
            return
    if order.order.state not in states:
        yield f"its log ends in {sorted(states)}"


def _after(what: str, state: str) -> set[str]:
    if what == "order_placed":
        return {"pending_payment", "paid"} if state == "" else set()
    if what in _MAY_BE_FREE and state == "pending_payment":
        return {"pending_payment", "paid"}
    if what == "order_paid":
        # What was paid already may have been declined.
        is_again = state in _LEAVING or state in ("cancelled", "delivered", *_REQUESTED)
        return {state} if is_again else {"pending_payment": {"paid"}}.get(state, set())
    if what in ("complete_case", "refuse_case"):
        # Of a repair, which leaves the order where it is, or of what the order waits for.
        ends = {"delivered", "returned"} if what == "complete_case" else {"delivered"}
        if state == "exchange_requested":
            ends = {"delivered"}
        return {state} | (ends if state in _REQUESTED else set()) if state in _ANY[4:] else set()
    before, after = _MOVES[what]
    return ({state} if after == ("=",) else set(after)) if state in before else set()


def goods_wait(order: OrderBooks) -> Iterator[str]:
    """None leave while what was declined is missing, and a person knows of each."""
    declined = {ticket.ticket_id for ticket in order.tickets if ticket.kind == "declined_payment"}
    failed = [row for row in order.payments if row.settled_as == "failed"]
    if len(declined) != sum(row.kind == "payment" for row in failed):
        yield f"{len(declined)} tickets for declined payments of {[row.payment_id for row in failed]}"
    if any(row.kind == "refund" for row in failed):
        return  # which may have made up for it
    ended = {action_id: case for case in order.cases if (action_id := order.closed_by().get(case.case_id))}
    done = defaultdict(list)
    for row in order.actions:
        done[row.kind, row.caller, row.at].append(row)
    # Of several of one kind and instant the log does not tell which was first, so that a decline may have been any of them:
    # whatever is possible is followed, and wrong is only what is wrong in every way.
    possible = {(False, frozenset[str]())}
    for entry in order.audit:
        alike = done[entry.what, entry.caller, entry.at]
        after = set()
        told: list[str] = []
        for is_missing, seen in possible:
            for action in alike:
                if action.action_id in seen:
                    continue
                wrong, is_missing_then = _step(order, action, ended, declined, is_missing)
                told += wrong
                if not wrong:
                    after.add((is_missing_then, seen | {action.action_id} if len(alike) > 1 else seen))
        if not after:
            yield from told[:1]  # what the log has no action for is told elsewhere
            return
        possible = after


def _step(
    order: OrderBooks,
    action: Row[Any],
    ended: Mapping[str, Row[Any]],
    declined: Collection[str],
    is_missing: bool,
) -> tuple[list[str], bool]:
    """What is wrong with it while a declined payment is missing or not, and whether one is afterwards."""
    case = ended.get(action.action_id)
    if _makes(action, declined):
        return [], True
    if action.kind == "order_paid":
        return [], False
    if not is_missing:
        return [], False
    if action.kind in _SENT or (case is not None and case.kind in _INSTEAD and case.state == "done"):
        return [f"{action.kind} while a declined payment was missing"], True
    if case is not None and case.prepaid_minor and case.state == "refused":
        went = sum(row.amount_minor for row in order.payments if row.action_id == action.action_id)
        if went >= case.prepaid_minor:
            return [f"{went} of {case.prepaid_minor} came back while a declined payment was missing"], True
        return [], False  # or less of it, which nothing here tells
    return [], True


def _makes(action: Row[Any], ids: Collection[str]) -> bool:
    return any(made["id"] in ids for made in action.result["made"])


def _cases(order: OrderBooks) -> Iterator[str]:
    """One open case at most moves goods, and the order is in its state."""
    state = {"return": _REQUESTED[0], "refund": _REQUESTED[0]}
    waiting = [case.kind for case in order.open_cases if case.kind != "repair"]
    expected = [state.get(kind, _REQUESTED[1]) for kind in waiting]
    found = [order.order.state] if order.order.state in _REQUESTED else []
    if expected != found:
        yield f"its open cases are {waiting}"
    for case in order.cases:
        if (case.closed_at is not None) is not (case.state in ("done", "refused")):
            yield f"case {case.case_id} is {case.state}, closed at {case.closed_at}"
        if case.closed_at is not None and not order.closed_by().get(case.case_id):
            yield f"no action closed case {case.case_id}"


def _logged(order: OrderBooks) -> Iterator[str]:
    """Each action is in the audit log once, and the log tells nothing else of the order."""
    done, told = (
        Counter(instants(order.actions)),
        Counter((row.what, row.caller, row.customer_id, row.at) for row in order.audit),
    )
    if done != told:
        yield f"done, not in the log: {list(done - told)}; in the log, not done: {list(told - done)}"


def _versions(order: OrderBooks) -> Iterator[str]:
    if order.order.version != 1 + len(order.actions):
        yield f"version {order.order.version} after {len(order.actions)} actions"


def _made(order: OrderBooks) -> Iterator[str]:
    """What actions say that they made is there, and nothing that none of them made."""
    made = Counter((each["kind"], each["id"]) for action in order.actions for each in action.result["made"])
    for kind, (name, column) in _MADE.items():
        there = Counter((kind, getattr(row, column)) for row in getattr(order, name))
        said = Counter({each: count for each, count in made.items() if each[0] == kind})
        if there != said:
            yield f"{kind}: made, not there: {list(said - there)}; there, not made: {list(there - said)}"
    kinds = order.kind_of()
    by = {each["id"]: action.action_id for action in order.actions for each in action.result["made"]}
    for payment in order.payments:
        if payment.action_id not in kinds or by.get(payment.payment_id) != payment.action_id:
            yield f"{payment.payment_id} is of the action {payment.action_id}"
    lines = {line.line_id for line in order.lines}
    for kind, line_id in made:
        if kind == "LineReplaced" and line_id not in lines:
            yield f"line {line_id} was made, and is not there"


def _owners(order: OrderBooks) -> Iterator[str]:
    owner = order.order.customer_id
    for name in ("actions", "audit", "cases", "tickets"):
        for row in getattr(order, name):
            if row.customer_id != owner:
                yield f"a row of {name} is of {row.customer_id}, and the order of {owner}"
    for row in order.actions:
        is_event = row.kind.startswith("order_")
        if is_event is not (row.caller == "shop"):
            yield f"{row.kind} was done by {row.caller}"
        if row.caller.startswith("customer:") and row.caller != f"customer:{owner}":
            yield f"{row.caller} did {row.kind} to an order of {owner}"


def _once(books: Books) -> Iterator[str]:
    """One action for each key of a caller, and for each token."""
    rows = [row for order in books.orders.values() for row in order.actions]
    keys = Counter((row.tenant_id, row.caller, row.idempotency_key) for row in rows)
    tokens = Counter((row.tenant_id, row.token_id) for row in rows)
    for used in (keys, tokens):
        yield from (f"{key} was used {count} times" for key, count in used.items() if count > 1)


def _moved_by_actions(books: Books) -> Iterator[str]:
    kinds = {
        (row.tenant_id, row.order_id, row.action_id)
        for order in books.orders.values()
        for row in order.actions
    }
    for move in books.moves:
        is_shop = move.reason == RESTOCKED and move.order_id is None and move.action_id is None
        if not is_shop and (move.tenant_id, move.order_id, move.action_id) not in kinds:
            yield f"stock move {move.move_id} is of no action of its order"
