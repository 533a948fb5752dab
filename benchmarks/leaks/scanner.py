"""Looks for persons' values in texts and files, in whatever form they stand there."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect
from typing import Final

from ahocorasick_rs import AhoCorasick

from benchmarks.leaks.identities import Identity

_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_SEPARATORS: Final = re.compile(r"[\s\-._·,，、()\u200b-\u200d\ufe0f\u20e3]+")
# Free text, in which nobody may be named. Names, telephones and addresses have columns of their own, in which they must be.
FREE_TEXT: Final = (
    ("turns", "message"),
    ("turns", "answer"),
    ("conversations", "state"),
    ("feedback", "text"),
    ("cases", "words"),
    ("cases", "answer"),
    ("tickets", "words"),
    ("audit_log", "why"),
    ("actions", "result"),
    ("change_log", "entity_id"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where was looked: how many bytes, and which values were found, as (person's number, kind)."""

    name: str
    size: int
    found: tuple[tuple[int, str], ...] = field(default=())


def plain(text: str) -> str:
    """One form for all: NFKC, lower case, JSON's escapes undone, nothing between the signs of a number or a name."""
    unescaped = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", unescaped).casefold())


class Scanner:
    """Of some persons."""

    def __init__(self, people: Sequence[Identity]) -> None:
        self._values = [
            (number, kind, plain(value))
            for number, person in enumerate(people)
            for kind, value in person.values.items()
        ]
        self._automaton = AhoCorasick([value for _, _, value in self._values])

    @property
    def count(self) -> int:
        """How many values are looked for."""
        return len(self._values)

    def text(self, name: str, text: str) -> Place:
        """Look in a text."""
        hits = self._automaton.find_matches_as_indexes(plain(text), overlapping=True)
        found = sorted({self._values[index][:2] for index, _, _ in hits})
        return Place(name, len(text.encode(errors="replace")), tuple(found))

    def files(self, name: str, paths: Iterable[Path]) -> Place:
        """Look in the bytes of files, whatever they are."""
        texts = (path.read_bytes().decode(errors="ignore") for path in paths)
        return self._many(name, texts)

    def free_text(self, database: Path) -> list[Place]:
        """Look in each column of free text of a SQLite store, and in each conversation's messages read in a row."""
        with closing(connect(f"file:{database}?mode=ro", uri=True)) as connection:
            places = [
                self._many(
                    f"{table}.{column}",
                    (str(row[0]) for row in connection.execute(f"SELECT {column} FROM {table}") if row[0]),
                )
                for table, column in FREE_TEXT
            ]
            rows = connection.execute(
                "SELECT conversation_id, message FROM turns ORDER BY conversation_id, number"
            )
            talks: dict[str, str] = {}
            for conversation_id, message in rows:
                talks[conversation_id] = talks.get(conversation_id, "") + "\n" + message
        return [*places, self._many("turns of a conversation in a row", talks.values())]

    def _many(self, name: str, texts: Iterable[str]) -> Place:
        size, found = 0, set()
        for text in texts:
            place = self.text(name, text)
            size += place.size
            found |= set(place.found)
        return Place(name, size, tuple(sorted(found)))


def files_below(folder: Path) -> Iterator[Path]:
    """Ordinary files, not what is linked to."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def database_files(database: Path) -> list[Path]:
    """The database, its log, and the log's index."""
    return sorted(database.parent.glob(f"{database.name}*"))
