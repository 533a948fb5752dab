"""What lies beside the rows: how many there are, their checksums, and the schema that they are of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from commerce.domain.errors import ImportInvalid

MANIFEST = "manifest.json"

_Count = Annotated[int, Field(ge=0)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FileFormat(StrEnum):
    JSONL = "jsonl"
    PARQUET = "parquet"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Strict):
    """One table's file."""

    rows: _Count
    sha256: _Sha256


class ShopManifest(_Strict):
    """A shop's exported data. `files` by table; a table without rows has an empty file."""

    kind: Literal["kefu-shop"] = "kefu-shop"
    format: FileFormat
    revision: str
    tenant: str
    created_at: AwareDatetime
    files: dict[str, FileEntry]


class TableEntry(FileEntry):
    """One table of a backup, with the columns of its rows."""

    columns: tuple[str, ...]


class BackupManifest(_Strict):
    """A whole store. `sequences` are the highest numbers that the database has given, by table."""

    kind: Literal["kefu-backup"] = "kefu-backup"
    revision: str
    database: str
    created_at: AwareDatetime
    tables: dict[str, TableEntry]
    sequences: dict[str, _Count]


def read_shop_manifest(text: bytes) -> ShopManifest:
    """Raises ImportInvalid with the path of the first field that is wrong."""
    try:
        return ShopManifest.model_validate_json(text)
    except ValidationError as error:
        raise ImportInvalid(*first_fault(error)) from None


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Where, and what."""
    fault = error.errors()[0]
    where = ".".join((MANIFEST, *(str(part) for part in fault["loc"])))
    return where, fault["msg"]
