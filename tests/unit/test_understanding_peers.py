"""The comparison with other servers, without any: what counts as an answer, which rung is a server's, what the bounds say."""

import asyncio
import json
import math
from itertools import cycle
from typing import Any

import pytest

from benchmarks.understanding_peers import client
from benchmarks.understanding_peers.answers import fault
from benchmarks.understanding_peers.client import Broken, Plan, drive, requests, response, written
from benchmarks.understanding_peers.climb import bodies
from benchmarks.understanding_peers.figures import (
    Rung,
    best,
    is_climbed,
    percentile,
    ratio,
    spread,
    texts_per_s,
    verdict,
)
from benchmarks.understanding_peers.result import result, share_of_limit
from benchmarks.understanding_peers.rounds import Measured, order
from benchmarks.understanding_peers.setups import DOCUMENTED, KEFU, OURS, WITH_OUR_RUNTIME

READING: dict[str, Any] = {
    "intent": "order_status",
    "probability": 0.9,
    "decision": "route",
    "top": [],
    "language": "en",
    "sentiment": {"label": "neutral", "score": 0.1},
    "entities": [{"type": "phone", "text": "1", "value": "1", "start": 0, "end": 1}],
}


def rung(connections: int, rate: float, p99_ms: float, **errors: int) -> Rung:
    return Rung(connections, 100, rate, p99_ms / 2, p99_ms, errors)


def answer(*readings: dict[str, Any]) -> bytes:
    return json.dumps({"results": readings}).encode()


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.99) == math.inf


def test_the_best_rung_is_within_the_bound_and_without_errors() -> None:
    rungs = [rung(1, 50, 20), rung(8, 120, 199), rung(16, 150, 201), rung(32, 160, 150, Broken=1)]
    assert best(rungs, 200) is rungs[1]
    assert texts_per_s(rungs, 200) == 120
    assert texts_per_s(rungs[2:], 200) == 0


def test_a_rung_without_answers_is_not_within_the_bound() -> None:
    assert best([Rung(1, 0, 0.0, 0.0, 0.0, {})]) is None


def test_a_ladder_ends_after_two_rungs_in_a_row_over_the_bound() -> None:
    over, within = rung(8, 100, 300), rung(4, 100, 100)
    assert not is_climbed([over])
    assert not is_climbed([over, within])
    assert not is_climbed([within, over])
    assert is_climbed([within, over, over])


def test_an_answer_has_every_text_read_in_the_shared_shape() -> None:
    assert fault(200, answer(READING, READING), 2) is None
    assert fault(200, json.dumps([READING]).encode(), 1) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"intent": "nonsense"}, "intent"),
        ({"probability": 1.5}, "probability"),
        ({"probability": None}, "shape"),
        ({"sentiment": {"label": "glad", "score": 0.5}}, "sentiment"),
        ({"sentiment": {"label": "neutral"}}, "sentiment"),
        ({"entities": [{"type": "phone"}]}, "entity"),
        ({"entities": None}, "shape"),
    ],
)
def test_a_malformed_reading_is_an_error(changed: dict[str, Any], said: str) -> None:
    assert said in (fault(200, answer(READING | changed), 1) or "")


def test_what_is_no_answer_says_why() -> None:
    assert fault(503, answer(READING), 1) == "status 503"
    assert fault(200, b"<html>", 1) == "not JSON"
    assert fault(200, b"{}", 1) == "not one reading a text"
    assert fault(200, answer(READING), 2) == "not one reading a text"
    assert fault(200, answer({}), 1) == "a reading of another shape"


def test_bodies_hold_the_texts_once_and_only_whole_batches() -> None:
    sent = [json.loads(body)["texts"] for body in bodies(["a", "b", "包裹", "d", "e"], 2)]
    assert sent == [["a", "b"], ["包裹", "d"]]


def test_rounds_go_forwards_backwards_backwards_forwards() -> None:
    visits = [[setup.name for number, setup in order(4) if number == turn] for turn in range(4)]
    assert visits[0][0] == visits[3][0] == KEFU
    assert visits[1] == visits[0][::-1]
    assert visits[2] == visits[3][::-1]
    ours = {setup.name for setup in WITH_OUR_RUNTIME}
    assert ours <= set(visits[1]) and not ours & set(visits[2])


def test_figures_of_rounds_are_medians_with_their_range() -> None:
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "least": 1.0, "most": 3.0}
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(3.0, 0.0) is None


def test_a_bound_is_met_at_its_value_and_never_by_nothing() -> None:
    assert verdict("x", 1.5, 1.5)["is_met"] is True
    assert verdict("x", 1.499, 1.5)["is_met"] is False
    assert verdict("x", None, 1.5)["is_met"] is False


def test_the_share_is_of_the_best_batch_size_and_leaves_out_rungs_with_errors() -> None:
    ladders = [[rung(1, 80, 400), rung(2, 90, 900), rung(4, 99, 900, Broken=1)]]
    found = share_of_limit(ladders, [{"1": 70.0, "8": 100.0, "32": 95.0}])
    assert found["limit"]["batch_size"] == 8
    assert found["share"] == 0.9
    assert found["share_by_round"] == [0.9]


def test_the_bounds_compare_with_the_best_documented_peer() -> None:
    rates = {setup.name: 100.0 + place for place, setup in enumerate(DOCUMENTED)}
    rates |= {setup.name: 500.0 for setup in WITH_OUR_RUNTIME} | {OURS.name: 315.0}
    singles = {name: [[rung(8, rate, 100)]] * 4 for name, rate in rates.items()}
    found = result(Measured(singles, [[rung(1, 85, 100)]], [{"32": 100.0}]))
    assert found["documented"]["best_peer"] == DOCUMENTED[-1].name
    assert found["documented"]["times_the_best"] == 3.0
    assert found["our_runtime_in_peers"]["times_the_best"] == 0.63
    assert [bound["is_met"] for bound in found["bounds"]] == [True, True]


def test_a_result_is_json_even_where_nothing_answered() -> None:
    dead = [[Rung(1, 0, 0.0, math.inf, math.inf, {"Broken": 9})]]
    singles = {setup.name: dead for setup in (OURS, *DOCUMENTED, *WITH_OUR_RUNTIME)}
    found = result(Measured(singles, dead, [{"32": 100.0}]))
    json.dumps(found, allow_nan=False)
    assert found["servers"][KEFU]["errors"] == 9
    assert [bound["is_met"] for bound in found["bounds"]] == [False, False]


def plan(connections: int) -> Plan:
    return Plan(1, "/understand", {"Authorization": "Bearer k"}, bodies(["hello"], 1), 1, connections, 0.2)


def replying(*replies: tuple[int, bytes] | Exception) -> type:
    """A connection that has these in turn instead of a server's."""
    turn = cycle(replies)

    class Replying:
        def __init__(self, port: int) -> None:
            self.port = port

        async def exchange(self, request: bytes) -> tuple[int, bytes]:
            await asyncio.sleep(0.001)
            reply = next(turn)
            if isinstance(reply, Exception):
                raise reply
            return reply

        def close(self) -> None:
            pass

    return Replying


async def test_the_client_counts_answers_and_each_kind_of_error(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = (
        (200, answer(READING)),
        (200, b"[]"),
        (503, b""),
        Broken("IncompleteReadError"),
        TimeoutError(),
    )
    monkeypatch.setattr(client, "RAMP_S", 0.0)
    monkeypatch.setattr(client, "Connection", replying(*replies))
    tally = await drive(plan(2))
    assert tally.answered >= tally.requests > 0
    assert len(tally.latencies_ms) == tally.answered
    expected = {"not one reading a text", "status 503", "Broken: IncompleteReadError", "TimeoutError"}
    assert set(tally.errors) == expected
    assert json.loads(written(tally))["errors"] == tally.errors


async def test_what_comes_in_the_ramp_is_in_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "RAMP_S", 0.2)
    monkeypatch.setattr(client, "Connection", replying((200, answer(READING))))
    tally = await drive(plan(1))
    assert 0 < tally.requests <= len(tally.latencies_ms) < tally.answered


async def received(data: bytes) -> tuple[int, bytes]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await response(reader)


async def test_a_response_is_read_by_its_length() -> None:
    head = b"HTTP/1.1 200 OK\r\nserver: x\r\nContent-Length: 2\r\n\r\n"
    assert await received(head + b"[]and more") == (200, b"[]")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]",
        b"HTTP/1.1 XYZ\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_what_is_no_whole_response_is_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        await received(data)


def test_requests_say_their_length_in_bytes() -> None:
    sent = requests(Plan(8000, "/understand", {"Authorization": "Bearer k"}, ['"包裹"'], 1, 1, 1.0))
    head, body = sent[0].split(b"\r\n\r\n")
    assert body.decode() == '"包裹"'
    assert b"Content-Length: 8" in head and b"Authorization: Bearer k" in head
