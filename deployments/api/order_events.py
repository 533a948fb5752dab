"""What the shop's own systems tell of its orders: placed, paid, packed, shipped, seen on its way, delivered, settled."""

from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request

from commerce.domain.access import Permission
from commerce.domain.identity import ApiKey
from commerce.domain.order_events import AnyOrderEvent
from deployments.api.actions import CommitOut, Key
from deployments.api.caller import key_dependency
from deployments.api.service import Service

OrderId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
_EXAMPLES = {
    "shipped": {
        "value": {
            "event": "shipped",
            "at": "2026-11-22T10:00:00+08:00",
            "carrier_zh": "青禾速递",
            "carrier_en": "Qinghe Express",
            "tracking_number": "QH531000000001",
        }
    },
    "settled": {
        "value": {
            "event": "settled",
            "at": "2026-11-23T09:30:00+08:00",
            "payment_id": "T-5f0c3a1b9d7e2468",
            "status": "succeeded",
        }
    },
    "a payment that an action took was declined": {
        "value": {
            "event": "settled",
            "at": "2026-11-23T09:30:00+08:00",
            "payment_id": "T-6d1b2c0e8f3a5794",
            "status": "failed",
        }
    },
    "what an order lacks since then was paid": {
        "value": {
            "event": "paid",
            "at": "2026-11-23T11:05:00+08:00",
            "parts": [{"method_id": "M-20418-1", "amount_minor": 2500}],
        }
    },
}


def add_order_events(app: FastAPI, service: Service) -> None:
    """Add `POST /v1/orders/{order}/events`."""
    key_of = key_dependency(service, Permission.TELL_OF_ORDERS)

    # Examples by way of `Body` would lose the union's discriminator, and a bad field be told of another event.
    @app.post(
        "/v1/orders/{order_id}/events",
        tags=["orders"],
        response_model=CommitOut,
        openapi_extra={"requestBody": {"content": {"application/json": {"examples": _EXAMPLES}}}},
    )
    async def record(
        order_id: OrderId,
        event: AnyOrderEvent,
        key: Key,
        request: Request,
        caller: Annotated[ApiKey, Depends(key_of)],
    ) -> CommitOut:
        """Record one event of an order, with a shop's or an operator's key. The same key again changes nothing."""
        done = await service.record_order_event(
            caller.tenant_id, order_id, event, key, request.state.request_id
        )
        return CommitOut(action_id=done.action_id, made=list(done.made), is_repeat=done.is_repeat)
