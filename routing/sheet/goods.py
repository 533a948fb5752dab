"""The facts of a product: its price, its stock, what it is, and whatever else the shop has written down of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase, digits
from typing import Final

from commerce.domain.catalogue import Product, ProductHit, ProductQuery, Variant
from commerce.domain.model_numbers import FOLDED_MODEL
from commerce.domain.text import LocalText
from routing.sheet.fact import SheetFact, fact
from routing.wording import colour_name, money

# What shops call the attributes that they keep; one of their own stays as they write it.
_LABELS: Final = {
    "gifts": LocalText("赠品", "gift"),
    "exchangeable": LocalText("可以换成", "can be exchanged for"),
    "materials": LocalText("安装辅材", "installation material"),
    "installation": LocalText("安装说明", "installation"),
    "repair": LocalText("保修说明", "warranty"),
    "faults": LocalText("常见故障", "known fault"),
}
_INNER: Final = frozenset({"product_id", "status"})


def named_goods(message: str, hits: Sequence[ProductHit]) -> tuple[ProductHit, ...]:
    """Of what a search found the products that the message calls by their names; else the likeliest two."""
    folded = _plain(message)
    called = [hit for hit in hits if any(_plain(n) in folded for n in (hit.name.zh, hit.name.en) if n)]
    return tuple(called or _by_part(message, hits) or hits)[:_MOST_GOODS]


def _by_part(message: str, hits: Sequence[ProductHit]) -> list[ProductHit]:
    """Those with the longest part of their name, with a digit, that the message has: a model, or the 16 of 16升热水器."""
    lengths = [_longest_part(message.lower(), f"{hit.name.zh} {hit.name.en}".lower()) for hit in hits]
    most = max(lengths, default=0)
    return [hit for hit, length in zip(hits, lengths, strict=True) if length == most > 0]


def is_called(message: str, *names: str) -> bool:
    """Whether the message calls goods of these names by them, or by a part of them with a digit."""
    folded, called = _plain(message), [name for name in names if name]
    return (
        any(_plain(name) in folded for name in called)
        or _longest_part(message.lower(), " ".join(called).lower()) > 0
    )


def names_model(message: str, hits: Sequence[ProductHit]) -> bool:
    """Whether the message has the model of one of these, or the beginning of it. What only looks like a model, such as a
    flight or the code of a fault, is none of theirs.
    """
    said = frozenset(FOLDED_MODEL.findall(message.lower()))
    return any(start in said for hit in hits for start in _starts(f"{hit.name.zh} {hit.name.en}".lower()))


def _starts(name: str) -> Iterator[str]:
    for model in FOLDED_MODEL.findall(name):
        yield from (model[: end.start()] for end in _END_OF_PART.finditer(model))


_END_OF_PART: Final = re.compile(r"[.\-]|$")
_PART: Final = re.compile(r"[a-z0-9][a-z0-9\-/()]*(?: (?:pro|max|plus|ultra|mini|lite|se))*")


def _longest_part(message: str, name: str) -> int:
    parts = (match.group() for match in _PART.finditer(message))
    return max((len(p) for p in parts if any(c.isdigit() for c in p) and _is_said(p, name)), default=0)


_MOST_GOODS: Final = 2


def _plain(text: str) -> str:
    return "".join(text.lower().split())


def product_facts(product: Product, query: ProductQuery | None, message: str) -> Iterator[SheetFact]:
    """Of the variants that are named, where any are."""
    subject, name = product.product_id, product.name
    wanted = _wanted(product, query, message.lower())
    yield from _price(product, wanted)
    yield from _stock(product, wanted)
    if product.description.zh or product.description.en:
        text = product.description
        yield fact(
            "product.description",
            subject,
            f"{name.zh}：{text.zh or text.en}",
            f"{name.en}: {text.en or text.zh}",
        )
    count = len(product.variants)
    yield fact(
        "product.variants",
        subject,
        f"{name.zh} 共有{count}款规格，其中{_in_stock(product.variants)}款有货。",
        f"There are {count} versions of {name.en}, {_in_stock(product.variants)} of them in stock.",
    )
    for key, value in product.attributes.items():
        yield from _attribute(product, key, value)


def _wanted(product: Product, query: ProductQuery | None, message: str) -> tuple[Variant, ...]:
    """Those that have most of the looks and options that are named."""
    named = {variant.variant_id: _named(variant, query, message) for variant in product.variants}
    most = max(named.values(), default=0)
    return tuple(variant for variant in product.variants if named[variant.variant_id] == most)


def _named(variant: Variant, query: ProductQuery | None, message: str) -> int:
    count = sum(_is_said(value.lower(), message) for value in variant.options.values())
    if query is not None:
        count += query.colour is not None and variant.colour == query.colour
        count += query.size is not None and (variant.size or "").upper() == query.size.upper()
    if query is None or query.size is None:
        count += variant.size is not None and _is_said(f"size {variant.size.lower()}", message)
    return count


def _is_said(value: str, message: str) -> bool:
    """As a word of its own: 2L is not in 12L. Patterns of what a customer writes would be kept by `re`."""
    at = message.find(value)
    while at >= 0:
        end = at + len(value)
        if message[max(at - 1, 0) : at] not in _BEFORE and message[end : end + 1] not in _LETTERS:
            return True
        at = message.find(value, at + 1)
    return False


_LETTERS: Final = frozenset(ascii_lowercase + digits)
_BEFORE: Final = _LETTERS | {"."}


def _in_stock(variants: Sequence[Variant]) -> int:
    return sum(variant.stock > 0 for variant in variants)


def _price(product: Product, wanted: Sequence[Variant]) -> Iterator[SheetFact]:
    prices = sorted({(variant.price_minor, variant.currency) for variant in wanted})
    if not prices:
        return
    low, high = prices[0], prices[-1]
    least, most = (LocalText(money(*sum_, "zh"), money(*sum_, "en")) for sum_ in (low, high))
    is_one = low == high
    yield fact(
        "product.price",
        product.product_id,
        f"{product.name.zh} 售价 {least.zh}{'' if is_one else f'起，最高 {most.zh}'}。",
        f"{product.name.en} costs {least.en}{'' if is_one else f' and up, to {most.en}'}.",
    )


def _stock(product: Product, wanted: Sequence[Variant]) -> Iterator[SheetFact]:
    there = [variant for variant in wanted if variant.stock > 0]
    is_all = len(wanted) == len(product.variants)
    looks = LocalText(
        "" if is_all else "、".join(_looks(v, "zh") for v in wanted[:3]),
        "" if is_all else ", ".join(_looks(v, "en") for v in wanted[:3]),
    )
    which = LocalText(f"（{looks.zh}）" if looks.zh else "", f" ({looks.en})" if looks.en else "")
    pieces = sum(variant.stock for variant in there)
    if there:
        yield fact(
            "product.stock",
            product.product_id,
            f"{product.name.zh}{which.zh} 有货，库存{pieces}件。",
            f"{product.name.en}{which.en} is in stock, {pieces} left.",
        )
    else:
        yield fact(
            "product.stock",
            product.product_id,
            f"{product.name.zh}{which.zh} 暂时缺货。",
            f"{product.name.en}{which.en} is out of stock now.",
        )


def _looks(variant: Variant, language: str) -> str:
    marks = [colour_name(variant.colour, language), variant.size or "", *variant.options.values()]
    return " ".join(mark for mark in dict.fromkeys(marks) if mark)


def _attribute(product: Product, key: str, value: object) -> Iterator[SheetFact]:
    label = _LABELS.get(key, LocalText(key.replace("_", " "), key.replace("_", " ")))
    name, kind = product.name, f"product.{key}"
    for said in told(value):
        yield fact(
            kind, product.product_id, f"{name.zh} {label.zh}：{said}", f"{name.en}, {label.en}: {said}"
        )


def told(value: object) -> Iterator[str]:
    """A text as it is; what belongs together as one, and each entry of a list alone."""
    if isinstance(value, Mapping):
        plain = [part for name, part in value.items() if name not in _INNER and not _is_nested(part)]
        if parts := [str(part).strip() for part in plain if part not in (None, "")]:
            yield "，".join(parts)
        for part in value.values():
            if _is_nested(part):
                yield from told(part)
    elif _is_nested(value) and isinstance(value, Sequence):
        for entry in value:
            yield from told(entry)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value).strip()


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str))
