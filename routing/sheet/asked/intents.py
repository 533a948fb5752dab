"""The intents that facts are asked for under."""

from __future__ import annotations

from typing import Final

from routing.sheet.asked.kinds import asked_kinds

# The intent that a kind is asked under.
INTENT_OF: Final = {
    "order.tracking": "logistics_tracking",
    "order.expected": "logistics_tracking",
    "order.latest_event": "logistics_tracking",
    "order.delivered": "logistics_tracking",
    "order.ships_on": "order_status",
    "order.placed": "order_status",
    "order.shipped": "order_status",
    "order.cancelled": "order_status",
    "line.paid": "refund_status",
    "order.refund_to": "refund_status",
    "order.state": "order_status",
    "order.cancellable": "cancel_order",
    "order.changeable": "modify_order",
    "line.exchangeable": "exchange_request",
    "line.fault_until": "return_request",
    "order.price_protection": "price_promotion",
    "product.restock": "stock_availability",
    "shop.late": "urge_shipment",
    "shop.invoice_reissue": "invoice",
    "shop.warranty": "warranty_repair",
    "shop.complaint": "complaint",
    "line.return_until": "return_request",
    "order.contents": "order_status",
    "order.address": "order_status",
    "line.options": "order_status",
    "order.total": "payment_problem",
    "order.method": "payment_problem",
    "order.discount": "payment_problem",
    "order.shipping_fee": "payment_problem",
    "line.price": "payment_problem",
    "order.refund": "refund_status",
    "order.invoice": "invoice",
    "line.warranty": "warranty_repair",
    "customer.points": "membership_points",
    "customer.level": "membership_points",
    "customer.gift_card": "membership_points",
    "customer.coupon": "coupon",
    "shop.shipping_fee": "delivery_policy",
    "shop.remote": "delivery_policy",
    "shop.excluded": "delivery_policy",
    "shop.return_window": "return_policy",
    "shop.refund_card": "refund_status",
    "shop.refund_chain": "refund_status",
    "shop.pickup_fee": "return_policy",
    "shop.return_condition": "return_policy",
    "shop.exchanges": "return_policy",
    "shop.delivery_time": "delivery_policy",
    "shop.cutoff": "delivery_policy",
    "shop.gift_wrap": "price_promotion",
    "shop.unpaid": "place_order_help",
    "shop.hours": "human_agent",
    "shop.invoice": "invoice",
    "shop.price_protection": "price_promotion",
    "shop.points": "membership_points",
    "shop.levels": "membership_points",
    "shop.repair_time": "warranty_repair",
    "shop.cancel_reasons": "cancel_order",
    "shop.cancelling": "cancel_order",
    "shop.changing": "modify_order",
    "product.faults": "technical_support",
    "product.repair": "warranty_repair",
    "product.exchangeable": "exchange_request",
    "shop.cash_on_delivery": "payment_problem",
    "shop.instalments": "payment_problem",
    "shop.promotion": "price_promotion",
    "shop.methods": "payment_problem",
    "product.price": "price_promotion",
    "product.stock": "stock_availability",
    "product.gifts": "price_promotion",
    "product.description": "product_question",
    "product.variants": "product_question",
    "product.installation": "technical_support",
    "product.materials": "product_question",
}
# What every shop is asked, however it sounds to a model that was trained on others.
OF_THE_SHOP: Final = frozenset(
    "shop.promotion shop.shipping_fee shop.cash_on_delivery shop.instalments shop.invoice shop.return_window shop.excluded "
    "shop.remote shop.refund_card shop.refund_chain shop.pickup_fee shop.exchanges shop.delivery_time shop.gift_wrap "
    "shop.cutoff shop.unpaid shop.points shop.levels shop.repair_time shop.return_condition customer.points customer.level "
    "customer.gift_card customer.coupon".split()
)
# Nobody asks these of what they have not bought, whatever the message sounds like.
OF_OWN_ORDERS: Final = frozenset(
    "order.total order.method order.discount order.refund order.tracking order.contents order.invoice order.address "
    "line.price order.delivered".split()
)


def intent_by_words(message: str) -> str | None:
    """The intent under which the first fact is asked for; None where the words ask for none."""
    return next((INTENT_OF[kind] for kind in asked_kinds(message) if kind in INTENT_OF), None)
