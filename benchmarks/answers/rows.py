"""All rows of a shop that questions are about, read at once and apart from the service that answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from benchmarks.in_process.shops import Shop
from commerce.domain.catalogue import Product
from commerce.domain.money import Money
from commerce.domain.orders import Order
from commerce.domain.policy import ShopPolicy
from commerce.domain.tenants import Tenant
from commerce.store import Store
from commerce.store.orders import assemble
from commerce.store.tables import customers, invoices, orders, payment_methods


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer as far as questions go; `gift_card` is what is on all their gift cards, None where there is none."""

    id: str
    level: str
    is_plus: bool
    points: int
    gift_card: Money | None


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """An invoice of an order."""

    kind: str
    title: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ShopRows:
    """One shop. Orders by id; a customer's own are in `of`, newest first as the shop shows them."""

    shop: Shop
    tenant: Tenant
    policy: ShopPolicy
    shoppers: Mapping[str, Shopper]
    orders: tuple[Order, ...]
    of: Mapping[str, tuple[Order, ...]]
    products: Mapping[str, Product]
    invoices: Mapping[str, IssuedInvoice]


async def read_rows(store: Store, shop: Shop) -> ShopRows:
    """Everything of that shop. Raises TenantNotFound, StoreError."""
    tenant = await store.tenant(shop.tenant_id)
    async with store.reading() as connection:
        found = await connection.execute(
            select(orders)
            .where(orders.c.tenant_id == shop.tenant_id)
            .order_by(orders.c.placed_at.desc().nulls_last(), orders.c.position.desc())
        )
        newest_first = await assemble(connection, shop.tenant_id, found.all())
        cards: dict[str, int] = {}
        for row in await connection.execute(
            select(payment_methods).where(payment_methods.c.tenant_id == shop.tenant_id)
        ):
            if row.balance_minor is not None:
                cards[row.customer_id] = cards.get(row.customer_id, 0) + row.balance_minor
        shoppers = {
            row.customer_id: Shopper(
                row.customer_id,
                row.level,
                row.is_plus,
                row.points,
                Money(cards[row.customer_id], tenant.currency) if row.customer_id in cards else None,
            )
            for row in await connection.execute(
                select(customers).where(customers.c.tenant_id == shop.tenant_id)
            )
        }
        issued = {
            row.order_id: IssuedInvoice(row.kind, row.title, Money(row.amount_minor, row.currency))
            for row in await connection.execute(
                select(invoices).where(invoices.c.tenant_id == shop.tenant_id)
            )
        }
    of: dict[str, list[Order]] = {}
    for order in newest_first:
        of.setdefault(order.customer_id, []).append(order)
    return ShopRows(
        shop=shop,
        tenant=tenant,
        policy=await store.policy(shop.tenant_id),
        shoppers=dict(sorted(shoppers.items())),
        orders=tuple(sorted(newest_first, key=lambda order: order.order_id)),
        of={customer_id: tuple(own) for customer_id, own in of.items()},
        products={
            p.product_id: p for p in sorted(await store.products(shop.tenant_id), key=lambda p: p.product_id)
        },
        invoices=issued,
    )
