"""The selector's corpus, the lessons that are made of it, and what words tell."""

from pathlib import Path

import pytest

from models.selection import forms
from models.selection.corpus import ABOUT, STYLES, Corpus, load_corpus
from models.selection.errors import SelectionCorpusInvalid
from models.selection.lessons import FEWEST, MOST, Lesson, composed, fixed, other_lessons, wordings
from models.selection.likeness import columns
from models.selection.subjects import of_others
from models.types.understanding import Language

SEED = 5


@pytest.fixture(scope="module", params=["zh", "en"])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return load_corpus(request.param)


def lessons(corpus: Corpus) -> list[Lesson]:
    return fixed(corpus, "own", SEED, 1) + composed(corpus, SEED, 300)


def test_every_kind_is_asked_for_in_every_style_and_told(corpus: Corpus) -> None:
    assert len(corpus.kinds) >= 90
    assert all(len(kind.ask[style]) >= 8 for kind in corpus.kinds for style in STYLES)
    assert all(len(set(kind.say)) == len(kind.say) >= 4 for kind in corpus.kinds)
    names = {kind.name for kind in corpus.kinds}
    assert all(near in {*names, "all"} for kind in corpus.kinds for near in kind.near)
    assert {sheet.hand for sheet in corpus.sheets} == {"own", "other"}


def test_no_wording_asks_for_two_kinds_of_the_same(corpus: Corpus) -> None:
    asked = [(kind.about, ask) for kind in corpus.kinds for style in STYLES for ask in kind.ask[style]]
    assert len(set(asked)) == len(asked)


def test_wordings_have_their_places_filled(corpus: Corpus) -> None:
    made = wordings(corpus, SEED, 1)
    assert not any("{" in wording.text for wording in made)
    assert {wording.kind for wording in made if wording.asks} == {kind.name for kind in corpus.kinds}


def test_lessons_are_the_same_for_the_same_seed_alone(corpus: Corpus) -> None:
    assert lessons(corpus) == lessons(corpus)
    assert composed(corpus, SEED, 20) != composed(corpus, SEED + 1, 20)


def test_lessons_have_lines_to_choose_from_and_some_have_no_answer(corpus: Corpus) -> None:
    made = lessons(corpus)
    assert all(FEWEST <= len(lesson.lines) <= MOST for lesson in made)
    assert all(len(set(lesson.lines)) == len(lesson.lines) for lesson in made)
    assert all(lesson.right is None or lesson.right < len(lesson.lines) for lesson in made)
    assert 0.25 < sum(lesson.right is None for lesson in made) / len(made) < 0.45
    assert not any("{" in text for lesson in made for text in (lesson.question, *lesson.lines))


def test_what_chooses_the_threshold_is_of_another_hand(corpus: Corpus) -> None:
    own = {sheet.name for sheet in corpus.sheets if sheet.hand == "own"}
    asked = [lesson for lesson in other_lessons() if lesson.language == corpus.language]
    assert len(asked) >= 300
    assert not own & {lesson.source for lesson in asked}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("sheets_zh.yaml", "[]", "no mapping"),
        ("sheets_zh.yaml", "{sheets: {a: {b: [1]}}}", "no list of texts"),
        ("sheets_zh.yaml", "{dev: [x], sheets: {}}", "unknown key 'dev'"),
        ("kinds_order_zh.yaml", "{a: {asks: b}}", "unknown key 'asks'"),
        ("kinds_order_zh.yaml", "{a: {say: [b]}}", "a.plain"),
        ("kinds_order_zh.yaml", "{", "cannot be read"),
    ],
)
def test_a_malformed_corpus_says_where(tmp_path: Path, name: str, text: str, reason: str) -> None:
    kinds = {f"kinds_{about}_zh.yaml": "{}" for about in ABOUT}
    sheets = dict.fromkeys(("sheets_zh.yaml", "others_zh.yaml"), "{sheets: {}}")
    whole = kinds | sheets | {"values.yaml": "{zh: {}}"}
    for file, content in (whole | {name: text}).items():
        (tmp_path / file).write_text(content)
    with pytest.raises(SelectionCorpusInvalid, match=reason):
        load_corpus("zh", tmp_path)


def test_forms_are_told_by_words() -> None:
    names = [form.name for form in forms.forms()]
    assert forms.asked("when will it arrive")[names.index("when")] == 1
    assert forms.told("预计12月3日送达")[names.index("when")] == 1
    assert forms.asked("多少钱")[names.index("money")] == 1
    assert forms.told("Silver members get a gift.")[names.index("money")] == 0


@pytest.mark.parametrize(
    ("language", "question", "lines"),
    [
        ("zh", "尾号1234到哪了", ["订单KF991234已发货。", "订单KF995678已发货。"]),
        (
            "en",
            "where is the one ending 1234",
            ["Order KF991234 has shipped.", "Order KF995678 has shipped."],
        ),
        (
            "en",
            "is the navy one in M left",
            ["Coat in navy, size M: 3 left.", "Coat in red, size M: 3 left."],
        ),
        ("zh", "藏青M码还有吗", ["大衣 藏青 M码剩3件。", "大衣 红色 M码剩3件。"]),
    ],
)
def test_what_tells_near_lines_apart_is_seen(language: Language, question: str, lines: list[str]) -> None:
    first, second = columns(question, lines, language)
    has, lacks, matched = 2, 3, 9
    assert (first[has], -first[lacks], first[matched]) > (second[has], -second[lacks], second[matched])
    assert columns(question, lines[::-1], language)[1].tolist() == first.tolist()


@pytest.mark.parametrize(
    ("question", "lines", "others"),
    [
        ("尾号1234到哪了", ["订单KF991234已发货。", "订单KF995678已发货。", "满99元包邮。"], [False, True, False]),
        ("order 1111 shipped?", ["Order KF991234 has shipped.", "Orders ship in 2 days."], [True, False]),
        ("黑灯哪天出门", ["订单 KF1001 里有：灯（黑色）。", "订单 KF1001 预计3日发出。", "订单 KF1002 里有：灯（白色）。"],
         [False, False, True]),
        ("is 65W enough", ["The 65 W charger costs $20.", "The 30 W charger costs $9."], [False, True]),
        ("金卡打几折", ["金卡会员享受95折。", "银卡会员享受98折。"], [False, True]),
        ("能用红包吗", ["红灯闪烁表示卡住。", "黄灯表示没电。"], [False, False]),
        ("do you have the green one", ["Coat in navy: 3 left.", "Coat in red: 3 left."], [False, False]),
    ],
)  # fmt: skip
def test_lines_of_another_subject_are_told(question: str, lines: list[str], others: list[bool]) -> None:
    assert of_others(question, lines).tolist() == others
