"""Trained models as immutable folders named by their content, behind a path or an fsspec URL, verified when fetched.

A trainer writes a folder of safetensors and JSON with a card.json that names its `kind`. `publish` puts it under
`<root>/<version>`, where `version` is the SHA-256 over its files; `fetch` gives it back as a local folder, or fails.
Nothing here unpickles.

On a local disk a folder gets its final name by a rename, when it is whole. Object stores have no rename: there the
manifest is written last, and a folder without one is not found.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from models.errors import ModelDamaged, ModelNotFound, ModelUnloadable
from models.sources import MANIFEST, MANIFEST_FORMAT, check_folder, content_sha256, list_files, read_manifest

CARD: Final = "card.json"
"""What a trainer writes beside its tensors: `kind`, and whatever describes the model."""

TENSORS: Final = "tensors.safetensors"
CARD_FORMAT: Final = 1

Tensors: TypeAlias = dict[str, npt.NDArray[Any]]

_SCRATCH_PREFIX: Final = ".arriving-"
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


@dataclass(frozen=True, slots=True)
class Published:
    """`version`: 64 hexadecimal digits over the content. `url`: the folder's, to hand to `fetch`."""

    version: str
    url: str


def write_model(folder: Path, kind: str, card: Mapping[str, Any], tensors: Tensors) -> None:
    """Write what a trainer made, in the only two formats there are: its card as JSON, its arrays as safetensors."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, folder / TENSORS)
    (folder / TENSORS).chmod(_FILE_MODE)  # the library leaves it to its owner alone
    text = json.dumps({"kind": kind, "format": CARD_FORMAT, **card}, indent=1, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")


def read_model(folder: Path, kind: str) -> tuple[dict[str, Any], Tensors]:
    """The card and the arrays that `write_model` wrote for this kind.

    Raises ModelNotFound without a folder, ModelDamaged when a file is unreadable, ModelUnloadable for another kind or
    format. Does not hash: `fetch` has.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not folder.is_dir():
        raise ModelNotFound(str(folder), "there is no such folder")
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        found = (card["kind"], card["format"])
    except (OSError, ValueError, KeyError, TypeError) as broken:
        raise ModelDamaged(
            str(folder), CARD, f"cannot be read ({type(broken).__name__}: {broken})"
        ) from broken
    if found != (kind, CARD_FORMAT):
        reason = f"it is {found[0]!r} of format {found[1]}, expected {kind!r} of format {CARD_FORMAT}; train it again"
        raise ModelUnloadable(str(folder), reason)
    try:
        return card, load_file(folder / TENSORS)
    except (OSError, SafetensorError) as broken:
        raise ModelDamaged(str(folder), TENSORS, f"cannot be read ({broken})") from broken


def publish(folder: Path, root: str) -> Published:
    """Describe a trained folder in its manifest.json and copy it whole to `<root>/<version>`.

    `root` is a local path or an fsspec URL. The same content is published once; a damaged copy of it is replaced.
    Raises ModelNotFound without a folder, ModelDamaged without a card, ModelUnloadable when `root` cannot be written.
    """
    manifest = _describe(folder)
    version = str(manifest["content_sha256"])
    _write_manifest(folder, manifest)
    local = _local_path(root)
    if local is not None:
        with _reaching(root):
            place = _install(folder, local.absolute() / version, version)
        return Published(version, f"file://{place}" if "://" in root else str(place))
    url = f"{root.rstrip('/')}/{version}"
    with _reaching(url):
        _upload(folder, url, manifest)
    return Published(version, url)


def fetch(url: str, version: str, cache: Path) -> Path:
    """The local folder of a published model: every file has its listed SHA-256, and together they make `version`.

    A local path or `file://` is used in place; anything else is copied once to `<cache>/<version>`. Raises
    ModelNotFound, ModelDamaged (also when `url` holds another version), ModelUnloadable when `url` cannot be reached.
    """
    local = _local_path(url)
    if local is not None:
        if not local.is_dir():
            raise ModelNotFound(url, "there is no such folder; train the model and promote it again")
        _check(local, version)
        return local.absolute()
    kept = cache.absolute() / version
    if _is_whole(kept, version):
        return kept
    with _reaching(url):
        return _download(url, version, kept)


def _describe(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelNotFound(str(folder), "there is no such folder; train the model first")
    try:
        kind = json.loads((folder / CARD).read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError) as broken:
        raise ModelDamaged(str(folder), CARD, "names no kind, so no trainer wrote this folder") from broken
    files = list_files(folder)
    return {
        "format": MANIFEST_FORMAT,
        "name": kind,
        "content_sha256": content_sha256(files),
        "files": files,
    }


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _check(folder: Path, version: str) -> None:
    """The folder is whole and is that version; ModelDamaged else."""
    _check_version(str(folder), read_manifest(folder), version)
    check_folder(folder, verify=True)


def _check_version(where: str, manifest: Mapping[str, Any], version: str) -> None:
    try:
        listed = content_sha256(manifest["files"])
    except (KeyError, TypeError) as broken:
        raise ModelDamaged(where, MANIFEST, "lists files without their SHA-256") from broken
    if listed != version:
        raise ModelDamaged(
            where, MANIFEST, f"lists the content {listed}, and version {version} was asked for"
        )


def _is_whole(folder: Path, version: str) -> bool:
    if not folder.is_dir():
        return False
    try:
        _check(folder, version)
    except ModelDamaged:
        return False
    return True


def _install(source: Path, place: Path, version: str) -> Path:
    """Copy the files that the manifest lists beside `place`, then give the copy its name in one step."""
    if _is_whole(place, version):
        return place
    with _scratch(place.parent) as scratch:
        fresh = scratch / version
        for name in (*read_manifest(source)["files"], MANIFEST):
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
        return _move_in(fresh, place, version, scratch)


def _move_in(fresh: Path, place: Path, version: str, scratch: Path) -> Path:
    """Rename a complete folder to its place; another process that was faster wrote the same."""
    _check(fresh, version)
    for path in [fresh, *fresh.rglob("*")]:
        path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)
    if place.exists() and not _is_whole(place, version):
        os.replace(place, scratch / "damaged")
    try:
        os.rename(fresh, place)
    except OSError:
        _check(place, version)
    return place


def _upload(folder: Path, url: str, manifest: Mapping[str, Any]) -> None:
    filesystem, path = _filesystem(url)
    if _remote_manifest(filesystem, path) == manifest and _holds(filesystem, path, manifest):
        return
    for name in (*manifest["files"], MANIFEST):
        filesystem.makedirs(f"{path}/{name}".rpartition("/")[0], exist_ok=True)
        filesystem.put_file(str(folder / name), f"{path}/{name}")


def _holds(filesystem: Any, path: str, manifest: Mapping[str, Any]) -> bool:
    """Whether every listed file is there as listed; reads them all."""
    try:
        return all(
            hashlib.sha256(filesystem.cat_file(f"{path}/{name}")).hexdigest() == listed["sha256"]
            for name, listed in manifest["files"].items()
        )
    except FileNotFoundError:
        return False


def _download(url: str, version: str, kept: Path) -> Path:
    filesystem, path = _filesystem(url)
    manifest = _remote_manifest(filesystem, path)
    if manifest is None:
        raise ModelNotFound(url, f"it has no {MANIFEST}; train the model and promote it again")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ModelDamaged(url, MANIFEST, "lists no files")
    _check_version(url, manifest, version)
    with _scratch(kept.parent) as scratch:
        fresh = scratch / version
        fresh.mkdir()
        _write_manifest(fresh, manifest)
        for name in manifest["files"]:
            target = fresh / _inside(url, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not filesystem.exists(f"{path}/{name}"):
                raise ModelDamaged(url, name, "is missing")
            filesystem.get_file(f"{path}/{name}", str(target))
        return _move_in(fresh, kept, version, scratch)


def _inside(url: str, name: str) -> str:
    """The listed name, unless it points out of the folder."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise ModelDamaged(url, name, "lies outside of its folder")
    return name


def _remote_manifest(filesystem: Any, path: str) -> Any:
    """The parsed manifest.json under `path`; None without one or when it is no JSON."""
    try:
        return json.loads(filesystem.cat_file(f"{path}/{MANIFEST}"))
    except (FileNotFoundError, ValueError):
        return None


def _filesystem(url: str) -> tuple[Any, str]:
    import fsspec

    filesystem, path = fsspec.core.url_to_fs(url)
    return filesystem, str(path).rstrip("/")


def _local_path(url: str) -> Path | None:
    """The path of a URL on this machine, None for another's."""
    if "://" not in url:
        return Path(url)
    return Path(url.removeprefix("file://")) if url.startswith("file://") else None


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=parent) as scratch:
        yield Path(scratch)


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """What a filesystem raises, as ours."""
    try:
        yield
    except (OSError, ImportError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}; check the URL, its credentials and its fsspec package"
        raise ModelUnloadable(url, reason) from error
