"""The scanner finds a person in whatever form they stand, and the invented persons are who they claim to be."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from stdnum import luhn
from stdnum.iso7064 import mod_11_2

from benchmarks.leaks.identities import identities
from benchmarks.leaks.scanner import FREE_TEXT, Scanner, database_files, plain
from benchmarks.leaks.talk import by_the_way, told
from commerce.store import tables

PEOPLE = identities(24, seed=5)
FULL = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def test_a_seed_makes_the_same_persons_and_no_value_twice() -> None:
    assert identities(24, seed=5) == PEOPLE and identities(24, seed=6) != PEOPLE
    values = [value for person in PEOPLE for value in person.values.values()]
    assert len(set(values)) == len(values) == 24 * 6
    for person in PEOPLE:
        assert luhn.is_valid(person.card)
        assert person.language == "en" or mod_11_2.is_valid(person.id_number)


@pytest.mark.parametrize("kind", ["name", "phone", "id_number", "mail", "street", "card"])
@pytest.mark.parametrize("number", [0, 1])
def test_every_form_is_found(number: int, kind: str) -> None:
    value = PEOPLE[number].values[kind]
    forms = [value, value.upper(), value.translate(FULL), " ".join(value), "-".join(value), json.dumps(value)]
    scanner = Scanner(PEOPLE)
    for form in forms:
        assert (number, kind) in scanner.text("x", f"前{form}后").found, form
    assert scanner.text("x", "nobody is here: 13800000000, KF261121138123").found == ()


def test_halves_in_two_turns_are_found_in_a_row(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in {table for table, _ in FREE_TEXT}:
            columns = ", ".join(column for name, column in FREE_TEXT if name == table)
            extra = "conversation_id, number, " if table == "turns" else ""
            connection.execute(f"CREATE TABLE {table} ({extra}{columns})")
        phone = PEOPLE[0].phone
        for turn, part in enumerate((f"手机{phone[:6]}", phone[6:])):
            connection.execute("INSERT INTO turns VALUES ('c', ?, ?, 'ok')", (turn, part))
    scanner = Scanner(PEOPLE)
    found = {place.name: place.found for place in scanner.free_text(database) if place.found}
    assert found == {"turns of a conversation in a row": ((0, "phone"),)}
    assert scanner.files("bytes", database_files(database)).found == ()


def test_every_column_of_free_text_is_there() -> None:
    for table, column in FREE_TEXT:
        assert column in tables.metadata.tables[table].c


def test_persons_tell_every_kind_of_value_in_every_language() -> None:
    for language in ("zh", "en"):
        people = [(number, person) for number, person in enumerate(PEOPLE) if person.language == language]
        said = {
            number: plain("\n".join(turn for turns in told(person, number, Random(1)) for turn in turns))
            for number, person in people
        }
        kinds = {
            kind
            for number, person in people
            for kind, value in person.values.items()
            if plain(value) in said[number]
        }
        assert kinds == {"name", "phone", "id_number", "mail", "street", "card"}
    named = plain("\n".join(turn for turns in by_the_way(PEOPLE[0]) for turn in turns))
    assert all(plain(PEOPLE[0].values[kind]) in named for kind in ("name", "phone", "mail", "street"))
