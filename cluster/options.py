"""What the commands share: the profile, its overrides, the terminal."""

from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cluster.config import ClusterConfig, load, profile_path

if TYPE_CHECKING:
    from models.understanding.train import Card

# A colon before a word is no emoji.
console = Console(emoji=False)
error_console = Console(stderr=True, emoji=False)

Profile = Annotated[
    str, typer.Option("--profile", "-p", help="fake, laptop, gpu, production, or a YAML file")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="key.path=value over the profile; may be given several times"),
]

FromWheel = Annotated[Path | None, typer.Option(help="a wheel, or a folder of wheels, instead of a download")]
Threads = Annotated[int, typer.Option(min=1, max=64, help="processor threads")]


def read_config(profile: str, overrides: list[str] | None) -> ClusterConfig:
    """The profile with its overrides. ConfigError."""
    return load(profile_path(profile), tuple(overrides or ()))


def accuracy_told(accuracy: float | None) -> str:
    """In words, before "on …"."""
    return "no accuracy, for want of messages in scope," if accuracy is None else f"accuracy {accuracy:.3f}"


def made_writable(out: Path) -> None:
    """Makes the folder, and tells what can't be written there before minutes of work. OSError."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=out):
        pass


def say_trained(card: "Card", data: str) -> None:
    """How good an adapter is, where it is, and what can't serve it."""
    if "openvino" not in card.document["calibrations"]:
        console.print("OpenVINO can't convert this encoder: serve it with understanding.runtime: torch")
    said = f"{accuracy_told(card.test_accuracy)} on {data}, split test; written to {card.folder}"
    console.print(said, soft_wrap=True)
