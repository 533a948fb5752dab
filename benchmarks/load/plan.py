"""The planner: a workload's every request, with its bytes and its time, before the first is sent.

The same workload gives the same plan on every machine. Each question (when, what, how long between turns, which words)
has its own stream of random numbers, so that changing the answer to one leaves the others as they were.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

import numpy as np

from benchmarks.load import arrival_kinds
from benchmarks.load.messages import DRAWS, Messages, Weighted, load_messages
from benchmarks.load.records import Planned, Route
from benchmarks.load.workload import TALKING, ThinkTime, Traffic, Workload, config_hash, read_trace
from models.types import INTENTS

_STREAMS: Final = {"arrivals": 1, "traffic": 2, "turns": 3, "think": 4, "words": 5}
_CHOICES: Final = 5
"""Draws of one conversation: traffic, tenant, intent, language, length."""
_BINS: Final = 60
_OFFERS: Final = 5


def plan(workload: Workload) -> tuple[Planned, ...]:
    """Every request in the order of its time. TraceError if a trace has gone since the workload was loaded.

    A later turn is planned at the start of its conversation plus the think times; one past the run's end isn't sent. Its
    body lacks the conversation's id, which only the server's answer gives.
    """
    starts = arrival_kinds.times(
        workload.arrivals, read_trace(workload), workload.duration_s, _stream(workload, "arrivals")
    )
    planned = sorted(_requests(workload, starts.tolist()), key=lambda r: (r.at_s, r.conversation, r.turn))
    return tuple(replace(request, number=number) for number, request in enumerate(planned))


def describe(workload: Workload, planned: Sequence[Planned]) -> dict[str, Any]:
    """What a plan holds, as plain JSON: counts, the offered load over time, the workload's hash."""
    bin_s = max(1.0, workload.duration_s / _BINS)
    per_bin = Counter(int(request.at_s / bin_s) for request in planned)
    bins = int(np.ceil(workload.duration_s / bin_s))
    measured_s = workload.duration_s - workload.warm_up_s
    measured = sum(request.at_s >= workload.warm_up_s for request in planned)
    return {
        "config_hash": config_hash(workload, read_trace(workload)),
        "seed": workload.seed,
        "duration_s": workload.duration_s,
        "warm_up_s": workload.warm_up_s,
        "requests": len(planned),
        "conversations": len({request.conversation for request in planned}),
        "measured_per_s": measured / measured_s,
        "by_route": _counts(planned, lambda request: request.route),
        "by_intent": _counts(planned, lambda request: request.intent),
        "by_language": _counts(planned, lambda request: request.language),
        "by_value": _counts(planned, lambda request: str(request.value)),
        "by_tenant": _counts(planned, lambda request: request.tenant),
        "by_turn": _counts(planned, lambda request: str(request.turn)),
        "by_phase": _counts(planned, lambda request: request.phase),
        "offered": {
            "bin_s": bin_s,
            "per_s": [
                per_bin[number] / min(bin_s, workload.duration_s - number * bin_s) for number in range(bins)
            ],
        },
    }


@dataclass(frozen=True, slots=True)
class _Choices:
    """One line of the mix, ready to be drawn from."""

    route: Route
    intents: Weighted
    languages: Weighted
    lengths: Weighted

    @classmethod
    def of(cls, traffic: Traffic) -> "_Choices":
        return cls(
            traffic.route, Weighted(traffic.intents), Weighted(traffic.languages), Weighted(traffic.length)
        )


def _requests(workload: Workload, starts: Sequence[float]) -> Iterator[Planned]:
    """Conversation by conversation."""
    messages = load_messages()
    mix = Weighted({number: traffic.weight for number, traffic in enumerate(workload.mix)})
    lines = [_Choices.of(traffic) for traffic in workload.mix]
    tenants = Weighted({tenant.name: tenant.weight for tenant in workload.tenants})
    draws = _stream(workload, "traffic").random((len(starts), _CHOICES)).tolist()
    moments = _turn_times(workload, starts)
    words = _stream(workload, "words")
    for conversation, (at, (mixed, tenant_at, intent_at, language_at, length_at)) in enumerate(
        zip(moments, draws, strict=True)
    ):
        line = lines[mix.pick(mixed)]
        intent, language = line.intents.pick(intent_at), line.languages.pick(language_at)
        length, tenant = line.lengths.pick(length_at), tenants.pick(tenant_at)
        texts = _texts(messages, intent, language, length, words.random((len(at), DRAWS)).tolist())
        for turn, (at_s, text) in enumerate(zip(at, texts, strict=True)):
            if at_s >= workload.duration_s or (turn and line.route not in TALKING):
                break
            path, body = _request(line.route, text, language)
            yield Planned(
                0, at_s, line.route, path, body, tenant, intent, language, INTENTS[intent].value,
                conversation, turn, _phase(workload, at_s),
            )  # fmt: skip


def _texts(
    messages: Messages, intent: str, language: str, length: str, draws: Sequence[Sequence[float]]
) -> Iterator[str]:
    yield messages.opening(intent, language, length, draws[0])
    for later in draws[1:]:
        yield messages.follow_up(intent, language, later)


def _turn_times(workload: Workload, starts: Sequence[float]) -> Iterator[list[float]]:
    """When each conversation's messages are sent, in whole microseconds."""
    numbers = Weighted(workload.conversations.turns)
    turns = [numbers.pick(draw) for draw in _stream(workload, "turns").random(len(starts)).tolist()]
    gaps = iter(_think(workload.conversations.think_time_s, sum(turns) - len(turns), workload))
    for start, count in zip(starts, turns, strict=True):
        moments = [start]
        for _ in range(count - 1):
            moments.append(round(moments[-1] + next(gaps), 6))
        yield moments


def _think(think: ThinkTime, count: int, workload: Workload) -> list[float]:
    rng = _stream(workload, "think")
    match think.distribution:
        case "constant":
            gaps = np.full(count, think.mean)
        case "exponential":
            gaps = rng.exponential(think.mean, count)
        case "lognormal":
            # The mean of a lognormal is exp(mu + sigma²/2).
            gaps = rng.lognormal(np.log(think.mean) - think.sigma**2 / 2, think.sigma, count)
    return [float(gap) for gap in gaps]


def _request(route: Route, text: str, language: str) -> tuple[str, bytes | None]:
    """The path, and the body where the route takes one."""
    match route:
        case "chat" | "chat_stream":
            return "/v1/chat", _json({"message": text, "stream": route == "chat_stream"})
        case "completions" | "completions_stream":
            body: dict[str, Any] = {"model": "kefu", "messages": [{"role": "user", "content": text}]}
            if route == "completions_stream":
                body |= {"stream": True, "stream_options": {"include_usage": True}}
            return "/v1/chat/completions", _json(body)
        case "understand":
            return "/v1/understand", _json({"texts": [text]})
        case "recommendations":
            query = urlencode({"q": text, "language": language, "limit": _OFFERS}, quote_via=quote)
            return f"/v1/recommendations?{query}", None


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _phase(workload: Workload, at_s: float) -> str:
    if at_s < workload.warm_up_s:
        return "warm_up"
    phases = workload.arrivals.phases()
    # A phase of no length (a peak that rises at once) starts with the next: the last of them is meant.
    return phases[bisect_right([start for start, _ in phases], at_s) - 1][1]


def _counts(planned: Sequence[Planned], key: Callable[[Planned], str]) -> dict[str, int]:
    return dict(sorted(Counter(map(key, planned)).items()))


def _stream(workload: Workload, name: str) -> np.random.Generator:
    # The bit generator is named: numpy's default may change with its version.
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((workload.seed, _STREAMS[name]))))
