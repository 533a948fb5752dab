"""An evaluation on the terminal: 80 columns are enough."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.understanding.assessment import Assessment
from benchmarks.understanding.evaluation import Evaluation
from benchmarks.understanding.shown import share, verdict
from models.understanding.evaluate import EntityFigures, Figures, SentimentFigures

_ROWS: Final = {
    "in scope read right": "accuracy",
    "… whatever was rejected": "accuracy_unrejected",
    "… among the first three": "top3_accuracy",
    "macro F1": "macro_f1",
    "routed right": "route_precision",
    "in scope asked about": "clarify_share",
    "in scope rejected": "false_rejection",
    "out of scope recognised": "out_of_scope_recall",
    "… at 5 % in scope rejected": "out_of_scope_recall_at_5",
    "rejected rightly": "out_of_scope_precision",
    "AUROC": "auroc",
    "calibration error": "ece",
    "recall of the worst intent": "least_recall",
}


def show(evaluation: Evaluation, console: Console) -> None:
    """A table a data set in per cent, all languages and each; then the sentiments, the entities, and the bounds."""
    for one in evaluation.data_sets:
        console.print(_intents(one))
    if evaluation.sentiments:
        console.print(_sentiments(evaluation.sentiments))
    for _, found in groupby(evaluation.entities, key=lambda one: one.data_set):
        console.print(_entities(list(found)))
    for judged in evaluation.bounds:
        colour = "green" if judged.is_met else "red"
        console.print(f"[{colour}]{judged.bound.name} {verdict(judged)}[/]", highlight=False)


def _intents(found: Assessment) -> Table:
    table = _table(found.data_set, found.split, found.figures)
    table.add_row("messages", *(str(figures.messages) for figures in found.figures))
    table.add_row("… out of scope", *(str(figures.out_of_scope_messages) for figures in found.figures))
    for name, figure in _ROWS.items():
        table.add_row(name, *(share(getattr(figures, figure)) for figures in found.figures))
    table.add_row("", *(escape(figures.least_recall_intent or "") for figures in found.figures))
    return table


def _sentiments(found: Sequence[SentimentFigures]) -> Table:
    table = _table(found[0].data_set, found[0].split, found)
    table.add_row("messages", *(str(one.messages) for one in found))
    table.add_row("of five labels", *(share(one.accuracy) for one in found))
    table.add_row("sign", *(share(one.polarity) for one in found))
    return table


def _entities(found: Sequence[EntityFigures]) -> Table:
    table = Table(title=f"{escape(found[0].data_set)}, {found[0].split}: exact spans", title_justify="left")
    table.add_column("%", no_wrap=True)
    for column in ("marked", "precision", "recall", "F1"):
        table.add_column(column, justify="right")
    for one in found:
        table.add_row(one.type, str(one.marked), share(one.precision), share(one.recall), share(one.f1))
    return table


def _table(data_set: str, split: str, columns: Sequence[Figures | SentimentFigures]) -> Table:
    table = Table(title=f"{escape(data_set)}, {split}", title_justify="left")
    table.add_column("%", no_wrap=True)
    for column in columns:
        table.add_column(column.language or "all", justify="right", overflow="fold")
    return table
