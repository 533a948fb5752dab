"""What every tier shares: where the real data is, and where built models are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from benchmarks.postgres import postgres_server
from cluster.config import load, profile_path
from tests.serving import Kefu, serving

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"

# How long an example takes, or to draw one, says something of a busy machine, and nothing of the code.
settings.register_profile("kefu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kefu")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder with the laptop profile's models, built when they are not there yet."""
    from models.build import build

    config = load(profile_path("laptop"), (f"identity.home={ROOT / '.kefu'}",))
    build(config.packaged_models(), config.models_dir)
    return config.models_dir


@pytest.fixture(scope="session")
def kefu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kefu]:
    """The `fake` profile, serving: one real local cluster for all tests that leave it as they found it."""
    with serving("fake", tmp_path_factory.mktemp("kefu")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One server for the whole run, started when a test first asks for it."""
    with postgres_server(is_durable=False) as url:
        yield url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """With KEFU_NO_SKIPS set, name what was skipped outside tests/gpu: there a skip is a failure."""
    for report in _forbidden_skips(terminalreporter):
        terminalreporter.write_line(f"FORBIDDEN SKIP {report.nodeid}: {report.longrepr}", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a green session with a forbidden skip into a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and exitstatus == 0 and _forbidden_skips(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _forbidden_skips(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    if not os.environ.get("KEFU_NO_SKIPS"):
        return []
    return [r for r in reporter.stats.get("skipped", []) if not r.nodeid.startswith("tests/gpu")]
