"""The facts of one turn, from a random shop: what a sentence needs, something beside it, and perhaps a second subject."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from benchmarks.grounding_pairs import shop
from benchmarks.grounding_pairs.shop import Dice, Values
from benchmarks.grounding_pairs.values import NAMES, Language, Type, Value
from benchmarks.grounding_pairs.writing import SLOT, Forms, filled, slots, written

Subject = Literal["order", "product", "customer", "shop"]

_STATES: Final = (
    *("pending_payment", "paid", "packed", "shipped", "delivered", "cancelled"),
    *("return_requested", "exchange_requested", "returned"),
)
_BASE: Final[dict[Subject, str]] = {"order": "order.state", "product": "product.price"}
_LEAST_LINES: Final = 3
_MOST_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of fact: of what, its texts by language, what it goes and does not go with, and which slots each text states."""

    name: str
    of: Subject
    texts: dict[Language, tuple[str, ...]]
    states: frozenset[str]
    beside: frozenset[str]
    not_with: frozenset[str]
    sorts: frozenset[str]
    slots: frozenset[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of a turn; `values` are those that its text states."""

    id: str
    kind: str
    text: str
    subject: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """`main` holds all that may be said of; `other` the same of a near-identical second subject, or nothing."""

    language: Language
    lines: tuple[Line, ...]
    main: Values
    other: Values
    said: str
    dice: Dice

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(value for line in self.lines for value in line.values)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence needs of its turn. `states`: what its order may be; none: anything. `said`: the customer's topic."""

    kinds: frozenset[str]
    states: frozenset[str]
    has_other: bool
    said: str | None


@cache
def _file() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "facts.yaml").read_text())
    return loaded


@cache
def kinds() -> dict[str, Kind]:
    """All sorts of facts by name."""
    return {
        name: Kind(
            name,
            row["of"],
            {"zh": tuple(row["zh"]), "en": tuple(row["en"])},
            frozenset(row.get("states", _STATES)),
            frozenset(row.get("with", ())),
            frozenset(row.get("not_with", ())),
            frozenset(row.get("sorts", NAMES["goods"])),
            frozenset.intersection(*(frozenset(slots(text)) for text in (*row["zh"], *row["en"]))),
        )
        for name, row in _file()["kinds"].items()
    }


@cache
def forms(language: Language) -> Forms:
    """How the shop's system writes values."""
    return Forms(_file()["forms"][language], _file()["states"][language])


# Sums that follow from two facts, beside those that one states.
_DERIVED: Final = {
    "line.sum": frozenset({"line.price", "order.state"}),
    "product.two": frozenset({"product.price"}),
    "product.three": frozenset({"product.price"}),
    "line.sort": frozenset({"order.state"}),
    "product.sort": frozenset({"product.price"}),
    "product.model": frozenset({"product.price"}),
    "product.brand": frozenset({"product.price"}),
}


def kinds_of(names: Iterable[str], beside: frozenset[str]) -> frozenset[str]:
    """Sorts of facts that state all these slots, `beside` among them; each slot by one."""
    chosen = set(beside)
    open_: list[tuple[str, list[str]]] = []
    for name in names:
        if name in _DERIVED:
            chosen |= _DERIVED[name]
        elif not name.startswith("said."):
            open_.append((name, [kind.name for kind in kinds().values() if name in kind.slots]))
    # What one sort alone states first: it may state others too.
    for _, stating in sorted(open_, key=lambda pair: len(pair[1])):
        if not chosen & set(stating):
            chosen.add(stating[0])
    return frozenset(chosen)


def turn(rng: random.Random, language: Language, wish: Wish) -> Turn:
    """Facts that hold what is wished for."""
    table, dice = kinds(), Dice.of(rng, language)
    needed = _closed(wish.kinds)
    subjects = {table[name].of for name in needed}
    has_order, has_product = "order" in subjects, "product" in subjects
    if not has_order and not has_product:
        has_order = rng.random() < 0.5
        has_product = not has_order and rng.random() < 0.5
    base = {_BASE[subject] for subject, has in (("order", has_order), ("product", has_product)) if has}  # type: ignore[index]
    needed = frozenset(needed | base)
    goods = dice.goods(_sorts(needed))
    main = _values(dice, needed, goods, wish.states)
    has_other = wish.has_other and (has_order != has_product)
    chosen = _with_fill(rng, needed, main, has_order, has_product)
    other: Values = {}
    second: frozenset[str] = frozenset()
    if has_other:
        other = _values(dice, _own(needed), dice.near(goods), frozenset())
        second = _second(rng, needed, chosen, other)
    said = _said(rng, language, wish, main, has_order, has_product)
    return Turn(language, _lines(rng, language, chosen, main, second, other), main, other, said, dice)


@cache
def slot_types() -> dict[str, Type]:
    """What every slot holds, in any turn."""
    dice = Dice.of(random.Random(0), "zh")
    made = _values(dice, frozenset(), dice.goods(_sorts(frozenset())), frozenset())
    return {slot: value.type for slot, value in made.items()}


def _closed(names: Iterable[str]) -> frozenset[str]:
    every = set(names)
    for name in names:
        every |= kinds()[name].beside
    return frozenset(every)


def _own(names: Iterable[str]) -> frozenset[str]:
    """Those of an order or a product."""
    return frozenset(name for name in names if kinds()[name].of in {"order", "product"})


def _values(dice: Dice, needed: frozenset[str], goods: Value, states: frozenset[str]) -> Values:
    possible = set(states or _STATES)
    for name in needed:
        possible &= kinds()[name].states
    state = dice.rng.choice([each for each in _STATES if each in possible])
    made = shop.rules(dice) | shop.customer(dice) | shop.product(dice, goods) | shop.order(dice, state, goods)
    while made["shop.excluded"] == made["shop.remote"]:
        made["shop.excluded"] = dice.name("region")
    made |= {"said.order": dice.order_id(made["order.placed_date"].content)}
    return made | {"said.colour": dice.name("colour"), "said.size": dice.name("size")}


def _sorts(needed: frozenset[str]) -> list[str]:
    """Sorts of goods that may have all that is needed."""
    return sorted(
        frozenset.intersection(frozenset(NAMES["goods"]), *(kinds()[name].sorts for name in needed))
    )


def _fits(kind: Kind, values: Values) -> bool:
    is_state = str(values["order.state"].content) in kind.states
    return is_state and values["line.product"].content.sort in kind.sorts


def _second(
    rng: random.Random, needed: frozenset[str], chosen: frozenset[str], other: Values
) -> frozenset[str]:
    """What is told of the other order or product: what is needed of the first, and some of the rest."""
    second = set(_own(needed))
    for name in sorted(_own(chosen) - second):
        is_room = len(chosen) + len(second) < _MOST_LINES
        if is_room and _fits(kinds()[name], other) and kinds()[name].beside <= second and rng.random() < 0.5:
            second.add(name)
    return frozenset(second)


def _with_fill(
    rng: random.Random, needed: frozenset[str], values: Values, has_order: bool, has_product: bool
) -> frozenset[str]:
    """Some more facts, none that contradicts another."""
    count = rng.randint(
        max(_LEAST_LINES, len(needed)),
        max(_LEAST_LINES, min(_MOST_LINES - len(_own(needed)), len(needed) + 5)),
    )
    about = (
        {"shop", "customer"} | ({"order"} if has_order else set()) | ({"product"} if has_product else set())
    )
    likely = [kind for kind in kinds().values() if kind.of in about and kind.name not in needed]
    rng.shuffle(likely)
    if has_order or has_product:
        likely.sort(key=lambda kind: rng.random() + (kind.of in {"shop", "customer"}) * 0.5)
    chosen = set(needed)
    for kind in likely:
        if len(chosen) >= count:
            break
        is_possible = _fits(kind, values) and not kind.not_with & chosen and kind.beside <= chosen
        if is_possible and not any(kind.name in kinds()[name].not_with for name in chosen):
            chosen.add(kind.name)
    return frozenset(chosen)


def _lines(
    rng: random.Random,
    language: Language,
    chosen: frozenset[str],
    main: Values,
    second: frozenset[str],
    other: Values,
) -> tuple[Line, ...]:
    order = {name: place for place, name in enumerate(kinds())}
    rows = [(name, main) for name in sorted(chosen, key=order.__getitem__)]
    rows += [(name, other) for name in sorted(second, key=order.__getitem__)]
    rows = rows if rng.random() < 0.7 else rng.sample(rows, len(rows))
    return tuple(_line(rng, language, f"f{n}", name, values) for n, (name, values) in enumerate(rows, 1))


def _line(rng: random.Random, language: Language, line_id: str, name: str, values: Values) -> Line:
    kind, ways = kinds()[name], forms(language)
    template = rng.choice(kind.texts[language])
    text = filled(
        template, {slot: written(rng, values[slot], language, ways, slot) for slot in slots(template)}
    )
    subject = ""
    if kind.of == "order":
        subject = str(values["order.id"].content)
    elif kind.of == "product":
        subject = written(rng, values["product.name"], language, ways, "product.name")
    return Line(line_id, name, text, subject, tuple(values[slot] for slot in slots(template)))


def _said(
    rng: random.Random, language: Language, wish: Wish, main: Values, has_order: bool, has_product: bool
) -> str:
    if wish.said is not None:
        topic = wish.said
    elif has_order:
        topic = "order"
    elif has_product:
        topic = "product"
    else:
        topic = rng.choice(("customer", "shop", "nothing"))
    template = rng.choice(_file()["said"][language][topic])
    ways = forms(language)
    return SLOT.sub(lambda found: written(rng, main[found[1]], language, ways, found[1]), template)


def claimed(rng: random.Random, language: Language, text: str) -> str:
    """A customer who holds that something is so."""
    template: str = rng.choice(_file()["said"][language]["claim"])
    return re.sub(r"\{claim\}", lambda _: text, template)
