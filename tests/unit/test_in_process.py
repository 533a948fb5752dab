"""The in-process service: real parts in one process, at a time of its own."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.in_process.clients import NoMetrics, Readings
from benchmarks.in_process.service import in_process
from benchmarks.in_process.shops import Shop, import_tau2
from commerce.domain.identity import Principal
from deployments.errors import StageFailed
from deployments.lookups import Asked, LookUps
from deployments.stages import StageTimer
from models.types import Entity, Found, SearchRequest, Sentiment, Understood
from routing.deadline import Deadline
from routing.facts import Needs
from tests.tau2_shop import a_shop

AT = datetime(2024, 5, 15, 19, 0, tzinfo=UTC)
HMM = Understood("greeting_thanks", 0.99, "route", (), "en", Sentiment("neutral", 0.0), ())


@pytest.fixture
def small(tmp_path: Path) -> Shop:
    path = tmp_path / "db.json"
    path.write_text(json.dumps(a_shop()))
    return Shop("small", AT, path, import_tau2)


async def test_a_turn_is_answered_and_stored_at_the_shops_own_time(tmp_path: Path, small: Shop) -> None:
    async with in_process(tmp_path / "home", (small,), profile="fake", is_trained=False) as service:
        finished = await service.turn("small", "ann_1", "where is my parcel")
        stored = await service.store.conversation(
            Principal("small", "ann_1"), finished.conversation_id, limit=1
        )
    assert finished.reply.answer
    assert stored.turns[0].at == AT


async def test_facts_are_of_the_time_that_was_handed_in(tmp_path: Path, small: Shop) -> None:
    async with in_process(tmp_path / "home", (small,), profile="fake", is_trained=False) as service:
        look_ups = LookUps(service.store, service.stages, StageTimer(time.monotonic, NoMetrics()), lambda: AT)
        snapshot = await service.snapshots.shop("small")
        asked = Asked(
            Principal("small", "ann_1"), "hmm", snapshot, Deadline.after(time.monotonic(), 60.0), {}
        )
        found = await look_ups.facts(asked, HMM, Needs())
    assert found.now == AT


class OneSearch:
    """Fails every search; `requests` are what it was asked."""

    def __init__(self) -> None:
        self.requests: list[SearchRequest] = []

    async def search(self, request: SearchRequest, timeout_s: float) -> Found:
        self.requests.append(request)
        raise StageFailed("retrieval", "EngineFailed: it was programmed to fail")


async def test_articles_and_what_it_is_asked_like_are_one_search_whose_failure_is_told(
    tmp_path: Path, small: Shop
) -> None:
    retrieval = OneSearch()
    of_a_vase = replace(HMM, entities=(Entity("product", "vase", "vase", 12, 16),))
    message = "what is the vase made of"
    async with in_process(tmp_path / "home", (small,), profile="fake", is_trained=False) as service:
        stages = replace(service.stages, retrieval=retrieval)  # type: ignore[arg-type]
        look_ups = LookUps(service.store, stages, StageTimer(time.monotonic, NoMetrics()), lambda: AT)
        snapshot = await service.snapshots.shop("small")
        asked = Asked(Principal("small"), message, snapshot, Deadline.after(time.monotonic(), 60.0), {})
        found = await look_ups.facts(asked, of_a_vase, Needs(passages=2))
        again = await look_ups.facts(asked, of_a_vase, Needs(passages=2), known=found)
    assert [(each.query, each.asked) for each in retrieval.requests] == [(message, "what is the it made of")]
    assert found.missing == again.missing == ("retrieval: failed",)
    assert "asked" not in asked.timings_ms


async def test_orders_that_are_known_are_not_read_again_in_one_turn(tmp_path: Path, small: Shop) -> None:
    needs = Needs(orders=True)
    unknown = replace(HMM, entities=(Entity("order_number", "KF1", "KF1", 0, 3),))
    async with in_process(tmp_path / "home", (small,), profile="fake", is_trained=False) as service:
        look_ups = LookUps(service.store, service.stages, StageTimer(time.monotonic, NoMetrics()), lambda: AT)
        snapshot = await service.snapshots.shop("small")

        def asked() -> Asked:
            deadline = Deadline.after(time.monotonic(), 60.0)
            return Asked(Principal("small", "ann_1"), "hmm", snapshot, deadline, {})

        first, second, third = asked(), asked(), asked()
        found = await look_ups.facts(first, HMM, needs)
        again = await look_ups.facts(second, HMM, needs, known=found)
        not_found = await look_ups.facts(asked(), unknown, needs)
        without_number = await look_ups.facts(third, HMM, needs, known=not_found)
    assert ("orders" in first.timings_ms, "orders" in second.timings_ms) == (True, False)
    assert len(found.orders) > 1 and again.orders == found.orders
    assert not_found.is_order_unknown and "orders" in third.timings_ms
    assert without_number.orders == found.orders


async def test_a_remembered_message_is_not_read_again(tmp_path: Path, small: Shop) -> None:
    readings: Readings = {"hmm": HMM}
    async with in_process(
        tmp_path / "home", (small,), profile="fake", readings=readings, is_trained=False
    ) as service:
        finished = await service.turn("small", "ann_1", "hmm")
        await service.turn("small", "ann_1", "where is my parcel")
    assert finished.reply.understood.intent == "greeting_thanks"
    assert set(readings) == {"hmm", "where is my parcel"}


async def test_a_conversation_goes_on(tmp_path: Path, small: Shop) -> None:
    async with in_process(tmp_path / "home", (small,), profile="fake", is_trained=False) as service:
        first = await service.turn("small", "ann_1", "where is my parcel")
        second = await service.turn("small", "ann_1", "thank you", first.conversation_id)
        stored = await service.store.conversation(
            Principal("small", "ann_1"), second.conversation_id, limit=5
        )
    assert second.conversation_id == first.conversation_id
    assert [turn.message for turn in stored.turns] == ["where is my parcel", "thank you"]


async def test_a_shop_without_its_data_says_so(tmp_path: Path, small: Shop) -> None:
    assert small.is_there
    assert not replace(small, data=tmp_path / "gone.json").is_there
