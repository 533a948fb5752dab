"""The selector's corpus, the lessons that are made of it, and what words tell."""

from pathlib import Path

import pytest

from models.selection import kinds
from models.selection.corpus import Corpus, load_corpus
from models.selection.errors import SelectionCorpusInvalid
from models.selection.lessons import FEWEST, MOST, Lesson, composed, fixed
from models.selection.likeness import columns
from models.types.understanding import Language

SEED = 5


@pytest.fixture(scope="module", params=["zh", "en"])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return load_corpus(request.param)


def lessons(corpus: Corpus) -> list[Lesson]:
    return fixed(corpus, "train", SEED, 1) + composed(corpus, "train", SEED, 300)


def test_the_corpus_is_large_enough_and_dev_has_sheets_of_its_own(corpus: Corpus) -> None:
    asked = sum(len(texts) for sheet in corpus.sheets for texts in (*sheet.lines.values(), sheet.none))
    assert len(corpus.sheets) + len(corpus.facts) >= 60
    assert asked + sum(len(fact.ask) for fact in corpus.facts) >= 500
    for parts in (corpus.sheets, corpus.facts):
        assert {part.split for part in parts} == {"train", "dev"}


def test_lessons_are_the_same_for_the_same_seed_alone(corpus: Corpus) -> None:
    assert lessons(corpus) == lessons(corpus)
    assert composed(corpus, "train", SEED, 20) != composed(corpus, "train", SEED + 1, 20)


def test_lessons_have_lines_to_choose_from_and_some_have_no_answer(corpus: Corpus) -> None:
    made = lessons(corpus)
    assert all(FEWEST <= len(lesson.lines) <= MOST for lesson in made)
    assert all(len(set(lesson.lines)) == len(lesson.lines) for lesson in made)
    assert all(lesson.right is None or lesson.right < len(lesson.lines) for lesson in made)
    assert 0.25 < sum(lesson.right is None for lesson in made) / len(made) < 0.45
    assert not any("{" in text for lesson in made for text in (lesson.question, *lesson.lines))


def test_training_asks_nothing_of_dev(corpus: Corpus) -> None:
    train = {lesson.source for lesson in lessons(corpus)}
    dev = {lesson.source for lesson in fixed(corpus, "dev", SEED, 1) + composed(corpus, "dev", SEED, 200)}
    assert not train & dev


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("sheets_zh.yaml", "[]", "no mapping"),
        ("sheets_zh.yaml", "{sheets: {a: {b: [1]}}}", "no list of texts"),
        ("sheets_zh.yaml", "{dev: [x], sheets: {}}", "keeps x for dev"),
        ("facts_zh.yaml", "{parcel: {}}", "unknown key 'parcel'"),
        ("facts_zh.yaml", "{order: {a: {say: [b]}}}", "a.ask"),
        ("facts_zh.yaml", "{", "cannot be read"),
    ],
)
def test_a_malformed_corpus_says_where(tmp_path: Path, name: str, text: str, reason: str) -> None:
    whole = {"facts_zh.yaml": "{}", "sheets_zh.yaml": "{sheets: {}}", "values.yaml": "{zh: {}}"}
    for file, content in (whole | {name: text}).items():
        (tmp_path / file).write_text(content)
    with pytest.raises(SelectionCorpusInvalid, match=reason):
        load_corpus("zh", tmp_path)


def test_kinds_are_told_by_words() -> None:
    names = [kind.name for kind in kinds.kinds()]
    assert kinds.asked("when will it arrive")[names.index("when")] == 1
    assert kinds.told("预计12月3日送达")[names.index("when")] == 1
    assert kinds.asked("多少钱")[names.index("money")] == 1
    assert kinds.told("Silver members get a gift.")[names.index("money")] == 0


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
    has, lacks, matched = 2, 3, 6
    assert (first[has], -first[lacks], first[matched]) > (second[has], -second[lacks], second[matched])
    assert columns(question, lines[::-1], language)[1].tolist() == first.tolist()
