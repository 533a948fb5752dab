"""A row's value as a shopper would write it into a message."""

from typing import Any

from commerce.domain.money import Money
from commerce.domain.text import LocalText


def rendered(value: Any, language: str) -> str:
    """In the message's language; money as the bare number."""
    if isinstance(value, LocalText):
        return value.in_language(language)
    if isinstance(value, Money):
        return f"{value.amount_minor / 100:g}"
    return str(value)
