"""What lies in the store of a conversation that is not finished."""

from deployments.sealing import StateSeal
from routing.dialogue.state import DialogueState, Topic

SECRET = b"0123456789abcdef0123456789abcdef"
STATE = DialogueState(
    language="zh",
    order_id="KF1",
    topics=(Topic("change_address", "change_address", {"address": {"street": "文三路1号"}}),),
)


def test_another_gateway_reads_what_nobody_else_can() -> None:
    stored = StateSeal(SECRET).closed(STATE)
    assert "文三路" not in str(stored) and stored["order_id"] == "KF1"
    assert StateSeal(SECRET).opened(stored) == STATE


def test_without_topics_nothing_is_hidden() -> None:
    plain = DialogueState(language="en", unclear_turns=1)
    stored = StateSeal(SECRET).closed(plain)
    assert "sealed" not in stored and StateSeal(SECRET).opened(stored) == plain
    assert StateSeal(SECRET).opened({}) == DialogueState()


def test_under_another_secret_what_was_begun_is_forgotten_and_the_rest_goes_on() -> None:
    stored = StateSeal(SECRET).closed(STATE)
    opened = StateSeal(b"another secret of at least 32 signs").opened(stored)
    assert opened.topics == () and opened.order_id == "KF1"
