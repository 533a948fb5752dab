"""`kefu bench`: run a workload, compare two results, search for saturation. Status 0: complete, 3: partial, 1: an error."""

import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

# Ray and the scientific libraries are imported where a command runs: `kefu --help` loads this module too.

app = typer.Typer(no_args_is_help=True, help="Load the cluster, and measure and compare what it does.")
console = Console(emoji=False)
error_console = Console(stderr=True, emoji=False)

COMPLETE: Final = 0
PARTIAL: Final = 3
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_WORKLOADS: Final = Path(__file__).parent / "workloads"
_LINE_EVERY_S: Final = 10.0

WorkloadArgument = Annotated[
    str, typer.Argument(metavar="WORKLOAD", help="a workload's YAML file, or a shipped one's name: laptop")
]
ProfileOption = Annotated[str, typer.Option("--profile", "-p", help="whose home holds serve.json")]
ServeFileOption = Annotated[
    Path | None, typer.Option("--serve-file", help="the serve.json of a running cluster")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="key.path=value over the workload; may be given several times"),
]
ProcessesOption = Annotated[int, typer.Option("--processes", min=1, max=64, help="driver processes")]


@app.command()
def run(
    workload: WorkloadArgument,
    profile: ProfileOption = "laptop",
    serve_file: ServeFileOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="the folder for the result; default: bench in the home")] = None,
    overrides: SetOption = None,
    processes: ProcessesOption = 1,
    label: Annotated[str | None, typer.Option("--label", help="told in the result, and part of its name")] = None,
) -> None:  # fmt: skip
    """Send a workload to a running cluster; write load-WORKLOAD.json and .html."""
    with explained():
        if label is not None and not _LABEL.fullmatch(label):
            raise typer.BadParameter(
                "use letters, digits, dots, dashes and underscores", param_hint="--label"
            )
        door_file = serve_file or _home(profile) / "serve.json"
        status = run_workload(workload, door_file, out, tuple(overrides or ()), processes, label)
    raise typer.Exit(status)


def run_workload(
    workload: str,
    serve_file: Path,
    out: Path | None,
    overrides: tuple[str, ...] = (),
    processes: int = 1,
    label: str | None = None,
) -> int:
    """Run it and write both files; the exit status. Errors are raised: see `explained`."""
    from benchmarks.load import bench
    from benchmarks.load.door import open_door
    from benchmarks.load.plan import plan
    from benchmarks.load.spool import has_records
    from benchmarks.load.workload import load

    path = workload_path(workload)
    loaded = load(path, overrides)
    text = path.read_text(encoding="utf-8") + "".join(f"# set: {line}\n" for line in overrides)
    order = bench.Order(loaded, path.stem, text, open_door(loaded, serve_file), processes, label)
    planned = plan(loaded)
    folder = out or serve_file.absolute().parent / "bench"
    stem = f"load-{path.stem}" + (f"-{label}" if label else "")
    spool = folder / f".{stem}-{time.time_ns()}.records"
    console.print(f"{len(planned)} requests in {loaded.duration_s:g} s", highlight=False)
    try:
        with _stopping() as stop, _progress(loaded.duration_s, [p.at_s for p in planned]) as tick:
            found = bench.run(order, planned, spool, bench.Clock(tick, stop.is_set), _notice)
        _write(found, folder, stem)
    except Exception:  # whatever it was is raised on; what was measured is not thrown away
        if has_records(spool):
            _notice(
                f"the records so far are in {spool}; make a result of them with: kefu bench recover {spool}"
            )
        else:
            shutil.rmtree(spool, ignore_errors=True)
        raise
    shutil.rmtree(spool, ignore_errors=True)
    return COMPLETE if found.is_complete else PARTIAL


def _write(found: Any, folder: Path, stem: str) -> None:
    """Tell the figures, then write both files: whoever has a full disk has the figures all the same."""
    from benchmarks.load import report, result

    _tell(found)
    page = folder / f"{stem}.html"
    result.write(page.with_suffix(".json"), result.encoded(found))
    result.write(page, report.html(found))
    console.print(f"report: {page}", highlight=False, soft_wrap=True)


@app.command()
def recover(
    records: Annotated[Path, typer.Argument(metavar="RECORDS", help="the folder of records that the run named")],
    out: Annotated[Path | None, typer.Option("--out", help="the result's folder; default: where the records lie")] = None,
) -> None:  # fmt: skip
    """Make a result, marked as not complete, of the records that a killed run or a full disk left."""
    with explained():
        from benchmarks.load import bench

        found = bench.recover(records)
        label = "" if found.label is None else f"-{found.label}"
        _write(found, out or records.absolute().parent, f"load-{found.workload_name}{label}-recovered")
        shutil.rmtree(records, ignore_errors=True)
    raise typer.Exit(PARTIAL)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="the result to compare with")],
    b: Annotated[Path, typer.Argument(metavar="B", help="the result in question")],
    is_anyway: Annotated[
        bool, typer.Option("--anyway", help="also across machines, of partial runs, and where the driver was the limit")
    ] = False,
) -> None:  # fmt: skip
    """Is B better than A, worse, or is there no difference that these two runs can show?"""
    with explained():
        from benchmarks.load.compare import CONFIDENCE, sentence
        from benchmarks.load.compare import compare as compared
        from benchmarks.load.result import read

        found = compared(read(a), read(b), is_anyway=is_anyway)
        for warning in found.warnings:
            console.print(f"[yellow]compared anyway:[/yellow] {warning}", highlight=False, soft_wrap=True)
        table = Table("", "A", "B", "B against A")
        colours = {"better": "green", "worse": "red", "no difference": "default"}
        for one in found.differences:
            told = f"[{colours[one.verdict]}]{sentence(one)}[/]"
            table.add_row(f"{one.measure}, {one.unit}", f"{one.a:.4g}", f"{one.b:.4g}", told)
        console.print(table)
        for line in found.left_out:
            console.print(f"not compared: {line}", highlight=False, soft_wrap=True)
        console.print(
            f"{found.pairs} of {found.measured} requests were served in both; the intervals hold for all measures together "
            f"with {100 * CONFIDENCE:.0f} %",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def saturate(
    workload: WorkloadArgument = "saturation",
    profile: ProfileOption = "laptop",
    serve_file: ServeFileOption = None,
    overrides: SetOption = None,
    processes: ProcessesOption = 1,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="of each step")] = 15.0,
    most: Annotated[int, typer.Option(min=1, max=4096, help="the most users at once")] = 256,
) -> None:
    """Search, in closed loop, for the load beyond which goodput rises no more. Latencies come from `run` alone."""
    with explained():
        door_file = serve_file or _home(profile) / "serve.json"
        status = _saturate(workload, door_file, tuple(overrides or ()), processes, seconds, most)
    raise typer.Exit(status)


def _saturate(
    workload: str, serve_file: Path, overrides: tuple[str, ...], processes: int, seconds: float, most: int
) -> int:
    import tempfile

    from benchmarks.load import saturation
    from benchmarks.load.door import open_door
    from benchmarks.load.plan import plan
    from benchmarks.load.worker import ClosedLoop
    from benchmarks.load.workload import load

    loaded = load(workload_path(workload), overrides)
    target = open_door(loaded, serve_file).target
    slo_s = min(loaded.slo[traffic.route].e2e_s for traffic in loaded.mix)
    planned = plan(loaded)
    with tempfile.TemporaryDirectory(prefix="kefu-bench-") as folder:

        def measure(users: int) -> Any:
            step = saturation.closed_step(
                repeated(planned, users, seconds),
                target,
                Path(folder) / str(users),
                ClosedLoop(users, seconds),
                slo_s=slo_s,
                processes=min(processes, users),
                patience_s=loaded.patience_s,
            )
            console.print(
                f"{users} users: {step.goodput_per_s:.1f} good answers per s, "
                f"{100 * step.attainment:.0f} % of {step.requests} within {slo_s:g} s",
                highlight=False,
            )
            return step

        steps = saturation.search(measure, _levels(most))
    best = max(steps, key=lambda step: step.goodput_per_s)
    console.print(f"most: {best.goodput_per_s:.1f} per s with {best.users} users", highlight=False)
    last = steps[-1]
    for reason in (last.problem, *last.driver.reasons):
        if reason is not None:
            _notice(reason)
    return COMPLETE if last.problem is None and not last.driver.is_limit else PARTIAL


def _levels(most: int) -> Iterator[int]:
    users = 1
    while users <= most:
        yield users
        users *= 2


def repeated(planned: tuple[Any, ...], users: int, seconds: float) -> tuple[Any, ...]:
    """The plan again and again as new conversations: enough for 500 answers a second and user, at most 200,000 in all."""
    from dataclasses import replace

    wanted = min(int(users * seconds * 500), 200_000)
    conversations = 1 + max(p.conversation for p in planned)
    found = list(planned)
    while len(found) < wanted:
        turn = len(found) // len(planned)
        found += [
            replace(p, number=p.number + turn * len(planned), conversation=p.conversation + turn * conversations)
            for p in planned
        ]  # fmt: skip
    return tuple(found)


def workload_path(name_or_path: str) -> Path:
    """A workload's file, by its path or by a shipped one's name."""
    path = Path(name_or_path)
    if path.suffix or path.exists():
        return path
    shipped = sorted(file.stem for file in _WORKLOADS.glob("*.yaml"))
    if name_or_path not in shipped:
        from cluster.config_error import ConfigError

        raise ConfigError(
            name_or_path, (f"no such workload; give a YAML file or one of {', '.join(shipped)}",)
        )
    return _WORKLOADS / f"{name_or_path}.yaml"


def _home(profile: str) -> Path:
    from cluster.config import load, profile_path

    return load(profile_path(profile)).home


@contextmanager
def explained() -> Iterator[None]:
    """An error that can be explained becomes lines on stderr and status 1, never a traceback."""
    from benchmarks.load.compare import NotComparable
    from benchmarks.load.measures import LedgerError
    from benchmarks.load.result import ResultError
    from benchmarks.load.target import DriverError
    from benchmarks.load.traces import TraceError
    from cluster.config_error import ConfigError

    try:
        yield
    except (ConfigError, DriverError, LedgerError, ResultError, TraceError) as error:
        _fail(str(error))
    except NotComparable as error:
        hint = "\nWith --anyway they are compared nevertheless." if error.can_force else ""
        _fail(f"these runs are not compared.\n{error}{hint}")
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}")


def _fail(text: str) -> None:
    error_console.print(f"[bold red]kefu bench:[/bold red] {_plain(text)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _notice(text: str) -> None:
    error_console.print(f"[yellow]kefu bench:[/yellow] {_plain(text)}", highlight=False, soft_wrap=True)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set on SIGTERM, so that it leaves a partial result as Ctrl-C does."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(duration_s: float, due_s: list[float]) -> Iterator[Callable[[float], None]]:
    """How far a run is: a bar on a terminal, elsewhere a line every ten seconds."""
    from bisect import bisect_right

    def told(at_s: float) -> str:
        if at_s > duration_s:
            return f"all {len(due_s)} requests sent, waiting for the last answers"
        return f"{min(at_s, duration_s):.0f} of {duration_s:g} s, {bisect_right(due_s, at_s)} of {len(due_s)} requests sent"

    if not console.is_terminal:
        yield _lines(told)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=duration_s)
        yield lambda at_s: bar.update(task, description=told(at_s), completed=min(at_s, duration_s))


def _lines(told: Callable[[float], str]) -> Callable[[float], None]:
    next_s = _LINE_EVERY_S

    def tick(at_s: float) -> None:
        nonlocal next_s
        if at_s >= next_s:
            next_s += _LINE_EVERY_S
            console.print(told(at_s), highlight=False)

    return tick


def _tell(found: Any) -> None:
    """The run in a few lines."""
    figures = found.figures
    whole = figures.whole
    outcomes = ", ".join(f"{count} {name}" for name, count in whole.outcomes.items() if count)
    console.print(f"{whole.offered} measured: {outcomes or 'none'}; {whole.late} late", highlight=False)
    console.print(
        f"end to end p50 {whole.e2e.p50_ms:.4g} ms, p99 {whole.e2e.p99_ms:.4g} ms; first text p50 "
        f"{whole.first.p50_ms:.4g} ms; goodput {whole.goodput_per_s:.3g} of {figures.offered_per_s:.3g} per s",
        highlight=False,
        soft_wrap=True,
    )
    if found.driver.is_limit:
        _notice("the driver was the limit: " + " ".join(found.driver.reasons))
    if not found.is_complete:
        _notice(f"the run is not complete: {found.problem}")


if __name__ == "__main__":
    sys.exit(app())
