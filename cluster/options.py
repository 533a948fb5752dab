"""What the commands share: the profile, its overrides, the terminal."""

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


def read_config(profile: str, overrides: list[str] | None) -> ClusterConfig:
    """The profile with its overrides. ConfigError."""
    return load(profile_path(profile), tuple(overrides or ()))
