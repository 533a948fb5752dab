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


def test_a_sentence_waits_until_something_follows_its_mark() -> None:
    buffer, first = Buffer().push("It is here.")
    assert first == ()
    buffer, second = buffer.push(" Next")
    assert second == ("It is here.",)
    assert buffer.flush() == "Next"


@given(st.text(alphabet="ab .。!？\n1", max_size=60), st.integers(1, 7))
def test_the_pieces_of_a_stream_do_not_change_its_sentences(text: str, size: int) -> None:
    buffer = Buffer()
    streamed: list[str] = []
    for start in range(0, len(text), size):
        buffer, sentences = buffer.push(text[start : start + size])
        streamed += sentences
    if rest := buffer.flush():
        streamed.append(rest)
    assert tuple(streamed) == split(text)
