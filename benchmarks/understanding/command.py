"""`kefu evaluate`: how good a model is, on the project's data or on a file. Status 0: evaluated, 1: an error."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from benchmarks.explaining import ERRORS, explained
from models.encoder.bert import Runtime
from models.understanding.examples import Split

if TYPE_CHECKING:
    from benchmarks.understanding.assessment import Assessment
    from benchmarks.understanding.engine import Loaded, Report, Source
    from benchmarks.understanding.evaluation import Evaluation
    from benchmarks.understanding.lines import Lines
    from models.understanding.evaluate import EntityFigures, Predictor, SentimentFigures
    from models.understanding.examples import DataSet

# The scientific libraries are imported where a command runs: `kefu --help` loads this module too.

app = typer.Typer(no_args_is_help=True, help="Say how good a model is, and on what it was measured.")
console = Console(emoji=False)

_TEXT, _LABEL, _LAPTOP = "text", "label", "laptop"
_TEST: Final[Split] = "test"
_STEM: Final = "understanding"
_DATA_HELP: Final = "a .jsonl, .csv or .parquet file of labelled messages; default: those written for Kefu"

DataArgument = Annotated[str | None, typer.Argument(metavar="DATA", help=_DATA_HELP, show_default=False)]
OutsideOption = Annotated[
    str | None, typer.Option(metavar="LABEL", help="DATA's label for what is out of scope")
]
AdapterOption = Annotated[
    str | None, typer.Option(metavar="ADAPTER", help="shipped, or path:FOLDER; default: the profile's")
]
EncoderOption = Annotated[
    str | None, typer.Option(metavar="SOURCE", help="a model source, packaged:NAME; default: the profile's")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="the folder for understanding.json and .html")]
ProfileOption = Annotated[
    str, typer.Option("--profile", "-p", help="fake, laptop, gpu, production, or a YAML file")
]
RuntimeOption = Annotated[
    Runtime | None, typer.Option(help="what computes the encoder; default: the profile's")
]
ThreadsOption = Annotated[
    int | None, typer.Option(min=1, max=64, help="processor threads; default: the profile's")
]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. None stands for what the profile says; without `data`, for the project's own messages."""

    data: str | None
    text: str
    label: str
    outside: str | None
    adapter: str | None
    encoder: str | None
    split: Split
    profile: str
    threads: int | None
    runtime: Runtime | None

    def __str__(self) -> str:
        """The command that asks for it again, without the machine's folders."""
        from benchmarks.load.result import without_paths

        given = {
            "--text": self.text if self.text != _TEXT else None,
            "--label": self.label if self.label != _LABEL else None,
            "--outside": self.outside,
            "--adapter": self.adapter,
            "--encoder": self.encoder,
            "--split": self.split if self.split != _TEST else None,
            "--profile": self.profile if self.profile != _LAPTOP else None,
            "--threads": None if self.threads is None else str(self.threads),
            "--runtime": self.runtime,
        }
        words = [word for name, value in given.items() if value is not None for word in (name, value)]
        data = [] if self.data is None else [self.data]
        return without_paths(shlex.join(["kefu", "evaluate", "understanding", *data, *words]))


@app.command()
def understanding(
    data: DataArgument = None,
    text: Annotated[str, typer.Option(metavar="COLUMN", help="DATA's column of messages")] = _TEXT,
    label: Annotated[str, typer.Option(metavar="COLUMN", help="DATA's column of labels")] = _LABEL,
    outside: OutsideOption = None,
    adapter: AdapterOption = None,
    encoder: EncoderOption = None,
    split: Annotated[Split, typer.Option(help="of DATA, or of the corpus and the sentiments")] = _TEST,
    out: OutOption = None,
    profile: ProfileOption = _LAPTOP,
    threads: ThreadsOption = None,
    runtime: RuntimeOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="print the document instead of tables")] = False,
) -> None:
    """Evaluate intents, out of scope, calibration and sentiment, by data set, split and language."""
    with explained("kefu evaluate"):
        if data is None and (text, label, outside) != (_TEXT, _LABEL, None):
            raise typer.BadParameter(
                "name DATA's columns and label, and no DATA is given", param_hint="--text, --label, --outside"
            )
        asked = Request(data, text, label, outside, adapter, encoder, split, profile, threads, runtime)
        _tell(_evaluate(asked, is_kept=is_json or out is not None), out, is_json)


def _evaluate(asked: Request, *, is_kept: bool) -> "Evaluation":
    """What is wrong with the files is told before the model is loaded; `is_kept` wants a commit."""
    from benchmarks.understanding import engine
    from benchmarks.understanding.evaluation import Evaluation, adapter_identity, describe_run
    from cluster.console import Progress

    head = describe_run() if is_kept else {}
    lines, sentiments = _data(asked)
    source = _source(asked)
    with Progress(ERRORS).task("evaluate") as task:
        task("loading the model", None)
        loaded = engine.load(source)
        assessed = _assessed(loaded, lines, task)
        felt = _felt(loaded.engine, sentiments, asked.split, task)
        named = _named(loaded.engine, task) if asked.data is None else ()
    identity = adapter_identity(source.adapter, source.runtime, loaded.card)
    return Evaluation(head, str(asked), identity, assessed, felt, named)


def _data(asked: Request) -> "tuple[tuple[Lines, ...], DataSet | None]":
    """What to evaluate on, and the sentiments: None for a file."""
    from benchmarks.understanding.lines import file_lines, own_lines
    from models.understanding.corpus import load_corpus
    from models.understanding.data import Columns

    if asked.data is not None:
        columns = Columns(text=asked.text, label=asked.label, outside=asked.outside)
        return (file_lines(asked.data, columns, asked.split),), None
    corpus = load_corpus()
    return own_lines(corpus, asked.split), corpus.sentiments


def _source(asked: Request) -> "Source":
    """The engine: the profile's, but for what is asked for. ConfigError."""
    from benchmarks.understanding.engine import Source
    from cluster.config import load, profile_path

    config = load(profile_path(asked.profile))
    identity = config.identity.understanding
    return Source(
        asked.encoder or identity.encoder,
        asked.adapter or identity.adapter,
        asked.runtime or identity.runtime,
        config.models_dir,
        asked.threads or identity.threads,
    )


def _assessed(loaded: "Loaded", lines: "tuple[Lines, ...]", report: "Report") -> "tuple[Assessment, ...]":
    """One of each. DataInvalid, before anything is computed, where the adapter does not know the labels."""
    from benchmarks.understanding.assessment import assess
    from benchmarks.understanding.engine import predict
    from benchmarks.understanding.lines import require_known

    for one in lines:
        require_known(one, loaded.intents)
    return tuple(assess(one, predict(loaded.engine, one.texts, one.data_set, report)) for one in lines)


def _felt(
    engine: "Predictor", sentiments: "DataSet | None", split: Split, report: "Report"
) -> "tuple[SentimentFigures, ...]":
    from models.understanding.evaluate import evaluate_sentiment

    if sentiments is None:
        return ()
    report(sentiments.name, None)
    return tuple(evaluate_sentiment(engine, sentiments, split))


def _named(engine: "Predictor", report: "Report") -> "tuple[EntityFigures, ...]":
    """Of the marked messages by other hands, which have no other test split; the shop's with its catalogue."""
    from benchmarks.understanding.shop_names import NAME, evaluate_shop_names
    from models.understanding.evaluate import evaluate_entities
    from models.understanding.marked import load_marked

    marked = load_marked()
    report(marked.name, None)
    found = evaluate_entities(engine, marked.of("test"), marked.name, "test")
    report(NAME, None)
    return (*found, *evaluate_shop_names(engine))


def _tell(found: "Evaluation", out: Path | None, is_json: bool) -> None:
    """Print first, then write: whoever has a full disk has the figures all the same."""
    from benchmarks.understanding.evaluation import encoded
    from benchmarks.understanding.tables import show

    if is_json:
        typer.echo(encoded(found), nl=False)
    else:
        show(found, console)
    if out is not None:
        _write(found, out)


def _write(found: "Evaluation", folder: Path) -> None:
    from benchmarks.load.result import write
    from benchmarks.understanding.evaluation import encoded
    from benchmarks.understanding.report import html

    page = folder / f"{_STEM}.html"
    write(page.with_suffix(".json"), encoded(found))
    write(page, html(found))
    ERRORS.print(f"report: {page}", highlight=False, soft_wrap=True, markup=False)


if __name__ == "__main__":
    sys.exit(app())
