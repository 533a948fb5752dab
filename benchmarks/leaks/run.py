"""Plant, scan, erase, scan again: the same steps for the test of every build and for the published figure."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect
from typing import Any, Final

import httpx

from benchmarks.leaks.identities import Identity, identities
from benchmarks.leaks.planting import Doors, Planting, plant
from benchmarks.leaks.scanner import Place, Scanner, database_files, files_below

CUSTOMERS: Final = 5
_BUSY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Run:
    """A running cluster of its own: its doors, its folders, what it has said, and who mints its customers' tokens."""

    doors: Doors
    home: Path
    folder: Path
    output: Callable[[], str]
    mint: Callable[[str], str]

    @property
    def database(self) -> Path:
        return self.home / "shop.db"


def measure(run: Run, count: int, seed: int) -> dict[str, Any]:
    """`count` persons who are no customers and a few who are: what was found of them where, and after their erasure."""
    everybody = identities(count + CUSTOMERS, seed)
    people, own = everybody[:count], everybody[count:]
    ids = _with_accounts(run.database, own)
    tokens = [run.mint(customer_id) for customer_id in ids]

    def everybody_speaks(planting: Planting) -> None:
        planting.people(people)
        planting.customers(list(zip(own, tokens, strict=True)))

    sent = plant(run.doors, seed, everybody_speaks)
    scanner, of_customers = Scanner(people), Scanner(own)
    places = _everywhere(run, scanner) + _free_places(run, of_customers)
    before = of_customers.files("database of customers before they are erased", database_files(run.database))
    _settle(run.database, ids)
    refused = [_erase(run.doors, customer_id, token) for customer_id, token in zip(ids, tokens, strict=True)]
    after = of_customers.files("database of customers after they are erased", database_files(run.database))
    return {
        "identities": count,
        "customers": CUSTOMERS,
        "values": scanner.count + of_customers.count,
        "seed": seed,
        "sent": dict(sorted(sent.items())),
        "places": [_told(place, everybody) for place in places],
        "found": sum(len(place.found) for place in places),
        "erasure": {
            "held_before": len(before.found),
            "found_after": len(after.found),
            "bytes": after.size,
            "tokens_refused": sum(refused),
        },
    }


def _everywhere(run: Run, scanner: Scanner) -> list[Place]:
    headers = {"Authorization": f"Bearer {run.doors.operator_key}"}
    metrics = httpx.get(f"{run.doors.base_url}/metrics", headers=headers, timeout=60).raise_for_status().text
    kept = [path for path in files_below(run.home) if not path.name.startswith(run.database.name)]
    return [
        scanner.files("files of the run: logs of Ray, Serve, HAProxy", _texts(run.folder)),
        scanner.text("output of kefu up", run.output()),
        scanner.files("home: configuration, keys, models", kept),
        scanner.text("/metrics", metrics),
        scanner.files("database: bytes of the file and of its log", database_files(run.database)),
        *scanner.free_text(run.database),
    ]


def _free_places(run: Run, scanner: Scanner) -> list[Place]:
    """Of customers: their own columns name them, and must."""
    return [
        Place(f"{place.name}, of customers", place.size, place.found)
        for place in (
            scanner.files("files of the run: logs of Ray, Serve, HAProxy", _texts(run.folder)),
            scanner.text("output of kefu up", run.output()),
            *scanner.free_text(run.database),
        )
    ]


def _texts(folder: Path) -> list[Path]:
    return [path for path in files_below(folder) if not path.name.endswith((".so", ".pyc"))]


def _with_accounts(database: Path, people: Sequence[Identity]) -> list[str]:
    """Give some customers of the demonstration shop these persons' names, telephones and addresses; returns who they are."""
    query = "SELECT customer_id FROM customers ORDER BY registered_at DESC, customer_id LIMIT ?"
    with closing(connect(database, timeout=_BUSY_S)) as connection, connection:
        ids = [str(row[0]) for row in connection.execute(query, (len(people),))]
        for person, customer_id in zip(people, ids, strict=True):
            account = (person.name, person.phone, person.mail, customer_id)
            connection.execute(
                "UPDATE customers SET name = ?, phone = ?, email = ? WHERE customer_id = ?", account
            )
            home = (person.name, person.phone, person.street, customer_id)
            connection.execute(
                "UPDATE addresses SET recipient = ?, phone = ?, street = ? WHERE customer_id = ?", home
            )
            order = (person.name, person.phone, person.street, customer_id)
            connection.execute(
                "UPDATE orders SET address = json_set(address, '$.recipient', ?, '$.phone', ?, '$.street', ?) "
                "WHERE customer_id = ?",
                order,
            )
    return ids


def _settle(database: Path, ids: Sequence[str]) -> None:
    """Nothing of theirs is under way any more."""
    with closing(connect(database, timeout=_BUSY_S)) as connection, connection:
        for customer_id in ids:
            connection.execute("UPDATE orders SET state = 'delivered' WHERE customer_id = ?", (customer_id,))
            connection.execute("UPDATE cases SET state = 'done' WHERE customer_id = ?", (customer_id,))


def _erase(doors: Doors, customer_id: str, token: str) -> bool:
    """Erase them, and wait until their token is refused: every replica hears of it within its poll interval."""
    operator = {"Authorization": f"Bearer {doors.operator_key}"}
    with httpx.Client(base_url=doors.base_url, timeout=60) as client:
        erased = client.post(f"/v1/customers/{customer_id}/erase", headers=operator).raise_for_status().json()
        if not erased["is_purged"]:
            raise RuntimeError(f"the database's log still holds {customer_id}: {erased}")
        for _ in range(200):
            asked = client.post(
                "/v1/chat",
                json={"message": "我的订单"},
                headers={"Authorization": f"Bearer {doors.api_key}", "X-Customer-Token": token},
            )
            if asked.status_code == 401:
                return True
    return False


def _told(place: Place, people: Sequence[Identity]) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for _, kind in place.found:
        kinds[kind] = kinds.get(kind, 0) + 1
    return {"place": place.name, "bytes": place.size, "found": len(place.found), "kinds": kinds}
