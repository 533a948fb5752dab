"""Values for tests: a shop, its policy, orders, readings. Each builder's defaults make a plain, valid case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.catalogue import ProductHit, SaleClass
from commerce.domain.customers import Address
from commerce.domain.identity import ApiKeyRole, Principal
from commerce.domain.money import shares
from commerce.domain.orders import Order, OrderLine, OrderState, Shipment, TrackingEvent, TrackingState
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from commerce.store import Store
from models.types import Entity, IntentScore, Passage, Sentiment, Understood
from models.types.understanding import Decision, Language
from routing.facts import Facts

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in the shop's zone
TENANT = Tenant("demo", LocalText("青禾商城", "Qinghe Mall"), "zh-CN", "Asia/Shanghai", "CNY")
ADDRESS = Address("A1", "王芳", "13800000000", "浙江省", "杭州市", "西湖区", "文三路1号", "310000", "CN")


def understood(
    intent: str = "order_status",
    language: Language = "zh",
    decision: Decision = "route",
    probability: float = 0.95,
    entities: tuple[Entity, ...] = (),
    top: tuple[IntentScore, ...] | None = None,
) -> Understood:
    """A reading."""
    scores = top if top is not None else (IntentScore(intent, probability),)
    return Understood(intent, probability, decision, scores, language, Sentiment("neutral", 0.0), entities)


def line(category: str = "womens_clothing", name: LocalText | None = None, **changes: object) -> OrderLine:
    """One order line."""
    plain = OrderLine(
        line_id="L1", product_id="P1", variant_id="V1",
        name=name or LocalText("短款羽绒服", "short down jacket"), category=category,
        sale_class=SaleClass.STANDARD, colour="red", size="M", options={}, quantity=1,
        unit_price_minor=59_900, currency="CNY",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def discounted(lines: tuple[OrderLine, ...], discount_minor: int) -> tuple[OrderLine, ...]:
    """The lines with their shares of it."""
    off = shares(discount_minor, [each.total.amount_minor for each in lines])
    return tuple(replace(each, discount_minor=share) for each, share in zip(lines, off, strict=True))


def order(
    order_id: str = "KF260000000001",
    state: OrderState = OrderState.SHIPPED,
    lines: tuple[OrderLine, ...] | None = None,
    **changes: object,
) -> Order:
    """An order in that state, paid two days ago and shipped yesterday as far as the state says so."""
    was_shipped = state in {OrderState.SHIPPED, OrderState.DELIVERED}
    shipped_at = NOW - timedelta(days=1) if was_shipped else None
    delivered_at = NOW - timedelta(hours=2) if state is OrderState.DELIVERED else None
    shipment = Shipment(
        "S1", LocalText("青禾速递", "Qinghe Express"), "QH531000000001", shipped_at, NOW + timedelta(days=2), delivered_at,
        (TrackingEvent(NOW - timedelta(hours=5), TrackingState.IN_TRANSIT, LocalText("杭州", "Hangzhou"),
                       LocalText("已到达杭州转运中心", "Arrived at the Hangzhou hub")),),
    )  # fmt: skip
    plain = Order(
        order_id=order_id, customer_id="C1", state=state, lines=lines or (line(),), goods_minor=59_900,
        discount_minor=0, shipping_fee_minor=0, currency="CNY", address=ADDRESS, placed_at=NOW - timedelta(days=2),
        paid_at=None if state is OrderState.PENDING_PAYMENT else NOW - timedelta(days=2), packed_at=None,
        shipped_at=shipped_at, delivered_at=delivered_at, cancelled_at=None, payments=(),
        shipments=(shipment,) if was_shipped else (),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def passage(
    body: str = "签收次日起7天内可以无理由退货。商品需完好。运费由买家承担。",
    quote: str | None = None,
    article_id: str = "return-window",
    intents: tuple[str, ...] = ("return_policy",),
    title: str = "退货期限",
) -> Passage:
    """A passage whose quote is its first sentence unless another is given."""
    first = body.split("。")[0] + "。" if "。" in body else body.split(". ")[0] + "."
    return Passage(article_id, 1, title, quote or first, body, 0.9, "policy", intents, ())


def hit(name: LocalText | None = None, **changes: object) -> ProductHit:
    """A red down jacket in stock."""
    plain = ProductHit(
        "P1", "V1", name or LocalText("短款羽绒服", "short down jacket"), "down_jacket", "womens_clothing", "red", "M",
        59_900, "CNY", 8, 12,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def facts(**changes: object) -> Facts:
    """Facts of a signed-in customer of the demonstration shop."""
    return replace(Facts(NOW, TENANT, DEMO_POLICY, True), **changes)  # type: ignore[arg-type]


async def new_key(store: Store, tenant_id: str, role: ApiKeyRole) -> str:
    """An API key of the shop."""
    return (await store.issue_api_key(Principal(tenant_id, operator_id="shell:1"), role)).value
