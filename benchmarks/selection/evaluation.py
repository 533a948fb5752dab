"""What a selector comes to: how often it is right, and in which of four ways it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.selection.errors import IndexOutside
from benchmarks.selection.items import Item

Select = Callable[[str, Sequence[str], str], int | None]
"""Question, lines, language: the place of the line that answers, or None."""
Outcome = Literal["right", "wrong_line", "missed", "false_line"]
GroupedBy = Literal["all", "language", "kind", "language and kind"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one group. `right`: a line that answers, or none where none does; `wrong_line`: another than those that
    answer; `missed`: none although one answers; `false_line`: one although none answers. Together they are `asked`.
    """

    grouped_by: GroupedBy
    name: str
    asked: int
    right: int
    wrong_line: int
    missed: int
    false_line: int

    @property
    def right_share(self) -> float:
        return self.right / self.asked

    @property
    def wrong_share(self) -> float:
        """A line that does not answer, whether or not another does: what a customer would be told wrongly."""
        return (self.wrong_line + self.false_line) / self.asked


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for one item."""

    item: Item
    place: int | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`figures`: over all, by language, by kind, and by both; `chosen`: each item's."""

    figures: tuple[Figures, ...]
    chosen: tuple[Chosen, ...]

    def of(self, name: str) -> Figures:
        """`all`, `zh`, `order` or `zh order`; KeyError where there was no such item."""
        found = {each.name: each for each in self.figures}
        return found[name]


def evaluate(select: Select, items: Iterable[Item]) -> Evaluation:
    """Each item is asked once, its lines as they are written. IndexOutside where a place is named that no line has."""
    chosen = tuple(_chosen(select, item) for item in items)
    return Evaluation(tuple(_figures(chosen)), chosen)


def _chosen(select: Select, item: Item) -> Chosen:
    place = select(item.question, item.lines, item.language)
    if place is not None and not 0 <= place < len(item.lines):
        raise IndexOutside(f"item {item.id} has {len(item.lines)} lines, and line {place} was chosen")
    return Chosen(item, place, _outcome(item, place))


def _outcome(item: Item, place: int | None) -> Outcome:
    if place is None:
        return "missed" if item.right else "right"
    if place in item.right:
        return "right"
    return "wrong_line" if item.right else "false_line"


def _figures(chosen: Sequence[Chosen]) -> Iterator[Figures]:
    groups: dict[tuple[GroupedBy, str], Counter[Outcome]] = {}
    for each in chosen:
        for group in _groups(each.item):
            groups.setdefault(group, Counter())[each.outcome] += 1
    for (grouped_by, name), count in groups.items():
        yield Figures(
            grouped_by,
            name,
            count.total(),
            count["right"],
            count["wrong_line"],
            count["missed"],
            count["false_line"],
        )


def _groups(item: Item) -> tuple[tuple[GroupedBy, str], ...]:
    return (
        ("all", "all"),
        ("language", item.language),
        ("kind", item.kind),
        ("language and kind", f"{item.language} {item.kind}"),
    )
