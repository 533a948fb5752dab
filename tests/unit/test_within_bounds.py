"""What is not done of what was asked for is told where it was asked for."""

import pytest

from routing.compose.outcomes import within_bounds
from tests.builders import order


@pytest.mark.parametrize(
    ("message", "is_told"),
    [
        ("换成红色L码，再加一句，我很急", False),
        ("one more question: can you change the size", False),
        ("I added the wrong size, change it", False),
        ("I want to take it on a day off", False),
        ("再加一件", True),
        ("add a mug", True),
        ("take the mug off my order", True),
    ],
)
def test_that_nothing_is_added_is_told_to_who_wants_it(message: str, is_told: bool) -> None:
    assert bool(within_bounds("change_items", order(), message, "en")) is is_told
