"""How `kefu evaluate` ends where it can't go on: a line on stderr and status 1, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape

ERRORS: Final = Console(stderr=True, emoji=False)


@contextmanager
def explained(command: str) -> Iterator[None]:
    """An error that can be explained becomes a line."""
    from benchmarks.answers.errors import AnswersError
    from benchmarks.load.result import ResultError
    from cluster.config_error import ConfigError
    from commerce.domain.errors import CommerceError
    from deployments.errors import ServingError
    from models.errors import ModelError

    try:
        yield
    except (AnswersError, CommerceError, ConfigError, ModelError, ResultError, ServingError) as error:
        _fail(command, str(error))
    except OSError as error:
        _fail(command, f"{error.filename or 'the system'}: {error.strerror or error}")


def _fail(command: str, text: str) -> None:
    line = " ".join(text.split())
    ERRORS.print(f"[bold red]{command}:[/bold red] {escape(line)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)
