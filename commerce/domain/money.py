"""Money: integer minor units with their currency. Nothing here is a float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commerce.domain.errors import CurrencyMismatch

_MINOR_DIGITS = {"JPY": 0, "KRW": 0}
# A bare "¥" in English text could be yen, and a bare "$" in Chinese text any dollar: each language writes
# its own currency short and the others in full.
_SYMBOLS = {
    ("CNY", "zh"): "¥",
    ("CNY", "en"): "CNY ",
    ("USD", "zh"): "US$",
    ("USD", "en"): "$",
    ("EUR", "zh"): "€",
    ("EUR", "en"): "€",
    ("GBP", "zh"): "£",
    ("GBP", "en"): "£",
}


@dataclass(frozen=True, slots=True)
class Money:
    """`amount_minor` in the currency's smallest unit (fen, cents); negative amounts are money going back.

    Raises CurrencyMismatch when two currencies meet.
    """

    amount_minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        self._require_same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._require_same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._require_same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: Money) -> bool:
        self._require_same(other)
        return self.amount_minor <= other.amount_minor

    def times(self, quantity: int) -> Money:
        return Money(self.amount_minor * quantity, self.currency)

    def _require_same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)


def shares(amount_minor: int, costs: Sequence[int]) -> list[int]:
    """`amount_minor` spread over what costs that much: each in proportion, within one unit and no more than its cost. What
    rounding leaves goes to the largest remainders. Raises ValueError where it is more than all of them cost.
    """
    whole = sum(costs)
    if not 0 <= amount_minor <= whole:
        raise ValueError(f"{amount_minor} is not between 0 and the {whole} that all of it costs")
    if not amount_minor:
        return [0] * len(costs)
    found = [amount_minor * cost // whole for cost in costs]
    by_remainder = sorted(range(len(costs)), key=lambda place: -(amount_minor * costs[place] % whole))
    for place in by_remainder[: amount_minor - sum(found)]:
        found[place] += 1
    return found


def format_money(money: Money, language: str) -> str:
    """`¥129.00` in Chinese, `CNY 129.00` or `$1,234.50` in English; the sign comes first."""
    digits = _MINOR_DIGITS.get(money.currency, 2)
    whole, part = divmod(abs(money.amount_minor), 10**digits)
    number = f"{whole:,}" + (f".{part:0{digits}d}" if digits else "")
    tongue = "zh" if language.lower().startswith("zh") else "en"
    symbol = _SYMBOLS.get((money.currency, tongue), f"{money.currency} ")
    return f"{'-' if money.amount_minor < 0 else ''}{symbol}{number}"
