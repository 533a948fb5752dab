"""An erasure reaches the store; what a turn read of a customer's texts has to be gone by itself."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

import models.understanding
import routing
import routing.grounding.known
from commerce.domain.text import LocalText
from routing.grounding import Fact, check, prepare
from routing.grounding.values import values_in
from routing.sheet.goods import is_called, named_goods
from tests.builders import hit

# Of types, of files that ship with the code, and of what one is trained with.
OF_NO_CUSTOMER = {
    "routing.planted._texts_of",
    "routing.prompts._rules",
    "routing.sheet.questions.questions",
    "models.understanding.augmentation._by_sound",
    "models.understanding.augmentation._converter",
    "models.understanding.augmentation._sound",
}
FACTS = (Fact("1", "您的收货地址是文三路1号，王芳，13812345678。"),)
SENTENCE = "收货电话是13812345678。"


def _caches() -> Iterator[str]:
    for module in (
        *pkgutil.walk_packages(routing.__path__, "routing."),
        *pkgutil.walk_packages(models.understanding.__path__, "models.understanding."),
    ):
        found = vars(import_module(module.name))
        of_classes = [
            each for value in found.values() if isinstance(value, type) for each in vars(value).items()
        ]
        for name, value in (*found.items(), *of_classes):
            if hasattr(value, "cache_info") and value.__module__ == module.name:
                yield f"{module.name}.{name}"


def test_no_text_of_a_customer_stays_behind() -> None:
    assert set(_caches()) == OF_NO_CUSTOMER


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Fact]:
    """The facts that were read, one after the other."""
    seen: list[Fact] = []
    pieces = routing.grounding.known._pieces

    def counted(fact: Fact) -> object:
        seen.append(fact)
        return pieces(fact)

    monkeypatch.setattr(routing.grounding.known, "_pieces", counted)
    return seen


def test_facts_are_read_once_for_all_sentences_of_a_turn(reads: list[Fact]) -> None:
    memory = prepare(FACTS)
    for _ in range(3):
        assert check(SENTENCE, FACTS, "zh", "", memory) is None
    assert reads == [*FACTS]


def test_another_turn_reads_them_again(reads: list[Fact]) -> None:
    for _ in range(2):
        prepare(FACTS)
    for _ in range(2):
        check(SENTENCE, FACTS, "zh")
    assert reads == [*FACTS] * 4
    assert values_in("3天") is not values_in("3天")


def test_a_failed_check_forgets_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(fact: Fact) -> object:
        raise ValueError(fact)

    monkeypatch.setattr(routing.grounding.known, "_pieces", fails)
    with pytest.raises(ValueError, match="13812345678"):
        check(SENTENCE, FACTS, "zh")
    assert values_in("3天") is not values_in("3天")


def test_what_a_customer_wrote_is_no_pattern_that_is_kept() -> None:
    re.purge()
    heater = hit(LocalText("热水器 X60", "heater X60"))
    assert named_goods("X60的订单 13812345678", (heater,)) == (heater,)
    assert is_called("X60的订单 13812345678", "热水器 X60.")
    assert not any(is_called("X60", name) for name in ("热水器 12X60", "X60L X600", "V1.X60"))
    assert [key for key in re._cache if "13812345678" in str(key)] == []  # type: ignore[attr-defined]
