"""Workload files: what is accepted, and how each fault is told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.load import workload as workloads
from benchmarks.load.workload import Workload, check_loopback, config_hash, load, parse
from cluster.config_error import ConfigError

SHIPPED = Path(workloads.__file__).parent / "workloads"


def document(**changes: Any) -> dict[str, Any]:
    return {
        "seed": 1,
        "duration_s": 100,
        "arrivals": {"kind": "poisson", "rate_per_s": 2},
        "mix": [{"route": "chat", "weight": 1, "intents": {"coupon": 1}}],
        "slo": {"chat": {"first_s": 1, "e2e_s": 3}},
    } | changes


def parsed(**changes: Any) -> Workload:
    return parse(document(**changes))


def problems(**changes: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parsed(**changes)
    return caught.value.problems


def traffic(**changes: Any) -> list[dict[str, Any]]:
    return [{"route": "chat", "intents": {"coupon": 1}} | changes]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP\n" + "\n".join(str(t) for t in range(201)), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["laptop", "peak", "saturation"])
def test_a_shipped_workload_loads(name: str) -> None:
    found = load(SHIPPED / f"{name}.yaml")
    assert found.duration_s <= 240
    assert found.target == "serve_file"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("trace_azure", "TIMESTAMP,ContextTokens\n" + "\n".join(f"{t},1" for t in range(4000))),
        ("trace_servegen", "time_s,requests_per_s\n" + "\n".join(f"{600 * t},{t}" for t in range(400))),
    ],
)
def test_a_shipped_replay_loads_with_the_users_copy_of_the_trace(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / "copy.csv").write_text(content, encoding="utf-8")
    load(SHIPPED / f"{name}.yaml", (f"arrivals.file={tmp_path / 'copy.csv'}",))
    with pytest.raises(
        ConfigError, match=r"arrivals\.file: can't read .*give the path of a file that exists"
    ):
        load(SHIPPED / f"{name}.yaml")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sed": 1}, "sed: unknown key; did you mean 'seed'?"),
        ({"duration_s": 3601}, "duration_s: Input should be less than or equal to 3600"),
        ({"duration_s": 0}, "duration_s: Input should be greater than 0"),
        ({"duration_s": float("nan")}, "duration_s: Input should be a finite number"),
        ({"duration_s": "100"}, "duration_s: Input should be a valid number"),
        ({"seed": -1}, "seed: Input should be greater than or equal to 0"),
        ({"seed": True}, "seed: Input should be a valid integer"),
        ({"warm_up_s": 100}, "warm_up_s: nothing would be measured; write less than duration_s, which is 100"),
        ({"patience_s": 2}, "patience_s: customers give up before slo.chat.e2e_s; write 3 or more"),
        ({"slo": {}}, "slo.chat: missing, and mix.0 sends to it; write chat: {e2e_s: 3}"),
        ({"slo": {"chatt": {"e2e_s": 3}}}, "slo.chatt.[key]: Input should be 'chat',"),
        ({"slo": {"chat": {"e2e": 3}}}, "slo.chat.e2e: unknown key; did you mean 'e2e_s'?"),
        ({"slo": {"chat": {"first_s": 4, "e2e_s": 3}}}, "slo.chat.first_s: the first text comes before the end"),
        ({"rung_weights": {"small": 60}}, "rung_weights.small: Input should be less than or equal to 1"),
        ({"rung_weights": {"small": "60%"}}, "rung_weights.small: write a share from 0 to 1 without %"),
        ({"rung_weights": {"big": 1}}, "rung_weights.big: unknown key; known keys: acknowledgement, composed"),
        ({"mix": []}, "mix: write 1 to 1000 entries"),
        ({"mix": traffic(weight=0)}, "mix: the weights sum to 0, so nothing could be sent"),
        ({"mix": traffic(weigth=1)}, "mix.0.weigth: unknown key; did you mean 'weight'?"),
        ({"mix": traffic(weight="60%")}, "mix.0.weight: write a plain number without %"),
        ({"mix": traffic(route="chats")}, "mix.0.route: Input should be 'chat',"),
        ({"mix": traffic(intents={"cupon": 1})}, "mix.0.intents: there is no intent 'cupon'; did you mean 'coupon'?"),
        ({"mix": traffic(intents={"coupon": 0})}, "mix.0.intents: the weights sum to 0, so nothing could be drawn"),
        ({"mix": traffic(intents={})}, "mix.0.intents: the weights sum to 0"),
        ({"mix": traffic(intents={"coupon": -1})}, "mix.0.intents.coupon: Input should be greater than or equal to 0"),
        ({"mix": traffic(languages={"fr": 1})}, "mix.0.languages.fr.[key]: Input should be 'zh' or 'en'"),
        ({"mix": traffic(length={"short": 0})}, "mix.0.length: the weights sum to 0"),
        ({"conversations": {"turns": {0: 1}}}, "conversations.turns.0.[key]: Input should be greater than or equal to 1"),
        ({"conversations": {"turns": {21: 1}}}, "conversations.turns.21.[key]: Input should be less than or equal to 20"),
        ({"conversations": {"think_time_s": {"mean": -2}}}, "conversations.think_time_s.mean: Input should be greater"),
        ({"conversations": {"think_time_s": {"means": 2}}}, "conversations.think_time_s.means: unknown key; did you"),
        ({"tenants": [{"name": "a"}, {"name": "a"}]}, "tenants.1.name: 'a' stands there twice"),
        ({"tenants": [{"name": "a", "weight": 0}]}, "tenants: the weights sum to 0"),
        ({"target": "http://shop.example:8000"}, "target: load tests talk to this machine only; write http://127"),
        ({"target": "serve_file:"}, "target: load tests talk to this machine only"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_path_with_what_to_write(changes: dict[str, Any], says: str) -> None:
    lines = problems(**changes)
    assert any(line.startswith(says) for line in lines), lines


@pytest.mark.parametrize(
    ("arrivals", "says"),
    [
        ({"kind": "poison", "rate_per_s": 2}, "arrivals: there is no kind 'poison'; use 'constant', 'poisson'"),
        ({"rate_per_s": 2}, "arrivals: kind is missing; use one of constant, poisson"),
        ({"kind": "poisson", "rate_per_sec": 2}, "arrivals.rate_per_sec: unknown key; did you mean 'rate_per_s'?"),
        ({"kind": "poisson", "rate": 2}, "arrivals.rate: unknown key; known keys: kind, rate_per_s"),
        ({"kind": "steps", "steps": []}, "arrivals.steps: write at least one step"),
        ({"kind": "poisson", "rate": 2}, "arrivals.rate_per_s: missing; add it"),
        ({"kind": "poisson", "rate_per_s": 0}, "arrivals.rate_per_s: Input should be greater than 0"),
        ({"kind": "poisson", "rate_per_s": float("inf")}, "arrivals.rate_per_s: Input should be a finite number"),
        ({"kind": "constant", "rate_per_s": 0.001}, "arrivals: not one request is expected"),
        ({"kind": "poisson", "rate_per_s": 20_001}, "arrivals: 2000100 requests are expected, the limit is 2000000"),
        ({"kind": "gamma", "rate_per_s": 2}, "arrivals: write exactly one of cv"),
        ({"kind": "gamma", "rate_per_s": 2, "cv": 2, "shape": 2}, "arrivals: write exactly one of cv"),
        ({"kind": "steps", "steps": [{"at_s": 1, "rate_per_s": 2}]}, "arrivals.steps.0.at_s: the first step"),
        ({"kind": "steps", "steps": [{"at_s": 0, "rate_per_s": 2}, {"at_s": 0, "rate_per_s": 3}]},
         "arrivals.steps.1.at_s: 0 is not after the step before it; write more than 0"),
        ({"kind": "steps", "steps": [{"at_s": 0, "rate_per_s": 2}, {"at_s": 100, "rate_per_s": 3}]},
         "arrivals.steps.1.at_s: 100 is not within the run; write less than duration_s, which is 100"),
        ({"kind": "steps", "steps": [{"at_s": 0, "rate_per_s": 0}]}, "arrivals: not one request is expected"),
        ({"kind": "flash", "base_per_s": 5, "peak_per_s": 4, "at_s": 1, "rise_s": 1, "hold_s": 1, "fall_s": 1},
         "arrivals.peak_per_s: a peak is above base_per_s; write more than 5"),
        ({"kind": "flash", "base_per_s": 1, "peak_per_s": 4, "at_s": 90, "rise_s": 5, "hold_s": 5, "fall_s": 5},
         "arrivals: the peak has fallen at 105 s, after the run's end; write duration_s: 105 or more"),
        ({"kind": "trace"}, "arrivals.file: missing; add it"),
        ({"kind": "trace", "file": "/none.csv"}, "arrivals.file: can't read /none.csv: No such file"),
        ({"kind": "trace", "file": "x.csv", "rate_scale": 1, "mean_rate_per_s": 1}, "arrivals: write one of rate_scale"),
    ],
)  # fmt: skip
def test_a_fault_of_the_arrivals_is_named(arrivals: dict[str, Any], says: str) -> None:
    lines = problems(arrivals=arrivals)
    assert any(says in line for line in lines), lines


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"from_s": 200}, "arrivals.from_s: the trace ends at 200 s; write less"),
        (
            {"time_compression": 4},
            "the trace lasts 50.0 s, less than duration_s, which is 100; write duration_s: 50",
        ),
        ({"time_column": "time"}, "arrivals.file: time_column is 'time', but its columns are TIMESTAMP"),
    ],
)
def test_a_trace_that_does_not_fit_the_run_is_refused(
    trace: Path, changes: dict[str, Any], says: str
) -> None:
    lines = problems(arrivals={"kind": "trace", "file": str(trace), **changes})
    assert any(says in line for line in lines), lines


def test_a_malformed_trace_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("TIMESTAMP\n1\n2\nthree\n", encoding="utf-8")
    (line,) = problems(arrivals={"kind": "trace", "file": str(tmp_path / "bad.csv")})
    assert line.startswith("arrivals.file: line 4: 'three' is not a time")


def test_every_fault_is_told_at_once() -> None:
    lines = problems(sed=1, duration_s=-1, mix=traffic(intents={"cupon": 1}))
    assert [line.split(":")[0] for line in lines] == ["duration_s", "mix.0.intents", "sed"]
    lines = problems(warm_up_s=200, slo={}, tenants=[{"name": "a"}, {"name": "a"}])
    assert [line.split(":")[0] for line in lines] == ["warm_up_s", "slo.chat", "tenants.1.name"]


def test_a_key_written_in_the_file_is_refused_and_not_repeated() -> None:
    lines = problems(tenants=[{"name": "a", "key": "sk-live-1"}])
    assert lines == (
        "tenants.0.key: a key is named, never written here; write serve_file, env:NAME or file:PATH",
    )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://127.9.0.1:1/", "http://localhost:8000", "http://[::1]:80"]
)
def test_this_machine_may_be_loaded(url: str) -> None:
    assert check_loopback(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1:80", "http://0.0.0.0:80", "http://127.0.0.1.example.com", "http://127.0.0.1@example.com",
     "http://localhost.example.com", "ftp://127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:8000/v1", "",
     "http://user@127.0.0.1", "http://127.0.0.1:port", "http://[::1"],
)  # fmt: skip
def test_any_other_host_is_refused_outright(url: str) -> None:
    with pytest.raises(ValueError, match=r"write http://127|write the base URL alone"):
        check_loopback(url)


def test_overrides_reach_sections_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(yaml.safe_dump(document()), encoding="utf-8")
    found = load(path, ("arrivals.rate_per_s=7", "mix.0.weight=3", "conversations.turns={1: 1, 2: 1}"))
    assert (found.arrivals.model_dump()["rate_per_s"], found.mix[0].weight) == (7.0, 3.0)
    assert found.mean_turns(found.mix[0]) == 1.5


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("duration_s", "an override is written key.path=value"),
        ("mix.1.weight=3", "1 is no place in a list of 1; the first is 0"),
        ("mix.x=3", "x is no place in a list of 1"),
        ("seed.x=3", "x is looked for in a value, which has no keys"),
        ("seed.x.y=3", "x is looked for in a value, which has no keys"),
        ("seed=[", "'[' is not valid YAML"),
        ("patience=3", "patience: unknown key; did you mean 'patience_s'?"),
    ],
)
def test_a_bad_override_is_told(tmp_path: Path, override: str, says: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(yaml.safe_dump(document()), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, (override,))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"- 1\n", "it must be a mapping"),
        (b"a: [\n", "not valid YAML"),
        (b"\xff", "not valid YAML"),
        (b"", "mapping"),
    ],
)
def test_a_file_that_is_no_workload_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=says):
        load(path)
    with pytest.raises(ConfigError, match="give the path of a workload's YAML file"):
        load(tmp_path / "none.yaml")


def test_a_trace_is_relative_to_its_workload_and_to_the_working_directory_in_an_override(
    trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(
        yaml.safe_dump(document(arrivals={"kind": "trace", "file": "trace.csv"})), encoding="utf-8"
    )
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "other.csv").write_bytes(trace.read_bytes())
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = load(path)
    other = load(path, ("arrivals.file=other.csv",))
    assert found.arrivals.model_dump()["file"] == trace
    assert other.arrivals.model_dump()["file"] == tmp_path / "elsewhere" / "other.csv"
    # The same recorded traffic is the same workload, wherever it lies.
    assert config_hash(found, workloads.read_trace(found)) == config_hash(other, workloads.read_trace(other))


def test_the_hash_is_of_the_meaning_not_of_the_layout() -> None:
    one = parsed(duration_s=100, mix=traffic(intents={"coupon": 1, "invoice": 2}))
    same = parsed(duration_s=100.0, mix=traffic(intents={"invoice": 2.0, "coupon": 1}))
    other = parsed(duration_s=100, mix=traffic(intents={"coupon": 2, "invoice": 1}))
    assert config_hash(one, None) == config_hash(same, None) != config_hash(other, None)


def test_a_routes_own_rung_weights_replace_the_workloads() -> None:
    found = parsed(
        rung_weights={"composed": 0.3},
        slo={"chat": {"e2e_s": 3}, "chat_stream": {"e2e_s": 3, "rung_weights": {"composed": 0.9}}},
    )
    assert (found.weights_of("chat").composed, found.weights_of("chat_stream").composed) == (0.3, 0.9)
