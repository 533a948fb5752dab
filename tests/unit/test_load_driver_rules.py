"""What the load driver decides without a socket: outcomes, events, its own verdict, and when a run or a search ends."""

import errno
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.load import queue_theory
from benchmarks.load.driver import recover, split
from benchmarks.load.records import DriverWatch, Planned, Record, Route
from benchmarks.load.saturation import Step, search
from benchmarks.load.spool import Spool, read_spool, spool_file
from benchmarks.load.target import Target, TargetNotLocal
from benchmarks.load.watch import NO_DESCRIPTORS, DriverVerdict, verdict
from benchmarks.load.wire import Reading, SseParser, classify, transport_reason, with_conversation

CHAT_STREAM = (
    b'event: meta\ndata: {"intent":"x","request_id":"req_1"}\n\n'
    b":\n\n"
    b'event: rung\ndata: {"rung":"small"}\n\n'
    b'event: delta\ndata: {"text":"\xe4\xbd\xa0\xe5\xa5\xbd"}\n\n'
    b'event: delta\r\ndata: {"text":"."}\r\n\r\n'
    b'event: done\ndata: {"outcome":"degraded","rung":"composed","conversation_id":"c1","request_id":"req_1",'
    b'"timings_ms":{"total":3.5}}\n\n'
)
COMPLETIONS_STREAM = (
    b'data: {"id":"chatcmpl-1","choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
    b'data: {"id":"chatcmpl-1","choices":[{"delta":{"content":"Hi"}}]}\n\n'
    b'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"kefu":{"outcome":"answered","rung":"small",'
    b'"conversation_id":"c2","timings_ms":{"total":1.0}}}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}\n\n'
    b"data: [DONE]\n\n"
)


def cut(stream: bytes, size: int) -> Iterable[bytes]:
    return (stream[start : start + size] for start in range(0, len(stream), size))


def read(stream: bytes, size: int = 7) -> Reading:
    reading, parser = Reading(status=200), SseParser()
    for chunk in cut(stream, size):
        for name, data in parser.feed(chunk):
            reading.event(name, data)
    return reading


def planned(
    number: int, at_s: float = 0.0, conversation: int | None = None, route: Route = "chat"
) -> Planned:
    place = number if conversation is None else conversation
    return Planned(number, at_s, route, "/v1/chat", b'{"message":"hi"}', "shop", "x", "en", 1, place, 0)


def record(number: int, delay_s: float = 0.0, error: str | None = None) -> Record:
    at_s = float(number)
    outcome = "failed" if error else "answered"
    return Record(number, at_s, at_s + delay_s, at_s + 1, at_s + 1, 200, outcome, error, due_s=at_s)  # type: ignore[arg-type]


WELL = DriverWatch(0, 0.5, (0.0001,) * 100, 100, 0.0)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_events_are_the_same_wherever_the_bytes_are_cut(size: int) -> None:
    for stream in (CHAT_STREAM, CHAT_STREAM.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
        parser = SseParser()
        events = [event for chunk in cut(stream, size) for event in parser.feed(chunk)]
        assert [name for name, _ in events] == ["meta", "rung", "delta", "delta", "done"]
        assert orjson.loads(events[2][1]) == {"text": "你好"}


def test_an_event_of_several_data_lines_is_one_text() -> None:
    assert SseParser().feed(b"data: a\ndata:b\nid: 4\n\n") == [("message", b"a\nb")]
    assert SseParser().feed(b"data: not ended\n") == []


def test_a_chat_stream_is_read_to_its_done() -> None:
    reading = read(CHAT_STREAM)
    assert classify(reading) == ("degraded", None)
    assert (reading.pieces, reading.rung, reading.request_id) == (2, "composed", "req_1")
    assert (reading.conversation_id, reading.stages_ms) == ("c1", {"total": 3.5})


def test_a_completions_stream_is_read_to_its_mark() -> None:
    reading = read(COMPLETIONS_STREAM)
    assert classify(reading) == ("answered", None)
    assert (reading.pieces, reading.rung, reading.conversation_id) == (1, "small", "c2")
    assert (reading.prompt_tokens, reading.completion_tokens, reading.request_id) == (3, 5, "chatcmpl-1")


@pytest.mark.parametrize("stream", [CHAT_STREAM, COMPLETIONS_STREAM])
def test_a_stream_without_its_end_failed(stream: bytes) -> None:
    cut_off = stream[: stream.rindex(b"event: done" if b"done" in stream else b"data: [DONE]")]
    assert classify(read(cut_off)) == ("failed", "the stream ended without its end")


def test_an_error_event_failed_in_either_shape() -> None:
    ours = b'event: error\ndata: {"type":"deadline","message":"it took too long"}\n\n'
    theirs = b'data: {"error":{"message":"it took too long","type":"server_error","code":"deadline"}}\n\n'
    assert classify(read(CHAT_STREAM[:90] + b"\n\n" + ours)) == ("failed", "error event: deadline")
    assert classify(read(theirs)) == ("failed", "error event: server_error")


def test_refusals_are_shed_and_other_statuses_failed() -> None:
    def outcome(status: int, headers: dict[str, str]) -> str:
        reading = Reading()
        reading.head(status, headers)
        reading.refusal(b'{"type":"overloaded","message":"busy"}')
        assert reading.error == f"status {status}: overloaded"
        return classify(reading)[0]

    assert outcome(429, {}) == "shed"
    assert outcome(503, {"Retry-After": "1"}) == "shed"
    assert outcome(503, {}) == "failed"
    assert outcome(502, {"Retry-After": "1"}) == "failed"
    assert outcome(404, {}) == "failed"


def test_an_answer_that_is_no_json_failed() -> None:
    reading = Reading(status=200)
    reading.body(b"<html>")
    assert classify(reading) == ("failed", "the answer is not JSON")


def test_descriptors_at_their_end_are_told_as_the_drivers() -> None:
    assert transport_reason(OSError(errno.EMFILE, "Too many open files")) == NO_DESCRIPTORS
    assert "refused" in transport_reason(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))


def test_a_later_turn_names_its_conversation_where_its_route_has_the_place() -> None:
    assert orjson.loads(with_conversation(planned(1), "c1") or b"") == {
        "message": "hi",
        "conversation_id": "c1",
    }
    body = with_conversation(planned(1, route="completions_stream"), "c1")
    assert orjson.loads(body or b"")["metadata"] == {"conversation_id": "c1"}
    assert with_conversation(replace(planned(1), body=None), "c1") is None


def test_a_driver_that_kept_up_is_not_the_limit() -> None:
    assert verdict([WELL], [record(n) for n in range(100)], slo_s=0.5) == DriverVerdict(False, ())


def test_each_sign_of_a_driver_at_its_limit_is_told() -> None:
    on_time = [record(n) for n in range(100)]
    late = [record(n, delay_s=0.03 if n % 20 == 0 else 0.0) for n in range(100)]
    slow_loop = replace(WELL, lag_s=(0.0,) * 90 + (0.03,) * 10)
    cases = (
        ([WELL], late, "Requests left late: 30.0 ms at p99, 25.0 ms allowed."),
        ([slow_loop], on_time, "Event loop of process 0 woke late: 30.0 ms at p99, 25.0 ms allowed."),
        ([replace(WELL, cpu_share=0.95)], on_time, "Process 0 used 95 % of a core."),
        (
            [WELL],
            [*on_time, record(100, error=NO_DESCRIPTORS)],
            f"1 requests failed because {NO_DESCRIPTORS}.",
        ),
    )
    for watches, records, reason in cases:
        assert verdict(watches, records, slo_s=0.5) == DriverVerdict(True, (reason,))


def test_the_allowed_delay_is_a_part_of_the_slo_and_never_below_a_millisecond() -> None:
    late = [record(n, delay_s=0.0012) for n in range(100)]
    assert verdict([WELL], late, slo_s=0.001).is_limit
    assert not verdict([WELL], late, slo_s=0.03).is_limit
    assert not verdict([WELL], [record(n, delay_s=0.0009) for n in range(100)], slo_s=0.001).is_limit


def test_the_hosts_part_is_told_with_a_limit_and_not_alone() -> None:
    robbed = replace(WELL, steal_share=0.2)
    assert not verdict([robbed], [], slo_s=0.5).is_limit
    judged = verdict([replace(robbed, cpu_share=0.95)], [], slo_s=0.5)
    assert judged.reasons[-1] == "The machine's host took 20 % of the CPU time meanwhile."


def test_a_conversation_stays_in_one_process_and_the_parts_are_in_order() -> None:
    plan = [planned(n, at_s=(n * 7) % 11, conversation=n % 5) for n in range(40)]
    parts = split(plan, 3)
    assert sorted(p.number for part in parts for p in part) == list(range(40))
    homes = [{p.conversation for p in part} for part in parts]
    assert all(homes) and not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])
    assert all([p.at_s for p in part] == sorted(p.at_s for p in part) for part in parts)


def test_a_target_that_is_elsewhere_is_refused() -> None:
    for url in (
        "http://10.0.0.1:8000",
        "http://example.com",
        "https://127.0.0.1:1",
        "http://127.0.0.1.example.com",
    ):
        with pytest.raises(TargetNotLocal, match="run the load tool where the cluster runs"):
            Target(url, {})
    for url in ("http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"):
        Target(url, {})


def test_records_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    kept = [replace(record(n), server_s=(1.0, 2.0), stages_ms={"total": 1.5}) for n in range(3)]
    spool = Spool(spool_file(tmp_path, 0))
    for one in kept:
        spool.add(one)
    spool.close()
    with spool_file(tmp_path, 0).open("ab") as file:
        file.write(b'{"number": 3, "at_')
    assert read_spool(tmp_path) == kept


def test_a_killed_run_leaves_what_it_had_written(tmp_path: Path) -> None:
    spool = Spool(spool_file(tmp_path, 0))
    spool.add(record(0))
    spool.close()
    result = recover((planned(0), planned(1)), tmp_path)
    assert not result.is_complete and result.problem is not None and "killed" in result.problem
    assert [r.outcome for r in result.records] == ["answered", "cancelled"]


def test_a_full_disk_keeps_the_records_in_memory(tmp_path: Path) -> None:
    file = spool_file(tmp_path, 0)
    file.symlink_to("/dev/full")
    spool = Spool(file)
    spool.add(record(0))
    spool.flush()
    spool.add(record(1))
    spool.close()
    assert spool.problem is not None and "No space left" in spool.problem
    assert [r.number for r in spool.unwritten] == [0, 1]


def step(users: int, goodput_per_s: float, attainment: float = 1.0) -> Step:
    return Step(users, 100, goodput_per_s, attainment, None, DriverVerdict(False, ()))


def test_a_search_stops_where_more_users_bring_no_more() -> None:
    goodput = {1: 100.0, 2: 190.0, 4: 300.0, 8: 303.0, 16: 310.0}
    assert [s.users for s in search(lambda users: step(users, goodput[users]), goodput)] == [1, 2, 4, 8]


def test_a_search_stops_where_the_slo_the_step_or_the_driver_fails() -> None:
    for bad in (
        step(2, 900.0, attainment=0.89),
        replace(step(2, 900.0), problem="it died"),
        replace(step(2, 900.0), driver=DriverVerdict(True, ("CPU",))),
    ):
        measured = {1: step(1, 100.0), 2: bad, 4: step(4, 9000.0)}
        assert search(lambda users, measured=measured: measured[users], (1, 2, 4)) == (measured[1], bad)  # type: ignore[misc]


@pytest.mark.parametrize("rho", [0.3, 0.7])
def test_theory_is_what_a_long_ideal_queue_does(rho: float) -> None:
    dice = np.random.default_rng(1)
    count = 200_000
    arrivals = np.cumsum(dice.exponential(1 / rho, count))
    fixed = queue_theory.sojourns(arrivals.tolist(), [1.0] * count, 1)
    drawn = queue_theory.sojourns((arrivals / 4).tolist(), dice.exponential(1.0, count).tolist(), 4)
    for share in (0.5, 0.9):
        md1 = queue_theory.quantile(lambda t: queue_theory.md1_within(t, rho, 1.0), share, 1.0)
        mmc = queue_theory.quantile(lambda t: queue_theory.mmc_within(t, 4 * rho, 1.0, 4), share, 1.0)
        assert md1 == pytest.approx(float(np.quantile(fixed, share)), rel=0.03)
        assert mmc == pytest.approx(float(np.quantile(drawn, share)), rel=0.03)


def test_erlang_c_of_one_server_is_its_load() -> None:
    assert queue_theory.erlang_c(0.6, 1) == pytest.approx(0.6)
