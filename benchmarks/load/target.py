"""What a run is aimed at, and the errors of a run that does not begin.

DriverError
├── TargetNotLocal
├── TargetUnreachable
└── DriverNotStarted
"""

import http.client
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_PROBE_S: Final = 3.0


class DriverError(Exception):
    """A run that did not begin; the text says what to do."""


class TargetNotLocal(DriverError):
    """The target is another machine: this driver loads what runs on its own."""


class TargetUnreachable(DriverError):
    """GET /healthz had no answer, or one that says it is not ready."""


class DriverNotStarted(DriverError):
    """A driver process did not come up."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send. `headers` by tenant, for each request of it. TargetNotLocal unless `base_url` is a loopback address."""

    base_url: str
    headers: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
            raise TargetNotLocal(
                f"{self.base_url} is not on this machine; run the load tool where the cluster runs, "
                "against http://127.0.0.1:PORT"
            )

    def probe(self) -> None:
        """One GET /healthz. TargetUnreachable within three seconds."""
        parts = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_PROBE_S)
        try:
            connection.request("GET", parts.path.rstrip("/") + "/healthz")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            what = str(error) or type(error).__name__
            raise TargetUnreachable(
                f"nothing answers at {self.base_url} ({what}); start the cluster with kefu up, "
                "or give the address that kefu status shows"
            ) from error
        finally:
            connection.close()
        if status >= 500:
            raise TargetUnreachable(
                f"{self.base_url}/healthz answers {status}: it is not ready; wait until kefu status says it is"
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
