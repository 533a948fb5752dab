"""Which shops can be asked: those that were named, or each whose data is on this machine."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.answers.errors import NothingToAsk
from benchmarks.in_process.shops import DATA_DIR, SHOPS, Shop


def present(names: Sequence[str], data: Path | None) -> tuple[tuple[Shop, ...], tuple[str, ...]]:
    """The shops to ask, and a line for each that was left out. `data` is where the public ones lie.

    NothingToAsk for a name that is no shop's, for a named shop without its data, and where no shop is left.
    """
    shops = tuple(shop if shop.data is None else _moved(shop, data or DATA_DIR) for shop in SHOPS)
    known = tuple(shop.tenant_id for shop in shops)
    if unknown := [name for name in names if name not in known]:
        raise NothingToAsk(f"there is no shop {unknown[0]!r}; give {', '.join(known)}")
    wanted = [shop for shop in shops if not names or shop.tenant_id in names]
    lines = tuple(
        f"{shop.tenant_id} is left out: there is no {shop.data}; give --data the folder that holds it"
        for shop in wanted
        if not shop.is_there
    )
    if names and lines:
        raise NothingToAsk(lines[0])
    return tuple(shop for shop in wanted if shop.is_there), lines


def _moved(shop: Shop, data: Path) -> Shop:
    """The same shop with its data below another folder."""
    return shop if shop.data is None else replace(shop, data=data / shop.data.relative_to(DATA_DIR))
