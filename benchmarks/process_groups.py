"""What a process of a running cluster is, by its title, for figures that are read by group."""

from typing import Final

PROGRAMS: Final = (
    ("haproxy", "HAProxy"),
    ("ServeController", "Serve controller"),
    ("raylet", "raylet"),
    ("gcs_server", "GCS"),
)
REST: Final = "rest of Ray"
_REPLICA: Final = "ServeReplica:"


def group(title: str) -> str:
    """A replica's deployment (Ray names it ServeReplica:application:deployment.method), else the program."""
    if _REPLICA in title:
        parts = title.split(_REPLICA, 1)[1].split(":")
        if len(parts) > 1:
            return parts[1].split(".")[0].strip()
    return next((name for mark, name in PROGRAMS if mark in title), REST)
