"""An evaluation on the terminal: 80 columns are enough."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.answers.asking import Answered
from benchmarks.answers.evaluation import Evaluation, told
from benchmarks.answers.figures import Bound, Figures
from benchmarks.answers.specs import Spec

_COLUMNS: Final = ("asked", "right", "answerable", "all facts", "evaded", "forbidden")


def show(evaluation: Evaluation, console: Console, *, is_blind_shown: bool) -> None:
    """What was left out, a table a kind, the answers that are not right, the bounds."""
    for line in evaluation.left_out:
        console.print(f"[yellow]{escape(line)}[/]", highlight=False, soft_wrap=True)
    for kind, group in groupby(evaluation.figures, key=lambda one: one.kind):
        console.print(_table(kind, group))
    for one in told(evaluation.answered, is_blind_shown=is_blind_shown):
        if one.outcome != "right":
            _show_wrong(one, console)
    hidden = sum(one.outcome != "right" for one in evaluation.answered if one.asked.half == "blind")
    if hidden and not is_blind_shown:
        console.print(
            f"{hidden} answers of the blind half are not right, and are not shown.", highlight=False
        )
    for bound in evaluation.bounds:
        console.print(f"[{'green' if bound.is_met else 'red'}]{_verdict(bound)}[/]", highlight=False)


def _table(kind: str, group: Iterable[Figures]) -> Table:
    table = Table(title=f"by {kind}" if kind != "all" else "all questions", title_justify="left")
    table.add_column("%", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for one in group:
        table.add_row(
            escape(one.name),
            str(one.asked),
            _share(one.right_share),
            str(one.answerable),
            _share(one.complete_share),
            _share(one.evaded_share),
            str(one.forbidden),
        )
    return table


def _show_wrong(one: Answered, console: Console) -> None:
    question = one.asked.question
    console.print(
        f"\n[bold]{question.id}[/] {one.outcome}: {escape(question.intent)} read as {escape(one.read_as)}",
        highlight=False,
    )
    console.print(f"  {escape(one.asked.message)}", highlight=False)
    console.print(f"  → {escape(' '.join(one.answer.split()))}", highlight=False)
    for name, specs in (("missing", one.missing), ("forbidden", one.said)):
        if specs:
            console.print(f"  {name}: {escape(', '.join(map(_spec, specs)))}", highlight=False)


def _spec(spec: Spec) -> str:
    return " ".join(f"{name} {value}" for name, value in spec.items())


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _verdict(bound: Bound) -> str:
    return f"{bound.name}: {_share(bound.value)} %, {'at most' if bound.is_most else 'at least'} {_share(bound.share)} %"
