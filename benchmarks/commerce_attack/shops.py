"""Two shops in one database, with the same ids in both, so that whatever reaches across is noticed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import insert

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.orders import OrderState
from commerce.domain.policy import CategoryReturnRule, GoodsRequirement, ShopPolicy
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.store import Store
from commerce.store.tables import coupons, customers, payment_methods, products, variants

NORTH: Final = Tenant("north", LocalText("北店", "North"), "zh-CN", "Asia/Shanghai", "CNY")
SOUTH: Final = Tenant("south", LocalText("南店", "South"), "en-US", "America/New_York", "USD")
CUSTOMERS: Final = tuple(f"C{number}" for number in range(6))
GIFT_CARDS: Final = {"gift": 300_00, "spare": 40_00}
"""Of each customer, with what is on them at first; all of a customer's orders share them."""

# Category, class, prices of three variants, and how many of each there are.
_GOODS: Final = (
    ("shoes", "standard", (300_00, 350_01, 99_99), 40),
    ("electronics", "standard", (19_99, 24_90, 20_00), 400),
    ("food", "standard", (3_33, 3_33, 1_00), 400),
    ("home", "custom_made", (7_77, 8_88, 9_99), 400),
    ("bags", "standard", (45_67, 45_66, 120_00), 6),
)
PRICES: Final = {
    f"V{product}{letter}": price
    for product, (_, _, prices, _) in enumerate(_GOODS)
    for letter, price in zip("abc", prices, strict=True)
}
STOCK: Final = {
    f"V{product}{letter}": count for product, (_, _, _, count) in enumerate(_GOODS) for letter in "abc"
}
COUPONS: Final = ("SCARCE", "TENTH", "SHOES", *(f"OF-{customer}" for customer in CUSTOMERS))


@dataclass(frozen=True)
class _Terms:
    max_uses: int
    amount_minor: int | None = None
    percent: int | None = None
    min_goods_minor: int = 0
    categories: list[str] = field(default_factory=list)


_ALWAYS: Final = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def policies() -> dict[Tenant, ShopPolicy]:
    """The second shop takes opened goods back for a fee, lets items change three times, and cancels what is packed."""
    lenient = CategoryReturnRule(
        no_reason_days=30, fault_days=None, requirement=GoodsRequirement.UNOPENED, opened_fee_percent=15
    )
    changing = (OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.PACKED)
    south = replace(
        DEMO_POLICY,
        zone=SOUTH.zone,
        currency=SOUTH.currency,
        orders=replace(
            DEMO_POLICY.orders, cancel_states=changing, change_states=changing, max_item_changes=3
        ),
        returns=replace(DEMO_POLICY.returns, categories={"electronics": lenient}, max_exchanges=2),
    )
    return {NORTH: DEMO_POLICY, SOUTH: south}


def methods_of(customer_id: str) -> tuple[str, ...]:
    """What the account of a customer lists."""
    return tuple(f"{kind}-{customer_id}" for kind in ("alipay", "card", *GIFT_CARDS))


async def make_shops(store: Store) -> None:
    """Into a database that has the schema and no tenants."""
    for tenant, policy in policies().items():
        await store.create_tenant(tenant, policy)
        async with store.writing() as connection:
            for table, rows in _rows(tenant):
                await connection.execute(insert(table), rows)


def _rows(tenant: Tenant) -> list[tuple[Any, list[dict[str, Any]]]]:
    own = {"tenant_id": tenant.tenant_id}
    priced = own | {"currency": tenant.currency}
    return [
        (customers, [own | _customer(customer_id) for customer_id in CUSTOMERS]),
        (products, [own | _product(number) for number in range(len(_GOODS))]),
        (variants, [priced | _variant(variant_id) for variant_id in PRICES]),
        (payment_methods, [priced | row for customer_id in CUSTOMERS for row in _methods(customer_id)]),
        (coupons, [priced | _coupon(coupon_id) for coupon_id in COUPONS]),
    ]


def _customer(customer_id: str) -> dict[str, Any]:
    named = {"customer_id": customer_id, "name": customer_id, "email": "", "phone": "", "language": "zh"}
    return named | {"level": "ordinary", "is_plus": customer_id == "C5", "points": 0, "attributes": {}}


def _product(number: int) -> dict[str, Any]:
    category, sale_class, *_ = _GOODS[number]
    texts = ("name_zh", "name_en", "description_zh", "description_en", "brand_zh", "brand_en", "search_text")
    return dict.fromkeys(texts, category) | {
        "product_id": f"P{number}",
        "category": category,
        "product_type": category,
        "sale_class": sale_class,
        "is_giftable": False,
        "is_own_brand": False,
        "sold_count": 0,
        "attributes": {},
    }


def _variant(variant_id: str) -> dict[str, Any]:
    return {
        "variant_id": variant_id,
        "product_id": f"P{variant_id[1]}",
        "options": {},
        "price_minor": PRICES[variant_id],
        "stock": STOCK[variant_id],
        "attributes": {},
    }


def _methods(customer_id: str) -> list[dict[str, Any]]:
    kinds = {"alipay": "wallet", "card": "card"} | dict.fromkeys(GIFT_CARDS, "gift_card")
    return [
        {
            "method_id": f"{name}-{customer_id}",
            "customer_id": customer_id,
            "kind": kind,
            "service": name if kind == "wallet" else kind,
            "balance_minor": GIFT_CARDS.get(name),
        }
        for name, kind in kinds.items()
    ]


def _coupon(coupon_id: str) -> dict[str, Any]:
    from_to = {"valid_from": _ALWAYS[0], "valid_until": _ALWAYS[1]}
    terms = {
        "SCARCE": _Terms(amount_minor=20_00, max_uses=5),
        "TENTH": _Terms(percent=10, max_uses=1_000_000),
        "SHOES": _Terms(percent=33, min_goods_minor=200_00, categories=["shoes"], max_uses=1_000_000),
    }
    customer_id = coupon_id.removeprefix("OF-") if coupon_id.startswith("OF-") else None
    own = terms.get(coupon_id, _Terms(amount_minor=7_77, max_uses=3))
    return {"coupon_id": coupon_id, "customer_id": customer_id, "used_count": 0} | asdict(own) | from_to
