"""What of a model's text is for the customer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.written import Written, cleaned


def shown(pieces: list[str]) -> str:
    written, text = Written(), ""
    for piece in pieces:
        written, more = written.push(piece)
        text += more
    return text + written.flush()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>The fact 3 says so.</think>It ships today.", "It ships today."),
        ("<think>\n\n</think>\n\n您好。", "\n\n您好。"),
        ("One. <think>hm</think>Two.", "One. Two."),
        ("<think>cut off in the middle", ""),
        ("a < b and 2 <thi", "a < b and 2 <thi"),
        ("no thought", "no thought"),
    ],
)
@given(cuts=st.lists(st.integers(0, 60), max_size=8))
def test_thoughts_are_left_out_however_the_stream_is_cut(text: str, left: str, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(text)) for cut in cuts} | {len(text)})
    pieces = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert shown(pieces) == left


def test_what_is_no_thought_is_not_held_back() -> None:
    written, text = Written().push("It ships ")
    assert text == "It ships " and written == Written()
    written, text = Written().push("It <")
    assert text == "It " and written.held == "<"


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("退款3个工作日内到账[2]。", "退款3个工作日内到账。"),
        ("It arrives on 3 May [1, 4].", "It arrives on 3 May."),
        ("可以退货（事实3）。", "可以退货。"),
        ("You can return it (see fact 3).", "You can return it."),
        ("- **Order KF1** is on its way.", "Order KF1 is on its way."),
        ("1. 先登录账户", "先登录账户"),
        ("1.", ""),
        ("2、 退货", "退货"),
        ("### 退货", "退货"),
        ("客服：您好。", "您好。"),
        ("Answer: yes, in stock.", "yes, in stock."),
        ("3.5折起。", "3.5折起。"),
        ("12:30 之前下单。", "12:30 之前下单。"),
        ("It costs CNY 5 (with postage).", "It costs CNY 5 (with postage)."),
        ("Size [L] is there.", "Size [L] is there."),
        ("5 * 3 pieces", "5 * 3 pieces"),
        ("KF_2_3 is an id", "KF_2_3 is an id"),
    ],
)
def test_marks_and_markdown_are_left_out(sentence: str, plain: str) -> None:
    assert cleaned(sentence) == plain
