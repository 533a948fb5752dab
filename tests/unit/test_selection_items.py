"""The items that a selector is measured by: enough of each kind, none twice; and what their figures count."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.selection.__main__ import ITEMS as OFFERED
from benchmarks.selection.errors import IndexOutside, ItemInvalid
from benchmarks.selection.evaluation import Figures, evaluate
from benchmarks.selection.items import KINDS, Item, load_items

BLIND = "items"
DEV_B = "dev_b"
ITEMS = {name: load_items(name=name) for name in (BLIND, DEV_B)}
FILE = """
language: en
sheets:
  kettle: {a: It costs 24., b: It costs 36., c: It holds 1 l., d: It holds 2 l.}
items:
  - {id: small, sheet: kettle, kind: product, question: price of the small one, answer: a}
"""
ITEM = "  - {id: small, sheet: kettle, kind: product, question: price of the small one, answer: a}"


def of_language(name: str, language: str) -> list[Item]:
    return [item for item in ITEMS[name] if item.language == language]


def plain(question: str) -> str:
    return "".join(question.lower().split()).rstrip("?？。.!")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "least", "unanswered"), [(BLIND, 300, 0.2), (DEV_B, 200, 0.3)])
def test_there_are_enough_items_and_many_are_answered_by_no_line(
    name: str, least: int, unanswered: float, language: str
) -> None:
    items = of_language(name, language)
    assert len(items) >= least
    assert sum(not item.right for item in items) >= unanswered * len(items)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ITEMS)
def test_every_kind_is_asked_often_enough_for_a_figure(name: str, language: str) -> None:
    kinds = Counter(item.kind for item in of_language(name, language))
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 15


@pytest.mark.parametrize("name", ITEMS)
def test_no_question_is_there_twice(name: str) -> None:
    questions = Counter(plain(item.question) for item in ITEMS[name])
    assert [question for question, count in questions.items() if count > 1] == []


def test_what_may_be_read_asks_no_blind_question() -> None:
    """Only how many is told: a failure must not show a blind question."""
    blind, read = ({plain(item.question) for item in ITEMS[name]} for name in (BLIND, DEV_B))
    shared = len(blind & read)
    assert shared == 0


@pytest.mark.parametrize("name", ITEMS)
def test_the_answer_is_at_every_place_of_the_lines(name: str) -> None:
    """Whoever always takes the same place is right in few."""
    places = Counter(place for item in ITEMS[name] for place in item.right)
    assert max(places.values()) < 0.25 * len(ITEMS[name])


def test_every_sheet_is_asked_what_none_of_its_lines_answers() -> None:
    """So that having the topic on the sheet says nothing of whether it answers."""
    sheets = {item.lines for item in ITEMS[DEV_B]}
    assert sheets == {item.lines for item in ITEMS[DEV_B] if not item.right}
    assert sheets == {item.lines for item in ITEMS[DEV_B] if item.right}


def test_the_command_offers_each_of_them() -> None:
    assert OFFERED["blind"]() == ITEMS[BLIND]
    assert OFFERED["dev_b"]() == ITEMS[DEV_B]


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], tuple[Item, ...]]:
    def load_text(text: str) -> tuple[Item, ...]:
        (tmp_path / "items_en.yaml").write_text(text, encoding="utf-8")
        return load_items(tmp_path)

    return load_text


def test_an_item_has_its_sheets_lines(load: Callable[[str], tuple[Item, ...]]) -> None:
    (item,) = load(FILE.replace("answer: a}", "answer: a, also: [c]}"))
    assert item.lines == ("It costs 24.", "It costs 36.", "It holds 1 l.", "It holds 2 l.")
    assert item.right == {0, 2}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("answer: a}", "answer: a, alos: [b]}", "items.0.alos"),
        ("answer: a}", "answer: z}", "item small: sheet kettle has no line z"),
        ("answer: a}", "answer: a, also: [z]}", "item small: sheet kettle has no line z"),
        ("answer: a}", "answer: a, also: [a]}", "line a answers twice"),
        ("answer: a}", "answer: null}", "an unanswerable item has no answer"),
        (
            "product, question: price of the small one, answer: a}",
            "unanswerable, question: x, answer: null, also: [b]}",
            "although none does",
        ),
        ("kind: product", "kind: unanswerable", "an unanswerable item has no answer"),
        ("kind: product", "kind: goods", "items.0.kind"),
        (", answer: a}", "}", "items.0.answer"),
        ("sheet: kettle", "sheet: kettles", "there is no sheet kettles"),
        ("d: It holds 2 l.", "c: It holds 2 l.", "c is there twice"),
        ("d: It holds 2 l.", "d: It costs 24.", "has the line twice"),
        (", d: It holds 2 l.", "", "has 3 lines, not 4 to 12"),
        (ITEM, f"{ITEM}\n{ITEM}", "item small is there twice"),
        ("language: en", "language: [en", "not valid YAML"),
        ("language: en", "language: de", "language"),
    ],
)
def test_a_mistake_is_an_error_that_names_it(
    load: Callable[[str], tuple[Item, ...]], old: str, new: str, problem: str
) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(ItemInvalid) as error:
        load(FILE.replace(old, new))
    assert problem in str(error.value)


def an_item(item_id: str, *right: int, kind: str = "product", language: str = "en") -> Item:
    return Item(item_id, language, kind, item_id, ("one", "two", "three", "four"), frozenset(right))  # type: ignore[arg-type]


def test_each_way_of_being_wrong_is_counted_apart() -> None:
    items = [
        an_item("right", 0),
        an_item("as well", 0, 1),
        an_item("wrong", 2),
        an_item("missed", 3, language="zh"),
        an_item("none", kind="unanswerable"),
        an_item("false", kind="unanswerable"),
    ]
    places = {"right": 0, "as well": 1, "wrong": 1, "missed": None, "none": None, "false": 3}
    evaluation = evaluate(lambda question, lines, language: places[question], items)
    assert evaluation.of("all") == Figures("all", "all", 6, 3, 1, 1, 1)
    assert evaluation.of("all").right_share == 0.5
    assert evaluation.of("all").wrong_share == pytest.approx(2 / 6)
    assert evaluation.of("zh") == Figures("language", "zh", 1, 0, 0, 1, 0)
    assert evaluation.of("unanswerable") == Figures("kind", "unanswerable", 2, 1, 0, 0, 1)
    assert evaluation.of("en product") == Figures("language and kind", "en product", 3, 2, 1, 0, 0)
    assert [each.outcome for each in evaluation.chosen] == [
        "right", "right", "wrong_line", "missed", "right", "false_line",
    ]  # fmt: skip


def test_the_selector_is_given_the_question_the_lines_and_the_language() -> None:
    asked: list[tuple[str, Sequence[str], str]] = []

    def select(question: str, lines: Sequence[str], language: str) -> int | None:
        asked.append((question, lines, language))
        return None

    evaluate(select, [an_item("q", 1, language="zh")])
    assert asked == [("q", ("one", "two", "three", "four"), "zh")]


@pytest.mark.parametrize("place", [-1, 4])
def test_a_place_that_no_line_has_is_an_error_and_not_a_wrong_answer(place: int) -> None:
    with pytest.raises(IndexOutside):
        evaluate(lambda question, lines, language: place, [an_item("q", 1)])


@pytest.mark.parametrize("name", ITEMS)
def test_whoever_never_chooses_misses_every_answer_and_gives_no_false_line(name: str) -> None:
    of_all = evaluate(lambda question, lines, language: None, ITEMS[name]).of("all")
    assert (of_all.wrong_line, of_all.false_line) == (0, 0)
    assert of_all.missed == sum(bool(item.right) for item in ITEMS[name])
