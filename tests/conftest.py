"""What every tier shares: where the real data is, and where built models are."""

import os
from pathlib import Path

import pytest

from cluster.config import load, profile_path

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder with the laptop profile's models, built when they are not there yet."""
    from models.build import build

    config = load(profile_path("laptop"), (f"identity.home={ROOT / '.kefu'}",))
    build(config.packaged_models(), config.models_dir)
    return config.models_dir


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
