"""Which keys a set of files has, and what is compared with them, in a temporary database on the disk: a million orders' keys
need no gigabyte of memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self


class KeyIndex:
    """Keys by table, each with a fact about its row; and amounts with the parts that they are made of. Removed when it is
    closed.
    """

    def __init__(self) -> None:
        # An empty name: a file that SQLite makes, keeps mostly in memory while it is small, and deletes.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._known: set[str] = set()
        # As texts: a sum of a database's largest integers is none of its integers.
        self._connection.execute(
            "CREATE TABLE amounts (name TEXT, key TEXT, number INTEGER, said TEXT, parts TEXT, PRIMARY KEY (name, key))"
        )

    def add(self, table: str, key: Sequence[Any], fact: str = "") -> bool:
        """False: it is there already."""
        if table not in self._known:
            self._connection.execute(
                f'CREATE TABLE "of {table}" (key TEXT PRIMARY KEY, fact TEXT) WITHOUT ROWID'
            )
            self._known.add(table)
        said = f'INSERT INTO "of {table}" VALUES (?, ?) ON CONFLICT DO NOTHING'
        return self._connection.execute(said, (_text(key), fact)).rowcount == 1

    def has(self, table: str, *key: Any) -> bool:
        return self.fact(table, *key) is not None

    def fact(self, table: str, *key: Any) -> str | None:
        """What was said of the key; None: it is not there."""
        if table not in self._known:
            return None
        query = f'SELECT fact FROM "of {table}" WHERE key = ?'
        found = self._connection.execute(query, (_text(key),)).fetchone()
        return None if found is None else str(found[0])

    def expect(self, number: int, name: str, key: str, amount: int) -> None:
        """Row `number` says that the parts of `name` of `key` come to `amount`. Once for a name and a key."""
        values = (name, key, number, str(amount), "0")
        self._connection.execute("INSERT INTO amounts VALUES (?, ?, ?, ?, ?)", values)

    def add_part(self, name: str, key: str, amount: int) -> None:
        """Of one that is expected."""
        query = "SELECT parts FROM amounts WHERE name = ? AND key = ?"
        (parts,) = self._connection.execute(query, (name, key)).fetchone()
        change = "UPDATE amounts SET parts = ? WHERE name = ? AND key = ?"
        self._connection.execute(change, (str(int(parts) + amount), name, key))

    def first_difference(self) -> tuple[int, str, int, int] | None:
        """The first row whose parts come to another amount: its number, the name, what it says, and what they come to."""
        query = (
            "SELECT number, name, said, parts FROM amounts WHERE said <> parts ORDER BY number, name LIMIT 1"
        )
        found = self._connection.execute(query).fetchone()
        return None if found is None else (found[0], found[1], int(found[2]), int(found[3]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


def _text(key: Sequence[Any]) -> str:
    # No key holds a NUL character.
    return "\x00".join(map(str, key))
