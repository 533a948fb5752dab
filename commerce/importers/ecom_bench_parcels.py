"""Parcels of ECom-Bench: what the carrier wrote down, in Chinese, at local times of China."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from commerce.domain.orders import TrackingState
from commerce.importers.ecom_bench_fields import require_fields
from commerce.importers.ecom_bench_goods import Row, one_of
from commerce.importers.reading import Node

ZONE: Final = "Asia/Shanghai"
_CARRIERS: Final = {"京东快递": "JD Express"}
_CREATED, _PAID, _DISPATCHED = "已创建", "已付款", "已出库"
_STATES: Final = {
    _CREATED: TrackingState.ANNOUNCED,
    _PAID: TrackingState.ANNOUNCED,
    _DISPATCHED: TrackingState.ANNOUNCED,
    "已揽收": TrackingState.PICKED_UP,
    "运输中": TrackingState.IN_TRANSIT,
    "已到达": TrackingState.IN_TRANSIT,
    "派送中": TrackingState.OUT_FOR_DELIVERY,
    "已签收": TrackingState.DELIVERED,
    "已送达": TrackingState.DELIVERED,
}
_ON_THE_ROAD: Final = frozenset(TrackingState) - {TrackingState.ANNOUNCED}


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    state: TrackingState
    status: str
    place: str
    text: str
    operator: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """`arrived_at` is what the record says, also of goods that have not left."""

    tracking_number: str
    carrier: str
    expected_at: datetime
    arrived_at: datetime | None
    recipient: dict[str, str]
    events: tuple[Event, ...]

    @property
    def placed_at(self) -> datetime | None:
        return self._first(event.at for event in self.events if event.status == _CREATED)

    @property
    def paid_at(self) -> datetime | None:
        return self._first(event.at for event in self.events if event.status == _PAID)

    @property
    def shipped_at(self) -> datetime | None:
        return self._first(event.at for event in self.events if event.state in _ON_THE_ROAD)

    @property
    def delivered_at(self) -> datetime | None:
        """When it was handed over, by the record or by its last event."""
        signed = (event.at for event in self.events if event.state is TrackingState.DELIVERED)
        return self.arrived_at or self._first(signed)

    @staticmethod
    def _first(times: Iterable[datetime]) -> datetime | None:
        return min(times, default=None)


def read_parcel(node: Node) -> Parcel:
    """Raises ImportInvalid."""
    require_fields(node, "parcel")
    recipient = node.field("收件人信息")
    require_fields(recipient, "recipient")
    arrived = node.field("实际送达时间")
    return Parcel(
        tracking_number=node.field("物流单号").text(),
        carrier=node.field("物流公司").text(),
        expected_at=_instant(node.field("预计送达时间")),
        arrived_at=None if arrived.value is None else _instant(arrived),
        recipient={
            "name": recipient.field("收件人姓名").text(),
            "phone": recipient.field("收件人电话").text(),
            "address": recipient.field("收件人地址").string(),
        },
        events=tuple(_event(event) for event in node.field("物流轨迹").items()),
    )


def shipment_rows(
    parcel: Parcel, order_id: str, tenant_id: str, *, is_delivered: bool
) -> tuple[Row, list[Row]]:
    """The shipment, and its tracking_events. Goods that are not delivered have no time of delivery, whatever was reported."""
    attributes: dict[str, Any] = {
        "recipient": parcel.recipient,
        "events": [{"status": event.status, "operator": event.operator} for event in parcel.events],
    }
    if parcel.arrived_at is not None and not is_delivered:
        attributes["reported_arrival"] = parcel.arrived_at.isoformat()
    shipment = {
        "tenant_id": tenant_id,
        "shipment_id": order_id,
        "order_id": order_id,
        "carrier_zh": parcel.carrier,
        "carrier_en": _CARRIERS.get(parcel.carrier, parcel.carrier),
        "tracking_number": parcel.tracking_number,
        "shipped_at": parcel.shipped_at,
        "expected_at": parcel.expected_at,
        "delivered_at": parcel.delivered_at if is_delivered else None,
        "attributes": attributes,
    }
    events = [
        {
            "tenant_id": tenant_id,
            "shipment_id": order_id,
            "position": position,
            "at": event.at,
            "state": event.state.value,
            "place_zh": event.place,
            "place_en": event.place,
            "text_zh": event.text,
            "text_en": event.text,
        }
        for position, event in enumerate(parcel.events, start=1)
    ]
    return shipment, events


def _event(node: Node) -> Event:
    is_odd = isinstance(node.value, dict) and "status" in node.value
    require_fields(node, "event as one record names it" if is_odd else "event")
    status, place, operator = (
        node.field("status" if is_odd else "状态"),
        node.field("位置"),
        node.field("操作人"),
    )
    return Event(
        at=_instant(node.field("时间")),
        state=one_of(status, _STATES),
        status=status.text(),
        place="" if place.value is None else place.text(),
        text=node.field("描述").text(),
        operator=None if operator.value is None else operator.text(),
    )


def _instant(node: Node) -> datetime:
    try:
        local = datetime.fromisoformat(node.text())
    except ValueError:
        raise node.fail(f"{node.value!r} is no time such as 2025-04-07 14:00:00") from None
    if local.tzinfo is None:
        local = local.replace(tzinfo=ZoneInfo(ZONE))
    return local.astimezone(UTC)
