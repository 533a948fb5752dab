"""The rows that a question is about: the first that fit what it asks for, in the order of their ids."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from benchmarks.answers.errors import QuestionInvalid
from benchmarks.answers.questions import (
    CustomerWanted,
    OrderWanted,
    ProductWanted,
    Question,
    VariantWanted,
)
from benchmarks.answers.rows import Shopper, ShopRows
from benchmarks.answers.views import Chosen, LineView, OrderView, ProductView
from commerce.domain.catalogue import Variant
from commerce.domain.orders import Order
from commerce.domain.returns import Remedy, ReturnReason

T = TypeVar("T")


def choose(question: Question, rows: ShopRows) -> Chosen:
    """The question's rows. QuestionInvalid where the shop has none that fit."""
    chosen = Chosen(rows)
    if question.order is not None:
        order, line = _order(question, question.order, rows)
        shopper = rows.shoppers[order.of.customer_id]
        chosen = Chosen(rows, shopper, order, line, product=line.product)
    elif question.customer is not None:
        chosen = Chosen(rows, _customer(question, question.customer, rows))
    if question.other is not None:
        other = _other(question, question.other, rows, chosen.shopper)
        chosen = Chosen(rows, chosen.shopper, chosen.order, chosen.line, other, chosen.product)
    if question.product is not None:
        product = _product(question, question.product, rows)
        chosen = Chosen(rows, chosen.shopper, chosen.order, chosen.line, chosen.other, product)
    if question.variant is not None:
        variant = _variant(question, question.variant, chosen.product)
        chosen = Chosen(
            rows, chosen.shopper, chosen.order, chosen.line, chosen.other, chosen.product, variant
        )
    return chosen


def _order(question: Question, wanted: OrderWanted, rows: ShopRows) -> tuple[OrderView, LineView]:
    fitting = (
        (view, line)
        for view in (OrderView(rows, order) for order in rows.orders)
        if _fits_order(view, wanted)
        for line in [_line(view, wanted)]
        if line is not None
    )
    return _nth(fitting, wanted.nth, question, "order")


def _other(question: Question, wanted: OrderWanted, rows: ShopRows, shopper: Shopper | None) -> OrderView:
    fitting = (
        view
        for view in (OrderView(rows, order) for order in rows.orders)
        if (shopper is None or view.of.customer_id != shopper.id) and _fits_order(view, wanted)
    )
    return _nth(fitting, wanted.nth, question, "order of another customer")


def _fits_order(view: OrderView, wanted: OrderWanted) -> bool:
    order, own = view.of, view.rows.of[view.of.customer_id]
    tests: list[tuple[object, Callable[[], bool]]] = [
        (wanted.state, lambda: view.state in _several(wanted.state)),
        (wanted.only, lambda: (len(own) == 1) is wanted.only),
        (wanted.only_open, lambda: ([o for o in own if o.is_open] == [order]) is wanted.only_open),
        (wanted.only_in_state, lambda: ([o for o in own if o.state is order.state] == [order]) is wanted.only_in_state),
        (wanted.newest, lambda: (own[0] == order) is wanted.newest),
        (wanted.lines, lambda: len(order.lines) == wanted.lines),
        (wanted.min_lines, lambda: len(order.lines) >= (wanted.min_lines or 0)),
        (wanted.method, lambda: view.method in _several(wanted.method)),
        (wanted.delivered_days, lambda: _is_between(_days_since(view, order.delivered_at), wanted.delivered_days)),
        (wanted.expected, lambda: _expected(view) == wanted.expected),
        (wanted.last_event, lambda: _last_event(view) == wanted.last_event),
        (wanted.refunded, lambda: (view.refunded is not None) is wanted.refunded),
        (wanted.discounted, lambda: (order.discount_minor > 0) is wanted.discounted),
        (wanted.has_shipping_fee, lambda: (order.shipping_fee_minor > 0) is wanted.has_shipping_fee),
        (wanted.is_late, lambda: view.is_late is wanted.is_late),
        (wanted.insured, lambda: bool(order.attributes.get("has_freight_insurance")) is wanted.insured),
        (wanted.invoiced, lambda: (view.invoice is not None) is wanted.invoiced),
        (wanted.urgent, lambda: bool(order.attributes.get("is_urgent")) is wanted.urgent),
        (wanted.has_shipment, lambda: bool(order.shipments) is wanted.has_shipment),
    ]  # fmt: skip
    return all(holds() for asked, holds in tests if asked is not None)


def _line(view: OrderView, wanted: OrderWanted) -> LineView | None:
    return next((line for line in view.lines if _fits_line(line, wanted)), None)


def _fits_line(line: LineView, wanted: OrderWanted) -> bool:
    tests: list[tuple[object, Callable[[], bool]]] = [
        (wanted.category, lambda: line.of.category in _several(wanted.category)),
        (wanted.sale_class, lambda: line.of.sale_class.value == wanted.sale_class),
        (wanted.sized, lambda: (line.size is not None) is wanted.sized),
        (wanted.option, lambda: wanted.option in line.options),
        (wanted.returnable, lambda: line.decision().is_eligible is wanted.returnable),
        (wanted.exchangeable, lambda: line.decision(Remedy.EXCHANGE).is_eligible is wanted.exchangeable),
        (wanted.faulty_returnable, lambda: line.decision(reason=ReturnReason.FAULT).is_eligible is wanted.faulty_returnable),
        (wanted.line_unique, lambda: _is_unique(line) is wanted.line_unique),
        (wanted.name_says, lambda: str(wanted.name_says) in line.name.zh + line.name.en),
        (wanted.has, lambda: bool(line.product.attributes.get(str(wanted.has)))),
    ]  # fmt: skip
    return all(holds() for asked, holds in tests if asked is not None)


def _is_unique(line: LineView) -> bool:
    orders: Sequence[Order] = line.rows.of[line.order.customer_id]
    return sum(one.product_id == line.of.product_id for order in orders for one in order.lines) == 1


def _product(question: Question, wanted: ProductWanted, rows: ShopRows) -> ProductView:
    fitting = (
        view
        for view in (ProductView(product) for product in rows.products.values())
        if _fits_product(view, wanted, rows)
    )
    return _nth(fitting, wanted.nth, question, "product")


def _fits_product(view: ProductView, wanted: ProductWanted, rows: ShopRows) -> bool:
    product, variants = view.of, view.of.variants
    stocked = (
        {True: "all", False: "some"}[all(v.stock for v in variants)]
        if any(v.stock for v in variants)
        else "none"
    )
    prices = {variant.price_minor for variant in variants}
    tests: list[tuple[object, Callable[[], bool]]] = [
        (wanted.category, lambda: product.category in _several(wanted.category)),
        (wanted.type, lambda: product.product_type == wanted.type),
        (wanted.in_stock, lambda: stocked == wanted.in_stock),
        (wanted.has, lambda: bool(product.attributes.get(str(wanted.has)))),
        (wanted.sale_class, lambda: product.sale_class.value == wanted.sale_class),
        (wanted.own_brand, lambda: product.is_own_brand is wanted.own_brand),
        (wanted.one_price, lambda: (len(prices) == 1) is wanted.one_price),
        (wanted.several_prices, lambda: (len(prices) > 1) is wanted.several_prices),
        (wanted.sized, lambda: all(v.size for v in variants) is wanted.sized),
        (wanted.coloured, lambda: all(v.colour for v in variants) is wanted.coloured),
        (wanted.min_variants, lambda: len(variants) >= (wanted.min_variants or 0)),
        (wanted.name_says, lambda: str(wanted.name_says) in product.name.zh + product.name.en),
        (wanted.model_unique, lambda: _is_only_model(view, rows) is wanted.model_unique),
        (wanted.says, lambda: str(wanted.says) in str(product.attributes)),
    ]  # fmt: skip
    return bool(variants) and all(holds() for asked, holds in tests if asked is not None)


def _is_only_model(view: ProductView, rows: ShopRows) -> bool:
    return sum(ProductView(product).model == view.model for product in rows.products.values()) == 1


def _variant(question: Question, wanted: VariantWanted, product: ProductView | None) -> Variant:
    if product is None:
        raise QuestionInvalid(f"question {question.id}: a variant needs a product or an order")
    fitting = [v for v in product.variants if wanted.in_stock is None or (v.stock > 0) is wanted.in_stock]
    if wanted.cheapest:
        fitting.sort(key=lambda variant: variant.price_minor)
    return _nth(fitting, wanted.nth, question, "variant")


def _customer(question: Question, wanted: CustomerWanted, rows: ShopRows) -> Shopper:
    fitting = (
        shopper
        for shopper in rows.shoppers.values()
        if wanted.level in {None, shopper.level}
        and wanted.plus in {None, shopper.is_plus}
        and wanted.has_points in {None, shopper.points > 0}
        and wanted.has_gift_card in {None, bool(shopper.gift_card and shopper.gift_card.amount_minor)}
    )
    return _nth(fitting, wanted.nth, question, "customer")


def _nth(fitting: Iterable[T], nth: int, question: Question, what: str) -> T:
    found = 0
    for one in fitting:
        found += 1
        if found == nth:
            return one
    raise QuestionInvalid(
        f"question {question.id}: the shop has {found} fitting {what}s, and it asks for number {nth}"
    )


def _several(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value]


def _is_between(value: int | None, ends: tuple[int, int] | None) -> bool:
    return value is not None and ends is not None and ends[0] <= value <= ends[1]


def _days_since(view: OrderView, at: datetime | None) -> int | None:
    zone = ZoneInfo(view.rows.tenant.zone)
    if at is None:
        return None
    return (view.rows.shop.now.astimezone(zone).date() - at.astimezone(zone).date()).days


def _expected(view: OrderView) -> str | None:
    days = _days_since(view, view.shipment.expected_at) if view.shipment else None
    return None if days is None else "past" if days > 0 else "today" if days == 0 else "later"


def _last_event(view: OrderView) -> str | None:
    return view.shipment.events[0].state.value if view.shipment and view.shipment.events else None
