"""A real local cluster with the laptop's own models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Kefu, serving

# The packaged chat model is off for every intent, since none measured good enough; here it is switched on for one, so that
# its way through the ladder is walked.
SMALL_ON = "{rung: small, intent: greeting_thanks, language: en, quality: 1.0, items: 1, source: switched on by a test}"


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Kefu]:
    """The `laptop` profile with its real models, serving."""
    settings = (f"identity.models_dir={models_dir}", f"identity.ladder.measured=[{SMALL_ON}]")
    with serving("laptop", tmp_path_factory.mktemp("laptop"), *settings) as running:
        yield running
