"""An exported shop's folder, read and checked row by row: ImportInvalid names the file, the line and the field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table

from commerce.domain.errors import ArticleInvalid, ImportInvalid, PolicyInvalid
from commerce.domain.knowledge import Article
from commerce.domain.orders import PaymentStatus
from commerce.domain.policy_checks import is_time_zone
from commerce.domain.policy_codec import policy_from_json
from commerce.domain.text import LocalText
from commerce.portable.columns import ColumnForm, FieldInvalid, Row, column_form
from commerce.portable.jsonl import RowInvalid, read_jsonl
from commerce.portable.key_index import KeyIndex
from commerce.portable.manifest import MANIFEST, FileFormat, ShopManifest, read_shop_manifest
from commerce.portable.parquet import read_parquet
from commerce.portable.shop_tables import SHOP_TABLES, references, serial, shop_columns, value_check
from commerce.store.migrate import head_revision
from commerce.store.tables import (
    article_versions,
    articles,
    behaviour_events,
    cases,
    coupons,
    order_lines,
    orders,
    payments,
    settlements,
    stock_moves,
    tenants,
    tickets,
)

_ALL = (tenants, *SHOP_TABLES)


@dataclass(frozen=True, slots=True)
class ShopFiles:
    """The folder with its manifest, whose files are there and no others."""

    folder: Path
    manifest: ShopManifest

    def rows(self, table: Table) -> Iterator[tuple[int, Row]]:
        """Each row with its line, every value of its column's type. ImportInvalid."""
        forms = {column.name: column_form(column) for column in shop_columns(table)}
        try:
            yield from self._read(table, forms)
        except RowInvalid as error:
            raise self.fault(table, error.number, error.field, error.problem) from None

    def fault(self, table: Table, number: int, field: str, problem: str) -> ImportInvalid:
        """Row 0: the file as a whole."""
        name = f"{table.name}.{self.manifest.format}"
        word = "line" if self.manifest.format is FileFormat.JSONL else "row"
        where = f"{name} {word} {number}" if number else name
        return ImportInvalid(f"{where}, {field}" if field else where, problem)

    def _read(self, table: Table, forms: dict[str, ColumnForm]) -> Iterator[tuple[int, Row]]:
        path = self.folder / f"{table.name}.{self.manifest.format}"
        expected = self.manifest.files[table.name]
        if self.manifest.format is FileFormat.PARQUET:
            yield from read_parquet(path, forms, expected)
            return
        with path.open("rb") as file:
            yield from read_jsonl(file, forms, expected)


def open_shop_files(folder: Path) -> ShopFiles:
    """Raises ImportInvalid for a folder that holds anything else than an export of this version's schema."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ImportInvalid(str(path), "is missing: give the folder that kefu data export wrote")
    manifest = read_shop_manifest(path.read_bytes())
    if manifest.revision != head_revision():
        problem = (
            f"is {manifest.revision}, and this version's is {head_revision()}: export it with this version"
        )
        raise ImportInvalid(f"{MANIFEST}.revision", problem)
    names = {table.name for table in _ALL}
    for name in sorted(names ^ manifest.files.keys()):
        raise ImportInvalid(
            f"{MANIFEST}.files.{name}", "is missing" if name in names else "is no table of a shop"
        )
    _check_names(folder, {f"{name}.{manifest.format}" for name in names})
    return ShopFiles(folder, manifest)


def check_shop_files(files: ShopFiles) -> None:
    """Read all of it once: values, keys, references, sums. Raises ImportInvalid at the first fault."""
    with KeyIndex() as index:
        for table in _ALL:
            checks = _checks(table, index)
            count = 0
            for number, row in files.rows(table):
                count += 1
                try:
                    for check in checks:
                        check(number, row)
                except FieldInvalid as error:
                    raise files.fault(table, number, error.field, error.problem) from None
            if table is tenants and count != 1:
                raise files.fault(table, 0, "", f"has {count} rows; it holds the shop itself, in one")
        if (wrong := index.first_difference()) is not None:
            number, name, said, parts = wrong
            raise files.fault(orders, number, name, f"is {said}, and its lines come to {parts}")


def _check_names(folder: Path, expected: set[str]) -> None:
    found = {path.name for path in folder.iterdir() if not path.name.startswith(".")} - {MANIFEST}
    for name in sorted(expected - found):
        raise ImportInvalid(str(folder / name), "is missing")
    for name in sorted(found - expected):
        raise ImportInvalid(str(folder / name), "is no file of an export: take it away")


_Check = Callable[[int, Row], None]
"""Of a row and its number. Raises FieldInvalid."""


def _checks(table: Table, index: KeyIndex) -> list[_Check]:
    found: list[_Check] = []
    for column in shop_columns(table):
        if (check := value_check(table, column.name)) is not None:
            found.append(_on(column.name, check))
    if table in _ROW_CHECKS:
        found.append(_of_row(_ROW_CHECKS[table]))
    if serial(table) is None and table is not tenants:
        found.append(_unique(table, index))
    found += [_known(column, target.name, index) for column, target in references(table).items()]
    if "currency" in table.c and table is not tenants:
        found.append(_of_the_shops_currency(index))
    found += [compared(index) for compared in _COMPARED.get(table, ())]
    return found


def _of_row(check: Callable[[Row], None]) -> _Check:
    return lambda _, row: check(row)


def _on(column: str, check: Callable[[Any], None]) -> _Check:
    def checked(_: int, row: Row) -> None:
        try:
            check(row[column])
        except ValueError as error:
            raise FieldInvalid(column, str(error)) from None

    return checked


def _unique(table: Table, index: KeyIndex) -> _Check:
    names = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
    fact = _FACTS.get(table)

    def checked(_: int, row: Row) -> None:
        if not index.add(table.name, [row[name] for name in names], row[fact] if fact else ""):
            raise FieldInvalid(names[-1], f"{row[names[-1]]!r} is there twice")

    return checked


def _known(column: str, target: str, index: KeyIndex) -> _Check:
    def checked(_: int, row: Row) -> None:
        if row[column] is not None and not index.has(target, row[column]):
            raise FieldInvalid(column, f"{row[column]!r} is not in {target}")

    return checked


def _currency(index: KeyIndex) -> _Check:
    def remembered(_: int, row: Row) -> None:
        index.add(tenants.name, (), row["currency"])

    return remembered


def _of_the_shops_currency(index: KeyIndex) -> _Check:
    def checked(_: int, row: Row) -> None:
        if row["currency"] != (shops := index.fact(tenants.name)):
            raise FieldInvalid("currency", f"is {row['currency']!r}, and the shop's is {shops!r}")

    return checked


def _totals(index: KeyIndex) -> _Check:
    def expected(number: int, row: Row) -> None:
        for name in ("goods_minor", "discount_minor"):
            index.expect(number, name, row["order_id"], row[name])

    return expected


def _part_of_totals(index: KeyIndex) -> _Check:
    def added(_: int, row: Row) -> None:
        index.add_part("goods_minor", row["order_id"], row["quantity"] * row["unit_price_minor"])
        index.add_part("discount_minor", row["order_id"], row["discount_minor"])

    return added


def _settled(index: KeyIndex) -> _Check:
    def checked(_: int, row: Row) -> None:
        if row["status"] == PaymentStatus.PENDING:
            raise FieldInvalid("status", "says what became of a payment, which pending does not")
        # What was under way ends; what was booked as come can only be declined afterwards.
        ends = {PaymentStatus.PENDING: tuple(PaymentStatus), PaymentStatus.SUCCEEDED: (PaymentStatus.FAILED,)}
        status = PaymentStatus(index.fact(payments.name, row["payment_id"]) or PaymentStatus.FAILED)
        if row["status"] not in ends.get(status, ()):
            raise FieldInvalid("payment_id", f"{row['payment_id']!r} was {status.value} already")

    return checked


def _of_the_orders_customer(index: KeyIndex) -> _Check:
    def checked(_: int, row: Row) -> None:
        if row["order_id"] is None:
            return
        if row["customer_id"] != (whose := index.fact(orders.name, row["order_id"])):
            problem = f"is {row['customer_id']!r}, and order {row['order_id']!r} is {whose!r}'s"
            raise FieldInvalid("customer_id", problem)

    return checked


def _case_lines(index: KeyIndex) -> _Check:
    def checked(_: int, row: Row) -> None:
        for position, line in enumerate(row["lines"]):
            if index.fact(order_lines.name, line["line_id"]) != row["order_id"]:
                problem = f"{line['line_id']!r} is no line of order {row['order_id']!r}"
                raise FieldInvalid("lines", f"{position}.line_id: {problem}")

    return checked


def _shop(row: Row) -> None:
    if not is_time_zone(row["zone"]):
        raise FieldInvalid("zone", f"{row['zone']!r} is no time zone such as Asia/Shanghai")
    try:
        policy = policy_from_json(row["policy"])
    except PolicyInvalid as error:
        raise FieldInvalid(error.field, error.problem) from None
    for name in ("zone", "currency"):
        if getattr(policy, name) != row[name]:
            raise FieldInvalid(
                f"policy.{name}", f"is {getattr(policy, name)!r}, and the shop's is {row[name]!r}"
            )


def _order(row: Row) -> None:
    if row["discount_minor"] > row["goods_minor"]:
        raise FieldInvalid("discount_minor", f"is more than the goods of {row['goods_minor']}")


def _pieces(row: Row) -> None:
    if row["quantity"] < 1:
        raise FieldInvalid("quantity", "must be at least 1")


def _line(row: Row) -> None:
    _pieces(row)
    if row["returned_quantity"] > row["quantity"]:
        raise FieldInvalid("returned_quantity", "is more than was bought")
    if row["discount_minor"] > row["unit_price_minor"] * row["quantity"]:
        raise FieldInvalid("discount_minor", "is more than the line costs")


def _coupon(row: Row) -> None:
    if (row["amount_minor"] is None) == (row["percent"] is None):
        raise FieldInvalid("percent", "either it or amount_minor is set")
    if row["percent"] is not None and row["percent"] > 100:
        raise FieldInvalid("percent", "is more than 100")
    if row["used_count"] > row["max_uses"]:
        raise FieldInvalid("used_count", "is more than max_uses")
    if row["valid_from"] >= row["valid_until"]:
        raise FieldInvalid("valid_until", "is not after valid_from")


def _article(row: Row) -> None:
    title = LocalText(row["title_zh"], row["title_en"])
    body = LocalText(row["body_zh"], row["body_en"])
    try:
        Article(
            row["article_id"], row["kind"], tuple(row["intents"]), tuple(row["categories"]), title, body,
            version=row["version"], products=tuple(row["products"]),
            publish_at=row["publish_at"], expires_at=row["expires_at"],
            questions=tuple(row["questions"]),
        )  # fmt: skip
    except ArticleInvalid as error:
        raise FieldInvalid(error.field, error.problem) from None


_ROW_CHECKS: Final[dict[Table, Callable[[Row], None]]] = {
    tenants: _shop,
    orders: _order,
    order_lines: _line,
    stock_moves: _pieces,
    behaviour_events: _pieces,
    coupons: _coupon,
    articles: _article,
    article_versions: _article,
}
_FACTS: Final = {orders: "customer_id", order_lines: "order_id", payments: "status"}
"""The column of a row that later ones are compared with."""
_COMPARED: Final[dict[Table, tuple[Callable[[KeyIndex], _Check], ...]]] = {
    tenants: (_currency,),
    orders: (_totals,),
    order_lines: (_part_of_totals,),
    settlements: (_settled,),
    cases: (_of_the_orders_customer, _case_lines),
    tickets: (_of_the_orders_customer,),
    behaviour_events: (_of_the_orders_customer,),
}
"""What a row is checked against of other tables, or others against it."""
