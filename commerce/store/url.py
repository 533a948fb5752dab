"""The address of a store."""

from __future__ import annotations

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
# What asyncpg takes as a string; `sslmode` is what everybody else calls its `ssl`.
_POSTGRESQL_OPTIONS: Final = (
    "host",
    "port",
    "ssl",
    "sslmode",
    "passfile",
    "target_session_attrs",
    "prepared_statement_cache_size",
)


def parse_store_url(url: str) -> URL:
    """`sqlite:///…` or `postgresql://…`, with the async driver filled in.

    Raises ValueError for another database, for SQLite in memory, which each connection would have for itself, and for
    options that would be ignored. It never repeats the URL, which may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(
            "the store's URL can't be read; write postgresql://user:password@host:5432/database"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"the store runs on SQLite or PostgreSQL, not on {backend!r}")
    parsed = parsed.set(drivername=_DRIVERS[backend])
    return _checked_sqlite(parsed) if backend == "sqlite" else _checked_postgresql(parsed)


def _checked_sqlite(parsed: URL) -> URL:
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("the store needs a SQLite file: sqlite:////absolute/path.db")
    if parsed.query:
        # Each connection is opened by its path alone.
        options = ", ".join(parsed.query)
        raise ValueError(f"the store's SQLite takes no options; write its URL without ?{options}")
    return parsed


def _checked_postgresql(parsed: URL) -> URL:
    if unknown := sorted(set(parsed.query) - set(_POSTGRESQL_OPTIONS)):
        raise ValueError(
            f"the store's PostgreSQL takes no option {', '.join(unknown)}, but {', '.join(_POSTGRESQL_OPTIONS)}"
        )
    if "sslmode" not in parsed.query:
        return parsed
    mode = parsed.query["sslmode"]
    return parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
