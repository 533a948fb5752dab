"""Names in messages: their marks, the tags of tokens, what tags spell, and how both kinds of entities are scored."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.encoder.bert import TokenStates
from models.types import Entity, IntentScore, Sentiment, Understood
from models.understanding.evaluate import evaluate_entities
from models.understanding.likeness import near
from models.understanding.marked import Marked, load_marked, parse_marked
from models.understanding.rejection import Floats
from models.understanding.tagger import NO_TAG, TAGS, TYPES, decode, joined, tags_of

EVERY = dict.fromkeys(TYPES, 0.0)


def over(spans: Sequence[tuple[int, int]]) -> TokenStates:
    return TokenStates(np.zeros((len(spans), 4), np.float32), tuple(spans))


def sure(*tags: str) -> Floats:
    """Probabilities of tokens that are each certainly of a tag."""
    return np.eye(len(TAGS), dtype=np.float32)[[TAGS.index(tag) for tag in tags]]


def spelled(tags: Sequence[str], spans: Sequence[tuple[int, int]], text: str) -> list[object]:
    return [(e.type, e.text, e.start, e.end) for e in decode(text, over(spans), sure(*tags), EVERY)]


def test_marks_are_taken_out_and_their_places_kept() -> None:
    text, entities = parse_marked("[小熊](brand)的[酸奶机](product)坏了 (really)")
    assert text == "小熊的酸奶机坏了 (really)"
    assert [(e.type, e.text, text[e.start : e.end]) for e in entities] == [
        ("brand", "小熊", "小熊"),
        ("product", "酸奶机", "酸奶机"),
    ]
    assert parse_marked("none [here] (at all)") == ("none [here] (at all)", ())


def test_a_token_takes_the_tag_of_what_most_of_it_lies_in() -> None:
    text, entities = parse_marked("寄[小熊的](brand)[酸奶机](product)，[13800138000](phone)")
    spans = [(0, 0), (0, 1), (1, 3), (3, 4), (4, 7), (7, 8), (8, 19), (19, 19)]
    tags = [tag if tag == NO_TAG else TAGS[tag] for tag in tags_of(entities, spans)]
    assert tags == [NO_TAG, "O", "B-brand", "I-brand", "B-product", "O", "O", NO_TAG]
    assert len(text) == 19


def test_two_names_of_one_type_side_by_side_stay_two() -> None:
    _, entities = parse_marked("[王小明](person_name)[李雷](person_name)")
    assert [TAGS[tag] for tag in tags_of(entities, [(0, 3), (3, 5)])] == ["B-person_name", "B-person_name"]
    assert spelled(["B-person_name", "B-person_name"], [(0, 3), (3, 5)], "王小明李雷") == [
        ("person_name", "王小明", 0, 3),
        ("person_name", "李雷", 3, 5),
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["O", "O", "O"], []),
        (["B-brand", "I-brand", "O"], [("brand", "Nor vik", 0, 7)]),
        (["I-brand", "I-brand", "O"], [("brand", "Nor vik", 0, 7)]),
        (["B-brand", "I-product", "O"], [("brand", "Nor", 0, 3), ("product", "vik", 4, 7)]),
        (["O", "O", "B-product"], [("product", "mug", 8, 11)]),
    ],
)
def test_tags_spell_entities_without_their_edges(tags: list[str], found: list[object]) -> None:
    assert spelled(tags, [(0, 3), (3, 7), (7, 12)], "Nor vik mug.") == found


def test_only_types_that_are_asked_for_are_told() -> None:
    tags = sure("B-brand", "B-product")
    found = decode("Nor mug", over([(0, 3), (4, 7)]), tags, {"product": 0.0})
    assert [e.type for e in found] == ["product"]


@pytest.mark.parametrize(
    "doubted",
    [
        (0, "B-product", "I-product"),  # whether it begins there
        (1, "I-product", "O"),  # whether its second word is of it
        (2, "O", "I-product"),  # whether it goes on
    ],
)
def test_a_name_is_told_when_it_is_sure_enough_in_its_bounds_too(doubted: tuple[int, str, str]) -> None:
    row, likeliest, other = doubted
    tags = sure("B-product", "I-product", "O")
    tags[row, TAGS.index(likeliest)], tags[row, TAGS.index(other)] = 0.7, 0.3
    text, tokens = "tea mug old", over([(0, 3), (4, 7), (8, 11)])
    # The first token's doubt counts twice: as its tag's, and as the beginning's.
    assert [e.text for e in decode(text, tokens, tags, {"product": 0.48})] == ["tea mug"]
    assert decode(text, tokens, tags, {"product": 0.71}) == ()


def test_a_latin_word_is_never_cut() -> None:
    spans = [(0, 4), (4, 7), (8, 12), (12, 13), (13, 14)]
    assert spelled(["B-product", "O", "O", "B-brand", "B-product"], spans, "monocle case茶杯") == [
        ("product", "monocle", 0, 7),
        ("brand", "茶", 12, 13),
        ("product", "杯", 13, 14),
    ]
    assert spelled(["O", "B-product", "O", "O", "O"], spans, "monocle case茶杯") == []


def test_tokens_of_one_span_are_read_once() -> None:
    tags = sure("B-product", "B-brand", "B-product", "B-brand")
    found = decode("½Nor", over([(0, 1), (0, 1), (0, 1), (1, 4)]), tags, EVERY)  # ½ is three tokens
    assert [(e.type, e.text) for e in found] == [("product", "½"), ("brand", "Nor")]


def test_a_name_gives_way_to_an_exact_pattern() -> None:
    exact = (Entity("order_number", "KF123", "KF123", 4, 9),)
    named = (Entity("brand", "KF", "kf", 4, 6), Entity("product", "mug", "mug", 0, 3))
    assert [e.type for e in joined(exact, named)] == ["product", "order_number"]


class Reader:
    """Finds what it was told to in each text."""

    def __init__(self, found: dict[str, tuple[Entity, ...]]) -> None:
        self.found = found

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        top = (IntentScore("invoice", 1.0),)
        neutral = Sentiment("neutral", 0.0)
        return [Understood("invoice", 1.0, "route", top, "en", neutral, self.found[text]) for text in texts]


def test_only_exact_spans_count() -> None:
    mug, wrong = Entity("product", "mug", "mug", 2, 5), Entity("product", "mug.", "mug.", 2, 6)
    mail = Entity("email", "a@b.cn", "a@b.cn", 6, 12)
    lines = [Marked("a mug a@b.cn", (mug, mail), "test"), Marked("a mug.", (mug,), "test")]
    reader = Reader({"a mug a@b.cn": (mug, mail), "a mug.": (wrong,)})
    found = evaluate_entities(reader, lines, "made-up", "test")
    figures = {f.type: (f.marked, f.precision, f.recall, f.f1) for f in found}
    assert figures["product"] == (2, 0.5, 0.5, 0.5)
    assert figures["email"] == figures["identifiers"] == (1, 1.0, 1.0, 1.0)
    assert figures["names"] == (2, 0.5, 0.5, 0.5)
    assert figures["all"] == (3, 0.6667, 0.6667, 0.6667)


def test_the_shipped_marks_are_sound() -> None:
    marked = load_marked()
    train, test = marked.of("train"), marked.of("test")
    assert set(TYPES) <= {e.type for line in train for e in line.entities}
    assert len(train) > 1000 and len(marked.of("validation")) > 100 and len(test) > 400
    assert not near([line.text for line in test], [line.text for line in train])
