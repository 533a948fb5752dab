"""Recommendations in an invented shop whose goods go together in known pairs."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import thread_time

import numpy as np
import pytest

from models.errors import ModelDamaged
from models.recommendation import train as training
from models.recommendation.content import fit_content, item_terms
from models.recommendation.evaluate import evaluate, ndcg
from models.recommendation.history import bought_products, evidence
from models.recommendation.model import Recommender
from models.recommendation.train import ease, train
from models.types import Interaction, Item
from models.types.behaviour import InteractionKind
from tests.builders import NOW

PAIRS = 20
SPLIT = NOW - timedelta(days=30)


def item(product: str, kind: str = "", text: str = "", category: str = "goods", brand: str = "") -> Item:
    return Item(product, category, kind, brand, text, 1_000)


def event(
    product: str, customer: str = "C1", days: float = 1, kind: InteractionKind = "purchase", quantity: int = 1
) -> Interaction:
    amount = 1_000 if kind in {"purchase", "return"} else 0
    return Interaction(
        customer, product, "goods", kind, quantity, amount, f"{customer}/{days}", NOW - timedelta(days=days)
    )


ITEMS = [
    item(f"{side}{n:02}", f"type {n} {side}", f"word{n}{side} thing") for n in range(PAIRS) for side in "AB"
]
ITEMS.append(item("BEST", "best", "best seller"))


def planted(customers: int = 400, seed: int = 0) -> list[Interaction]:
    """One in four buys the best seller; who buys A07 mostly buys B07 later, a third of them after the split."""
    dice = np.random.default_rng(seed)
    events = []
    for number in range(customers):
        customer = f"C{number:03}"
        if dice.uniform() < 0.25:
            events.append(event("BEST", customer, days=float(dice.uniform(31, 200))))
        for n in dice.choice(PAIRS, 3, replace=False):
            events.append(event(f"A{n:02}", customer, days=float(dice.uniform(100, 200))))
            if dice.uniform() < 0.8:
                events.append(event(f"B{n:02}", customer, days=float(dice.choice([60, 50, 10]))))
        events.append(event(f"B{dice.integers(PAIRS):02}", customer, days=float(dice.uniform(31, 200))))
    return events


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recommender")
    train(planted(), ITEMS, SPLIT, 0, path)
    return path


@pytest.fixture(scope="module")
def model(folder: Path) -> Recommender:
    return Recommender.load(folder)


@pytest.mark.parametrize("n", range(PAIRS))
def test_the_other_half_of_a_pair_comes_first_and_says_why(model: Recommender, n: int) -> None:
    other = f"A{(n + 1) % PAIRS:02}"
    ranked = model.rank([event(f"A{n:02}"), event(other, days=2, kind="view")], ITEMS, NOW, 3)
    assert (ranked[0].product_id, ranked[0].basis, ranked[0].because) == (f"B{n:02}", "personal", f"A{n:02}")
    assert [r.score for r in ranked] == sorted((r.score for r in ranked), reverse=True)


def test_popularity_is_beaten_on_a_time_split(model: Recommender) -> None:
    figures = evaluate(model, planted(), ITEMS, SPLIT)
    assert figures.customers > 100
    assert figures.ours.hr_at_10 > figures.popular.hr_at_10 + 0.2
    assert figures.ours.ndcg_at_10 > 2 * figures.popular.ndcg_at_10
    assert figures.ours.coverage > figures.popular.coverage
    assert json.loads(json.dumps(figures.as_json()))["ours"]["hr_at_10"] == figures.ours.hr_at_10
    sample = evaluate(model, planted(), ITEMS, SPLIT, most_customers=20)
    assert sample.customers == 20


def test_figures_by_hand(model: Recommender) -> None:
    """One customer bought A00 and then B00, which comes first: all there is to have. BEST sells better than B00."""
    events = [event("A00", days=40), event("B00", days=5), event("A00", days=4)]
    figures = evaluate(model, events, ITEMS, SPLIT)
    assert (figures.customers, figures.candidates) == (1, len(ITEMS))
    assert (figures.ours.hr_at_10, figures.ours.ndcg_at_10) == (1.0, 1.0)
    assert figures.ours.coverage == round(10 / len(ITEMS), 4)
    # By popularity all but A00 are equal, and B00 is not among the first ten by id.
    assert (figures.popular.hr_at_10, figures.popular.ndcg_at_10) == (0.0, 0.0)
    assert ndcg([False, True, False], 1) == pytest.approx(1 / np.log2(3))
    assert ndcg([True, False, True], 2) == pytest.approx((1 + 0.5) / (1 + 1 / np.log2(3)))
    with pytest.raises(ValueError, match="after the split"):
        evaluate(model, events, ITEMS, SPLIT - timedelta(days=1))
    with pytest.raises(ValueError, match="no customer"):
        evaluate(model, events[:1], ITEMS, SPLIT)


def test_an_unknown_customer_is_offered_what_sells(model: Recommender) -> None:
    ranked = model.rank([], ITEMS, NOW, len(ITEMS))
    assert ranked[0].product_id == "BEST"
    assert {r.basis for r in ranked} == {"popular"}
    assert {r.because for r in ranked} == {None}
    assert len(ranked) == len(ITEMS)


def test_what_sells_now_goes_before_what_sold_more_once(tmp_path: Path) -> None:
    events = [event("A00", f"C{n}", days=400) for n in range(9)] + [event("B00", f"C{n}") for n in range(5)]
    train(events, ITEMS, NOW, 0, tmp_path)
    assert [r.product_id for r in Recommender.load(tmp_path).rank([], ITEMS, NOW, 2)] == ["B00", "A00"]


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_bought_is_not_offered_again(model: Recommender, kept: bool) -> None:
    history = [event("A03"), event("B03", days=3)] + ([] if kept else [event("B03", days=2, kind="return")])
    ids = [r.product_id for r in model.rank(history, ITEMS, NOW, len(ITEMS))]
    assert "A03" not in ids
    assert "B03" not in ids
    assert len(ids) == len(ITEMS) - 2
    again = model.rank([event("A03")], ITEMS, NOW, len(ITEMS), exclude_bought=False)
    assert {"A03", "B03"} <= {r.product_id for r in again}
    assert model.rank([event("A03"), event("B03", kind="view")], ITEMS, NOW, 1)[0].product_id == "B03"


def test_only_candidates_are_offered_each_once_and_no_more_than_asked(model: Recommender) -> None:
    few = [ITEMS[4], ITEMS[0], ITEMS[4]]
    assert sorted(r.product_id for r in model.rank([event("A05")], few, NOW, 9)) == ["A00", "A02"]
    assert len(model.rank([event("A05")], ITEMS, NOW, 4)) == 4
    assert model.rank([event("A05")], ITEMS, NOW, 0) == ()
    assert model.rank([event("A05")], [], NOW, 5) == ()
    assert model.rank([event("A05")], [ITEMS[10]], NOW, 5) == ()


def test_the_history_of_another_time_or_of_several_customers(model: Recommender) -> None:
    later = event("A05", days=-1)
    assert model.rank([event("A02"), later], ITEMS, NOW, 9) == model.rank([event("A02")], ITEMS, NOW, 9)
    assert "A05" in {r.product_id for r in model.rank([later], ITEMS, NOW, len(ITEMS))}
    with pytest.raises(ValueError, match="2 customers"):
        model.rank([event("A02"), event("A03", "C2")], ITEMS, NOW, 9)


def test_the_order_of_candidates_and_history_does_not_matter_and_ties_go_by_id(model: Recommender) -> None:
    history = [event("A02"), event("A09", days=50), event("B11", days=3, kind="cart")]
    expected = model.rank(history, ITEMS, NOW, 12)
    assert model.rank(history[::-1], ITEMS[::-1], NOW, 12) == expected
    strange = [item(name) for name in ("Z3", "Z1", "Z2")]
    assert [r.product_id for r in model.rank([], strange, NOW, 3)] == ["Z1", "Z2", "Z3"]


# ── content ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CLOTHES = [
    item("J1", "down_jacket", "短款羽绒服 short down jacket", "clothing", "Qinghe"),
    item("J2", "down_jacket", "长款羽绒服 long down jacket", "clothing", "Qinghe"),
    item("H1", "earphones", "蓝牙耳机 bluetooth earphones", "electronics", "Sounder"),
    item("H2", "earphones", "降噪耳机 noise cancelling earphones", "electronics", "Sounder"),
    item("T1", "tea", "龙井绿茶 green tea", "food", "Hills"),
    item("T2", "tea", "普洱熟茶 dark tea", "food", "Hills"),
]


def test_a_new_product_is_ranked_by_what_it_is(tmp_path: Path) -> None:
    train([event("T1", "C9", days=9)], CLOTHES, NOW, 0, tmp_path)
    model = Recommender.load(tmp_path)
    new = [
        item("N1", "down_jacket", "轻薄羽绒服 light down jacket", "clothing", "Nordic"),
        item("N2", "earphones", "运动耳机 sports earphones", "electronics", "Nordic"),
        item("N3", "teapot", "紫砂壶 clay pot", "kitchen", "Nordic"),
    ]
    for bought, expected in (("J1", "N1"), ("H2", "N2")):
        first = model.rank([event(bought)], new, NOW, 3)[0]
        assert (first.product_id, first.basis, first.because) == (expected, "similar", bought)
    # What nothing speaks for is not said to be similar.
    assert model.rank([event("J1")], new, NOW, 3)[-1].basis == "popular"
    # A product too new for the model speaks for others while it is on offer.
    spoken = model.rank([event("N1")], [*new, *CLOTHES], NOW, 1)[0]
    assert (spoken.product_id in {"J1", "J2"}, spoken.because) == (True, "N1")


def test_a_new_product_goes_before_a_known_one_that_nothing_speaks_for(model: Recommender) -> None:
    twin = replace(ITEMS[0], product_id="NEW")
    candidates = [twin, *(one for one in ITEMS if one.product_id[0] == "A")]
    ranked = model.rank([event("A00")], candidates, NOW, 3)
    assert (ranked[0].product_id, ranked[0].basis, ranked[0].because) == ("NEW", "similar", "A00")


def test_chinese_is_compared_by_pairs_of_characters() -> None:
    terms = item_terms(item("P", "down_jacket", "短款羽绒服 Short ＤＯＷＮ", "clothing", "青禾"))
    assert {"短款", "款羽", "羽绒", "绒服", "short", "down"} <= set(terms)
    assert {"type=down_jacket", "category=clothing", "brand=青禾"} <= set(terms)
    plain = [
        item(name, text=text, category="")
        for name, text in (("a", "羽绒服"), ("b", "羽绒被"), ("c", "耳机套"), ("d", "耳机盒"))
    ]
    space = fit_content(plain, 0)
    a, b, c, _ = (space.vector(one) for one in plain)
    assert a @ b > 0.4
    assert a @ c == 0


@pytest.mark.parametrize("n", [60, 300], ids=["exact", "truncated"])
def test_projected_vectors_keep_what_is_alike(n: int) -> None:
    dice = np.random.default_rng(0)
    words = [
        [f"w{kind}x{dice.integers(20)}" for _ in range(12)] for kind in range(20) for _ in range(n // 20)
    ]
    items = [item(f"P{place:03}", text=" ".join(found)) for place, found in enumerate(words)]
    space = fit_content(items, 0)
    assert space.projection.shape[1] <= 96 < space.projection.shape[0]
    vectors = np.array([space.vector(one) for one in items])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
    alike = vectors @ vectors.T
    kinds = np.arange(n) // (n // 20)
    same = kinds[:, None] == kinds[None, :]
    assert alike[same].mean() > alike[~same].mean() + 0.3


# ── variety, history, training ──────────────────────────────────────────────────────────────────────────────────────


def shirts(model_folder: Path) -> tuple[Recommender, list[Item]]:
    """Six shirts that sell best, and a hat, a scarf, a belt and a bag that hardly do."""
    goods = [item(f"S{n}", "shirt") for n in range(6)] + [
        item(kind, kind) for kind in ("hat", "scarf", "belt", "bag")
    ]
    events = [event(f"S{n}", f"C{m}") for n in range(6) for m in range(20 - n)]
    events += [event(kind, "C1") for kind in ("hat", "scarf", "belt", "bag")]
    train(events, goods, NOW, 0, model_folder)
    return Recommender.load(model_folder), goods


def test_at_most_two_of_a_type_among_the_first_five_when_there_are_others(tmp_path: Path) -> None:
    model, goods = shirts(tmp_path)
    ids = [r.product_id for r in model.rank([], goods, NOW, 10)]
    assert ids == ["S0", "S1", "bag", "belt", "hat", "S2", "S3", "S4", "S5", "scarf"]
    assert [r.product_id for r in model.rank([], goods, NOW, 3)] == ids[:3]
    few = [one for one in goods if one.product_id in {"S0", "S1", "S2", "S3", "hat"}]
    assert [r.product_id for r in model.rank([], few, NOW, 5)] == ["S0", "S1", "hat", "S2", "S3"]
    only = [one for one in goods if one.product_type == "shirt"]
    assert [r.product_id for r in model.rank([], only, NOW, 6)] == ["S0", "S1", "S2", "S3", "S4", "S5"]
    untyped = [replace(one, product_type="") for one in goods]
    assert [r.product_id for r in model.rank([], untyped, NOW, 5)] == ["S0", "S1", "S2", "S3", "S4"]


def test_what_a_history_says() -> None:
    events = [
        event("bought", days=365),
        event("bought", days=0, kind="view"),
        event("carted", days=0, kind="cart"),
        event("returned"),
        event("returned", kind="return"),
        event("half", quantity=2),
        event("half", kind="return"),
        event("gift", kind="return"),
        event("later", days=-1),
    ]
    assert evidence(events, NOW, None)["C1"] == {"bought": 1.0, "carted": 0.5, "half": 1.0}
    aged = evidence(events, NOW, 365.0)["C1"]
    assert aged["bought"] == pytest.approx(0.5)
    assert bought_products(events, NOW) == {"bought", "returned", "half"}
    with pytest.raises(ValueError, match="timezone-aware"):
        evidence(events, datetime(2026, 1, 1), None)


def test_a_returned_product_speaks_for_nothing(model: Recommender) -> None:
    history = [event("A06", days=3), event("A06", days=2, kind="return")]
    ranked = model.rank(history, ITEMS, NOW, len(ITEMS))
    assert {r.basis for r in ranked} == {"popular"}
    assert ranked[0].product_id == "BEST"


def test_ease_is_the_ridge_solution_without_a_diagonal() -> None:
    from scipy.sparse import csr_matrix

    dense = (np.random.default_rng(0).uniform(size=(30, 5)) < 0.4).astype(np.float32)
    weights = ease(csr_matrix(dense), 3.0)
    for column in range(5):
        others = [row for row in range(5) if row != column]
        x = dense[:, others]
        expected = np.linalg.solve(x.T @ x + 3.0 * np.eye(4), x.T @ dense[:, column])
        assert weights[others, column] == pytest.approx(expected, abs=1e-4)
    assert np.diag(weights) == pytest.approx(0)


def test_the_ridge_that_ranks_the_last_fifth_best_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = train(planted(), ITEMS, NOW, 0, tmp_path)
    assert set(card.validated) == {"20", "50", "200", "500"}
    assert card.validated[f"{card.ridge:g}"] == max(card.validated.values())
    monkeypatch.setattr(training, "_MOST_VALIDATED", 10)
    card = train(planted(), ITEMS, NOW, 0, tmp_path)
    assert (card.ridge, card.validated) == (training.RIDGE, {})


def test_the_least_taken_products_go_without_co_purchases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MOST_PRODUCTS", 11)
    card = train(planted(), ITEMS, NOW, 0, tmp_path)
    model = Recommender.load(tmp_path)
    assert card.products == len(model.products) == 11
    assert "BEST" in model.products
    assert len(model.rank([event("A01")], ITEMS, NOW, 99)) == len(ITEMS) - 1


def test_later_events_change_nothing_and_the_same_input_gives_the_same_files(
    folder: Path, tmp_path: Path
) -> None:
    events = [one for one in planted() if one.at <= SPLIT]
    train(
        [*planted(), *events][::-1][: len(planted()) + len(events)],
        ITEMS[::-1],
        SPLIT,
        0,
        tmp_path / "doubled",
    )
    train(events[::-1], ITEMS[::-1], SPLIT, 0, tmp_path / "again")
    for file in ("card.json", "tensors.safetensors"):
        assert (tmp_path / "again" / file).read_bytes() == (folder / file).read_bytes()
    assert (tmp_path / "doubled" / "tensors.safetensors").read_bytes() != (
        folder / "tensors.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    ("events", "items"),
    [
        ([], []),
        ([], ITEMS),
        ([event("A00")], []),
        ([event("A00", kind="view")], ITEMS[:1]),
        ([event("A00")], ITEMS[:3]),
    ],
    ids=["nothing", "no events", "no goods", "a view", "one order"],
)
def test_a_shop_that_has_hardly_begun_gets_a_model(
    tmp_path: Path, events: Sequence[Interaction], items: Sequence[Item]
) -> None:
    train(events, items, NOW, 0, tmp_path)
    model = Recommender.load(tmp_path)
    ranked = model.rank([event("A00")], ITEMS, NOW, 5)
    assert len(ranked) == 5
    assert all(np.isfinite(r.score) for r in ranked)
    assert len(model.rank([], ITEMS, NOW, 5)) == 5


@pytest.mark.parametrize("key", ["products", "items", "terms", "personal_scale"])
def test_a_card_that_does_not_fit_its_tensors_is_refused(folder: Path, tmp_path: Path, key: str) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card[key] = card[key][:-1] if isinstance(card[key], list) else None
    (tmp_path / "card.json").write_text(json.dumps(card))
    (tmp_path / "tensors.safetensors").write_bytes((folder / "tensors.safetensors").read_bytes())
    with pytest.raises(ModelDamaged, match=r"card\.json"):
        Recommender.load(tmp_path)


def test_seven_hundred_candidates_are_ranked_in_milliseconds(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    goods = [
        item(f"P{n:03}", f"type {n % 60}", f"词{n % 50}的商品 word{n % 90} thing{n % 31}") for n in range(700)
    ]
    events = [event(f"P{dice.integers(600):03}", f"C{n % 200}", days=float(n % 300)) for n in range(6_000)]
    train(events, goods, NOW, 0, tmp_path)
    model = Recommender.load(tmp_path)
    history = [replace(one, customer_id="C1") for one in events[:150]]
    taken = []
    for _ in range(20):
        started = thread_time()
        assert len(model.rank(history, goods, NOW, 10)) == 10
        taken.append(thread_time() - started)
    # About a millisecond on an idle machine (docs/results/behaviour-models.json), several on a busy one; a loop over pairs
    # in Python takes seconds.
    assert min(taken) < 0.1


def test_serving_needs_no_training_library(folder: Path) -> None:
    lines = f"""
import sys
from datetime import datetime, UTC
from pathlib import Path
from models.recommendation.model import Recommender
from models.types import Interaction, Item
now = datetime(2026, 11, 22, tzinfo=UTC)
model = Recommender.load(Path({str(folder)!r}))
history = [Interaction("C", "A00", "goods", "purchase", 1, 100, None, now)]
assert model.rank(history, [Item("B00", "goods", "", "", "", 1), Item("N", "goods", "", "", "新 thing", 1)], now, 2)
print(*{{"sklearn", "scipy", "torch", "pandas"}} & set(sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, ""), ended.stderr
