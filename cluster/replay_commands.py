"""`kefu replay`: what other people's agents did to a shop, done again, and whether the shop is then the same."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from commerce.replay.tau2 import Replayed, replay_tau2

app = typer.Typer(no_args_is_help=True, help="Do again what other people's agents did to a shop.")
console = Console(emoji=False)


@app.callback()
def replay() -> None:
    """Do again what other people's agents did to a shop."""


@app.command()
def tau2(
    db: Annotated[Path, typer.Option("--db", help="the benchmark's database: products, users, orders")],
    tasks: Annotated[Path, typer.Option("--tasks", help="the actions of each task, and the hash after them")],
    as_json: Annotated[
        bool, typer.Option("--json", help="only JSON lines: a task each, the sum last")
    ] = False,
) -> None:
    """Replay the tau2 benchmark's retail tasks with its own semantics (tau2_compat): are the databases the same afterwards?

    Exits with 1 where one differs. No shop is served so: nobody is asked who they are or whether they agreed.
    """

    def told(task: Replayed) -> None:
        refusals = [str(refused) for refused in task.refusals]
        if as_json:
            line = {"task": task.task_id, "is_equal": task.is_equal, "refusals": refusals}
            typer.echo(json.dumps(line, ensure_ascii=False))
            return
        console.print(f"task {task.task_id}: {'equal' if task.is_equal else 'DIFFERS'}", highlight=False)
        for refusal in refusals:
            console.print(f"  refused: {refusal}", soft_wrap=True, highlight=False, markup=False)

    found = replay_tau2(_file(db, "--db"), _file(tasks, "--tasks"), replayed=told)
    equal = sum(task.is_equal for task in found)
    if as_json:
        typer.echo(json.dumps({"equal": equal, "total": len(found)}))
    else:
        console.print(f"{equal} of {len(found)} databases are equal", highlight=False)
    if equal < len(found):
        raise typer.Exit(1)


def _file(path: Path, option: str) -> Path:
    if not path.is_file():
        raise typer.BadParameter(
            f"{path} is not a file; give {option} the benchmark's JSON", param_hint=option
        )
    return path
