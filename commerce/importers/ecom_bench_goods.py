"""Products of ECom-Bench with all that is told of them, and the same as articles that answer questions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from commerce.domain.catalogue import SaleClass
from commerce.domain.knowledge import Article
from commerce.domain.product_query import searchable
from commerce.domain.text import LocalText
from commerce.importers.ecom_bench_fields import require_fields
from commerce.importers.reading import Node
from commerce.store.knowledge import article_row

Row = dict[str, Any]
Tables = dict[str, list[Row]]

CURRENCY: Final = "CNY"
AVAILABLE_STOCK: Final = 100
CATEGORY: Final = "general"
PRODUCT_TYPE: Final = "goods"

_STOCK: Final = {"已上架": AVAILABLE_STOCK, "缺货": 0, "已下架": 0}
_BRAND: Final = re.compile(r"(?P<zh>[^（）()\s]{1,12})（(?P<en>[A-Za-z][A-Za-z .&\-]*)）")


def goods_rows(products: Node, tenant_id: str, now: datetime) -> Tables:
    """products, variants (one each: the format has no others), catalogue_terms, articles."""
    tables: Tables = {"products": [], "variants": [], "catalogue_terms": _terms(tenant_id), "articles": []}
    for key, product in products.entries():
        require_fields(product, "product")
        require_key(product.field("商品ID"), key)
        told = _told(product)
        tables["products"].append(_product(product, tenant_id, told))
        tables["variants"].append(_variant(product, tenant_id))
        tables["articles"] += [
            article_row(tenant_id, article, now) for article in _articles(product, key, told)
        ]
    return tables


def require_key(node: Node, key: str) -> None:
    if node.text() != key:
        raise node.fail(f"is {node.value!r}, but the entry is {key!r}")


def one_of(node: Node, known: dict[str, Any]) -> Any:
    """What a word of the shop's stands for. Raises ImportInvalid."""
    if node.text() not in known:
        raise node.fail(f"{node.value!r} is not one of {', '.join(known)}")
    return known[node.value]


def _told(product: Node) -> dict[str, Any]:
    return {
        "exchangeable": [_exchangeable(node) for node in product.field("可换货商品").items()],
        "gifts": [_named(node, "gift", "赠品名称", "赠品描述") for node in product.field("赠品信息").items()],
        "materials": [_material(node) for node in product.field("辅材材料").items()],
        "installation": product.field("安装说明").text(),
        "repair": product.field("维修说明").text(),
        "faults": [_fault(node) for node in product.field("常见故障").items()],
    }


def _exchangeable(node: Node) -> Row:
    require_fields(node, "exchangeable")
    one_of(node.field("商品状态"), _STOCK)
    return {
        "product_id": node.field("商品ID").text(),
        "description": node.field("商品描述").text(),
        "status": node.field("商品状态").text(),
    }


def _named(node: Node, kind: str, name: str, description: str) -> Row:
    require_fields(node, kind)
    return {"name": node.field(name).text(), "description": node.field(description).text()}


def _material(node: Node) -> Row:
    if isinstance(node.value, dict) and "name" in node.value:
        return _named(node, "material as some records name it", "name", "description")
    return _named(node, "material", "辅材名称", "辅材描述")


def _fault(node: Node) -> Row:
    require_fields(node, "fault")
    return {
        "code": node.field("故障代码").text(),
        "name": node.field("故障名称").text(),
        "solution": node.field("故障解决方案").text(),
    }


def _product(product: Node, tenant_id: str, told: dict[str, Any]) -> Row:
    name, description = product.field("商品名称").text(), product.field("商品描述").text()
    brand = _BRAND.match(name)
    return {
        "tenant_id": tenant_id,
        "product_id": product.field("商品ID").text(),
        "category": CATEGORY,
        "product_type": PRODUCT_TYPE,
        "name_zh": name,
        "name_en": name,
        "description_zh": description,
        "description_en": description,
        "brand_zh": brand["zh"] if brand else "",
        "brand_en": brand["en"] if brand else "",
        "sale_class": SaleClass.STANDARD.value,
        "is_giftable": False,
        "is_own_brand": False,
        "sold_count": 0,
        "launched_at": None,
        "search_text": searchable((name, *(brand.groups() if brand else ()))),
        "attributes": told,
    }


def _variant(product: Node, tenant_id: str) -> Row:
    return {
        "tenant_id": tenant_id,
        "variant_id": product.field("商品ID").text(),
        "product_id": product.field("商品ID").text(),
        "colour": None,
        "size": None,
        "options": {},
        "price_minor": product.field("商品价格").minor_units(),
        "currency": CURRENCY,
        "stock": one_of(product.field("商品状态"), _STOCK),
        "reserved": 0,
        "attributes": {},
    }


def _terms(tenant_id: str) -> list[Row]:
    plain = {"tenant_id": tenant_id, "position": 0, "name_zh": "商品", "name_en": "goods", "synonyms": []}
    return [
        {**plain, "kind": "category", "slug": CATEGORY, "categories": []},
        {**plain, "kind": "product_type", "slug": PRODUCT_TYPE, "categories": [CATEGORY]},
    ]


def _each(*names: str) -> Callable[[list[Row]], str]:
    return lambda rows: "\n".join("：".join(row[name] for name in names) for row in rows)


_TOPICS: Final[tuple[tuple[str, str, tuple[str, ...], Callable[[Any], str]], ...]] = (
    ("exchangeable", "可换货商品", ("exchange_request",), _each("description", "status")),
    ("gifts", "赠品", ("product_question", "price_promotion"), _each("name", "description")),
    ("materials", "辅材", ("product_question",), _each("name", "description")),
    ("installation", "安装说明", ("product_question", "technical_support"), str),
    ("repair", "维修说明", ("warranty_repair",), str),
    ("faults", "常见故障", ("technical_support", "warranty_repair"), _each("code", "name", "solution")),
)
"""What is asked about: the attribute, its title, whom it answers, and how it is said."""


_LONGEST_ID: Final = 64


def _articles(product: Node, product_id: str, told: dict[str, Any]) -> list[Article]:
    name = product.field("商品名称").text()
    found = []
    # Too long an id is refused with the product's own row.
    about = (product_id,) if len(product_id) <= _LONGEST_ID else ()
    for topic, title, intents, said in _TOPICS:
        if told[topic]:
            heading, body = f"{name} {title}", said(told[topic])
            found.append(
                Article(
                    f"product-{product_id}-{topic}".lower(), "product", intents, (CATEGORY,),
                    LocalText(heading, heading), LocalText(body, body), products=about,
                )
            )  # fmt: skip
    return found


def discount_article(discount: Node) -> Article:
    """The shop's running discount, as it is written: its amounts are conditions in words, and no coupon."""
    require_fields(discount, "discount")
    lines = []
    for detail in discount.field("详情").items():
        require_fields(detail, "discount detail")
        words = (detail.field(name).text() for name in detail.value)
        lines.append("；".join(words))
    title = discount.field("政策名称").text()
    body = "\n".join((discount.field("有效期").text(), *lines, discount.field("来源").text()))
    return Article(
        "discount",
        "policy",
        ("price_promotion", "coupon"),
        (),
        LocalText(title, title),
        LocalText(body, body),
    )
