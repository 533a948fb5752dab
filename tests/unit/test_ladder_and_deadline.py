from routing.deadline import Deadline
from routing.ladder import Measured, choose

MEASURED = (Measured("small", "greeting_thanks", "en", 0.95), Measured("small", "coupon", "en", 0.4))


def test_a_generated_rung_is_on_only_where_it_was_measured_good_enough() -> None:
    assert choose("greeting_thanks", "en", ("small",), MEASURED, 0.9).rungs == (
        "small",
        "composed",
        "acknowledgement",
    )
    weak = choose("coupon", "en", ("small",), MEASURED, 0.9)
    assert weak.rungs == ("composed", "acknowledgement")
    assert weak.reasons == ("small: measured 0.40 below 0.90 for coupon/en",)


def test_an_unmeasured_language_stays_off() -> None:
    choice = choose("greeting_thanks", "zh", ("small",), MEASURED, 0.9)
    assert choice.rungs[0] == "composed"
    assert "not measured" in choice.reasons[0]


def test_the_larger_model_comes_first_and_one_that_is_down_is_passed_by() -> None:
    both = (*MEASURED, Measured("large", "greeting_thanks", "en", 0.99))
    assert choose("greeting_thanks", "en", ("small", "large"), both, 0.9).rungs[:2] == ("large", "small")
    down = choose("greeting_thanks", "en", ("small", "large"), both, 0.9, frozenset({"large"}))
    assert down.rungs[0] == "small"
    assert (down.reasons, down.is_degraded) == (("large: unavailable",), True)
    assert not choose(
        "greeting_thanks", "en", ("small", "large"), both, 0.9, frozenset({"small"})
    ).is_degraded


def test_a_deadline_gives_a_stage_its_share_and_keeps_the_reserve() -> None:
    deadline = Deadline.after(now_s=100.0, budget_s=10.0)
    assert deadline.left_s(104.0) == 6.0
    assert deadline.left_s(111.0) == 0.0
    assert deadline.share_s(104.0, most_s=4.0) == 4.0
    assert deadline.share_s(104.0, most_s=4.0, reserve_s=5.0) == 1.0
    assert deadline.share_s(104.0, most_s=4.0, reserve_s=9.0) == 0.0
