"""The shops that an in-process service can hold: the demonstration shop, and two that others wrote, each its own tenant."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from commerce.demo.shop import DEMO_TENANT, DemoSize, seed_demo
from commerce.importers.ecom_bench import load_ecom_bench
from commerce.importers.tau2 import load_tau2
from commerce.store import Store

DATA_DIR: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Where public data lies beside a checkout."""
DEMO_SEED: Final = 20261111
# A seventh of what a laptop serves: as many goods and articles, and seeded in seconds.
DEMO_SIZE: Final = DemoSize(customers=300, orders=3000)


@dataclass(frozen=True, slots=True)
class Shop:
    """One tenant. It is always `now` there; `data` is what it is loaded from, None where it is generated."""

    tenant_id: str
    now: datetime
    data: Path | None
    load: Callable[[Store, "Shop"], Awaitable[object]]

    @property
    def is_there(self) -> bool:
        """Whether its data lies on this machine."""
        return self.data is None or self.data.exists()


async def _seed(store: Store, shop: Shop) -> object:
    return await seed_demo(store, DEMO_SEED, shop.now, size=DEMO_SIZE)


async def import_tau2(store: Store, shop: Shop) -> object:
    return await load_tau2(store, shop.data or DATA_DIR, shop.tenant_id)


async def import_ecom(store: Store, shop: Shop) -> object:
    return await load_ecom_bench(store, shop.data or DATA_DIR, shop.tenant_id, shop.now)


DEMO: Final = Shop(DEMO_TENANT, datetime(2026, 11, 20, 3, 0, tzinfo=UTC), None, _seed)
"""A Friday, 11 o'clock in its zone."""
TAU2: Final = Shop(
    "tau2", datetime(2024, 5, 15, 19, 0, tzinfo=UTC), DATA_DIR / "retail_tau2" / "db.json", import_tau2
)
"""The benchmark's own present."""
ECOM: Final = Shop("ecom", datetime(2025, 6, 16, 2, 0, tzinfo=UTC), DATA_DIR / "ecom_bench", import_ecom)
"""The day after its last parcel arrived, a Monday, 10 o'clock in its zone."""
SHOPS: Final = (DEMO, TAU2, ECOM)
