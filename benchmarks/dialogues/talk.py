"""A customer talks to a service: each turn with its reply, and with what it changed in the books."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update

from benchmarks.dialogues.books import Books, books, changed
from benchmarks.dialogues.had import Had, span
from benchmarks.dialogues.moving_in import customer_of, move_in
from benchmarks.dialogues.strict_shop import STRICT
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import InProcess
from benchmarks.in_process.shops import DEMO
from commerce.domain.order_events import Closed, Delivered, OrderEvent, Packed, Shipped
from commerce.store.tables import cases, coupons, invoices, tickets, variants
from models.types import Understood
from routing.flow import Reply

SHOPS: Final = {shop.tenant_id: shop for shop in (DEMO, STRICT)}
"""Where dialogues are held."""
_NAMED: Final = re.compile(r"\{([A-Z])(?:\.(case|ticket|invoice))?\}|\{(coupon)\}")
_MADE: Final = {
    "case": (cases.c.case_id, cases.c.order_id, cases.c.opened_at),
    "ticket": (tickets.c.ticket_id, tickets.c.order_id, tickets.c.opened_at),
    "invoice": (invoices.c.invoice_id, invoices.c.order_id, invoices.c.issued_at),
    "coupon": (coupons.c.coupon_id, coupons.c.customer_id, coupons.c.valid_from),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One turn: the message as it was sent, what came back, and what is otherwise in the books."""

    message: str
    reply: Reply
    changed: Books
    ms: float


class Talk:
    """One conversation of one customer, who is put into the shop at its beginning.

    `again` tells a second telling from the first, whose messages are in `readings`: what is said then differs from what was
    read by nothing but the numbers of orders, which are read alike.
    """

    def __init__(self, service: InProcess, readings: Readings, key: str, had: Had, again: str = "") -> None:
        self._service = service
        self._readings = readings
        self._shop = SHOPS[had.shop]
        self._now = service.now_in(self._shop)
        self._first = customer_of(key, had)
        self.customer = customer_of(key + again, had)
        self._is_again = bool(again)
        self._conversation_id: str | None = None
        self._books: Books = {}
        self._events = 0

    async def begin(self) -> None:
        """The customer moves in."""
        await move_in(self._service.store, self.customer, self._now)
        self._books = await self.books()

    def start_over(self) -> None:
        """The next turn begins another conversation."""
        self._conversation_id = None

    def can_say(self, template: str) -> bool:
        """Whether the customer has what it names."""
        return all(match[1] in self.customer.ids for match in _NAMED.finditer(template))

    async def books(self) -> Books:
        return await books(self._service.store, self.customer)

    async def say(self, template: str) -> Said:
        """`{A}` in it stands for an order's number, `{K}` for a coupon's. Raises what `ChatService.turn` raises."""
        message = await self.text(template)
        if self._is_again:
            self._read_alike(template, message)
        finished = await self._service.turn(
            self._shop.tenant_id, self.customer.reached_as, message, self._conversation_id
        )
        self._conversation_id = finished.conversation_id
        now = await self.books()
        difference, self._books = changed(self._books, now), now
        return Said(message, finished.reply, difference, finished.timings_ms["total"])

    async def text(self, template: str) -> str:
        """With the real ids: of orders and coupons, and of the newest case, ticket or invoice of an order."""
        found: dict[str, str] = {}
        for match in _NAMED.finditer(template):
            letter, made, coupon = match.groups()
            if made or coupon:
                found[match[0]] = await self._made(made or coupon, letter)
            else:
                found[match[0]] = self.customer.ids[letter]
        return _NAMED.sub(lambda match: found[match[0]], template)

    async def _made(self, what: str, letter: str | None) -> str:
        column, of, at = _MADE[what]
        whose = self.customer.customer_id if letter is None else self.customer.ids[letter]
        query = select(column).where(of == whose).order_by(at.desc()).limit(1)
        async with self._service.store.reading() as connection:
            return str((await connection.execute(query)).scalar_one())

    def _read_alike(self, template: str, message: str) -> None:
        first, own = self._first.ids, self.customer.ids
        read = self._readings.get(_with_ids(template, first))
        if read is not None and message not in self._readings:
            renamed = {first[letter]: own[letter] for letter in first}
            self._readings[message] = _renamed(read, renamed)

    async def meanwhile(self, what: str) -> None:
        """`A is packed`, `jacket red M is sold out`, `jacket red M costs 499`, `6m pass`. The books are read anew: it is not
        the next turn's doing.
        """
        if what.endswith(" pass"):
            self._service.later += span(what.removesuffix(" pass"))
        elif " costs " in what:
            kind, yuan = what.split(" costs ")
            await self._on_the_shelf(kind, {"price_minor": round(float(yuan) * 100)})
        else:
            subject, state = what.split(" is ")
            if state == "sold out":
                await self._on_the_shelf(subject, {"stock": 0})
            else:
                await self._happens(subject, state)
        await self.look_again()

    async def look_again(self) -> None:
        """What is otherwise by now is not the next turn's doing."""
        self._books = await self.books()

    async def _on_the_shelf(self, kind: str, values: Mapping[str, Any]) -> None:
        async with self._service.store.writing() as connection:
            which = variants.c.variant_id == self.customer.variant(kind)
            await connection.execute(update(variants).where(which).values(**values))

    async def _happens(self, letter: str, state: str) -> None:
        now = self._service.now_in(self._shop)
        order_id = self.customer.ids[letter]
        self._events += 1
        await self._service.store.record_order_event(
            self._shop.tenant_id,
            order_id,
            _event(state, now, order_id),
            key=f"{order_id}.{self._events}",
            now=now,
        )


def first_messages(key: str, had: Had, templates: Iterable[str]) -> list[str]:
    """What a first telling says, as far as nothing of it has to be done before."""
    ids = customer_of(key, had).ids
    return [_with_ids(template, ids) for template in templates]


def _event(state: str, now: datetime, order_id: str) -> OrderEvent:
    match state:
        case "packed":
            return Packed(at=now)
        case "shipped":
            return Shipped(
                at=now,
                carrier_zh="青禾速递",
                carrier_en="Qinghe Express",
                tracking_number=f"QH{order_id[2:]}",
            )
        case "delivered":
            return Delivered(at=now)
        case "closed":
            return Closed(at=now)
    raise ValueError(f"{state!r} is nothing that can happen to an order")


def _with_ids(template: str, ids: Mapping[str, str]) -> str:
    return _NAMED.sub(lambda match: ids.get(match[1], match[0]), template)


def _renamed(read: Understood, ids: Mapping[str, str]) -> Understood:
    """Numbers of the same length at the same places."""

    def other(text: str) -> str:
        for old, new in ids.items():
            text = text.replace(old, new)
        return text

    entities = tuple(replace(e, text=other(e.text), value=other(e.value)) for e in read.entities)
    return replace(read, entities=entities)
