"""What was written down of the goods that are named, and whether it is about what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from routing.facts import Facts
from routing.sheet.fact import SheetFact
from routing.sheet.sharing import shared_words, told_words

_BARE: Final = ("product.price", "product.stock", "product.variants")
_LEAST_SHARED: Final = 4
_MOST_WRITTEN: Final = 2


def written_of_goods(facts: Facts, sheet: tuple[SheetFact, ...]) -> tuple[SheetFact, ...]:
    """What the shop wrote down of the goods that are named and has most in common with the message beside their names."""
    message = facts.message.lower()
    for product in facts.goods:
        for name in (product.name.zh.lower(), product.name.en.lower()):
            message = message.replace(name, " ")
    written = [f for f in sheet if f.kind.startswith("product.") and f.kind not in _BARE]
    worth = [(shared_words(f.text.zh, message), at) for at, f in enumerate(written)]
    best = sorted((pair for pair in worth if pair[0] >= _LEAST_SHARED), key=lambda pair: (-pair[0], pair[1]))
    return tuple(written[at] for _, at in best[:_MOST_WRITTEN])


def is_described(facts: Facts, chosen: Iterable[SheetFact], beside: re.Pattern[str] | None = None) -> bool:
    """Whether the facts share a word with the question, beside the product's name and what every such question says."""
    message = facts.message.lower() if beside is None else beside.sub(" ", facts.message.lower())
    for product in facts.goods:
        for name in (product.name.zh.lower(), product.name.en.lower()):
            message = message.replace(name, " ")
    parts = [part for each in told_words(message) for part in each]
    texts = " ".join(f"{fact.text.zh} {fact.text.en}" for fact in chosen).lower()
    return 3 * sum(part in texts for part in parts) >= len(parts)
