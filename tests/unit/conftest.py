"""Unit tests run in seconds: no network, no Ray."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_network_no_ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A socket or a cluster in a unit test is an error. Event loops need a pair of local sockets."""
    pytest_socket.disable_socket(allow_unix_socket=True)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a unit test must not start Ray; move it to tests/integration")

    monkeypatch.setattr("ray.init", refuse)
    yield
    pytest_socket.enable_socket()
