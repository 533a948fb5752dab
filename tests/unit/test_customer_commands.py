"""`kefu customer export` and `erase` on a real store."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluster.cli import app, guarded
from commerce.demo.shop import DemoSeed


@pytest.fixture
def home(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> Path:
    shutil.copy(seeded[0], tmp_path / "shop.db")
    return tmp_path


def run(home: Path, *words: str, typed: str | None = None) -> tuple[int, str]:
    line = ["customer", *words, "--profile", "fake", "--set", f"identity.home={home}"]
    found = CliRunner().invoke(app, line, input=typed)
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


def test_an_export_is_a_private_file(home: Path, seeded: tuple[Path, DemoSeed]) -> None:
    out, customer = home / "export.json", seeded[1].customer_id
    status, said = run(home, "export", "--tenant", "demo", "--customer", customer, "--out", str(out))
    assert status == 0 and "rows of customer" in said
    assert json.loads(out.read_text())["customers"][0]["customer_id"] == customer
    assert out.stat().st_mode & 0o777 == 0o600


def test_an_erasure_asks_first_and_says_what_is_in_its_way(
    home: Path, seeded: tuple[Path, DemoSeed], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("erase", "--tenant", "demo", "--customer", seeded[1].customer_id)
    status, said = run(home, *words, typed="n\n")
    assert status == 1 and "for good?" in said
    assert guarded(lambda: run(home, *words, "--yes")) == 1
    assert "is under way" in capsys.readouterr().err
    with closing(sqlite3.connect(home / "shop.db")) as connection, connection:
        connection.execute("UPDATE orders SET state = 'delivered'")
        connection.execute("UPDATE cases SET state = 'done'")
    assert run(home, *words, typed="y\n")[0] == 0
    status, said = run(home, *words, "--yes")
    assert status == 0 and "already" in said
    with closing(sqlite3.connect(home / "shop.db")) as connection:
        query = "SELECT name, phone FROM customers WHERE customer_id = ?"
        assert connection.execute(query, (seeded[1].customer_id,)).fetchone() == ("", "")
