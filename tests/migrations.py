"""Going to one revision of the schema."""

from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from sqlalchemy import Connection

from commerce.store import Store, tables


async def migrated(store: Store, move: Callable[[Config, str], None], revision: str) -> None:
    """Bring the store's database up, or down, to that revision."""

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        move(config, revision)

    async with store.writing() as connection:
        await connection.run_sync(run)
