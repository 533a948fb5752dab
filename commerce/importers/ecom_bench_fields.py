"""Every field of ECom-Bench's records, and where it goes. A record with another field is refused: it would be lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commerce.importers.reading import Node

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "product": {
        "商品ID": "products.product_id",
        "商品名称": "products.name_zh",
        "商品状态": "variants.stock",
        "商品价格": "variants.price_minor",
        "商品描述": "products.description_zh",
        "可换货商品": "products.attributes.exchangeable, articles",
        "赠品信息": "products.attributes.gifts, articles",
        "辅材材料": "products.attributes.materials, articles",
        "安装说明": "products.attributes.installation, articles",
        "维修说明": "products.attributes.repair, articles",
        "常见故障": "products.attributes.faults, articles",
    },
    "exchangeable": {
        "商品ID": "products.attributes.exchangeable.product_id",
        "商品描述": "products.attributes.exchangeable.description",
        "商品状态": "products.attributes.exchangeable.status",
    },
    "gift": {
        "赠品名称": "products.attributes.gifts.name",
        "赠品描述": "products.attributes.gifts.description",
    },
    "material": {
        "辅材名称": "products.attributes.materials.name",
        "辅材描述": "products.attributes.materials.description",
    },
    "material as some records name it": {
        "name": "products.attributes.materials.name",
        "description": "products.attributes.materials.description",
    },
    "fault": {
        "故障代码": "products.attributes.faults.code",
        "故障名称": "products.attributes.faults.name",
        "故障解决方案": "products.attributes.faults.solution",
    },
    "user": {
        "用户ID": "customers.customer_id",
        "电话号码": "customers.phone",
        "用户姓名": "customers.name",
        "性别": "customers.attributes.gender",
        "年龄": "customers.attributes.age",
        "电子卡余额": "payment_methods.balance_minor",
        "地址信息": "addresses",
    },
    "home": {
        "国家": "addresses.country",
        "省份": "addresses.region",
        "城市": "addresses.city",
        "区县": "addresses.district",
        "详细地址": "addresses.street",
    },
    "order": {
        "用户ID": "orders.customer_id",
        "订单ID": "orders.order_id",
        "订单状态": "orders.state, orders.attributes.status",
        "订单总金额": "payments.amount_minor, orders.discount_minor",
        "是否加急": "orders.attributes.is_urgent",
        "订单商品列表": "order_lines",
        "收货地址": "orders.address",
        "支付方式": "payments.method",
    },
    "line": {
        "商品ID": "order_lines.product_id",
        "单价": "order_lines.unit_price_minor",
        "数量": "order_lines.quantity",
    },
    "destination": {
        "收件人姓名": "orders.address.recipient",
        "电话号码": "orders.address.phone",
        "国家": "orders.address.country",
        "省份": "orders.address.region",
        "城市": "orders.address.city",
        "区县": "orders.address.district",
        "详细地址": "orders.address.street",
    },
    "parcel": {
        "物流单号": "shipments.tracking_number",
        "物流公司": "shipments.carrier_zh",
        "预计送达时间": "shipments.expected_at",
        "实际送达时间": "shipments.delivered_at; of goods that are not delivered shipments.attributes.reported_arrival",
        "收件人信息": "shipments.attributes.recipient",
        "物流轨迹": "tracking_events",
    },
    "recipient": {
        "收件人姓名": "shipments.attributes.recipient.name",
        "收件人电话": "shipments.attributes.recipient.phone",
        "收件人地址": "shipments.attributes.recipient.address",
    },
    "event": {
        "时间": "tracking_events.at",
        "状态": "tracking_events.state, shipments.attributes.events.status",
        "位置": "tracking_events.place_zh",
        "描述": "tracking_events.text_zh",
        "操作人": "shipments.attributes.events.operator",
    },
    "event as one record names it": {
        "时间": "tracking_events.at",
        "status": "tracking_events.state, shipments.attributes.events.status",
        "位置": "tracking_events.place_zh",
        "描述": "tracking_events.text_zh",
        "操作人": "shipments.attributes.events.operator",
    },
    "invoice": {
        "订单ID": "invoices.order_id",
        "发票类型": "invoices.kind, orders.attributes.invoice.kind",
        "发票抬头": "invoices.title",
        "电话号码": "orders.attributes.invoice.phone",
    },
    "discount": {
        "政策名称": "articles.title_zh, tenants.attributes.discount",
        "有效期": "articles.body_zh, tenants.attributes.discount",
        "详情": "articles.body_zh, tenants.attributes.discount",
        "来源": "articles.body_zh, tenants.attributes.discount",
    },
    "discount detail": {
        "类型": "articles.body_zh, tenants.attributes.discount",
        "描述": "articles.body_zh, tenants.attributes.discount",
        "示例": "articles.body_zh, tenants.attributes.discount",
        "备注": "articles.body_zh, tenants.attributes.discount",
    },
    "service": {
        "服务类型": "orders.attributes.service.kind",
        "店铺ID": "tenants.attributes.shop_id",
        "用户ID": "orders.attributes.service.customer_id",
        "订单ID": "orders.attributes.service.order_id",
        "平台": "tenants.attributes.platform",
        "电话号码": "orders.attributes.service.phone",
        "用户姓名": "orders.attributes.service.name",
        "预约日期": "orders.attributes.service.appointment",
    },
}
"""By kind of record. A parcel, a service or an invoice of an order that is not among the orders is whole in
`customers.attributes.without_order` of the customer that it names.
"""

OPTIONAL: Final = frozenset({"示例", "备注"})


def require_fields(node: Node, kind: str) -> None:
    """Exactly the fields of that kind. Raises ImportInvalid."""
    names = set(FIELDS[kind])
    node.only(names - OPTIONAL, frozenset(names & OPTIONAL))
