"""Effects on stock: what is on the shelf, what waits for an order, and the log of both."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select, update

from commerce.domain.proposals import StockMove, StockReason
from commerce.store.applying import Applying
from commerce.store.ownership import of_one_order
from commerce.store.tables import stock_moves, stock_reservations, variants

_ON_SHELF: Final = {
    StockReason.RESERVE: -1,
    StockReason.RELEASE: 1,
    StockReason.SHIP: 0,
    StockReason.RECEIVE: 1,
}
_KEPT: Final = {StockReason.RESERVE: 1, StockReason.RELEASE: -1, StockReason.SHIP: -1, StockReason.RECEIVE: 0}

_MOVED: Final = (
    update(variants)
    .where(
        variants.c.tenant_id == bindparam("of_tenant"),
        variants.c.variant_id == bindparam("of_variant"),
        variants.c.stock + bindparam("on_shelf") >= 0,
        variants.c.reserved + bindparam("kept") >= 0,
    )
    .values(stock=variants.c.stock + bindparam("on_shelf"), reserved=variants.c.reserved + bindparam("kept"))
)
_OF_THIS: Final = of_one_order(stock_reservations) & (
    stock_reservations.c.variant_id == bindparam("of_variant")
)
_KEPT_ALREADY: Final = select(stock_reservations.c.quantity).where(_OF_THIS)
_KEEP: Final = (
    update(stock_reservations)
    .where(_OF_THIS, stock_reservations.c.quantity + bindparam("kept") >= 0)
    .values(quantity=stock_reservations.c.quantity + bindparam("kept"))
)


async def apply_stock(applying: Applying, effect: StockMove) -> None:
    """What an order holds is counted beside it, so that no order puts back what another one took."""
    on_shelf, kept = effect.quantity * _ON_SHELF[effect.reason], effect.quantity * _KEPT[effect.reason]
    if kept:
        await _keep(applying, effect.variant_id, kept)
    await applying.one(_MOVED, of_variant=effect.variant_id, on_shelf=on_shelf, kept=kept)
    await applying.add(
        stock_moves,
        variant_id=effect.variant_id,
        action_id=applying.action_id,
        reason=effect.reason.value,
        quantity=effect.quantity,
        at=applying.facts.now,
    )


async def _keep(applying: Applying, variant_id: str, quantity: int) -> None:
    """More or fewer pieces that wait for this order."""
    if quantity > 0:
        known = await applying.connection.execute(_KEPT_ALREADY, applying.named | {"of_variant": variant_id})
        if known.first() is None:
            await applying.add(stock_reservations, variant_id=variant_id, quantity=quantity)
            return
    await applying.one(_KEEP, of_variant=variant_id, kept=quantity)
