"""Parcels and what their carriers say about them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from commerce.demo.data_files import load_table
from commerce.demo.timeline import Timeline
from commerce.domain.orders import TrackingState

Row = dict[str, Any]

# Carriers keep a parcel's steps for about half a year.
_KEPT_DAYS = 200
# Step, state, whether it happens at the destination, share of the way from shipping to delivery.
_STEPS = (
    ("picked_up", TrackingState.PICKED_UP, False, 0.0),
    ("departed", TrackingState.IN_TRANSIT, False, 0.12),
    ("arrived", TrackingState.IN_TRANSIT, True, 0.72),
    ("out_for_delivery", TrackingState.OUT_FOR_DELIVERY, True, 0.93),
    ("delivered", TrackingState.DELIVERED, True, 1.0),
)


class Parcels:
    """Makes shipments with numbers that no other has."""

    def __init__(self, rng: random.Random, now: datetime, tenant_id: str) -> None:
        self._rng = rng
        self._now = now
        self._tenant_id = tenant_id
        self._carriers: list[Row] = load_table("people")["carriers"]
        self._texts: dict[str, dict[str, str]] = load_table("tracking")
        self._cities = {place["city"]: place["city_en"] for place in load_table("places")}
        self._numbers: set[int] = set()
        self.shipments: list[Row] = []
        self.events: list[Row] = []

    def add(self, order_id: str, times: Timeline, city: str) -> None:
        """Does nothing for an order that has not shipped."""
        if times.shipped_at is None or times.final_delivery_at is None:
            return
        carrier = self._rng.choice(self._carriers)
        shipment_id = f"S{order_id[2:]}"
        self.shipments.append(
            {
                "tenant_id": self._tenant_id,
                "shipment_id": shipment_id,
                "order_id": order_id,
                "carrier_zh": carrier["zh"],
                "carrier_en": carrier["en"],
                "tracking_number": f"{carrier['code']}{self._number()}",
                "shipped_at": times.shipped_at,
                "expected_at": times.expected_at,
                "delivered_at": times.delivered_at,
                "attributes": {},
            }
        )
        if times.shipped_at > self._now - timedelta(days=_KEPT_DAYS):
            self._add_events(shipment_id, times.shipped_at, times.final_delivery_at, city)

    def _number(self) -> int:
        while (number := self._rng.randrange(10**11, 10**12)) in self._numbers:
            continue
        self._numbers.add(number)
        return number

    def _add_events(self, shipment_id: str, start: datetime, end: datetime, city: str) -> None:
        hub = self._texts["hub"]
        short = city.removesuffix("市")
        for position, (step, state, is_there, share) in enumerate(_STEPS):
            at = (start + (end - start) * share).replace(microsecond=0)
            if at > self._now:
                break
            text = self._texts[step]
            self.events.append(
                {
                    "tenant_id": self._tenant_id,
                    "shipment_id": shipment_id,
                    "position": position,
                    "at": at,
                    "state": state.value,
                    "place_zh": short if is_there else hub["zh"],
                    "place_en": self._cities[city] if is_there else hub["en"],
                    "text_zh": text["zh"].format(hub=hub["zh"], city=short),
                    "text_en": text["en"].format(hub=hub["en"], city=self._cities[city]),
                }
            )
