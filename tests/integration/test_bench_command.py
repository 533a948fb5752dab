"""`kefu bench` as its user runs it: against a real cluster, and against nothing."""

import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import psutil
import pytest
import typer
import yaml
from typer.testing import CliRunner

from benchmarks.load.reference_server import serving as reference_server
from benchmarks.load.result import Result, read, rows
from cluster.cli import add_extensions
from cluster.ray_local import free_port
from tests.children import kill_child
from tests.polling import eventually
from tests.serving import Kefu

LOAD: dict[str, Any] = {
    "seed": 11,
    "duration_s": 10,
    "warm_up_s": 1,
    "arrivals": {"kind": "constant", "rate_per_s": 6},
    "mix": [
        {"route": "chat", "intents": {"order_status": 1, "return_policy": 1}},
        {"route": "chat_stream", "intents": {"greeting_thanks": 1}, "languages": {"en": 1}},
        {"route": "completions_stream", "intents": {"coupon": 1}},
        {"route": "understand", "weight": 0.5, "intents": {"complaint": 1}},
        {"route": "recommendations", "weight": 0.5, "intents": {"recommendation": 1}},
    ],
    "conversations": {"turns": {1: 1, 2: 1}, "think_time_s": {"mean": 1}},
    "slo": {
        route: {"e2e_s": 10}
        for route in ("chat", "chat_stream", "completions_stream", "understand", "recommendations")
    },
}
TALKING = ("chat", "chat_stream", "completions_stream")


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(LOAD | changes))
    return path


def line(*words: object) -> list[str]:
    return [sys.executable, "-m", "benchmarks.load.command", *map(str, words)]


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line(*words), capture_output=True, text=True, timeout=120, check=False)


def refused(ended: subprocess.CompletedProcess[str], *said: str) -> None:
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr and "Traceback" not in ended.stdout
    for text in said:
        assert text in ended.stderr


def routes(result: Result) -> Counter[str]:
    assert result.requests is not None
    return Counter(result.requests.routes[route] for route in rows(result.requests)["route"])


@pytest.mark.cluster
def test_a_run_adds_up_with_what_the_server_counted(kefu: Kefu, tmp_path: Path) -> None:
    def turns() -> float:
        return kefu.metric("ray_kefu_turns_total")

    before = turns()
    serve_file = kefu.home / "serve.json"
    ended = bench(
        "run", write(tmp_path), "--serve-file", serve_file, "--out", tmp_path / "out", "--label", "one"
    )
    assert ended.returncode == 0, ended.stderr
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "load-small-one.html",
        "load-small-one.json",
    ]
    result = read(tmp_path / "out" / "load-small-one.json")
    sent = sum(count for route, count in routes(result).items() if route in TALKING)
    assert sent > 40
    eventually(lambda: turns() - before >= sent, within_s=30)
    assert turns() - before == sent
    _check(result)
    text = (tmp_path / "out" / "load-small-one.json").read_text()
    assert str(tmp_path) not in text and str(kefu.home) not in text
    for name, secret in kefu.served.items():
        if name.endswith(("key", "token")):
            assert secret not in text


def _check(result: Result) -> None:
    whole = result.figures.whole
    assert whole.outcomes["answered"] + whole.outcomes["degraded"] == whole.offered > 40
    assert result.is_complete and result.profile == "fake" and result.config_hash
    assert result.figures.whole.e2e.p50_ms > 1 and result.figures.stages["understanding"].count > 30
    assert result.server is not None
    assert {"kefu up", "Gateway", "Understanding", "HAProxy"} <= result.server.groups.keys()
    assert 1 < result.server.groups["Gateway"].cpu_ms_per_request < 500
    assert result.server.groups["Gateway"].peak_pss_mib > 20


@pytest.mark.cluster
def test_a_run_that_is_told_to_stop_keeps_what_it_has_and_says_so(kefu: Kefu, tmp_path: Path) -> None:
    words = ("run", write(tmp_path), "--serve-file", kefu.home / "serve.json", "--out", tmp_path)
    process = subprocess.Popen(line(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    eventually(lambda: any(f.stat().st_size for f in tmp_path.glob(".load-small-*.records/*")), within_s=60)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3 and "not complete" in errors, errors
    result = read(tmp_path / "load-small.json")
    assert not result.is_complete and result.figures.whole.outcomes["cancelled"] > 0
    compared = bench("compare", tmp_path / "load-small.json", tmp_path / "load-small.json")
    refused(compared, "not complete", "--anyway")


@pytest.mark.cluster
def test_saturation_is_searched_step_by_step(kefu: Kefu) -> None:
    words = ("--serve-file", kefu.home / "serve.json", "--seconds", 2, "--most", 2)
    ended = bench("saturate", "saturation", *words)
    assert ended.returncode == 0, ended.stderr
    assert "1 users: " in ended.stdout and "most: " in ended.stdout


def test_a_bad_workload_is_told_by_its_key(tmp_path: Path) -> None:
    ended = bench("run", write(tmp_path, duration=5, warm_up_s=20), "--out", tmp_path)
    refused(ended, "duration: unknown key", "did you mean 'duration_s'?")
    refused(bench("run", tmp_path / "none.yaml"), "none.yaml", "No such file")
    refused(bench("run", "lapto"), "no such workload", "laptop")


def test_an_unreachable_target_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("kf_shop_x")
    tenants = [{"name": "demo", "key": f"file:{tmp_path / 'key'}"}]
    workload = write(tmp_path, target=f"http://127.0.0.1:{free_port()}", tenants=tenants)
    started = time.monotonic()
    ended = bench("run", workload, "--out", tmp_path / "out")
    refused(ended, "nothing answers at http://127.0.0.1:")
    assert time.monotonic() - started < 30
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    refused(bench("run", write(tmp_path), "--serve-file", tmp_path / "serve.json"), "nothing serves there")
    (tmp_path / "serve.json").write_text(json.dumps({"api_key": "kf_secret"}))
    ended = bench("run", write(tmp_path), "--serve-file", tmp_path / "serve.json")
    refused(ended, "has no base_url")
    assert "kf_secret" not in ended.stderr


@contextmanager
def under_way(tmp_path: Path, largest_file: int = resource.RLIM_INFINITY) -> Iterator[subprocess.Popen[str]]:
    """A run of a minute against the reference server, which answers at once; it has written records."""
    (tmp_path / "key").write_text("kf_shop_x")
    with reference_server() as url:
        tenants = [{"name": "demo", "key": f"file:{tmp_path / 'key'}"}]
        arrivals = {"kind": "constant", "rate_per_s": 50}
        changes = {
            "duration_s": 60,
            "warm_up_s": 0,
            "arrivals": arrivals,
            "mix": [LOAD["mix"][0]],
            "target": url,
        }
        words = ("run", write(tmp_path, **changes, tenants=tenants), "--out", tmp_path / "out")
        process = subprocess.Popen(line(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Long before it opens a file: its first second is imports.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest_file, largest_file))
        try:
            records = "out/.load-small-*.records/*.jsonl"
            eventually(lambda: any(f.stat().st_size > 10_000 for f in tmp_path.glob(records)), within_s=150)
            yield process
        finally:
            process.kill()
            process.communicate()


def test_a_target_that_dies_ends_the_run_and_what_there_is_is_marked(tmp_path: Path) -> None:
    with under_way(tmp_path) as process:
        kill_child("reference-server")
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 3, errors
    assert "not complete: the target has answered nothing for 10 s" in errors and "Traceback" not in errors
    result = read(tmp_path / "out" / "load-small.json")
    outcomes = result.figures.whole.outcomes
    assert not result.is_complete and result.problem is not None and "answered nothing" in result.problem
    assert outcomes["answered"] > 20 and outcomes["failed"] > 1000
    assert sum(outcomes.values()) == result.figures.whole.offered
    page = (tmp_path / "out" / "load-small.html").read_text()
    assert "Not complete." in page and "answered nothing for 10 s" in page
    assert str(tmp_path) not in page
    assert not list((tmp_path / "out").glob(".*"))


def test_a_disk_that_takes_no_more_loses_no_record_that_it_took(tmp_path: Path) -> None:
    with under_way(tmp_path, largest_file=30_000) as process:
        out, errors = process.communicate(timeout=120)
    assert process.returncode == 1 and "Traceback" not in errors, errors
    assert "measured: " in out and "free some space" in errors
    assert "load-small.json can't be written" in errors or "load-small.html can't be written" in errors
    [records] = (tmp_path / "out").glob(".load-small-*.records")
    assert f"kefu bench recover {records}" in errors
    recovered = bench("recover", records)
    assert recovered.returncode == 3, recovered.stderr
    assert not records.exists()
    result = read(tmp_path / "out" / "load-small-recovered.json")
    assert not result.is_complete and result.figures.whole.outcomes["answered"] > 10


def test_a_killed_run_is_recovered(tmp_path: Path) -> None:
    with under_way(tmp_path) as process:
        drivers = psutil.Process(process.pid).children()
        process.kill()
        _, alive = psutil.wait_procs(drivers, timeout=10)
        assert drivers and not alive
        [records] = (tmp_path / "out").glob(".load-small-*.records")
    recovered = bench("recover", records, "--out", tmp_path / "kept")
    assert recovered.returncode == 3 and "the run was killed" in recovered.stderr, recovered.stderr
    result = read(tmp_path / "kept" / "load-small-recovered.json")
    assert not result.is_complete and result.figures.whole.outcomes["answered"] > 20
    assert sum(result.figures.whole.outcomes.values()) == result.figures.whole.offered > 2000
    assert "whether it kept up is not known" in (tmp_path / "kept" / "load-small-recovered.html").read_text()
    refused(bench("recover", records), "run.json can't be read", "the folder of records that the run named")


def test_results_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    refused(bench("compare", tmp_path / "a.json", tmp_path / "a.json"), "a.json has schema None")
    refused(bench("compare", tmp_path / "b.json", tmp_path / "b.json"), "b.json can't be read")


class Announced:
    """Stands for the metadata of what is installed."""

    def __init__(self, **points: str) -> None:
        self.points = [EntryPoint(name, value, "kefu.commands") for name, value in points.items()]

    def __call__(self, *, group: str) -> list[EntryPoint]:
        return [point for point in self.points if point.group == group]


def test_commands_of_other_packages_are_added_and_a_broken_one_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announced = Announced(
        bench="benchmarks.load.command:app",
        gone="no_such_package:app",
        wrong="benchmarks.load.command:COMPLETE",
    )
    monkeypatch.setattr("cluster.cli.entry_points", announced)
    root = typer.Typer()
    root.command("own")(lambda: typer.echo("own works"))
    add_extensions(root)
    runner = CliRunner()
    assert "own works" in runner.invoke(root, ["own"]).output
    assert "saturate" in runner.invoke(root, ["bench", "--help"]).output
    for name, reason in (("gone", "no_such_package"), ("wrong", "is not a typer.Typer")):
        broken = runner.invoke(root, [name, "run", "--out", "x"])
        assert broken.exit_code == 1 and not isinstance(broken.exception, ImportError | TypeError)
        assert reason in runner.invoke(root, ["--help"], env={"COLUMNS": "200"}).output
