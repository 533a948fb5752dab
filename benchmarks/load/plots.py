"""Plots as inline SVG. Colours are classes (`c-NAME`) whose values the page sets, so that light and dark are its business."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 20, 34
_HEIGHT: Final = 224
_ROW: Final = 24
_MOST_COLUMNS: Final = 120
_NINES: Final = ((0.0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99"))

Points = Sequence[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Axis:
    """Where values lie between two pixels: on a line, or by their logarithm. `ticks` are values with their labels."""

    low: float
    high: float
    from_px: float
    to_px: float
    ticks: tuple[tuple[float, str], ...]
    is_log: bool = False

    def px(self, value: float) -> float:
        """The pixel of a value; what lies outside is put on the edge."""
        transform: Callable[[float], float] = math.log10 if self.is_log else float
        low, high = transform(self.low), transform(self.high)
        share = (transform(min(max(value, self.low), self.high)) - low) / (high - low)
        return self.from_px + share * (self.to_px - self.from_px)


def label(value: float) -> str:
    """A short number: 1,200 is 1.2k."""
    if abs(value) >= 1000:
        return f"{value / 1000:g}k"
    return f"{value:.3g}"


def linear_ticks(high: float, most: int = 5) -> tuple[tuple[float, str], ...]:
    """Round values from 0 up to at least `high`."""
    step = 10 ** math.floor(math.log10(high / most)) if high > 0 else 1.0
    step *= next((factor for factor in (1, 2, 5, 10) if high / (step * factor) <= most), 10)
    count = max(1, math.ceil(high / step - 1e-9))
    return tuple((number * step, label(number * step)) for number in range(count + 1))


def log_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Powers of ten that hold both, with 2 and 5 between them where there are few."""
    first = math.floor(math.log10(low))
    last = max(math.ceil(math.log10(high) - 1e-9), first + 1)
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    values = [factor * 10.0**power for power in range(first, last) for factor in factors] + [10.0**last]
    return tuple((value, label(value)) for value in values)


def _y_axis(high: float) -> Axis:
    ticks = linear_ticks(high)
    return Axis(0.0, ticks[-1][0], _HEIGHT - _BOTTOM, _TOP, ticks)


def _time_axis(from_s: float, to_s: float) -> Axis:
    ticks = [(value, text) for value, text in linear_ticks(to_s, 7) if from_s <= value <= to_s]
    return Axis(from_s, max(to_s, from_s + 1e-9), _LEFT, WIDTH - _RIGHT, tuple(ticks))


def _frame(x: Axis, y: Axis, x_title: str, y_title: str) -> str:
    """Grid, labels and titles."""
    parts = []
    for value, text in y.ticks:
        at = y.px(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{text}</text>')
    for value, text in x.ticks:
        at = x.px(value)
        anchor = "end" if at > WIDTH - _RIGHT - 8 else "middle"
        parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 15}" text-anchor="{anchor}">{text}</text>')
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 3}" text-anchor="middle">{escape(x_title)}</text>')
    parts.append(f'<text class="unit" x="2" y="9">{escape(y_title)}</text>')
    return "".join(parts)


def _svg(content: str, alt: str, height: float = _HEIGHT) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(alt, quote=True)}">{content}</svg>'


def _path(points: Points, x: Axis, y: Axis) -> str:
    """A line that breaks where a value is missing."""
    words, is_open = [], False
    for at, value in points:
        if value is None:
            is_open = False
            continue
        words.append(f"{'L' if is_open else 'M'}{x.px(at):.1f} {y.px(value):.1f}")
        # A lone point would be no line at all.
        words += [] if is_open else ["h0.1"]
        is_open = True
    return "".join(words)


def lines(series: Mapping[str, Points], y_title: str, alt: str) -> str:
    """Lines over the run's seconds."""
    times = [at for points in series.values() for at, _ in points]
    values = [value for points in series.values() for _, value in points if value is not None]
    x = _time_axis(min(times, default=0.0), max(times, default=1.0))
    y = _y_axis(max(values, default=0.0) or 1.0)
    drawn = "".join(
        f'<path class="line c-{name}" d="{_path(points, x, y)}"/>' for name, points in series.items()
    )
    return _svg(_frame(x, y, "seconds of the run", y_title) + drawn, alt)


def percentile_curve(series: Mapping[str, Callable[[float], float]], most: float, alt: str) -> str:
    """Milliseconds by percentile: the axis gives each further nine the same width. `most` is the last percentile, 0 to 1."""
    ticks = tuple((1 / (1 - p), text) for p, text in _NINES if p <= most)
    x = Axis(1.0, 1 / (1 - most), _LEFT, WIDTH - _RIGHT, ticks, is_log=True)
    steps = [10 ** (number / 40) for number in range(int(40 * math.log10(x.high)) + 1)]
    curves = {
        name: [(nines, max(value_ms(1 - 1 / nines), 0.001)) for nines in (*steps, x.high)]
        for name, value_ms in series.items()
    }
    values = [value for curve in curves.values() for _, value in curve]
    marks = log_ticks(min(values, default=1.0), max(values, default=10.0))
    y = Axis(marks[0][0], marks[-1][0], _HEIGHT - _BOTTOM, _TOP, marks, is_log=True)
    drawn = "".join(f'<path class="line c-{name}" d="{_path(c, x, y)}"/>' for name, c in curves.items())
    return _svg(_frame(x, y, "percentile", "ms") + drawn, alt)


def stacked(
    series: Mapping[str, Sequence[float]], from_s: float, bin_s: float, y_title: str, alt: str
) -> str:
    """Columns over time, one above the other, as a rate per second. Neighbouring bins are joined where there are too many."""
    count = max((len(values) for values in series.values()), default=0)
    joined = max(1, math.ceil(count / _MOST_COLUMNS))
    width_s = joined * bin_s
    columns = [
        {name: sum(values[start : start + joined]) / width_s for name, values in series.items()}
        for start in range(0, count, joined)
    ]
    x = _time_axis(from_s, from_s + max(count, 1) * bin_s)
    y = _y_axis(max((sum(column.values()) for column in columns), default=0.0) or 1.0)
    drawn = []
    for number, column in enumerate(columns):
        left = x.px(from_s + number * width_s)
        wide = max(x.px(from_s + (number + 1) * width_s) - left - 0.4, 0.6)
        below = 0.0
        for name, value in column.items():
            if value > 0:
                top, bottom = y.px(below + value), y.px(below)
                drawn.append(
                    f'<rect class="fill c-{name}" x="{left:.1f}" y="{top:.1f}" '
                    f'width="{wide:.1f}" height="{bottom - top:.1f}"/>'
                )
            below += value
    return _svg(_frame(x, y, "seconds of the run", y_title) + "".join(drawn), alt)


def ranges(rows: Sequence[tuple[str, float, float]], unit: str, alt: str) -> str:
    """A bar to the p50 and a whisker to the p99 for each name, on one line each."""
    left = 128
    high = max((p99 for _, _, p99 in rows), default=1.0) or 1.0
    ticks = linear_ticks(high, 4)
    x = Axis(0.0, ticks[-1][0], left, WIDTH - _RIGHT - 8, ticks)
    height = _TOP + len(rows) * _ROW + 24
    base = _TOP + len(rows) * _ROW
    parts = []
    for value, text in ticks:
        at = x.px(value)
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{base}"/>')
        parts.append(f'<text x="{at:.1f}" y="{base + 15}" text-anchor="middle">{text}</text>')
    for number, (name, p50, p99) in enumerate(rows):
        middle = _TOP + number * _ROW + _ROW / 2
        zero, end, far = x.px(0), x.px(p50), x.px(p99)
        parts.append(f'<text x="{left - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect class="fill c-p50" x="{zero:.1f}" y="{middle - 6}" width="{max(end - zero, 1):.1f}" height="12"/>'
        )
        parts.append(f'<path class="line c-p99" d="M{end:.1f} {middle}H{far:.1f}m0 -5v10"/>')
    parts.append(f'<text x="{left - 8}" y="{base + 15}" text-anchor="end">{escape(unit)}</text>')
    return _svg("".join(parts), alt, height)
