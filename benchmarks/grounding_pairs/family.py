"""One family's wordings in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

import yaml

from benchmarks.grounding_pairs.turns import Wish, kinds, kinds_of
from benchmarks.grounding_pairs.values import Language
from benchmarks.grounding_pairs.writing import Forms, slots

Family = Literal["dev", "dev_b", "dev_c", "dev_d", "dev_e", "held_out", "held_out_b"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
# Whoever writes the check may read all but these.
UNREAD: Final[frozenset[Family]] = frozenset({"held_out", "held_out_b"})

# A sentence that has one of these says which of two orders or products it is about.
NAMING: Final = frozenset({"order.id", "line.product", "product.name"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A right sentence with slots; `wrong` holds the same with its one error, by the error's kind. `kinds`: the facts that it
    needs; `subject`: order, product, customer, shop, or none where nothing is claimed.
    """

    name: str
    says: str
    states: frozenset[str]
    wrong: Mapping[str, tuple[str, ...]]
    said: str | None
    slots: tuple[str, ...]
    kinds: frozenset[str]
    subject: str

    @property
    def names_its_subject(self) -> bool:
        return bool(NAMING & set(self.slots))

    def wish(self, *, has_other: bool) -> Wish:
        is_own = self.subject in {"order", "product"}
        return Wish(self.kinds, self.states, has_other and (self.names_its_subject or not is_own), self.said)


@dataclass(frozen=True, slots=True)
class Promise:
    """What no fact bears out; one that starts with a comma goes on from a right sentence."""

    says: str
    unless: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wordings:
    """All that a family says in one language."""

    language: Language
    forms: Forms
    patterns: tuple[Pattern, ...]
    promises: tuple[Promise, ...]


@cache
def wordings(family: Family, language: Language) -> Wordings:
    """Read from the family's file."""
    stem = f"{family}_{language}"
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / f"{stem}.yaml").read_text())
    return Wordings(
        language,
        Forms(loaded["forms"], loaded["states"]),
        tuple(_pattern(f"{stem}-{n}", row) for n, row in enumerate(loaded["patterns"], 1)),
        tuple(Promise(row["says"], frozenset(row.get("unless", ()))) for row in loaded["promises"]),
    )


def _pattern(name: str, row: Mapping[str, Any]) -> Pattern:
    named = slots(row["says"])
    needed = kinds_of(named, frozenset(row.get("of", ())))
    of = {kinds()[kind].of for kind in needed}
    return Pattern(
        name,
        row["says"],
        frozenset(row.get("states", ())),
        {kind: tuple(texts) for kind, texts in row.get("wrong", {}).items()},
        row.get("said"),
        named,
        needed,
        next((each for each in ("order", "product", "customer", "shop") if each in of), "none"),
    )
