"""One real local cluster with fake engines, shared by the tests that only read it."""

from collections.abc import Iterator

import pytest

from tests.serving import Kefu, serving


@pytest.fixture(scope="session")
def kefu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kefu]:
    """The `fake` profile, serving."""
    with serving("fake", tmp_path_factory.mktemp("kefu")) as running:
        yield running
