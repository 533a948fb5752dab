"""What the commands share: the profile, its overrides, the terminal."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cluster.config import ClusterConfig, load, profile_path

console = Console()
error_console = Console(stderr=True)

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
