"""The parts of an address, found by gazetteers and patterns: a word is told where it stands for a place, not inside a name.

北京 is a city in 寄到北京 and none in 北京烤鸭; Bath is one in "Bath, Somerset" and none in "bath towels".
"""

from typing import Final

from models.understanding.addresses_en import latin_addresses
from models.understanding.addresses_zh import chinese_addresses
from models.understanding.patterns import Finder

ADDRESS_TYPES: Final = (
    "address_province",
    "address_city",
    "address_district",
    "address_street",
    "address_detail",
)
ADDRESSES: Final[tuple[Finder, ...]] = (chinese_addresses, latin_addresses)
