"""The archive of a whole store: a zip of JSON lines, a file a table, with a manifest. The same from every database."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from commerce.domain.errors import BackupInvalid
from commerce.portable.columns import ColumnForm, Row
from commerce.portable.jsonl import RowInvalid, read_jsonl
from commerce.portable.manifest import MANIFEST, BackupManifest, first_fault

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class ArchiveWriter:
    """Tables one after the other, the manifest last."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive

    @contextmanager
    def table(self, name: str) -> Iterator[IO[bytes]]:
        with self._zip.open(f"{name}.jsonl", "w", force_zip64=True) as member:
            yield member

    def finish(self, manifest: BackupManifest) -> None:
        self._zip.writestr(MANIFEST, manifest.model_dump_json(indent=2) + "\n")


@contextmanager
def new_archive(path: Path) -> Iterator[ArchiveWriter]:
    """The archive is at `path` when it is whole, readable by this user alone. FileExistsError, OSError."""
    descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                yield ArchiveWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link takes nobody's place.
        os.link(partial, path)
    finally:
        os.unlink(partial)


class ArchiveReader:
    """An archive whose manifest was read; close it. BackupInvalid for everything that is not as it was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise BackupInvalid(path.name, f"is not a backup, or not a whole one: {error}") from None
        try:
            self.manifest = self._manifest()
        except BackupInvalid:
            self._zip.close()
            raise

    def _manifest(self) -> BackupManifest:
        try:
            return BackupManifest.model_validate_json(self._zip.read(MANIFEST))
        except (*_DAMAGED, KeyError) as error:
            raise BackupInvalid(self._path.name, f"is not a backup, or not a whole one: {error}") from None
        except ValidationError as error:
            where, problem = first_fault(error)
            raise BackupInvalid(f"{self._path.name}: {where}", problem) from None

    def rows(self, name: str, forms: Mapping[str, ColumnForm]) -> Iterator[Row]:
        where = f"{self._path.name}: {name}"
        try:
            with self._zip.open(f"{name}.jsonl") as member:
                for _, row in read_jsonl(member, forms, self.manifest.tables[name]):
                    yield row
        except RowInvalid as error:
            line = f" line {error.number}" if error.number else ""
            raise BackupInvalid(f"{where}{line}", f"{error.field} {error.problem}".strip()) from None
        except (*_DAMAGED, KeyError) as error:
            raise BackupInvalid(where, f"is damaged: {error}") from None

    def close(self) -> None:
        self._zip.close()
