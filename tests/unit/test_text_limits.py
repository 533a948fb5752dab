"""max_tokens and stop on text that no tokenizer made."""

from hypothesis import given
from hypothesis import strategies as st

from deployments.api.text_limits import TextLimit, text_tokens


def cut(
    pieces: list[str], max_tokens: int | None = None, stops: tuple[str, ...] = ()
) -> tuple[list[str], str | None]:
    limit = TextLimit(max_tokens, stops)
    sent = []
    for piece in pieces:
        limit, text = limit.push(piece)
        sent.append(text)
    limit, text = limit.flush()
    return [*sent, text], limit.ended


def test_a_chinese_character_is_a_token_and_four_others_are_one() -> None:
    assert [text_tokens(t) for t in ("", "退货", "abcd", "abcde", "退货 ok")] == [0, 2, 1, 2, 3]


def test_without_limits_every_piece_passes_at_once() -> None:
    assert cut(["Hel", "lo", "。"]) == (["Hel", "lo", "。", ""], None)


def test_the_length_limit_cuts_within_a_piece_and_ends_it() -> None:
    sent, ended = cut(["退货要在", "七天内", "办理"], max_tokens=5)
    assert ("".join(sent), ended) == ("退货要在七", "length")


def test_a_stop_text_is_found_across_pieces_and_is_not_sent() -> None:
    sent, ended = cut(["one ST", "O", "P two"], stops=("STOP",))
    assert ("".join(sent), ended) == ("one ", "stop")
    assert sent[0] == "one ", "what may be the beginning of a stop text is held"


def test_what_only_looked_like_a_stop_text_is_sent_in_the_end() -> None:
    assert cut(["one ST", "EP"], stops=("STOP",)) == (["one ", "STEP", ""], None)
    assert cut(["one ST"], stops=("STOP",)) == (["one ", "ST"], None)


@given(
    st.lists(st.text(alphabet="ab退 ", max_size=4)),
    st.integers(1, 6),
    st.sampled_from([(), ("ab",), ("ba", "退")]),
)
def test_pieces_or_whole_the_result_is_the_same_and_within_the_limit(
    pieces: list[str], most: int, stops: tuple[str, ...]
) -> None:
    in_pieces = "".join(cut(pieces, most, stops)[0])
    assert in_pieces == "".join(cut(["".join(pieces)], most, stops)[0])
    assert text_tokens(in_pieces) <= most and not any(stop in in_pieces for stop in stops)
