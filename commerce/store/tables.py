"""The tables. Every row belongs to a tenant, and every key begins with it, so that no join can cross two
shops.

Money is integer minor units beside its currency. Times are UTC and come back timezone-aware. Only types
that SQLite and PostgreSQL share; changes go through `migrations`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; SQLite, which forgets zones, is given and gives back UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite counts rows by itself only in a column of exactly INTEGER.
_Serial = BigInteger().with_variant(Integer, "sqlite")
_ID = String(64)


def _table(name: str, *parts: Any, refers_to: tuple[tuple[Table, str], ...] = (), **options: Any) -> Table:
    """A table whose first column is tenant_id; `refers_to` adds foreign keys (tenant_id, column) to a
    table of the tenant.
    """
    keys = [
        ForeignKeyConstraint(
            ["tenant_id", column],
            [f"{target.name}.tenant_id", f"{target.name}.{list(target.primary_key.columns)[1].name}"],
        )
        for target, column in refers_to
    ]
    return Table(name, metadata, Column("tenant_id", _ID, primary_key=True), *parts, *keys, **options)


tenants = _table(
    "tenants",
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("policy", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
)

api_keys = _table(
    "api_keys",
    Column("key_id", _ID, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("prefix", String(32), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("prefix"),
)

customers = _table(
    "customers",
    Column("customer_id", _ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", String(32), nullable=False),
    Column("language", String(16), nullable=False),
    Column("level", String(16), nullable=False),
    Column("is_plus", Boolean, nullable=False),
    Column("points", Integer, nullable=False),
    Column("registered_at", UtcDateTime),
    Column("attributes", JSON, nullable=False),
    # What was personal is gone; the row stays for the orders that refer to it.
    Column("erased_at", UtcDateTime),
    Index(None, "tenant_id", "erased_at"),
)

addresses = _table(
    "addresses",
    Column("address_id", _ID, primary_key=True),
    Column("customer_id", _ID, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("phone", String(32), nullable=False),
    Column("region", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("postcode", String(16), nullable=False),
    Column("country", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Index(None, "tenant_id", "customer_id"),
    refers_to=((customers, "customer_id"),),
)

catalogue_terms = _table(
    "catalogue_terms",
    Column("kind", String(16), primary_key=True),
    Column("slug", _ID, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("synonyms", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
)

products = _table(
    "products",
    Column("product_id", _ID, primary_key=True),
    Column("category", _ID, nullable=False),
    Column("product_type", _ID, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("description_zh", Text, nullable=False),
    Column("description_en", Text, nullable=False),
    Column("brand_zh", Text, nullable=False),
    Column("brand_en", Text, nullable=False),
    Column("sale_class", String(16), nullable=False),
    Column("is_giftable", Boolean, nullable=False),
    Column("is_own_brand", Boolean, nullable=False),
    Column("sold_count", Integer, nullable=False),
    Column("launched_at", UtcDateTime),
    Column("search_text", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Index(None, "tenant_id", "product_type"),
    Index(None, "tenant_id", "category", "sold_count"),
)

variants = _table(
    "variants",
    Column("variant_id", _ID, primary_key=True),
    Column("product_id", _ID, nullable=False),
    Column("colour", _ID),
    Column("size", String(32)),
    Column("options", JSON, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    # On the shelf and free; what orders wait for is beside it.
    Column("stock", Integer, nullable=False),
    Column("reserved", Integer, nullable=False, server_default="0"),
    Column("attributes", JSON, nullable=False),
    Index(None, "tenant_id", "product_id"),
    refers_to=((products, "product_id"),),
)

orders = _table(
    "orders",
    Column("order_id", _ID, primary_key=True),
    Column("customer_id", _ID, nullable=False),
    Column("state", String(24), nullable=False),
    Column("goods_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),
    Column("shipping_fee_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    # A copy: the customer may move, the parcel does not.
    Column("address", JSON, nullable=False),
    Column("placed_at", UtcDateTime),
    Column("paid_at", UtcDateTime),
    Column("packed_at", UtcDateTime),
    Column("shipped_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("cancelled_at", UtcDateTime),
    # Keeps the newest first where nobody wrote the time down.
    Column("position", Integer, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("item_changes", Integer, nullable=False, server_default="0"),
    Column("coupon_id", _ID),
    Column("urged_at", UtcDateTime),
    Index(None, "tenant_id", "customer_id", "placed_at"),
    refers_to=((customers, "customer_id"),),
)

order_lines = _table(
    "order_lines",
    Column("line_id", _ID, primary_key=True),
    Column("order_id", _ID, nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", _ID, nullable=False),
    Column("variant_id", _ID, nullable=False),
    Column("colour", _ID),
    Column("size", String(32)),
    Column("options", JSON, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("returned_quantity", Integer, nullable=False),
    Column("exchanged_count", Integer, nullable=False),
    Column("discount_minor", BigInteger, nullable=False, server_default="0"),
    Index(None, "tenant_id", "order_id"),
    refers_to=((orders, "order_id"), (products, "product_id"), (variants, "variant_id")),
)

payments = _table(
    "payments",
    Column("payment_id", _ID, primary_key=True),
    Column("order_id", _ID, nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("method", String(64), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    # A shop that does not know its customers' methods has the service here.
    Column("method_id", _ID, nullable=False, server_default=""),
    Column("action_id", _ID),
    Index(None, "tenant_id", "order_id"),
    refers_to=((orders, "order_id"),),
)

# What became of a payment that was under way when it was written, or was booked as come and was declined.
settlements = _table(
    "settlements",
    Column("payment_id", _ID, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    refers_to=((payments, "payment_id"),),
)

payment_methods = _table(
    "payment_methods",
    Column("method_id", _ID, primary_key=True),
    Column("customer_id", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("service", String(64), nullable=False),
    Column("balance_minor", BigInteger),
    Column("currency", String(3), nullable=False),
    Index(None, "tenant_id", "customer_id"),
    CheckConstraint("balance_minor >= 0", "balance"),
    refers_to=((customers, "customer_id"),),
)

stock_reservations = _table(
    "stock_reservations",
    Column("order_id", _ID, primary_key=True),
    Column("variant_id", _ID, primary_key=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity >= 0", "quantity"),
    refers_to=((orders, "order_id"), (variants, "variant_id")),
)

stock_moves = Table(
    "stock_moves",
    metadata,
    Column("move_id", _Serial, primary_key=True, autoincrement=True),
    Column("tenant_id", _ID, nullable=False),
    Column("variant_id", _ID, nullable=False),
    Column("order_id", _ID),
    Column("action_id", _ID),
    Column("reason", String(16), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "tenant_id", "variant_id"),
)

cases = _table(
    "cases",
    Column("case_id", _ID, primary_key=True),
    Column("order_id", _ID, nullable=False),
    Column("customer_id", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("words", Text, nullable=False),
    Column("answer", Text),
    Column("refund_minor", BigInteger, nullable=False),
    Column("prepaid_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("method_id", _ID),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Index(None, "tenant_id", "order_id"),
    Index(None, "tenant_id", "customer_id"),
    refers_to=((orders, "order_id"),),
)

coupons = _table(
    "coupons",
    Column("coupon_id", _ID, primary_key=True),
    Column("customer_id", _ID),
    Column("amount_minor", BigInteger),
    Column("percent", Integer),
    Column("currency", String(3), nullable=False),
    Column("min_goods_minor", BigInteger, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("max_uses", Integer, nullable=False),
    Column("used_count", Integer, nullable=False),
    Index(None, "tenant_id", "customer_id"),
    CheckConstraint("used_count >= 0 AND used_count <= max_uses", "uses"),
)

invoices = _table(
    "invoices",
    Column("invoice_id", _ID, primary_key=True),
    Column("order_id", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("tax_id", String(32), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("voided_at", UtcDateTime),
    Index(None, "tenant_id", "order_id"),
    refers_to=((orders, "order_id"),),
)

tickets = _table(
    "tickets",
    Column("ticket_id", _ID, primary_key=True),
    Column("customer_id", _ID, nullable=False),
    Column("order_id", _ID),
    Column("kind", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Index(None, "tenant_id", "customer_id"),
    Index(None, "tenant_id", "state", "due_at"),
)

# One row an action that was done: the same key again finds it, the same token again is refused.
actions = _table(
    "actions",
    Column("action_id", _ID, primary_key=True),
    Column("idempotency_key", String(128), nullable=False),
    Column("token_id", _ID, nullable=False),
    Column("caller", String(128), nullable=False),
    Column("customer_id", _ID, nullable=False),
    Column("order_id", _ID, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("result", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "caller", "idempotency_key"),
    UniqueConstraint("tenant_id", "token_id"),
    Index(None, "tenant_id", "order_id"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", _Serial, primary_key=True, autoincrement=True),
    Column("tenant_id", _ID, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("caller", String(128), nullable=False),
    Column("customer_id", _ID),
    Column("what", String(48), nullable=False),
    Column("entity_id", String(100), nullable=False),
    Column("why", Text, nullable=False),
    Column("request_id", _ID),
    Index(None, "tenant_id", "entity_id"),
    Index(None, "tenant_id", "customer_id"),
    Index(None, "tenant_id", "at"),
)

token_revocations = _table(
    "token_revocations",
    Column("scope", String(16), primary_key=True),
    # Of a token, a customer or an agent; or that it is of all pages.
    Column("entity_id", String(100), primary_key=True),
    Column("not_before", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, nullable=False),
    Index(None, "tenant_id", "revoked_at"),
)

# Whose append-only rows may go: a shop that is removed as a whole.
tenant_removals = _table("tenant_removals")

shipments = _table(
    "shipments",
    Column("shipment_id", _ID, primary_key=True),
    Column("order_id", _ID, nullable=False),
    Column("carrier_zh", Text, nullable=False),
    Column("carrier_en", Text, nullable=False),
    Column("tracking_number", String(64), nullable=False),
    Column("shipped_at", UtcDateTime),
    Column("expected_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("attributes", JSON, nullable=False),
    Index(None, "tenant_id", "order_id"),
    refers_to=((orders, "order_id"),),
)

tracking_events = _table(
    "tracking_events",
    Column("shipment_id", _ID, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(24), nullable=False),
    Column("place_zh", Text, nullable=False),
    Column("place_en", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    refers_to=((shipments, "shipment_id"),),
)


# Bound anew to each table: a column belongs to one.
def _article_columns() -> tuple[Column[Any], ...]:
    return (
        Column("kind", String(32), nullable=False),
        Column("intents", JSON, nullable=False),
        Column("categories", JSON, nullable=False),
        Column("title_zh", Text, nullable=False),
        Column("title_en", Text, nullable=False),
        Column("body_zh", Text, nullable=False),
        Column("body_en", Text, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("products", JSON, nullable=False, server_default="[]"),
        Column("is_draft", Boolean, nullable=False, server_default=false()),
        Column("publish_at", UtcDateTime),
        Column("expires_at", UtcDateTime),
        Column("questions", JSON, nullable=False, server_default="[]"),
    )


articles = _table(
    "articles",
    Column("article_id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    *_article_columns(),
)

# Every version that an article ever had, the present one too; of deleted articles as well.
article_versions = _table(
    "article_versions",
    Column("article_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    *_article_columns(),
    Column("edited_by", String(128), nullable=False),
)

conversations = _table(
    "conversations",
    Column("conversation_id", _ID, primary_key=True),
    Column("customer_id", _ID),
    Column("version", Integer, nullable=False),
    Column("language", String(16), nullable=False),
    Column("state", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("held_by", _ID),
    Column("held_until", UtcDateTime),
    Index(None, "tenant_id", "customer_id", "updated_at"),
)

turns = _table(
    "turns",
    Column("conversation_id", _ID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("request_id", _ID, nullable=False),
    Column("message", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("intent", String(64), nullable=False),
    Column("probability", Float, nullable=False),
    Column("decision", String(32), nullable=False),
    Column("rung", String(32), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("language", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("timings_ms", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "tenant_id", "request_id"),
    Index(None, "tenant_id", "at"),
    refers_to=((conversations, "conversation_id"),),
)

behaviour_events = Table(
    "behaviour_events",
    metadata,
    Column("event_id", _Serial, primary_key=True, autoincrement=True),
    Column("tenant_id", _ID, nullable=False),
    Column("customer_id", _ID, nullable=False),
    Column("product_id", _ID, nullable=False),
    Column("category", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("order_id", _ID),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "tenant_id", "customer_id", "at"),
    Index(None, "tenant_id", "at"),
)

promoted_models = _table(
    "promoted_models",
    Column("kind", String(32), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("promoted_at", UtcDateTime, nullable=False),
    Column("previous_version", String(64)),
    Column("previous_url", Text),
)

feedback = _table(
    "feedback",
    Column("feedback_id", _ID, primary_key=True),
    # Of the text, which may be too long for an index of PostgreSQL's.
    Column("text_sha256", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("intent", String(64), nullable=False),
    Column("said", String(64)),
    Column("source", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Whose message it was, where that is known: it goes with them.
    Column("customer_id", _ID),
    Column("conversation_id", _ID),
    UniqueConstraint("tenant_id", "text_sha256"),
    Index(None, "tenant_id", "customer_id"),
)

shadow_tallies = _table(
    "shadow_tallies",
    Column("version", String(64), primary_key=True),
    Column("live_version", String(64)),
    Column("texts", BigInteger, nullable=False),
    Column("same_intent", BigInteger, nullable=False),
    Column("same_decision", BigInteger, nullable=False),
    Column("live_out_of_scope", BigInteger, nullable=False),
    Column("shadow_out_of_scope", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("live_ms", Float, nullable=False),
    Column("shadow_ms", Float, nullable=False),
)

change_log = Table(
    "change_log",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("tenant_id", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("entity_id", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Never reuse a number, also after the last rows are deleted: readers remember how far they have read.
    sqlite_autoincrement=True,
)

TENANT_TABLES = tuple(
    table for table in reversed(metadata.sorted_tables) if table not in (change_log, tenants, tenant_removals)
)
"""What belongs to a shop, in an order in which its rows can be deleted: nothing left points at what goes."""
