"""`kefu data`: clean labelled messages, and make noisy copies of them, each with a report of what was found and done."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

# The libraries of models are imported where a command runs: `kefu --help` loads this module too.

app = typer.Typer(
    no_args_is_help=True,
    help="Labelled messages, cleaned and augmented before training; a shop's data, out and in.",
)
console = Console(emoji=False)

Source = Annotated[str, typer.Argument(metavar="DATA", help="JSON lines, CSV, parquet, or a hub's data set")]
Out = Annotated[Path, typer.Option("--out", help="the JSON lines to write; the report lies beside it")]
Text = Annotated[str, typer.Option("--text", help="the column of the text")]
Label = Annotated[str, typer.Option("--label", help="the column of the label")]
Outside = Annotated[str | None, typer.Option("--outside", help="the label of what is out of scope")]


@app.command()
def clean(
    data: Source, out: Out, text: Text = "text", label: Label = "label", outside: Outside = None
) -> None:
    """Drop what is there twice, contradicts itself, or leaks from one split into another."""
    from models.understanding import cleaning
    from models.understanding.data import Columns, read_data_set

    found = cleaning.clean(read_data_set(data, Columns(text, label, outside=outside)).examples)
    _write(out, found.kept, found.report())
    console.print(
        f"{len(found.kept)} kept; dropped {len(found.duplicates)} duplicates, {len(found.conflicts)} texts under several "
        f"labels, {len(found.leaks)} alike another split's; {len(found.suspicious)} pairs alike under two labels",
        soft_wrap=True,
        highlight=False,
    )


@app.command()
def augment(
    data: Source,
    out: Out,
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="of the training messages")] = 0.3,
    seed: Annotated[int, typer.Option(help="the same seed makes the same copies")] = 0,
    text: Text = "text",
    label: Label = "label",
    outside: Outside = None,
) -> None:
    """Add noisy copies: slips of the keyboard, wrong homophones, traditional script, no punctuation, case, openings."""
    from models.understanding import augmentation
    from models.understanding.data import Columns, read_data_set

    examples = read_data_set(data, Columns(text, label, outside=outside)).examples
    found = augmentation.augment(examples, share, seed)
    _write(out, (*examples, *found.examples), found.report())
    console.print(f"{len(found.examples)} copies of {len(examples)} messages", highlight=False)


def _write(out: Path, examples: Iterable[Any], report: Mapping[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {
            "text": e.text,
            "label": e.label,
            "split": e.split,
            "language": e.written,
            "source": e.source,
            "style": e.style,
        }
        for e in examples
    ]
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    beside = out.with_suffix(".report.json")
    beside.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.print(f"written: {out} and {beside}", soft_wrap=True, highlight=False)
