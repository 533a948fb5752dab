"""The parts of an address in Latin letters: roads and doors by their words, towns and states by a gazetteer (`places`).

A road takes its house number. Doors that stand side by side are one: Flat 6, Marlowe Court. A name that no gazetteer has is a
town where it stands between a road and a state, a postcode or the end of an address, and a district before a town.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from models.types import Entity
from models.understanding.places import LATIN

_U = "A-ZÀ-ÖØ-ÞİŞŁŚŽČ"
_L = r"a-zß-öø-ɏḀ-ỿ"
_CAP = rf"[{_U}](?:[{_L}{_U}'’.-]*[{_L}{_U}'’])?"
_B = rf"(?<![{_U}{_L}0-9#-])"
_E = rf"(?![{_U}{_L}0-9])"
_ROAD_WORDS = (
    "Street|Str|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Terrace|Crescent|Cres|Highway|Hwy|Parkway|Pkwy|Mews|Close"
)
_ROAD_WORDS_ALONE = _ROAD_WORDS.replace("|Dr|", "|")
_WEAK_ROAD_WORDS = (
    "Way|Court|Ct|Square|Sq|Place|Pl|Gardens|Grove|Row|Walk|Hill|Embankment|Quay|Loop|Pass|Parade|Rise|Circle|Trail|Green|Park|Bank|View|End|Vale|Alley|Croft|Dene|Fold|Garth|Glen|Heath|Lea|Bend|Mount|Orchard|Path|Promenade|"
    "Ridge|Strand|Turn|Villas|Yard|Esplanade|Broadway|Run|Trace|Cove|Crossing|Common|Bypass|Buildings|Wharf|Bridge"
)
_POINT = rf"(?: (?:North|South|East|West|Central|NE|NW|SE|SW|N|S|E|W){_E})?"
_LOWER_STOPS = (
    r"(?:the|a|an|on|in|to|of|by|my|your|for|is|was|and|or|at|it|its|from|with|that|this|weeks?|days?|hours?|months?|years?|minutes?|"
    r"pairs?|pcs|pieces|packs?|boxes|times|items?|of|off|x|more|new|extra|our|their|his|her|same|next|main)"
)
_HOUSE = r"(?:No\.? ?)?\d{1,5}[A-Za-z]?(?:-\d{1,4})? "
_PREFIXES = (
    r"Rua|Rue|rue|Via|Viale|Calle|Carrer|Avenida|Av\.|Jalan|Jl\.?|Chemin|Piazza|Paseo|Heol|ul\.|Ulica|Soi|Lorong|Rúa|Corso|Strada|Quai|"
    r"Avenue d[eu]|Boulevard d[eu]|Place d[eu]|Route de"
)
_LINK = r"(?:d[aeiou]s?|del|della|la|le|los|las|l'|y|e|van|von|der|den|op)"
_GERMANIC = r"(?:straße|strasse|gatan|gata|gade|allee|platz|weg|vej|laan|straat|gracht|kade|vägen|veien|damm)"
_FOREIGN_WORDS = r"(?:Straße|Strasse|Prospekt|Prospect|Caddesi|Sokak|Sokağı|út|utca|tér|Allee|Platz|Gasse)"
_KEYS = (
    "Flat|Apt|Apartment|Apto|App|Suite|Ste|Unit|Room|Rm|Floor|Level|Block|Blk|Building|Bldg|Tower|Villa|House|Studio|Shop|Lot|Plot|"
    "Gate|Dock|Bay|Locker|Ward|Office|Penthouse|Dorm|Hangar|Stand|Mooring|Wing|Phase|Bed|Daire|Tenancy|Hall|Box|Warehouse|Stall"
)
_ROAD: Final = re.compile(
    rf"{_B}(?:"
    rf"{_HOUSE}(?:[NSEW]\.? )?(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,4}}?(?:{_ROAD_WORDS}|{_WEAK_ROAD_WORDS}){_E}"
    rf"(?! (?:{_ROAD_WORDS}){_E})\.?{_POINT}(?: \d{{1,3}}(?!\d))?|"
    rf"{_HOUSE}(?:(?!{_LOWER_STOPS} )[{_L}]+ ){{1,3}}?(?i:{_ROAD_WORDS}|ct|pass|place|way|row|quay|hill|square){_E}|"
    rf"(?:\d{{1,4}} )?(?:{_PREFIXES})(?: {_LINK})* {_CAP}(?:[ -](?:{_LINK} )*{_CAP})*(?: \d{{1,5}}(?!\d))?|"
    rf"(?:\d{{1,4}} )?[{_U}][{_L}]{{3,}}(?:{_GERMANIC}){_E}(?: \d{{1,4}}[a-z]?)?|"
    rf"(?:{_CAP} ){{1,2}}{_FOREIGN_WORDS}{_E}(?: \d{{1,4}}[a-z]?)?|"
    rf"(?:{_CAP} )?(?:Soi|Lorong) \d{{1,3}}(?!\d)|"
    rf"(?:{_CAP} ){{1,3}}(?:{_ROAD_WORDS_ALONE}){_E}{_POINT}(?: \d{{1,4}}(?!\d))?|"
    rf"(?:Road|Route) \d{{1,3}}(?!\d)|"
    rf"(?:(?:(?<=[Oo]n )|(?<=at ))(?:{_CAP} ){{1,3}}(?:{_WEAK_ROAD_WORDS})|(?<=, )(?:{_CAP} ){{1,3}}(?:Way|Hill|Row|Walk|Rise)){_E}(?=,|\.|$)|"
    rf"(?<=, )(?:(?!(?:{_KEYS}|Sector|District|Zone|Line) ){_CAP} ){{1,3}}\d{{1,3}}(?:-\d{{1,4}})*(?=,|\.$|\. [{_U}])|"
    rf"(?<=on |at )(?!{_LOWER_STOPS} )[{_L}]+ (?:street|st|road|rd|avenue|ave|lane){_E}"
    r")"
)
_NOT_FIRST = (
    r"(?:The|Not|No|Is|Does|Will|Do|Are|My|Our|Your|Please|Send|Deliver|Leave|Was|Can|Could|From|To|In|On|At|Keep|Where|Why|Any|Corner|Mr|Mrs|Ms|Dr|Silk|Hi|I)"
)
_SENTENCE_WORD: Final = re.compile(rf"{_NOT_FIRST} ")

_ORDINAL = r"(?:\d{1,3}(?:st|nd|rd|th)|[Gg]round|[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth|[Tt]op)"
_DOOR_PART = (
    rf"(?i:{_KEYS})\.? ?(?:#|No\.? )?(?:[A-Z]{{0,2}}\d[\dA-Za-z]*(?:-[A-Z]{_E})?(?:[./-]\d?[\dA-Za-z]*\d[A-Za-z]?)?{_E}|[A-HJ-Z]{_E}|(?<=lock )[b-hj-z]{_E})|"
    rf"{_ORDINAL} (?:[Ff]loor|[Ff]lat){_E}|\d{{1,3}}/[Ff]{_E}|#\d{{1,2}}-\d{{1,4}}|\d{{1,3}}F{_E}|(?:P\.? ?O\.? ?|GPO )[Bb]ox \d{{1,6}}|Private Bag \d{{1,5}}|"
    rf"(?i:penthouse|basement flat)"
)
_BUILDINGS = (
    "House|Tower|Building|Court|Centre|Center|Plaza|Industrial Estate|Business Park|Estate|Lodge|Mansions?|Cottages?|Farm|Hall|Depot|Marina|"
    "Hospital|Hotel|Inn|Vicarage|Convent|Works|Airport|Point|Forge|Dairy|Infirmary|Heights|Apartments|Residences?|Exchange|Station|Practice|"
    "Garage|Mall|Barracks|College|Church|School|Library|Warehouse|Park|Annexe|Allotments|Place|Gardens|Quay|Wharf"
)
_JOINED = _BUILDINGS.replace("|Hospital", "").replace("|Infirmary", "").replace("|Airport", "")
_BUILDING = rf"(?:(?:The )?(?:St\.? )?(?:{_CAP} ){{1,3}}(?:{_BUILDINGS})|Hotel {_CAP}|Department of {_CAP}){_E}"
_BUILDING_AFTER = rf"(?:(?:The )?(?:St\.? )?(?:{_CAP} ){{1,3}}(?:{_JOINED})|Hotel {_CAP}){_E}"
_DOOR: Final = re.compile(rf"{_B}(?:{_CAP} (?=Building \d))?(?:{_DOOR_PART})(?:(?:, ?| )(?:(?:{_DOOR_PART})|{_BUILDING_AFTER}(?! (?:{_ROAD_WORDS}){_E})))*|{_B}{_BUILDING}(?:, (?:{_DOOR_PART}))+")
_NAMED_DOOR: Final = re.compile(
    rf"{_B}(?:\d{{1,3}} (?=(?:{_CAP} ){{1,2}}Cottages))?(?:The )?(?:St\.? )?(?:{_CAP} ){{1,3}}(?:House|Cottages?|Farm|Lodge|Hall|Vicarage|Convent|Court|Tower|Mansions?|Depot|Estate|Business Park){_E}"
)
_POSTCODE: Final = re.compile(
    r"(?<![\w-])(?:[A-Za-z]{1,2}\d[A-Za-z\d]? \d[A-Za-z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d\d [A-Z\d]{4}|\d{5}(?:-\d{3,4})?|\d{6}|\d{4}|\d{3}-\d{4}|\d{2}-\d{3}|\d{3} \d\d)(?![\w-])"
)
_WORD: Final = re.compile(rf"[{_U}{_L}](?:[{_U}{_L}'’.-]*[{_U}{_L}])?")
_JOINT: Final = re.compile(r"(?:[,;:.] ?|, in | in | on | |/|, near |, ?，|，|\. | - | – )?")
_TO_PLACE: Final = re.compile(r"(?:^|[^\w])(?:in|to|from|near|around|outside|via|between|into|of|not|towards|than|about)(?: the)? $", re.IGNORECASE)
_IN_PLACE: Final = re.compile(r"(?:^|[^\w])(?:in|near|around|outside) $", re.IGNORECASE)
_ASKED: Final = re.compile(r"(?:^|[.!?;] )(?:Is|Does|Will|Are|Do|Has|Did) $", re.IGNORECASE)
_OPENING: Final = re.compile(r"(?:^|[.!?:;] |\n)$")
_OPENING_ENDS: Final = re.compile(
    r"[^\w ]| (?:or|and|to|customs|[一-龥]|address|office|branch|store|warehouse|side|depot|airport|shop|delivery|council|resident|"
    r"the one|here|isn't|is|was|has|says|keeps)\b|$| [\dA-Z]"
)
_LOWER_ENDS: Final = re.compile(r"[^\w ]|$| (?:or|and|to|from|in|on|at|by|but|not|is|it|its|please|pls|ty|thanks|can|will|has|have|hasn?t|rural|for|now|next|today|tomorrow|yet|do|u|you|i|we|mate)\b")
_UNKNOWN: Final = re.compile(rf"{_CAP}(?:[ -](?:upon |on |of |de |the )?{_CAP}){{0,2}}")
_CODE_AHEAD: Final = re.compile("[ ,]{1,2}(?:" + "|".join(sorted(LATIN.codes)) + rf"|[{_L}]{{4,}}|[A-Z]{{1,2}}\\d|\\d{{4,}}){_E}", re.IGNORECASE)
_COUNTY: Final = re.compile(r"(?:Co\.?|County) $")
_MOST_WORDS: Final = 4


def latin_addresses(text: str) -> Iterator[Entity]:
    """The parts of addresses in Latin letters; no two overlap."""
    if not _HAS_WORD.search(text):
        return
    roads = [_entity("address_street", text, *span) for span in _road_spans(text)]
    doors = [_entity("address_detail", text, *span) for span in _door_spans(text, roads)]
    parts = sorted((*roads, *doors), key=lambda entity: entity.start)
    yield from parts
    yield from _Places(text, parts).read()


_HAS_WORD: Final = re.compile(rf"[{_U}{_L}]{{2}}")


def _road_spans(text: str) -> Iterator[tuple[int, int]]:
    for match in _ROAD.finditer(text):
        start, end = match.span()
        while (word := _SENTENCE_WORD.match(text, start, end)) is not None:
            start = word.end()
        if " " in text[start:end].strip() or re.search(_GERMANIC, text[start:end]):
            yield start, end - text[start:end].endswith(".")


def _door_spans(text: str, roads: Sequence[Entity]) -> Iterator[tuple[int, int]]:
    free = text
    for road in roads:
        free = free[: road.start] + "\0" * (road.end - road.start) + free[road.end :]
    for match in _DOOR.finditer(free):
        yield match.span()
        free = free[: match.start()] + "\0" * len(match[0]) + free[match.end() :]
    for match in _NAMED_DOOR.finditer(free):
        start, end = match.span()
        while (word := _SENTENCE_WORD.match(text, start, end)) is not None and not text.startswith("The ", start):
            start = word.end()
        is_beside = any(_is_joint(text, end, road.start) or _is_joint(text, road.end, start) for road in roads)
        if is_beside and " " in text[start:end]:
            yield start, end


def _overlaps(start: int, end: int, entities: Sequence[Entity]) -> bool:
    return any(entity.start < end and start < entity.end for entity in entities)


def _is_joint(text: str, end: int, start: int) -> bool:
    return end <= start and _JOINT.fullmatch(text, end, start) is not None


class _Places:
    """Towns, districts and states of a text, whose roads and doors are known."""

    def __init__(self, text: str, parts: Sequence[Entity]) -> None:
        self._text = text
        self._parts = list(parts)
        self._postcodes = [match.span() for match in _POSTCODE.finditer(text)]
        self._found: list[Entity] = []

    def read(self) -> list[Entity]:
        """By what they stand beside: first the sure ones, then those beside them."""
        candidates = list(self._candidates())
        for is_sure in (self._is_sure, self._is_beside):
            for entity in candidates:
                if not _overlaps(entity.start, entity.end, self._found) and is_sure(entity):
                    self._found.append(entity)
        self._codes()
        for entity in candidates:
            if not _overlaps(entity.start, entity.end, self._found) and self._is_beside(entity):
                self._found.append(entity)
        self._unknown()
        return self._found

    def _candidates(self) -> Iterator[Entity]:
        words = list(_WORD.finditer(self._text))
        skip = -1
        for at, word in enumerate(words):
            if word.start() < skip or word[0].lower() not in LATIN.first_words:
                continue
            for last in range(min(at + _MOST_WORDS, len(words)) - 1, at - 1, -1):
                start, end = word.start(), words[last].end()
                name = " ".join(self._text[start:end].split()).lower().replace("’", "'")
                type = LATIN.types.get(name)
                if type is not None and not _overlaps(start, end, self._parts):
                    yield _entity(type, self._text, self._from_county(type, start), end)
                    skip = end
                    break

    def _from_county(self, type: str, start: int) -> int:
        county = _COUNTY.search(self._text, max(0, start - 8), start) if type != "address_district" else None
        return start if county is None else county.start()

    def _is_sure(self, entity: Entity) -> bool:
        """Where the words before or after say that somebody or something is or goes there."""
        text, start, end = self._text, entity.start, entity.end
        name = entity.text.lower()
        is_capital = entity.text[0].isupper()
        before = text[max(0, start - 12) : start]
        if name in LATIN.everyday:
            return is_capital and _IN_PLACE.search(before) is not None and not self._goes_on(end)
        if not is_capital:
            return _TO_PLACE.search(before) is not None and len(name) > 3 and _LOWER_ENDS.match(text, end) is not None
        if self._goes_on(end) or self._is_after_name(start):
            return False
        if _TO_PLACE.search(before):
            return True
        if _ASKED.search(before):
            return True
        is_opening = _OPENING.search(before) is not None
        if is_opening:
            return name in LATIN.well_known and _OPENING_ENDS.match(text, end) is not None
        return name in LATIN.well_known

    def _goes_on(self, end: int) -> bool:
        """A capital follows: Paris Whitfield, Boston Dynamics."""
        match = re.compile(rf" ({_CAP})").match(self._text, end)
        if match is None:
            return False
        word = match[1]
        return not (word.isupper() or word.lower() in LATIN.first_words or _overlaps(match.start(1), match.end(1), self._parts))

    def _is_after_name(self, start: int) -> bool:
        match = re.compile(rf"(?<![{_L}{_U}])({_CAP}) $").search(self._text, max(0, start - 20), start)
        if match is None or _overlaps(match.start(1), match.end(1), (*self._parts, *self._found)):
            return False
        return match[1] not in _OPENERS

    def _is_beside(self, entity: Entity) -> bool:
        text, start, end = self._text, entity.start, entity.end
        if self._goes_on(end) or self._is_after_name(start):
            return False
        if not entity.text[0].isupper() and (entity.text.lower() in LATIN.everyday or not (_LOWER_ENDS.match(text, end) or self._is_code_ahead(end))):
            return False
        known = (*self._parts, *self._found)
        if any(_is_joint(text, e.end, start) and text[e.end : start].strip() not in (".", "in") for e in known if e.end <= start):
            return True
        is_capital = entity.text[0].isupper()
        if is_capital and any(_is_joint(text, end, s) or (e < start and text[e:start] in (" ", ", ")) for s, e in self._postcodes):
            return True
        return entity.text[0].isupper() and any(
            text[end : e.start] in (", ", " ") and e.type in ("address_province", "address_city") for e in self._found if e.start >= end
        )

    def _is_code_ahead(self, end: int) -> bool:
        return _CODE_AHEAD.match(self._text, end) is not None

    def _codes(self) -> None:
        for match in re.compile(rf"{_B}[A-Za-z]{{2,3}}{_E}").finditer(self._text):
            code = match[0]
            if code.upper() not in LATIN.codes or _overlaps(match.start(), match.end(), (*self._parts, *self._found)):
                continue
            is_after = any(
                _is_joint(self._text, e.end, match.start()) and self._text[e.end : match.start()] in (", ", " ", ",")
                for e in (*self._found, *self._parts)
                if e.type != "address_province"
            )
            is_before = any(self._text[match.end() : s] == " " for s, _ in self._postcodes if s > match.end())
            is_capital = code.isupper()
            is_named = is_capital and code not in _CODE_WORDS and _TO_PLACE.search(self._text[max(0, match.start() - 9) : match.start()])
            if (is_capital and (is_after or is_before or is_named)) or (code.islower() and is_after and code.upper() not in _CODE_WORDS):
                self._found.append(_entity("address_province", self._text, *match.span()))

    def _unknown(self) -> None:
        """Names without an entry, by where they stand."""
        text = self._text
        for match in _UNKNOWN.finditer(text):
            start, end = match.span()
            known = (*self._parts, *self._found)
            if _overlaps(start, end, known) or match[0].upper() == match[0] or match[0] in _OPENERS:
                continue
            after = [e for e in known if e.start >= end and text[end : e.start] in (", ", " ", ",", "，")]
            before = [e for e in known if e.end <= start and text[e.end : start] in (", ", ",", "，", ", in ", " in ")]
            is_code = any(text[end:s] in (", ", " ", ",", "，") for s, _ in self._postcodes if s >= end)
            if not before or not any(e.type in ("address_street", "address_detail") for e in before):
                is_town = any(e.type == "address_province" and text[end : e.start] == ", " for e in after) and start > 0 and bool(before)
                if is_town:
                    self._found.append(_entity("address_city", text, start, end))
                continue
            if any(e.type == "address_city" for e in after):
                self._found.append(_entity("address_district", text, start, end))
            elif is_code or any(e.type == "address_province" for e in after) or (text[end : end + 1] in ("", ".") and " " not in match[0]):
                self._found.append(_entity("address_city", text, start, end))


_OPENERS: Final = frozenset(
    "In To From Near At Is Does Will Are Do Has Did Can Could The And Or Not Please Ship Send Deliver Moving Moved Our My We I For Where "
    "Was Were Only This That Via Between Outside Around Hi Hello Hey Attn Address Why What When Which Any Signed Moving Wrong".split()
)
_CODE_WORDS: Final = frozenset("IN OR ME HI OK OH PA MA AL DE LA ID PR ACT ON CO SP MS MD AB IL PE".split())


def _entity(type: str, text: str, start: int, end: int) -> Entity:
    return Entity(type, text[start:end], text[start:end].lower(), start, end)
