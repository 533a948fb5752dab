"""Trained folders: named by their content, whole or not there, refused when a byte differs."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from models.artifacts import CARD, TENSORS, fetch, publish, read_model, write_model
from models.errors import ModelDamaged, ModelNotFound, ModelUnloadable
from models.sources import MANIFEST, content_sha256, read_manifest

KIND = "segmentation"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    folder = tmp_path / "trained"
    write_model(folder, KIND, {"names": ["新客"]}, {"centroids": np.arange(6.0).reshape(2, 3)})
    return folder


@pytest.fixture
def bucket() -> Iterator[Any]:
    """A store that is not this machine's disk."""
    filesystem = fsspec.filesystem("memory")
    yield filesystem
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


def test_what_is_written_is_read_back(trained: Path) -> None:
    card, tensors = read_model(trained, KIND)
    assert card == {"kind": KIND, "format": 1, "names": ["新客"]}
    assert np.array_equal(tensors["centroids"], np.arange(6.0).reshape(2, 3))


def test_another_kind_or_an_unreadable_file_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnloadable, match="expected 'recommendation'"):
        read_model(trained, "recommendation")
    (trained / TENSORS).write_bytes(b"\x80\x04K\x01.")  # a pickle is no safetensors
    with pytest.raises(ModelDamaged, match=TENSORS):
        read_model(trained, KIND)
    (trained / CARD).write_text("[]")
    with pytest.raises(ModelDamaged, match=CARD):
        read_model(trained, KIND)
    with pytest.raises(ModelNotFound):
        read_model(tmp_path / "nowhere", KIND)


def test_publishing_names_a_folder_by_its_content(trained: Path, tmp_path: Path) -> None:
    published = publish(trained, str(tmp_path / "kept"))
    folder = tmp_path / "kept" / published.version
    assert published.url == str(folder)
    assert len(published.version) == 64
    assert [path.name for path in folder.parent.iterdir()] == [published.version]
    assert read_manifest(folder)["content_sha256"] == published.version
    assert read_manifest(folder)["name"] == KIND
    assert folder.stat().st_mode & 0o055 == 0o055
    assert fetch(published.url, published.version, tmp_path / "cache") == folder
    assert not (tmp_path / "cache").exists()
    write_model(trained, KIND, {"names": ["老客"]}, {"centroids": np.arange(6.0).reshape(2, 3)})
    assert publish(trained, str(tmp_path / "kept")).version != published.version


def test_the_same_content_is_published_once(trained: Path, tmp_path: Path) -> None:
    first = publish(trained, f"file://{tmp_path}/kept")
    assert first.url == f"file://{tmp_path}/kept/{first.version}"
    inode = (tmp_path / "kept" / first.version).stat().st_ino
    shutil.copytree(trained, tmp_path / "elsewhere")
    assert publish(tmp_path / "elsewhere", f"file://{tmp_path}/kept") == first
    assert (tmp_path / "kept" / first.version).stat().st_ino == inode
    assert fetch(first.url, first.version, tmp_path).stat().st_ino == inode


def test_a_damaged_copy_is_replaced_by_publishing_again(trained: Path, tmp_path: Path) -> None:
    published = publish(trained, str(tmp_path / "kept"))
    (Path(published.url) / TENSORS).write_bytes(b"gone bad")
    assert publish(trained, str(tmp_path / "kept")) == published
    assert fetch(published.url, published.version, tmp_path) == Path(published.url)


def test_nothing_half_written_gets_the_final_name(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.copyfile
    copied: list[object] = []

    def full_disk(source: Path, target: Path) -> None:
        if copied:
            raise OSError(28, "No space left on device")
        copied.append(real(source, target))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full_disk)
        with pytest.raises(ModelUnloadable, match="No space left"):
            publish(trained, str(tmp_path / "kept"))
    assert copied
    assert not list((tmp_path / "kept").iterdir())
    assert publish(trained, str(tmp_path / "kept")).url


@pytest.mark.parametrize("file", [CARD, TENSORS])
def test_an_altered_byte_is_refused(trained: Path, tmp_path: Path, file: str) -> None:
    published = publish(trained, str(tmp_path / "kept"))
    path = Path(published.url) / file
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelDamaged, match=file):
        fetch(published.url, published.version, tmp_path)


def test_another_version_than_the_asked_for_is_refused(trained: Path, tmp_path: Path) -> None:
    published = publish(trained, str(tmp_path / "kept"))
    with pytest.raises(ModelDamaged, match="was asked for"):
        fetch(published.url, "0" * 64, tmp_path)
    with pytest.raises(ModelNotFound, match="promote it again"):
        fetch(str(tmp_path / "nowhere"), published.version, tmp_path)


def test_a_folder_that_no_trainer_wrote_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        publish(tmp_path / "nowhere", str(tmp_path))
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelDamaged, match=CARD):
        publish(tmp_path / "mine", str(tmp_path))


def test_a_remote_model_is_copied_once_and_checked_each_time(
    trained: Path, tmp_path: Path, bucket: Any
) -> None:
    published = publish(trained, "memory://models/demo/")
    assert published.url == f"memory://models/demo/{published.version}"
    cache = tmp_path / "cache"
    folder = fetch(published.url, published.version, cache)
    assert folder == cache / published.version
    assert (folder / TENSORS).read_bytes() == (trained / TENSORS).read_bytes()
    assert [path.name for path in cache.iterdir()] == [published.version]
    bucket.store.clear()
    assert fetch(published.url, published.version, cache) == folder
    (folder / TENSORS).write_bytes(b"gone bad")
    with pytest.raises(ModelNotFound):
        fetch(published.url, published.version, cache)
    publish(trained, "memory://models/demo")
    assert (fetch(published.url, published.version, cache) / TENSORS).stat().st_size > 100


def test_a_remote_folder_whose_upload_ended_early_is_not_found(
    trained: Path, tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(bucket).put_file

    def broken_line(self: Any, source: str, target: str) -> None:
        if target.endswith(TENSORS):
            raise ConnectionResetError("the line broke")
        real(self, source, target)

    with monkeypatch.context() as patched:
        patched.setattr(type(bucket), "put_file", broken_line)
        with pytest.raises(ModelUnloadable, match="the line broke"):
            publish(trained, "memory://models")
    (version,) = (Path(path).parent.name for path in bucket.find("/models"))
    with pytest.raises(ModelNotFound, match=MANIFEST):
        fetch(f"memory://models/{version}", version, tmp_path / "cache")
    published = publish(trained, "memory://models")
    assert published.version == version
    assert fetch(published.url, version, tmp_path / "cache").is_dir()


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_damaged_remote_model_is_refused_and_leaves_nothing(
    trained: Path, tmp_path: Path, bucket: Any, damage: str
) -> None:
    published = publish(trained, "memory://models")
    tensors = f"/models/{published.version}/{TENSORS}"
    if damage == "altered":
        bucket.pipe(tensors, b"x" * bucket.size(tensors))
    else:
        bucket.rm(tensors)
    with pytest.raises(ModelDamaged, match=TENSORS):
        fetch(published.url, published.version, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
    assert publish(trained, "memory://models") == published
    assert fetch(published.url, published.version, tmp_path / "cache").is_dir()


def test_a_manifest_cannot_write_outside_of_its_folder(tmp_path: Path, bucket: Any) -> None:
    files = {
        "../x": {"bytes": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    }
    version = content_sha256(files)
    bucket.pipe(f"/models/{version}/{MANIFEST}", json.dumps({"files": files}).encode())
    bucket.pipe("/models/x", b"x")
    with pytest.raises(ModelDamaged, match="outside"):
        fetch(f"memory://models/{version}", version, tmp_path / "cache")
    assert not list(tmp_path.rglob("x"))


def test_a_url_that_cannot_be_reached_says_what_to_check(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnloadable, match="fsspec package"):
        publish(trained, "nonesuch://bucket/models")
    with pytest.raises(ModelUnloadable, match="fsspec package"):
        fetch(f"nonesuch://bucket/models/{'0' * 64}", "0" * 64, tmp_path)


def test_two_that_publish_at_once_agree(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other finishes between our look and our rename."""
    real = os.rename

    def overtaken(source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        real(source, target)

    monkeypatch.setattr(os, "rename", overtaken)
    published = publish(trained, str(tmp_path / "kept"))
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [published.version]
    assert fetch(published.url, published.version, tmp_path) == Path(published.url)
