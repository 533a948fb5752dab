"""Open a store."""

from __future__ import annotations

from commerce.store.connection import create_engine_for
from commerce.store.store import Store


def open_store(url: str) -> Store:
    """The store at `sqlite:///…` or `postgresql://…`; connects on first use. Close it with `aclose` or
    `async with`.

    Raises ValueError for any other URL. The schema must be there: see `migrate`.
    """
    return Store(create_engine_for(url))
