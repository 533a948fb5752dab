"""Which kinds of facts the words of a message ask for."""

from __future__ import annotations

from typing import Final

from routing.sheet.asked.of_goods import OF_GOODS
from routing.sheet.asked.of_orders import OF_ORDERS
from routing.sheet.asked.of_shop import OF_SHOP

ASKS: Final = (*OF_ORDERS, *OF_SHOP, *OF_GOODS)
# Asked in words that stand in many questions about something else of the goods.
VAGUE: Final = frozenset(("product.price", "product.stock", "product.variants", "product.description"))


def asked_kinds(message: str) -> tuple[str, ...]:
    """The kinds that the words ask for, in the order of the table; none where nothing is told by words."""
    found: list[str] = []
    for ask in ASKS:
        if ask.words.search(message) and not (ask.unless and ask.unless.search(message)):
            found += ask.kinds
    return tuple(dict.fromkeys(found))
