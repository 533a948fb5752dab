"""What makers call their goods, in a message of any length."""

import time
from collections.abc import Callable

import pytest

from commerce.domain.model_numbers import FOLDED_MODEL, MODEL, has_model
from commerce.domain.text import LocalText
from deployments.lookups import _nameless
from routing.sheet.goods import names_model
from tests.builders import hit
from tests.dialogue_values import heard

LONG = 100_000
# Where the time grew with the square of the length it was minutes.
MOST_S = 0.5


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("JSQ30-HWA几升", "JSQ30-HWA"),
        ("我的KFR-35GW/N8不制冷", "KFR-35GW"),
        ("HW100-B14176U6有烘干吗", "HW100-B14176U6"),
        ("问下B30S(Plus)", "B30S(Plus)"),
        ("T8.5X怎么样", "T8.5X"),
        ("PS5有货吗", "PS5"),
        ("A4纸多少钱", "A4"),
        ("S23 Ultra", "S23"),
    ],
)
def test_models_are_found(text: str, model: str) -> None:
    found = MODEL.search(text)
    assert found is not None and found.group() == model


@pytest.mark.parametrize(
    "text",
    [
        "XL10",
        "XXL 10",
        "US10",
        "EU-42",
        "我要US10的",
        "A4栋302",
        "SF1234567890",
        "abc123",
        "羽绒服",
        "MAX",
        "iPhone 15",
        "SIZE42",
        "IPX7",
        "SPF50+防晒霜",
        "UPF50",
        "HDMI2.1线",
        "USB3.0",
        "DDR5-5600",
        "CAT6A",
        "PM2.5",
    ],
)
def test_sizes_doors_parcels_grades_and_words_are_none(text: str) -> None:
    assert MODEL.search(text) is None


@pytest.mark.parametrize(
    "text", ["ipx7", "有没有ipx7防水的", "spf50+防晒霜", "usb3.0", "ddr5-5600", "cat6a", "pm2.5"]
)
def test_a_grade_is_none_without_capitals_either(text: str) -> None:
    assert FOLDED_MODEL.search(text) is None
    assert not names_model(text, (hit(LocalText("耳机 IPX7", "earbuds IPX7 SPF50 USB3.0")),))


def test_of_a_name_its_case_is_nothing() -> None:
    assert has_model("jsq30-hwa") and has_model("water heater 16 l JSQ30-HWA") and has_model("iphone15")
    assert not any(map(has_model, ("us10", "ipx7", "kf260000000001", "羽绒服", "size42")))


HEARD = heard("", "product_question")
HEATER = hit(LocalText("热水器 JSQ30-HWA Pro", "gas water heater JSQ30-HWA Pro"))
SEARCHES: dict[str, Callable[[str], object]] = {
    "as it is written": MODEL.findall,
    "without capitals": lambda text: FOLDED_MODEL.findall(text.lower()),
    "what is looked up": lambda text: _nameless(text, HEARD.understood),
    "what is decided from": lambda text: names_model(text, (HEATER,)),
}


@pytest.mark.parametrize("piece", ["A", "A-", "A.", "A1", "A-1 ", "-", "(A", "A ", "1", "USB-", "USB1"])
@pytest.mark.parametrize("search", SEARCHES)
def test_a_message_of_any_length_is_searched_at_once(search: str, piece: str) -> None:
    text = piece * (LONG // len(piece))
    started = time.process_time()
    SEARCHES[search](text)
    assert time.process_time() - started < MOST_S


@pytest.mark.parametrize(
    ("message", "is_named"),
    [
        ("JSQ30-HWA几升", True),
        ("你们的jsq30怎么样", True),
        ("JSQ30-HWA Pro in stock?", True),
        ("JSQ3几升", False),
        ("MU5183几点起飞", False),
        ("显示E4", False),
        ("优惠码SAVE20用不了", False),
        ("热水器30升的", False),
    ],
)
def test_a_model_is_named_where_the_shop_has_it(message: str, is_named: bool) -> None:
    assert names_model(message, (hit(), HEATER)) is is_named
    assert not names_model(message, (hit(),))


def test_models_and_numbers_are_taken_out_of_what_is_asked_of_them() -> None:
    for name in ("JSQ30-HWA", "SF1234567890", "#12345678", "PS5"):
        assert _nameless(f"{name} 几天能到", HEARD.understood) == "这个 几天能到"
    assert _nameless("US10 有货吗", HEARD.understood) == "US10 有货吗"
