"""A busy run: persons are told to every door of a cluster that takes text, good requests and bad ones."""

import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import httpx

from benchmarks.leaks.identities import Identity
from benchmarks.leaks.talk import by_the_way, told

_AT_ONCE: Final = 8
_TIMEOUT_S: Final = 60.0
_SAID: Final = "order_status"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a cluster is, and its keys, as serve.json holds them."""

    base_url: str
    api_key: str
    operator_key: str
    customer_token: str
    order_ids: tuple[str, ...]


class Planting:
    """Counts what was sent, by door and status."""

    def __init__(self, doors: Doors, seed: int) -> None:
        self._doors = doors
        self._seed = seed
        self._client = httpx.Client(base_url=doors.base_url, timeout=_TIMEOUT_S)
        self.sent: dict[str, int] = {}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def people(self, people: Sequence[Identity]) -> None:
        """Persons who are no customers, told by customers and by nobody in particular."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._person, range(len(people)), people))

    def customers(self, people: Sequence[tuple[Identity, str]]) -> None:
        """Customers with their tokens, who name themselves by the way."""
        for person, token in people:
            for turns in by_the_way(person):
                self._talk(turns, {"X-Customer-Token": token})
            self._feedback(f"{person.name}的{person.phone}收不到验证码", {"X-Customer-Token": token})

    def _person(self, number: int, person: Identity) -> None:
        rng = random.Random(self._seed * 1_000_003 + number)
        talks = told(person, number, rng)
        for place, turns in enumerate(talks):
            self._talk(turns, {"X-Customer-Token": self._doors.customer_token} if place % 2 else {})
        first = talks[0][0]
        self._post("completions", "/v1/chat/completions", _completion("kefu", first))
        self._post("engine", "/v1/chat/completions", _completion("kefu/small", first), self._operator())
        self._post("understand", "/v1/understand", {"texts": [turn for turns in talks for turn in turns]})
        for turns in talks[:2]:
            self._feedback(turns[0], {})
        self._complain(number, talks[number % 3][0])
        self._stumble(person, first)

    def _talk(self, turns: tuple[str, ...], headers: dict[str, str]) -> None:
        conversation: dict[str, str] = {}
        for turn in turns:
            answer = self._post("chat", "/v1/chat", {"message": turn, **conversation}, headers)
            conversation = {"conversation_id": answer.json()["conversation_id"]}

    def _feedback(self, text: str, headers: dict[str, str]) -> None:
        self._post("feedback", "/v1/feedback", {"text": text, "intent": _SAID}, headers)

    def _complain(self, number: int, words: str) -> None:
        order_id = self._doors.order_ids[number % len(self._doors.order_ids)]
        wanted = {"action": "open_complaint", "order_id": order_id, "words": words}
        headers = {"X-Customer-Token": self._doors.customer_token}
        proposed = self._post("propose", "/v1/actions/propose", wanted, headers).json()
        body = {"arguments": wanted, "confirmation_token": proposed["confirmation_token"]}
        key = {"Idempotency-Key": f"leak-{self._seed}-{number}"}
        # Of two complaints of one order at once, the second's proposal is stale.
        self._post("action", "/v1/actions", body, headers | key, {200, 409})

    def _stumble(self, person: Identity, text: str) -> None:
        """What is refused is told too, in errors and logs."""
        refused = {400, 401, 404, 422}
        customer = {"X-Customer-Token": self._doors.customer_token}
        self._send("order", "GET", f"/v1/orders/{person.phone}", customer, refused)
        self._send("segment", "GET", f"/v1/segments/{person.name}", {}, refused)
        self._send("route", "GET", f"/v1/{person.mail}", {}, refused)
        self._send("search", "GET", "/v1/knowledge/search", {}, {200}, params={"q": text})
        self._post("no chat", "/v1/chat", {"message": text, "who": person.name}, {}, refused)
        self._post("no conversation", "/v1/chat", {"message": text, "conversation_id": "none"}, {}, refused)
        self._post("no model", "/v1/chat/completions", _completion(person.name, text), {}, refused)
        self._send("no token", "GET", "/v1/orders/KF1", {"X-Customer-Token": person.mail}, refused)
        half = json.dumps({"message": text}, ensure_ascii=False).encode()[:-1]
        self._send("half", "POST", "/v1/chat", {}, refused, content=half)

    def _post(
        self,
        door: str,
        path: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
        expected: set[int] | None = None,
    ) -> httpx.Response:
        return self._send(door, "POST", path, headers or {}, expected or {200}, json=body)

    def _send(
        self, door: str, method: str, path: str, headers: dict[str, str], expected: set[int], **options: Any
    ) -> httpx.Response:
        keyed = {"Authorization": f"Bearer {self._doors.api_key}"} | headers
        response = self._client.request(method, path, headers=keyed, **options)
        if response.status_code not in expected:
            raise RuntimeError(f"{door}: {response.status_code} {response.text[:300]}")
        self.sent[door] = self.sent.get(door, 0) + 1
        return response

    def _operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._doors.operator_key}"}


def _completion(model: str, text: str) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


def plant(doors: Doors, seed: int, work: Callable[[Planting], None]) -> dict[str, int]:
    """Do `work`; how many requests went through each door."""
    planting = Planting(doors, seed)
    try:
        work(planting)
    finally:
        planting.close()
    return planting.sent
