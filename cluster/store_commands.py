"""`kefu data export|import`, `kefu backup`, `kefu restore`: what the store holds, out of it and in again."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.exc import ArgumentError

from cluster.config import ClusterConfig, resolve_secret
from cluster.console import Progress
from cluster.options import Overrides, Profile, console, read_config
from cluster.shop import shell_operator
from commerce.portable.manifest import FileFormat
from commerce.store import Store, open_store
from commerce.store.connection import create_engine_for

T = TypeVar("T")

ShopOption = Annotated[str, typer.Option("--tenant", help="the shop")]


def opened(profile: str, overrides: list[str] | None) -> Store:
    """The profile's store. ConfigError."""
    return open_store(resolve_secret(read_config(profile, overrides).store_ref))


def export(
    tenant: ShopOption,
    out: Annotated[Path, typer.Option("--out", help="a new folder; it will hold personal data")],
    file_format: Annotated[FileFormat, typer.Option("--format", help="of the files")] = FileFormat.JSONL,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Write a shop's data: a file a table, and a manifest with row counts and checksums."""
    from commerce.portable.shop_export import export_shop

    async def work() -> dict[str, int]:
        async with opened(profile, overrides) as store:
            manifest = await export_shop(store, tenant, out, datetime.now(UTC), file_format)
        return {name: entry.rows for name, entry in manifest.files.items()}

    _tell(_run("export", f"tenant {tenant}", work()), f"written: {out}")


def import_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="what kefu data export wrote")],
    tenant: ShopOption,
    replace: Annotated[bool, typer.Option(help="in place of the data that the shop has")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Load a shop's data, all of it or nothing. The first fault is named by file, line and field."""
    from commerce.portable.shop_import import import_shop_files

    async def work() -> dict[str, int]:
        async with opened(profile, overrides) as store:
            return await import_shop_files(
                store, tenant, folder, datetime.now(UTC), shell_operator(), is_replacing=replace
            )

    _tell(_run("import", f"{folder} as tenant {tenant}", work()), f"loaded as tenant {tenant}")


def backup(
    out: Annotated[Path, typer.Option("--out", help="a new file; it will hold personal data and key hashes")],
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Write the whole store, all shops and logs, as of one instant into one file. The service goes on."""
    from commerce.portable.backup import back_up

    async def work() -> dict[str, int]:
        async with opened(profile, overrides) as store:
            manifest = await back_up(store, out, datetime.now(UTC))
        return {name: entry.rows for name, entry in manifest.tables.items()}

    _tell(_run("backup", "one snapshot of all tables", work()), f"written: {out}")


def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="what kefu backup wrote")],
    url: Annotated[
        str | None,
        typer.Option(
            help="sqlite:////path.db, postgresql://…, or env:NAME or file:PATH of one; default: the profile's"
        ),
    ] = None,
    erasures: Annotated[
        Path | None,
        typer.Option(help="what kefu customer erasures wrote: who is in it is erased again"),
    ] = None,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Bring a backup into an empty database, SQLite or PostgreSQL, whichever it came from."""
    from commerce.portable.erasures import read_erasures
    from commerce.portable.restore import Restored
    from commerce.portable.restore import restore as bring_back

    known = read_erasures(erasures).erasures if erasures is not None else ()
    target = _target(url) if url is not None else _own_store(read_config(profile, overrides))

    async def work() -> Restored:
        return await bring_back(archive, target, known, shell_operator())

    done = _run("restore", archive.name, work())
    for erased in done.erased_again:
        _say(f"customer {erased.customer_id} of {erased.tenant_id} is erased again")
    if erasures is None:
        made = done.manifest.created_at.isoformat(timespec="seconds")
        _say(f"who was erased after {made} is back: erase them again (docs/privacy.md)")
    _tell({name: entry.rows for name, entry in done.manifest.tables.items()}, "restored, and checked")


def _own_store(config: ClusterConfig) -> str:
    if config.is_sqlite:
        Path(config.store_ref.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return resolve_secret(config.store_ref)


def _target(url: str) -> str:
    found = resolve_secret(url) if url.startswith(("env:", "file:")) else url
    try:
        create_engine_for(found)
    except (ArgumentError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None
    return found


def _run(name: str, what: str, work: Coroutine[Any, Any, T]) -> T:
    with Progress(console).task(name) as task:
        task(what, None)
        return asyncio.run(work)


def _tell(counts: dict[str, int], end: str) -> None:
    for name, count in counts.items():
        _say(f"{name}: {count}")
    _say(end)


def _say(text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)
