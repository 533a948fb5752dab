"""Plots of an evaluation as inline SVG. Colours are classes (`c-NAME`) whose values the page sets, for light and dark."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from benchmarks.load.plots import WIDTH, Axis, label, linear_ticks
from benchmarks.understanding.bounds import Bound
from benchmarks.understanding.confusion import Confusion
from benchmarks.understanding.rejection_curve import RejectionPoint
from benchmarks.understanding.reliability import Bin

CURVES: Final[Mapping[str, str]] = {
    "accuracy": "in scope read right",
    "out_of_scope_recall": "out of scope recognised",
    "false_rejection": "in scope rejected",
}
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 20, 34
_HEIGHT: Final = 284
_CELL: Final = 22
_CHARACTER, _WIDE_CHARACTER = 6.4, 12.0
_FIRST_WIDE: Final = "⺀"
_SHADED: Final = 0.62
"""The fullest cell's opacity: its number is still read on it."""

_SHARES: Final = tuple((value, label(100 * value)) for value, _ in linear_ticks(1.0))
_X: Final = Axis(0.0, 1.0, _LEFT, WIDTH - _RIGHT, _SHARES)
_Y: Final = Axis(0.0, 1.0, _HEIGHT - _BOTTOM, _TOP, _SHARES)


def confusion_map(found: Confusion, alt: str) -> str:
    """Rows are the truth, columns what was said; a cell is as full as its share of the row."""
    longest = max(map(_length, found.labels))
    left, top = longest + 10, 0.87 * longest + 12
    side = _CELL * len(found.labels)
    parts = [*_map_labels(found.labels, left, top), *_map_grid(len(found.labels), left, top)]
    parts += [
        _cell(found, row, column, left + _CELL * column, top + _CELL * row)
        for row, counts in enumerate(found.counts)
        for column, count in enumerate(counts)
        if count
    ]
    return _svg("".join(parts), alt, left + side + longest / 2 + 10, top + side + 4)


def reliability_diagram(found: Sequence[Bin], alt: str) -> str:
    """A bar a bin, as high as its share of right readings and as full as its messages are many; the dash is calibration."""
    most = max((one.count for one in found), default=0)
    ideal = f'<path class="line c-ideal" d="M{_X.px(0):.1f} {_Y.px(0):.1f}L{_X.px(1):.1f} {_Y.px(1):.1f}"/>'
    bars = "".join(_bar(one, most) for one in found if one.count)
    return _svg(_frame("probability, %", "read right, %") + bars + ideal, alt)


def rejection_lines(points: Sequence[RejectionPoint], bounds: Sequence[Bound], alt: str) -> str:
    """A line for each of CURVES that was measured, by the threshold; `bounds` on them are dashed."""
    drawn = "".join(
        f'<path class="line c-{name}" d="{_line([(p.threshold, getattr(p, name)) for p in points])}"/>'
        for name in CURVES
    )
    dashes = "".join(_dash(bound) for bound in bounds if bound.figure in CURVES)
    return _svg(_frame("threshold of the probability of being out of scope, %", "%") + dashes + drawn, alt)


def _map_labels(labels: Sequence[str], left: float, top: float) -> Iterator[str]:
    for number, name in enumerate(labels):
        middle, shown = (number + 0.5) * _CELL, escape(name)
        x, y = left + middle + 4, top - 6
        yield f'<text x="{left - 6:.1f}" y="{top + middle + 4:.1f}" text-anchor="end">{shown}</text>'
        yield f'<text x="{x:.1f}" y="{y:.1f}" transform="rotate(-60 {x:.1f} {y:.1f})">{shown}</text>'


def _map_grid(count: int, left: float, top: float) -> Iterator[str]:
    side = _CELL * count
    for number in range(count + 1):
        x, y = left + _CELL * number, top + _CELL * number
        yield f'<path class="grid" d="M{left:.1f} {y:.1f}h{side}M{x:.1f} {top:.1f}v{side}"/>'


def _cell(found: Confusion, row: int, column: int, x: float, y: float) -> str:
    count = found.counts[row][column]
    full = _SHADED * (0.3 + 0.7 * count / sum(found.counts[row]))
    kind = "right" if row == column else "wrong"
    told = escape(f"{found.labels[row]} read as {found.labels[column]}: {count}")
    return (
        f'<g><title>{told}</title><rect class="fill c-{kind}" fill-opacity="{full:.2f}" '
        f'x="{x:.1f}" y="{y:.1f}" width="{_CELL}" height="{_CELL}"/>'
        f'<text class="count" x="{x + _CELL / 2:.1f}" y="{y + _CELL / 2 + 4:.1f}" text-anchor="middle">{count}</text></g>'
    )


def _bar(one: Bin, most: int) -> str:
    left, right = _X.px(one.low), _X.px(one.high)
    top, base = _Y.px(one.accuracy or 0.0), _Y.px(0)
    told = f"{one.count} messages: probability {100 * (one.confidence or 0):.1f} %, right {100 * (one.accuracy or 0):.1f} %"
    return (
        f'<g><title>{told}</title><rect class="fill c-right" fill-opacity="{0.25 + 0.75 * one.count / most:.2f}" '
        f'x="{left + 0.5:.1f}" y="{top:.1f}" width="{right - left - 1:.1f}" height="{max(base - top, 1):.1f}"/></g>'
    )


def _dash(bound: Bound) -> str:
    return (
        f'<path class="line bound c-{bound.figure}" d="M{_LEFT} {_Y.px(bound.share):.1f}H{WIDTH - _RIGHT}"/>'
    )


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    places = [f"{_X.px(x):.1f} {_Y.px(value):.1f}" for x, value in points if value is not None]
    return "M" + "L".join(places) if places else ""


def _frame(x_title: str, y_title: str) -> str:
    """Grid, labels and titles of two axes from 0 to 100 %."""
    rows = "".join(
        f'<path class="grid" d="M{_LEFT} {_Y.px(value):.1f}H{WIDTH - _RIGHT}"/>'
        f'<text x="{_LEFT - 6}" y="{_Y.px(value) + 4:.1f}" text-anchor="end">{text}</text>'
        for value, text in _Y.ticks
    )
    columns = "".join(
        f'<text x="{_X.px(value):.1f}" y="{_HEIGHT - _BOTTOM + 15}" '
        f'text-anchor="{"end" if value == 1 else "middle"}">{text}</text>'
        for value, text in _X.ticks
    )
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    return (
        f'{rows}{columns}<text x="{middle}" y="{_HEIGHT - 3}" text-anchor="middle">{escape(x_title)}</text>'
        f'<text x="2" y="9">{escape(y_title)}</text>'
    )


def _length(text: str) -> float:
    """Its width in pixels, about."""
    return sum(_WIDE_CHARACTER if character >= _FIRST_WIDE else _CHARACTER for character in text)


def _svg(content: str, alt: str, width: float = WIDTH, height: float = _HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" '
        f'aria-label="{escape(alt, quote=True)}">{content}</svg>'
    )
