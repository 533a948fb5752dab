"""The questions themselves: enough of each kind, every one with its rows and facts, and nothing of public data in them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from benchmarks.answers.asking import judged, resolve
from benchmarks.answers.errors import QuestionInvalid
from benchmarks.answers.questions import (
    QUESTIONS_DIR,
    WHOLE,
    CustomerWanted,
    OrderWanted,
    ProductWanted,
    Question,
    QuestionFile,
    VariantWanted,
    load_questions,
)
from benchmarks.answers.references import rendered
from benchmarks.answers.rows import ShopRows, read_rows
from benchmarks.answers.selection import choose
from benchmarks.in_process.shops import DEMO, SHOPS, Shop
from commerce.store import migrate, open_store
from models.types.taxonomy import INTENTS
from tests.unit.test_answer_evaluation import OneReply

FILES = load_questions()
QUESTIONS = [(file, question) for file in FILES for question in file.questions]
BOUND = [(file, question) for file, question in QUESTIONS if file.half in WHOLE]


async def rows_of(shop: Shop, folder: Path) -> ShopRows:
    url = f"sqlite+aiosqlite:///{folder / 'shop.db'}"
    await migrate(url)
    async with open_store(url) as store:
        await shop.load(store, shop)
        return await read_rows(store, shop)


@pytest.fixture(scope="session", params=SHOPS, ids=lambda shop: shop.tenant_id)
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopRows]:
    shop: Shop = request.param
    if not shop.is_there:
        pytest.skip(f"the public data of {shop.tenant_id} is not on this machine")
    yield asyncio.run(rows_of(shop, tmp_path_factory.mktemp(shop.tenant_id)))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> ShopRows:
    return asyncio.run(rows_of(DEMO, tmp_path_factory.mktemp("demo")))


def a_question(**changes: object) -> Question:
    plain = {"id": "q", "language": "en", "intent": "order_status", "asks": "hm", "must": [{"yuan": 1}]}
    return Question.model_validate(plain | changes)


def test_there_are_enough_of_each_shop_language_and_half() -> None:
    shops = Counter(file.shop for file, _ in BOUND)
    languages = Counter(question.language for _, question in BOUND)
    halves = Counter((file.shop, file.half) for file, _ in BOUND)
    assert len(BOUND) >= 270
    assert set(shops) == {shop.tenant_id for shop in SHOPS}
    assert min(shops.values()) >= 90
    assert min(languages.values()) >= 0.45 * len(BOUND)
    assert all(halves[shop, "dev"] == halves[shop, "blind"] for shop in shops)
    second = Counter((file.shop, q.language) for file, q in QUESTIONS if file.half == "dev_b")
    assert min(second[shop, language] for shop in shops for language in ("zh", "en")) >= 25


def test_both_halves_ask_alike() -> None:
    for language in ("zh", "en"):
        counts = {
            half: Counter(q.intent for file, q in QUESTIONS if (file.half, q.language) == (half, language))
            for half in ("dev", "blind")
        }
        shared = set(counts["dev"]) & set(counts["blind"])
        asked = sum(count for half in counts.values() for intent, count in half.items() if intent in shared)
        assert asked >= 0.85 * sum(count for half in counts.values() for count in half.values())


def test_intents_are_of_the_taxonomy_and_most_are_asked() -> None:
    asked = {question.intent for _, question in QUESTIONS}
    assert asked <= set(INTENTS)
    assert len(asked) >= 20


def test_some_cannot_be_answered_and_some_may_not_be() -> None:
    kinds = Counter(question.answerable for _, question in BOUND)
    assert kinds[False] >= 9
    assert kinds["of_another"] >= 12


def test_every_question_has_its_rows_and_facts(rows: ShopRows) -> None:
    asked = [one for file in FILES if file.shop == rows.shop.tenant_id for one in resolve(file, rows)]
    assert len(asked) >= 90
    assert all("{" not in one.message and one.message.strip() for one in asked)
    assert all(one.must or one.question.answerable is not True for one in asked)


def test_two_questions_of_one_half_are_not_the_same(rows: ShopRows) -> None:
    asked = [one for file in FILES if file.shop == rows.shop.tenant_id for one in resolve(file, rows)]
    same = Counter((one.customer_id, one.message) for one in asked)
    assert [message for message, count in same.items() if count > 1] == []


def test_nothing_of_the_public_data_stands_in_the_files(rows: ShopRows) -> None:
    if rows.shop is DEMO:
        return
    text = "\n".join(path.read_text(encoding="utf-8") for path in QUESTIONS_DIR.glob("*.yaml"))
    ids = {order.order_id for order in rows.orders} | set(rows.shoppers) | set(rows.products)
    parcels = {parcel.tracking_number for order in rows.orders for parcel in order.shipments}
    assert [one for one in ids | parcels if one in text] == []


def test_the_nth_that_fits_is_taken_in_the_order_of_ids(demo: ShopRows) -> None:
    first, second = (choose(a_question(order={"state": "paid", "nth": nth}), demo).order for nth in (1, 2))
    paid = [order.order_id for order in demo.orders if order.state == "paid"]
    assert first is not None
    assert second is not None
    assert [first.id, second.id] == sorted(paid)[:2]


def test_an_order_is_told_from_its_customers_others(demo: ShopRows) -> None:
    order = choose(a_question(order=OrderWanted(state="shipped", only_open=True)), demo).order
    assert order is not None
    own = demo.of[order.of.customer_id]
    assert [one.order_id for one in own if one.is_open] == [order.id]


def test_a_line_is_the_first_that_fits(demo: ShopRows) -> None:
    wanted = OrderWanted(
        state="delivered", category="shoes", sized=True, delivered_days=(1, 14), exchangeable=True
    )
    line = choose(a_question(order=wanted), demo).line
    assert line is not None
    assert line.of.category == "shoes"
    assert line.size is not None


def test_products_variants_and_customers_are_chosen_too(demo: ShopRows) -> None:
    chosen = choose(
        a_question(
            product=ProductWanted(in_stock="some", several_prices=True),
            variant=VariantWanted(in_stock=False),
            customer=CustomerWanted(level="gold", plus=True),
        ),
        demo,
    )
    assert chosen.variant is not None
    assert chosen.variant.stock == 0
    assert chosen.shopper is not None
    assert (chosen.shopper.level, chosen.shopper.is_plus) == ("gold", True)


def test_no_rows_that_fit_is_an_error_with_the_questions_name(demo: ShopRows) -> None:
    with pytest.raises(QuestionInvalid, match=r"question q: .* 0 fitting orders"):
        choose(a_question(order={"state": "paid", "method": "barter"}), demo)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"must": [{"money": "order.totall"}], "order": {"state": "paid"}},
            "question q: a reference leads nowhere",
        ),
        ({"must": [{"date": "order.delivered_at"}], "order": {"state": "paid"}}, "question q: .* is empty"),
        (
            {"asks": "and {order.lines.9.name}?", "order": {"state": "paid"}},
            "question q: a reference leads nowhere",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_names_the_question(
    demo: ShopRows, changes: dict[str, object], said: str
) -> None:
    file = QuestionFile(shop="demo", half="dev", questions=[a_question(**changes)])
    with pytest.raises(QuestionInvalid, match=said):
        list(resolve(file, demo))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop: demo\nhalf: dev\nquestions: [{id: a}]", r"f.yaml: questions.0.language"),
        ("shop: demo\nhalf: dev\nquestions: []\nmore: 1", r"f.yaml: more: Extra"),
        ("shop: [", "f.yaml: not valid YAML"),
        (
            "shop: demo\nhalf: dev\nquestions:\n"
            "- {id: a, language: en, intent: coupon, asks: x, must: [{yuan: 1}]}\n"
            * 1
            + "- {id: a, language: en, intent: coupon, asks: y, must: [{yuan: 1}]}",
            "question a is there twice",
        ),
        (
            "shop: demo\nhalf: dev\nquestions: [{id: a, language: en, intent: coupon, asks: x}]",
            "question a has no fact",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(QuestionInvalid, match=said):
        load_questions(tmp_path)


@pytest.mark.parametrize("kind", ["right", "wrong"])
def test_good_and_bad_answers_are_told_apart(rows: ShopRows, kind: str) -> None:
    samples = yaml.safe_load(Path(__file__).with_name("answer_samples.yaml").read_text(encoding="utf-8"))
    readable = [file for file in FILES if (file.shop, file.half != "blind") == (rows.shop.tenant_id, True)]
    sampled = [one for file in readable for one in resolve(file, rows) if one.question.id in samples]
    misjudged = []
    for one in sampled:
        question = one.question.model_copy(update={"asks": samples[one.question.id][kind]})
        chosen = choose(question, rows)
        values = [rendered(chosen.find(slot), question.language) for slot in question.slots]
        found = judged(one, OneReply(question.message(values)))
        if (found.outcome == "right") is not (kind == "right"):
            misjudged.append((question.id, found.outcome, found.answer, found.missing, found.said))
    assert misjudged == []
    assert len(sampled) == sum(name.startswith(rows.shop.tenant_id) for name in samples)
