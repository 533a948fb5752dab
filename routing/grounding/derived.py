"""Values that follow from several facts: a weekday of a date, a simple sum, how many there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from routing.grounding.known import Known, Piece
from routing.grounding.value import Value
from routing.grounding.values import values_in

_SUM: Final = re.compile(
    r"合计|总共|一共|共计|加起来|总计|总价|总额|节省|省了|省下|到手|实付|优惠后|折后|用券|券后|扣除|[×*=+]"
    r"|(?<![a-z])(?:total|together"
    r"|with (?:the|your|this) coupon|altogether|sum|in all|comes? to|saves?|saving|after the discount"
    r"|adds up)(?![a-z])"
)
_COMPARES: Final = re.compile(
    r"便宜|贵|差价|相差|(?<![a-z])(?:cheaper|more expensive|less than|more than|difference)(?![a-z])"
)
_OF_ONE: Final = re.compile(
    r"单价|每[件个双条台只]|(?<![a-z])(?:each|apiece|for one|per (?:item|piece|unit))(?![a-z])"
)
_PAIR: Final = re.compile(r"一对|一双|俩|(?<![a-z])twice(?![a-z])|(?<![a-z])(?:pair|couple|both)(?![a-z])")
_COUNTED: Final = 6
_KINDS: Final = re.compile(
    r".{0,4}(?:款|种|类| (?:different |available |main )?(?:ways|methods|options|colou?rs|sizes|versions|kinds|types))"
)


def follows_together(value: Value, sentence: str, pieces: Sequence[Piece], known: Known) -> bool:
    """Whether the facts hold the value together, though none of them alone."""
    # Two products are compared across their facts.
    is_compared = _COMPARES.search(sentence) is not None
    pieces = known.pieces if is_compared else pieces
    there = [v for piece in pieces for v in piece.values]
    if value.kind == "weekday":
        return any(_weekday(v) == value.key[0] for v in there if v.kind == "date")
    if (
        value.kind.partition(":")[0] in ("money", "number")
        and (is_compared or _SUM.search(sentence))
        and not _OF_ONE.search(sentence)
        and _is_sum(value, there)
    ):
        return True
    if value.kind.startswith("money") and _is_told_times(value, sentence, there):
        return True
    if value.kind not in ("orders", "item", "number", "times") or value.amount > _COUNTED:
        return False
    return _is_count(value, sentence, pieces, known) or _is_factor(value, sentence, there)


def _weekday(value: Value) -> float | None:
    year, month, day = (int(part) for part in value.key)
    try:
        return float(date(year, month, day).weekday())
    except ValueError:
        return None


def _is_sum(value: Value, there: Sequence[Value]) -> bool:
    """A sum or difference of two amounts, or a number of pieces times a price."""
    amounts = sorted({v.amount for v in there if v.kind.startswith("money")})
    counts = {v.amount for v in there if v.kind in ("item", "number") and v.amount <= 20}
    rates = {1 - v.amount / 100 for v in there if v.kind == "off"}
    wanted = value.amount
    products = {count * amount for count in counts | rates for amount in amounts}
    sums = {a + b for at, a in enumerate(amounts) for b in amounts[at:]} | {
        abs(a - b) for a in amounts for b in amounts
    }
    return any(
        abs(wanted - each) < 0.005
        for each in (*products, *sums, *({sum(amounts)} if len(amounts) < 5 else ()))
    )


def _is_told_times(value: Value, sentence: str, there: Sequence[Value]) -> bool:
    """A price as often as the sentence itself says."""
    counts = {
        v.amount for v in values_in(sentence) if v.kind in ("item", "number", "times") and 1 < v.amount <= 20
    }
    counts |= {2.0} if _PAIR.search(sentence) else set()
    counts |= {3.0} if "仨" in sentence else set()
    prices = {v.amount for v in there if v.kind == value.kind}
    return any(abs(value.amount - count * price) < 0.005 for count in counts for price in prices)


def _is_factor(value: Value, sentence: str, there: Sequence[Value]) -> bool:
    """Two jackets come to 1,198: so many times a price is the sum that is told."""
    told = [v.amount for v in values_in(sentence) if v.kind.startswith("money")]
    prices = [v.amount for v in there if v.kind.startswith("money")]
    return any(abs(value.amount * price - total) < 0.005 for price in prices for total in told)


def _is_count(value: Value, sentence: str, pieces: Sequence[Piece], known: Known) -> bool:
    """As many as a fact lists, or as there are orders."""
    if value.kind == "orders" or "单" in value.text or "order" in value.text:
        return value.amount == len(known.subjects.orders)
    if not value.is_word or not _KINDS.match(sentence, value.end - 2):
        return False
    return any(value.amount == len(re.findall(r"[、,](?!\d)", piece.text)) + 1 for piece in pieces)
