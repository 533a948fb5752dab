"""A result as one HTML page that needs nothing else: no script, no font, no picture from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.load import plots
from benchmarks.load.figures import Figures, Spread
from benchmarks.load.latency import Latencies
from benchmarks.load.records import OUTCOMES
from benchmarks.load.result import Result

_LEAST_BEYOND: Final = 5
"""A percentile is drawn while so many values at least lie beyond it."""
_NAMES: Final = {"e2e": "end to end", "first": "first checked text", "everything": "however it ended"}
_DIMENSION_NAMES: Final = {"value": "value class", "phase": "phase of the arrivals"}


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot, what its colours stand for, and what it shows."""

    title: str
    note: str
    legend: tuple[tuple[str, str], ...]
    svg: Markup


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the head."""

    name: str
    value: str
    unit: str
    note: str


def html(result: Result) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"ms": milliseconds, "number": number, "percent": percent}
    found = result.figures
    return environment.get_template("report.html").render(
        result=result,
        figures=found,
        tiles=_tiles(result),
        plots=_plots(found),
        spreads=_spreads(found),
        outcomes=OUTCOMES,
        dimensions={_DIMENSION_NAMES.get(name, name): slices for name, slices in found.by.items() if slices},
        groups=_groups(result),
    )


def milliseconds(value: float) -> str:
    """Three digits that count, and whole numbers from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def number(value: float) -> str:
    """A count or a rate."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def percent(share: float) -> str:
    """A share of the whole; what is not quite all or nothing does not look like it."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"


def _tiles(result: Result) -> tuple[Tile, ...]:
    found = result.figures
    whole = found.whole
    served = sum(whole.outcomes[name] for name in ("answered", "degraded"))
    tiles = [
        Tile("Goodput", number(whole.goodput_per_s), "per s", f"{percent(found.good_share)} of what was offered"),
        Tile("Served", percent(served / max(whole.offered, 1)), "", f"{number(served)} of {number(whole.offered)}"),
        Tile("End to end p50", milliseconds(whole.e2e.p50_ms), "ms", f"p90 {milliseconds(whole.e2e.p90_ms)} ms"),
        Tile("End to end p99", milliseconds(whole.e2e.p99_ms), "ms", f"most {milliseconds(whole.e2e.max_ms)} ms"),
        Tile("First text p50", milliseconds(whole.first.p50_ms), "ms", f"p99 {milliseconds(whole.first.p99_ms)} ms"),
        Tile("Offered", number(found.offered_per_s), "per s", f"{number(found.completed_per_s)} per s completed"),
    ]  # fmt: skip
    if result.server is not None:
        note = f"memory at most {number(result.server.peak_pss_mib)} MiB"
        tiles.append(Tile("CPU per request", milliseconds(result.server.cpu_ms_per_request), "ms", note))
    return tuple(tiles)


def _plots(found: Figures) -> list[Plot]:
    over, bin_s = found.over_time, found.over_time.bin_s
    middles = [over.from_s + (place + 0.5) * bin_s for place in range(len(over.offered))]

    def per_s(values: Sequence[float]) -> list[tuple[float, float | None]]:
        return [(at, value / bin_s) for at, value in zip(middles, values, strict=True)]

    rates = {"offered": over.offered, "completed": over.completed, "goodput": over.good}
    drawn = [
        Plot(
            "Offered and completed",
            "Arrivals as planned, served answers as they ended, and what of them counts.",
            _legend(rates),
            Markup(plots.lines({n: per_s(v) for n, v in rates.items()}, "per s", "Rates over the run")),
        ),
        _curve(found),
        Plot(
            "End to end over time",
            "Of the requests that were to arrive in that moment.",
            _legend(("p50", "p99")),
            Markup(
                plots.lines(
                    {
                        "p50": list(zip(middles, over.e2e_p50_ms, strict=True)),
                        "p99": list(zip(middles, over.e2e_p99_ms, strict=True)),
                    },
                    "ms",
                    "End-to-end latency over the run",
                )
            ),
        ),
        _stack("Outcomes over time", "Each request once, at its intended arrival.", over.outcomes, found),
    ]
    if over.rungs:
        drawn.append(_stack("Rungs over time", "Which rung of the ladder answered.", over.rungs, found))
    if found.stages:
        drawn.append(_stages(found.stages))
    return drawn


def _stack(title: str, note: str, series: Mapping[str, Sequence[float]], found: Figures) -> Plot:
    shown = {name: values for name, values in series.items() if any(values)}
    over = found.over_time
    return Plot(
        title,
        note,
        _legend(shown),
        Markup(plots.stacked(shown, over.from_s, over.bin_s, "per s", title)),
    )


def _stages(stages: Mapping[str, Spread]) -> Plot:
    ordered = sorted(stages.items(), key=lambda pair: -pair[1].p50_ms)
    rows = [(name, spread.p50_ms, spread.p99_ms) for name, spread in ordered]
    return Plot(
        "Stages",
        "By the server's own clock: bar to p50, line to p99.",
        _legend(("p50", "p99")),
        Markup(plots.ranges(rows, "ms", "Time in each stage")),
    )


def _curve(found: Figures) -> Plot:
    spreads = {"e2e": found.whole.e2e, "first": found.whole.first}
    if found.everything.count != found.whole.e2e.count:
        spreads["everything"] = found.everything
    known = {name: spread for name, spread in spreads.items() if spread.count}
    count = min((spread.count for spread in known.values()), default=1)
    most = max(0.5, min(0.9999, 1 - _LEAST_BEYOND / max(count, 2 * _LEAST_BEYOND)))
    series = {name: _reader(spread) for name, spread in known.items()}
    return Plot(
        "Latency by percentile",
        "From the intended arrival, of what was served.",
        tuple((name, _NAMES[name]) for name in known),
        Markup(plots.percentile_curve(series, most, "Latency by percentile")),
    )


def _reader(spread: Spread) -> Callable[[float], float]:
    latencies = Latencies.decoded(spread.histogram)
    return lambda share: 1000 * latencies.percentile_s(100 * share)


def _legend(names: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


def _spreads(found: Figures) -> dict[str, Spread]:
    """The table of latencies, without the empty ones."""
    listed = {
        "end to end": found.whole.e2e,
        "first checked text": found.whole.first,
        "until over, however it ended": found.everything,
        "per token after the first text": found.per_token,
        "per piece after the first text": found.per_piece,
        **{f"stage {name}": spread for name, spread in found.stages.items()},
        "sent later than it could have been": found.dispatch_delay,
    }
    return {name: spread for name, spread in listed.items() if spread.count}


def _groups(result: Result) -> list[tuple[str, Any]]:
    if result.server is None:
        return []
    return sorted(result.server.groups.items(), key=lambda pair: -pair[1].cpu_ms)
