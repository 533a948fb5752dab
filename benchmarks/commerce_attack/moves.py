"""Which event or action somebody tries next: mostly one that may well be allowed, sometimes one that can't be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from pydantic import TypeAdapter

from benchmarks.commerce_attack.glance import Glance, LineSeen
from benchmarks.commerce_attack.shops import COUPONS, CUSTOMERS, NORTH, PRICES, methods_of
from commerce.domain.actions import ActionKind, Arguments, arguments_from
from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.order_events import AnyOrderEvent, EventKind, OrderEvent

_EVENTS: TypeAdapter[OrderEvent] = TypeAdapter(AnyOrderEvent)
_PLACES: Final = {
    NORTH.tenant_id: (("浙江省", "CN"), ("西藏自治区", "CN"), ("上海市", "CN"), ("香港", "CN")),
}
_ABROAD: Final = (("NY", "US"), ("NV", "US"), ("Ontario", "CA"))
UNLISTED: Final = "visa-4242"
"""A method that no account lists."""
_DECLINED: Final = 0.4


def event_for(chance: Random, seen: Glance, now: datetime) -> OrderEvent:
    """The next one on the order's way, or one out of turn."""
    kinds = _NEXT[seen.state]
    if chance.random() < 0.05:
        kinds = tuple(EventKind)
    elif (seen.refunds and chance.random() < 0.4) or (seen.taken and chance.random() < _DECLINED):
        kinds = (EventKind.SETTLED,)
    elif seen.missing_minor > 0 and chance.random() < 0.3:
        kinds = (EventKind.PAID,)
    kind = chance.choice(kinds)
    at = now - timedelta(seconds=chance.choice((0, 0, 1, 3600)))
    said = _EVENT_PARTS[kind](chance, seen)
    return _EVENTS.validate_python({"event": kind, "at": at, **said})


_NEXT: Final[dict[str | None, tuple[EventKind, ...]]] = {
    None: (EventKind.PLACED,),
    "pending_payment": (*(EventKind.PAID,) * 20, EventKind.CLOSED),
    "paid": (EventKind.PACKED, EventKind.PACKED, EventKind.SHIPPED),
    "packed": (EventKind.SHIPPED,),
    "shipped": (*(EventKind.DELIVERED,) * 14, *(EventKind.TRACKED,) * 7, EventKind.CAME_BACK),
    "delivered": (EventKind.TRACKED,),
    "cancelled": (EventKind.PAID,),
    "return_requested": (EventKind.TRACKED,),
    "exchange_requested": (EventKind.TRACKED,),
    "returned": (EventKind.TRACKED,),
}


def _placed(chance: Random, seen: Glance) -> dict[str, Any]:
    chosen = [chance.choice(sorted(PRICES)) for _ in range(chance.choice((1, 1, 2, 3)))]
    items, goods = [], 0
    for variant_id in chosen:
        # Also another price than today's: it was agreed.
        price = max(0, PRICES[variant_id] + chance.choice((0, 0, 5_00, -1)))
        quantity = chance.choice((1, 1, 2, 3))
        goods += price * quantity
        items.append({"variant_id": variant_id, "quantity": quantity, "unit_price_minor": price})
    discount, fee = chance.choice(((0, 0), (0, 8_00), (goods // 7, 8_00), (goods, 8_00)))
    return {
        "customer_id": seen.owner,
        "items": items,
        "discount_minor": discount,
        "shipping_fee_minor": fee,
        "address": _address(chance, seen),
    }


def _paid(chance: Random, seen: Glance) -> dict[str, Any]:
    whole = seen.total_minor if seen.missing_minor <= 0 else seen.missing_minor
    total = max(1, whole) + (chance.choice((-1, 1)) if chance.random() < 0.03 else 0)
    methods = [*methods_of(seen.owner), UNLISTED]
    if chance.random() < 0.05:
        methods = list(methods_of(chance.choice(CUSTOMERS)))
    chosen = chance.sample(methods, chance.choice((1, 1, 2, 3)))
    parts = []
    for place, method_id in enumerate(chosen):
        is_last = place == len(chosen) - 1
        amount = max(1, total if is_last else chance.choice((total // 2, total // 3, 1)))
        total -= amount
        service = {"service": "visa_card"} if method_id == UNLISTED else {}
        parts.append({"method_id": method_id, "amount_minor": amount, **service})
    return {"parts": parts}


def _shipped(chance: Random, _seen: Glance) -> dict[str, Any]:
    return {"carrier_zh": "快递", "carrier_en": "Express", "tracking_number": f"Q{chance.randrange(10**9)}"}


def _tracked(chance: Random, _seen: Glance) -> dict[str, Any]:
    said = {"place_zh": "杭州", "place_en": "Hangzhou", "text_zh": "已到达", "text_en": "arrived"}
    return said | {"state": chance.choice(("in_transit", "out_for_delivery", "problem"))}


def _settled(chance: Random, seen: Glance) -> dict[str, Any]:
    if seen.taken and (not seen.refunds or chance.random() < 0.5):
        return {
            "payment_id": chance.choice(seen.taken),
            "status": "failed" if chance.random() < 0.9 else "succeeded",
        }
    payment_id = chance.choice(seen.refunds) if seen.refunds else "T-none"
    return {"payment_id": payment_id, "status": chance.choice(("succeeded", "succeeded", "failed"))}


_EVENT_PARTS: Final[dict[EventKind, Callable[[Random, Glance], dict[str, Any]]]] = {
    EventKind.PLACED: _placed,
    EventKind.PAID: _paid,
    EventKind.PACKED: lambda _chance, _seen: {},
    EventKind.SHIPPED: _shipped,
    EventKind.TRACKED: _tracked,
    EventKind.DELIVERED: lambda _chance, _seen: {},
    EventKind.CAME_BACK: lambda chance, _seen: {"is_sellable": chance.random() < 0.5},
    EventKind.CLOSED: lambda _chance, _seen: {},
    EventKind.SETTLED: _settled,
}


def action_for(chance: Random, seen: Glance) -> Arguments:
    """One that the order's state may allow, or any."""
    kinds = _ACTIONS.get(seen.state or "", ()) if chance.random() < 0.93 else tuple(ActionKind)
    if seen.has_failed and chance.random() < 0.3:
        kinds = (ActionKind.RETRY_REFUND,)
    kind = chance.choice(kinds or tuple(ActionKind))
    said = _ARGUMENTS[kind](chance, seen)
    return arguments_from({"action": kind.value, "order_id": seen.order_id, **said})


_BEFORE: Final = (ActionKind.CHANGE_ITEMS, ActionKind.CHANGE_ADDRESS, ActionKind.CANCEL)
_CLOSING: Final = (ActionKind.COMPLETE_CASE, ActionKind.COMPLETE_CASE, ActionKind.REFUSE_CASE)
_ACTIONS: Final[dict[str, tuple[ActionKind, ...]]] = {
    "pending_payment": (*(ActionKind.APPLY_COUPON,) * 4, *_BEFORE),
    "paid": (
        *_BEFORE,
        ActionKind.CHANGE_ITEMS,
        ActionKind.CHANGE_PAYMENT,
        ActionKind.REFUND,
        ActionKind.URGE_SHIPMENT,
        ActionKind.REISSUE_INVOICE,
    ),
    "packed": (*_BEFORE, ActionKind.REFUND, ActionKind.URGE_SHIPMENT),
    "shipped": (ActionKind.REFUND, ActionKind.URGE_SHIPMENT, ActionKind.OPEN_COMPLAINT),
    "delivered": (
        ActionKind.RETURN,
        ActionKind.RETURN,
        ActionKind.EXCHANGE,
        ActionKind.EXCHANGE,
        ActionKind.REFUND,
        ActionKind.REPORT_PROBLEM,
        ActionKind.REPAIR,
        ActionKind.REISSUE_INVOICE,
        ActionKind.COMPLETE_CASE,
    ),
    "cancelled": (ActionKind.RETRY_REFUND, ActionKind.OPEN_COMPLAINT),
    "return_requested": (*_CLOSING, *_CLOSING, ActionKind.REFUND),
    "exchange_requested": (*_CLOSING, *_CLOSING, ActionKind.REFUND),
    "returned": (ActionKind.RETRY_REFUND, ActionKind.REFUND),
}


def _cancel(chance: Random, _seen: Glance) -> dict[str, Any]:
    return {"reason": chance.choice(list(CancelReason))}


def _address(chance: Random, seen: Glance) -> dict[str, Any]:
    region, country = chance.choice(_PLACES.get(seen.tenant_id, _ABROAD))
    return {
        "recipient": "李静",
        "phone": "",
        "region": region,
        "city": "A",
        "street": "1",
        "country": country,
    }


def _method(chance: Random, seen: Glance) -> str:
    draw = chance.random()
    if draw < 0.04:
        return UNLISTED
    return chance.choice(methods_of(seen.owner if draw < 0.92 else chance.choice(CUSTOMERS)))


def _some(chance: Random, seen: Glance) -> list[LineSeen]:
    if not seen.lines:
        return [LineSeen("L-none", "P0", "V0a", 1, 1)]
    return chance.sample(seen.lines, chance.randint(1, len(seen.lines)))


def _pieces(chance: Random, line: LineSeen) -> int:
    if chance.random() < 0.08:
        return line.left + 1
    return chance.choice((max(1, line.left), chance.randint(1, max(1, line.left))))


def _items(chance: Random, seen: Glance) -> list[dict[str, Any]]:
    return [{"line_id": line.line_id, "quantity": _pieces(chance, line)} for line in _some(chance, seen)]


def _changes(chance: Random, seen: Glance) -> dict[str, Any]:
    items = []
    for line in _some(chance, seen):
        others = [f"V{line.product_id[1:]}{letter}" for letter in "abc"]
        variant_id = chance.choice(others if chance.random() < 0.95 else sorted(PRICES))
        items.append({"line_id": line.line_id, "quantity": _pieces(chance, line), "variant_id": variant_id})
    return {"items": items, "method_id": _method(chance, seen)}


def _why_back(chance: Random) -> dict[str, Any]:
    reason = chance.choice(("no_reason", "no_reason", "fault", "damaged"))
    return {"reason": reason, "is_condition_met": chance.choice((True, True, False, None))}


def _return(chance: Random, seen: Glance) -> dict[str, Any]:
    method = {"method_id": _method(chance, seen)} if chance.random() < 0.6 else {}
    return {"items": _items(chance, seen), **_why_back(chance), **method}


def _refund(chance: Random, seen: Glance) -> dict[str, Any]:
    if chance.random() < 0.5:
        whole = [{"line_id": line.line_id, "quantity": line.quantity} for line in _some(chance, seen)]
        return {"items": whole, "reason": "price_protection"}
    amount = chance.choice((1, 5_00, 50_00, 50_01))
    return {"items": _items(chance, seen), "reason": "goodwill", "amount_minor": amount}


def _problem(chance: Random, seen: Glance) -> dict[str, Any]:
    problem = chance.choice(("damaged", "missing", "wrong_item", "fault"))
    wants = chance.choice(("refund", "replacement"))
    return {"items": _items(chance, seen), "problem": problem, "wants": wants, "words": "坏了"}


def _invoice(chance: Random, _seen: Glance) -> dict[str, Any]:
    return {"kind": chance.choice(("electronic", "paper")), "title": f"T{chance.randrange(4)}"}


def _coupon(chance: Random, seen: Glance) -> dict[str, Any]:
    mine = [*seen.coupons, "SCARCE", "TENTH", "SHOES"]
    return {"coupon_id": chance.choice(mine if chance.random() < 0.9 else COUPONS)}


def _case(chance: Random, seen: Glance) -> str:
    return chance.choice(seen.cases) if seen.cases else "R-none"


_ARGUMENTS: Final[dict[ActionKind, Callable[[Random, Glance], dict[str, Any]]]] = {
    ActionKind.CANCEL: _cancel,
    ActionKind.CHANGE_ADDRESS: lambda chance, seen: {"address": _address(chance, seen)},
    ActionKind.CHANGE_ITEMS: _changes,
    ActionKind.CHANGE_PAYMENT: lambda chance, seen: {"method_id": _method(chance, seen)},
    ActionKind.RETURN: _return,
    ActionKind.EXCHANGE: lambda chance, seen: _changes(chance, seen) | _why_back(chance),
    ActionKind.REFUND: _refund,
    ActionKind.RETRY_REFUND: lambda chance, seen: (
        {"method_id": _method(chance, seen)} if chance.random() < 0.5 else {}
    ),
    ActionKind.REPORT_PROBLEM: _problem,
    ActionKind.REPAIR: lambda chance, seen: {"items": _items(chance, seen)[:1], "words": "坏了"},
    ActionKind.REISSUE_INVOICE: _invoice,
    ActionKind.URGE_SHIPMENT: lambda _chance, _seen: {},
    ActionKind.APPLY_COUPON: _coupon,
    ActionKind.OPEN_COMPLAINT: lambda _chance, _seen: {"words": "太慢"},
    ActionKind.COMPLETE_CASE: lambda chance, seen: {
        "case_id": _case(chance, seen),
        "is_sellable": chance.random() < 0.7,
    },
    ActionKind.REFUSE_CASE: lambda chance, seen: {"case_id": _case(chance, seen), "words": "不符合"},
}
