"""An evaluation as one HTML page that needs nothing else: no script, no font, no picture from outside."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.understanding import plots, shown
from benchmarks.understanding.assessment import Assessment
from benchmarks.understanding.bounds import Verdict
from benchmarks.understanding.evaluation import Evaluation
from models.understanding.corpus import CORPUS


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a data set's head. `is_met` is None where no bound is set."""

    name: str
    value: str
    note: str
    is_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A data set's part of the page."""

    found: Assessment
    tiles: tuple[Tile, ...]
    confusion: Markup
    reliability: Markup
    rejection: Markup


def html(evaluation: Evaluation) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = shown.share
    return environment.get_template("report.html").render(
        evaluation=evaluation,
        head=evaluation.head,
        missed=[one.bound.name for one in evaluation.bounds if not one.is_met],
        sections=[_section(one, evaluation.bounds) for one in evaluation.data_sets],
        curves=plots.CURVES,
    )


def _section(found: Assessment, bounds: tuple[Verdict, ...]) -> Section:
    """`bounds` are the corpus's test split's alone."""
    judged = bounds if (found.data_set, found.split) == (CORPUS, "test") else ()
    where = f"{found.data_set}, {found.split}"
    drawn = (
        plots.confusion_map(found.confusion, f"What was said for each intent of {where}"),
        plots.reliability_diagram(found.reliability, f"Share of right readings by probability, {where}"),
        plots.rejection_lines(
            found.rejection_curve, [one.bound for one in judged], f"Shares by threshold of rejection, {where}"
        ),
    )
    return Section(found, (*_bound_tiles(judged), *_tiles(found, judged)), *map(Markup, drawn))


def _bound_tiles(judged: tuple[Verdict, ...]) -> Iterator[Tile]:
    for one in judged:
        note = f"{shown.bound(one.bound)}: {'met' if one.is_met else 'missed'}"
        yield Tile(one.bound.name, shown.share(one.value), note, one.is_met)


def _tiles(found: Assessment, judged: tuple[Verdict, ...]) -> Iterator[Tile]:
    """The main figures that no bound has shown yet."""
    whole = found.figures[0]
    done = {one.bound.figure for one in judged}
    told = (
        ("accuracy", "In scope", "read right"),
        ("least_recall", "Recall of every intent", f"least: {whole.least_recall_intent or 'no intent'}"),
        ("top3_accuracy", "Among the first three", "of those in scope"),
        ("macro_f1", "Macro F1", "of the intents in scope"),
        ("route_precision", "Routed right", "of what was routed"),
        ("clarify_share", "Asked about", "of those in scope"),
        ("out_of_scope_recall", "Out-of-scope recall", f"of {whole.out_of_scope_messages:,} messages"),
        ("false_rejection", "False rejection", "of those in scope"),
        ("auroc", "AUROC", "out of scope against in scope"),
        ("ece", "Calibration error", "expected, over 15 bins"),
    )
    for figure, name, note in told:
        if figure not in done:
            yield Tile(name, shown.share(getattr(whole, figure)), note)
