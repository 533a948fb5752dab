"""Effects on an order and its lines."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import update

from commerce.domain.orders import OrderState
from commerce.domain.proposals import (
    AddressChange,
    LineDiscount,
    LineReplaced,
    PiecesReturned,
    PriceLowered,
    StateChange,
    TotalsChange,
)
from commerce.store.applying import Applying, new_id
from commerce.store.ownership import of_one_order
from commerce.store.tables import order_lines, orders


async def apply_state(applying: Applying, effect: StateChange) -> None:
    """From the state that it was shown in."""
    values: dict[str, Any] = {"state": effect.after.value}
    if effect.after is OrderState.CANCELLED:
        values["cancelled_at"] = applying.facts.now
    await applying.one(
        update(orders).where(of_one_order(orders), orders.c.state == effect.before.value).values(values)
    )


async def apply_address(applying: Applying, effect: AddressChange) -> None:
    """Of the order's copy."""
    place = asdict(replace(applying.facts.order.address, **asdict(effect)))
    # The form in which an imported shop wrote the old one is void with it.
    attributes = {key: value for key, value in applying.facts.order.attributes.items() if key != "address"}
    await applying.one(
        update(orders).where(of_one_order(orders)).values(address=place, attributes=attributes)
    )


async def apply_line(applying: Applying, effect: LineReplaced) -> str | None:
    """A part of a line becomes a line of its own, whose id is returned."""
    old = applying.facts.line(effect.line_id)
    new = applying.facts.variants[effect.new_variant_id]
    becomes = {
        "variant_id": new.variant_id,
        "colour": new.colour,
        "size": new.size,
        "options": dict(new.options),
        "unit_price_minor": effect.new_price_minor,
        "discount_minor": effect.new_discount_minor,
        "exchanged_count": old.exchanged_count + effect.is_exchange,
    }
    mine = of_one_order(order_lines) & (order_lines.c.line_id == effect.line_id)
    is_whole = effect.quantity == old.quantity
    stays = {
        "quantity": old.quantity - effect.quantity,
        "discount_minor": old.discount_minor - effect.old_discount_minor,
    }
    await applying.one(
        update(order_lines)
        .where(
            mine, order_lines.c.variant_id == effect.old_variant_id, order_lines.c.quantity == old.quantity
        )
        .values(becomes if is_whole else stays)
    )
    if not effect.is_exchange:
        changes = applying.facts.order.item_changes + 1
        await applying.one(update(orders).where(of_one_order(orders)).values(item_changes=changes))
    if is_whole:
        return None
    line_id = new_id("L")
    await applying.add(
        order_lines,
        line_id=line_id,
        position=await applying.next_position(order_lines),
        product_id=old.product_id,
        quantity=effect.quantity,
        currency=old.currency,
        returned_quantity=0,
        **becomes,
    )
    return line_id


async def apply_price(applying: Applying, effect: PriceLowered) -> None:
    """Of a whole line."""
    await applying.one(
        update(order_lines)
        .where(
            of_one_order(order_lines),
            order_lines.c.line_id == effect.line_id,
            order_lines.c.unit_price_minor == effect.old_price_minor,
        )
        .values(unit_price_minor=effect.new_price_minor, discount_minor=0)
    )


async def apply_line_discount(applying: Applying, effect: LineDiscount) -> None:
    """What it has of the order's."""
    await applying.one(
        update(order_lines)
        .where(of_one_order(order_lines), order_lines.c.line_id == effect.line_id)
        .values(discount_minor=effect.discount_minor)
    )


async def apply_returned(applying: Applying, effect: PiecesReturned) -> None:
    """No more pieces than there are."""
    await applying.one(
        update(order_lines)
        .where(
            of_one_order(order_lines),
            order_lines.c.line_id == effect.line_id,
            order_lines.c.returned_quantity + effect.quantity <= order_lines.c.quantity,
        )
        .values(returned_quantity=order_lines.c.returned_quantity + effect.quantity)
    )


async def apply_totals(applying: Applying, effect: TotalsChange) -> None:
    """What the order comes to."""
    await applying.one(update(orders).where(of_one_order(orders)).values(asdict(effect)))
