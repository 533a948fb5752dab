"""Plans: the same bytes at the same times everywhere, what they hold, and the messages that they are made of."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import yaml

from benchmarks.load import workload as workloads
from benchmarks.load.messages import LENGTHS, load_messages, slots
from benchmarks.load.plan import describe, plan
from benchmarks.load.records import Planned
from benchmarks.load.workload import Workload, load, parse
from deployments.api.openai_schemas import CompletionRequest
from deployments.api.schemas import ChatRequest, UnderstandRequest, clean_text
from models.types import INTENTS

PACKAGE = Path(workloads.__file__).parent
CORPUS = Path(__file__).parents[2] / "models" / "understanding" / "corpus"
LAPTOP = PACKAGE / "workloads" / "laptop.yaml"
ROUTES = ("chat", "chat_stream", "completions", "completions_stream", "understand", "recommendations")


def workload(**changes: Any) -> Workload:
    return parse(
        {
            "seed": 5,
            "duration_s": 200,
            "arrivals": {"kind": "constant", "rate_per_s": 10},
            "mix": [{"route": "chat", "intents": {"coupon": 3, "invoice": 1}}],
            "slo": {route: {"e2e_s": 3} for route in ROUTES},
        }
        | changes
    )


def digest(planned: tuple[Planned, ...]) -> str:
    return hashlib.sha256("\n".join(map(repr, planned)).encode()).hexdigest()


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_same_workload_is_the_same_plan_in_any_process(hash_seed: str) -> None:
    here = digest(plan(load(LAPTOP)))
    program = (
        "from pathlib import Path; from tests.unit.test_load_plan import LAPTOP, digest, load, plan;"
        "print(digest(plan(load(LAPTOP))))"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    there = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=CORPUS.parents[2], check=True, capture_output=True, text=True
    )  # fmt: skip
    assert there.stdout.strip() == here == digest(plan(load(LAPTOP)))


def test_times_and_choices_are_the_same_on_every_machine() -> None:
    """Another value here means that plans of the same seed differ from those of earlier reports: say so in the changelog."""
    talk = {"turns": {1: 2, 3: 1}, "think_time_s": {"mean": 5, "distribution": "lognormal"}}
    planned = plan(workload(arrivals={"kind": "gamma", "rate_per_s": 10, "cv": 2}, conversations=talk))
    told = json.dumps([(r.at_s, r.intent, r.language, r.conversation, r.turn) for r in planned])
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "b9b281a2236d5995"


def test_another_seed_is_another_plan_and_the_order_of_keys_is_none() -> None:
    one = plan(workload())
    assert digest(one) != digest(plan(workload(seed=6)))
    turned = workload(mix=[{"intents": {"invoice": 1.0, "coupon": 3.0}, "route": "chat"}])
    assert digest(one) == digest(plan(turned))


def test_more_turns_leave_when_and_what_conversations_begin_with_alone() -> None:
    def openings(planned: tuple[Planned, ...]) -> list[tuple[float, str, str]]:
        return [(r.at_s, r.intent, r.language) for r in planned if r.turn == 0]

    talkative = plan(workload(conversations={"turns": {1: 1, 4: 1}}))
    assert len(talkative) > 2 * 2000
    assert openings(talkative) == openings(plan(workload()))


def test_requests_are_numbered_in_the_order_of_their_times() -> None:
    planned = plan(workload(conversations={"turns": {3: 1}, "think_time_s": {"mean": 0.000001}}))
    assert [r.number for r in planned] == list(range(len(planned)))
    assert [r.at_s for r in planned] == sorted(r.at_s for r in planned)
    by_conversation: dict[int, list[int]] = {}
    for request in planned:
        by_conversation.setdefault(request.conversation, []).append(request.turn)
    assert all(turns == list(range(len(turns))) for turns in by_conversation.values())


@pytest.mark.parametrize(
    ("think", "mean", "deviation"),
    [
        ({"distribution": "constant"}, 4.0, 0.0),
        ({"distribution": "exponential"}, 4.0, 4.0),
        ({"distribution": "lognormal", "sigma": 0.5}, 4.0, 4 * (np.exp(0.25) - 1) ** 0.5),
    ],
)
def test_later_turns_follow_after_think_times(think: dict[str, Any], mean: float, deviation: float) -> None:
    planned = plan(
        workload(duration_s=2000, conversations={"turns": {2: 1}, "think_time_s": {"mean": 4, **think}})
    )
    first = {r.conversation: r.at_s for r in planned if r.turn == 0}
    # Conversations that begin late are cut by the run's end: their short think times would weigh too much.
    gaps = [r.at_s - first[r.conversation] for r in planned if r.turn == 1 and first[r.conversation] < 1900]
    assert np.mean(gaps) == pytest.approx(mean, rel=0.03)
    assert np.std(gaps) == pytest.approx(deviation, rel=0.06, abs=1e-5)


def test_turns_come_in_the_shares_asked_for_and_none_after_the_end() -> None:
    planned = plan(workload(conversations={"turns": {1: 50, 3: 50}, "think_time_s": {"mean": 0.01}}))
    lengths = Counter(Counter(r.conversation for r in planned).values())
    assert lengths[1] / lengths.total() == pytest.approx(0.5, abs=0.04)
    late = plan(workload(conversations={"turns": {2: 1}, "think_time_s": {"mean": 50}}))
    assert max(r.at_s for r in late) < 200
    assert 0 < sum(r.turn for r in late) < 2000


def test_only_routes_that_talk_have_later_turns() -> None:
    mix = [{"route": route, "intents": {"coupon": 1}} for route in ROUTES]
    planned = plan(workload(mix=mix, conversations={"turns": {2: 1}, "think_time_s": {"mean": 1}}))
    assert {r.route for r in planned if r.turn} == set(ROUTES[:4])


def test_the_mix_is_drawn_by_weight_and_values_come_from_the_intent() -> None:
    planned = plan(
        workload(
            duration_s=1000,
            mix=[
                {"route": "chat", "weight": 3, "intents": {"coupon": 3, "invoice": 1}, "languages": {"zh": 4, "en": 1}},
                {"route": "understand", "weight": 1, "intents": {"complaint": 1}, "languages": {"en": 1}},
            ],
            tenants=[{"name": "a", "weight": 9}, {"name": "b", "weight": 1}, {"name": "c", "weight": 0}],
        )
    )  # fmt: skip
    described = describe(workload(), planned)
    counts = {
        key: {name: count / 10_000 for name, count in described[f"by_{key}"].items()}
        for key in ("route", "intent", "language", "tenant")
    }
    assert counts["route"] == pytest.approx({"chat": 0.75, "understand": 0.25}, abs=0.02)
    assert counts["intent"] == pytest.approx(
        {"coupon": 0.5625, "invoice": 0.1875, "complaint": 0.25}, abs=0.02
    )
    assert counts["language"] == pytest.approx({"zh": 0.6, "en": 0.4}, abs=0.02)
    assert counts["tenant"] == pytest.approx({"a": 0.9, "b": 0.1}, abs=0.02)
    assert all(r.value == INTENTS[r.intent].value for r in planned)


def test_bodies_are_what_the_routes_take() -> None:
    mix = [{"route": route, "intents": {"coupon": 1, "order_status": 1}} for route in ROUTES]
    for request in plan(workload(mix=mix)):
        body = json.loads(request.body) if request.body is not None else None
        match request.route:
            case "chat" | "chat_stream":
                assert request.path == "/v1/chat"
                assert ChatRequest.model_validate(body).stream == (request.route == "chat_stream")
            case "completions" | "completions_stream":
                taken = CompletionRequest.model_validate(body)
                assert (request.path, taken.model) == ("/v1/chat/completions", "kefu")
                assert taken.stream == taken.includes_usage == (request.route == "completions_stream")
            case "understand":
                assert (
                    request.path == "/v1/understand"
                    and len(UnderstandRequest.model_validate(body).texts) == 1
                )
            case "recommendations":
                query = parse_qs(urlsplit(request.path).query, strict_parsing=True)
                assert body is None and query["language"] == [request.language]
                assert clean_text(query["q"][0]) == query["q"][0]
        assert b"conversation_id" not in (request.body or b"")
        assert request.path.isascii() and " " not in request.path


@pytest.mark.parametrize(
    ("arrivals", "phases"),
    [
        ({"kind": "constant", "rate_per_s": 10}, {"warm_up": 200, "measured": 1800}),
        ({"kind": "steps", "steps": [{"at_s": 0, "rate_per_s": 10}, {"at_s": 100, "rate_per_s": 40}]},
         {"warm_up": 200, "step_1": 800, "step_2": 4000}),
        ({"kind": "flash", "base_per_s": 10, "peak_per_s": 90, "at_s": 50, "rise_s": 0, "hold_s": 50, "fall_s": 20},
         {"warm_up": 200, "before": 300, "peak": 4500, "fall": 1000, "after": 800}),
    ],
)  # fmt: skip
def test_each_request_names_its_phase(arrivals: dict[str, Any], phases: dict[str, int]) -> None:
    described = describe(workload(), plan(workload(arrivals=arrivals, warm_up_s=20)))
    assert described["by_phase"] == pytest.approx(phases, rel=0.2)


def test_a_replay_has_the_traces_requests_in_each_bin_at_the_compressed_time(tmp_path: Path) -> None:
    times = np.sort(np.random.default_rng(3).gamma(2.0, 300.0, 3000))
    (tmp_path / "t.csv").write_text(
        "TIMESTAMP\n" + "\n".join(map(repr, times.tolist())) + "\n99999\n", encoding="utf-8"
    )
    replayed = workload(
        arrivals={"kind": "trace", "file": str(tmp_path / "t.csv"), "time_compression": 10, "from_s": 50}
    )
    sent = np.histogram([r.at_s for r in plan(replayed)], bins=40, range=(0, 200))[0]
    recorded = np.histogram(times - times[0], bins=40, range=(50, 2050))[0]
    assert sent.tolist() == recorded.tolist()


@pytest.mark.parametrize(("scale", "per_s"), [({"rate_scale": 0.5}, 10.0), ({"mean_rate_per_s": 4}, 4.0)])
def test_a_replayed_rate_is_followed_compressed_and_scaled(
    tmp_path: Path, scale: dict[str, float], per_s: float
) -> None:
    (tmp_path / "r.csv").write_text("time_s,requests_per_s\n0,1\n1000,3\n2000,2\n", encoding="utf-8")
    arrivals = {"kind": "trace", "file": str(tmp_path / "r.csv"), "time_compression": 10, **scale}
    counts = np.histogram([r.at_s for r in plan(workload(arrivals=arrivals))], bins=2, range=(0, 200))[0]
    assert counts.sum() / 200 == pytest.approx(per_s, rel=0.12)
    assert counts[1] / counts[0] == pytest.approx(3.0, rel=0.25)


def test_a_description_counts_all_and_says_the_load_over_time() -> None:
    arrivals = {"kind": "steps", "steps": [{"at_s": 0, "rate_per_s": 5}, {"at_s": 100, "rate_per_s": 20}]}
    asked = workload(arrivals=arrivals, warm_up_s=50)
    planned = plan(asked)
    described = json.loads(json.dumps(describe(asked, planned)))
    assert described["requests"] == len(planned)
    assert described["measured_per_s"] == pytest.approx((50 * 5 + 100 * 20) / 150, rel=0.1)
    load_per_s = described["offered"]["per_s"]
    assert sum(load_per_s) * described["offered"]["bin_s"] == pytest.approx(len(planned))
    assert np.mean(load_per_s[:30]) == pytest.approx(5, rel=0.2)
    assert np.mean(load_per_s[30:]) == pytest.approx(20, rel=0.1)


def test_an_empty_last_bin_is_as_long_as_it_is() -> None:
    asked = workload(duration_s=10.5, arrivals={"kind": "constant", "rate_per_s": 4})
    assert describe(asked, plan(asked))["offered"]["per_s"] == [4.0] * 11


def test_every_intent_has_messages_of_every_length_in_both_languages() -> None:
    found = load_messages()
    for intent in INTENTS:
        for language in ("zh", "en"):
            first = [text for length in LENGTHS for text in found.first[intent, language, length]]
            assert len(set(first)) >= 6 and len(first) == len(set(first)), (intent, language)
            assert len(found.later[intent, language]) >= 8
    assert {key[0] for key in found.first} == set(INTENTS)


def test_messages_are_as_long_as_they_say_whatever_fills_them() -> None:
    bounds = {
        "zh": {"short": (1, 20), "medium": (21, 45), "long": (46, 200)},
        "en": {"short": (1, 6), "medium": (7, 20), "long": (21, 60)},
    }
    found = load_messages()
    for (intent, language, length), texts in found.first.items():
        low, high = bounds[language][length]
        for text in texts:
            for product in found.products[language]:
                filled = text.format(product=product, order="KF261111123456", days=9)
                size = len(filled) if language == "zh" else len(filled.split())
                assert low <= size <= high, (intent, filled, size)


def test_messages_are_in_their_language_and_have_known_slots() -> None:
    found = load_messages()
    texts = [
        (key[1], text)
        for table in (found.first, found.later)
        for key, listed in table.items()
        for text in listed
    ]
    for language, text in texts:
        assert slots(text) <= {"product", "order", "days"}, text
        assert bool(re.search("[\u4e00-\u9fff]", text)) == (language == "zh"), text
        assert clean_text(text) == text


def test_no_message_is_one_that_the_shipped_models_were_trained_on() -> None:
    trained = {
        plain(text)
        for path in sorted(CORPUS.glob("*.yaml"))
        for text in strings(yaml.safe_load(path.read_text("utf-8")))
    }
    assert len(trained) > 4000
    found = load_messages()
    for texts in (*found.first.values(), *found.later.values()):
        for text in texts:
            pattern = "".join(
                ".+" if part.startswith("{") else re.escape(plain(part))
                for part in re.split(r"(\{\w+\})", text)
            )
            overlap = (
                [seen for seen in trained if re.fullmatch(pattern, seen)]
                if slots(text)
                else {plain(text)} & trained
            )
            assert not overlap, (text, overlap)


def strings(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    children = node.values() if isinstance(node, dict) else node
    return [text for child in children for text in strings(child)]


def plain(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())
