"""Whether every piece is where the books say: on the shelf, kept for an order, sent, or back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.commerce_attack.attacker import RESTOCKED
from benchmarks.commerce_attack.books import Books, OrderBooks, summed
from benchmarks.commerce_attack.shops import STOCK
from commerce.domain.orders import RESERVING_STATES

_ON_SHELF: Final = {"reserve": -1, "release": 1, "ship": 0, "receive": 1, RESTOCKED: 1}
_KEPT: Final = {"reserve": 1, "release": -1, "ship": -1, "receive": 0, RESTOCKED: 0}
_RESERVING: Final = {state.value for state in RESERVING_STATES}
_INSTEAD: Final = ("exchange", "replacement")
_BACK: Final = ("return", "refund")


def audit_stock(books: Books) -> Iterator[str]:
    """Every violation, told."""
    yield from _shelves(books)
    for order in books.orders.values():
        for check in (_kept_for_order, _sent_and_back, _returned):
            yield from (f"{order.name}: {what}" for what in check(order))


def _shelves(books: Books) -> Iterator[str]:
    """Conserved: what was and came is what is there, kept, and sent for good."""
    on_shelf = summed(books.moves, _variant, lambda move: _ON_SHELF[move.reason] * move.quantity)
    kept = summed(books.moves, _variant, lambda move: _KEPT[move.reason] * move.quantity)
    reserved: defaultdict[Any, int] = defaultdict(int)
    for order in books.orders.values():
        for row in order.reservations:
            reserved[_variant(row)] += row.quantity
    for row in books.variants:
        key = _variant(row)
        expected = STOCK[row.variant_id] + on_shelf.get(key, 0)
        if row.stock != expected or row.stock < 0:
            yield f"{key}: {row.stock} on the shelf, and {expected} by its moves"
        if not row.reserved == kept.get(key, 0) == reserved[key]:
            yield f"{key}: {row.reserved} reserved, {kept.get(key, 0)} by its moves, {reserved[key]} by its orders"


def _kept_for_order(order: OrderBooks) -> Iterator[str]:
    """The pieces of its lines until they leave, and then what open cases will send."""
    wanted: Counter[str] = Counter()
    if order.order.state in _RESERVING:
        for line in order.lines:
            wanted[line.variant_id] += line.quantity
    for case in order.open_cases:
        for said in case.lines:
            if said["new_variant_id"] is not None:
                wanted[said["new_variant_id"]] += said["quantity"]
    kept = {row.variant_id: row.quantity for row in order.reservations if row.quantity}
    moved = summed(order.moves, lambda move: move.variant_id, lambda move: _KEPT[move.reason] * move.quantity)
    if not kept == moved == dict(wanted):
        yield f"{kept} is kept, {moved} by its moves, {dict(wanted)} by its lines and cases"


def _sent_and_back(order: OrderBooks) -> Iterator[str]:
    pieces: Counter[str] = Counter()
    for move in order.moves:
        pieces[move.reason] += move.quantity
    ordered = sum(line.quantity for line in order.lines) if order.order.shipped_at is not None else 0
    done = [case for case in order.cases if case.state == "done"]
    instead = _pieces(done, _INSTEAD)
    if pieces["ship"] != ordered + instead:
        yield f"{pieces['ship']} pieces sent, not {ordered} and {instead} instead of others"
    most = _pieces(done, ("return", "exchange")) + (ordered if order.came_back else 0)
    if pieces["receive"] > most:
        yield f"{pieces['receive']} pieces came back, more than cases say"


def _pieces(cases: list[Any], kinds: tuple[str, ...]) -> int:
    return sum(said["quantity"] for case in cases if case.kind in kinds for said in case.lines)


def _returned(order: OrderBooks) -> Iterator[str]:
    back: Counter[str] = Counter()
    for case in order.cases:
        if case.state == "done" and case.kind in _BACK:
            for said in case.lines:
                back[said["line_id"]] += said["quantity"]
    for line in order.lines if order.came_back else ():
        back[line.line_id] = line.quantity
    for line in order.lines:
        if line.returned_quantity != back[line.line_id] or not 0 <= back[line.line_id] <= line.quantity:
            yield f"{line.returned_quantity} of {line.quantity} of {line.line_id} returned, {back[line.line_id]} by cases"
    is_all_back = all(line.returned_quantity == line.quantity for line in order.lines)
    if is_all_back is not (order.order.state == "returned"):
        yield "it is returned, and not all of it is back" if not is_all_back else "all is back"


def _variant(row: Any) -> tuple[str, str]:
    return row.tenant_id, row.variant_id
