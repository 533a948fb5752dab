"""Segments of invented customers whose groups are known."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelDamaged
from models.segmentation.clustering import Candidate, choose, compare, possible_ks
from models.segmentation.evaluate import evaluate
from models.segmentation.features import FEATURES, customer_features, matrix
from models.segmentation.model import SegmentationModel
from models.segmentation.naming import EVERYONE, NAMES, UNKNOWN, names_of
from models.segmentation.train import train
from models.types import Interaction
from models.types.behaviour import InteractionKind
from tests.builders import NOW

# days since the last purchase, orders, cents an order, days since the first purchase
GROUPS = {
    "champions": (5, 24, 30_000, 700),
    "loyal": (10, 11, 9_000, 600),
    "new": (9, 1, 8_000, 9),
    "at_risk": (280, 12, 16_000, 690),
    "lapsed": (300, 2, 5_000, 340),
}


def event(
    customer: str = "C1",
    days: float = 1,
    kind: InteractionKind = "purchase",
    amount_minor: int = 1_000,
    order_id: str | None = None,
    category: str = "books",
) -> Interaction:
    amount = amount_minor if kind in {"purchase", "return"} else 0
    return Interaction(customer, "P1", category, kind, 1, amount, order_id, NOW - timedelta(days=days))


def shop(
    groups: Sequence[str], customers: int = 40, seed: int = 1
) -> tuple[list[Interaction], dict[str, str]]:
    """Events, and each customer's planted group."""
    dice = np.random.default_rng(seed)
    events, planted = [], {}
    for group in groups:
        last, orders, cents, first = GROUPS[group]
        for number in range(customers):
            customer = f"{group}-{number}"
            planted[customer] = group
            n = max(1, round(orders * dice.uniform(0.85, 1.15)))
            days = np.linspace(last * dice.uniform(0.85, 1.15), first * dice.uniform(0.97, 1.03), n)
            events += [
                event(
                    customer,
                    day,
                    amount_minor=round(cents * dice.uniform(0.85, 1.15)),
                    order_id=f"{customer}/{i}",
                )
                for i, day in enumerate(days)
            ]
    return events, planted


def test_features_of_one_customer_by_hand() -> None:
    events = [
        event(days=100, amount_minor=5_000, order_id="A", category="books"),
        event(days=100, amount_minor=3_000, order_id="A", category="toys"),
        event(days=10, amount_minor=2_000, order_id="B", category="toys"),
        event(days=8, kind="return", amount_minor=2_000, order_id="B", category="toys"),
        event(days=1, kind="view", category="shoes"),
        event(days=1, kind="cart", category="shoes"),
    ]
    (found,) = customer_features(events, NOW)
    assert (found.recency_days, found.tenure_days, found.frequency) == (10, 100, 2)
    assert (found.monetary_minor, found.mean_basket_minor) == (8_000, 5_000)
    assert (found.breadth, found.return_share) == (2, 0.2)


def test_purchases_without_an_order_count_by_their_moment() -> None:
    (found,) = customer_features([event(days=3), event(days=3), event(days=2)], NOW)
    assert found.frequency == 2
    split = [event(days=3, order_id="A"), event(days=2, order_id="A"), event(days=3, order_id="B")]
    assert customer_features(split, NOW)[0].frequency == 2
    assert customer_features([split[0], split[2]], NOW)[0].frequency == 2


def test_who_has_not_bought_has_no_features() -> None:
    assert customer_features([event(kind="view"), event("C2", kind="return")], NOW) == ()
    assert matrix(()).shape == (0, len(FEATURES))


def test_who_returned_more_than_they_paid_is_worth_nothing_rather_than_nan() -> None:
    found = customer_features([event(), event(kind="return", amount_minor=9_000)], NOW)
    assert found[0].monetary_minor == -8_000
    assert found[0].return_share == 1.0
    assert np.isfinite(matrix(found)).all()


def test_later_events_change_nothing(tmp_path: Path) -> None:
    events, _ = shop(tuple(GROUPS), customers=12)
    later = [
        replace(
            one,
            at=NOW + timedelta(microseconds=1),
            amount_minor=900_000,
            order_id=f"later {place}",
            kind=kind,
        )
        for place, one in enumerate(events)
        for kind in ("purchase", "return")
    ]
    later.append(event("one more", days=-1))
    assert customer_features([*later, *events], NOW) == customer_features(events, NOW)
    train(events, NOW, 0, tmp_path / "a")
    train([*events, *later], NOW, 0, tmp_path / "b")
    for file in ("card.json", "tensors.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    model = SegmentationModel.load(tmp_path / "a")
    mine = [one for one in events if one.customer_id == "new-3"]
    told = [one for one in later if one.customer_id == "new-3"]
    assert model.assign([*mine, *told], NOW) == model.assign(mine, NOW)
    assert model.assign([*mine, *told], NOW + timedelta(days=1)) != model.assign(
        mine, NOW + timedelta(days=1)
    )


def test_an_event_at_the_moment_itself_counts_and_a_naive_moment_is_refused() -> None:
    assert customer_features([event(days=0)], NOW)[0].recency_days == 0
    with pytest.raises(ValueError, match="timezone-aware"):
        customer_features([event()], datetime(2026, 1, 1))


@pytest.mark.parametrize("groups", [tuple(GROUPS), ("champions", "new", "lapsed", "at_risk")], ids=len)
def test_planted_groups_are_found_and_rightly_named(tmp_path: Path, groups: tuple[str, ...]) -> None:
    from sklearn.metrics import adjusted_rand_score

    events, planted = shop(groups)
    card = train(events, NOW, 0, tmp_path)
    model = SegmentationModel.load(tmp_path)
    customers = customer_features(events, NOW)
    labels = model.labels(customers)
    truth = [planted[c.customer_id] for c in customers]
    assert card.chosen == len(groups)
    assert adjusted_rand_score(truth, labels) >= 0.8
    told = Counter(
        (planted[c.customer_id], model.names[label]) for c, label in zip(customers, labels, strict=True)
    )
    assert sum(n for (group, name), n in told.items() if group == name) >= 0.9 * len(customers)
    for group in groups:
        one = [e for e in events if e.customer_id == f"{group}-0"]
        segment = model.assign(one, NOW)
        assert (segment.name, segment.is_known, segment.as_of) == (group, True, NOW)
        assert segment.frequency == len({e.order_id for e in one})
        assert segment.monetary_minor == sum(e.amount_minor for e in one)


def test_a_customer_moves_when_time_passes(tmp_path: Path) -> None:
    events, _ = shop(tuple(GROUPS))
    train(events, NOW, 0, tmp_path)
    model = SegmentationModel.load(tmp_path)
    new = [e for e in events if e.customer_id == "new-0"]
    assert model.assign(new, NOW).name == "new"
    assert model.assign(new, NOW + timedelta(days=400)).name == "lapsed"


def test_silhouette_alone_would_choose_two_and_the_rule_does_not() -> None:
    """Good and poor customers far apart, and two kinds of each."""
    dice = np.random.default_rng(0)
    centres = np.array([(-6, -1.5), (-6, 1.5), (6, -1.5), (6, 1.5)])
    points = np.concatenate([centre + 0.4 * dice.normal(size=(50, 2)) for centre in centres])
    found = compare(points, (2, *possible_ks(points)), 0)
    assert max(found, key=lambda c: c.silhouette).k == 2
    assert choose(found[1:]).k == 4


def test_a_segment_that_hangs_on_one_customer_is_not_stable() -> None:
    """Every fit on all customers finds the one far away; more than a third of the resampled shops lack them."""
    points = np.concatenate([np.random.default_rng(0).normal(size=(60, 2)), [[500.0, 0.0]]])
    (found,) = compare(points, (2,), 0)
    assert found.smallest_share == pytest.approx(1 / 61)
    assert found.stability_ari < 0.8


@pytest.mark.parametrize(
    ("candidates", "k"),
    [
        # The best silhouette, when all else is worse by more than 0.05.
        ([(3, 0.50, 0.95, 0.2), (4, 0.44, 0.95, 0.2)], 3),
        # More segments that are nearly as well apart.
        ([(3, 0.50, 0.95, 0.2), (4, 0.46, 0.95, 0.2), (5, 0.40, 0.95, 0.2)], 4),
        # Not those on which refits disagree, however well apart.
        ([(3, 0.40, 0.85, 0.2), (4, 0.60, 0.79, 0.2)], 3),
        # Not those with a segment of almost nobody.
        ([(3, 0.40, 0.85, 0.2), (4, 0.60, 0.95, 0.04)], 3),
        # None is sound: the most agreed on, fewer at a tie.
        ([(3, 0.40, 0.50, 0.2), (4, 0.30, 0.70, 0.2), (5, 0.60, 0.70, 0.2)], 4),
    ],
)
def test_the_rule_for_the_number_of_segments(
    candidates: list[tuple[int, float, float, float]], k: int
) -> None:
    assert choose([Candidate(*c) for c in candidates]).k == k
    assert choose([Candidate(*c) for c in reversed(candidates)]).k == k


@pytest.mark.parametrize(
    ("customers", "ks"),
    [
        (0, (0,)),
        (1, (1,)),
        (9, (1,)),
        (10, (2,)),
        (14, (2,)),
        (15, (3,)),
        (29, (3, 4, 5)),
        (30, (3, 4, 5, 6)),
    ],
)
def test_a_small_shop_has_fewer_segments(customers: int, ks: tuple[int, ...]) -> None:
    points = np.random.default_rng(0).normal(size=(customers, 3))
    assert possible_ks(points) == ks
    if customers:
        assert possible_ks(np.ones((customers, 3))) == (1,)


@pytest.mark.parametrize("customers", [0, 1, 4, 12])
def test_a_small_shop_gets_a_model_that_works(tmp_path: Path, customers: int) -> None:
    events = [event(f"C{n}", days=1 + 20 * n, amount_minor=100 * 3**n) for n in range(customers)]
    events.append(event("watcher", kind="view"))
    card = train(events, NOW, 0, tmp_path)
    model = SegmentationModel.load(tmp_path)
    assert card.chosen == len(model.names) == len(set(model.names)) == {0: 0, 1: 1, 4: 1, 12: 2}[customers]
    assert card.figures.customers == customers
    nobody = model.assign([events[-1]], NOW)
    assert (nobody.name, nobody.is_known, nobody.recency_days, nobody.frequency) == (UNKNOWN, False, None, 0)
    assert model.assign([], NOW).name == UNKNOWN
    somebody = model.assign([event("stranger", amount_minor=500)], NOW)
    assert somebody.is_known is (customers > 0)
    assert (somebody.name, somebody.monetary_minor) == (
        model.names[0] if customers in {1, 4} else somebody.name,
        500,
    )


def test_identical_customers_are_one_segment(tmp_path: Path) -> None:
    assert train([event(f"C{n}") for n in range(40)], NOW, 0, tmp_path).chosen == 1
    assert SegmentationModel.load(tmp_path).assign([event()], NOW).name == EVERYONE


def test_names_are_unique_and_follow_their_centres_in_any_order() -> None:
    centres = np.random.default_rng(3).normal(size=(6, len(FEATURES)))
    names = names_of(centres)
    assert len(set(names)) == 6
    assert set(names) <= set(NAMES)
    assert names_of(centres[::-1]) == names[::-1]
    assert names_of(centres[:0]) == ()


def test_the_same_events_give_the_same_files_whatever_their_order(tmp_path: Path) -> None:
    events, _ = shop(("champions", "new", "lapsed"), customers=15)
    train(events, NOW, 0, tmp_path / "a")
    train(events[::-1], NOW, 0, tmp_path / "b")
    for file in ("card.json", "tensors.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_table_adds_up(tmp_path: Path) -> None:
    events, _ = shop(("champions", "new", "lapsed"))
    card = train(events, NOW, 0, tmp_path)
    figures = evaluate(SegmentationModel.load(tmp_path), events, NOW)
    assert figures == card.figures
    assert sum(row.customers for row in figures.segments) == figures.customers == 120
    assert sum(row.share for row in figures.segments) == pytest.approx(1, abs=1e-3)
    assert sum(row.revenue_share for row in figures.segments) == pytest.approx(1, abs=1e-3)
    best = figures.segments[0]
    assert (best.name, best.customers, best.share) == ("champions", 40, 0.3333)
    champions = [c for c in customer_features(events, NOW) if c.customer_id.startswith("champions")]
    assert best.median_frequency == np.median([c.frequency for c in champions])
    assert figures.silhouette is not None
    assert figures.silhouette > 0.5
    assert figures.stability_ari is not None
    assert figures.stability_ari > 0.95
    assert json.loads(json.dumps(figures.as_json()))["segments"][0]["name"] == "champions"
    # At random places the figures are poor: they measure something.
    generator = np.random.default_rng(0)
    noise = [
        event(f"C{n}", days=generator.uniform(1, 700), amount_minor=int(generator.uniform(1, 1e6)))
        for n in range(120)
    ]
    poor = evaluate(SegmentationModel.load(tmp_path), noise, NOW)
    assert poor.stability_ari is not None
    assert poor.stability_ari < 0.8


def test_several_customers_at_once_are_refused(tmp_path: Path) -> None:
    train([event()], NOW, 0, tmp_path)
    with pytest.raises(ValueError, match="2 customers"):
        SegmentationModel.load(tmp_path).assign([event(), event("C2")], NOW)


@pytest.mark.parametrize("key", ["names", "features"])
def test_a_card_that_does_not_fit_its_tensors_is_refused(tmp_path: Path, key: str) -> None:
    events, _ = shop(("champions", "new", "lapsed"), customers=10)
    train(events, NOW, 0, tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**card, key: card[key][:-1]}))
    with pytest.raises(ModelDamaged, match="does not fit"):
        SegmentationModel.load(tmp_path)


def test_serving_needs_no_training_library(tmp_path: Path) -> None:
    events, _ = shop(("champions", "new", "lapsed"), customers=10)
    train(events, NOW, 0, tmp_path)
    lines = f"""
import sys
from datetime import datetime, UTC
from pathlib import Path
from models.segmentation.model import SegmentationModel
from models.types import Interaction
now = datetime(2026, 11, 22, tzinfo=UTC)
model = SegmentationModel.load(Path({str(tmp_path)!r}))
assert model.assign([Interaction("C", "P", "books", "purchase", 1, 100, None, now)], now).is_known
print(*{{"sklearn", "scipy", "torch", "pandas"}} & set(sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, ""), ended.stderr


def test_moments_may_be_in_any_zone() -> None:
    local = NOW.astimezone(UTC)
    assert customer_features([event()], local) == customer_features([event()], NOW)
