"""Online Retail II (UCI, CC BY 4.0): a year of a real shop's invoices, as events and goods."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from models.types import Interaction, Item

FILE: Final = Path("behaviour") / "online_retail_ii_2009_2010.parquet"
SPLIT: Final = datetime(2010, 10, 1, tzinfo=UTC)
"""Training before, evaluation after: ten months and a bit more than two."""

_COLUMNS: Final = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"]
_GOODS: Final = re.compile(r"\d{5}")
"""Codes of goods begin so; the others are postage, bank charges, discounts and corrections."""


def read_online_retail(path: Path) -> tuple[list[Interaction], list[Item]]:
    """Lines of known customers with a price; an invoice that begins with C is a return. Times are taken as UTC.

    There are no categories, types, brands or prices of goods: a product is its description.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=_COLUMNS)
    interactions: list[Interaction] = []
    texts: dict[str, str] = {}
    for invoice, code, text, quantity, at, price, customer in zip(
        *(table[name].to_pylist() for name in _COLUMNS), strict=True
    ):
        if customer is None or customer != customer or price <= 0 or quantity == 0 or not _GOODS.match(code):
            continue
        amount_minor = round(abs(quantity) * price * 100)
        kind = "return" if invoice.startswith("C") else "purchase"
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        texts.setdefault(code, text or "")
        interactions.append(
            Interaction(str(int(customer)), code, "", kind, abs(quantity), amount_minor, invoice, moment)  # type: ignore[arg-type]
        )
    return interactions, [Item(code, "", "", "", text, 0) for code, text in sorted(texts.items())]
