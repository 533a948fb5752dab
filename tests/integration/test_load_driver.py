"""The load driver's processes against real servers on loopback: one record for each request, whatever happens to it."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from aiohttp import web

from benchmarks.load.accuracy import starved
from benchmarks.load.driver import DriverResult, run, run_closed
from benchmarks.load.records import Planned, Record, Route
from benchmarks.load.reference_server import serving
from benchmarks.load.saturation import closed_step
from benchmarks.load.target import DriverNotStarted, Target, TargetUnreachable
from benchmarks.load.watch import dispatch_delays_s, verdict
from benchmarks.load.worker import ClosedLoop
from cluster.ray_local import free_port
from tests.children import kill_child
from tests.polling import eventually

OK = {"outcome": "answered", "rung": "composed", "timings_ms": {"total": 2.0}, "request_id": "req_1"}
DONE = b"event: done\ndata: " + orjson.dumps(OK) + b"\n\n"
DELTA = b'event: delta\ndata: {"text":"Hello."}\n\n'
CHUNK = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
HEADERS = {"shop": {"Authorization": "Bearer shop-key"}}


@dataclass(slots=True)
class Seen:
    """What the server saw. `gone` is set when a client left before its answer."""

    requests: list[tuple[str, float]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    connections: set[object] = field(default_factory=set)
    gone: threading.Event = field(default_factory=threading.Event)


async def _stream(
    request: web.Request, *pieces: bytes, gap_s: float = 0.0, is_cut: bool = False
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for piece in pieces:
        await response.write(piece)
        await asyncio.sleep(gap_s)
    if is_cut and request.transport is not None:
        request.transport.abort()
    return response


async def _drop(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


ANSWERS: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
    "ok": lambda request: _plain(OK),
    "degraded": lambda request: _plain(OK | {"outcome": "degraded", "rung": "acknowledgement"}),
    "busy": lambda request: _plain({"type": "overloaded"}, 429),
    "restarting": lambda request: _plain({"type": "unavailable"}, 503, {"Retry-After": "1"}),
    "down": lambda request: _plain({}, 503),
    "bug": lambda request: _plain({"error": {"type": "server_error"}}, 500),
    "list": lambda request: _plain([1, 2]),
    "odd": lambda request: _plain({"choices": 1, "kefu": 3}),
    "slow": lambda request: _plain(OK, after_s=0.5),
    "drop": _drop,
    "chat": lambda request: _stream(request, DELTA, DELTA, DONE, gap_s=0.15),
    "completions": lambda request: _stream(request, CHUNK, b"data: [DONE]\n\n", gap_s=0.1),
    "unfinished": lambda request: _stream(request, DELTA),
    "broken": lambda request: _stream(request, DELTA, gap_s=0.05, is_cut=True),
    "error": lambda request: _stream(request, DELTA, b'event: error\ndata: {"type":"deadline"}\n\n'),
    "hang": lambda request: _plain(OK, after_s=60.0),
}
EXPECTED = {
    "ok": ("answered", None),
    "degraded": ("degraded", None),
    "busy": ("shed", "status 429: overloaded"),
    "restarting": ("shed", "status 503: unavailable"),
    "down": ("failed", "status 503"),
    "bug": ("failed", "status 500: server_error"),
    "list": ("answered", None),
    "odd": ("failed", "the answer cannot be read: 'int' object has no attribute 'get'"),
    "slow": ("answered", None),
    "drop": ("failed", "the server closed the connection with no answer"),
    "chat": ("answered", None),
    "completions": ("answered", None),
    "unfinished": ("failed", "the stream ended without its end"),
    "broken": ("failed", "the connection broke in the middle of the answer"),
    "error": ("failed", "error event: deadline"),
    "hang": ("cancelled", "given up after 1 s"),
}


async def _plain(
    payload: object, status: int = 200, headers: dict[str, str] | None = None, after_s: float = 0.0
) -> web.StreamResponse:
    await asyncio.sleep(after_s)
    return web.Response(
        body=orjson.dumps(payload),
        status=status,
        headers={"Content-Type": "application/json"} | (headers or {}),
    )


def endpoint(seen: Seen) -> web.Application:
    """Answers as the last word of the path says; a conversation's first turn gets the id of its message."""

    async def answer(request: web.Request) -> web.StreamResponse:
        kind = request.path.rsplit("/", 1)[1]
        seen.requests.append((kind, time.monotonic()))
        seen.keys.add(request.headers.get("Authorization"))
        seen.connections.add(request.transport)
        if kind == "healthz":
            return web.Response()
        if kind == "talk":
            body = await request.json()
            seen.bodies.append(body)
            return await _plain(
                OK | {"conversation_id": body.get("conversation_id", f"of-{body['message']}")}
            )
        try:
            return await ANSWERS[kind](request)
        except asyncio.CancelledError:
            seen.gone.set()
            raise

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def url(seen: Seen) -> Iterator[str]:
    loop, started, port = asyncio.new_event_loop(), threading.Event(), free_port()

    async def serve() -> web.AppRunner:
        runner = web.AppRunner(endpoint(seen), handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        started.set()
        return runner

    def work() -> None:
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def plan_of(*requests: tuple[float, str]) -> tuple[Planned, ...]:
    plan = []
    for number, (at_s, path) in enumerate(requests):
        route: Route = "chat_stream" if path == "/chat" else "chat"
        body = orjson.dumps({"message": str(number)})
        plan.append(Planned(number, at_s, route, path, body, "shop", "x", "en", 1, number, 0))
    return tuple(plan)


def drive(
    plan: tuple[Planned, ...], url: str, folder: Path, *, processes: int = 1, patience_s: float = 5.0
) -> DriverResult:
    result = run(plan, Target(url, HEADERS), folder / "spool", processes=processes, patience_s=patience_s)
    assert [r.number for r in result.records] == [p.number for p in plan]
    return result


def await_records(spool: Path) -> None:
    """Until some dozens are there."""
    eventually(lambda: sum(file.stat().st_size for file in spool.glob("*")) > 5_000, within_s=30)


def latency_s(record: Record) -> float:
    assert record.end_s is not None
    return record.end_s - record.at_s


def test_every_fault_has_its_one_record(url: str, seen: Seen, tmp_path: Path) -> None:
    kinds = [kind for kind in EXPECTED for _ in range(3)]
    plan = plan_of(*((0.01 * place, f"/{kind}") for place, kind in enumerate(kinds)))
    result = drive(plan, url, tmp_path, processes=2, patience_s=1.0)
    assert result.is_complete and result.problem is None
    for record, kind in zip(result.records, kinds, strict=True):
        assert (kind, record.outcome, record.error) == (kind, *EXPECTED[kind])
        assert record.sent_s is not None and record.end_s is not None
    assert Counter(kind for kind, _ in seen.requests) == Counter(kinds) + Counter(["healthz"])
    assert seen.keys == {None, "Bearer shop-key"}
    assert sum(watch.sent for watch in result.watches) == len(plan)
    assert all(watch.lag_s and watch.cpu_share > 0 for watch in result.watches)


def test_a_stream_is_timed_at_its_first_text_and_its_end(url: str, tmp_path: Path) -> None:
    result = drive(plan_of((0.0, "/ok"), (0.2, "/chat"), (0.2, "/completions")), url, tmp_path)
    plain, chat, completions = result.records
    assert plain.first_s == plain.end_s
    assert chat.first_s is not None and chat.end_s is not None and completions.first_s is not None
    assert chat.end_s - chat.first_s == pytest.approx(0.3, abs=0.05)
    assert latency_s(completions) - (completions.first_s - completions.at_s) == pytest.approx(0.1, abs=0.05)
    assert (chat.pieces, chat.rung, chat.stages_ms) == (2, "composed", {"total": 2.0})


def test_arrivals_do_not_wait_for_answers(url: str, seen: Seen, tmp_path: Path) -> None:
    plan = plan_of(*((0.02 * number, "/slow") for number in range(20)))
    result = drive(plan, url, tmp_path)
    arrivals = [at for kind, at in seen.requests if kind == "slow"]
    assert arrivals[-1] - arrivals[0] == pytest.approx(0.38, abs=0.05)
    assert float(np.median(dispatch_delays_s(result.records))) < 0.001


def test_connections_are_kept(url: str, seen: Seen, tmp_path: Path) -> None:
    drive(plan_of(*((0.05 * number, "/ok") for number in range(20))), url, tmp_path)
    # One of them is the probe's.
    assert len(seen.connections) <= 4


def test_who_gives_up_closes_the_connection(url: str, seen: Seen, tmp_path: Path) -> None:
    result = drive(plan_of((0.0, "/hang")), url, tmp_path, patience_s=0.3)
    assert result.records[0].outcome == "cancelled"
    assert latency_s(result.records[0]) == pytest.approx(0.3, abs=0.1)
    assert seen.gone.wait(5)


def test_a_later_turn_waits_for_the_one_before_and_names_its_conversation(
    url: str, seen: Seen, tmp_path: Path
) -> None:
    first, second, third = plan_of((0.0, "/talk"), (0.05, "/slow"), (0.1, "/talk"))
    later = [replace(second, conversation=0, turn=1), replace(third, conversation=0, turn=2)]
    result = drive((first, *later), url, tmp_path)
    assert [body.get("conversation_id") for body in seen.bodies] == [None, "of-0"]
    # Sent half a second late, because of the turn before: the customer's wait, and none of the driver's doing.
    waited = result.records[2]
    assert waited.sent_s is not None and waited.due_s is not None
    assert latency_s(waited) > 0.4 and waited.sent_s - waited.due_s < 0.05


def test_a_stall_is_in_the_percentiles(tmp_path: Path) -> None:
    moments = [(0.01 * number, "/at-once") for number in range(300)]
    with serving() as url:
        result = drive(plan_of(*moments, (0.995, "/stall/1000")), url, tmp_path)
    latencies = [latency_s(record) for record in result.records]
    assert float(np.quantile(latencies, 0.5)) < 0.05
    assert float(np.quantile(latencies, 0.9)) == pytest.approx(0.7, abs=0.05)
    assert sum(latency > 0.5 for latency in latencies) == pytest.approx(50, abs=5)


def test_the_servers_own_clock_agrees(tmp_path: Path) -> None:
    moments = [(0.01 * number, f"/queue/{number}/5000") for number in range(200)]
    with serving() as url:
        result = drive(plan_of(*moments), url, tmp_path)
    off = []
    for record in result.records:
        assert record.server_s is not None and record.sent_s is not None
        received_s, answered_s = record.server_s
        assert record.sent_s <= received_s < answered_s
        assert answered_s - received_s >= 0.005
        off.append(latency_s(record) - (answered_s - received_s))
    assert min(off) > 0 and float(np.median(off)) < 0.003


def test_a_starved_driver_says_so(tmp_path: Path) -> None:
    # Needs a third of a core, and has a ninth of one.
    plan = plan_of(*((number / 1500, "/at-once") for number in range(3000)))
    with serving() as url, starved(busy=8, seconds=60):
        result = drive(plan, url, tmp_path)
    judged = verdict(result.watches, result.records, slo_s=0.1)
    assert judged.is_limit
    assert any("left late" in reason or "woke late" in reason for reason in judged.reasons)


def test_nothing_to_reach_is_told_before_the_run(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(TargetUnreachable, match="start the cluster with kefu up"):
        run(plan_of((0.0, "/ok")), Target(f"http://127.0.0.1:{free_port()}", {}), tmp_path / "spool")
    assert time.monotonic() - began < 3.5
    assert not (tmp_path / "spool").exists()


def test_a_target_that_dies_ends_the_run_early(tmp_path: Path) -> None:
    plan = plan_of(*((0.02 * number, "/at-once") for number in range(1500)))
    killed_at: list[float] = []

    def kill_it() -> None:
        await_records(tmp_path / "spool")
        kill_child("reference-server")
        killed_at.append(time.monotonic())

    with serving() as url:
        killer = threading.Thread(target=kill_it)
        killer.start()
        result = run(plan, Target(url, HEADERS), tmp_path / "spool", patience_s=5.0, silence_s=1.0)
    killer.join()
    assert time.monotonic() - killed_at[0] < 15
    assert not result.is_complete
    assert result.problem is not None and "answered nothing for 1 s" in result.problem
    outcomes = Counter(record.outcome for record in result.records)
    assert len(result.records) == 1500 and outcomes["answered"] > 10
    assert outcomes["answered"] + outcomes["failed"] == 1500
    assert result.records[-1].sent_s is None


def test_a_full_disk_ends_the_run_and_keeps_what_there_is(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "records-0.jsonl").symlink_to("/dev/full")
    plan = plan_of(*((0.01 * number, "/ok") for number in range(2000)))
    began = time.monotonic()
    result = drive(plan, url, tmp_path)
    assert time.monotonic() - began < 15
    assert not result.is_complete and result.problem is not None and "No space left" in result.problem
    outcomes = Counter(record.outcome for record in result.records)
    assert outcomes["answered"] > 10 and outcomes["cancelled"] > 1000


def test_a_stopped_run_keeps_what_there_is(url: str, seen: Seen, tmp_path: Path) -> None:
    plan = plan_of((0.0, "/ok"), (0.0, "/hang"), (60.0, "/ok"))
    result = run(
        plan,
        Target(url, HEADERS),
        tmp_path / "spool",
        stop=lambda: any(k == "hang" for k, _ in seen.requests),
    )
    assert (result.is_complete, result.problem) == (False, "the run was stopped")
    assert [r.outcome for r in result.records][1:] == ["cancelled", "cancelled"]
    assert result.records[1].sent_s is not None and result.records[2].sent_s is None


def test_a_killed_driver_process_ends_the_run_and_keeps_what_there_is(
    url: str, seen: Seen, tmp_path: Path
) -> None:
    plan = plan_of(*((0.01 * number, "/ok") for number in range(3000)))
    spool = tmp_path / "spool"

    def kill_one() -> None:
        await_records(spool)
        kill_child("driver-0")

    killer = threading.Thread(target=kill_one)
    killer.start()
    result = drive(plan, url, tmp_path, processes=2)
    killer.join()
    assert result.problem is not None and "died" in result.problem
    outcomes = Counter(record.outcome for record in result.records)
    assert outcomes["answered"] > 10 and outcomes["cancelled"] > 1000


def test_an_earlier_runs_folder_is_refused(url: str, tmp_path: Path) -> None:
    drive(plan_of((0.0, "/ok")), url, tmp_path)
    with pytest.raises(DriverNotStarted, match="give another folder"):
        drive(plan_of((0.0, "/ok")), url, tmp_path)


def test_a_closed_loop_has_as_many_at_once_as_users(url: str, tmp_path: Path) -> None:
    plan = plan_of(*((0.0, "/slow") for _ in range(100)))
    result = run_closed(plan, Target(url, HEADERS), tmp_path / "spool", ClosedLoop(4, 1.2), processes=2)
    # Three rounds of half a second each begin within 1.2 s.
    assert len(result.records) == 12
    assert {record.outcome for record in result.records} == {"answered"}
    assert all(0.45 < latency_s(record) < 0.8 for record in result.records)


def test_a_closed_step_counts_what_was_good(url: str, tmp_path: Path) -> None:
    plan = plan_of(*((0.0, "/slow") for _ in range(100)))
    target = Target(url, HEADERS)
    step = closed_step(plan, target, tmp_path / "wide", ClosedLoop(4, 1.2), slo_s=2.0)
    # Four users, three rounds of half a second each: twelve in the 1.5 s that they take.
    assert (step.users, step.requests, step.attainment, step.problem) == (4, 12, 1.0, None)
    assert step.goodput_per_s == pytest.approx(8.0, rel=0.1)
    missed = closed_step(plan, target, tmp_path / "tight", ClosedLoop(4, 0.3), slo_s=0.4)
    assert (missed.requests, missed.goodput_per_s, missed.attainment) == (4, 0.0, 0.0)
    short = closed_step(plan[:2], target, tmp_path / "short", ClosedLoop(4, 1.2), slo_s=2.0)
    assert short.problem is not None and "were sent before 1.2 s were over; plan more" in short.problem
