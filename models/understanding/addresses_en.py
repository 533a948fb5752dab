"""The parts of an address in Latin letters: roads and doors by their words, towns and states by a gazetteer (`places`).

A road takes its house number. Doors that stand side by side are one: Flat 6, Marlowe Court. A name that no gazetteer has is a
town where it stands between a road and a state, a postcode or the end of an address, and a district before a town.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from models.types import Entity
from models.understanding.places import LATIN

_U = "A-ZÀ-ÖØ-ÞİŞŁŚŽČ"
_L = r"a-zß-öø-ɏḀ-ỿ"
_CAP = rf"[{_U}](?:[{_L}{_U}'’.-]{{0,30}}[{_L}{_U}'’])?"
_B = rf"(?<![{_U}{_L}0-9#-])"
_E = rf"(?![{_U}{_L}0-9])"
_ROAD_WORDS = (
    "Street|Str|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Terrace|Crescent|Cres|Highway|Hwy|Parkway|Pkwy|Mews|"
    "Close"
)
_ROAD_WORDS_ALONE = _ROAD_WORDS.replace("|Dr|", "|")  # Dr Park is a person
# Words that other names end in too: a road after a house number, or where the sentence says so.
_WEAK_ROAD_WORDS = (
    "Way|Court|Ct|Square|Sq|Place|Pl|Gardens|Grove|Row|Walk|Hill|Embankment|Quay|Loop|Pass|Parade|Rise|Circle|Trail|Green|"
    "Park|Bank|View|End|Vale|Alley|Croft|Dene|Fold|Garth|Glen|Heath|Lea|Bend|Mount|Orchard|Path|Promenade|Ridge|Strand|Turn|"
    "Villas|Yard|Esplanade|Broadway|Run|Trace|Cove|Crossing|Common|Bypass|Buildings|Wharf|Bridge"
)
_POINT = rf"(?: (?:North|South|East|West|Central|NE|NW|SE|SW|N|S|E|W){_E})?"
_LOWER_STOPS = (
    "(?:the|a|an|on|in|to|of|by|my|your|for|is|was|and|or|at|it|its|from|with|that|this|weeks?|days?|hours?|months?|years?|"
    "minutes?|pairs?|pcs|pieces|packs?|boxes|times|items?|off|x|more|new|extra|our|their|his|her|same|next|main)"
)
_HOUSE = r"(?:No\.? ?)?\d{1,5}[A-Za-z]?(?:-\d{1,4})? "
_PREFIXES = (
    r"Rua|Rue|rue|Via|Viale|Calle|Carrer|Avenida|Av\.|Jalan|Jl\.?|Chemin|Piazza|Paseo|Heol|ul\.|Ulica|Soi|Lorong|Rúa|Corso|"
    r"Strada|Quai|Avenue d[eu]|Boulevard d[eu]|Place d[eu]|Route de"
)
_LINK = "(?:d[aeiou]s?|del|della|la|le|los|las|l'|y|e|van|von|der|den|op)"
_GERMANIC = "(?:straße|strasse|gatan|gata|gade|allee|platz|weg|vej|laan|straat|gracht|kade|vägen|veien|damm)"
_FOREIGN_WORDS = "(?:Straße|Strasse|Prospekt|Prospect|Caddesi|Sokak|Sokağı|út|utca|tér|Allee|Platz|Gasse)"
_KEYS = (
    "Flat|Apt|Apartment|Apto|App|Suite|Ste|Unit|Room|Rm|Floor|Level|Block|Blk|Building|Bldg|Tower|Villa|House|Studio|Shop|"
    "Lot|Plot|Gate|Dock|Bay|Locker|Ward|Office|Penthouse|Dorm|Hangar|Stand|Mooring|Wing|Phase|Bed|Daire|Tenancy|Hall|Box|"
    "Warehouse|Stall"
)
_ROAD_FORMS = (
    # 1450 Elm Avenue, 2145 S China Pl, 1600 Peachtree Street NE
    rf"{_HOUSE}(?:[NSEW]\.? )?(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?(?:{_ROAD_WORDS}|{_WEAK_ROAD_WORDS}){_E}"
    rf"(?! (?:{_ROAD_WORDS}){_E})\.?{_POINT}(?: \d{{1,3}}(?!\d))?",
    # 221b baker street
    rf"{_HOUSE}(?:(?!{_LOWER_STOPS} )[{_L}]+ ){{1,3}}?(?i:{_ROAD_WORDS}|ct|pass|place|way|row|quay|hill|square){_E}",
    # 77 Rue de Rivoli, Calle Morelos 215
    rf"(?:\d{{1,4}} )?(?:{_PREFIXES})(?: {_LINK})* {_CAP}(?:[ -](?:{_LINK} )*{_CAP})*(?: \d{{1,5}}(?!\d))?",
    # Kastanienallee 82, Mariahilfer Straße 45, Sukhumvit Soi 23
    rf"(?:\d{{1,4}} )?[{_U}][{_L}]{{3,}}(?:{_GERMANIC}){_E}(?: \d{{1,4}}[a-z]?)?",
    rf"(?:{_CAP} ){{1,2}}{_FOREIGN_WORDS}{_E}(?: \d{{1,4}}[a-z]?)?",
    rf"(?:{_CAP} )?(?:Soi|Lorong) \d{{1,3}}(?!\d)",
    # Castle Peak Road, Swanston Street 235, Road 5
    rf"(?:{_CAP} ){{1,3}}(?:{_ROAD_WORDS_ALONE}){_E}{_POINT}(?: \d{{1,4}}(?!\d))?",
    r"(?:Road|Route) \d{1,3}(?!\d)",
    # on Acacia Court; …, Chapel Hill, …
    rf"(?:(?<=[Oo]n )|(?<=at ))(?:{_CAP} ){{1,3}}(?:{_WEAK_ROAD_WORDS}){_E}(?=,|\.|$)",
    rf"(?<=, )(?:{_CAP} ){{1,3}}(?:Way|Hill|Row|Walk|Rise){_E}(?=,|\.|$)",
    # …, Jingumae 4-12-10, …
    rf"(?<=, )(?:(?!(?:{_KEYS}|Sector|District|Zone|Line) ){_CAP} ){{1,3}}\d{{1,3}}(?:-\d{{1,4}})*(?=,|\.$|\. [{_U}])",
    # on chapel st
    rf"(?<=on |at )(?!{_LOWER_STOPS} )[{_L}]+ (?:street|st|road|rd|avenue|ave|lane){_E}",
)
_ROAD: Final = re.compile(rf"{_B}(?:{'|'.join(_ROAD_FORMS)})")
_ONE_WORD_ROAD: Final = re.compile(_GERMANIC)
_SENTENCE_WORD: Final = re.compile(
    "(?:The|Not|No|Is|Does|Will|Do|Are|My|Our|Your|Please|Send|Deliver|Leave|Was|Can|Could|From|To|In|On|At|Keep|Where|Why|"
    "Any|Corner|Mr|Mrs|Ms|Dr|Silk|Hi|I) "
)

_DOOR_NUMBER = (
    rf"(?:[A-Z]{{0,2}}\d[\dA-Za-z]*(?:-[A-Z]{_E})?(?:[./-]\d?[\dA-Za-z]*\d[A-Za-z]?)?{_E}|[A-HJ-Z]{_E}|"
    rf"(?<=lock )[b-hj-z]{_E})"
)
_ORDINAL = r"(?:\d{1,3}(?:st|nd|rd|th)|[Gg]round|[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth|[Tt]op)"
_DOOR_PART = (
    rf"(?:(?i:{_KEYS})\.? ?(?:#|No\.? )?{_DOOR_NUMBER}|{_ORDINAL} (?:[Ff]loor|[Ff]lat){_E}|\d{{1,3}}/[Ff]{_E}|"
    rf"#\d{{1,2}}-\d{{1,4}}|\d{{1,3}}F{_E}|(?:P\.? ?O\.? ?|GPO )[Bb]ox \d{{1,6}}|Private Bag \d{{1,5}}|"
    r"(?i:penthouse|basement flat))"
)
_HOMES = "House|Cottages?|Farm|Lodge|Hall|Vicarage|Convent|Court|Tower|Mansions?|Depot|Estate|Business Park"
_BUILDINGS = (
    f"{_HOMES}|Building|Centre|Center|Plaza|Industrial Estate|Marina|Hotel|Inn|Works|Point|Forge|Dairy|Heights|Apartments|"
    "Residences?|Exchange|Station|Practice|Garage|Mall|Barracks|College|Church|School|Library|Warehouse|Park|Annexe|"
    "Allotments|Place|Gardens|Quay|Wharf"
)
_NAMED = rf"(?:The )?(?:St\.? )?(?:{_CAP} ){{1,3}}"
_NEXT_BUILDING = rf"(?:{_NAMED}(?:{_BUILDINGS})|Hotel {_CAP}){_E}(?! (?:{_ROAD_WORDS}){_E})"
_FIRST_BUILDING = (
    rf"(?:{_NAMED}(?:{_BUILDINGS}|Hospital|Airport|Infirmary)|Hotel {_CAP}|Department of {_CAP}){_E}"
)
_DOOR: Final = re.compile(
    rf"{_B}(?:{_CAP} (?=Building \d))?{_DOOR_PART}(?:(?:, ?| )(?:{_DOOR_PART}|{_NEXT_BUILDING}))*|"
    rf"{_B}{_FIRST_BUILDING}(?:, {_DOOR_PART})+"
)
_NAMED_DOOR: Final = re.compile(rf"{_B}(?:\d{{1,3}} (?=(?:{_CAP} ){{1,2}}Cottages))?{_NAMED}(?:{_HOMES}){_E}")
_POSTCODE: Final = re.compile(
    r"(?<![\w-])(?:[A-Za-z]{1,2}\d[A-Za-z\d]? \d[A-Za-z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d\d [A-Z\d]{4}|\d{5}(?:-\d{3,4})?|"
    r"\d{6}|\d{4}|\d{3}-\d{4}|\d{2}-\d{3}|\d{3} \d\d)(?![\w-])"
)
_WORD: Final = re.compile(rf"[{_U}{_L}](?:[{_U}{_L}'’.-]*[{_U}{_L}])?")
_JOINT: Final = re.compile(r"(?:[,;:.] ?|, in | in | on | |/|, near |, ?，|，|\. | - | – )?")
_TO_PLACE: Final = re.compile(
    r"(?:^|[^\w])(?:in|to|from|near|around|outside|via|between|into|of|not|towards|than|about)(?: the)? $",
    re.IGNORECASE,
)
_IN_PLACE: Final = re.compile(r"(?:^|[^\w])(?:in|near|around|outside) $", re.IGNORECASE)
_ASKED: Final = re.compile(r"(?:^|[.!?;] )(?:Is|Does|Will|Are|Do|Has|Did) $", re.IGNORECASE)
_OPENING: Final = re.compile(r"(?:^|[.!?:;] |\n)$")
_OPENING_ENDS: Final = re.compile(
    r"[^\w ]|[一-龥]| (?:or|and|to|customs|[一-龥]|address|office|branch|store|warehouse|side|depot|airport|shop|delivery|"
    r"council|resident|the one|here|isn't|is|was|has|says|keeps)\b|$| [\dA-Z]"
)
_LOWER_ENDS: Final = re.compile(
    r"[^\w ]|$| (?:or|and|to|from|in|on|at|by|but|not|is|it|its|please|pls|ty|thanks|can|will|has|have|hasn?t|for|now|next|"
    r"today|tomorrow|yet|do|u|you|i|we|mate)\b"
)
_UNLISTED: Final = re.compile(rf"{_CAP}(?:[ -](?:upon |on |of |de |the )?{_CAP}){{0,2}}")
_CODE_AHEAD: Final = re.compile(
    "[ ,]{1,2}(?:" + "|".join(sorted(LATIN.codes)) + rf"|[{_L}]{{4,}}|[A-Z]{{1,2}}\\d|\\d{{4,}}){_E}",
    re.IGNORECASE,
)
_COUNTY: Final = re.compile(r"(?:Co\.?|County) $")
_REACH: Final = len(", near ")
_MOST_WORDS: Final = 4
_HAS_WORD: Final = re.compile(rf"[{_U}{_L}]{{2}}")
_BACK: Final = 12
_SHORTEST_SMALL: Final = 4
_LARGER: Final = ("address_province", "address_city")
_COMMAS: Final = frozenset([", ", " ", ",", "，"])
_AFTER_PART: Final = frozenset([", ", ",", "，", ", in ", " in "])
_NAME_AHEAD: Final = re.compile(rf" ({_CAP})")
_NAME_BEHIND: Final = re.compile(rf"(?<![{_L}{_U}])({_CAP}) $")
_CODE: Final = re.compile(rf"{_B}[A-Za-z]{{2,3}}{_E}")
_OPENERS: Final = frozenset(
    "In To From Near At Is Does Will Are Do Has Did Can Could The And Or Not Please Ship Send Deliver Moving Moved Our My We "
    "I For Where Was Were Only This That Via Between Outside Around Hi Hello Hey Attn Address Why What When Which Any Signed "
    "Wrong".split()
)
_CODE_WORDS: Final = frozenset("IN OR ME HI OK OH PA MA AL DE LA ID PR ACT ON CO SP MS MD AB IL PE".split())


def latin_addresses(text: str) -> Iterator[Entity]:
    """The parts of addresses in Latin letters; no two overlap."""
    if not _HAS_WORD.search(text):
        return
    roads = [_entity("address_street", text, *span) for span in _road_spans(text)]
    doors = [_entity("address_detail", text, *span) for span in _door_spans(text, roads)]
    parts = sorted((*roads, *doors), key=lambda entity: entity.start)
    yield from parts
    yield from _Places(text, parts).read()


def _road_spans(text: str) -> Iterator[tuple[int, int]]:
    for match in _ROAD.finditer(text):
        start, end = _without_opening(text, *match.span())
        if " " in text[start:end].strip() or _ONE_WORD_ROAD.search(text, start, end):
            yield start, end - text[start:end].endswith(".")


def _door_spans(text: str, roads: Sequence[Entity]) -> Iterator[tuple[int, int]]:
    free = _blotted(text, ((road.start, road.end) for road in roads))
    doors = [match.span() for match in _DOOR.finditer(free)]
    yield from doors
    for match in _NAMED_DOOR.finditer(_blotted(free, doors)):
        start, end = match.span()
        if not match[0].startswith("The "):
            start, end = _without_opening(text, start, end)
        is_beside = any(_is_joint(text, end, r.start) or _is_joint(text, r.end, start) for r in roads)
        if is_beside and " " in text[start:end]:
            yield start, end


def _without_opening(text: str, start: int, end: int) -> tuple[int, int]:
    """Less the words that begin a sentence: Is Station Road."""
    while (word := _SENTENCE_WORD.match(text, start, end)) is not None:
        start = word.end()
    return start, end


def _blotted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\0" * (end - start) + text[end:]
    return text


def _is_joint(text: str, end: int, start: int) -> bool:
    return 0 <= start - end <= _REACH and _JOINT.fullmatch(text, end, start) is not None


class _Known:
    """Entities of a text that do not overlap, by where they start and end; finding a neighbour takes no search."""

    def __init__(self, text: str, entities: Iterable[Entity]) -> None:
        self._taken = bytearray(len(text))
        self._starts: dict[int, Entity] = {}
        self._ends: dict[int, Entity] = {}
        for entity in entities:
            self.add(entity)

    def add(self, entity: Entity) -> None:
        self._taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
        self._starts[entity.start] = self._ends[entity.end] = entity

    def is_free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])

    def before(self, start: int) -> list[Entity]:
        """Those that end just before `start`, the nearest first."""
        return [self._ends[at] for at in range(start, start - _REACH - 1, -1) if at in self._ends]

    def after(self, end: int) -> list[Entity]:
        """Those that start just after `end`, the nearest first."""
        return [self._starts[at] for at in range(end, end + _REACH + 1) if at in self._starts]


class _Places:
    """Towns, districts and states of a text, whose roads and doors are known."""

    def __init__(self, text: str, parts: Iterable[Entity]) -> None:
        self._text = text
        self._known = _Known(text, parts)
        self._codes_at = {place: match for match in _POSTCODE.finditer(text) for place in match.span()}

    def read(self) -> Iterator[Entity]:
        """First what the sentence calls a place, then what stands beside that or beside a road, a door or a code."""
        candidates = list(self._candidates())
        yield from self._add(entity for entity in candidates if self._is_sure(entity))
        yield from self._add(entity for entity in candidates if self._is_beside(entity))
        yield from self._add(self._codes())
        yield from self._add(entity for entity in candidates if self._is_beside(entity))
        yield from self._add(self._unlisted())

    def _add(self, found: Iterable[Entity]) -> Iterator[Entity]:
        for entity in found:
            if self._known.is_free(entity.start, entity.end):
                self._known.add(entity)
                yield entity

    def _candidates(self) -> Iterator[Entity]:
        """The longest names of the gazetteer."""
        words = list(_WORD.finditer(self._text))
        done = -1
        for at, word in enumerate(words):
            if word.start() < done or word[0].lower() not in LATIN.first_words:
                continue
            for last in range(min(at + _MOST_WORDS, len(words)) - 1, at - 1, -1):
                start, end = word.start(), words[last].end()
                type = LATIN.types.get(_key(self._text[start:end]))
                if type is not None and self._known.is_free(start, end):
                    yield _entity(type, self._text, self._from_county(type, start), end)
                    done = end
                    break

    def _from_county(self, type: str, start: int) -> int:
        """Co. Clare, County Durham."""
        county = _COUNTY.search(self._text, max(0, start - len("County ")), start)
        return start if county is None or type == "address_district" else county.start()

    def _is_sure(self, entity: Entity) -> bool:
        """Whether the words around say that somebody or something is there, or goes there."""
        text, start, end = self._text, entity.start, entity.end
        before, name = text[max(0, start - _BACK) : start], _key(entity.text)
        if not entity.text[0].isupper():
            is_ended = len(name) >= _SHORTEST_SMALL and _LOWER_ENDS.match(text, end) is not None
            return is_ended and name not in LATIN.everyday and _TO_PLACE.search(before) is not None
        if self._goes_on(end):
            return False
        if name in LATIN.everyday:
            return _IN_PLACE.search(before) is not None
        if self._is_after_name(start):
            return False
        if _TO_PLACE.search(before) or _ASKED.search(before):
            return True
        is_opening = _OPENING.search(before) is not None
        return name in LATIN.well_known and (not is_opening or _OPENING_ENDS.match(text, end) is not None)

    def _is_beside(self, entity: Entity) -> bool:
        """Whether a road, a door, a place or a postcode stands beside it."""
        text, start, end = self._text, entity.start, entity.end
        if self._goes_on(end) or self._is_after_name(start):
            return False
        is_capital = entity.text[0].isupper()
        if not is_capital and not self._is_small_town(entity):
            return False
        gaps = (text[e.end : start] for e in self._known.before(start))
        if any(_JOINT.fullmatch(gap) and gap.strip() not in (".", "in") for gap in gaps):
            return True
        return is_capital and (self._has_postcode(start, end) or self._is_before(end, *_LARGER))

    def _is_small_town(self, entity: Entity) -> bool:
        """Names in small letters have to end there: hollywood in hollywood plaza does not."""
        ends = _LOWER_ENDS.match(self._text, entity.end) or _CODE_AHEAD.match(self._text, entity.end)
        return ends is not None and _key(entity.text) not in LATIN.everyday

    def _has_postcode(self, start: int, end: int) -> bool:
        if any(
            self._text[start - gap : start] in (" ", ", ") and self._ends_code(start - gap) for gap in (1, 2)
        ):
            return True
        return any(
            self._starts_code(at) and _is_joint(self._text, end, at) for at in range(end, end + _REACH + 1)
        )

    def _starts_code(self, at: int) -> bool:
        return at in self._codes_at and self._codes_at[at].start() == at

    def _ends_code(self, at: int) -> bool:
        return at in self._codes_at and self._codes_at[at].end() == at

    def _is_before(self, end: int, *types: str) -> bool:
        """Whether an entity of these types follows."""
        return any(e.type in types and self._text[end : e.start] in _COMMAS for e in self._known.after(end))

    def _goes_on(self, end: int) -> bool:
        """A capital follows: Paris Whitfield, Boston Dynamics."""
        match = _NAME_AHEAD.match(self._text, end)
        if match is None or match[1].isupper() or match[1].lower() in LATIN.first_words:
            return False
        return self._known.is_free(*match.span(1))

    def _is_after_name(self, start: int) -> bool:
        """A capital stands before: Elif Kaya, North York."""
        match = _NAME_BEHIND.search(self._text, max(0, start - 20), start)
        return match is not None and match[1] not in _OPENERS and self._known.is_free(*match.span(1))

    def _codes(self) -> Iterator[Entity]:
        """TX, NSW: after a town or before a postcode; in capitals also where something goes, if it is no word."""
        for match in _CODE.finditer(self._text):
            code, start, end = match[0], *match.span()
            if code.upper() not in LATIN.codes:
                continue
            is_word = code.upper() in _CODE_WORDS
            is_after = any(
                e.type != "address_province" and self._text[e.end : start] in _COMMAS
                for e in self._known.before(start)
            )
            if code.isupper():
                is_before = self._text[end : end + 1] == " " and self._starts_code(end + 1)
                goes_there = not is_word and _TO_PLACE.search(self._text[max(0, start - _BACK) : start])
                is_told = is_after or is_before or goes_there
            else:
                is_told = code.islower() and is_after and not is_word
            if is_told:
                yield _entity("address_province", self._text, start, end)

    def _unlisted(self) -> Iterator[Entity]:
        """Names that the gazetteer lacks: towns after a road or a door, districts where a town follows."""
        text = self._text
        for match in _UNLISTED.finditer(text):
            start, end = match.span()
            if not self._known.is_free(start, end) or match[0].isupper() or match[0] in _OPENERS:
                continue
            before = [e.type for e in self._known.before(start) if text[e.end : start] in _AFTER_PART]
            if not before:
                continue
            is_in_state = self._is_before(end, "address_province")
            if not {"address_street", "address_detail"} & set(before):
                is_town = is_in_state
            elif self._is_before(end, "address_city"):
                yield _entity("address_district", text, start, end)
                continue
            else:
                is_last = text[end : end + 1] in ("", ".") and " " not in match[0]
                is_town = is_in_state or is_last or self._is_before_postcode(end)
            if is_town:
                yield _entity("address_city", text, start, end)

    def _is_before_postcode(self, end: int) -> bool:
        return any(self._text[end : end + gap] in _COMMAS and self._starts_code(end + gap) for gap in (1, 2))


def _key(name: str) -> str:
    return " ".join(name.split()).lower().replace("’", "'")


def _entity(type: str, text: str, start: int, end: int) -> Entity:
    return Entity(type, text[start:end], text[start:end].lower(), start, end)
