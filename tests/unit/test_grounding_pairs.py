"""The judge of the grounding check: its pairs are what they claim to be, and its figures follow from the verdicts."""

import json
import random
import re
import sys
from collections import Counter
from datetime import date, time
from difflib import SequenceMatcher
from functools import cache
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.grounding_pairs import __main__ as command
from benchmarks.grounding_pairs.family import FAMILIES, UNREAD, Family, Wordings, wordings
from benchmarks.grounding_pairs.numerals import in_chinese, in_english
from benchmarks.grounding_pairs.pairs import KINDS, Pair, drafted, pairs
from benchmarks.grounding_pairs.planting import planted
from benchmarks.grounding_pairs.shop import Dice
from benchmarks.grounding_pairs.turns import kinds, kinds_of, turn
from benchmarks.grounding_pairs.values import LANGUAGES, Goods, Language, Name, Span, Value, parts
from benchmarks.grounding_pairs.writing import written
from routing.sentences import split

# A held-out wording is never printed: a failing test names its pattern.
_LEAST_PATTERNS = 60
_MOST_ALIKE = 0.75
_COUNT = 480

cached = cache(pairs)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


@pytest.fixture(scope="module")
def made(family: Family) -> tuple[Pair, ...]:
    return cached(family, _COUNT, 3)


def test_the_same_seed_gives_the_same_pairs(family: Family, made: tuple[Pair, ...]) -> None:
    assert pairs(family, _COUNT, 3) == made, "differs"
    assert pairs(family, 72, 4) != pairs(family, 72, 3), "does not differ"


def test_half_are_right_and_both_languages_are_alike(made: tuple[Pair, ...]) -> None:
    assert Counter((pair.language, pair.is_right) for pair in made) == {
        (language, is_right): _COUNT // 4 for language in LANGUAGES for is_right in (True, False)
    }


def test_every_kind_of_error_is_there_in_each_language(made: tuple[Pair, ...]) -> None:
    for language in LANGUAGES:
        counts = Counter(pair.kind for pair in made if pair.language == language and not pair.is_right)
        assert set(counts) == set(KINDS)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_no_wrong_sentence_is_a_right_one_of_the_same_facts(made: tuple[Pair, ...]) -> None:
    right = {(pair.lines, pair.sentence) for pair in made if pair.is_right}
    assert not [pair.pattern for pair in made if not pair.is_right and (pair.lines, pair.sentence) in right]
    told = [pair for pair in made if pair.error is not None and ", not " in pair.error]
    assert told
    for pair in told:
        new, old = str(pair.error).split(": ", 1)[1].rsplit(", not ", 1)
        assert new != old, pair.pattern
        assert new.lower() in pair.sentence.lower(), pair.pattern


def test_turns_have_three_to_ten_facts_with_ids_of_their_own(made: tuple[Pair, ...]) -> None:
    for pair in made:
        assert 3 <= len(pair.lines) <= 10, pair.pattern
        assert len({line.id for line in pair.lines}) == len(pair.lines)
        assert "{" not in pair.sentence + pair.said + "".join(line.text for line in pair.lines), pair.pattern
        for line in pair.lines:
            others = [kind for kind in kinds()[line.kind].not_with if kind.startswith("shop.")]
            assert not {each.kind for each in pair.lines} & set(others), pair.pattern


def test_the_facts_hold_the_values_of_every_right_sentence(family: Family) -> None:
    rng = random.Random(5)
    for language in LANGUAGES:
        words = wordings(family, language)
        for pattern in words.patterns:
            for has_other in (False, True):
                draft = drafted(rng, words, pattern, has_other=has_other)
                known, own = draft.turn.values, draft.turn.main
                held = {
                    *known,
                    own["line.sum"],
                    own["product.two"],
                    own["product.three"],
                    own["product.brand"],
                }
                held |= {own[name] for name in own if name.startswith("said.")}
                assert all(own[slot] in held for slot in pattern.slots), pattern.name
                assert pattern.kinds <= {line.kind for line in draft.turn.lines}, pattern.name


def test_each_is_one_sentence_as_generated_text_is_cut(made: tuple[Pair, ...]) -> None:
    for pair in made:
        text = re.sub(r"\b([ap])\.m\.", r"\1m", pair.sentence)
        assert len(split(text)) == 1, pair.pattern


def test_what_is_the_others_is_stated_otherwise_of_the_one_that_is_named(made: tuple[Pair, ...]) -> None:
    spoilt = [pair for pair in made if pair.kind == "other_subject"]
    assert spoilt
    for pair in spoilt:
        slot = str(pair.error).split(" of the other", 1)[0]
        stated: dict[str, set[tuple[Value, ...]]] = {}
        for line in pair.lines:
            if line.subject and line.kind in kinds_of((slot,), frozenset()):
                stated.setdefault(line.subject, set()).add(line.values)
        assert len(stated) == 2, pair.pattern
        one, other = stated.values()
        assert one != other, pair.pattern


def test_a_fact_says_its_values_as_the_shop_writes_them(made: tuple[Pair, ...]) -> None:
    sums = [
        (line, value)
        for pair in made
        for line in pair.lines
        for value in line.values
        if value.type == "money"
    ]
    assert sums
    for line, value in sums:
        known = parts(value, "zh")
        assert known["grouped"] in line.text or known["short"] in line.text


def test_sums_add_up_and_days_follow_each_other() -> None:
    for seed in range(30):
        rng = random.Random(seed)
        words = wordings("dev", "en")
        pattern = next(each for each in words.patterns if "line.sum" in each.slots)
        own = drafted(rng, words, pattern, has_other=False).turn.main
        each, count = own["line.price"].content, own["line.quantity"].content
        assert own["line.sum"].content == each * count
        assert own["order.total"].content == (
            each * count + own["order.fee"].content - own["order.discount"].content
        )
        assert own["product.two"].content == 2 * own["product.price"].content
        assert own["order.placed_date"].content < own["order.ships_date"].content
        assert own["order.ships_date"].content < own["order.delivered_date"].content


_VALUES = (
    Value("money", 29_900, "CNY"),
    Value("count", 3),
    Value("percent", 30),
    Value("share", 10),
    Value("date", date(2026, 11, 24)),
    Value("time", time(16, 0)),
    Value("duration", Span(48, 48, "hours")),
    Value("duration", Span(3, 5, "working_days")),
    Value("id", "SO-104821"),
    Value("name", Name("carrier", "sf")),
    Value("product", Goods("muyu", "K200", "kettle")),
    Value("state", "shipped"),
)


@pytest.mark.parametrize("value", _VALUES, ids=lambda value: value.type)
def test_a_planted_value_is_none_of_the_known(value: Value) -> None:
    for seed in range(200):
        rng = random.Random(seed)
        new = planted(rng, value, _VALUES, Dice.of(rng, "zh"))
        assert new is not None and new.type == value.type and new not in _VALUES


def test_what_follows_from_the_facts_is_not_planted() -> None:
    price, fee = Value("money", 10_000, "CNY"), Value("money", 1_000, "CNY")
    rule, other = Value("duration", Span(2, 2, "days")), Value("duration", Span(36, 36, "hours"))
    for seed in range(400):
        rng = random.Random(seed)
        money = planted(rng, price, (price, fee), Dice.of(rng, "zh"))
        span = planted(rng, other, (rule, other), Dice.of(rng, "zh"))
        assert money is not None and money.content not in {9_000, 11_000, 20_000}
        assert span is not None and span.content.hours != (48, 48)
    half = Value("percent", 40)
    for seed in range(100):
        percent = planted(random.Random(seed), half, (half,), Dice.of(random.Random(seed), "zh"))
        assert percent is not None and percent.content != 60


def _skeleton(says: str) -> str:
    return re.sub(r"[^\w]", "", re.sub(r"\{[a-z_.]+\}", "", says)).lower()


def _claims(words: Wordings) -> list[tuple[str, str]]:
    """Each wording without its slots, and the pattern's name."""
    return [(_skeleton(pattern.says), pattern.name) for pattern in words.patterns] + [
        (_skeleton(promise.says), "a promise") for promise in words.promises
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_families_share_no_wording(language: Language) -> None:
    for one, other in combinations(FAMILIES, 2):
        for said, name in _claims(wordings(one, language)):
            # What it learns of its second text it keeps.
            matcher = SequenceMatcher(None, "", said)
            for like, other_name in _claims(wordings(other, language)):
                matcher.set_seq1(like)
                bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
                assert not all(bound() > _MOST_ALIKE for bound in bounds), (name, other_name)


def test_a_family_has_many_patterns_each_of_its_own(family: Family) -> None:
    for language in LANGUAGES:
        words = wordings(family, language)
        assert len(words.patterns) >= _LEAST_PATTERNS
        assert len({pattern.says for pattern in words.patterns}) == len(words.patterns)
        assert all(kind in KINDS for pattern in words.patterns for kind in pattern.wrong)


def test_the_second_family_to_tune_on_is_large() -> None:
    for language in LANGUAGES:
        words = wordings("dev_b", language)
        assert len(words.patterns) >= 110 and len(words.promises) >= 16
        assert {kind for pattern in words.patterns for kind in pattern.wrong} >= {"negation", "state", "name"}


def test_every_value_of_a_sentence_can_be_written(family: Family) -> None:
    for language in LANGUAGES:
        words = wordings(family, language)
        for seed, pattern in enumerate(words.patterns):
            made = turn(random.Random(seed), language, pattern.wish(has_other=False))
            for slot in pattern.slots:
                assert written(random.Random(seed), made.main[slot], language, words.forms, slot), (
                    pattern.name
                )


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (7, "七", "seven"),
        (24, "二十四", "twenty-four"),
        (305, "三百零五", "three hundred and five"),
        (10, "十", "ten"),
    ],
)
def test_numbers_in_words(number: int, zh: str, en: str) -> None:
    assert in_chinese(number) == zh
    assert in_english(number) == en


def test_a_perfect_check_is_enough_and_a_blind_or_a_timid_one_is_not(made: tuple[Pair, ...]) -> None:
    figures, missed = command.judge(made, lambda pair: pair.error)
    assert command.is_enough(figures) and not missed
    assert figures["caught"]["share"] == 1 and figures["wrongly_rejected"]["share"] == 0
    blind, missed = command.judge(made, lambda pair: None)
    assert not command.is_enough(blind) and len(missed) == _COUNT // 2
    assert blind["caught"]["by_kind"]["promise"]["share"] == 0
    timid, missed = command.judge(made, lambda pair: "number")
    assert not command.is_enough(timid) and len(missed) == _COUNT // 2
    assert timid["wrongly_rejected"]["by_language"]["zh"] == {"pairs": _COUNT // 4, "share": 1}


def test_the_check_is_asked_with_the_facts_the_language_and_what_was_said(
    monkeypatch: pytest.MonkeyPatch, made: tuple[Pair, ...]
) -> None:
    asked: list[tuple[object, ...]] = []

    def check(*given: object) -> SimpleNamespace:
        asked.append(given)
        return SimpleNamespace(kind="date", what="May 3")

    def fact(*, id: str, text: str, subject: str) -> tuple[str, str, str]:
        return id, text, subject

    monkeypatch.setitem(sys.modules, "routing.grounding", SimpleNamespace(Fact=fact, check=check))
    pair = made[0]
    assert command.kefus_check()(pair) == "date: May 3"
    facts = [(line.id, line.text, line.subject) for line in pair.lines]
    assert asked == [(pair.sentence, facts, pair.language, pair.said)]


def test_the_bounds_are_97_and_5_of_a_hundred() -> None:
    def figures(caught: float, rejected: float) -> dict[str, object]:
        return {"caught": {"share": caught}, "wrongly_rejected": {"share": rejected}}

    assert command.is_enough(figures(0.97, 0.05))
    assert not command.is_enough(figures(0.969, 0.05))
    assert not command.is_enough(figures(0.97, 0.051))


@pytest.mark.parametrize("unread", sorted(UNREAD))
def test_misses_of_the_held_out_families_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unread: Family
) -> None:
    monkeypatch.setattr(sys, "argv", ["it", "--family", unread, "--misses", "--out", "nowhere"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert "would fit it to them" in capsys.readouterr().err


@pytest.mark.parametrize("family", [each for each in FAMILIES if each not in UNREAD])
def test_misses_of_the_families_that_may_be_read_are_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], family: Family
) -> None:
    monkeypatch.setattr(command, "pairs", lambda *asked: cached(family, _COUNT, 3))
    monkeypatch.setattr(command, "kefus_check", lambda: lambda pair: None)
    monkeypatch.setattr(sys, "argv", ["it", "--family", family, "--misses", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        command.main()
    shown = capsys.readouterr().out
    missed = [pair for pair in cached(family, _COUNT, 3) if not pair.is_right]
    assert missed and all(f"  > {pair.sentence}\n" in shown for pair in missed)


@pytest.mark.parametrize(("verdict", "code"), [(True, 0), (False, 1)])
def test_the_result_holds_figures_and_no_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, family: Family, verdict: bool, code: int
) -> None:
    monkeypatch.setattr(command, "pairs", cached)
    monkeypatch.setattr(command, "kefus_check", lambda: lambda pair: pair.error if verdict else None)
    monkeypatch.setattr(
        sys, "argv", ["it", "--family", family, "--pairs", "400", "--seed", "2", "--out", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == code
    text = (tmp_path / f"grounding-pairs-{family}.json").read_text()
    result = json.loads(text)
    assert result["pairs"] == 400 and result["caught"]["pairs"] == result["wrongly_rejected"]["pairs"] == 200
    assert set(result["caught"]["by_kind"]) == set(KINDS) and set(result["check_ms"]) == {"p50", "p99"}
    assert not [pair.pattern for pair in cached(family, 400, 2) if pair.sentence in text]


def test_too_few_pairs_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["it", "--family", "dev", "--pairs", "100", "--out", "nowhere"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert "fewer than 400" in capsys.readouterr().err
