"""Customers and their addresses."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commerce.demo.data_files import load_table
from commerce.demo.latent import BEHAVIOURS, CustomerType
from commerce.domain.customers import MemberLevel

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the generator knows them: `type`, `is_woman` and `tastes` are not in the database."""

    customer: Row
    home: Row
    type: CustomerType
    is_woman: bool
    tastes: tuple[str, ...]

    @property
    def customer_id(self) -> str:
        return str(self.customer["customer_id"])


_TASTE_WEIGHTS = {
    "electronics": 7, "phones": 6, "appliances": 5, "womens_clothing": 10, "mens_clothing": 7, "shoes": 7, "bags": 5,
    "beauty": 9, "food": 9, "baby": 5, "sports": 6, "home": 8, "books": 5, "toys": 4, "jewelry": 4, "pets": 5,
}  # fmt: skip


def people(rng: random.Random, now: datetime, tenant_id: str, count: int) -> list[Person]:
    """`count` customers; the shares of the types are nearly exact. The first two are the ones to show."""
    maker = _PersonMaker(rng, now, tenant_id, count)
    types = [kind for kind, model in BEHAVIOURS.items() for _ in range(round(model.share * count))]
    types += [CustomerType.OCCASIONAL] * (count - len(types))
    rng.shuffle(types)
    types[:2] = [CustomerType.OCCASIONAL] * 2
    return [maker.make(index, kind) for index, kind in enumerate(types[:count])]


class _PersonMaker:
    def __init__(self, rng: random.Random, now: datetime, tenant_id: str, count: int) -> None:
        self._rng = rng
        self._now = now
        self._tenant_id = tenant_id
        self._names: dict[str, list[str]] = load_table("people")
        self._places: list[Row] = load_table("places")
        self._place_weights = [place["weight"] for place in self._places]
        self._ids = rng.sample(range(100_000, 1_000_000), count)
        # 100 to 199: prefixes that no carrier has given out, so that no invented number is anybody's.
        self._phones = rng.sample(range(100_000_000), count)

    def make(self, index: int, kind: CustomerType) -> Person:
        rng = self._rng
        behaviour = BEHAVIOURS[kind]
        is_shown = index < 2
        is_woman = is_shown or rng.random() < 0.56
        is_foreign = not is_shown and rng.random() < 0.06
        name = self._name(is_woman, is_foreign)
        customer_id = f"C{self._ids[index]}"
        phone = f"100{self._phones[index]:08d}"
        # Registered some time before the first possible order, but for the new ones.
        ago = behaviour.first_days + (2 if kind is CustomerType.NEW else rng.randint(5, 900))
        customer: Row = {
            "tenant_id": self._tenant_id,
            "customer_id": customer_id,
            "name": name,
            "email": f"{customer_id.lower()}@example.com",
            "phone": phone,
            "language": "en" if is_foreign else "zh",
            "level": MemberLevel.ORDINARY.value,
            "is_plus": rng.random() < behaviour.plus_share,
            "points": 0,
            "registered_at": self._now - timedelta(days=ago, minutes=rng.randrange(1440)),
            "attributes": {},
        }
        return Person(
            customer,
            self._home(customer_id, name, phone),
            kind,
            is_woman,
            self._tastes(is_woman, behaviour.categories),
        )

    def _name(self, is_woman: bool, is_foreign: bool) -> str:
        names, rng = self._names, self._rng
        if is_foreign:
            return f"{rng.choice(names['english_given'])} {rng.choice(names['english_surnames'])}"
        return rng.choice(names["surnames"]) + rng.choice(names["women" if is_woman else "men"])

    def _home(self, customer_id: str, name: str, phone: str) -> Row:
        rng = self._rng
        (place,) = rng.choices(self._places, self._place_weights)
        street = f"{rng.choice(self._names['streets'])}{rng.randint(1, 399)}号"
        house = f"{rng.choice(self._names['estates'])}{rng.randint(1, 20)}栋{rng.randint(101, 2805)}室"
        return {
            "tenant_id": self._tenant_id,
            "address_id": f"A{customer_id[1:]}",
            "customer_id": customer_id,
            "recipient": name,
            "phone": phone,
            "region": place["region"],
            "city": place["city"],
            "district": rng.choice(place["districts"]),
            "street": street + house,
            "postcode": place["postcode"],
            "country": "CN",
            "is_default": True,
        }

    def _tastes(self, is_woman: bool, count: int) -> tuple[str, ...]:
        weights = dict(_TASTE_WEIGHTS)
        other = "mens_clothing" if is_woman else "womens_clothing"
        weights[other] //= 5
        if not is_woman:
            weights["beauty"] //= 4
            weights["jewelry"] //= 3
        chosen: dict[str, None] = {}
        while len(chosen) < count:
            chosen[self._rng.choices(tuple(weights), tuple(weights.values()))[0]] = None
        return tuple(chosen)
