"""The parts of an address as exact patterns and gazetteers find them."""

from typing import Final

from models.understanding.addresses_en import latin_addresses
from models.understanding.addresses_zh import chinese_addresses
from models.understanding.patterns import Finder

ADDRESSES: Final[tuple[Finder, ...]] = (chinese_addresses, latin_addresses)
