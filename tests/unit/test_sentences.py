from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.sentences import Buffer, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("订单已发货。预计明天到！谢谢", ("订单已发货。", "预计明天到！", "谢谢")),
        ("It costs 3.50 yuan. See example.com now.", ("It costs 3.50 yuan.", "See example.com now.")),
        ("Ask Mr. Li. He knows.", ("Ask Mr. Li.", "He knows.")),
        ("真的吗？！是的。", ("真的吗？！", "是的。")),
        ("他说“好的。”然后走了。", ("他说“好的。”", "然后走了。")),
        ("one\ntwo", ("one", "two")),
        ("", ()),
        ("   ", ()),
    ],
)
def test_sentences_are_cut_at_their_ends_and_nowhere_else(text: str, sentences: tuple[str, ...]) -> None:
    assert split(text) == sentences


def streamed(*pieces: str) -> list[tuple[str, ...]]:
    """What comes out with each piece, and in the end."""
    buffer, out = Buffer(), []
    for piece in pieces:
        buffer, sentences = buffer.push(piece)
        out.append(sentences)
    return [*out, (buffer.flush(),)]


@pytest.mark.parametrize(
    "sentence",
    [
        "预计明天到。",
        "真的吗？",
        "已经发货！",
        "先付款；",
        "It is here.",
        "Is it here?",
        "You can't.",
        "It is here (see below).",
        "It takes off 10%.",
        "It costs CNY 599.00.",
        "It ends at 23:59.",
        "It ends on 2026-12-03.",
        "It ends on 24 Nov 2026.",
        "他说“好的。”",
        "（满99元包邮。）",
        'He said "yes!"',
        'It has a 5" screen and a 6" strap.',
        'It says "size 5"!',
        "one\n",
    ],
)
def test_a_sentence_goes_out_with_the_sign_that_ends_it(sentence: str) -> None:
    *before, then, _ = streamed(*sentence)
    assert [out for out in before if out] == []
    assert then == (sentence.strip(),)


@pytest.mark.parametrize(
    ("pieces", "sentences"),
    [
        (("It costs 3.", "5 yuan."), ["It costs 3.5 yuan."]),
        (("It costs 3.", " See"), ["It costs 3.", "See"]),
        (("Ask Mr.", " Li."), ["Ask Mr. Li."]),
        (("Come at 5 p.m.", " or later."), ["Come at 5 p.m. or later."]),
        (("Write to me@qinghe.", "example now."), ["Write to me@qinghe.example now."]),
        (("See www.", "qinghe now."), ["See www.qinghe now."]),
        (("See shop.qinghe.", "cn now."), ["See shop.qinghe.cn now."]),
        (("他说“好的。", "”", "然后"), ["他说“好的。”", "然后"]),
        (("他说“好的。走吧。", "”", "然后"), ["他说“好的。", "走吧。”", "然后"]),
        (("（满99元包邮。", "）", "其他"), ["（满99元包邮。）", "其他"]),
        (('He said "yes!', '" Then'), ['He said "yes!"', "Then"]),
        (('It is 5" wide. "Yes. Take 6!', '" Then'), ['It is 5" wide.', '"Yes.', 'Take 6!"', "Then"]),
        (("He said 'yes!", "' Then"), ["He said 'yes!'", "Then"]),
    ],
)
def test_a_sentence_waits_where_what_follows_may_belong_to_it(
    pieces: tuple[str, ...], sentences: list[str]
) -> None:
    out = streamed(*pieces)
    assert [each for some in out for each in some if each] == sentences


def test_a_mark_that_follows_another_one_is_no_sentence_of_its_own() -> None:
    assert streamed("真的吗？", "！", "是的。") == [("真的吗？",), (), ("是的。",), ("",)]
    assert streamed("Really?", "!!", " Yes.") == [("Really?",), (), ("Yes.",), ("",)]


_WORDS = ("ab", " Cd", "好的", "你", "1", ".5", " CNY 3", " mr")
_SIGNS = ("。", "！", "？", "?", ".", "\n", " ")
_MARKS = "。！？?."


def _cut_as_tokens(pieces: list[str]) -> bool:
    """No tokenizer parts a full stop from the letters that follow it; and no mark follows another one."""
    return not any(
        (one.endswith(".") and two[:1].isalnum()) or (one[-1] in _MARKS and two[0] in _MARKS)
        for one, two in pairwise(pieces)
    )


@given(st.lists(st.sampled_from(_WORDS + _SIGNS), max_size=30).filter(_cut_as_tokens))
def test_the_pieces_of_a_stream_do_not_change_its_sentences(pieces: list[str]) -> None:
    out = [each for some in streamed(*pieces) for each in some if each]
    assert tuple(out) == split("".join(pieces))


@given(st.lists(st.sampled_from((*_WORDS, *_SIGNS, "“", "”", "（", "）", '"', "'")), max_size=30))
def test_nothing_of_a_stream_is_lost_but_marks_that_follow_another_one(pieces: list[str]) -> None:
    out = "".join(each for some in streamed(*pieces) for each in some)
    whole = "".join(pieces)
    assert [c for c in out if c not in _MARKS and not c.isspace()] == [
        c for c in whole if c not in _MARKS and not c.isspace()
    ]


def test_what_follows_an_inch_mark_does_not_wait() -> None:
    *_, last, rest = streamed('The screen measures 5" across.', " It is bright.")
    assert (last, rest) == (("It is bright.",), ("",))


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("", False),
        ("Done.\n", False),
        ("It costs 3.", True),
        ("KF2511115", True),
        ("退了", True),
        ("退了。", False),
    ],
)
def test_what_is_left_is_open_where_more_may_belong_to_it(text: str, is_open: bool) -> None:
    buffer, _ = Buffer().push(text)
    assert buffer.is_open == is_open
