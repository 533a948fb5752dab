"""Segments and recommendations: seconds to train on the demonstration shop, and how good they are there and on real data.

    python -m benchmarks.behaviour_models --data ../shared/data --out docs/results

The demonstration shop is generated, so its figures say that the models find what was put in. Online Retail II is real.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import describe
from benchmarks.online_retail import FILE, SPLIT, read_online_retail
from commerce.demo.shop import DEMO_TENANT, FULL_SIZE, generate, seed_demo
from commerce.store import open_store
from commerce.store.migrate import migrate
from deployments.behaviour import interaction, item
from models.recommendation import evaluate as recommending
from models.recommendation.model import Recommender
from models.recommendation.train import train as train_recommendation
from models.segmentation.features import customer_features
from models.segmentation.model import SegmentationModel
from models.segmentation.train import train as train_segmentation
from models.types import Interaction, Item

_ROOT: Final = Path(__file__).parent.parent
_NOW: Final = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
_SHOP_SEED: Final = 7
_SEED: Final = 0
_HELD_OUT: Final = timedelta(days=60)
_TIMED_RANKINGS: Final = 200


async def demonstration_shop() -> tuple[list[Interaction], list[Item]]:
    """Its events and goods, through a store as a training reads them."""
    with tempfile.TemporaryDirectory(prefix="kefu-shop-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/shop.db"
        await migrate(url)
        async with open_store(url) as store:
            await seed_demo(store, _SHOP_SEED, _NOW)
            events = [interaction(event) for event in await store.behaviour_events(DEMO_TENANT)]
            return events, [item(product) for product in await store.products(DEMO_TENANT)]


def segments(events: Sequence[Interaction], as_of: datetime) -> dict[str, Any]:
    """Seconds, the compared numbers of segments, and the table."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        card = train_segmentation(events, as_of, _SEED, Path(folder))
        seconds = time.perf_counter() - started
    return {"train_s": round(seconds, 2)} | {
        key: value for key, value in card.as_json().items() if key not in {"kind", "seed"}
    }


def agreement_with_types(events: Sequence[Interaction]) -> float:
    """Adjusted Rand index with the generator's seven customer types, which no model sees."""
    from sklearn.metrics import adjusted_rand_score

    types = generate(_SHOP_SEED, _NOW, FULL_SIZE).types
    with tempfile.TemporaryDirectory() as folder:
        train_segmentation(events, _NOW, _SEED, Path(folder))
        model = SegmentationModel.load(Path(folder))
    customers = customer_features(events, _NOW)
    truth = [types[customer.customer_id].value for customer in customers]
    return round(float(adjusted_rand_score(truth, model.labels(customers))), 4)


def recommendations(events: Sequence[Interaction], items: Sequence[Item], split: datetime) -> dict[str, Any]:
    """Trained up to `split`, judged after it; milliseconds for one ranking of all goods."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        card = train_recommendation(events, items, split, _SEED, Path(folder))
        seconds = time.perf_counter() - started
        model = Recommender.load(Path(folder))
    figures = recommending.evaluate(model, events, items, split)
    return {
        "train_s": round(seconds, 2),
        "rank_ms": _rank_ms(model, events, items, split),
        "ridge": card.ridge,
        "validated": card.validated,
    } | figures.as_json()


def _rank_ms(
    model: Recommender, events: Sequence[Interaction], items: Sequence[Item], as_of: datetime
) -> dict[str, float]:
    histories: dict[str, list[Interaction]] = {}
    for event in events:
        histories.setdefault(event.customer_id, []).append(event)
    taken = []
    for customer in sorted(histories)[:_TIMED_RANKINGS]:
        started = time.perf_counter()
        model.rank(histories[customer], items, as_of, 10)
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return {"p50": round(taken[len(taken) // 2], 2), "p95": round(taken[int(len(taken) * 0.95)], 2)}


def measure(data: Path) -> dict[str, Any]:
    """Both shops, both models."""
    events, items = asyncio.run(demonstration_shop())
    shop = {
        "customers": len({event.customer_id for event in events}),
        "products": len(items),
        "events": len(events),
        "segmentation": segments(events, _NOW) | {"ari_with_generator_types": agreement_with_types(events)},
        "recommendation": recommendations(events, items, _NOW - _HELD_OUT),
    }
    invoices, goods = read_online_retail(data / FILE)
    retail = {
        "customers": len({event.customer_id for event in invoices}),
        "products": len(goods),
        "events": len(invoices),
        "segmentation": segments(invoices, max(event.at for event in invoices)),
        "recommendation": recommendations(invoices, goods, SPLIT),
    }
    return {"demonstration_shop": shop, "online_retail_ii": retail}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder with behaviour/")
    parser.add_argument("--out", type=Path, required=True, help="the folder for behaviour-models.json")
    arguments = parser.parse_args()
    head = describe(_ROOT)
    head["versions"] |= {name: version(name) for name in ("scikit-learn", "scipy", "safetensors", "pyarrow")}
    head["command"] = "python -m benchmarks.behaviour_models --data ../shared/data --out docs/results"
    result = head | measure(arguments.data)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (arguments.out / "behaviour-models.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
