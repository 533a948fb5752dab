"""What the command prints: progress of long work, and the welcome with its three calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from cluster.shop import ServeFile

Task = Callable[[str, float | None], None]


class Progress:
    """Long work on a terminal as bars, elsewhere as one line per step."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(f"[bold]kefu[/bold] {text}", highlight=False)

    @contextmanager
    def task(self, name: str) -> Iterator[Task]:
        """A bar for one piece of work: call it with what is being done and the share done, None while unknown."""
        if not self._console.is_terminal:
            yield self._lines(name)
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.fields[name]:<10} {task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
        )
        with Bar(*columns, console=self._console, transient=False) as bar:
            handle = bar.add_task("", name=name, total=None)

            def update(text: str, share: float | None) -> None:
                bar.update(
                    handle, description=text, total=None if share is None else 1.0, completed=share or 0.0
                )

            yield update
            bar.update(handle, description="done", total=1.0, completed=1.0)

    def _lines(self, name: str) -> Task:
        last = ""

        def update(text: str, share: float | None) -> None:
            nonlocal last
            if text != last:
                last = text
                self.say(f"{name}: {text}")

        return update

    def welcome(self, serve_file: ServeFile, path: Path) -> None:
        """Where it serves and how to call it."""
        url, key, token = serve_file.base_url, serve_file.api_key, serve_file.customer_token
        self._console.print(
            f"\n[bold green]Kefu serves on {url}[/bold green]   (open it in a browser; API: {url}/docs)"
        )
        self._console.print(f"API key: {key}", soft_wrap=True, highlight=False)
        self._console.print(f"All keys and tokens: {path}\n", soft_wrap=True, highlight=False)
        calls = (
            ("", "我的订单到哪了"),
            ("", "What is the return policy for electronics?"),
            (', "stream": true', "我想要一件红色的羽绒服"),
        )
        for extra, message in calls:
            # Plain print: a line that wraps or is coloured could not be copied.
            self._console.out(
                f"curl {'-N ' if extra else ''}{url}/v1/chat -H 'Authorization: Bearer {key}' "
                f"-H 'X-Customer-Token: {token}' -H 'Content-Type: application/json' "
                f'-d \'{{"message": "{message}"{extra}}}\'\n',
                highlight=False,
            )
        self._console.print("Ctrl-C stops everything that was started here.", highlight=False)
