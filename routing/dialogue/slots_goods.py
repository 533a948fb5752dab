"""Slots of goods: which lines, how many pieces, which other variant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from commerce.domain.catalogue import Variant
from commerce.domain.orders import OrderLine
from routing.dialogue import words
from routing.dialogue.acts import number
from routing.dialogue.goods import named_lines
from routing.dialogue.heard import Heard
from routing.dialogue.state import Option
from routing.dialogue.working import Slot, Working
from routing.wording import colour_name, line_name, money

_MOST_OPTIONS: Final = 6
_LETTERS: Final = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "2XL", "3XL", "XXXL", "4XL", "5XL")
Items = list[dict[str, Any]]


def pieces_left(line: OrderLine) -> int:
    return line.quantity - line.returned_quantity


def item(line: OrderLine, pieces: int | None) -> dict[str, Any]:
    return {"line_id": line.line_id, "quantity": min(pieces or pieces_left(line), pieces_left(line))}


def pieces_said(heard: Heard) -> int | None:
    """How many, where the message says one number."""
    said = [entity.value for entity in heard.said("quantity")]
    if len(said) == 1 and said[0].isdigit() and int(said[0]) > 0:
        return int(said[0])
    only = words.PIECES.search(heard.message)
    return None if only is None else number(only[1] or only[2])


def hears_lines(heard: Heard) -> bool:
    """All of it, or fewer of it."""
    return heard.acts.takes_all or heard.acts.other or words.PIECES.search(heard.message) is not None


def lines_said(working: Working) -> Items | None:
    """All of it, the lines that are named, or fewer pieces of the one that was chosen."""
    heard, open_lines = working.heard, working.lines
    if heard.acts.takes_all or words.ALL_OF_IT.search(heard.message):
        return [item(line, None) for line in open_lines]
    named = named_lines(open_lines, heard, working.facts)
    pieces = pieces_said(working.heard)
    if len(named) == 1:
        return [item(named[0], pieces)]
    chosen = working.chosen
    if not named and heard.acts.other and len(chosen) == 1 and len(open_lines) == 2:
        return [item(next(line for line in open_lines if line not in chosen), pieces)]
    if not named and pieces is not None and len(chosen) == 1:
        return [item(chosen[0], pieces)]
    # Several that are called alike: which of them is asked.
    return None


def only_line(working: Working) -> Items | None:
    if len(working.lines) != 1:
        return None
    return [item(working.lines[0], pieces_said(working.heard))]


def line_options(working: Working) -> tuple[Option, ...]:
    return tuple(
        Option(line.line_id, line_name(line, "zh"), line_name(line, "en"))
        for line in working.lines[:_MOST_OPTIONS]
    )


def pick_line(working: Working, value: str) -> Items:
    return [item(line, None) for line in working.lines if line.line_id == value]


LINES: Final = Slot(
    "lines",
    lines_said,
    only_line,
    line_options,
    pick_line,
    ("product", "brand", "colour", "size"),
    hears_lines,
)


def _attributes(line: OrderLine | Variant) -> dict[str, str]:
    """What tells variants of a product apart."""
    looks = {"colour": line.colour, "size": line.size}
    return {name: value for name, value in looks.items() if value} | dict(line.options)


def others_of(working: Working, line: OrderLine) -> tuple[Variant, ...]:
    """Other variants of the line's product that can be had, the cheapest first."""
    pieces = next((i["quantity"] for i in working.slot("lines") or () if i["line_id"] == line.line_id), 1)
    found = (
        variant
        for variant in working.details.action.variants.values()
        if variant.product_id == line.product_id
        and variant.variant_id != line.variant_id
        and variant.stock >= pieces
    )
    return tuple(sorted(found, key=lambda variant: (variant.price_minor, variant.variant_id)))


def _wishes(working: Working, line: OrderLine) -> dict[str, str]:
    """The attributes that the message asks for: after "to" or 换成 where it says so, since what it was stands before."""
    heard = working.heard
    marks = list(words.BECOMES.finditer(heard.message))
    start = marks[-1].end() if marks else 0
    wanted: dict[str, str] = {}
    for entity in heard.said("colour", "size"):
        if entity.start >= start or not marks:
            wanted[entity.type] = entity.value
    tail = heard.message[start:].lower()
    sizes = {variant.size for variant in others_of(working, line) if variant.size}
    named = [size for size in sizes if _stands_alone(size, heard.message[start:])]
    if "size" not in wanted and len(named) == 1:
        wanted["size"] = named[0]
    for variant in others_of(working, line):
        for name, value in variant.options.items():
            if len(value) > 1 and value.lower() in tail:
                wanted[name] = value
    return wanted or _next_size(working, line)


def _stands_alone(size: str, text: str) -> bool:
    """As a word of its own, written as the shop writes it: an L, a 43."""
    return re.search(rf"(?<![\w.'’¥$-]){re.escape(size)}(?![\w.'’%-])", text, re.ASCII) is not None


def _next_size(working: Working, line: OrderLine) -> dict[str, str]:
    step = 1 if words.BIGGER.search(working.heard.message) else 0
    step = -1 if words.SMALLER.search(working.heard.message) else step
    if not step or not line.size:
        return {}
    same = [v.size for v in others_of(working, line) if v.size and v.colour == line.colour]
    sizes = sorted({*same, line.size}, key=_rank)
    at = sizes.index(line.size) + step
    return {"size": sizes[at]} if 0 <= at < len(sizes) else {}


def _rank(size: str) -> tuple[int, float, str]:
    if size.upper() in _LETTERS:
        return 0, _LETTERS.index(size.upper()), size
    digits = "".join(c for c in size if c.isdigit() or c == ".")
    return 1, float(digits) if digits.replace(".", "", 1).isdigit() else 0.0, size


def _fitting(working: Working, line: OrderLine) -> Variant | None:
    """The one variant that has what was asked for, and else what the line has."""
    wishes = _wishes(working, line)
    if not wishes:
        return None
    # What was chosen before stays, but for what is said otherwise.
    now = working.details.action.variants.get(_known(working).get(line.line_id, ""))
    wanted = {name: value.lower() for name, value in (_attributes(now or line) | wishes).items()}
    exact = [v for v in others_of(working, line) if _has(v, wanted)]
    loose = [v for v in others_of(working, line) if _has(v, {n: w.lower() for n, w in wishes.items()})]
    found = exact or loose
    return found[0] if len(found) == 1 or exact else None


def _has(variant: Variant, wanted: Mapping[str, str]) -> bool:
    own = {name: value.lower() for name, value in _attributes(variant).items()}
    return all(own.get(name) == value for name, value in wanted.items())


def variants_said(working: Working) -> dict[str, str] | None:
    """For the chosen lines the variants that were asked for; what was found before stays."""
    found = {
        line.line_id: v.variant_id for line in working.chosen if (v := _fitting(working, line)) is not None
    }
    return _known(working) | found if found else None


def only_other(working: Working) -> dict[str, str] | None:
    """Where there is but one other."""
    others = {line.line_id: others_of(working, line) for line in working.chosen}
    single = {line_id: found[0].variant_id for line_id, found in others.items() if len(found) == 1}
    return single | _known(working) or None


def _known(working: Working) -> dict[str, str]:
    lines = {line.line_id for line in working.chosen}
    return {line_id: v for line_id, v in (working.slot("variants") or {}).items() if line_id in lines}


def all_lines_have_one(working: Working) -> bool:
    return set(_known(working)) == {line.line_id for line in working.chosen}


def _unsettled(working: Working) -> OrderLine | None:
    known = _known(working)
    return next((line for line in working.chosen if line.line_id not in known), None)


def variant_options(working: Working) -> tuple[Option, ...]:
    line = _unsettled(working)
    if line is None:
        return ()
    return tuple(
        Option(v.variant_id, _variant_text(v, "zh"), _variant_text(v, "en"))
        for v in others_of(working, line)[:_MOST_OPTIONS]
    )


def _variant_text(variant: Variant, language: str) -> str:
    marks = [colour_name(variant.colour, language), variant.size or "", *variant.options.values()]
    price = money(variant.price_minor, variant.currency, language)
    return " ".join(mark for mark in dict.fromkeys(marks) if mark) + f" {price}"


def pick_variant(working: Working, value: str) -> dict[str, str]:
    line = _unsettled(working)
    return _known(working) | ({line.line_id: value} if line else {})


def hears_variant(heard: Heard) -> bool:
    """Bigger or smaller, or a size by itself."""
    patterns = (words.BIGGER, words.SMALLER, words.SIZE_ALONE)
    return any(pattern.search(heard.message) is not None for pattern in patterns)


VARIANTS: Final = Slot(
    "variants", variants_said, only_other, variant_options, pick_variant, ("colour", "size"),
    hears=hears_variant, is_filled=all_lines_have_one,
)  # fmt: skip


def fallen_lines(working: Working) -> Items | None:
    """Those that cost less today; where none does, all of them, and the rules tell it. None: everything went back."""
    variants = working.details.action.variants
    fallen = [
        line
        for line in working.lines
        if line.variant_id in variants
        and variants[line.variant_id].price_minor * line.quantity < line.paid_minor
    ]
    return [item(line, None) for line in fallen or working.lines] or None


FALLEN_LINES: Final = Slot("lines", lines_said, fallen_lines, line_options, pick_line)
