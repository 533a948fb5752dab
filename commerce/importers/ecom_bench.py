"""The Chinese shop of ECom-Bench (a folder of JSON files) as a tenant, whole.

`ecom_bench_fields` says where each field goes. The format counts no stock: what is on sale has `AVAILABLE_STOCK` pieces; it
has no times but those of parcels.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from commerce.domain.errors import ImportInvalid
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.importers.ecom_bench_goods import Tables, discount_article, goods_rows
from commerce.importers.ecom_bench_orders import Orders
from commerce.importers.ecom_bench_people import People
from commerce.importers.ecom_bench_policy import ECOM_BENCH_POLICY
from commerce.importers.fitting import require_fitting
from commerce.importers.reading import Node, read_json
from commerce.store import Store
from commerce.store.knowledge import article_row, first_versions
from commerce.store.tables import metadata
from commerce.store.tenants import insert_tenant

FILES: Final = ("products", "users_info", "orders", "logistics", "invoices", "discount", "service")
_NOT_LOADED: Final = frozenset({"policy_wiki.md", "LICENSE"})
"""How a customer is played, and the data's licence."""
_ORDER: Final = tuple(table.name for table in metadata.sorted_tables)


async def load_ecom_bench(store: Store, folder: Path, tenant_id: str, now: datetime) -> dict[str, int]:
    """Load `folder` as a new tenant, in one transaction; returns the rows by table.

    Raises ImportInvalid with the path of the first bad field, TenantExists, and OSError when a file cannot be read.
    """
    nodes = {name: Node(read_json(folder / f"{name}.json"), f"{name}.json") for name in FILES}
    for path in folder.iterdir():
        if path.stem not in FILES and path.name not in _NOT_LOADED and not path.name.startswith("."):
            raise ImportInvalid(path.name, "is no file of ECom-Bench's shop: take it away")
    platform, shop_id = _only_shop(nodes["products"])
    mine = {name: _of_shop(nodes[name], platform, shop_id) for name in FILES if name not in _SHARED}
    tables = _tables({**nodes, **mine}, platform, shop_id, tenant_id, now)
    tenant = Tenant(
        tenant_id,
        LocalText("ECom-Bench", "ECom-Bench"),
        "zh-CN",
        ECOM_BENCH_POLICY.zone,
        ECOM_BENCH_POLICY.currency,
        {
            "format": "ecom_bench",
            "platform": platform,
            "shop_id": shop_id,
            "discount": mine["discount"].value,
        },
    )
    async with store.writing() as connection:
        await insert_tenant(connection, tenant, ECOM_BENCH_POLICY)
        for name in sorted(tables, key=_ORDER.index):
            if tables[name]:
                await connection.execute(insert(metadata.tables[name]), tables[name])
    return {name: len(rows) for name, rows in tables.items()}


_SHARED: Final = ("users_info", "invoices")
"""Not below a platform and a shop."""


def _tables(nodes: dict[str, Node], platform: str, shop_id: str, tenant_id: str, now: datetime) -> Tables:
    goods = goods_rows(nodes["products"], tenant_id, now)
    goods["articles"].append(article_row(tenant_id, discount_article(nodes["discount"]), now))
    goods["article_versions"] = first_versions(goods["articles"])
    people = People(nodes["users_info"], tenant_id)
    orders = Orders(tenant_id, goods, people)
    orders.add(nodes["orders"], nodes["logistics"])
    orders.add_invoices(nodes["invoices"], now)
    orders.add_services(nodes["service"], platform, shop_id)
    tables = goods | people.tables | orders.tables
    require_fitting(tables)
    return tables


def _only_shop(node: Node) -> tuple[str, str]:
    shops = [(platform, shop_id) for platform, shops in node.entries() for shop_id, _ in shops.entries()]
    if len(shops) != 1:
        raise node.fail(f"holds {len(shops)} shops: give one shop's data")
    return shops[0]


def _of_shop(node: Node, platform: str, shop_id: str) -> Node:
    """What lies below the platform and the shop, and nothing beside them."""
    node.only({platform})
    node.field(platform).only({shop_id})
    return node.field(platform).field(shop_id)
