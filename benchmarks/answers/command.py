"""`kefu evaluate answers`: do the answers of a profile state the right facts? Status 0: evaluated, 1: an error."""

import asyncio
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from rich.console import Console

from benchmarks.explaining import ERRORS, explained

if TYPE_CHECKING:
    from benchmarks.answers.asking import Answered, Report
    from benchmarks.answers.evaluation import Evaluation
    from benchmarks.answers.questions import QuestionFile
    from benchmarks.in_process.service import Rungs
    from benchmarks.in_process.shops import Shop

# The scientific libraries are imported where the command runs: `kefu --help` loads this module too.

console = Console(emoji=False)
Asked = Literal["dev", "dev_b", "blind", "all"]
Rung = Literal["composed", "small", "large"]
_LAPTOP: Final = "laptop"
_STEM: Final = "answers"

HalfOption = Annotated[str, typer.Option(metavar="HALF", help="dev, dev_b, blind, or all: dev and blind")]
ShopOption = Annotated[
    list[str] | None,
    typer.Option(metavar="SHOP", help="demo, tau2 or ecom, once or more; default: each that is there"),
]
RungOption = Annotated[
    str, typer.Option(metavar="RUNG", help="composed, or the chat model that answers first: small or large")
]
ProfileOption = Annotated[
    str, typer.Option("--profile", "-p", help="fake, laptop, gpu, production, or a YAML file")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="where the public shops lie; default: ../shared/data"),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="the folder for answers.json")
]
WriteOption = Annotated[
    Path | None,
    typer.Option(
        "--write-profile", metavar="FILE", help="the measured rung as a profile's identity.ladder, in YAML"
    ),
]
TranscriptOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="every question and answer in words, to read on this machine"),
]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. No shops: each whose data is there."""

    half: Asked
    shops: tuple[str, ...]
    rung: Rung
    profile: str
    data: Path | None

    def __str__(self) -> str:
        """The command that asks for it again, without the machine's folders."""
        from benchmarks.load.result import without_paths

        words = ["kefu", "evaluate", "answers", "--half", self.half]
        words += [word for shop in self.shops for word in ("--shop", shop)]
        words += ["--rung", self.rung] if self.rung != "composed" else []
        words += ["--profile", self.profile] if self.profile != _LAPTOP else []
        return without_paths(shlex.join(words))


def answers(
    half: HalfOption = "all",
    shop: ShopOption = None,
    rung: RungOption = "composed",
    profile: ProfileOption = _LAPTOP,
    data: DataOption = None,
    out: OutOption = None,
    write_profile: WriteOption = None,
    transcript: TranscriptOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="print the document instead of tables")] = False,
    show_blind: Annotated[
        bool, typer.Option("--show-blind", help="tell the blind half's answers too: then it is blind no more")
    ] = False,
) -> None:
    """Ask questions over three shops, in Chinese and English, and judge whether the answers state the right facts."""
    with explained("kefu evaluate answers"):
        asked = Request(_half(half), tuple(shop or ()), _rung(rung), profile, data)
        found = _evaluate(asked, is_kept=is_json or out is not None)
        _tell(found, out, is_json, show_blind)
        _keep(found, write_profile, transcript, show_blind)


def _half(name: str) -> Asked:
    match name:
        case "dev" | "dev_b" | "blind" | "all":
            return name
    raise _unknown("half", name, ("dev", "dev_b", "blind", "all"))


def _rung(name: str) -> Rung:
    match name:
        case "composed" | "small" | "large":
            return name
    raise _unknown("rung", name, ("composed", "small", "large"))


def _unknown(what: str, name: str, known: tuple[str, ...]) -> Exception:
    from benchmarks.answers.errors import NothingToAsk

    return NothingToAsk(f"there is no {what} {name!r}; give {', '.join(known)}")


def _evaluate(asked: Request, *, is_kept: bool) -> "Evaluation":
    """What is wrong with the questions or the data is told before a model is loaded; `is_kept` wants a commit."""
    from benchmarks.answers.evaluation import Evaluation
    from benchmarks.answers.shops import present
    from benchmarks.understanding.evaluation import describe_run
    from cluster.console import Progress

    shops, left_out = present(asked.shops, asked.data)
    files = _files(asked.half)
    head = describe_run() if is_kept else {}
    with Progress(ERRORS).task("evaluate") as report:
        answered = asyncio.run(_ask(asked, files, shops, report))
    return Evaluation(head, str(asked), asked.profile, asked.rung, left_out, answered)


def _files(half: Asked) -> "tuple[QuestionFile, ...]":
    from benchmarks.answers.questions import WHOLE, load_questions

    wanted = WHOLE if half == "all" else (half,)
    return tuple(file for file in load_questions() if file.half in wanted)


async def _ask(
    asked: Request, files: "tuple[QuestionFile, ...]", shops: "tuple[Shop, ...]", report: "Report"
) -> "tuple[Answered, ...]":
    from benchmarks.answers.asking import ask_all
    from benchmarks.in_process.service import in_process

    report(f"preparing {', '.join(shop.tenant_id for shop in shops)}", None)
    rungs = await _rungs(asked)
    with tempfile.TemporaryDirectory(prefix="kefu-answers-") as home:
        async with in_process(Path(home), shops, profile=asked.profile, rungs=rungs) as service:
            return await ask_all(service, files, shops, report)


async def _rungs(asked: Request) -> "Rungs":
    from benchmarks.in_process.service import NO_RUNGS

    if asked.rung == "composed":
        return NO_RUNGS
    from benchmarks.in_process.generation import rung_alone
    from cluster.config import load, profile_path

    return await rung_alone(load(profile_path(asked.profile)), asked.rung)


def _tell(found: "Evaluation", out: Path | None, is_json: bool, is_blind_shown: bool) -> None:
    """Print first, then write: whoever has a full disk has the figures all the same."""
    from benchmarks.answers.evaluation import encoded
    from benchmarks.answers.tables import show
    from benchmarks.load.result import write

    if is_json:
        typer.echo(encoded(found, is_blind_shown=is_blind_shown), nl=False)
    else:
        show(found, console, is_blind_shown=is_blind_shown)
    if out is not None:
        path = out / f"{_STEM}.json"
        write(path, encoded(found, is_blind_shown=is_blind_shown))
        _say(f"result: {path}")


def _keep(found: "Evaluation", profile: Path | None, transcript: Path | None, is_blind_shown: bool) -> None:
    from benchmarks.answers import evaluation
    from benchmarks.load.result import write

    if transcript is not None:
        shown = evaluation.told(found.answered, is_blind_shown=is_blind_shown)
        write(transcript, evaluation.transcript(shown))
        _say(f"transcript: {transcript}")
    if profile is not None:
        write(profile, evaluation.profile_lines(found.measured, found.command))
        _say(f"for identity.ladder: {profile}")


def _say(line: str) -> None:
    ERRORS.print(line, highlight=False, soft_wrap=True, markup=False)
