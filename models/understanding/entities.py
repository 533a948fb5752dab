"""What exact patterns find in a message: order numbers, phones, prices, colours, sizes, dates, addresses.

Values are normalised so that a reader need not parse again:

| type            | value                                                                              |
|-----------------|------------------------------------------------------------------------------------|
| order_number    | upper case, without `#`, hyphens and spaces                                        |
| tracking_number | the same                                                                           |
| phone           | the digits of the number, with its country code unless that is 86                  |
| email           | lower case                                                                         |
| id_number       | the 18 characters of a Chinese identity number with a right check digit            |
| card            | the 13 to 19 digits of a bank card with a right check digit                        |
| postcode        | upper case                                                                         |
| price           | decimal string in major units (yuan, dollars): "199", "19.9"                       |
| price_max       | the same, where the words say a ceiling: 200以内, under 200, 预算500               |
| price_min       | the same, where they say a floor: 500以上, over $500; a range has both: 100-200元  |
| quantity        | number: "2"                                                                        |
| colour          | English name: "red"                                                                |
| size            | "XS" … "5XL", "one size", the number: "42", "UK 8", "170/92A"; "55in"; "5 litre"    |
| date            | "2026-11-03"; "--11-03", "---03" and "--11" where no more is said; else the words  |
| address_…       | lower case; the parts are province, city, district, street and detail              |
| person_name     | lower case; only where a title or a label stands beside it                         |

Brands and products are not here: the tagger and the shop's catalogue (`catalogue`) find them.

Patterns see a folded text (`folding`): full-width digits, letters and signs are found too. `Entity.text` is what the
customer wrote. A span is never in two entities: the longest wins, and of equals the type that stands first.
"""

from collections.abc import Iterable
from typing import Final

from models.types import Entity
from models.understanding.addresses import ADDRESSES
from models.understanding.colours import COLOURS
from models.understanding.dates import DATES
from models.understanding.folding import fold
from models.understanding.identifiers import IDENTIFIERS
from models.understanding.patterns import Finder, Text
from models.understanding.persons import PERSONS
from models.understanding.prices import PRICES
from models.understanding.quantities import QUANTITIES
from models.understanding.sizes import SIZES

_FINDERS: Final[tuple[Finder, ...]] = (
    *IDENTIFIERS,
    *PRICES,
    *SIZES,
    *DATES,
    *QUANTITIES,
    *COLOURS,
    *ADDRESSES,
    *PERSONS,
)


def extract(text: str) -> tuple[Entity, ...]:
    """The entities of `text` by where they start; offsets are code points of `text`."""
    plain = Text(fold(text))
    found = [(rank, entity) for rank, finder in enumerate(_FINDERS) for entity in finder(plain)]
    found.sort(key=lambda pair: (pair[0], pair[1].start))
    return longest((_as_written(entity, text) for _, entity in found), len(plain))


def longest(found: Iterable[Entity], length: int) -> tuple[Entity, ...]:
    """Of what overlaps in a text of that length the longest, and of equals the first; by where they start."""
    kept: list[Entity] = []
    taken = bytearray(length)
    for entity in sorted(found, key=lambda entity: entity.start - entity.end):
        if not any(taken[entity.start : entity.end]):
            taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
            kept.append(entity)
    return tuple(sorted(kept, key=lambda entity: entity.start))


def _as_written(entity: Entity, text: str) -> Entity:
    return Entity(entity.type, text[entity.start : entity.end], entity.value, entity.start, entity.end)
