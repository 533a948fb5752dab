"""Bring a database to the schema of this version. Alembic runs from code: no alembic.ini, nothing from
the working folder.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from commerce.store.connection import Connected, create_engine_for, lock_until_commit

_SCRIPTS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 1


async def migrate(url: str) -> str:
    """Upgrade the database at `url` to the newest revision, which is returned. Nothing happens when it is
    there.

    One transaction: a killed migration leaves the old schema. Two processes at once: the second finds the
    work done.
    """
    engine = create_engine_for(url)
    try:
        async with Connected(engine).writing() as connection:
            await lock_until_commit(connection, MIGRATION_LOCK)
            await connection.run_sync(move_to, head_revision())
    finally:
        await engine.dispose()
    return head_revision()


def head_revision() -> str:
    """The revision that this version of the code works with."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    assert head is not None
    return head


def is_known_revision(revision: str) -> bool:
    """Whether this version of the code has that revision among its own."""
    return any(script.revision == revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions())


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def move_to(connection: Connection, revision: str) -> None:
    """Upgrade the schema to `revision`, or take it back to it where it is newer; within the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if current_revision(connection) != revision:
        command.downgrade(config, revision)
