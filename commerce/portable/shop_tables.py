"""What is a shop's own data, and what a row of it must be like beyond its columns' types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import JSON, Column, ForeignKeyConstraint, Table

from commerce.domain.actions import InvoiceKind
from commerce.domain.after_sales import CaseKind, CaseState
from commerce.domain.catalogue import SaleClass
from commerce.domain.customers import MemberLevel
from commerce.domain.orders import OrderState, PaymentKind, PaymentStatus, TrackingState
from commerce.domain.payment_methods import MethodKind
from commerce.domain.proposals import StockReason, TicketKind, TicketState
from commerce.domain.tenants import BehaviourKind
from commerce.store import tables as t
from commerce.store.catalogue import TERM_KINDS

SHOP_TABLES: Final = (
    t.customers,
    t.addresses,
    t.payment_methods,
    t.coupons,
    t.catalogue_terms,
    t.products,
    t.variants,
    t.orders,
    t.order_lines,
    t.payments,
    t.settlements,
    t.stock_reservations,
    t.stock_moves,
    t.cases,
    t.invoices,
    t.tickets,
    t.shipments,
    t.tracking_events,
    t.articles,
    t.article_versions,
    t.behaviour_events,
)
"""Those that others refer to come first. The shop's own row of `tenants` goes before them."""

NOT_OF_THE_SHOP: Final = MappingProxyType(
    {
        t.api_keys: "who may call; an imported shop is given keys of its own",
        t.token_revocations: "which tokens of this installation are refused",
        t.actions: "what was done through this installation, with its tokens and idempotency keys",
        t.audit_log: "who did what here",
        t.change_log: "how the replicas of this installation hear of changes",
        t.conversations: "what customers said: personal, and of no use to a shop's own systems",
        t.turns: "what customers said",
        t.feedback: "what understanding learns from",
        t.promoted_models: "which models this installation serves",
        t.shadow_tallies: "what a candidate read here",
        t.tenant_removals: "never holds a row after a transaction",
    }
)
"""Why the other tables are not in an export. A backup has them all."""

_STATES: Final[dict[tuple[Table, str], Iterable[str]]] = {
    (t.customers, "level"): MemberLevel,
    (t.payment_methods, "kind"): MethodKind,
    (t.catalogue_terms, "kind"): TERM_KINDS,
    (t.products, "sale_class"): SaleClass,
    (t.orders, "state"): OrderState,
    (t.payments, "kind"): PaymentKind,
    (t.payments, "status"): PaymentStatus,
    (t.settlements, "status"): PaymentStatus,
    (t.stock_moves, "reason"): StockReason,
    (t.cases, "kind"): CaseKind,
    (t.cases, "state"): CaseState,
    (t.invoices, "kind"): InvoiceKind,
    (t.tickets, "kind"): TicketKind,
    (t.tickets, "state"): TicketState,
    (t.tracking_events, "state"): TrackingState,
    (t.behaviour_events, "kind"): BehaviourKind,
}

_UNENFORCED: Final[dict[Table, tuple[tuple[str, Table], ...]]] = {
    t.orders: (("coupon_id", t.coupons),),
    t.coupons: (("customer_id", t.customers),),
    t.stock_moves: (("variant_id", t.variants), ("order_id", t.orders)),
    t.tickets: (("order_id", t.orders),),
    t.behaviour_events: (("product_id", t.products), ("order_id", t.orders)),
}
"""References that no foreign key keeps. A payment's method may be gone: money still goes back to it. Whose ticket or event it
is may have no account with the shop.
"""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Address(_Document):
    address_id: str
    recipient: str
    phone: str
    region: str
    city: str
    district: str
    street: str
    postcode: str
    country: str
    is_default: bool = False


class _CaseLine(_Document):
    line_id: str
    quantity: Annotated[int, Field(ge=1)]
    new_variant_id: str | None = None
    new_price_minor: Annotated[int, Field(ge=0)] | None = None


_DOCUMENTS: Final[dict[str, TypeAdapter[Any]]] = {
    "attributes": TypeAdapter(dict[str, Any]),
    "policy": TypeAdapter(dict[str, Any]),
    "options": TypeAdapter(dict[str, str]),
    "synonyms": TypeAdapter(list[str]),
    "categories": TypeAdapter(list[str]),
    "intents": TypeAdapter(list[str]),
    "products": TypeAdapter(list[str]),
    "questions": TypeAdapter(list[str]),
    "address": TypeAdapter(_Address),
    "lines": TypeAdapter(list[_CaseLine]),
}


def serial(table: Table) -> str | None:
    """The column that the database counts by itself, over all shops."""
    column = table.autoincrement_column
    return None if column is None else str(column.name)


def shop_columns(table: Table) -> tuple[Column[Any], ...]:
    """What is written of a row: not whose it is, nor its number in this database."""
    return tuple(c for c in table.columns if c.name not in ("tenant_id", serial(table)))


def row_order(table: Table) -> tuple[Column[Any], ...]:
    """The order of rows in a file, the same on every database."""
    counted = serial(table)
    return (table.c[counted],) if counted else tuple(table.primary_key.columns)


def references(table: Table) -> Mapping[str, Table]:
    """Columns that name a row of another table of the shop."""
    enforced = {
        list(key.column_keys)[1]: key.referred_table
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint)
    }
    return {**enforced, **dict(_UNENFORCED.get(table, ()))}


def value_check(table: Table, column: str) -> Callable[[Any], None] | None:
    """What a value must be beyond its type: one of a list, or of a shape. It raises ValueError."""
    if (states := _STATES.get((table, column))) is not None:
        return _one_of(frozenset(states), ", ".join(states))
    if isinstance(table.c[column].type, JSON):
        return _of_shape(_DOCUMENTS[column])
    return None


def _one_of(known: frozenset[str], told: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value not in known:
            raise ValueError(f"{value!r} is not one of {told}")

    return check


def _of_shape(adapter: TypeAdapter[Any]) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        try:
            adapter.validate_python(value, strict=True)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise ValueError(f"{where}: {fault['msg']}" if where else fault["msg"]) from None

    return check
