"""The store: one typed interface over SQLite or PostgreSQL. Import it from here."""

from commerce.store.engine import open_store
from commerce.store.migrate import migrate
from commerce.store.store import Store

__all__ = ["Store", "migrate", "open_store"]
